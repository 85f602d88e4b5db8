"""Schedulers by the names that people know; how a model's own is replaced, and how each of its steps is seen."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from models.errors import EngineFailed
from models.settings import nearest

if TYPE_CHECKING:
    import torch

# name -> class of diffusers, and what it is given beside the model's own configuration.
_SCHEDULERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "ddim": ("DDIMScheduler", {"clip_sample": False}),  # latents are not within [-1, 1]
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),  # as Stable Diffusion 1 was published with
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {}),
    "dpmpp_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "lcm": ("LCMScheduler", {}),
}


def named(name: str, own: Any) -> Any:
    """A new scheduler; a scheduler keeps state, so each run needs its own.

    Args:
        name: one of those above; "": another of the model's own.
        own: the model's, whose configuration (noise, prediction) every other takes over.

    Raises:
        EngineFailed: there is none of that name.
    """
    import diffusers

    if not name:
        return copy.deepcopy(own)
    if name not in _SCHEDULERS:
        raise EngineFailed(f'there is no scheduler "{name}"{nearest(name, _SCHEDULERS)}')
    kind, settings = _SCHEDULERS[name]
    return getattr(diffusers, kind).from_config(own.config, **settings)


def watch(scheduler: Any, on_step: Callable[[torch.Tensor], None]) -> None:
    """Calls `on_step` at the end of each step with the clean latents that are expected at the end, as far as the
    scheduler says them (else with the noisy ones); what it raises breaks the run off.

    All pipelines step through their scheduler, but not all call back.
    """
    step = scheduler.step

    @functools.wraps(step)  # pipelines read the signature
    def watched(*args: Any, **kwargs: Any) -> Any:
        result = step(*args, **kwargs)
        on_step(_clean(scheduler, result))
        return result

    scheduler.step = watched


def _clean(scheduler: Any, result: Any) -> torch.Tensor:
    if len(result) > 1:  # DDIM, Euler, Heun and LCM say it beside the next latents
        clean: torch.Tensor = result[1]
        return clean
    # DPM-Solver++ and UniPC work with it, and keep the latest at the end.
    kept = [output for output in getattr(scheduler, "model_outputs", ()) if output is not None]
    latents: torch.Tensor = kept[-1] if kept else result[0]
    return latents
