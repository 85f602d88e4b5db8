"""A Piper voice (ONNX export of VITS) as a Coqui TTS VITS checkpoint. Reads and writes files, speaks nothing.

Both descend from https://github.com/jaywalnut310/vits and compute the same function, so this only renames tensors and
undoes what the exporter folded away. Parts that only training needs (posterior encoder, half of the duration
predictor) are not in the ONNX file; they are written small and neutral so that Coqui itself loads the checkpoint too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.errors import WeightsInvalid

if TYPE_CHECKING:
    import torch

Weights = dict[str, npt.NDArray[np.float32]]

# The two decoders that Piper trains (piper_train/vits/config.py: medium and high quality), by kind of residual block.
DECODERS: Mapping[str, Mapping[str, Any]] = {
    "2": {
        "resblock_kernel_sizes_decoder": [3, 5, 7],
        "resblock_dilation_sizes_decoder": [[1, 2], [2, 6], [3, 12]],
        "upsample_rates_decoder": [8, 8, 4],
        "upsample_kernel_sizes_decoder": [16, 16, 8],
    },
    "1": {
        "resblock_kernel_sizes_decoder": [3, 7, 11],
        "resblock_dilation_sizes_decoder": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
        "upsample_rates_decoder": [8, 8, 2, 2],
        "upsample_kernel_sizes_decoder": [16, 16, 4, 4],
    },
}
HOP_SAMPLES = 256  # the product of either list of upsampling rates
TRAINING_ONLY = ("posterior_encoder.", "duration_predictor.post_", "duration_predictor.flows.1.")
WEIGHT_NORM = re.compile(r"(.*)\.parametrizations\.weight\.original([01])$")


def convert(onnx_path: Path, json_path: Path, folder: Path) -> None:
    """Writes `model.pth` and `config.json` of a Coqui VITS voice into `folder`.

    Args:
        onnx_path: the voice, such as en_US-joe-medium.onnx.
        json_path: its description, such as en_US-joe-medium.onnx.json.
        folder: made where it is missing. Each file appears complete or not at all.

    Raises:
        WeightsInvalid: the files are not a single-speaker Piper voice.
    """
    import torch
    from TTS.tts.models.vits import Vits

    try:
        description = json.loads(json_path.read_text(encoding="utf-8"))
        weights = _read(onnx_path)
        config = _config(description, weights)
        model = Vits(config)
        ids = description["phoneme_id_map"]
        order = [ids[symbol][0] for symbol in model.tokenizer.characters.vocab]
        weights["enc_p.emb.weight"] = weights["enc_p.emb.weight"][order]
        state = _state({_coqui_name(name): torch.from_numpy(w) for name, w in weights.items()}, model.state_dict())
    except (OSError, LookupError, TypeError, AttributeError, ValueError, AssertionError, RuntimeError) as error:
        raise WeightsInvalid(f"{onnx_path.name} is not a Piper voice that can be converted: {error!r}") from error
    config.use_phonemes = True
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"model": state}, folder / "model.pth.part")
    config.save_json(str(folder / "config.json.part"))
    for name in ("model.pth", "config.json"):
        os.replace(folder / f"{name}.part", folder / name)


def _read(path: Path) -> Weights:
    """Tensors under the names they had in PyTorch, whatever the exporter called them."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        # Without external files: a model from elsewhere has no business reading this machine's.
        graph = onnx.load(str(path), load_external_data=False).graph
    except DecodeError as error:
        raise WeightsInvalid(f"{path} is not an ONNX file: {error}") from error
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    named = {name: tensor for name, tensor in tensors.items() if re.match(r"(enc_p|dec|flow|dp)\.", name)}
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and node.input[1] in tensors:
            # A weight whose weight norm was folded lost its name; the node's scope tells the owner:
            # /flow/flows.6/enc/in_layers.0/Conv
            owner = node.name.strip("/").rpartition("/")[0].replace("/", ".")
            named[f"{owner}.weight"] = tensors[node.input[1]]
        elif node.name == "/enc_p/emb/Gather":
            named["enc_p.emb.weight"] = tensors[node.input[0]]
        elif node.name == "/dp/flows.0/Mul":  # exp(-logs) was folded to a constant
            scale = next(tensors[name] for name in node.input if name in tensors)
            named["dp.flows.0.logs"] = -np.log(scale)
    return {name: np.array(tensor, dtype=np.float32) for name, tensor in named.items()}


