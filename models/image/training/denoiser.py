"""The UNet, and how it learns to take noise away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.image.training import attention
from models.image.training.stage import Budget, Moment, Stage
from models.image.training.text import Lesson, tokens

if TYPE_CHECKING:
    import torch

_BATCH = 32
_RATE = 1.2e-3
_RATE_WARM = 5e-4  # higher would undo what it knows
# Of captions that are left out, so that guidance has something to compare with.
_UNSAID = 0.1
# Times are drawn as 1000 u^0.45: more of the noisy ones, where what is drawn is decided.
_TIMES = 0.45


def new() -> Any:
    """An untrained UNet2DConditionModel. Only its layers of 4 x 4 look at the text: one slot for each of them."""
    import torch
    from diffusers import UNet2DConditionModel

    unet: Any = UNet2DConditionModel(  # type: ignore[no-untyped-call]
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 96, 192),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        cross_attention_dim=128,
        attention_head_dim=6,
        norm_num_groups=16,
        resnet_time_scale_shift="scale_shift",
        time_embedding_dim=256,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    return unet.to(memory_format=torch.channels_last)


def scheduler() -> Any:
    """Its noise: down to nothing but noise at the first step (zero terminal SNR), else white would never be white."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(  # type: ignore[no-untyped-call]
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


def stage(pipeline: Any, lesson: Lesson, budget: Budget, *, is_warm: bool) -> Stage:
    """Trains the UNet with the text encoder as it is.

    Args:
        pipeline: whose UNet learns.
        lesson: what it learns.
        budget: when it ends.
        is_warm: it was trained before; else, its attention is shown first which slot belongs where.
    """
    unet, encoder, tokenizer = pipeline.unet, pipeline.text_encoder, pipeline.tokenizer
    encoder.requires_grad_(False)
    signal = pipeline.scheduler.alphas_cumprod
    guide = None if is_warm else attention.Guide(unet)

    def loss(moment: Moment) -> torch.Tensor:
        import torch
        from torch.nn import functional

        chosen, said = lesson.draw(_BATCH, moment.rng)
        said = ["" if moment.rng.random() < _UNSAID else caption for caption in said]
        read = encoder(tokens(tokenizer, said)).last_hidden_state
        clean = lesson.latents[chosen]
        noise = torch.randn(clean.shape, generator=moment.generator)
        times = _times(moment)
        kept = signal[times].view(-1, 1, 1, 1)
        noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
        velocity = kept.sqrt() * noise - (1 - kept).sqrt() * clean
        found = unet(noisy.contiguous(memory_format=torch.channels_last), times, read).sample
        error = functional.mse_loss(found, velocity)
        return error if guide is None else error + guide.loss(moment.step)

    return Stage("denoiser", unet, loss, _RATE_WARM if is_warm else _RATE, budget)


def _times(moment: Moment) -> torch.Tensor:
    """One in each 32nd of the range, so that every batch has seen all of it."""
    import torch

    even = (torch.arange(_BATCH) + torch.rand(_BATCH, generator=moment.generator)) / _BATCH
    return (1000 * even.pow(_TIMES)).long().clamp(0, 999)
