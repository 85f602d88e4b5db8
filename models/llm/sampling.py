"""From logits to the next token: pure functions over one position. Knows nothing of models and texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.types import ReplyOptions

if TYPE_CHECKING:
    import torch


def next_token(
    logits: torch.Tensor, reply: Sequence[int], options: ReplyOptions, generator: torch.Generator | None
) -> int:
    """The token to write next.

    Args:
        logits: finite, shape (vocabulary,), of any floating type.
        reply: the tokens written so far, for the repetition penalty. The prompt is not among them: a reply may well
            repeat what the user said.
        options: temperature 0 takes the likeliest token; otherwise one is drawn.
        generator: on the device of the logits; None where the temperature is 0.
    """
    import torch

    logits = _penalised(logits.float(), reply, options.repetition_penalty)
    if options.temperature == 0:
        return int(logits.argmax())
    kept = _nucleus(_likeliest(logits / options.temperature, options.top_k), options.top_p)
    return int(torch.multinomial(kept.softmax(-1), 1, generator=generator))


def _penalised(logits: torch.Tensor, reply: Sequence[int], penalty: float) -> torch.Tensor:
    """Makes what was written less likely (Keskar et al. 2019, section 4.1, with the sign taken care of)."""
    import torch

    if penalty == 1 or not reply:
        return logits
    written = torch.tensor(sorted(set(reply)), device=logits.device)
    scores = logits[written]
    # Dividing a negative score would make the token likelier.
    return logits.index_put((written,), torch.where(scores < 0, scores * penalty, scores / penalty))


def _likeliest(logits: torch.Tensor, top_k: int) -> torch.Tensor:
    """Leaves the `top_k` largest, all of them for 0."""
    if not 0 < top_k < len(logits):
        return logits
    return logits.masked_fill(logits < logits.topk(top_k).values[-1], float("-inf"))


def _nucleus(logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Leaves the fewest largest that together reach `top_p` (Holtzman et al. 2020, section 3.1)."""
    if top_p >= 1:
        return logits
    ordered, order = logits.sort(descending=True)
    probabilities = ordered.softmax(-1)
    # A token is kept if those before it have not reached top_p: so the first always is.
    dropped = order[probabilities.cumsum(-1) - probabilities >= top_p]
    return logits.index_fill(0, dropped, float("-inf"))
