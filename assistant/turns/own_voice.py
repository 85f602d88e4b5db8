"""Did the microphone hear the assistant itself? Judged by the words; pure. The sound is seen to by `models.echo`."""

from __future__ import annotations

from assistant.phrases.spoken_control import spoken_command
from assistant.phrases.words import keys


def is_own_voice(heard: str, language: str, spoken: str) -> bool:
    """Whether the transcript repeats, word for word, a part of what the assistant has just said.

    A command never counts: who says "stop" while the assistant explains how to stop it means it.

    Args:
        heard: a transcript, partial or final, of a sound over a reply.
        language: ISO 639-1 code that was heard.
        spoken: what left the loudspeaker while that sound was recorded.
    """
    words, own = keys(heard), keys(spoken)
    if not words or spoken_command(heard, language):
        return False
    return any(own[start : start + len(words)] == words for start in range(len(own) - len(words) + 1))
