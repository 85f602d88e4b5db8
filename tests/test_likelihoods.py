"""How likely a language model takes a text to be: the same as from the definition, whatever is cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tiny_causal_lms
import torch
from contract_engines import heard
from tiny_causal_lms import ARCHITECTURES, CONTEXT_TOKENS

from assistant.intents import choices
from assistant.intents.intent import IntentKind
from models.errors import EngineFailed, PromptTooLong
from models.llm.openai import OpenAILanguageModel
from models.llm.transformers import TransformersLanguageModel
from models.types import EngineSpec, Message, ReplyOptions

PROMPT = "User: What is the capital of France?\nAssistant: " + "The capital of France is Paris. " * 20 + "Où est"
CONTINUATIONS = (" la gare ?", " Paris.", " 日本語", " la gare ?")


@pytest.fixture(params=ARCHITECTURES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> TransformersLanguageModel:
    return _load(tiny_causal_lms.save(request.param, tmp_path))


def _load(folder: Path) -> TransformersLanguageModel:
    return TransformersLanguageModel(EngineSpec("llm", "transformers", weights=folder, device="cpu"))


def _from_the_definition(engine: TransformersLanguageModel, prompt: str, continuation: str) -> float:
    model = engine._model
    before, text = (model.tokenizer(part).input_ids for part in (prompt, prompt + continuation))
    shared = next((n for n, pair in enumerate(zip(before, text, strict=False)) if pair[0] != pair[1]), len(before))
    with torch.inference_mode():
        logits = model._model(torch.tensor([text])).logits[0].log_softmax(dim=-1)
    return sum(float(logits[place - 1, text[place]]) for place in range(shared, len(text)))


def _scores(engine: TransformersLanguageModel, prompt: str, continuations: Sequence[str]) -> list[float]:
    return heard(engine.likelihoods(prompt, continuations))


def test_likelihoods_are_those_of_the_definition(engine: TransformersLanguageModel) -> None:
    expected = [_from_the_definition(engine, PROMPT, continuation) for continuation in CONTINUATIONS]
    assert _scores(engine, PROMPT, CONTINUATIONS) == pytest.approx(expected, abs=1e-3)


def test_what_was_read_before_changes_nothing(tmp_path: Path) -> None:
    engine = _load(tiny_causal_lms.save("llama", tmp_path))
    first = _scores(engine, PROMPT, CONTINUATIONS)
    said = "".join(engine.reply([Message("user", "Bonjour")], ReplyOptions(max_new_tokens=8)))
    closed = engine.likelihoods(PROMPT + " Paris", CONTINUATIONS)
    next(closed)
    closed.close()
    assert _scores(engine, PROMPT, CONTINUATIONS) == pytest.approx(first, abs=1e-3)
    assert "".join(engine.reply([Message("user", "Bonjour")], ReplyOptions(max_new_tokens=8))) == said


def test_a_text_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    engine = _load(tiny_causal_lms.save("gptj", tmp_path))
    with pytest.raises(PromptTooLong):
        _scores(engine, "Paris " * CONTEXT_TOKENS, [" Paris."])


def test_a_server_says_that_it_cannot_tell() -> None:
    engine = OpenAILanguageModel(EngineSpec("llm", "openai", "any"))
    with pytest.raises(EngineFailed, match="cannot tell"):
        list(engine.likelihoods("Hello", [" world"]))


@pytest.mark.weights
def test_a_small_model_tells_a_request_from_a_question(weights: Callable[[str], Path]) -> None:
    engine = _load(weights("smollm2-135m-instruct"))
    labels = choices.continuations(IntentKind.TALK, IntentKind.DRAW)

    def gain(text: str) -> float:
        talk, draw, talk_before, draw_before = (
            score for prompt in (choices.prompt(text), choices.prompt("")) for score in _scores(engine, prompt, labels)
        )
        return (draw - draw_before) - (talk - talk_before)

    assert gain("Could you whip up a nice mountain landscape for my wall?") > gain("When does the next train leave?")
