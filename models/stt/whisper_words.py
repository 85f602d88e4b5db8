"""When each word was said: openai-whisper's alignment, on features that are already there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.types import Word

if TYPE_CHECKING:
    from torch import Tensor
    from whisper.model import Whisper
    from whisper.tokenizer import Tokenizer

    from models.stt.whisper_decoder import Decoded
    from models.stt.whisper_layers import Heard

_MEL_FRAMES_PER_S = 100


@dataclass(frozen=True, slots=True)
class _Encoded:
    """What `whisper.timing` uses of a `whisper.model.Whisper`, taking features where that takes a spectrogram."""

    model: Whisper

    def __call__(self, features: Tensor, tokens: Tensor) -> Any:
        return self.model.decoder(tokens, features)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def word_times(
    model: Whisper, tokenizer: Tokenizer, heard: Heard, decoded: Decoded, duration_s: float
) -> tuple[Word, ...]:
    """Aligns the text with the sound by cross-attention and dynamic time warping.

    Args:
        duration_s: of the sound, without the silence behind it.

    Returns:
        Words with the punctuation that belongs to them, times from the start of the sound.
    """
    from whisper.timing import add_word_timestamps

    segment: dict[str, Any] = {"seek": 0, "start": 0.0, "end": duration_s, "tokens": list(decoded.tokens)}
    add_word_timestamps(
        segments=[segment],
        model=_Encoded(model),
        tokenizer=tokenizer,
        mel=heard.features[0],
        num_frames=round(duration_s * _MEL_FRAMES_PER_S),
        last_speech_timestamp=0.0,
    )
    return tuple(
        Word(word["word"].strip(), float(word["start"]), float(word["end"]), float(word["probability"]))
        for word in segment["words"]
    )
