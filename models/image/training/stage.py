"""One stage of training: a loop that may be killed at any moment, and goes on where it was.

A stage says what is trained and how wrong it is; everything else is the same for all of them: AdamW, a learning rate
that falls like a cosine, a moving average of the weights, checkpoints, and how long it will still take.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.image.training import checkpoints
from models.image.training.checkpoints import Checkpoint

if TYPE_CHECKING:
    import torch
    from torch import nn

_SAVE_EVERY_S = 45.0  # so much is lost when the machine fails; saving takes a second
_REPORT_EVERY = 25  # steps
_WARM_UP_STEPS = 100  # before that, Adam knows too little of the gradients to be trusted
_LAST_RATE = 0.03  # of the highest; at zero, the last steps would be for nothing
_LONGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """A stage ends with whatever comes first.

    Attributes:
        steps: at most.
        minutes: at most, of all runs together; None: as many as it takes.
    """

    steps: float
    minutes: float | None = None

    def spent(self, step: int, seconds: float) -> float:
        """From 0 at the beginning to 1 at the end."""
        in_time = seconds / 60 / self.minutes if self.minutes else 0.0
        return min(1.0, max(step / self.steps, in_time))


@dataclass(frozen=True, slots=True)
class Moment:
    """What one step may know.

    Attributes:
        step: from 0.
        rng, generator: its random numbers.
    """

    step: int
    rng: random.Random
    generator: torch.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Attributes:
    name: of its checkpoint.
    module: all its parameters that require a gradient are trained.
    loss: of one batch.
    rate: the highest learning rate.
    budget: when it ends.
    averaging: of the moving average, for one step; of few steps, less is kept.
    """

    name: str
    module: nn.Module
    loss: Callable[[Moment], torch.Tensor]
    rate: float
    budget: Budget
    averaging: float = 0.998


def train(stage: Stage, folder: Path, seed: int, report: Callable[[str], None]) -> None:
    """Trains from the last checkpoint on. Afterwards the module has the averaged weights.

    Args:
        stage: what is trained.
        folder: of the checkpoints.
        seed: of everything random.
        report: is given a line from time to time.
    """
    path = folder / f"{stage.name}.safetensors"
    loop = _Loop(stage, seed)
    checkpoint = checkpoints.load(path)
    if checkpoint is not None:
        loop.restore(checkpoint)
        report(f"{stage.name}: goes on from step {loop.step}")
    saved = time.monotonic()
    while not loop.is_finished:
        loop.advance(report)
        if time.monotonic() - saved > _SAVE_EVERY_S:
            checkpoints.save(loop.checkpoint(), path)
            saved = time.monotonic()
    checkpoints.save(loop.checkpoint(), path)
    loop.use_average()
    report(f"{stage.name}: {loop.step} steps done")


class _Loop:
    def __init__(self, stage: Stage, seed: int) -> None:
        import torch

        self._stage = stage
        self._seed = seed
        self._named = {name: one for name, one in stage.module.named_parameters() if one.requires_grad}
        self._averaged = {name: one.detach().clone() for name, one in self._named.items()}
        self._optimizer = torch.optim.AdamW(
            self._named.values(), stage.rate, betas=(0.9, 0.99), weight_decay=1e-3, fused=True
        )
        self.step = 0
        self._seconds = 0.0
        self._losses: list[float] = []

    @property
    def is_finished(self) -> bool:
        return self._spent >= 1

    @property
    def _spent(self) -> float:
        return self._stage.budget.spent(self.step, self._seconds)

    def advance(self, report: Callable[[str], None]) -> None:
        import torch

        began = time.monotonic()
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        self._optimizer.zero_grad()
        loss = self._stage.loss(_moment(self._seed, self.step))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._named.values(), _LONGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        self._average()
        self._losses.append(loss.item())
        self._seconds += time.monotonic() - began
        if self.step % _REPORT_EVERY == 0:
            report(self._progress())
            self._losses.clear()

    def checkpoint(self) -> Checkpoint:
        states = self._optimizer.state  # empty before the first step
        moments = {
            name: (states[one]["exp_avg"], states[one]["exp_avg_sq"])
            for name, one in self._named.items()
            if one in states
        }
        weights = {name: one.detach() for name, one in self._named.items()}
        return Checkpoint(self.step, self._seconds, weights, self._averaged, moments)

    def restore(self, checkpoint: Checkpoint) -> None:
        import torch

        self.step, self._seconds = checkpoint.step, checkpoint.seconds
        with torch.no_grad():
            for name, one in self._named.items():
                one.copy_(checkpoint.weights[name])
                self._averaged[name].copy_(checkpoint.averaged[name])
                if name not in checkpoint.moments:
                    continue
                first, second = checkpoint.moments[name]
                self._optimizer.state[one] = {
                    "step": torch.tensor(float(self.step)),
                    "exp_avg": torch.empty_like(one).copy_(first),  # in the same order in memory as the weight
                    "exp_avg_sq": torch.empty_like(one).copy_(second),
                }

    def use_average(self) -> None:
        import torch

        with torch.no_grad():
            for name, one in self._named.items():
                one.copy_(self._averaged[name])

    def _rate(self) -> float:
        cosine = 0.5 + 0.5 * math.cos(math.pi * self._spent)
        return self._stage.rate * min(1.0, (self.step + 1) / _WARM_UP_STEPS) * (_LAST_RATE + (1 - _LAST_RATE) * cosine)

    def _average(self) -> None:
        import torch

        kept = min(self._stage.averaging, self.step / (self.step + 10))
        with torch.no_grad():
            for name, one in self._named.items():
                self._averaged[name].lerp_(one, 1 - kept)

    def _progress(self) -> str:
        loss = sum(self._losses) / len(self._losses)
        left = self._seconds * (1 / self._spent - 1)
        return f"{self._stage.name}: step {self.step}, {self._spent:.0%}, loss {loss:.4f}, {left / 60:.0f} min left"


def _moment(seed: int, step: int) -> Moment:
    import torch

    # Far apart, so that no two steps of seeds that people choose share their numbers.
    number = seed * 10_000_019 + step
    return Moment(step, random.Random(number), torch.Generator().manual_seed(number))
