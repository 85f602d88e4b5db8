"""G.711 (ITU-T Recommendation G.711, 1988): the sound of telephones, 8 bits a sample with steps that grow with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from models.types import Samples

Law: TypeAlias = Literal["mu", "A"]

_FULL_SCALE = 1 << 15
# Of the mu-law, table 2a of the Recommendation in 16 bits: what is added before the logarithm, so that it ends at zero.
_BIAS = 0x84


def decode(coded: bytes, law: Law) -> Samples:
    """Shape (len(coded),), in [-1, 1]."""
    values = _TABLES[law].values[np.frombuffer(coded, np.uint8)]
    return values.astype(np.float32) / np.float32(_FULL_SCALE)


def encode(samples: Samples, law: Law) -> bytes:
    """Of the two values beside each sample the nearer one; what is beyond [-1, 1] is clipped."""
    table = _TABLES[law]
    return table.codes[np.searchsorted(table.borders, samples * np.float32(_FULL_SCALE))].tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """
    Attributes:
        values: code -> 16-bit sample, shape (256,).
        codes: in the order of their values, shape (256,).
        borders: between neighbours in that order, shape (255,).
    """

    values: npt.NDArray[np.int32]
    codes: npt.NDArray[np.uint8]
    borders: npt.NDArray[np.float32]


def _table(values: npt.NDArray[np.int32]) -> _Table:
    codes = np.argsort(values, kind="stable").astype(np.uint8)
    ordered = values[codes].astype(np.float32)
    return _Table(values, codes, (ordered[:-1] + ordered[1:]) / np.float32(2))


def _mu_law() -> npt.NDArray[np.int32]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + _BIAS << ((code & 0x70) >> 4)) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int32)


def _a_law() -> npt.NDArray[np.int32]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    step = ((code & 0x0F) << 4) + 8  # the middle of the step
    size = np.where(segment == 0, step, step + 0x100 << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int32)


_TABLES: dict[Law, _Table] = {"mu": _table(_mu_law()), "A": _table(_a_law())}
