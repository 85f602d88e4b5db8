"""A Coqui VITS model, streamed exactly: symbol ids in, chunks of samples out. Knows nothing of text or files.

Encoder and durations (Kim et al. 2021, https://arxiv.org/abs/2106.06103) see the whole input and run once. The flow and
the HiFi-GAN decoder, nearly all of the work, are convolutions: they run on slices, each together with the frames
around it that its samples depend on, so the chunks joined are the samples of a synthesis in one piece.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# A frame is 11.6 ms at 22.05 kHz. The first chunk is as short as still lasts until the second is made. Each pays for
# its surroundings again, so they double; past 128 that saves little, and whoever interrupts waits for the chunk.
FIRST_CHUNK_FRAMES = 16
LONGEST_CHUNK_FRAMES = 128


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a VITS model may take beside the symbols.

    Attributes:
        slowness: multiplies the durations that the model was set to; 2 is twice as slow.
        speaker_id, language_id: rows of the model's embeddings; None where it has none.
        d_vector: the speaker as a vector, for models that were trained with them; empty otherwise.
        seed: equal seeds give equal samples; None: a little different each time, as people are.
    """

    slowness: float = 1.0
    speaker_id: int | None = None
    language_id: int | None = None
    d_vector: Sequence[float] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Prior:
    """What the flow is given: frames of shape (1, channels, n_frames), and the speaker's embedding if there are any."""

    frames: torch.Tensor
    speaker: torch.Tensor | None


class VitsStream:
    """Owns a `TTS.tts.models.vits.Vits` and takes its flow and its decoder out of it."""

    def __init__(self, model: Any, device: torch.device) -> None:
        args = model.config.model_args
        self._model = model.eval().to(device)
        self._device = device
        self._usual_slowness = float(model.length_scale)
        self._samples_per_frame = math.prod(args.upsample_rates_decoder)
        self._decoder_reach = decoder_reach_frames(args)
        self._flow_reach = flow_reach_frames(args, model.flow.num_flows)
        _fuse_weight_norm(model)
        self._flow, self._decoder = model.flow, model.waveform_decoder
        del model.flow, model.waveform_decoder
        model.flow = self._keep_prior
        model.waveform_decoder = _unchanged

    def chunks(self, ids: Sequence[int], conditions: Conditions) -> Iterator[torch.Tensor]:
        """Yields float32 samples on the CPU, shape (n,), in [-1, 1]."""
        prior = self._prior(ids, conditions)
        n_frames = prior.frames.shape[2]
        start, size = 0, FIRST_CHUNK_FRAMES
        while start < n_frames:
            end = min(n_frames, start + size)
            yield self._samples(prior, start, end)
            start, size = end, min(2 * size, LONGEST_CHUNK_FRAMES)

    def _samples(self, prior: _Prior, start: int, end: int) -> torch.Tensor:
        """The samples of the frames from `start` to `end`."""
        import torch

        n_frames = prior.frames.shape[2]
        # What the decoder reads, and what the flow reads for that.
        left, right = max(0, start - self._decoder_reach), min(n_frames, end + self._decoder_reach)
        first, last = max(0, left - self._flow_reach), min(n_frames, right + self._flow_reach)
        with torch.inference_mode():
            frames = prior.frames[:, :, first:last]
            latent = self._flow(frames, torch.ones_like(frames[:, :1]), g=prior.speaker, reverse=True)
            wave = self._decoder(latent[:, :, left - first : right - first], g=prior.speaker)[0, 0]
        hop = self._samples_per_frame
        samples: torch.Tensor = wave[(start - left) * hop : (end - left) * hop].cpu()
        return samples

    def _prior(self, ids: Sequence[int], conditions: Conditions) -> _Prior:
        import torch

        def row(values: Sequence[float], dtype: torch.dtype = torch.long) -> torch.Tensor:
            return torch.tensor([values], dtype=dtype, device=self._device)

        speaker, language = conditions.speaker_id, conditions.language_id
        inputs = {
            "x_lengths": row([len(ids)])[0],
            "speaker_ids": None if speaker is None else row([speaker])[0],
            "language_ids": None if language is None else row([language])[0],
            "d_vectors": row(conditions.d_vector, torch.float32) if conditions.d_vector else None,
            "durations": None,
        }
        self._model.length_scale = self._usual_slowness * conditions.slowness
        cuda = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda, enabled=conditions.seed is not None):
            if conditions.seed is not None:
                torch.manual_seed(conditions.seed)
            self._model.inference(row(ids), inputs)
        return self._kept

    def _keep_prior(
        self, frames: torch.Tensor, _mask: torch.Tensor, g: torch.Tensor | None, reverse: bool
    ) -> torch.Tensor:
        """Stands in for the flow within `Vits.inference`."""
        self._kept = _Prior(frames, g)
        return frames


def _unchanged(frames: torch.Tensor, g: torch.Tensor | None) -> torch.Tensor:
    """Stands in for the decoder within `Vits.inference`."""
    return frames


def flow_reach_frames(args: Any, n_flows: int) -> int:
    """How many frames to each side a frame that leaves the flow depends on: its dilated convolutions add up.

    Args:
        args: a `VitsArgs`.
        n_flows: coupling layers, each with `num_layers_flow` convolutions.
    """
    reach = sum((args.kernel_size_flow - 1) // 2 * args.dilation_rate_flow**i for i in range(args.num_layers_flow))
    return int(reach) * n_flows


def decoder_reach_frames(args: Any) -> int:
    """How many latent frames to each side a decoded sample depends on.

    Each layer of HiFi-GAN (Kong et al. 2020, https://arxiv.org/abs/2010.05646, section 2.2) adds its reach, divided by
    the rate it runs at; among the parallel residual blocks the widest counts.

    Args:
        args: a `VitsArgs`.
    """
    reach, rate = 3.0, 1  # conv_pre has a kernel of 7
    for factor, kernel in zip(args.upsample_rates_decoder, args.upsample_kernel_sizes_decoder, strict=True):
        reach += kernel / factor / 2 / rate
        rate *= factor
        reach += (
            max(
                # Blocks of type 1 follow each dilated convolution by one without dilation.
                sum((size - 1) // 2 * (dilation + (args.resblock_type_decoder == "1")) for dilation in dilations)
                for size, dilations in zip(
                    args.resblock_kernel_sizes_decoder, args.resblock_dilation_sizes_decoder, strict=True
                )
            )
            / rate
        )
    return math.ceil(reach + 3 / rate)  # conv_post


def _fuse_weight_norm(model: Any) -> None:
    """Computes each g * v / |v| once instead of at every call."""
    from torch.nn.utils import parametrize

    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
