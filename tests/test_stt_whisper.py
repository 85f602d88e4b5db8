"""What only Whisper does, with small untrained models: the arithmetic, the windows, and what is refused."""

from __future__ import annotations

import os
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import EngineFailed, SettingError, WeightsInvalid
from models.stt.whisper import WhisperSpeechToText
from models.stt.whisper_context import encode, log_mel, windows
from models.stt.whisper_decoder import Attempt, WhisperDecoder
from models.stt.whisper_layers import DecoderLayers
from models.types import Audio, EngineSpec, TranscribeOptions, joined

# openai-whisper never closes the files of its vocabulary and of its normaliser.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'"),
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*english\.json'"),
    pytest.mark.filterwarnings(r"ignore:unclosed file .*english\.json:ResourceWarning"),
]

MULTILINGUAL, ENGLISH_ONLY = 51_865, 51_864  # sizes of Whisper's vocabularies


def checkpoint(folder: Path, n_vocab: int) -> Path:
    """An untrained Whisper with two small layers, saved as openai-whisper saves its own."""
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    model = Whisper(ModelDimensions(80, 1500, 64, 2, 2, n_vocab, 448, 64, 2, 2))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    weights = {name: value.half() for name, value in model.state_dict().items()}
    torch.save({"dims": vars(model.dims), "model_state_dict": weights}, folder / "model.pt")
    return folder


def spec(folder: Path | None, model: str = "", **options: object) -> EngineSpec:
    return EngineSpec("stt", "whisper", model, folder, device="cpu", options=options)


def noise(duration_s: float) -> Audio:
    samples = np.random.default_rng(0).normal(0, 0.1, round(duration_s * 16_000))
    return Audio(samples.astype(np.float32), 16_000)


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")  # openai-whisper's beams
@pytest.mark.parametrize("n_vocab", [MULTILINGUAL, ENGLISH_ONLY])
@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("prompt", ["", "Mr. Quilter's gospel"])
def test_the_decoder_writes_what_openai_whisper_writes(tmp_path: Path, n_vocab: int, beams: int, prompt: str) -> None:
    import whisper
    from whisper.tokenizer import get_tokenizer

    model = whisper.load_model(str(checkpoint(tmp_path, n_vocab) / "model.pt"), device="cpu")
    tokenizer = get_tokenizer(
        model.is_multilingual, num_languages=model.num_languages, language="en", task="transcribe"
    )
    decoder = WhisperDecoder(model, tokenizer)
    with torch.inference_mode():
        features = encode(model, log_mel([noise(3)], short=False, n_mels=80, device=model.device), torch.float32)
        theirs = whisper.decode(
            model,
            features[0],
            whisper.DecodingOptions(
                language="en",
                beam_size=beams if beams > 1 else None,
                prompt=prompt or None,
                without_timestamps=True,
                fp16=False,
            ),
        )
        heard = decoder.hear(features)
        (ours,) = decoder.decode(heard, [tokenizer], Attempt(prompt, beams=beams))
        if model.is_multilingual:
            language, probabilities = whisper.detect_language(model, features[0])
            ((code, probability),) = decoder.languages(heard, tokenizer)
            assert tokenizer.to_language_token(code) == int(language)
            assert probability == pytest.approx(probabilities[code], abs=1e-3)
    assert list(ours.tokens) == theirs.tokens
    assert ours.text == theirs.text
    assert ours.mean_log_probability == pytest.approx(theirs.avg_logprob, abs=1e-3)
    assert ours.no_speech_probability == pytest.approx(theirs.no_speech_prob, rel=1e-3)


