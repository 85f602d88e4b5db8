"""From the settings of a profile to an engine: what is needed to build it, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.config import EngineSettings, VoiceSettings
from models import registry
from models.errors import SettingError
from models.types import EngineSpec, Stage
from models.weights.store import Store


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """For showing what answered: catalogue name, or the engine's where it needs no weights, and its licence."""

    name: str
    licence: str


def model_in_use(store: Store, stage: Stage, settings: EngineSettings | VoiceSettings) -> ModelInUse:
    """Name and licence of the model of these settings.

    Raises:
        EngineUnavailable: the engine's library is missing.
    """
    entry = registry.find(stage, settings.engine)
    if settings.model in store.catalogue:
        return ModelInUse(settings.model, store.entry(settings.model).licence)
    if entry.has_weights:
        return ModelInUse(settings.model, "as its folder says")
    return ModelInUse(settings.model or settings.engine, entry.licence)


def engine_spec(store: Store, stage: Stage, settings: EngineSettings | VoiceSettings) -> EngineSpec:
    """What is needed to build the engine of these settings, in any process.

    The catalogue knows how a model is best used; what the profile says goes before that.

    Raises:
        EngineUnavailable: its library is missing.
        SettingError: its model is one for another stage.
        StoreError: its model is not in the store.
    """
    has_weights = registry.find(stage, settings.engine).has_weights
    if has_weights and settings.model in store.catalogue and (other := store.entry(settings.model).stage) != stage:
        raise SettingError(
            f'"{settings.model}" is a model for the stage {other}, not for {stage}; '
            f"see: assistant models list --stage {stage}"
        )
    return EngineSpec(
        stage,
        settings.engine,
        settings.model,
        store.folder(settings.model) if has_weights else None,
        settings.device,
        settings.dtype,
        settings.threads,
        folders_found(options_of(store, stage, settings), store),
    )


def options_of(store: Store, stage: Stage, settings: EngineSettings | VoiceSettings) -> Mapping[str, object]:
    """What the engine of these settings is given: what the catalogue advises, and what the profile says instead.

    Raises:
        EngineUnavailable: its library is missing.
    """
    has_weights = registry.find(stage, settings.engine).has_weights
    advised = store.entry(settings.model).options if has_weights and settings.model in store.catalogue else {}
    return {**advised, **settings.options}


def models_needed(store: Store, stage: Stage, settings: EngineSettings | VoiceSettings) -> tuple[str, ...]:
    """The models that the engine of these settings loads: its own, then those of the catalogue that its options name.

    Raises:
        EngineUnavailable: its library is missing.
    """
    own = [settings.model] if registry.find(stage, settings.engine).has_weights else []
    return tuple(dict.fromkeys([*own, *_named(options_of(store, stage, settings), store)]))


def can_be_told(store: Store, settings: EngineSettings) -> bool:
    """Whether what draws has a model that changes pictures as it is told (InstructPix2Pix).

    Raises:
        EngineUnavailable: its library is missing.
    """
    return bool(options_of(store, "image", settings).get("instruct"))


def _named(options: Mapping[str, object], store: Store) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _named(value, store)
        elif name == "folder" and value in store.catalogue:
            yield str(value)


def folders_found(options: Mapping[str, object], store: Store) -> dict[str, object]:
    """An engine's options; where one is called `folder` and names a model of the catalogue, the model's real folder.

    Raises:
        ModelMissing: such a model is not in the store.
    """
    found: dict[str, object] = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            found[name] = folders_found(value, store)
        elif name == "folder" and value in store.catalogue:
            found[name] = str(store.folder(str(value)))
        else:
            found[name] = value
    return found
