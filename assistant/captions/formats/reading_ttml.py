"""Reading TTML and its older name DFXP. A document with a DOCTYPE is refused: entities come with it, and with them
references to other files and texts that grow without end. No captions need one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from assistant.captions.cue import Cue
from assistant.errors import FileUnusable

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_CLOCK = re.compile(r"(\d{1,9}):(\d{1,3}):(\d{1,3})(?:\.(\d{1,9})|:(\d{1,4}))?$")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)$")
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Rates:
    """Of frames and ticks, per second."""

    frames: Fraction
    ticks: Fraction


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("it has a DOCTYPE, which is not read for safety")


def read_ttml(text: str, path: Path) -> list[Cue]:
    """
    Raises:
        FileUnusable: it is not well-formed, not TTML, has a DOCTYPE, or a time in it cannot be understood.
    """
    try:
        # As bytes: a declaration of another encoding in the text is void, it has been decoded already.
        root = ElementTree.fromstring(
            text.lstrip().encode("utf-8", "replace"), ElementTree.XMLParser(target=_NoDoctype(), encoding="utf-8")
        )
        if _name(root) != "tt":
            raise ValueError(f"its root is <{_name(root)}>, not <tt>")
        rates = _rates(root)
        return [cue for paragraph, language in _paragraphs(root) if (cue := _cue(paragraph, language, rates))]
    except (ElementTree.ParseError, ValueError, ZeroDivisionError) as error:
        raise FileUnusable(f"{path} cannot be read as TTML: {error}") from error


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _rates(root: ElementTree.Element) -> _Rates:
    """TTML 2, section 7.2: 30 frames a second, and a tick for each, where nothing is said."""
    found = {name.rpartition("}")[2]: value for name, value in root.attrib.items()}
    numerator, denominator = (found.get("frameRateMultiplier") or "1 1").split()
    frames = Fraction(int(found.get("frameRate") or 30) * int(numerator), int(denominator))
    return _Rates(frames, Fraction(int(found["tickRate"])) if "tickRate" in found else frames)


def _paragraphs(root: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, str]]:
    """Each with its language, which it takes from what is around it. Not recursive: a file may be nested at will."""
    waiting = [(root, "")]
    while waiting:
        element, language = waiting.pop()
        language = element.get(_LANGUAGE) or language
        if _name(element) == "p":
            yield element, language
        else:
            waiting.extend((child, language) for child in reversed(element))


def _cue(paragraph: ElementTree.Element, language: str, rates: _Rates) -> Cue | None:
    """None where the paragraph has no times of its own: it is never shown."""
    begin, end, lasting = (paragraph.get(name) for name in ("begin", "end", "dur"))
    if begin is None or (end is None and lasting is None):
        return None
    start = _seconds(begin, rates)
    stop = _seconds(end, rates) if end is not None else start + _seconds(lasting or "", rates)
    lines = (_SPACES.sub(" ", line).strip() for line in _text(paragraph).split("\n"))
    code = "" if language == "und" else language.partition("-")[0]
    return Cue(float(start), float(stop), tuple(line for line in lines if line), language=code)


def _text(paragraph: ElementTree.Element) -> str:
    """What is seen, with a newline for each <br/>; those of the file itself are spaces."""
    pieces: list[str] = []
    waiting: list[ElementTree.Element | str] = [paragraph]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            pieces.append(_SPACES.sub(" ", part))
            continue
        if _name(part) == "br":
            pieces.append("\n")
        inner: list[ElementTree.Element | str] = [part.text or ""]
        for child in part:
            inner += [child, child.tail or ""]
        if _name(part) != "metadata":
            waiting.extend(reversed(inner))
    return "".join(pieces)


def _seconds(expression: str, rates: _Rates) -> Fraction:
    """TTML 2, section 12.3.1."""
    if match := _CLOCK.match(expression.strip()):
        hours, minutes, seconds, fraction, frame = match.groups()
        whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        return whole + Fraction(f"0.{fraction or 0}") + Fraction(frame or 0) / rates.frames
    if match := _OFFSET.match(expression.strip()):
        number, unit = match.groups()
        length = {**_SECONDS, "f": 1 / rates.frames, "t": 1 / rates.ticks}
        return Fraction(number) * length[unit]
    raise ValueError(f"{expression[:40]!r} is not a time")
