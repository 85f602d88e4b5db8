"""A conversation at a sound card."""
