"""Voices with few weights, random ones: they say nothing that can be understood, through the same code as real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SYMBOLS = "abcdefghijklmnopqrstuvwxyz"


def tiny_vits(folder: Path, *, speakers: tuple[str, ...] = (), languages: tuple[str, ...] = ("en",)) -> Path:
    """A VITS voice that reads letters, of one or several speakers and languages."""
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    torch.manual_seed(0)
    folder.mkdir()
    (folder / "speaker_ids.json").write_text(str({name: i for i, name in enumerate(speakers)}).replace("'", '"'))
    (folder / "language_ids.json").write_text(str({name: i for i, name in enumerate(languages)}).replace("'", '"'))
    arguments = VitsArgs(
        hidden_channels=16, hidden_channels_ffn_text_encoder=16, num_layers_text_encoder=1, num_layers_flow=1,
        num_layers_posterior_encoder=1, upsample_initial_channel_decoder=32, resblock_type_decoder="1",
        init_discriminator=False, use_speaker_embedding=bool(speakers),
        use_language_embedding=len(languages) > 1, embedded_language_dim=4, speaker_embedding_channels=8,
        speakers_file=str(folder / "speaker_ids.json") if speakers else None,
        language_ids_file=str(folder / "language_ids.json") if len(languages) > 1 else None,
    )  # fmt: skip
    config = VitsConfig(
        model_args=arguments, use_phonemes=False, text_cleaner="basic_cleaners", phoneme_language=languages[0],
        audio=BaseAudioConfig(sample_rate=16000, hop_length=256),
        characters=CharactersConfig(
            characters_class="TTS.tts.utils.text.characters.Graphemes", pad="_", eos="~", bos="^", blank="#",
            characters=SYMBOLS, punctuations=" .,", is_unique=True, is_sorted=True,
        ),
        test_sentences=[], datasets=[],
    )  # fmt: skip
    model = Vits(config)
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    # As published voices do, name the files where they were on another machine.
    for key in ("speakers_file", "language_ids_file"):
        if arguments[key]:
            arguments[key] = f"/elsewhere/{Path(arguments[key]).name}"
    config.save_json(str(folder / "config.json"))
    return folder


def tiny_xtts(folder: Path) -> Path:
    """An XTTS voice with one speaker, saved as the published one is: with a configuration object in its checkpoint."""
    import torch
    from tokenizers import Tokenizer, models
    from TTS.tts.configs import xtts_config
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    torch.manual_seed(0)
    folder.mkdir()
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[es]"]
    vocabulary = {token: i for i, token in enumerate([*special, *SYMBOLS, ".", ","])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "vocab.json"))
    config: Any = xtts_config.XttsConfig(
        model_args=xtts_config.XttsArgs(
            gpt_layers=1, gpt_n_model_channels=64, gpt_n_heads=2, gpt_max_audio_tokens=40, gpt_max_text_tokens=60,
            gpt_num_audio_tokens=30, gpt_start_audio_token=28, gpt_stop_audio_token=29, decoder_input_dim=64,
        ),
        languages=["en", "es", "zh-cn"],
    )  # fmt: skip
    model: Any = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(folder / "vocab.json")
    model.init_models()
    config.save_json(str(folder / "config.json"))
    old_names = (xtts_config.XttsArgs, xtts_config.XttsAudioConfig)
    for settings in old_names:
        settings.__module__ = "TTS.tts.models.xtts"
    torch.save({"model": model.state_dict(), "config": config}, folder / "model.pth")
    for settings in old_names:
        settings.__module__ = xtts_config.__name__
    speaker = {"gpt_cond_latent": torch.randn(1, 32, 64), "speaker_embedding": torch.randn(1, 512, 1)}
    torch.save({"Ana": speaker}, folder / "speakers_xtts.pth")
    return folder
