"""Scripts: which text has no spaces between its words, and what language a text without a name is counted as."""

from __future__ import annotations

import re
import unicodedata

# Whisper names and older names of one language; Cantonese is written, and measured, as Chinese is.
_SAME = {"yue": "zh", "cmn": "zh", "jp": "ja", "kr": "ko", "iw": "he"}

# Languages without spaces between words (the same that Whisper splits by character), and two more of South-East Asia.
UNSPACED = frozenset("zh ja th lo km my bo".split())

_KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FULL_PUNCTUATION = "\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_IDEOGRAPHIC = re.compile(f"[{_KANA}{_HAN}{_FULL_PUNCTUATION}々〆〇]")

# The first that is found decides: Japanese has Chinese characters too, so kana come before them.
_BY_SCRIPT = (
    ("ja", re.compile(f"[{_KANA}]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")),
    ("zh", re.compile(f"[{_HAN}]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)


def is_ideographic(character: str) -> bool:
    """Whether lines may be broken on either side of it: Chinese and Japanese characters with their punctuation."""
    return _IDEOGRAPHIC.match(character) is not None


def base(language: str) -> str:
    """ISO 639-1 code, in lower case and without a region: "zh-TW" is "zh"; Cantonese counts as Chinese."""
    code = re.split("[-_]", language.strip().lower())[0]
    return _SAME.get(code, code)


def language_of(text: str, language: str = "") -> str:
    """
    Args:
        text: what is shown.
        language: of it, as far as it is known.

    Returns:
        The ISO 639-1 code; where it is not known, what the script says; "" where that says nothing.
    """
    if language:
        return base(language)
    return next((code for code, script in _BY_SCRIPT if script.search(text)), "")


# Netflix counts so in its guides for Japanese (section I, "Character Limitation") and Korean (I.2). That for Chinese
# counts every character as one.
_HALF_WIDTH = frozenset(("ja", "ko"))


def width(text: str, language: str) -> float:
    """Its length in characters, as a standard counts them: in Japanese and Korean text letters of Latin width, digits,
    spaces and such punctuation are halves.

    Args:
        language: ISO 639-1 code, without a region.
    """
    if language not in _HALF_WIDTH:
        return len(text)
    return sum(1.0 if unicodedata.east_asian_width(character) in "FWA" else 0.5 for character in text)
