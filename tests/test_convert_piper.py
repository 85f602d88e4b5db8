"""A Piper voice becomes a Coqui voice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import DownloadFailed, WeightsInvalid
from models.weights import sources
from models.weights.convert_piper import convert
from models.weights.store import Store

SENTENCE = "həlˈoʊ wˈɜːld, haʊ ɑːɹ juː?"


def describe(path: Path, **changes: Any) -> Path:
    description = {
        "num_speakers": 1,
        "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [3]},
        "audio": {"sample_rate": 22050},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
    }
    path.write_text(json.dumps(description | changes), encoding="utf-8")
    return path


def onnx_file(path: Path, names: list[str]) -> Path:
    import onnx

    tensors = [onnx.numpy_helper.from_array(np.ones((4, 3, 1), np.float32), name) for name in names]
    graph = onnx.helper.make_graph([], "voice", [], [], initializer=tensors)
    onnx.save(onnx.helper.make_model(graph), str(path))
    return path


def test_a_file_that_is_not_onnx_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "voice.onnx"
    broken.write_bytes(b"\xff\xff\xff not ONNX")
    with pytest.raises(WeightsInvalid, match=r"voice\.onnx"):
        convert(broken, describe(tmp_path / "voice.json"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_onnx_file_that_is_no_voice_is_refused(tmp_path: Path) -> None:
    other = onnx_file(tmp_path / "other.onnx", ["enc_p.emb.weight", "conv.weight"])
    with pytest.raises(WeightsInvalid, match=r"other\.onnx"):
        convert(other, describe(tmp_path / "voice.json"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_voice_of_several_speakers_is_refused(tmp_path: Path) -> None:
    voice = onnx_file(tmp_path / "voice.onnx", ["enc_p.emb.weight"])
    with pytest.raises(WeightsInvalid, match="109 speakers"):
        convert(voice, describe(tmp_path / "voice.json", num_speakers=109), tmp_path / "out")


@pytest.mark.parametrize("text", ["", "[]", "{}", "not JSON"])
def test_a_broken_description_is_refused(tmp_path: Path, text: str) -> None:
    description = tmp_path / "voice.json"
    description.write_text(text)
    with pytest.raises(WeightsInvalid):
        convert(onnx_file(tmp_path / "voice.onnx", ["enc_p.emb.weight"]), description, tmp_path / "out")


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="missing"):
        convert(tmp_path / "missing.onnx", tmp_path / "missing.json", tmp_path / "out")


@pytest.fixture(scope="module")
def converted(weights: Callable[[str], Path]) -> Path:
    return weights("piper-joe")


@pytest.mark.weights
def test_the_converted_weights_are_tensors_and_nothing_else(converted: Path) -> None:
    import torch

    state = torch.load(converted / "model.pth", weights_only=True)["model"]
    assert all(torch.isfinite(tensor).all() for tensor in state.values())


@pytest.mark.weights
@pytest.mark.network
def test_the_converted_voice_computes_what_the_onnx_file_does(tmp_path: Path) -> None:
    import onnxruntime
    import torch
    from TTS.config import load_config
    from TTS.tts.models.vits import Vits

    try:
        sources.fetch(Store().entry("piper-joe"), tmp_path, lambda _n_bytes: None)
    except DownloadFailed as error:
        pytest.skip(f"the ONNX file cannot be fetched: {error}")
    convert(tmp_path / "voice.onnx", tmp_path / "voice.onnx.json", tmp_path)
    config: Any = load_config(tmp_path / "config.json")
    config.use_phonemes = False
    model = Vits(config)
    model.load_checkpoint(config, tmp_path / "model.pth", eval=True)
    model.inference_noise_scale = model.inference_noise_scale_dp = 0.0  # without chance
    ours = model.inference(torch.tensor([model.tokenizer.text_to_ids(SENTENCE)]))["model_outputs"].numpy().ravel()

    ids = json.loads((tmp_path / "voice.onnx.json").read_text())["phoneme_id_map"]
    symbols = ["^", *(f for symbol in SENTENCE for f in ("_", symbol)), "_", "$"]
    inputs = {
        "input": np.array([[ids[symbol][0] for symbol in symbols]]),
        "input_lengths": np.array([len(symbols)]),
        "scales": np.array([0, 1, 0], np.float32),
    }
    theirs = onnxruntime.InferenceSession(str(tmp_path / "voice.onnx")).run(None, inputs)[0].ravel()
    assert len(ours) == len(theirs)
    assert np.max(np.abs(ours - theirs)) < 1e-4  # half a step of 16-bit samples is 1.5e-5; float32 rounding adds up


@pytest.mark.weights
def test_coqui_itself_loads_the_converted_voice_and_knows_its_symbols(converted: Path) -> None:
    from TTS.config import load_config
    from TTS.tts.models.vits import Vits

    config: Any = load_config(converted / "config.json")
    config.use_phonemes = False  # spares the espeak-ng program
    model = Vits(config)
    model.load_checkpoint(config, converted / "model.pth", eval=True)
    assert model.tokenizer.decode(model.tokenizer.encode(SENTENCE)) == SENTENCE
    assert config.audio.sample_rate == 22050
