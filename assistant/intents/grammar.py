"""The grammar of requests: a whole utterance that is said in one of the known ways, and what it asks for. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.phrases import Patterns, patterns, words
from assistant.phrases.phrasebook import LANGUAGES
from assistant.phrases.words import Token

# Requests are known by their first words, and the search takes quadratic time in their number. Whoever describes a
# picture for longer than this gets it as described: a prompt at the end goes on to the end.
_MOST_WORDS = 60
# Longer ones are not taken apart: that takes quadratic time, and whoever says so much tells something.
_MOST_PARTED = 30
# Politeness and comments in front of a request: "Wow, that's great. Okay, now could you please …"
_MOST_BEFORE = 8

# Sounds between words. "um" is a word in German and Portuguese, unless there is a pause behind it.
_HESITATION = re.compile(r"(?<!\S)(?:um,|(?:uh+|uhm|erm|h+m+|äh|ähm|öhm|euh|heu|ehm)[,.…]*)\s+", re.IGNORECASE)

# Where a reason may follow.
_CLAUSE_END = re.compile(r"[,;:.!?…](?=\s+\w)")

# Rule -> what it asks for, in the order in which they are tried: the narrow ones before the wide ones.
_RULES: Mapping[str, Intent] = MappingProxyType(
    {
        "talk": Intent(IntentKind.TALK),
        "stop": Intent(IntentKind.STOP),
        "undo": Intent(IntentKind.UNDO),
        "redo": Intent(IntentKind.REDO),
        "save": Intent(IntentKind.SAVE),
        "licence": Intent(IntentKind.DESCRIBE, aspect="licence"),
        "origin": Intent(IntentKind.DESCRIBE, aspect="origin"),
        "content": Intent(IntentKind.DESCRIBE),
        "extend": Intent(IntentKind.EXTEND),
        "bigger": Intent(IntentKind.BIGGER),
        "animate": Intent(IntentKind.ANIMATE),
        "choose": Intent(IntentKind.CHOOSE),
        "vary": Intent(IntentKind.VARY),
        "picture": Intent(IntentKind.DRAW),
        "not_edited": Intent(IntentKind.TALK),
        "recolour": Intent(IntentKind.EDIT, change="recolour"),
        "remove": Intent(IntentKind.EDIT, change="remove"),
        "replace": Intent(IntentKind.EDIT, change="replace"),
        "add": Intent(IntentKind.EDIT, change="add"),
        "restyle": Intent(IntentKind.EDIT, change="restyle"),
        "not_drawn": Intent(IntentKind.TALK),
        "see": Intent(IntentKind.DRAW, is_sure=False),
        "draw_anything": Intent(IntentKind.DRAW, is_sure=False),
        "draw": Intent(IntentKind.DRAW),
    }
)
# What is about kitchens or letters is no change of a picture; yet a kettle can be drawn.
_UNLESS: Mapping[str, str] = MappingProxyType({"not_edited": "said_to_draw"})
RULES = (*_RULES, *_UNLESS.values(), "in_style")
_ALWAYS = {IntentKind.TALK, IntentKind.DRAW}


@dataclass(frozen=True, slots=True)
class _Said:
    """An utterance.

    Attributes:
        text: as it was written.
        tokens: its words.
        keys: the same as they are compared, each followed by one space.
    """

    text: str
    tokens: list[Token]
    keys: str

    def original(self, start: int, end: int) -> str:
        """The text as written for what stands from `start` to `end` in `keys`; "" for nothing."""
        first, last = self.keys.count(" ", 0, start), self.keys.count(" ", 0, end) - 1
        return self.text[self.tokens[first].start : self.tokens[last].end] if first <= last else ""


def possible(kind: IntentKind, context: PictureContext) -> bool:
    """Whether anybody can want that now: a picture is changed only where there is one."""
    if kind in _ALWAYS:
        return True
    if kind is IntentKind.STOP:
        return context.is_drawing
    if kind is IntentKind.CHOOSE:
        return context.has_picture or context.shown > 0
    return context.has_picture


def parse(text: str, language: str, context: PictureContext) -> Intent | None:
    """What is asked for; None where the grammar does not know such a sentence.

    Args:
        text: a final transcript of the user.
        language: ISO 639-1 code. Its phrases are tried first, then the others': on few words Whisper's guess is unsure.
        context: what there is of pictures.
    """
    text = _HESITATION.sub("", unicodedata.normalize("NFC", text))
    for part in _parts(text):
        said = _said(part)
        for candidate in sorted(LANGUAGES, key=lambda known: known != language):
            if intent := _understood(said, patterns(candidate), context):
                return intent
    return None


def parse_part(text: str, language: str, kind: IntentKind, context: PictureContext) -> Intent | None:
    """What a part of the text asks for, where all of it may ask for that kind of thing.

    Who speaks comments on what he asks for in the same breath: "I can hardly see anything make it bigger", and says
    why: "Take the fence away, it's ugly". The longest such end counts, of the text or of what stands before a comma.

    Args:
        text, language, context: see `parse`; only the phrases of that language are tried, where it is known.
        kind: of the request.
    """
    text = unicodedata.normalize("NFC", text)
    if len(words(text)) > _MOST_PARTED or not possible(kind, context):
        return None
    spoken = (language,) if language in LANGUAGES else LANGUAGES
    said = [_said(text[:end]) for end in (len(text), *(mark.end() for mark in reversed([*_CLAUSE_END.finditer(text)])))]
    found = (_end_of(part, kind, patterns(candidate)) for candidate in spoken for part in said if part.tokens)
    return next(filter(None, found), None)


def _end_of(said: _Said, kind: IntentKind, known: Patterns) -> Intent | None:
    rules = [(rule, meaning) for rule, meaning in _RULES.items() if meaning.kind is kind and meaning.is_sure]
    end = _end(said, known)
    for start in (place + 1 for place, letter in enumerate(said.keys[:end]) if letter == " "):
        for rule, meaning in rules:
            if match := known.rules[rule].fullmatch(said.keys, start, end):
                return _filled(meaning, said, known, match)
    return None


def bare(text: str, language: str) -> str:
    """The text without the politeness around it."""
    said = _said(unicodedata.normalize("NFC", text))
    known = patterns(language if language in LANGUAGES else "en")
    *_, start = _starts(said, known)
    end = _end(said, known)
    return said.original(start, end) if start < end else text


def _parts(text: str) -> Iterator[str]:
    """The text as a whole; then its last sentence, since people comment before they ask; then its first."""
    yield text
    sentences = [part for part in re.split(r"(?<=[.!?…;])\s+", text) if words(part)]
    if len(sentences) > 1:
        yield sentences[-1]
        yield sentences[0]


def _said(text: str) -> _Said:
    found = words(text)
    return _Said(text, found, "".join(f"{word.key} " for word in found[:_MOST_WORDS]))


def _starts(said: _Said, known: Patterns) -> Iterator[int]:
    """Where the request may begin: at the start, and after each piece of politeness."""
    start = 0
    for _ in range(_MOST_BEFORE):
        yield start
        found = known.before.match(said.keys, start)
        if not found or found.end() == len(said.keys):
            return
        start = found.end()


def _end(said: _Said, known: Patterns) -> int:
    if len(said.tokens) > _MOST_WORDS:
        return len(said.keys)
    found = known.after.search(said.keys)
    return found.start() if found and found.start() > 0 else len(said.keys)


def _understood(said: _Said, known: Patterns, context: PictureContext) -> Intent | None:
    starts = list(_starts(said, known))[::-1]
    ends = sorted({_end(said, known), len(said.keys)})
    spans = [(start, end) for end in ends for start in starts]

    def found(rule: str) -> re.Match[str] | None:
        return next(filter(None, (known.rules[rule].fullmatch(said.keys, start, end) for start, end in spans)), None)

    for rule, meaning in _RULES.items():
        if not possible(meaning.kind, context) or not (match := found(rule)):
            continue
        if rule not in _UNLESS or not found(_UNLESS[rule]):
            return _filled(meaning, said, known, match)
    return None


def _filled(meaning: Intent, said: _Said, known: Patterns, found: re.Match[str]) -> Intent:
    spans = {name.rpartition("_")[0]: found.span(name) for name, value in found.groupdict().items() if value}
    intent = replace(meaning, target=said.original(*spans["target"])) if "target" in spans else meaning
    if "number" in spans:
        intent = replace(intent, number=_number(said.keys[slice(*spans["number"])], known))
    if "side" in spans:
        intent = replace(intent, side=known.sides[said.keys[slice(*spans["side"])].rstrip()])
    if "style" in spans:
        intent = replace(intent, style=said.original(*spans["style"]))
    prompts = sorted(found.span(name) for name, value in found.groupdict().items() if value and name[:6] == "prompt")
    if len(prompts) > 1:  # "What would | a dog | look like | as a king | ?"
        return replace(intent, prompt=" ".join(said.original(*span) for span in prompts))
    return _with_prompt(intent, said, known, *prompts[0]) if prompts else intent


def _with_prompt(intent: Intent, said: _Said, known: Patterns, start: int, end: int) -> Intent:
    """The prompt as it was meant at last, and the style that may be named at its end."""
    if slip := known.slip.match(said.keys, start, end):
        start = slip.end()
    if found := known.rules["in_style"].fullmatch(said.keys, start, end):
        spans = {name.rpartition("_")[0]: found.span(name) for name in found.groupdict()}
        return replace(intent, prompt=said.original(*spans["prompt"]), style=said.original(*spans["style"]))
    if end == len(said.keys) and len(said.tokens) > _MOST_WORDS:
        first = said.tokens[said.keys.count(" ", 0, start)]
        return replace(intent, prompt=said.text[first.start : said.tokens[-1].end])
    return replace(intent, prompt=said.original(start, end))


def _number(said: str, known: Patterns) -> int:
    digits = re.match(r"\d+", said)
    return int(digits[0]) if digits else known.numbers[said.rstrip()]
