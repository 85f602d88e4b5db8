"""The standards that captions are made for and judged by: numbers only. `layout` keeps them, `check` judges by them.

Sources: Netflix, "Timed Text Style Guide: General Requirements", with its guides for single languages and its
"Subtitle Timing Guidelines"; BBC, "Subtitle Guidelines" 1.2; YouTube's help on subtitle files; "shorts" is for phones
held upright.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from assistant.captions.scripts import UNSPACED, base
from assistant.errors import ProfileError
from models.settings import nearest

_NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Standard:
    """What cues may be like. Languages are ISO 639-1 codes; "" stands for text whose language is not known.

    Attributes:
        name: as people choose it.
        lines: of one cue, at most; 1 or 2.
        characters: of one line, at most, with spaces and punctuation; some count as halves, see `scripts.width`.
        characters_by_language: where they differ.
        fastest_cps: reading speed in characters a second, with spaces and punctuation, at most; inf: not limited.
        fastest_cps_by_language: where it differs.
        least_word_s: seconds that a cue stays for each of its words, at least; not for languages without spaces.
        shortest_s, longest_s: of a cue, in seconds.
        chained_frames: from the end of a cue to the start of the next one, where one follows the other at once; in
            frames.
        open_frames, open_s: any other gap is at least this long; the longer of the two counts.
        early_s, late_s: how far from its sound a cue may begin, where it could not be read otherwise.
        frame_rate_hz: of the picture.
    """

    name: str
    lines: int
    characters: int
    fastest_cps: float
    characters_by_language: Mapping[str, float] = field(default_factory=lambda: _NONE)
    fastest_cps_by_language: Mapping[str, float] = field(default_factory=lambda: _NONE)
    least_word_s: float = 0.0
    shortest_s: float = 0.0
    longest_s: float = math.inf
    chained_frames: int = 0
    open_frames: int = 0
    open_s: float = 0.0
    early_s: float = 0.0
    late_s: float = 0.0
    frame_rate_hz: float = 25.0  # of European television

    @property
    def chained_gap_s(self) -> float:
        """In whole milliseconds, as the formats count them; not below the frames."""
        return _up_to_ms(self.chained_frames / self.frame_rate_hz)

    @property
    def open_gap_s(self) -> float:
        """In whole milliseconds, not below the frames."""
        return _up_to_ms(max(self.open_s, self.open_frames / self.frame_rate_hz))

    def line_length(self, language: str) -> int:
        """Characters of one line, at most."""
        return int(self.characters_by_language.get(base(language), self.characters))

    def reading_speed_cps(self, language: str) -> float:
        """Characters a second, at most."""
        return self.fastest_cps_by_language.get(base(language), self.fastest_cps)

    def word_s(self, language: str) -> float:
        """Seconds for each word, at least."""
        return 0.0 if base(language) in UNSPACED else self.least_word_s

    def reading_s(self, characters: float, words: int, language: str) -> float:
        """How long a cue of so many characters and words must stay to be read, in seconds."""
        return max(characters / self.reading_speed_cps(language), words * self.word_s(language))


@functools.cache  # it is asked for every possible cue
def _up_to_ms(seconds: float) -> float:
    # Rounded first, so that 0.08 does not become 0.081 by way of 80.00000000000001.
    return math.ceil(round(seconds * 1000, 6)) / 1000


# Twenty characters a second hold for English, and for text whose language nobody knows: it may be English.
_NETFLIX_CPS = {"en": 20.0, "": 20.0, "ja": 4.0, "ko": 12.0, "zh": 9.0, "hi": 22.0}


def _full_width(characters: int) -> Mapping[str, float]:
    """Chinese, Japanese and Korean characters are twice as wide as the Latin ones that the other guides count."""
    return MappingProxyType(dict.fromkeys(("zh", "ja", "ko"), characters // 2))


_ALL = (
    Standard(
        name="netflix",
        lines=2,
        characters=42,
        characters_by_language=MappingProxyType({"zh": 16, "ko": 16, "ja": 13}),
        fastest_cps=17.0,
        fastest_cps_by_language=MappingProxyType(_NETFLIX_CPS),
        shortest_s=0.834,  # 5/6 s, which no file can say: the next millisecond
        longest_s=7.0,
        chained_frames=2,
        open_frames=12,  # gaps of 3 to 11 frames are closed to 2
        early_s=0.08,  # two frames
        late_s=0.08,
    ),
    Standard(
        name="bbc",
        lines=2,
        characters=37,
        characters_by_language=_full_width(37),
        fastest_cps=math.inf,
        # The guide counts words; languages without spaces have none to count, and get the numbers of Netflix.
        fastest_cps_by_language=MappingProxyType({code: _NETFLIX_CPS[code] for code in ("zh", "ja")}),
        least_word_s=60 / 180,  # 160 to 180 words a minute; this keeps its 0.3 s a word, and 1.2 s for 4 words, too
        shortest_s=0.3,
        open_s=1.0,  # a shorter gap looks like a flicker: there is none, or one that is seen
        early_s=1.5,  # section 5: no subtitle anticipates speech by more
        late_s=2.0,  # nor comes later
    ),
    Standard(
        name="youtube",
        lines=2,
        characters=42,
        characters_by_language=_full_width(42),
        fastest_cps=20.0,
        shortest_s=0.5,
    ),
    Standard(
        name="shorts",
        lines=2,
        characters=24,
        characters_by_language=_full_width(24),
        fastest_cps=25.0,
        shortest_s=0.7,
        longest_s=5.0,
    ),
)
STANDARDS: Mapping[str, Standard] = MappingProxyType({each.name: each for each in _ALL})


def standard(name: str) -> Standard:
    """
    Raises:
        ProfileError: there is none of this name.
    """
    if name not in STANDARDS:
        raise ProfileError(f'there is no caption standard "{name}"{nearest(name, STANDARDS)}')
    return STANDARDS[name]
