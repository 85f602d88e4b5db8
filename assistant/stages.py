"""The workers of a profile: one per engine, loaded once, shared by all conversations."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from assistant.config import EngineSettings, Profile, VoiceSettings
from assistant.engines import ModelInUse, can_be_told, engine_spec, model_in_use
from assistant.errors import AssistantError, NoPictures, NoVoice
from assistant.intents.cascade import understand
from assistant.intents.intent import PictureContext
from assistant.workers.background import create_in_background
from assistant.workers.right_of_way import RightOfWay
from assistant.workers.worker import Worker, WorkerMode, WorkerOptions
from models import registry
from models.errors import EngineUnavailable, ModelError
from models.protocols import EchoCanceller, EndOfTurnDetector, VoiceActivityDetector
from models.settings import nearest
from models.types import SpeakOptions, Stage
from models.weights.store import Store

_log = logging.getLogger(__name__)

# A step of a large model takes a minute on two cores, its first one and the last decoding several.
_LONGEST_STEP_S = 600.0


@dataclass(frozen=True, slots=True)
class Voice:
    """A worker that speaks a language, and how to ask it to.

    Attributes:
        stands_in: the profile's chosen voice does not speak this language, so this one does.
    """

    name: str
    worker: Worker
    options: SpeakOptions
    stands_in: bool


class Stages:
    """Starts and ends the workers.

    Voices other than the profile's chosen one, and what draws, are loaded when first needed: nobody waits for them.

    Attributes:
        speech: taken while a reply is made, by any conversation.
    """

    def __init__(self, profile: Profile, store: Store) -> None:
        """
        Raises:
            StoreError: a model of the profile is not in the store.
        """
        self.speech = RightOfWay()
        self._profile = profile
        self._store = store
        self._options = WorkerOptions(mode=profile.workers.mode)
        self.stt = self._worker("stt", profile.stt)
        self.llm = self._worker("llm", profile.llm)
        self._voices = {profile.tts.voice: self._worker("tts", profile.tts.voices[profile.tts.voice])}
        self._loading = asyncio.Lock()
        self._image: Worker | None = None
        self._loading_image = asyncio.Lock()
        self._preparing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Stages:
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self.workers():
                    group.create_task(worker.start())
                if self._profile.image:
                    group.create_task(asyncio.to_thread(_read_phrases))
        except BaseExceptionGroup as failures:
            await self.close()
            raise failures.exceptions[0] from None
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def workers(self) -> list[Worker]:
        """Those that are running or about to."""
        return list(self.named_workers().values())

    def named_workers(self) -> dict[str, Worker]:
        """The same, by stage; voices by their name, such as "tts joe"."""
        voices = {f"tts {name}": worker for name, worker in self._voices.items()}
        return {"stt": self.stt, "llm": self.llm, **voices, **({"image": self._image} if self._image else {})}

    async def close(self) -> None:
        """Ends every process; returns once they are gone."""
        if self._preparing:
            self._preparing.cancel()
            await asyncio.wait({self._preparing})
        await asyncio.gather(*(worker.close() for worker in self.workers()))

    def voice_activity_detector(self) -> VoiceActivityDetector:
        """A new one, for one conversation. Blocks for some tens of milliseconds, as do the two below."""
        detector: VoiceActivityDetector = self._create("vad", self._profile.vad)
        return detector

    def echo_canceller(self) -> EchoCanceller:
        """A new one, for one conversation."""
        canceller: EchoCanceller = self._create("echo", self._profile.echo)
        return canceller

    def end_of_turn_detector(self) -> EndOfTurnDetector:
        """A new one; keeps no state between calls."""
        detector: EndOfTurnDetector = self._create("turn", self._profile.turn)
        return detector

    async def voice(self, language: str) -> Voice:
        """The voice for a language: the chosen one if it speaks it, else the first of the profile that does.

        Raises:
            NoVoice: none does.
            ModelError: its engine cannot be loaded.
        """
        return await self.voice_named(voice_name(self._profile, language), language)

    async def voice_named(self, name: str, language: str) -> Voice:
        """A voice of the profile, to speak a language that it knows.

        Raises:
            NoVoice: the profile has none of that name.
            ModelError: its engine cannot be loaded.
        """
        tts = self._profile.tts
        if name not in tts.voices:
            raise NoVoice(f'there is no voice "{name}"{nearest(name, tts.voices)}')
        settings = tts.voices[name]
        async with self._loading:
            if name not in self._voices:
                worker = self._worker("tts", settings)
                await worker.start()
                self._voices[name] = worker
        options = SpeakOptions(language, settings.speaker, tts.speed)
        return Voice(name, self._voices[name], options, name != tts.voice)

    @property
    def can_be_told(self) -> bool:
        """Whether what draws has a model that changes pictures as it is told."""
        return self._profile.image is not None and can_be_told(self._store, self._profile.image)

    async def image(self) -> Worker:
        """What draws; loaded by the first call, if not by `prepare_image`. It is never a step ahead of its reader.

        Raises:
            NoPictures: the profile has none.
            ModelError, WorkerError: it cannot be loaded; the next call tries again.
        """
        if self._profile.image is None:
            raise NoPictures("this profile has no model that draws: add one under [image]")
        async with self._loading_image:
            if self._image is None:
                worker = image_worker(self._store, self._profile.image, self._options.mode)
                await worker.start()
                self._image = worker
        return self._image

    def prepare_image(self) -> None:
        """Begins to load what draws, if the profile has it; whoever needs it is told what goes wrong."""
        if self._profile.image and self._preparing is None:
            self._preparing = asyncio.create_task(self._prepare_image(), name="loading what draws")

    def models(self) -> dict[Stage, ModelInUse]:
        """Stage -> what is in use there."""
        profile = self._profile
        settings: dict[Stage, EngineSettings | VoiceSettings] = {
            "echo": profile.echo,
            "vad": profile.vad,
            "turn": profile.turn,
            "stt": profile.stt,
            "llm": profile.llm,
            "tts": profile.tts.voices[profile.tts.voice],
        }
        found = {stage: model_in_use(self._store, stage, chosen) for stage, chosen in settings.items()}
        if profile.image:
            with suppress(EngineUnavailable):  # a conversation is possible all the same
                found["image"] = model_in_use(self._store, "image", profile.image)
        return found

    def voices(self) -> dict[str, ModelInUse]:
        """Name of each voice of the profile whose library is installed -> what speaks there."""
        found = {}
        for name, settings in self._profile.tts.voices.items():
            with suppress(EngineUnavailable):
                found[name] = model_in_use(self._store, "tts", settings)
        return found

    def _create(self, stage: Stage, settings: EngineSettings) -> Any:
        return registry.create(engine_spec(self._store, stage, settings))

    async def _prepare_image(self) -> None:
        try:
            await self.image()
        except (AssistantError, ModelError) as error:
            _log.warning("nothing can be drawn: %s", error)

    def _worker(self, stage: Stage, settings: EngineSettings | VoiceSettings) -> Worker:
        return Worker(engine_spec(self._store, stage, settings), self._options)


def _read_phrases() -> None:
    """Reads how pictures are asked for in every language, which takes a second once: nobody is to wait for it later."""
    understand("Hello.", "en", PictureContext())


def image_worker(store: Store, settings: EngineSettings, mode: WorkerMode) -> Worker:
    """What draws, not started yet. It is never a step ahead of its reader, and leaves the processor to a voice.

    Raises:
        EngineUnavailable, StoreError: see `engine_spec`.
    """
    spec = engine_spec(store, "image", settings)
    options = WorkerOptions(mode=mode, credit=1, reserve=0, deadline_s=_LONGEST_STEP_S)
    return Worker(spec, options, create_in_background) if mode == "process" else Worker(spec, options)


def voice_name(profile: Profile, language: str) -> str:
    """Which of the profile's voices speaks a language.

    The chosen voice goes first, then one that names the language, then one that speaks any.

    Raises:
        NoVoice: none does.
    """
    tts = profile.tts
    if {language, "*"} & set(tts.voices[tts.voice].languages):
        return tts.voice
    for wanted in (language, "*"):
        for name, voice in tts.voices.items():
            if wanted in voice.languages:
                return name
    raise NoVoice(
        f'no voice of the profile speaks "{language}": add one under [tts.voices] with languages = ["{language}"]'
    )
