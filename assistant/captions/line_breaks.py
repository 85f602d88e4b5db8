"""How well a line, or a cue, ends between two words: after punctuation, before conjunctions and prepositions, and never
between what belongs together. Words only; lengths and times are for `costs`.

After Netflix, "Timed Text Style Guide: General Requirements", section 8, and BBC, "Subtitle Guidelines", 3.3. Chinese
and Japanese: JIS X 4051 (kinsoku), and for Japanese the rule of thumb that a phrase ends in hiragana.
"""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from assistant.captions.scripts import base, is_ideographic

# Costs of ending a line. Only their order and rough distances matter: a break between what belongs together is worse
# than lines of quite unequal length, and a forbidden one is only taken where nothing else fits.
SENTENCE, CLAUSE, OPENING, NEUTRAL, NAME, BOUND, FORBIDDEN = 0.0, 1.0, 3.0, 8.0, 16.0, 24.0, 200.0

_SENTENCE_ENDS = frozenset(".?!…。？！｡؟۔।")
_CLAUSE_ENDS = frozenset(",;:，；：、､،؛—–")
_CLOSING = "\"'”’»)]}」』）】》〉"
_AROUND = _CLOSING + "“‘«([{¿¡.,;:!?…،؛؟—–-"

# JIS X 4051. Not at the start of a line: what closes, small kana, marks of length and repetition. Not at its end: what
# opens. A straight quote may be either.
_NOT_FIRST = frozenset(
    "、。，．,.・:;：；?！？!‼⁇⁈⁉゛゜ヽヾゝゞ々ー”’)]}）〕］｝〉》」』】»…‥%％℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = frozenset("“‘([{（〔［｛〈《「『【«¿¡$￥¥£€＃№")

# Chinese particles and Korean nouns that belong to what is before them.
_CHINESE_ENDINGS = frozenset("的了着过吗呢吧啊们得地么嘛呀哦")
_KOREAN_ENDINGS = frozenset("것 것이 것을 것은 수 때 데 줄 뿐 등 중 후 전".split())


@dataclass(frozen=True, slots=True)
class _Words:
    """As in line_breaks.toml."""

    holds: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()


def ends_sentence(word: str, after: str, language: str) -> bool:
    """Whether a sentence ends with `word`, which `after` follows."""
    bare = word.rstrip(_CLOSING)
    if not bare or bare[-1] not in _SENTENCE_ENDS:
        return False
    if bare[-1] != ".":
        return True
    name = _bare(bare)
    is_initial = len(name) == 1 and name.isalpha() and after[:1].isupper() and name != "i"
    return not is_initial and name not in _words(base(language)).abbreviations


def break_cost(before: str, after: str, language: str) -> float:
    """
    Args:
        before, after: neighbouring words, or pieces of text without spaces; neither is empty.
        language: ISO 639-1 code. Others than those of line_breaks.toml are broken by punctuation and balance.

    Returns:
        What it costs to end a line between them; from `SENTENCE` to `FORBIDDEN`.
    """
    if before[-1] in _NOT_LAST or _is_tied(after[0]):
        return FORBIDDEN
    if ends_sentence(before, after, language):
        return SENTENCE
    if before.rstrip(_CLOSING)[-1:] in _CLAUSE_ENDS:
        return CLAUSE
    if is_ideographic(before[-1]) or is_ideographic(after[0]):
        return _ideographic_cost(before, after)
    return _spaced_cost(before, after, _words(base(language)))


def _is_tied(character: str) -> bool:
    # A mark that is drawn over the letter before it is no letter of its own.
    return character in _NOT_FIRST or unicodedata.category(character).startswith("M")


def _ideographic_cost(before: str, after: str) -> float:
    if after[0] in _CHINESE_ENDINGS:
        return BOUND
    last, first = _script(before[-1]), _script(after[0])
    if first == "hiragana":
        return NAME
    if last == "hiragana":
        return OPENING
    return BOUND if last == first == "katakana" else NEUTRAL


def _script(character: str) -> str:
    if "\u3040" <= character <= "\u309f":
        return "hiragana"
    return "katakana" if "\u30a0" <= character <= "\u30ff" else "other"


def _spaced_cost(before: str, after: str, words: _Words) -> float:
    last, first = _bare(before), _bare(after)
    if last in words.holds or last in words.opens or last in words.abbreviations or first in _KOREAN_ENDINGS:
        return BOUND
    if first in words.opens:
        return OPENING
    is_name = before[0].isupper() and after[0].isupper()  # first and last
    is_amount = before[0].isdigit() or before[-1].isdigit()  # of what comes next: 15, 15th, $15
    return NAME if is_name or is_amount else NEUTRAL


def _bare(word: str) -> str:
    return word.strip(_AROUND).replace("’", "'").lower()


@functools.cache
def _words(language: str) -> _Words:
    table = _tables().get(language, {})
    return _Words(**{name: frozenset(words.split()) for name, words in table.items()})


@functools.cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assistant.captions").joinpath("line_breaks.toml").read_text(encoding="utf-8"))
