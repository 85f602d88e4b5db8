"""Styles by name: LoRAs that are laid over a model and taken off again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import EngineFailed, WeightsInvalid
from models.image.options import Lora
from models.image.weights_folder import only_safetensors
from models.settings import nearest

_ALWAYS = "always"
# What diffusers and peft raise for files that are damaged, or were made for another model.
_UNFIT = (OSError, ValueError, RuntimeError, KeyError, AttributeError, IndexError, TypeError)


class Styles:
    """The LoRAs of one model. Each is read when it is first asked for, and stays in memory."""

    def __init__(self, pipeline: Any, styles: Mapping[str, Lora], always: Lora | None) -> None:
        """
        Args:
            pipeline: of diffusers; those that are built from the same parts draw in the style too.
            styles: by name.
            always: used with every style and without one.

        Raises:
            WeightsInvalid: the one for always is damaged, or for another model.
        """
        self._pipeline = pipeline
        self._styles = {name.casefold(): style for name, style in styles.items()}
        self._loaded: set[str] = set()
        self._always = always
        if always is not None:
            self._load(_ALWAYS, always.folder)
        self._choose("")

    def use(self, name: str) -> str:
        """Draws in that style from now on, "" in none; returns the words that belong into the prompt.

        Raises:
            EngineFailed: there is no such style, or its file is damaged or for another model.
        """
        key = name.casefold()
        if not key:
            self._choose("")
            return ""
        if key not in self._styles:
            raise EngineFailed(f'there is no style "{name}"{nearest(key, self._styles)}')
        adapter = _adapter(key)
        if adapter not in self._loaded:
            self._choose("")  # whatever happens below, nothing of another style is left
            try:
                self._load(adapter, self._styles[key].folder)
            except WeightsInvalid as error:
                raise EngineFailed(f'the style "{name}" cannot be used: {error}') from error
        self._choose(key)
        return self._styles[key].words

    def _choose(self, key: str) -> None:
        if not self._loaded:
            return
        strengths = {_ALWAYS: self._always.strength} if self._always else {}
        if key:
            strengths[_adapter(key)] = self._styles[key].strength
        if strengths:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters(list(strengths), list(strengths.values()))
        else:
            self._pipeline.disable_lora()

    def _load(self, adapter: str, place: str) -> None:
        from safetensors import SafetensorError

        file = _file(Path(place).expanduser())
        try:
            self._pipeline.load_lora_weights(
                str(file.parent),
                weight_name=file.name,
                adapter_name=adapter,
                use_safetensors=True,
                local_files_only=True,
            )
        except (*_UNFIT, SafetensorError) as error:
            self._pipeline.delete_adapters(adapter)
            raise WeightsInvalid(f"{file} is damaged, or a LoRA for another model: {_first_line(error)}") from error
        if not any(adapter in adapters for adapters in self._pipeline.get_list_adapters().values()):
            raise WeightsInvalid(f"{file} holds no LoRA for this model")
        self._loaded.add(adapter)


def _adapter(key: str) -> str:
    """The name within peft, where a dot would stand for a part of the model."""
    return f"style {key}".replace(".", " ")


def _file(place: Path) -> Path:
    if place.is_file():
        if place.suffix != ".safetensors":
            raise WeightsInvalid(f"{place} is no .safetensors file; others can run code when they are loaded")
        return place
    files = only_safetensors(place)
    if len(files) > 1:
        raise WeightsInvalid(f"{place} has {len(files)} .safetensors files; name the one that is meant")
    return files[0]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
