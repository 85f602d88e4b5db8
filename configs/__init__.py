"""The profiles that ship with the project, as data."""
