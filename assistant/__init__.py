"""The conversation: orchestration, turn taking, and the ways in. Engines live beside it, in `models`."""

from importlib.util import find_spec
from pathlib import Path


def _require_own_models() -> None:
    """`models` is a common name: without this, another package of that name fails far away and obscurely."""
    spec = find_spec("models")
    beside = Path(__file__).resolve().parents[1] / "models" / "__init__.py"
    found = spec.origin if spec else None
    if found is None or Path(found).resolve() != beside:
        raise ImportError(f"the package `models` that belongs to `assistant` is {beside}, but Python finds {found}")


_require_own_models()
