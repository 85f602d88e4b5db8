"""`assistant bench captions`: how long it takes, how well it hears, when words come, which rules are kept, its memory.

Beside openai-whisper's own `transcribe`, and faster-whisper where it is there: same weights, same files, same run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.bench.caption_batch import MixedBatch, measure_batch
from assistant.bench.caption_memory import CaptionMemory, measure_memory
from assistant.bench.caption_rules import Rules, rules_broken
from assistant.bench.measure import Machine, Spread, machine, spread, watched_memory
from assistant.bench.programme import Programme, apart, speech_programme, without_speech
from assistant.bench.quality import Recording
from assistant.bench.recognisers import FasterWhisper, OpenAiWhisper, Transcribed, by_us
from assistant.bench.word_errors import english_words, error_rate, matches
from assistant.captions.layout import lay_out
from assistant.captions.standards import standard
from assistant.errors import ProfileError
from assistant.workers.worker import Worker
from models.audio import write_wav
from models.protocols import VoiceActivityDetector
from models.types import EngineSpec

PARTS = ("speech", "silence", "times", "memory", "batch")

_PROGRAMME_S = 600.0
_SILENCE_S = 600.0
# Longer than any pause within a window: each recording is heard in its own language.
_APART_S = 2.6


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured with.

    Attributes:
        recordings: of speech; those in English make the long programme, those with times of words tell when words come.
        stt: a Whisper, with its weights.
        new_detector: makes a voice activity detector.
        threads: that each recogniser may use.
        faster_whisper: the same weights as CTranslate2 stores them; None: it is not compared.
    """

    recordings: Sequence[Recording]
    stt: EngineSpec
    new_detector: Callable[[], VoiceActivityDetector]
    threads: int = 2
    faster_whisper: Path | None = None


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One of those that are compared.

    Attributes:
        took_s: for the whole programme, loaded and warm.
        wer: word error rate under Whisper's normaliser.
        share: of the time that openai-whisper takes without word times.
    """

    took_s: float
    wer: float
    share: float


@dataclass(frozen=True, slots=True)
class Speech:
    """A programme of speech with silence, noise and music between.

    Attributes:
        ours: with word times, from file to sentences.
        peak_memory_mb: of ours, all processes together.
    """

    audio_s: float
    ours: Recogniser
    openai_whisper: Recogniser
    openai_whisper_with_word_times: Recogniser
    faster_whisper: Recogniser | None
    peak_memory_mb: float
    rules: dict[str, Rules]


@dataclass(frozen=True, slots=True)
class Silence:
    """Cues where nobody speaks: in silence, noise and music."""

    audio_s: float
    our_cues: int
    openai_whisper_segments: int


@dataclass(frozen=True, slots=True)
class WordStarts:
    """Distance of the start of words from when they were said, in seconds.

    The truth is the start of words in the manifest of the recordings; theirs was measured by yet another recogniser.
    Words that were misheard do not count. openai-whisper takes all of a file for the language of its first 30 s, so it
    mishears more of these recordings in eight languages.
    """

    ours_s: Spread
    openai_whisper_s: Spread


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the benchmark found out; None: that part was not wanted."""

    machine: Machine
    speech: Speech | None = None
    silence: Silence | None = None
    times: WordStarts | None = None
    memory: CaptionMemory | None = None
    batch: MixedBatch | None = None


async def measure(material: Material, parts: Collection[str] = PARTS) -> Report:
    """Takes about as long as the programme, most of it openai-whisper's.

    Raises:
        ProfileError: there are no recordings for a part.
        ModelError, WorkerError: an engine cannot be loaded.
    """
    report = Report(machine())
    with tempfile.TemporaryDirectory() as folder:
        # First, while nothing else has used any memory.
        if "memory" in parts:
            memory = await measure_memory(_english(material), material.new_detector(), Path(folder))
            report = replace(report, memory=memory)
        if {"speech", "silence", "times"} & set(parts):
            report = await _Comparison(material, Path(folder)).measure(report, parts)
        if "batch" in parts:
            report = replace(report, batch=await measure_batch(Path(folder)))
    return report


