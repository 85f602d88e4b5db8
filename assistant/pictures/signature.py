"""Content Credentials (C2PA): a signed statement in each file of who drew it, out of what, and that nothing changed.

Nothing is asked of any server: no time stamp, no list of revoked certificates, no statement that lies elsewhere.
"""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from assistant.errors import SigningFailed
from assistant.pictures.certificate import Identity
from assistant.pictures.provenance import SOFTWARE

if TYPE_CHECKING:
    from c2pa import Context

Verdict: TypeAlias = Literal["valid", "invalid", "none"]

# IPTC's vocabulary, https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_DRAWN = _SOURCE_TYPES + "trainedAlgorithmicMedia"
_DRAWN_INTO = _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
_PARENT = "parent"  # names the parent within the statement

_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},  # the picture itself is there, and so may its parents be
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of a file.

    Attributes:
        title: its name.
        texts: of `provenance`.
        parent: the file that it was made from.
        parent_is_drawn: the parent, too, is the work of a model.
        is_marked: it has the invisible mark.
    """

    title: str
    texts: Mapping[str, str]
    parent: Path | None = None
    parent_is_drawn: bool = True
    is_marked: bool = False


def signed(content: bytes, statement: Statement, identity: Identity) -> bytes:
    """The file with the statement in it; takes some 20 ms.

    Args:
        content: of a PNG, GIF or MP4 file; the suffix of the statement's title says which.
        statement: see there.
        identity: to sign with.

    Raises:
        SigningFailed: of the parent or the file itself something cannot be read.
    """
    import c2pa

    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, identity.certificate, identity.key, None)
        )
        with _context(signer) as context, c2pa.Builder(_manifest(statement), context) as builder:
            if statement.parent:
                ingredient = {"title": statement.parent.name, "relationship": "parentOf", "instance_id": _PARENT}
                with statement.parent.open("rb") as source:
                    builder.add_ingredient(ingredient, _mime(statement.parent.name), source)
            written = io.BytesIO()
            builder.sign(_mime(statement.title), io.BytesIO(content), written)
    except (c2pa.C2paError, OSError) as error:
        raise SigningFailed(f"{statement.title} cannot be signed: {error}") from error
    return written.getvalue()


def check(path: Path) -> Verdict:
    """Whether a file has a statement that holds; who signed it is another question, and not asked here.

    Raises:
        OSError: it cannot be read.
    """
    import c2pa

    with path.open("rb") as file:
        try:
            with _context() as context, c2pa.Reader(_mime(path.name), file, context=context) as reader:
                return "valid" if reader.get_validation_state() in ("Valid", "Trusted") else "invalid"
        except c2pa.C2paError.ManifestNotFound:
            return "none"
        except c2pa.C2paError as error:
            # It cannot be read; unless it lies on a server, which is not asked and has no class of its own.
            return "none" if str(error).startswith("Remote:") else "invalid"


def _context(signer: object = None) -> Context:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(_SETTINGS), signer)


def _manifest(statement: Statement) -> dict[str, object]:
    """Actions as in the C2PA specification 2.2, section 18.15."""
    made: dict[str, object] = {
        "softwareAgent": {"name": statement.texts["Model"]},
        "digitalSourceType": _DRAWN if statement.parent_is_drawn else _DRAWN_INTO,
        "parameters": dict(statement.texts),
    }
    actions: list[dict[str, object]] = [{"action": "c2pa.created", **made}]
    if statement.parent:
        opened: dict[str, object] = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}}
        actions = [opened, {"action": "c2pa.edited", **made}]
    if statement.is_marked:
        actions.append({"action": "c2pa.watermarked.unbound"})
    return {
        "claim_generator_info": [{"name": SOFTWARE}],
        "title": statement.title,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _mime(name: str) -> str:
    return mimetypes.types_map.get(Path(name).suffix.lower(), "")
