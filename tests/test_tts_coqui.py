"""Coqui voices: loading, streaming, speakers and languages. What every voice must do is in test_contracts.py."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_voices import tiny_vits, tiny_xtts

from models.errors import EngineFailed, SettingError, WeightsInvalid
from models.tts.coqui import CoquiTextToSpeech
from models.tts.coqui_vits import VitsVoice
from models.tts.vits_stream import FIRST_CHUNK_FRAMES, Conditions
from models.types import Audio, EngineSpec, SpeakOptions, joined

SEED = 7
SENTENCE = "The capital of France is Paris, and it lies on the river Seine, where it has been since Roman times."


def load(folder: Path, **options: object) -> CoquiTextToSpeech:
    return CoquiTextToSpeech(EngineSpec("tts", "coqui", folder.name, folder, device="cpu", options=options))


def spoken(engine: CoquiTextToSpeech, text: str = "hello there", **options: Any) -> Audio:
    return joined(engine.speak(text, SpeakOptions(**options)))


@pytest.fixture(scope="module")
def one_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vits(tmp_path_factory.mktemp("voices") / "one")


@pytest.fixture(scope="module")
def many_voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vits(
        tmp_path_factory.mktemp("voices") / "many", speakers=("p225", "p226"), languages=("en", "fr-fr", "pt-br")
    )


@pytest.fixture(scope="module")
def xtts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_xtts(tmp_path_factory.mktemp("voices") / "xtts")


def loudness_over_difference_db(reference: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    assert len(reference) == len(other)
    return 10 * math.log10(float(np.sum(reference**2)) / max(float(np.sum((reference - other) ** 2)), 1e-30))


def in_one_piece(folder: Path, ids: list[int], speaker_id: int | None = None) -> np.ndarray[Any, Any]:
    """What Coqui itself makes of the symbols."""
    import torch
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits

    table = json.loads((folder / "config.json").read_text())
    config: Any = VitsConfig()
    config.from_dict(table | {"use_phonemes": False})
    for key in ("speakers_file", "language_ids_file"):
        if name := config.model_args[key]:
            config.model_args[key] = str(folder / Path(name).name)
    model = Vits(config)
    model.load_checkpoint(config, folder / "model.pth", eval=True)
    conditions: dict[str, Any] = dict.fromkeys(("x_lengths", "d_vectors", "speaker_ids", "language_ids", "durations"))
    if speaker_id is not None:
        conditions |= {"speaker_ids": torch.tensor([speaker_id]), "language_ids": torch.tensor([0])}
    torch.manual_seed(SEED)
    samples: np.ndarray[Any, Any] = model.inference(torch.tensor([ids]), conditions)["model_outputs"][0, 0].numpy()
    return samples


def streamed(voice: VitsVoice, ids: list[int], conditions: Conditions) -> list[np.ndarray[Any, Any]]:
    return [chunk.numpy() for chunk in voice.stream.chunks(ids, conditions)]


@pytest.mark.weights
def test_the_chunks_are_the_samples_of_a_synthesis_in_one_piece(weights: Callable[[str], Path]) -> None:
    import torch

    folder = weights("piper-joe")
    voice = VitsVoice(folder, torch.device("cpu"))
    ids = voice.symbol_ids(SENTENCE, "en-us")
    chunks = streamed(voice, ids, Conditions(seed=SEED))
    assert len(chunks) > 3
    assert len(chunks[0]) == FIRST_CHUNK_FRAMES * 256
    assert loudness_over_difference_db(in_one_piece(folder, ids), np.concatenate(chunks)) > 80


@pytest.mark.parametrize("n_symbols", [2, 30, 400])
def test_streaming_is_exact_for_another_decoder_and_several_speakers(many_voices: Path, n_symbols: int) -> None:
    import torch

    voice = VitsVoice(many_voices, torch.device("cpu"))
    ids = [1 + i % 20 for i in range(n_symbols)]
    chunks = streamed(voice, ids, Conditions(speaker_id=1, language_id=0, seed=SEED))
    reference = in_one_piece(many_voices, ids, speaker_id=1)
    assert loudness_over_difference_db(reference, np.concatenate(chunks)) > 80


def test_equal_seeds_give_equal_speech_and_leave_the_global_generator_alone(one_voice: Path) -> None:
    import torch

    engine = load(one_voice, seed=3)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first = spoken(engine)
    assert torch.rand(1) == expected
    assert np.array_equal(first.samples, spoken(engine).samples)


def test_without_a_seed_no_two_utterances_are_the_same(one_voice: Path) -> None:
    engine = load(one_voice)
    first, second = spoken(engine), spoken(engine)
    assert len(first.samples) != len(second.samples) or not np.array_equal(first.samples, second.samples)


def test_the_speaker_changes_the_voice_and_the_first_is_the_default(many_voices: Path) -> None:
    engine = load(many_voices, seed=SEED)
    default, first, second = (spoken(engine, speaker=name) for name in ("", "p225", "p226"))
    assert np.array_equal(default.samples, first.samples)
    assert len(first.samples) != len(second.samples) or not np.array_equal(first.samples, second.samples)


def test_a_language_is_called_by_its_two_letters(many_voices: Path) -> None:
    engine = load(many_voices, seed=SEED)
    english, french = spoken(engine, language="en"), spoken(engine, language="fr")
    assert len(english.samples) != len(french.samples) or not np.array_equal(english.samples, french.samples)


def test_an_unknown_speaker_or_language_is_answered_with_what_there_is(many_voices: Path, one_voice: Path) -> None:
    engine = load(many_voices)
    with pytest.raises(EngineFailed, match=r"p999.*p225, p226"):
        spoken(engine, speaker="p999")
    with pytest.raises(EngineFailed, match=r"\"de\".*en, fr, pt"):
        spoken(engine, language="de")
    with pytest.raises(EngineFailed, match="a single one"):
        spoken(load(one_voice), speaker="p225")


def test_louder_than_full_scale_is_clipped(one_voice: Path) -> None:
    assert np.max(np.abs(spoken(load(one_voice, gain=1e6)).samples)) == 1.0


def test_a_single_letter_is_spoken(one_voice: Path, tmp_path: Path) -> None:
    bare = changed(one_voice, tmp_path, lambda table: table.update(add_blank=False, enable_eos_bos_chars=False))
    assert spoken(load(bare), "a").duration_s > 0


def test_symbols_that_the_voice_does_not_know_are_left_out(one_voice: Path) -> None:
    engine = load(one_voice, seed=SEED)
    assert np.array_equal(spoken(engine, "hel语lo ☃ there").samples, spoken(engine, "hello  there").samples)
    assert list(engine.speak("语言", SpeakOptions())) == []


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"[]"),
        ("config.json", b'{"model": "vits"}'),
        ("model.pth", b""),
        ("model.pth", b"not a checkpoint"),
        ("model.pth", pickle.dumps({"model": Malicious()}, protocol=2)),
    ],
)
def test_a_broken_folder_is_named(
    one_voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in one_voice.iterdir():
        (tmp_path / file.name).write_bytes(content if file.name == name else file.read_bytes())
    with pytest.raises(WeightsInvalid, match=str(tmp_path)):
        load(tmp_path)
    assert not (tmp_path / "executed").exists()


def changed(folder: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    table = json.loads((to / "config.json").read_text())
    change(table)
    (to / "config.json").write_text(json.dumps(table))
    return to


def test_a_configuration_cannot_name_any_class(one_voice: Path, tmp_path: Path) -> None:
    def name_another(table: dict[str, Any]) -> None:
        table["characters"]["characters_class"] = "antigravity.Flying"

    with pytest.raises(WeightsInvalid, match=r"antigravity\.Flying"):
        load(changed(one_voice, tmp_path, name_another))


def test_a_model_of_another_kind_is_named(one_voice: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="tacotron2"):
        load(changed(one_voice, tmp_path, lambda table: table.update(model="tacotron2")))


def test_a_voice_whose_frames_are_resampled_is_refused(one_voice: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="encoder_sample_rate"):
        load(changed(one_voice, tmp_path, lambda table: table["model_args"].update(encoder_sample_rate=8000)))


def test_weights_of_other_sizes_are_refused(one_voice: Path, many_voices: Path, tmp_path: Path) -> None:
    changed(one_voice, tmp_path, lambda _table: None)
    (tmp_path / "model.pth").write_bytes((many_voices / "model.pth").read_bytes())
    with pytest.raises(WeightsInvalid, match=str(tmp_path)):
        load(tmp_path)


def test_a_folder_is_needed() -> None:
    with pytest.raises(WeightsInvalid, match="folder"):
        CoquiTextToSpeech(EngineSpec("tts", "coqui"))


def test_loading_prints_nothing(one_voice: Path, capfd: pytest.CaptureFixture[str]) -> None:
    spoken(load(one_voice))
    assert capfd.readouterr() == ("", "")


def test_xtts_streams_with_a_speaker_of_its_own(xtts: Path) -> None:
    engine = load(xtts)
    chunks: Iterator[Audio] = engine.speak("hello there", SpeakOptions(language="es", speaker="Ana"))
    assert joined(chunks).sample_rate_hz == 24_000
    with pytest.raises(EngineFailed, match=r"Bob.*Ana"):
        spoken(engine, speaker="Bob")
    with pytest.raises(EngineFailed, match=r"\"fr\".*en, es, zh"):
        spoken(engine, language="fr")


def test_xtts_takes_on_the_voice_of_a_recording(xtts: Path, speech: list[Any]) -> None:
    engine = load(xtts, reference=str(speech[0].path))
    half = engine.speak("hello there", SpeakOptions())
    next(half)
    half.close()
    assert spoken(engine, "hello there").duration_s > 0


def test_xtts_without_speakers_wants_a_recording(xtts: Path, tmp_path: Path) -> None:
    changed(xtts, tmp_path, lambda _table: None)
    (tmp_path / "speakers_xtts.pth").unlink()
    with pytest.raises(WeightsInvalid, match="reference"):
        load(tmp_path)


@pytest.mark.parametrize("option", [{"sed": 1}, {"seed": "one"}, {"gain": 0.0}, {"gain": math.nan}])
def test_a_wrong_option_is_named(one_voice: Path, option: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(option))):
        load(one_voice, **option)
