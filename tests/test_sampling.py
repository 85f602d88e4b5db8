"""What a language model's engine does beside the model: it draws tokens, and remembers prompts."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.llm.kv_cache import ROOM, PromptCaches
from models.llm.sampling import next_token
from models.types import ReplyOptions


def test_the_penalty_does_not_forbid_the_words_of_the_user() -> None:
    logits = torch.tensor([1.0, 0.9, -1.0])
    options = ReplyOptions(repetition_penalty=1.5)
    assert next_token(logits, [], options, None) == 0
    assert next_token(logits, [0], options, None) == 1
    assert next_token(logits, [0, 1, 2], options, None) == 0


@pytest.mark.parametrize(
    ("options", "possible"),
    [
        (ReplyOptions(temperature=1.0), {0, 1, 2, 3}),
        (ReplyOptions(temperature=1.0, top_k=2), {0, 1}),
        (ReplyOptions(temperature=1.0, top_p=0.75), {0, 1}),
        (ReplyOptions(temperature=1.0, top_p=0.1), {0}),
        (ReplyOptions(temperature=0.01), {0}),
    ],
)
def test_sampling_draws_from_what_the_options_leave(options: ReplyOptions, possible: set[int]) -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    generator = torch.Generator().manual_seed(3)
    assert {next_token(logits, [], options, generator) for _ in range(200)} == possible


@pytest.mark.parametrize(
    "options",
    [
        {"max_new_tokens": 0},
        {"temperature": -1.0},
        {"top_k": -1},
        {"top_p": 0.0},
        {"repetition_penalty": 0.0},
        {"seed": -1},
    ],
)
def test_sampling_out_of_range_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        ReplyOptions(**options)


def test_the_caches_stay_within_their_bounds() -> None:
    caches = PromptCaches(max_tokens=100 + 2 * ROOM)
    for start in range(0, 1000, 100):
        caches.begin(range(start, start + 60)).tokens.extend(range(start, start + 60))
        assert sum(len(known.tokens) + ROOM for known in caches._kept) <= 100 + 2 * ROOM


def test_any_number_of_conversations_is_remembered_as_long_as_there_is_room() -> None:
    caches = PromptCaches(max_tokens=30 * (30 + ROOM) + 30)
    prompts = [range(start, start + 30) for start in range(0, 3000, 100)]
    for prompt in prompts:
        caches.begin(prompt).tokens.extend(prompt)
    assert [len(caches.begin(prompt).tokens) for prompt in prompts] == [29] * 30
