"""What is spoken is told with the lines that the model wrote, however much of it was heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realtime_server import QUESTION, STT, client, pcm, replies, serving

from assistant.serve.realtime.line_breaks import as_written

LIST = "Two things are needed:\n\n- a boat, that floats.\n- and\n  a paddle.\n\nThat is all of it."
_pieces = st.lists(st.sampled_from(["a", "b.", "- c", "\n", "  ", " "]), max_size=20)


@pytest.mark.parametrize("asks", ["aloud", "in writing"])
async def test_a_list_that_is_spoken_is_told_as_a_list(tmp_path: Path, asks: str) -> None:
    async with serving(tmp_path, STT, replies(LIST)) as server, client(server) as caller:
        if asks == "aloud":
            await caller.push(pcm(QUESTION, then_silent_s=1.0))
        else:
            await caller.write("What is needed?")
            await caller.send("response.create")
        done: Any = (await caller.next("response.done"))["response"]["output"][0]
        assert done["content"][0]["transcript"] == LIST
        assert caller.joined("response.output_audio_transcript.delta") == LIST
        await caller.send("conversation.item.truncate", item_id=done["id"], content_index=0, audio_end_ms=2000)
        await caller.next("conversation.item.truncated")
        await caller.send("conversation.item.retrieve", item_id=done["id"])
        left = (await caller.next("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
    assert LIST.startswith(left)
    assert "\n\n- a boat" in left
    assert len(left) < len(LIST)


@given(_pieces, st.integers(0, 60))
def test_any_beginning_of_what_is_spoken_is_told_as_a_beginning_of_what_was_written(
    pieces: list[str], length: int
) -> None:
    written = "".join(pieces)
    spoken = " ".join(written.split())
    assert as_written(spoken, written) == written.strip()
    assert written.strip().startswith(as_written(spoken[:length].rstrip(), written))


@given(_pieces, _pieces, st.integers(0, 60))
def test_what_was_told_grows_and_never_changes_whatever_else_is_spoken(
    pieces: list[str], others: list[str], length: int
) -> None:
    written, spoken = "".join(pieces), " ".join("".join(others).split())
    told, later = as_written(spoken[:length].rstrip(), written), as_written(spoken, written)
    assert later.startswith(told)
    assert [letter for letter in later if letter.isalnum()] == [letter for letter in spoken if letter.isalnum()]