@pytest.mark.parametrize("guessed", ["all of it", "its beginning", "a beginning that goes on wrongly", "nothing of it"])
def test_a_guess_changes_no_text_and_what_is_right_of_it_takes_no_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guessed: str
) -> None:
    import whisper
    from whisper.tokenizer import get_tokenizer

    model = whisper.load_model(str(checkpoint(tmp_path, MULTILINGUAL) / "model.pt"), device="cpu")
    tokenizer = get_tokenizer(True, num_languages=99, language="en", task="transcribe")
    decoder = WhisperDecoder(model, tokenizer)
    steps = 0
    follow = DecoderLayers.follow

    def counted(*args: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        return follow(*args)

    monkeypatch.setattr(DecoderLayers, "follow", counted)
    with torch.inference_mode():
        heard = decoder.hear(encode(model, log_mel([noise(3)], short=False, n_mels=80, device="cpu"), torch.float32))
        (plain,) = decoder.decode(heard, [tokenizer], Attempt())
        plain_steps, steps = steps, 0
        tokens = plain.tokens
        guesses = {
            "all of it": tokens,
            "its beginning": tokens[:40],
            "a beginning that goes on wrongly": [*tokens[:40], *tokenizer.encode(" and so on")],
            "nothing of it": tokenizer.encode(" something else"),
        }
        # As tokens: what an untrained model writes is no text that would give the same tokens again.
        monkeypatch.setattr(decoder, "_guess", lambda *_: list(guesses[guessed]))
        (ours,) = decoder.decode(heard, [tokenizer], Attempt())
    assert ours.tokens == plain.tokens
    assert ours.mean_log_probability == pytest.approx(plain.mean_log_probability, abs=1e-4)
    assert ours.no_speech_probability == pytest.approx(plain.no_speech_probability, rel=1e-3)
    right = {"all of it": len(tokens), "nothing of it": 0}.get(guessed, 40)
    assert steps == max(0, plain_steps - right)


@pytest.mark.parametrize("temperature", [0.6, 1.0])
def test_sounds_at_once_give_the_text_that_each_gives_alone(tmp_path: Path, temperature: float) -> None:
    import whisper
    from whisper.tokenizer import get_tokenizer

    model = whisper.load_model(str(checkpoint(tmp_path, MULTILINGUAL) / "model.pt"), device="cpu")
    tokenizers = [
        get_tokenizer(True, num_languages=99, language=code, task="transcribe") for code in ("en", "de", "fr")
    ]
    decoder = WhisperDecoder(model, tokenizers[0])
    # An untrained model never ends a text; it is given up after another number of tokens for each sound.
    attempt = Attempt(temperature=temperature, highest_compression=1.3)
    with torch.inference_mode():
        features = 5 * torch.randn(3, 250, 64, generator=torch.Generator().manual_seed(1))
        together = decoder.decode(decoder.hear(features), tokenizers, attempt)
        for sound, tokenizer, ours in zip(features, tokenizers, together, strict=True):
            (alone,) = decoder.decode(decoder.hear(sound[None]), [tokenizer], attempt)
            assert ours.tokens == alone.tokens
            assert ours.mean_log_probability == pytest.approx(alone.mean_log_probability, abs=1e-4)
    assert len({len(decoded.tokens) for decoded in together}) > 1


def test_the_encoder_on_30_s_is_openai_whispers(tmp_path: Path) -> None:
    import whisper

    model = whisper.load_model(str(checkpoint(tmp_path, MULTILINGUAL) / "model.pt"), device="cpu")
    mel = log_mel([noise(3)], short=False, n_mels=80, device=model.device)
    with torch.inference_mode():
        torch.testing.assert_close(encode(model, mel, torch.float32), model.encoder(mel))


def test_an_utterance_is_followed_by_two_seconds_of_silence_within_30() -> None:
    device = torch.device("cpu")
    frames = [log_mel([noise(s)], short=True, n_mels=80, device=device).shape[2] for s in (0.1, 5, 27, 29, 30)]
    assert frames == [210, 700, 2900, 3000, 3000]


def test_long_audio_is_cut_in_its_pauses_and_nothing_is_lost() -> None:
    sound = noise(70)
    for pause_s in (25.0, 50.0):
        sound.between(pause_s, pause_s + 0.4).samples[:] = 0
    parts = list(windows(sound))
    ends_s = np.cumsum([part.duration_s for part in parts])
    assert ends_s[:2] == pytest.approx([25.2, 50.2], abs=0.15)
    np.testing.assert_array_equal(joined(parts).samples, sound.samples)
    assert [part.duration_s for part in windows(noise(30))] == [30]


def test_an_english_only_model_says_what_it_cannot_do(tmp_path: Path) -> None:
    engine = WhisperSpeechToText(spec(checkpoint(tmp_path, ENGLISH_ONLY)))
    with pytest.raises(EngineFailed, match='does not know the language "fr"'):
        list(engine.transcribe(noise(1), TranscribeOptions(language="fr")))
    with pytest.raises(EngineFailed, match="English only"):
        list(engine.transcribe(noise(1), TranscribeOptions(translate=True)))


def test_names_of_special_tokens_are_words_in_a_prompt_and_in_a_guess(tmp_path: Path) -> None:
    engine = WhisperSpeechToText(spec(checkpoint(tmp_path, MULTILINGUAL)))
    options = TranscribeOptions(language="es")
    hostile = "¿Puedes <|es|> <|endoftext|> <|nospeech|>"
    assert list(engine.transcribe(noise(1), replace(options, guess=hostile))) == list(
        engine.transcribe(noise(1), options)
    )
    list(engine.transcribe(noise(1), replace(options, prompt=hostile)))


def test_an_unknown_language_is_named(tmp_path: Path) -> None:
    engine = WhisperSpeechToText(spec(checkpoint(tmp_path, MULTILINGUAL)))
    with pytest.raises(EngineFailed, match='"klingon"'):
        list(engine.transcribe(noise(1), TranscribeOptions(language="klingon")))


def test_a_sound_shorter_than_any_word_says_nothing(tmp_path: Path) -> None:
    engine = WhisperSpeechToText(spec(checkpoint(tmp_path, MULTILINGUAL)))
    for duration_s in (0.0, 0.05):
        assert list(engine.transcribe(noise(duration_s), TranscribeOptions())) == []


def test_an_unknown_option_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match='"beamsize"; did you mean "beam_size"'):
        WhisperSpeechToText(spec(checkpoint(tmp_path, MULTILINGUAL), beamsize=5))
    with pytest.raises(SettingError, match="must be at least 1"):
        WhisperSpeechToText(spec(tmp_path, beam_size=0))


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_weights_that_would_run_code_are_refused(tmp_path: Path) -> None:
    torch.save({"dims": {}, "model_state_dict": Trap(tmp_path / "sprung")}, tmp_path / "model.pt")
    with pytest.raises(WeightsInvalid, match="cannot be loaded"):
        WhisperSpeechToText(spec(tmp_path))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", pickle.dumps({"dims": 1}, protocol=2)])
def test_weights_that_are_no_checkpoint_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(WeightsInvalid, match=re.escape(str(tmp_path))):
        WhisperSpeechToText(spec(tmp_path))


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="cannot be loaded as whisper-base"):
        WhisperSpeechToText(spec(checkpoint(tmp_path, MULTILINGUAL), "whisper-base"))


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match=re.escape(str(tmp_path))):
        WhisperSpeechToText(spec(tmp_path))
    with pytest.raises(WeightsInvalid, match="needs weights"):
        WhisperSpeechToText(spec(None))
