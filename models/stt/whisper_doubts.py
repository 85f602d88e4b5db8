"""Whether what Whisper wrote is what was said, and whether anything was. Judged by its own probabilities alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.stt.whisper_decoder import Decoded

# openai-whisper's own thresholds; whisper/transcribe.py.
HIGHEST_COMPRESSION = 2.4
_LOWEST_LOG_PROBABILITY = -1.0
_NO_SPEECH_PROBABILITY = 0.6
# Two more, measured with Whisper base. Of 17 recordings of speech none has a no-speech probability above 0.29 or a mean
# log probability below -0.52; of 44 noises (white, pink, hum, tone, clicks, breath) none has one below 0.41. Digital
# silence becomes "you" with 0.9 and -0.7 to -0.9, which openai-whisper's thresholds let pass.
_MAYBE_NO_SPEECH = 0.3
_SURELY_NO_SPEECH = 0.8
_CONVINCING_LOG_PROBABILITY = -0.5


def repeats(decoded: Decoded) -> bool:
    """The text says the same again and again."""
    return decoded.compression > HIGHEST_COMPRESSION


def doubtful(decoded: Decoded) -> bool:
    """Worth another attempt."""
    return repeats(decoded) or decoded.mean_log_probability < _LOWEST_LOG_PROBABILITY


def nobody_spoke(decoded: Decoded) -> bool:
    """The model says that it hears no speech, and what it wrote all the same is not convincing."""
    if decoded.no_speech_probability > _SURELY_NO_SPEECH and decoded.mean_log_probability < _CONVINCING_LOG_PROBABILITY:
        return True
    return decoded.no_speech_probability > _NO_SPEECH_PROBABILITY and doubtful(decoded)


def invented(decoded: Decoded) -> bool:
    """All attempts are doubtful, and it may not even be speech."""
    return doubtful(decoded) and decoded.no_speech_probability > _MAYBE_NO_SPEECH
