"""A folder of weights to a pipeline of diffusers: safetensors only, nothing from a network, no code from the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from models.errors import WeightsInvalid

if TYPE_CHECKING:
    import torch

Kind: TypeAlias = Literal["text", "image", "inpaint", "instruct", "upscale"]

# The pipeline that a folder names -> what can be done with its weights, and the pipeline for it. Any other is refused.
PIPELINES: Mapping[str, Mapping[Kind, str]] = {
    "StableDiffusionPipeline": {
        "text": "StableDiffusionPipeline",
        "image": "StableDiffusionImg2ImgPipeline",
        "inpaint": "StableDiffusionInpaintPipeline",
    },
    "StableDiffusionXLPipeline": {
        "text": "StableDiffusionXLPipeline",
        "image": "StableDiffusionXLImg2ImgPipeline",
        "inpaint": "StableDiffusionXLInpaintPipeline",
    },
    "StableDiffusionInpaintPipeline": {"inpaint": "StableDiffusionInpaintPipeline"},
    "StableDiffusionXLInpaintPipeline": {"inpaint": "StableDiffusionXLInpaintPipeline"},
    "StableDiffusionInstructPix2PixPipeline": {"instruct": "StableDiffusionInstructPix2PixPipeline"},
    "StableDiffusionLatentUpscalePipeline": {"upscale": "StableDiffusionLatentUpscalePipeline"},
    "StableDiffusionUpscalePipeline": {"upscale": "StableDiffusionUpscalePipeline"},
}
# Where the parts of a pipeline may come from; anything else would be a file of Python code in the folder.
_LIBRARIES = ("diffusers", "transformers", "stable_diffusion")
_PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
# What the libraries raise on damaged files, and on configurations that do not fit them.
_DAMAGE = (OSError, ValueError, RuntimeError, TypeError, KeyError, AttributeError)


def load(folder: Path, dtype: torch.dtype, variant: str, *, safety_checker: bool) -> Any:
    """The pipeline that the folder describes, in the CPU's memory.

    Args:
        folder: as `save_pretrained` of a pipeline writes it.
        dtype: of all its weights.
        variant: of the files; "": none.
        safety_checker: whether the one of the folder, if it has one, is loaded too.

    Raises:
        WeightsInvalid: no such pipeline, pickled weights, or damaged files.
    """
    import diffusers
    import transformers
    from safetensors import SafetensorError

    kind = _checked(folder)
    unchecked: dict[str, Any] = {} if safety_checker else {"safety_checker": None, "requires_safety_checker": False}
    libraries: tuple[Any, ...] = (diffusers, transformers)
    for library in libraries:
        library.utils.logging.set_verbosity_error()  # their warnings are for programmers
        library.utils.logging.disable_progress_bar()
    try:
        return getattr(diffusers, kind).from_pretrained(
            folder,
            dtype=dtype,
            variant=variant or None,
            use_safetensors=True,
            local_files_only=True,
            **(unchecked if "safety_checker" in _index(folder) else {}),
        )
    except (*_DAMAGE, SafetensorError) as error:
        raise WeightsInvalid(f"{folder} cannot be loaded as a {kind}: {_first_line(error)}") from error


def only_safetensors(folder: Path) -> list[Path]:
    """The safetensors files of a folder.

    Raises:
        WeightsInvalid: it has none, or no such folder.
    """
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    pickled = [path.name for path in sorted(folder.glob("*")) if path.suffix in _PICKLED]
    if pickled:
        raise WeightsInvalid(
            f"{folder} has only {', '.join(pickled)}: such files can run code when they are loaded, so they are "
            "refused; take .safetensors files"
        )
    raise WeightsInvalid(f"{folder} has no .safetensors file")


def _checked(folder: Path) -> str:
    """The name of the pipeline class of the folder."""
    index = _index(folder)
    kind = index.get("_class_name")
    if not isinstance(kind, str) or kind not in PIPELINES:
        raise WeightsInvalid(f"{folder} is for {kind}; this engine draws with {', '.join(PIPELINES)}")
    for part, origin in index.items():
        if part.startswith("_") or not isinstance(origin, list) or origin[:1] == [None]:
            continue
        if origin[0] not in _LIBRARIES:
            raise WeightsInvalid(f'{folder}: its {part} would come from "{origin[0]}", whose code is not trusted')
        if not _is_without_weights(str(origin[1])):
            only_safetensors(folder / part)
    return kind


def _is_without_weights(name: str) -> bool:
    return "Tokenizer" in name or "Scheduler" in name or "Processor" in name or "FeatureExtractor" in name


def _index(folder: Path) -> dict[str, Any]:
    try:
        index = json.loads((folder / "model_index.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsInvalid(f"{folder} holds no pipeline of diffusers: model_index.json: {error}") from error
    if not isinstance(index, dict):
        raise WeightsInvalid(f"{folder}/model_index.json is not a table")
    return index


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
