"""The stages of the assistant: blocking, typed engines and the values that cross between them.

Nothing here imports asyncio or `assistant`; an engine is a class that fulfils a protocol of `models.protocols`.
"""
