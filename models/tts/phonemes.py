"""Text to IPA phonemes by espeak-ng, punctuation kept: what a voice was trained on. Knows no voice's symbol table.

Coqui's own phonemizers are not used: they cut the text at every punctuation mark, also inside "$3,450.75", and start
a process for each piece.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import unicodedata
from importlib.util import find_spec
from typing import Protocol

from models.errors import EngineFailed, EngineUnavailable

INSTALL_ESPEAK = "apt install espeak-ng (Debian, Ubuntu) or brew install espeak-ng (macOS)"

# A run takes 10-50 ms; only a stalled machine needs seconds.
PROGRAM_DEADLINE_S = 20.0

# espeak-ng ends a clause at these marks when white space or nothing follows, and at a dash with spaces around it;
# not at a full stop before a small letter ("the U.S. is").
CLAUSE_END = re.compile(
    r"[\"”’»)\]]*(\.(?!\s+[^\W\d_A-ZÀ-Þ])|[,:;!?])[.,:;!?\"”’»)\]]*(?:\s+|$)|\s+[-–—]+\s+|([。，！？：；、])"
)
# As espeak-ng names what ended the clause.
TERMINATORS = {"。": ".", "，": ",", "、": ",", "！": "!", "？": "?", "：": ":", "；": ";"}

# "(en)": espeak-ng marks words that it says in another language.
LANGUAGE_FLAG = re.compile(r"\([^)]*\)")


class Phonemizer(Protocol):
    """One voice of espeak-ng."""

    def phonemes(self, text: str) -> str:
        """IPA of the text, NFC, words joined by spaces, each clause followed by the mark that ended it.

        Raises:
            EngineFailed: espeak-ng broke off.
        """


def phonemizer(voice: str) -> Phonemizer:
    """The quickest phonemizer that is installed, for a voice as espeak-ng names it ("en-us", "de").

    Raises:
        EngineUnavailable: espeak-ng is there in no form.
        EngineFailed: it has no such voice.
    """
    try:
        return _working(voice)
    except EngineFailed:  # versions of espeak-ng differ in the regions they know: "fr-fr" or only "fr"
        language = voice.partition("-")[0]
        if language == voice:
            raise
        return _working(language)


def _working(voice: str) -> Phonemizer:
    chosen: Phonemizer
    if find_spec("piper"):
        chosen = EmbeddedEspeak(voice)
    elif program := shutil.which("espeak-ng"):
        chosen = EspeakProgram(voice, program)
    else:
        raise EngineUnavailable(
            "this voice needs espeak-ng, which is not installed; install the program with "
            f"{INSTALL_ESPEAK}, or the library with pip install multimodal-voice-assistant[phonemizer]"
        )
    chosen.phonemes("a")  # an unknown voice shows here, not in the middle of a conversation
    return chosen


class EmbeddedEspeak:
    """The espeak-ng inside piper-tts: 0.3 ms a clause."""

    # espeak-ng keeps the current voice in a global variable of its library.
    _lock = threading.Lock()

    def __init__(self, voice: str) -> None:
        from piper.phonemize_espeak import EspeakPhonemizer

        self._voice = voice
        self._espeak = EspeakPhonemizer()

    def phonemes(self, text: str) -> str:
        try:
            with self._lock:
                sentences = self._espeak.phonemize(self._voice, _known_marks(text))
        except RuntimeError as error:
            raise EngineFailed(f'espeak-ng cannot use the voice "{self._voice}": {error}') from error
        return _tidy(" ".join("".join(sentence) for sentence in sentences), self._voice)


class EspeakProgram:
    """The espeak-ng program, run once for a text: 10-50 ms."""

    def __init__(self, voice: str, program: str) -> None:
        self._voice = voice
        self._program = program

    def phonemes(self, text: str) -> str:
        clauses = _clauses(_known_marks(text))
        lines = self._run([clause for clause, _ in clauses])
        if len(lines) != len(clauses):  # espeak-ng saw another clause end within one of ours
            lines = [" ".join(self._run([clause])) for clause, _ in clauses]
        return _tidy(" ".join(line + mark for line, (_, mark) in zip(lines, clauses, strict=True)), self._voice)

    def _run(self, clauses: list[str]) -> list[str]:
        """One line of IPA for each paragraph, more where espeak-ng divides one further."""
        command = [self._program, "-q", "-b", "1", "--ipa", "-v", self._voice, "--stdin"]
        try:
            done = subprocess.run(
                command,
                input="\n\n".join(clauses).encode(),
                capture_output=True,
                timeout=PROGRAM_DEADLINE_S,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise EngineFailed(f'espeak-ng cannot use the voice "{self._voice}": {reason}') from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineFailed(f"espeak-ng could not be run: {error}") from error
        return [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]


def _known_marks(text: str) -> str:
    return text.replace("…", ".")  # espeak-ng would not end a clause there


def _clauses(text: str) -> list[tuple[str, str]]:
    """The clauses with something to say, each with the mark that ends it ("" at the end of a text without one)."""
    found: list[tuple[str, str]] = []
    start = 0
    for end in CLAUSE_END.finditer(text):
        mark = end[1] or end[2] or ";"  # espeak-ng treats a dash as a semicolon
        found.append((text[start : end.start()], TERMINATORS.get(mark, mark)))
        start = end.end()
    found.append((text[start:], ""))
    return [(" ".join(clause.split()), mark) for clause, mark in found if any(c.isalnum() for c in clause)]


def _tidy(ipa: str, voice: str) -> str:
    ipa = " ".join(LANGUAGE_FLAG.sub("", ipa).split())
    # Newer espeak-ng writes a glide in "p.m." (piːʲɛm) that no English voice was trained on.
    return unicodedata.normalize("NFC", ipa.replace("ʲ", "") if voice.startswith("en") else ipa)
