"""Sentences with what they ask for: what the classifier is trained and measured with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.errors import FileUnusable
from assistant.intents.intent import IntentKind


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One line of a file: label, sentence, and the language where it is given ("" otherwise)."""

    label: str
    text: str
    language: str = ""


def read_sentences(file: Path) -> list[LabelledSentence]:
    """Lines `label<TAB>sentence` or `label<TAB>sentence<TAB>language`; empty lines are skipped.

    Raises:
        FileUnusable: it cannot be read, or a line is something else; the message names the line.
    """
    known = {kind.value for kind in IntentKind}
    sentences = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnusable(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if not line.strip():
            continue
        if len(columns) not in (2, 3) or columns[0] not in known:
            labels = ", ".join(sorted(known))
            raise FileUnusable(f"{file}, line {number}: not label<TAB>sentence[<TAB>language] with one of {labels}")
        sentences.append(LabelledSentence(*(column.strip() for column in columns)))
    if not sentences:
        raise FileUnusable(f"{file} has no sentences")
    return sentences
