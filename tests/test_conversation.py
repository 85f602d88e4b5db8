"""The memory of a conversation."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import ConversationSettings, load_profile
from assistant.conversation import Conversation, too_many
from assistant.json_lines import JsonLines
from assistant.saved_conversation import SavedConversation, Turn, load_turns
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.errors import PromptTooLong
from models.types import Audio
from models.weights.store import Store


def test_whole_turns_are_forgotten_oldest_first() -> None:
    conversation = Conversation(ConversationSettings("Be kind.", memory_characters=30))
    for number in range(5):
        conversation.add(Turn(f"question {number}", f"answer {number}", "en"))
    texts = [message.text for message in conversation.messages("now", "en")]
    assert texts == ["Be kind.", "question 4", "answer 4", "now"]


def test_a_full_memory_is_halved_at_times_so_that_most_prompts_begin_as_the_one_before() -> None:
    conversation = Conversation(ConversationSettings("Be kind.", memory_characters=400))
    begins = []
    for number in range(60):
        conversation.add(Turn(f"question {number:02}", f"answer {number:02}", "en"))  # 20 characters
        begins.append(conversation.messages("now", "en")[1].text)
    changes = sum(before != after for before, after in itertools.pairwise(begins))
    assert changes == 4  # after 21 turns, and then after every 10 or 11


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.integers(1, 200))
def test_what_is_left_has_room_and_the_newest_is_never_forgotten(lengths: list[int], room: int) -> None:
    left = lengths[too_many(lengths, room) :]
    assert left
    assert sum(left) <= room or len(left) == 1
    # No more goes than a step, and the rest of what it ends in.
    assert sum(left) >= min(sum(lengths), room - room // 2 - 1) - max(lengths)


def test_the_last_turn_is_kept_even_if_it_is_long() -> None:
    conversation = Conversation(ConversationSettings("Be kind.", memory_characters=10))
    conversation.add(Turn("a long question", "a long answer", "en"))
    assert len(conversation.messages("now", "en")) == 4


def test_turns_in_other_languages_are_left_out_unless_the_profile_mixes_them() -> None:
    for mixes, expected in ((False, ["What?", "That.", "Why?"]), (True, ["¿Qué?", "Eso.", "What?", "That.", "Why?"])):
        conversation = Conversation(ConversationSettings("Be kind.", mix_languages=mixes))
        conversation.add(Turn("¿Qué?", "Eso.", "es"))
        conversation.add(Turn("What?", "That.", "en"))
        assert [message.text for message in conversation.messages("Why?", "en")[1:]] == expected


def test_the_language_of_the_answer_is_asked_for_by_name() -> None:
    conversation = Conversation(ConversationSettings("Be kind."))
    assert conversation.messages("Hola", "es")[0].text == "Be kind. Answer in Spanish."
    assert conversation.messages("Hello", "en")[0].text == "Be kind."


def ask(folder: Path, turns: list[Turn], *changes: str) -> Conversation:
    """One more turn after these; what is remembered then."""

    async def main() -> Conversation:
        profile = load_profile("scripted", ["workers.mode=inline", *changes])
        async with Stages(profile, Store(folder)) as stages:
            session = Session(profile, stages, Conversation(profile.conversation, turns))
            async for _ in session.ask(Audio(np.full(16_000, 0.1, np.float32), 16_000)):
                pass
            return session.conversation

    return run(main())


def test_the_older_half_is_forgotten_while_the_model_cannot_read_that_much(tmp_path: Path) -> None:
    turns = [Turn(f"question {number}", f"answer {number}", "en") for number in range(8)]
    # 4 words of instructions, 4 in each turn, 6 in the new question: two of the eight turns fit.
    conversation = ask(tmp_path, turns, "llm.options.context_tokens=20")
    texts = [message.text for message in conversation.messages("now", "en")]
    assert texts[1:5] == ["question 6", "answer 6", "question 7", "answer 7"]


def test_a_question_that_alone_is_too_long_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PromptTooLong):
        ask(tmp_path, [Turn("one", "two", "en")], "llm.options.context_tokens=3")


def saved(path: Path) -> SavedConversation:
    return SavedConversation(path, on_failure=pytest.fail)


def test_every_turn_is_in_the_file_as_soon_as_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "saved.jsonl"
    with saved(path) as conversation:
        conversation.begin()
        conversation.add(Turn("¿Qué?", "Nada.\u2028\n", "en"))
        assert load_turns(path) == [Turn("¿Qué?", "Nada.\u2028\n", "en")]


def test_only_the_last_conversation_of_a_file_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "saved.jsonl"
    with saved(path) as conversation:
        for text in ("old", "new"):
            conversation.begin()
            conversation.add(Turn(text, "reply", "en"))
    assert load_turns(path) == [Turn("new", "reply", "en")]


@given(cut=st.integers(min_value=0))
def test_wherever_a_crash_cuts_the_file_only_the_last_turn_is_lost_and_writing_goes_on(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("crash") / "saved.jsonl"
    turns = [Turn("one", "first", "en"), Turn("two", "zweite ü", "en")]
    with saved(path) as conversation:
        conversation.begin()
        complete = [path.stat().st_size]
        for turn in turns:
            conversation.add(turn)
            complete.append(path.stat().st_size)
    cut = complete[0] + cut % (complete[-1] - complete[0] + 1)
    os.truncate(path, cut)
    # A line is complete without its line feed.
    kept = turns[: sum(cut >= size - 1 for size in complete[1:])]
    assert load_turns(path) == kept
    with saved(path) as conversation:
        conversation.add(Turn("three", "third", "en"))
    assert load_turns(path) == [*kept, Turn("three", "third", "en")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_file_that_cannot_be_written_any_more_is_told_once_and_ends_nothing() -> None:
    told: list[str] = []
    with JsonLines(Path("/dev/full"), "w", told.append) as lines:
        lines.write({"one": 1})
        lines.write({"two": 2})
    assert len(told) == 1
    assert "/dev/full" in told[0]
