"""Word times are those of openai-whisper but for its bias, from attention computed for several sounds at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_stt_whisper import MULTILINGUAL, checkpoint, noise

from models.stt.whisper_context import encode, log_mel
from models.stt.whisper_decoder import Decoded, WhisperDecoder
from models.stt.whisper_words import word_times

EARLY_S = 0.1  # by which attention comes before the sound

# openai-whisper never closes the file of its vocabulary.
pytestmark = pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'")

TEXTS = [
    (" Well. I said (so it seems) that the frost would come before the harvest; did you not? It came.", 6.0),
    (" Ja.", 1.0),
    (" No! Nobody knows what an extraordinarily long word in the middle of a sentence does to the others.", 9.7),
]


def theirs(model: Any, tokenizer: Any, mel: torch.Tensor, tokens: Sequence[int], duration_s: float) -> list[Any]:
    from whisper.timing import add_word_timestamps

    segment: dict[str, Any] = {"seek": 0, "start": 0.0, "end": duration_s, "tokens": list(tokens)}
    n_frames = round(100 * duration_s)
    add_word_timestamps(
        segments=[segment], model=model, tokenizer=tokenizer, mel=mel, num_frames=n_frames, last_speech_timestamp=0.0
    )
    words: list[Any] = segment["words"]
    return words


def test_word_times_are_those_of_openai_whisper_and_a_little_later(tmp_path: Path) -> None:
    import whisper
    from whisper.tokenizer import get_tokenizer

    model = whisper.load_model(str(checkpoint(tmp_path, MULTILINGUAL) / "model.pt"), device="cpu")
    tokenizer = get_tokenizer(True, num_languages=model.num_languages, language="en", task="transcribe")
    decoder = WhisperDecoder(model, tokenizer)
    sounds = [noise(duration_s) for _, duration_s in TEXTS]
    tokens = [tokenizer.encode(text) for text, _ in TEXTS]
    mel = log_mel(sounds, short=False, n_mels=80, device=model.device)
    with torch.inference_mode():
        heard = decoder.hear(encode(model, mel, torch.float32))
        scores = decoder.attend(heard, [tokenizer] * len(TEXTS), tokens)
        for sound, each, spectrogram, score in zip(sounds, tokens, mel, scores, strict=True):
            decoded = Decoded(tuple(each), "", -1.0, 0.0, 1.0)
            ours = word_times(tokenizer, decoded, score, sound.duration_s)
            expected = theirs(model, tokenizer, spectrogram, each, sound.duration_s)
            assert [word.text for word in ours] == [word["word"].strip() for word in expected]
            for name in ("start", "end"):
                times_s = [getattr(word, f"{name}_s") for word in ours]
                # A frame: the scores are computed in another order of operations.
                later_s = [min(word[name] + EARLY_S, sound.duration_s) for word in expected]
                np.testing.assert_allclose(times_s, later_s, atol=0.021)
