"""What Whisper's encoder is shown: windows of at most 30 s, and little silence behind a short utterance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from models.audio.quiet import quietest_s
from models.types import Audio

if TYPE_CHECKING:
    import torch
    from whisper.model import Whisper

_RATE_HZ = 16_000
WINDOW_S = 30.0  # what the encoder was trained on and has position embeddings for
# Silence behind the utterance. With 1 s or less the decoder says short utterances two or three times over.
_TAIL_S = 2.0
_SAMPLES_PER_FRAME = 320  # two mel hops of 160: the second convolution has stride 2
# A longer recording is cut at its quietest moment in the last part of the window; a pause between clauses comes about
# every 5 s, so 10 s hold one. The window ends early enough to leave room for the tail.
_CUT_WITHIN_S = 10.0


def windows(audio: Audio) -> Iterator[Audio]:
    """Cuts 16 kHz audio at its quietest moments into parts that the encoder can take; short audio stays whole."""
    longest_s = WINDOW_S - _TAIL_S
    rest = audio
    while rest.duration_s > WINDOW_S:
        cut = round(quietest_s(rest, longest_s - _CUT_WITHIN_S, longest_s) * _RATE_HZ)
        yield Audio(rest.samples[:cut], _RATE_HZ)
        rest = Audio(rest.samples[cut:], _RATE_HZ)
    yield rest


def log_mel(sounds: Sequence[Audio], *, short: bool, n_mels: int, device: torch.device) -> torch.Tensor:
    """Log-mel spectrograms, each of at most 30 s of 16 kHz audio with silence behind it.

    Args:
        sounds: at least one.
        short: as long as the longest and 2 s; otherwise 30 s.

    Returns:
        Shape (n_sounds, n_mels, n_mel_frames), n_mel_frames even, 100 a second.
    """
    import torch
    from whisper.audio import log_mel_spectrogram

    longest = round(WINDOW_S * _RATE_HZ)
    wanted = max(len(sound.samples) for sound in sounds) + round(_TAIL_S * _RATE_HZ) if short else longest
    padded = np.zeros((len(sounds), min(longest, -(-wanted // _SAMPLES_PER_FRAME) * _SAMPLES_PER_FRAME)), np.float32)
    for row, sound in zip(padded, sounds, strict=True):
        row[: len(sound.samples)] = sound.samples
    # One by one: the spectrogram is relative to the loudest moment of all that it is given.
    return torch.stack([log_mel_spectrogram(torch.from_numpy(row), n_mels, device=device) for row in padded])


def encode(model: Whisper, mel: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Whisper's encoder on spectrograms of any length up to 30 s, with as many position embeddings as they have frames.

    Args:
        mel: shape (n_sounds, n_mels, n_mel_frames).

    Returns:
        Shape (n_sounds, n_mel_frames / 2, n_audio_state), of type `dtype`.
    """
    from torch.nn.functional import gelu

    encoder = model.encoder
    x = gelu(encoder.conv1(mel.to(dtype)))
    x = gelu(encoder.conv2(x)).permute(0, 2, 1)
    x = x + encoder.positional_embedding[: x.shape[1]].to(dtype)
    for block in encoder.blocks:
        x = block(x)
    features: torch.Tensor = encoder.ln_post(x)
    return features
