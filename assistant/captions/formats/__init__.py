"""How captions are written down: one file a format."""
