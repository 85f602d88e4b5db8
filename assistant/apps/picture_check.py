"""`assistant gallery --check`: where a file comes from, as far as the file itself can say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.pictures.drawn_file import origin_in, picture_in
from assistant.pictures.provenance import clean, texts
from assistant.pictures.signature import Verdict, check
from assistant.pictures.watermark import find
from models.errors import PictureError

_VERDICTS: Mapping[Verdict, str] = {
    "valid": "signed, and unchanged since",
    "invalid": "signed, but CHANGED since",
    "none": "not signed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in a file.

    Attributes:
        signature: whether its statement holds.
        is_marked: it has the invisible mark, which outlives a change of format; the two above do not.
        texts: what it says of itself; empty where another program wrote it.
    """

    file: str
    signature: Verdict
    is_marked: bool
    texts: Mapping[str, str]


def check_shown(paths: Sequence[Path], *, as_json: bool) -> int:
    """Prints what is found; 1 if one was changed since it was signed.

    Raises:
        PictureError: one is not a picture, or cannot be read.
    """
    findings = [_finding(path) for path in paths]
    if as_json:
        print(json.dumps({"files": [asdict(finding) for finding in findings]}, ensure_ascii=False))
    else:
        for finding in findings:
            mark = "has the invisible mark of what was drawn here" if finding.is_marked else "has no invisible mark"
            lines = [_VERDICTS[finding.signature], mark, *(f"{key}: {text}" for key, text in finding.texts.items())]
            print(finding.file, *(f"  {line}" for line in lines), sep="\n")
    return int(any(finding.signature == "invalid" for finding in findings))


def _finding(path: Path) -> Finding:
    picture = picture_in(path)
    try:
        said = texts(origin_in(path))
    except PictureError:  # of another program, or its texts were lost on the way
        said = {}
    return Finding(clean(str(path)), check(path), find(picture).is_there, said)
