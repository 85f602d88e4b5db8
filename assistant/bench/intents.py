"""`assistant bench intents`: how well requests for pictures are told from talk. Without the language model."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.bench.measure import Spread, spread
from assistant.intents.cascade import understand
from assistant.intents.grammar import possible
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.labelled import LabelledSentence

# Everything that can be wanted of a picture is possible: four were shown, one is being drawn, a change was taken back.
_WITH_PICTURE = PictureContext(has_picture=True, is_drawing=True, shown=4, can_redo=True)
# Both directions of the same wish; the files know one label for them.
_ONE_LABEL = {IntentKind.REDO.value: IntentKind.UNDO.value}


@dataclass(frozen=True, slots=True)
class Miss:
    """A sentence that was taken for something else; `is_sure` False: after the user was asked back."""

    sentence: str
    label: str
    taken_for: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Shares are in [0, 1].

    Attributes:
        macro_f1: mean over the labels of the file. Where the user would be asked back, what is asked about counts.
        false_pictures: of the sentences that are talk, those that were acted upon.
        asked_back: of all sentences, those where the user would be asked.
        f1: of each label.
        impossible: further sentences, with labels that nobody can want without a picture; they were left out.
        sentence_ms: how much processor time one takes.
    """

    sentences: int
    macro_f1: float
    false_pictures: float
    asked_back: float
    impossible: int
    f1: dict[str, float]
    sentence_ms: Spread
    misses: list[Miss]


def measure(sentences: Sequence[LabelledSentence], *, with_picture: bool) -> Report:
    """Asks what each sentence wants; where the file names no language, none is known.

    Args:
        with_picture: there is a picture, and one is being drawn; otherwise nothing but drawing can be wanted.
    """
    context = _WITH_PICTURE if with_picture else PictureContext()
    understand("", "", context)  # compiles the grammar, as every conversation does at its start
    n_all = len(sentences)
    sentences = [sentence for sentence in sentences if possible(IntentKind(sentence.label), context)]
    found, times_ms = [], []
    for sentence in sentences:
        started_s = time.thread_time()
        found.append(understand(sentence.text, sentence.language, context))
        times_ms.append((time.thread_time() - started_s) * 1000)
    expected = [_ONE_LABEL.get(sentence.label, sentence.label) for sentence in sentences]
    taken = [_label(intent) for intent in found]
    f1 = {label: _f1(label, expected, taken) for label in sorted(set(expected))}
    talk = [intent for intent, label in zip(found, expected, strict=True) if label == IntentKind.TALK.value]
    return Report(
        sentences=len(sentences),
        macro_f1=round(sum(f1.values()) / len(f1), 4),
        false_pictures=_share(intent.is_sure and intent.kind is not IntentKind.TALK for intent in talk),
        asked_back=_share(not intent.is_sure for intent in found),
        impossible=n_all - len(sentences),
        f1=f1,
        sentence_ms=spread(times_ms),
        misses=[
            Miss(sentence.text, label, guess, intent.is_sure)
            for sentence, label, guess, intent in zip(sentences, expected, taken, found, strict=True)
            if label != guess
        ],
    )


def _label(intent: Intent) -> str:
    return _ONE_LABEL.get(intent.kind.value, intent.kind.value)


def _f1(label: str, expected: Sequence[str], taken: Sequence[str]) -> float:
    both = sum(a == b == label for a, b in zip(expected, taken, strict=True))
    return round(2 * both / (expected.count(label) + taken.count(label)), 4)


def _share(holds: Iterable[bool]) -> float:
    answers = list(holds)
    return round(sum(answers) / len(answers), 4) if answers else 0.0
