"""How soon the page answers and falls silent, beside the same questions to a live conversation without a page."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.bench.browser import PageSound, listening_page, place_s, sound_of, timed_out
from assistant.bench.live_turns import ask_live
from assistant.bench.measure import Spread, spread
from assistant.bench.rehearsal import silence, speech_end_s
from assistant.serve.running import address, listen, run
from assistant.serve.service import Service
from assistant.session import Session
from models.audio import resample
from models.types import Audio, joined

# Makes of a service an application that shows the page; what ends with it ends then.
Build: TypeAlias = Callable[[Service], AbstractAsyncContextManager[ASGIApp]]

# The browser opens its microphone, and its echo canceller finds out that there is no echo.
_BEFORE_S = 2.0
# The recording goes on with silence for so long, in which the reply has to come to its end.
_AFTER_S = 120.0
# From the end of a question to the words that interrupt its answer.
_INTO_REPLY_S = 12.0
# For the words that interrupt to be said and noticed.
_PATIENCE_S = 60.0
# What is softer is breath and room: the same measure as in live conversations.
_AUDIBLE = 0.02
# A loudspeaker that has nothing to play gets zeros, and a voice never makes so many of them.
_SILENT_S = 0.1


@dataclass(frozen=True, slots=True)
class PageTurns:
    """Seconds from the last speech of the question to the first audible sample of the reply.

    Attributes:
        unanswered: questions after which nothing was heard.
        page_s: in a browser, both by the clock of its sound; a device adds its own delay.
        talk_s: as `assistant talk` plays it; a device adds its own delay.
        later_s: the one after the other, question by question.
    """

    turns: int
    unanswered: int
    page_s: Spread | None
    talk_s: Spread | None
    later_s: Spread | None


@dataclass(frozen=True, slots=True)
class PageStops:
    """
    Attributes:
        unnoticed: words over a reply at which it did not stop.
        stopped_s: from the server's decision that the reply waits in silence to the first silent sample in the page.
    """

    interruptions: int
    unnoticed: int
    stopped_s: Spread | None


async def measure_turns(service: Service, build: Build, questions: Sequence[Audio], turns: int) -> PageTurns:
    """Asks each question in a page and in a live conversation, one after the other: a slow minute hits both alike.

    Args:
        service: whose workers run.
        build: the page on that service.
        questions: recordings, with the silence around the words.
    """
    pairs: list[tuple[float | None, float | None]] = []
    async with _served(service, build) as (place, _):
        await _ask(place, questions[0])  # what is slow the first time is no figure of the second
        for number in range(turns):
            question = questions[number % len(questions)]
            in_page_s = await _ask(place, question)
            rehearsal, ends_s = await ask_live(Session(service.profile, service.stages), question)
            sounded_s = rehearsal.sounded_s(ends_s)
            pairs.append((in_page_s, None if sounded_s is None else sounded_s - ends_s))
    both = [(page_s, talk_s) for page_s, talk_s in pairs if page_s is not None and talk_s is not None]
    return PageTurns(
        turns,
        turns - len(both),
        _spread([page_s for page_s, _ in both]),
        _spread([talk_s for _, talk_s in both]),
        _spread([page_s - talk_s for page_s, talk_s in both]),
    )


async def measure_stops(service: Service, build: Build, questions: Sequence[Audio], turns: int) -> PageStops:
    """Says each question over the reply to the one before.

    Args:
        service: with a language model whose replies last for half a minute.
        build: the page on that service.
    """
    stops: list[float] = []
    async with _served(service, build) as (place, decisions):
        for number in range(turns):
            first, second = questions[number % len(questions)], questions[(number + 1) % len(questions)]
            speech = joined([silence(_BEFORE_S), first, silence(_INTO_REPLY_S), second, silence(_AFTER_S)])
            decisions.clear()
            async with listening_page(place, speech) as page:
                await _talk(page)
                await decisions.wait()
                await asyncio.sleep(1.0)
                sound = await sound_of(page)
            stops += [took_s for at_s in decisions.times_s[:1] if (took_s := stopped_s(sound, at_s)) is not None]
    return PageStops(turns, turns - len(stops), _spread(stops))


async def _ask(place: str, question: Audio) -> float | None:
    async with listening_page(place, joined([silence(_BEFORE_S), question, silence(_AFTER_S)])) as page:
        await _talk(page)
        try:
            await page.wait_for_selector(".va-assistant .said")
        except timed_out():
            return None
        await asyncio.sleep(1.0)  # a reply begins with silence
        sound = await sound_of(page)
    said = resample(question, sound.heard.sample_rate_hz)
    end_s = place_s(said, sound.heard) + speech_end_s(said)
    audible = np.flatnonzero(np.abs(sound.played.samples) > _AUDIBLE)
    return float(audible[0]) / sound.played.sample_rate_hz - end_s if len(audible) else None


async def _talk(page: Any) -> None:
    await page.wait_for_selector(".va-models li", state="attached")  # it is alive
    await page.click(".va-talk")


def stopped_s(sound: PageSound, decided_s: float) -> float | None:
    """From the decision to the first sample of silence; None: nothing sounded then, or it went on."""
    rate_hz = sound.played.sample_rate_hz
    start = round(sound.position_s(decided_s) * rate_hz)
    sounding = np.flatnonzero(sound.played.samples[start:])
    if not len(sounding) or sounding[0] > _SILENT_S * rate_hz:
        return None
    gaps = np.flatnonzero(np.diff(sounding, append=len(sound.played.samples) - start) > _SILENT_S * rate_hz)
    return float(sounding[gaps[0]] + 1) / rate_hz if len(gaps) else None


@dataclass(slots=True)
class _Decisions:
    """When the server told a page to be silent, Unix time."""

    times_s: list[float] = field(default_factory=list)
    _made: asyncio.Event = field(default_factory=asyncio.Event)

    def listening(self, app: ASGIApp) -> ASGIApp:
        """The application, of whose messages these are noted."""

        async def overheard(scope: Scope, receive: Receive, send: Send) -> None:
            async def pass_on(message: Message) -> None:
                if message["type"] == "websocket.send" and _is_hold(message.get("text") or "{}"):
                    self.times_s.append(time.time())
                    self._made.set()
                await send(message)

            await app(scope, receive, pass_on)

        return overheard

    def clear(self) -> None:
        self.times_s.clear()
        self._made.clear()

    async def wait(self) -> None:
        """For the first, or until it does not come any more."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._made.wait()
        except TimeoutError:
            return


def _is_hold(text: str) -> bool:
    return text.startswith('{"type":"assistant.hold"') and json.loads(text)["type"] == "assistant.hold"


@asynccontextmanager
async def _served(service: Service, build: Build) -> AsyncIterator[tuple[str, _Decisions]]:
    settings, decisions = service.settings, _Decisions()
    listening = listen(settings.host, settings.port)
    async with AsyncExitStack() as end:
        end.callback(listening.close)
        app = await end.enter_async_context(build(service))
        serving = asyncio.create_task(run(decisions.listening(app), listening, settings.limits))
        try:
            yield address(listening), decisions
        finally:
            serving.cancel()
            await asyncio.wait([serving])


def _spread(values: Sequence[float]) -> Spread | None:
    return spread(values) if values else None