class _Comparison:
    """All recognisers, loaded once."""

    def __init__(self, material: Material, folder: Path) -> None:
        if material.stt.weights is None or material.stt.engine != "whisper":
            raise ProfileError(
                f'the stt engine "{material.stt.engine}" cannot be compared with Whisper: choose whisper'
            )
        self._material = material
        self._folder = folder
        self._detector = material.new_detector()
        self._openai = OpenAiWhisper(material.stt.weights, material.threads)
        self._faster = None
        if material.faster_whisper is not None:
            self._faster = FasterWhisper(material.faster_whisper, material.threads)

    async def measure(self, report: Report, parts: Collection[str]) -> Report:
        async with Worker(replace(self._material.stt, threads=self._material.threads)) as stt:
            await self._warm_up(stt)
            if "speech" in parts:
                report = replace(report, speech=await self._speech(stt))
            if "silence" in parts:
                report = replace(report, silence=await self._silence(stt))
            if "times" in parts:
                report = replace(report, times=await self._times(stt))
        return report

    async def _warm_up(self, stt: Worker) -> None:
        """What is compiled when the first word is timed is no part of a long recording."""
        path = self._written(apart(_english(self._material)[:1], _APART_S))
        await by_us(path, stt, self._detector)
        await self._openai.transcribe(path, word_times=True)

    async def _speech(self, stt: Worker) -> Speech:
        programme = speech_programme(_english(self._material), _PROGRAMME_S)
        path = self._written(programme)
        async with watched_memory() as memory:
            before_mb = memory.now_mb()
            ours = await by_us(path, stt, self._detector)
        plain = await self._openai.transcribe(path, word_times=False)
        timed = await self._openai.transcribe(path, word_times=True)
        faster = await self._faster.transcribe(path) if self._faster else None
        said = " ".join(placed.recording.transcript for placed in programme.placed)

        def recogniser(found: Transcribed) -> Recogniser:
            return Recogniser(round(found.took_s, 1), _wer(said, found.text), round(found.took_s / plain.took_s, 3))

        return Speech(
            audio_s=round(programme.audio.duration_s, 1),
            ours=recogniser(ours),
            openai_whisper=recogniser(plain),
            openai_whisper_with_word_times=recogniser(timed),
            faster_whisper=recogniser(faster) if faster else None,
            peak_memory_mb=round(memory.peak_mb - before_mb),
            rules=rules_broken(ours.segments, self._folder),
        )

    async def _silence(self, stt: Worker) -> Silence:
        path = self._folder / "without-speech.wav"
        audio = without_speech(_SILENCE_S)
        write_wav(path, audio)
        ours = await by_us(path, stt, self._detector)
        theirs = await self._openai.transcribe(path, word_times=False)
        return Silence(
            round(audio.duration_s, 1), len(lay_out(ours.segments, standard("netflix"))), len(theirs.segments)
        )

    async def _times(self, stt: Worker) -> WordStarts:
        recordings = [recording for recording in self._material.recordings if recording.words]
        if not recordings:
            raise ProfileError("no recording has times of words; leave out the part times")
        programme = apart(recordings, _APART_S)
        path = self._written(programme)
        truth = [
            (text, placed.start_s + start_s) for placed in programme.placed for text, start_s in placed.recording.words
        ]
        ours = await by_us(path, stt, self._detector)
        theirs = await self._openai.transcribe(path, word_times=True)
        return WordStarts(*(spread(_distances_s(truth, found)) for found in (ours, theirs)))

    def _written(self, programme: Programme) -> Path:
        path = self._folder / "programme.wav"
        write_wav(path, programme.audio)
        return path


def _english(material: Material) -> list[Recording]:
    english = [recording for recording in material.recordings if recording.language == "en"]
    if not english:
        raise ProfileError("captions are measured with recordings of English speech: name a folder with --recordings")
    return english


def _wer(said: str, heard: str) -> float:
    words = english_words()
    return round(error_rate([(words(said), words(heard))]), 4)


def _distances_s(truth: Sequence[tuple[str, float]], found: Transcribed) -> list[float]:
    pairs = matches([text for text, _ in truth], [word.text for word in found.words])
    return [abs(found.words[heard].start_s - truth[said][1]) for said, heard in pairs]
