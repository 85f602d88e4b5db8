"""Engines without weights, for every stage: tests, demonstrations and `--profile scripted`."""
