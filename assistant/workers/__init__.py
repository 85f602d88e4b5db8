"""Engines in processes of their own, as async streams."""
