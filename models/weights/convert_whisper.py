"""CTranslate2 Whisper model -> openai-whisper checkpoint.

The binary format is the one that CTranslate2's converters write (ctranslate2/specs/model_spec.py, `_serialize`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from models.errors import WeightsInvalid

Variables = Mapping[str, npt.NDArray[Any]]

# CTranslate2's numbers for its types; the others are quantised, which these checkpoints are not.
_DTYPES: Mapping[int, type[np.generic]] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
# All Whisper models have heads of 64 values (Radford et al. 2022, table 1), see 30 s and write 448 tokens.
_HEAD_SIZE, _AUDIO_CONTEXT, _TEXT_CONTEXT = 64, 1500, 448
_LONGEST_NAME = 512


def convert(model_bin: Path, checkpoint: Path) -> None:
    """Writes a checkpoint that `torch.load(weights_only=True)` reads: "dims" and "model_state_dict" in float16.

    Raises:
        WeightsInvalid: not a CTranslate2 file, or not of a Whisper model.
    """
    import torch
    from whisper.model import ModelDimensions, Whisper

    variables = read_variables(model_bin)
    try:
        dims = ModelDimensions(**_dimensions(variables))
        state = {name: torch.from_numpy(np.array(value)).half() for name, value in _renamed(variables)}
    except KeyError as error:
        raise WeightsInvalid(f"{model_bin.name} has no {error}: not a Whisper model") from error
    try:
        Whisper(dims).load_state_dict(state)
    except RuntimeError as error:  # names or shapes differ
        raise WeightsInvalid(f"{model_bin.name} is not a Whisper model: {error}") from error
    torch.save({"dims": asdict(dims), "model_state_dict": state}, checkpoint)


def read_variables(path: Path) -> Variables:
    """The arrays of a CTranslate2 file by name, mapped from the disk.

    Raises:
        WeightsInvalid: not such a file, or cut off.
    """
    size = path.stat().st_size
    variables = {}
    try:
        with path.open("rb") as file:
            _version, _spec, _revision = _number(file, "I"), _string(file), _number(file, "I")
            for _ in range(_number(file, "I")):
                name, rank = _string(file), _number(file, "B")
                shape = tuple(_number(file, "I") for _ in range(rank))
                dtype, n_bytes, start = np.dtype(_DTYPES[_number(file, "B")]), _number(file, "I"), file.tell()
                if start + n_bytes > size or n_bytes != dtype.itemsize * int(np.prod(shape)):
                    raise WeightsInvalid(f"{path.name} is cut off or damaged at {name}")
                variables[name] = np.memmap(path, dtype, mode="r", offset=start, shape=shape) if shape else np.empty(0)
                file.seek(start + n_bytes)
    except (struct.error, KeyError, UnicodeDecodeError) as error:
        raise WeightsInvalid(f"{path.name} is not a CTranslate2 model") from error
    return variables


def _number(file: BinaryIO, kind: str) -> int:
    (value,) = struct.unpack("<" + kind, file.read(struct.calcsize("<" + kind)))
    return int(value)


def _string(file: BinaryIO) -> str:
    length = _number(file, "H")
    if length > _LONGEST_NAME:
        raise struct.error("no name is as long as that")
    return file.read(length).rstrip(b"\0").decode()


def _dimensions(variables: Variables) -> dict[str, int]:
    n_state, n_mels, _ = variables["encoder/conv1/weight"].shape
    n_vocab, _ = variables["decoder/embeddings/weight"].shape
    return {
        "n_mels": n_mels,
        "n_audio_ctx": _AUDIO_CONTEXT,
        "n_audio_state": n_state,
        "n_audio_head": n_state // _HEAD_SIZE,
        "n_audio_layer": _layers(variables, "encoder"),
        "n_vocab": n_vocab,
        "n_text_ctx": _TEXT_CONTEXT,
        "n_text_state": n_state,
        "n_text_head": n_state // _HEAD_SIZE,
        "n_text_layer": _layers(variables, "decoder"),
    }


def _layers(variables: Variables, side: str) -> int:
    return len({name.split("/")[1] for name in variables if name.startswith(f"{side}/layer_") and name.count("/") > 2})


def _renamed(variables: Variables) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Pairs of openai-whisper's name and the array, in no particular order."""
    for conv in ("conv1", "conv2"):
        yield f"encoder.{conv}.weight", variables[f"encoder/{conv}/weight"]
        yield f"encoder.{conv}.bias", variables[f"encoder/{conv}/bias"]
    yield "encoder.positional_embedding", variables["encoder/position_encodings/encodings"]
    yield "decoder.positional_embedding", variables["decoder/position_encodings/encodings"]
    yield "decoder.token_embedding.weight", variables["decoder/embeddings/weight"]
    yield from _norm(variables, "encoder/layer_norm", "encoder.ln_post")
    yield from _norm(variables, "decoder/layer_norm", "decoder.ln")
    for side in ("encoder", "decoder"):
        for i in range(_layers(variables, side)):
            yield from _block(variables, f"{side}/layer_{i}", f"{side}.blocks.{i}")


def _block(variables: Variables, source: str, target: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield from _norm(variables, f"{source}/self_attention/layer_norm", f"{target}.attn_ln")
    # Query, key and value are one matrix there; Whisper's key has no bias, so CTranslate2 stores zeros for it.
    yield from _stacked(variables, f"{source}/self_attention/linear_0", [f"{target}.attn.{part}" for part in _QKV])
    yield from _linear(variables, f"{source}/self_attention/linear_1", f"{target}.attn.out")
    if target.startswith("decoder"):
        yield from _norm(variables, f"{source}/attention/layer_norm", f"{target}.cross_attn_ln")
        yield from _linear(variables, f"{source}/attention/linear_0", f"{target}.cross_attn.query")
        yield from _stacked(variables, f"{source}/attention/linear_1", [f"{target}.cross_attn.{p}" for p in _QKV[1:]])
        yield from _linear(variables, f"{source}/attention/linear_2", f"{target}.cross_attn.out")
    yield from _norm(variables, f"{source}/ffn/layer_norm", f"{target}.mlp_ln")
    yield from _linear(variables, f"{source}/ffn/linear_0", f"{target}.mlp.0")
    yield from _linear(variables, f"{source}/ffn/linear_1", f"{target}.mlp.2")


_QKV = ("query", "key", "value")


def _norm(variables: Variables, source: str, target: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield f"{target}.weight", variables[f"{source}/gamma"]
    yield f"{target}.bias", variables[f"{source}/beta"]


def _linear(variables: Variables, source: str, target: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield f"{target}.weight", variables[f"{source}/weight"]
    yield f"{target}.bias", variables[f"{source}/bias"]


def _stacked(variables: Variables, source: str, targets: list[str]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    weights = np.split(variables[f"{source}/weight"], len(targets))
    biases = np.split(variables[f"{source}/bias"], len(targets))
    for target, weight, bias in zip(targets, weights, biases, strict=True):
        yield f"{target}.weight", weight
        if not target.endswith(".key"):
            yield f"{target}.bias", bias
