"""The text encoder, and how it learns to foretell the picture in its slots."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.image.training import captions, slots
from models.image.training.stage import Budget, Moment, Stage
from models.image.training.things import Thing

if TYPE_CHECKING:
    import torch
    from torch import nn

_WIDTH = 128
_BATCH = 64
_RATE = 1.6e-3
_NUMBER = 0.1  # weight of telling which thing it is: makes names that differ little differ in the encoder
# A thing in another colour is drawn by what is known of the thing and of the colour: it needs to be seen less often.
_RECOLOURED = 0.4
_CAPTIONS_FOR_READER = 6  # of each thing


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is learnt from.

    Attributes:
        things: with their names.
        latents: of their pictures, in the same order.
    """

    things: Sequence[Thing]
    latents: torch.Tensor

    def draw(self, n: int, rng: random.Random) -> tuple[list[int], list[str]]:
        """Things at random, and a caption of each."""
        weights = [_RECOLOURED if thing.hue else 1.0 for thing in self.things]
        chosen = rng.choices(range(len(self.things)), weights, k=n)
        return chosen, [captions.caption(self.things[index], rng) for index in chosen]


def new(tokenizer: Any) -> Any:
    """An untrained CLIPTextModel."""
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=_WIDTH,
        intermediate_size=4 * _WIDTH,
        projection_dim=_WIDTH,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=slots.N_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        hidden_act="quick_gelu",
    )
    return CLIPTextModel(config)


def tokens(tokenizer: Any, prompts: Sequence[str]) -> torch.Tensor:
    """Shape (n, 40). What is too long for the place before the slots is cut."""
    import torch

    short = tokenizer(list(prompts), truncation=True, max_length=slots.FIRST_SLOT).input_ids
    padded = [ids + [tokenizer.pad_token_id] * (slots.N_TOKENS - len(ids)) for ids in short]
    return torch.tensor(padded)


def stage(encoder: Any, tokenizer: Any, lesson: Lesson, budget: Budget, *, reader: nn.Linear | None) -> Stage:
    """Trains the encoder on captions.

    Args:
        encoder, tokenizer: of the pipeline.
        lesson: what it learns.
        budget: when it ends.
        reader: what turns a slot into a cell of latents, where the UNet has learnt from it already; None: a new one is
            learnt as well.
    """
    from torch import nn
    from torch.nn import functional

    wanted = slots.cells(lesson.latents)
    module = nn.ModuleDict({"encoder": encoder, "number": nn.Linear(_WIDTH, len(lesson.things))})
    if reader is None:
        module["reader"] = reader = nn.Linear(_WIDTH, wanted.shape[-1])

    def loss(moment: Moment) -> torch.Tensor:
        import torch

        chosen, said = lesson.draw(_BATCH, moment.rng)
        read = encoder(tokens(tokenizer, said))
        foretold = reader(read.last_hidden_state[:, slots.FIRST_SLOT :])
        which = functional.cross_entropy(module["number"](read.pooler_output), torch.tensor(chosen))
        return functional.mse_loss(foretold, wanted[chosen]) + _NUMBER * which

    return Stage("text", module, loss, _RATE, budget)


def read_slots(encoder: Any, tokenizer: Any, lesson: Lesson) -> nn.Linear:
    """The linear layer that reads latents out of the slots of a trained encoder, by least squares.

    Args:
        encoder, tokenizer: trained together.
        lesson: things that the encoder knows.
    """
    import torch
    from torch import nn

    rng = random.Random(0)
    indices = [index for index in range(len(lesson.things)) for _ in range(_CAPTIONS_FOR_READER)]
    said = [
        captions.plain(lesson.things[index]) if rng.random() < 0.5 else rng.choice(lesson.things[index].names)
        for index in indices
    ]
    with torch.no_grad():
        read = torch.cat(
            [
                encoder(tokens(tokenizer, said[start : start + _BATCH])).last_hidden_state[:, slots.FIRST_SLOT :]
                for start in range(0, len(said), _BATCH)
            ]
        )
    known = torch.cat([read.flatten(0, 1), torch.ones(read.shape[0] * read.shape[1], 1)], 1)
    wanted = slots.cells(lesson.latents)[indices].flatten(0, 1)
    ridge = 1e-2 * torch.eye(known.shape[1])
    solved = torch.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    reader = nn.Linear(_WIDTH, wanted.shape[1]).requires_grad_(False)
    reader.weight.copy_(solved[:-1].T)
    reader.bias.copy_(solved[-1])
    return reader
