"""One conversation over scripted engines, on a virtual clock: order, overlap, memory, languages, failures."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.config import load_profile
from assistant.errors import NothingSaid
from assistant.events import (
    ClauseWritten,
    Event,
    FinalTranscript,
    Notice,
    ReplyDelta,
    SpeechEnded,
    SpokenAudio,
    TurnEnded,
)
from assistant.metrics import timeline
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.errors import EngineFailed
from models.types import Audio
from models.weights.store import Store

QUESTION = Audio(np.full(16_000, 0.1, np.float32), 16_000)


def converse(tmp_path: Path, script: Callable[[Session, Stages], Coroutine[Any, Any, None]], *changes: str) -> None:
    """Runs a script against a session whose engines are all scripted and run inside the virtual clock's loop."""

    async def main() -> None:
        profile = load_profile("scripted", ["workers.mode=inline", *changes])
        async with Stages(profile, Store(tmp_path)) as stages:
            await script(Session(profile, stages), stages)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"left over: {others}"

    run(main())


async def read(turn: AsyncGenerator[Event, None]) -> list[Event]:
    async with aclosing(turn):
        return [event async for event in turn]


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_a_turn_is_heard_answered_and_spoken_in_this_order(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        events = await read(session.ask(QUESTION))
        kinds = [type(event) for event in events]
        firsts = [SpeechEnded, FinalTranscript, ReplyDelta, ClauseWritten, SpokenAudio, TurnEnded]
        assert [kinds.index(kind) for kind in firsts] == sorted(kinds.index(kind) for kind in firsts)
        assert kinds[-1] is TurnEnded
        assert "".join(delta.text for delta in of(ReplyDelta, events)) == events[-1].reply  # type: ignore[union-attr]

    converse(tmp_path, script)


def test_the_first_clause_is_spoken_while_the_rest_is_still_being_written(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        events = await read(session.ask(QUESTION))
        first_audio = events.index(of(SpokenAudio, events)[0])
        last_delta = events.index(of(ReplyDelta, events)[-1])
        assert first_audio < last_delta
        line = timeline(events)
        # 5 words until the end of the first sentence is certain, 0.1 s each; all 17 would take 1.7 s.
        assert line.first_audio_s == pytest.approx(0.8, abs=0.31)

    reply = "One two three four five. " + "and then some more words follow here now. " * 2
    converse(tmp_path, script, f'llm.options={{replies=["{reply}"], pause_s=0.1}}')


def test_every_clause_is_spoken_once_and_in_order(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        events = await read(session.ask(QUESTION))
        written = [event.text for event in of(ClauseWritten, events)]
        spoken = list(dict.fromkeys(event.clause for event in of(SpokenAudio, events)))
        assert written == spoken == ["It is so.", "It was so.", "It will be."]

    converse(tmp_path, script, 'llm.options={replies=["It is so. It was so. It will be."]}')


def test_a_slow_voice_holds_the_language_model_back(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        ahead = 0
        async with aclosing(session.ask(QUESTION)) as turn:
            written = spoken = 0
            async for event in turn:
                written += isinstance(event, ClauseWritten)
                if isinstance(event, SpokenAudio):
                    spoken = max(spoken, int(event.clause.split()[1].rstrip(".")))
                ahead = max(ahead, written - spoken)
        assert written == 40
        assert ahead <= 7  # 4 in the queue, one in each hand, one in the pipe of events

    reply = " ".join(f"Number {number}." for number in range(1, 41))
    converse(tmp_path, script, f'llm.options={{replies=["{reply}"]}}', "tts.voices.tone.options={pause_s=1.0}")


def test_the_next_turn_remembers_the_last_one(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        await read(session.ask(QUESTION))
        await read(session.ask(QUESTION))
        texts = [(message.role, message.text) for message in session.conversation.messages("now", "en")]
        assert texts[1:] == [
            ("user", "one"),
            ("assistant", "First."),
            ("user", "two"),
            ("assistant", "Second."),
            ("user", "now"),
        ]

    converse(tmp_path, script, 'stt.options={lines=["one", "two"]}', 'llm.options={replies=["First.", "Second."]}')


def test_an_interrupted_turn_is_forgotten_and_the_next_one_works(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        async with aclosing(session.ask(QUESTION)) as turn:
            async for event in turn:
                if isinstance(event, SpokenAudio):
                    break
        assert len(session.conversation.messages("now", "en")) == 2  # instructions and the new words only
        events = await read(session.ask(QUESTION))
        assert isinstance(events[-1], TurnEnded)

    converse(tmp_path, script, "tts.voices.tone.options={pause_s=0.5}")


def test_silence_is_told_as_such_and_makes_no_turn(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        with pytest.raises(NothingSaid, match="nothing was said"):
            await read(session.ask(Audio(np.zeros(16_000, np.float32), 16_000)))
        assert len(session.conversation.messages("now", "en")) == 2

    converse(tmp_path, script)


def test_a_failing_stage_ends_the_turn_with_its_error_and_the_next_turn_works(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        with pytest.raises(EngineFailed):
            await read(session.ask(QUESTION))
        events = await read(session.ask(QUESTION))
        assert isinstance(events[-1], TurnEnded)

    converse(tmp_path, script, "llm.options={fail_on=[1]}")


def test_the_language_that_is_heard_is_asked_for_and_spoken(tmp_path: Path) -> None:
    async def script(session: Session, _: Stages) -> None:
        events = await read(session.ask(QUESTION))
        assert of(FinalTranscript, events)[0].language == "fr"
        assert [event.text for event in of(Notice, events)] == ["No voice of its own for French here: any speaks it."]
        assert session.conversation.messages("x", "fr")[0].text.endswith(" Answer in French.")
        assert not of(Notice, await read(session.ask(QUESTION))), "said once"

    changes = ['stt.options={lines=["Bonjour."], language="fr"}', 'tts.voices.tone.languages=["en"]']
    converse(tmp_path, script, *changes, 'tts.voices.any={engine="scripted", languages=["*"]}')


def test_two_conversations_share_the_workers_and_keep_apart(tmp_path: Path) -> None:
    async def script(session: Session, stages: Stages) -> None:
        other = Session(load_profile("scripted"), stages)
        await asyncio.gather(read(session.ask(QUESTION)), read(other.ask(QUESTION)))
        heard = {s.conversation.messages("x", "en")[1].text for s in (session, other)}
        assert heard == {"one", "two"}

    converse(tmp_path, script, 'stt.options={lines=["one", "two"]}')
