"""Captions: from what was said, and when, to files that people can publish.

A `Transcript` is stored once; `layout` makes `Cue`s of it for one standard, `formats` writes them, `check` judges any
file. Nothing here fetches (`assistant.sources`) or hears (an engine does).
"""
