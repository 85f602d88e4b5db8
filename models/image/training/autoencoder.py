"""The autoencoder: 64 x 64 x 3 pixels to 16 x 16 x 4 latents and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from models.image.training.stage import Budget, Moment, Stage

if TYPE_CHECKING:
    import torch

_BATCH = 8
_BATCH_DECODER = 16
_RATE = 2e-3
_RATE_DECODER = 1.5e-3
_KL = 2e-4  # enough to keep the latents from growing without end, too little to blur
# So long the first three latents are pulled towards the colours of the picture: else it stays grey for a long time.
_COLOURS_STEPS = 400
# The denoiser's latents are not quite those of the encoder: the decoder learns to forgive an error of up to this.
_NOISE = 0.25
_AT_ONCE = 32


def new() -> Any:
    """An untrained AutoencoderKL."""
    import torch
    from diffusers import AutoencoderKL
    from diffusers.models.resnet import ResnetBlock2D

    vae: Any = AutoencoderKL(  # type: ignore[no-untyped-call]
        block_out_channels=(16, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=64,
        scaling_factor=1.0,
    )
    for block in vae.modules():
        if isinstance(block, ResnetBlock2D):  # at first it passes on what it is given: that trains faster
            for weight in block.conv2.parameters():
                torch.nn.init.zeros_(weight)
    return vae.to(memory_format=torch.channels_last)


def pixels(pictures: Any) -> torch.Tensor:
    """uint8 of shape (n, height, width, 3) -> floats in [-1, 1] of shape (n, 3, height, width)."""
    import torch

    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def encode(vae: Any, images: torch.Tensor) -> torch.Tensor:
    """The likeliest latents of what `pixels` gave."""
    import torch

    with torch.no_grad():
        parts = [vae.encode(part).latent_dist.mode() for part in torch.split(images, _AT_ONCE)]
    return torch.cat(parts)


def stage(vae: Any, images: torch.Tensor, budget: Budget) -> Stage:
    """Trains all of it, on the pictures and on variants of them."""

    def loss(moment: Moment) -> torch.Tensor:
        import torch
        from torch.nn import functional

        chosen = moment.rng.choices(range(len(images)), k=_BATCH)
        batch = torch.stack([_variant(images[index], moment) for index in chosen])
        latents = vae.encode(batch).latent_dist
        noise = torch.randn(latents.mean.shape, generator=moment.generator)
        drawn = vae.decode(latents.mean + latents.std * noise).sample
        total: torch.Tensor = _difference(drawn, batch) + _KL * latents.kl().mean() / latents.mean[0].numel()
        colour = max(0.0, 1 - moment.step / _COLOURS_STEPS)
        grey = functional.mse_loss(latents.mean[:, :3], 2 * functional.avg_pool2d(batch, 4))
        return total + 0.5 * colour * grey

    return Stage("autoencoder", vae, loss, _RATE, budget)


def decoder_stage(vae: Any, images: torch.Tensor, budget: Budget) -> Stage:
    """Trains the decoder alone, for sharpness: what the latents mean stays as it is."""
    latents = encode(vae, images)
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)

    def loss(moment: Moment) -> torch.Tensor:
        import torch

        chosen = moment.rng.choices(range(len(images)), k=_BATCH_DECODER)
        spread = _NOISE * torch.rand(_BATCH_DECODER, 1, 1, 1, generator=moment.generator)
        noise = torch.randn(latents[chosen].shape, generator=moment.generator)
        return _difference(vae.decode(latents[chosen] + spread * noise).sample, images[chosen])

    return Stage("decoder", vae, loss, _RATE_DECODER, budget)


def whiten(vae: Any, images: torch.Tensor) -> None:
    """Makes the latents of the pictures zero in the mean with a spread of one in each channel.

    Folded into the convolutions at both sides of the latents, so that no scaling factor is needed.
    """
    import torch

    latents = encode(vae, images)
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    n = len(mean)
    into, out_of = vae.quant_conv, vae.post_quant_conv
    with torch.no_grad():
        into.weight[:n] /= spread.view(-1, 1, 1, 1)
        into.bias[:n] = (into.bias[:n] - mean) / spread
        into.bias[n:] -= 2 * spread.log()  # the other half are logarithms of variances
        out_of.bias += out_of.weight[:, :, 0, 0] @ mean
        out_of.weight *= spread.view(1, -1, 1, 1)


def _difference(drawn: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Of pixels, of edges (they make a picture sharp) and of colours without brightness."""
    error = drawn - wanted
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    colour = (error - error.mean(1, keepdim=True)).abs().mean()
    return error.abs().mean() + error.pow(2).mean() + 0.5 * edges + colour


def _variant(image: torch.Tensor, moment: Moment) -> torch.Tensor:
    """Mirrored, in other colours, darker, moved: a thousand pictures are few for an autoencoder."""
    import torch

    for change in _changes(moment):
        image = change(image)
    down, right = moment.rng.randint(-4, 4), moment.rng.randint(-4, 4)
    return torch.roll(image, (down, right), (1, 2))


def _changes(moment: Moment) -> Iterator[Any]:
    import torch

    rng = moment.rng
    if rng.random() < 0.5:
        yield lambda image: image.flip(-1)
    if rng.random() < 0.3:
        yield lambda image: image[rng.sample(range(3), 3)]
    if rng.random() < 0.15:
        tint = torch.tensor([rng.uniform(0.3, 1) for _ in range(3)]).view(3, 1, 1)
        yield lambda image: (image + 1) * tint - 1
