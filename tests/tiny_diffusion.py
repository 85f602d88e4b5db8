"""Makes small image models with random weights, in the forms in which large ones are published, as folders on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeAlias

Form: TypeAlias = Literal["sd", "sd-checked", "xl", "inpaint", "pix2pix"]

SIDE = 64  # pixels, of the VAE's 8 to a latent cell
WORDS = "a an the red green boat lighthouse at dusk of and make it snow sea under two many".split()
_CHANNELS: dict[Form, int] = {"inpaint": 9, "pix2pix": 8}
_FEATURES = 32  # of an encoded token


def save(form: Form, folder: Path) -> Path:
    """The folder of a pipeline."""
    import diffusers
    import torch

    torch.manual_seed(0)
    parts: dict[str, Any] = {
        "vae": _vae(),
        "unet": _unet(_CHANNELS.get(form, 4), is_xl=form == "xl"),
        "scheduler": _scheduler(),
        "text_encoder": _text_encoder(with_projection=False),
        "tokenizer": tokenizer(),
    }
    if form == "xl":
        parts |= {"text_encoder_2": _text_encoder(with_projection=True), "tokenizer_2": tokenizer()}
        diffusers.StableDiffusionXLPipeline(**parts, add_watermarker=False).save_pretrained(folder)
        return folder
    parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    if form == "sd-checked":
        parts |= _checker() | {"requires_safety_checker": True}
    kinds = {
        "inpaint": diffusers.StableDiffusionInpaintPipeline,
        "pix2pix": diffusers.StableDiffusionInstructPix2PixPipeline,
    }
    kinds.get(form, diffusers.StableDiffusionPipeline)(**parts).save_pretrained(folder)
    return folder


def save_upscaler(folder: Path) -> Path:
    """Enlarges twice in latent space, as stabilityai/sd-x2-latent-upscaler does."""
    import diffusers
    import torch

    torch.manual_seed(0)
    unet = diffusers.UNet2DConditionModel(
        sample_size=8,
        in_channels=8,
        out_channels=5,
        block_out_channels=(32, 32),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
        time_cond_proj_dim=128 + _FEATURES,
        norm_num_groups=8,
    )
    diffusers.StableDiffusionLatentUpscalePipeline(
        vae=_vae(),
        text_encoder=_text_encoder(with_projection=False),
        tokenizer=tokenizer(),
        unet=unet,
        scheduler=diffusers.EulerDiscreteScheduler(prediction_type="sample"),
    ).save_pretrained(folder)
    return folder


def save_lora(folder: Path, model: Path) -> Path:
    """A LoRA for the model in a folder, which changes pictures visibly."""
    import diffusers
    import torch
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    unet = diffusers.UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    unet.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_q", "to_v", "to_out.0"]))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            if "lora" in name:
                parameter.normal_()
    diffusers.StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=get_peft_model_state_dict(unet))
    return folder


def save_clipseg(folder: Path) -> Path:
    """Finds parts of pictures, at random but always the same."""
    import torch
    from transformers import CLIPImageProcessor, CLIPSegConfig, CLIPSegForImageSegmentation, CLIPSegProcessor

    torch.manual_seed(0)
    words = tokenizer()
    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 3, "num_attention_heads": 4}
    config = CLIPSegConfig(
        text_config={**small, "vocab_size": len(words), "max_position_embeddings": 77, **_special(words)},
        vision_config={**small, "image_size": 32, "patch_size": 8},
        projection_dim=32,
        reduce_dim=16,
        extract_layers=(0, 1, 2),
        decoder_num_attention_heads=4,
        decoder_intermediate_size=32,
    )
    model = CLIPSegForImageSegmentation(config)
    model.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    images = CLIPImageProcessor(size=size, do_center_crop=False)
    CLIPSegProcessor(images, words).save_pretrained(folder)
    return folder


def tokenizer(words: Iterable[str] = WORDS) -> Any:
    """CLIP's: whole words that it knows, and every character by itself."""
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = [*letters, *(f"{letter}</w>" for letter in letters)]
    merges: list[tuple[str, str]] = []
    for word in words:
        known = word[0] if len(word) > 1 else f"{word}</w>"
        for index, letter in enumerate(word[1:], 1):
            piece = letter if index < len(word) - 1 else f"{letter}</w>"
            if (known, piece) not in merges:
                merges.append((known, piece))
            known += piece
            entries.append(known)
    entries += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {entry: number for number, entry in enumerate(dict.fromkeys(entries))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def _special(words: Any) -> dict[str, int]:
    return {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}


def _text_encoder(*, with_projection: bool) -> Any:
    import transformers

    words = tokenizer()
    config = transformers.CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=_FEATURES,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=_FEATURES,
        **_special(words),
    )
    kind = transformers.CLIPTextModelWithProjection if with_projection else transformers.CLIPTextModel
    return kind(config).eval()


def _vae() -> Any:
    import diffusers

    return diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
    )


def _unet(in_channels: int, *, is_xl: bool) -> Any:
    import diffusers

    of_xl: dict[str, Any] = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 6 * 8 + _FEATURES,
    }
    return diffusers.UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=in_channels,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=2 * _FEATURES if is_xl else _FEATURES,
        attention_head_dim=4,
        norm_num_groups=8,
        **(of_xl if is_xl else {}),
    )


def _scheduler() -> Any:
    import diffusers

    return diffusers.PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
    )


def _checker() -> dict[str, Any]:
    import torch
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 1, "num_attention_heads": 4}
    vision = {**small, "image_size": 32, "patch_size": 8, "projection_dim": 32}
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=32))
    with torch.no_grad():
        checker.concept_embeds_weights.fill_(2.0)  # no cosine is that high: nothing is taken for harmful
        checker.special_care_embeds_weights.fill_(2.0)
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return {"safety_checker": checker.eval(), "feature_extractor": images}
