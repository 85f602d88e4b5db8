"""The profiles that the page offers: which there are, and what stands in the way of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.config import EngineSettings, Profile, VoiceSettings, load_profile, profile_names, stage_settings
from assistant.engines import engine_spec
from assistant.errors import ProfileError
from models import registry
from models.errors import ModelError
from models.types import Stage
from models.weights.store import Store

# What a worker takes beside its weights: a process that has imported torch.
_PROCESS_BYTES = 600_000_000
# Weights lie in the store with two bytes a number, and are computed with four on a processor.
_GROWTH = 2


class Profiles:
    """
    Attributes:
        first: the one that the server was started with, perhaps a path.
        store: with the weights of all of them.
    """

    def __init__(self, first: str, changes: Sequence[str], store: Store) -> None:
        """
        Args:
            changes: of single settings, as the server was started with them; they hold for every profile.
        """
        self.first = first
        self.store = store
        self._changes = tuple(changes)

    def names(self) -> list[str]:
        """All of them, the first one first."""
        return [self.first, *(name for name in profile_names() if name != self.first)]

    def load(self, name: str) -> Profile:
        """
        Raises:
            ProfileError: it is none of `names`, or does not go with the changes.
        """
        if name not in self.names():  # a path that somebody sends is none of theirs to open
            raise ProfileError(f'The page offers no profile "{name}".')
        return load_profile(name, self._changes)

    def obstacle(self, name: str) -> str:
        """Why a profile cannot be used on this machine as it is, with what to do; "" if it can.

        Raises:
            ProfileError: see `load`.
        """
        try:
            profile = self.load(name)
            for stage, settings in _needed(profile):
                engine_spec(self.store, stage, settings)
        except (ProfileError, ModelError) as error:
            return str(error)
        return ""

    def memory_bytes(self, profile: Profile) -> int:
        """About as much as the workers of a profile take, whose weights are all in the store."""
        return sum(
            _PROCESS_BYTES + _GROWTH * _size(self.store.folder(settings.model))
            for stage, settings in _needed(profile)
            if registry.find(stage, settings.engine).has_weights
        )


def _needed(profile: Profile) -> Iterator[tuple[Stage, EngineSettings | VoiceSettings]]:
    """What a conversation cannot do without: other voices and pictures are loaded when they are wanted."""
    for name, stage, settings in stage_settings(profile):
        if stage != "image" and (stage != "tts" or name == profile.tts.voice):
            yield stage, settings


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
