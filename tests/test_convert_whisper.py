"""CTranslate2 to openai-whisper: the way there and back on a small model, damaged files, and the real thing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Clip
from whisper.model import ModelDimensions, Whisper

from models.errors import WeightsInvalid
from models.weights.convert_whisper import convert

DIMS = ModelDimensions(
    n_mels=80,
    n_audio_ctx=1500,
    n_audio_state=128,
    n_audio_head=2,
    n_audio_layer=2,
    n_vocab=300,
    n_text_ctx=448,
    n_text_state=128,
    n_text_head=2,
    n_text_layer=3,
)


def to_ctranslate2(state: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """openai-whisper's tensors as CTranslate2's converter names and stacks them."""
    half = {name: tensor.half().numpy() for name, tensor in state.items()}
    named = {
        "encoder/position_encodings/encodings": half["encoder.positional_embedding"],
        "decoder/position_encodings/encodings": half["decoder.positional_embedding"],
        "decoder/embeddings/weight": half["decoder.token_embedding.weight"],
    }

    def norm(source: str, target: str) -> None:
        named[f"{target}/gamma"], named[f"{target}/beta"] = half[f"{source}.weight"], half[f"{source}.bias"]

    def linear(target: str, *sources: str) -> None:
        zeros = np.zeros(DIMS.n_text_state, np.float16)  # the key has no bias
        named[f"{target}/weight"] = np.concatenate([half[f"{source}.weight"] for source in sources])
        named[f"{target}/bias"] = np.concatenate([half.get(f"{source}.bias", zeros) for source in sources])

    for conv in ("conv1", "conv2"):
        linear(f"encoder/{conv}", f"encoder.{conv}")
    norm("encoder.ln_post", "encoder/layer_norm")
    norm("decoder.ln", "decoder/layer_norm")
    for side, layers in (("encoder", DIMS.n_audio_layer), ("decoder", DIMS.n_text_layer)):
        for i in range(layers):
            source, target = f"{side}.blocks.{i}", f"{side}/layer_{i}"
            attention, cross = f"{source}.attn", f"{source}.cross_attn"
            norm(f"{source}.attn_ln", f"{target}/self_attention/layer_norm")
            linear(f"{target}/self_attention/linear_0", f"{attention}.query", f"{attention}.key", f"{attention}.value")
            linear(f"{target}/self_attention/linear_1", f"{attention}.out")
            if side == "decoder":
                norm(f"{source}.cross_attn_ln", f"{target}/attention/layer_norm")
                linear(f"{target}/attention/linear_0", f"{cross}.query")
                linear(f"{target}/attention/linear_1", f"{cross}.key", f"{cross}.value")
                linear(f"{target}/attention/linear_2", f"{cross}.out")
            norm(f"{source}.mlp_ln", f"{target}/ffn/layer_norm")
            linear(f"{target}/ffn/linear_0", f"{source}.mlp.0")
            linear(f"{target}/ffn/linear_1", f"{source}.mlp.2")
    return named


def write_ctranslate2(variables: Mapping[str, np.ndarray], path: Path) -> None:
    def string(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    with path.open("wb") as file:
        file.write(struct.pack("<I", 6) + string("WhisperSpec") + struct.pack("<II", 3, len(variables)))
        for name, array in variables.items():
            file.write(string(name) + struct.pack("<B", array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape))
            file.write(struct.pack("<BI", 4, array.nbytes) + array.tobytes())
        file.write(struct.pack("<I", 0))


@pytest.fixture(scope="module")
def small() -> Whisper:
    torch.manual_seed(0)
    return Whisper(DIMS)


def test_a_converted_model_has_every_tensor_in_its_place(small: Whisper, tmp_path: Path) -> None:
    write_ctranslate2(to_ctranslate2(small.state_dict()), tmp_path / "model.bin")
    convert(tmp_path / "model.bin", tmp_path / "model.pt")
    checkpoint = torch.load(tmp_path / "model.pt", weights_only=True)
    assert ModelDimensions(**checkpoint["dims"]) == DIMS
    assert checkpoint["model_state_dict"].keys() == small.state_dict().keys()
    for name, tensor in small.state_dict().items():
        torch.testing.assert_close(checkpoint["model_state_dict"][name], tensor.half(), rtol=0, atol=0, equal_nan=True)


def test_a_file_that_breaks_off_is_refused(small: Whisper, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    write_ctranslate2(to_ctranslate2(small.state_dict()), path)
    whole = path.read_bytes()
    for length in (0, 3, 40, 1000, len(whole) // 2, len(whole) - 10_000):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsInvalid):
            convert(path, tmp_path / "model.pt")
    assert not (tmp_path / "model.pt").exists()


def test_a_model_that_is_not_whisper_is_refused(small: Whisper, tmp_path: Path) -> None:
    variables = to_ctranslate2(small.state_dict())
    del variables["decoder/layer_1/attention/linear_2/weight"]
    write_ctranslate2(variables, tmp_path / "model.bin")
    with pytest.raises(WeightsInvalid, match="linear_2"):
        convert(tmp_path / "model.bin", tmp_path / "model.pt")


def test_a_tensor_of_another_shape_is_refused(small: Whisper, tmp_path: Path) -> None:
    variables = to_ctranslate2(small.state_dict())
    variables["decoder/layer_norm/gamma"] = variables["decoder/layer_norm/gamma"][:-1]
    write_ctranslate2(variables, tmp_path / "model.bin")
    with pytest.raises(WeightsInvalid, match=r"decoder\.ln\.weight"):
        convert(tmp_path / "model.bin", tmp_path / "model.pt")


# Whisper's tokenizer leaves its vocabulary file to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*tiktoken:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.weights
def test_the_converted_whisper_base_hears_a_real_recording(weights: Callable[[str], Path], speech: list[Clip]) -> None:
    import whisper

    from models.audio.file import read

    checkpoint = torch.load(weights("whisper-base") / "model.pt", weights_only=True)
    model = Whisper(ModelDimensions(**checkpoint["dims"]))
    assert model.load_state_dict(checkpoint["model_state_dict"]).missing_keys == []
    clip = next(clip for clip in speech if clip.path.name == "jfk.flac")
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(read(clip.path).samples))
    heard = whisper.decode(model, mel, whisper.DecodingOptions(fp16=False))
    assert isinstance(heard, whisper.DecodingResult)
    assert heard.language == "en"
    assert "ask not what your country can do for you" in heard.text