def _coqui_name(name: str) -> str:
    name = re.sub(r"^enc_p\.", "text_encoder.", name)
    name = re.sub(r"^dec\.", "waveform_decoder.", name)
    # Piper keeps the Flip layers, which have no parameters, in its lists; Coqui flips in forward().
    name = re.sub(r"^flow\.flows\.(\d+)", lambda match: f"flow.flows.{int(match[1]) // 2}", name)
    name = re.sub(r"^dp\.flows\.(\d+)", lambda match: f"dp.flows.{(int(match[1]) + 1) // 2}", name)
    name = name.replace("dp.flows.0.m", "dp.flows.0.translation").replace("dp.flows.0.logs", "dp.flows.0.log_scale")
    return re.sub(r"^dp\.", "duration_predictor.", name)


def _config(description: Mapping[str, Any], weights: Weights) -> Any:
    """The voice's `VitsConfig`, with sizes read from the weights."""
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsConfig

    if description["num_speakers"] != 1:
        raise WeightsInvalid(f"the voice has {description['num_speakers']} speakers; only one can be converted")
    ids: Mapping[str, list[int]] = description["phoneme_id_map"]
    symbols = "".join(sorted((symbol for symbol in ids if symbol not in "_^$"), key=lambda symbol: ids[symbol][0]))
    return VitsConfig(
        model_args=_sizes(weights, description["inference"]),
        characters=CharactersConfig(
            characters_class="TTS.tts.utils.text.characters.IPAPhonemes",
            pad="_", eos="$", bos="^", blank="_", characters=symbols, punctuations="", is_unique=False, is_sorted=False,
        ),
        audio=BaseAudioConfig(
            sample_rate=description["audio"]["sample_rate"],
            hop_length=HOP_SAMPLES, win_length=4 * HOP_SAMPLES, fft_size=4 * HOP_SAMPLES, do_trim_silence=False,
        ),
        use_phonemes=False,  # else Coqui's constructor wants the espeak-ng program, which converting does not need
        phonemizer="espeak",
        phoneme_language=description["espeak"]["voice"],
        text_cleaner="phoneme_cleaners",
        add_blank=True,
        enable_eos_bos_chars=True,
        test_sentences=[],
        datasets=[],
    )  # fmt: skip


def _sizes(weights: Weights, inference: Mapping[str, float]) -> Any:
    """The `VitsArgs` of the network that the weights are of."""
    from TTS.tts.configs.vits_config import VitsArgs

    block = "1" if any(".convs1." in name for name in weights) else "2"
    layers = {match[1] for name in weights if (match := re.match(r"enc_p\.encoder\.attn_layers\.(\d+)\.", name))}
    return VitsArgs(
        hidden_channels=weights["enc_p.emb.weight"].shape[1],
        hidden_channels_ffn_text_encoder=weights["enc_p.encoder.ffn_layers.0.conv_1.weight"].shape[0],
        num_layers_text_encoder=len(layers),
        resblock_type_decoder=block,
        upsample_initial_channel_decoder=weights["dec.conv_pre.weight"].shape[0],
        init_discriminator=False,
        num_layers_posterior_encoder=1,  # never run: as small as it gets
        kernel_size_posterior_encoder=1,
        inference_noise_scale=inference["noise_scale"],
        inference_noise_scale_dp=inference["noise_w"],
        length_scale=inference["length_scale"],
        **DECODERS[block],
    )


def _state(weights: Mapping[str, torch.Tensor], template: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights in the shape of `template`; raises ValueError where the two do not fit."""
    import torch

    state: dict[str, torch.Tensor] = {}
    used: set[str] = set()
    for key, wanted in template.items():
        norm = WEIGHT_NORM.match(key)
        name = f"{norm[1]}.weight" if norm else key
        if name not in weights:
            if not key.startswith(TRAINING_ONLY):
                raise ValueError(f"the tensor {name} is missing")
            state[key] = torch.ones_like(wanted)
            continue
        tensor = weights[name]
        used.add(name)
        if norm and norm[2] == "0":  # the norm over every axis but the first, so that g * v / |v| is the weight again
            tensor = torch.linalg.vector_norm(tensor, dim=tuple(range(1, tensor.dim())), keepdim=True)
        if tensor.shape != wanted.shape:
            raise ValueError(f"the tensor {name} has the shape {tuple(tensor.shape)}, not {tuple(wanted.shape)}")
        state[key] = tensor.clone()
    if unknown := weights.keys() - used:
        raise ValueError(f"the tensors {', '.join(sorted(unknown))} have no place in the model")
    return state
