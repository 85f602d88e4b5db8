"""The ways in: what the commands of `assistant` do, one file each."""
