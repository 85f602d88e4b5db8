"""A folder with an XTTS voice (Casanova et al. 2024, https://arxiv.org/abs/2406.04904). Text in, chunks out."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.audio import read, resample
from models.errors import EngineFailed, WeightsInvalid
from models.tts.coqui_folder import loading
from models.types import SpeakOptions

if TYPE_CHECKING:
    import torch

# Codes made before each chunk, 46 ms of sound each. Fewer start sooner, but each chunk decodes all before it again.
CHUNK_CODES = 20
# Coqui's own figures for the recording that a voice is taken from.
REFERENCE_RATE_HZ = 22_050
REFERENCE_S = (1.0, 30.0)


class XttsVoice:
    """One XTTS checkpoint, ready to speak with one of its speakers or with the voice of a recording.

    Attributes:
        sample_rate_hz: of what it yields.
        speakers: its built-in speakers; empty where a reference is given.
        languages: ISO 639-1 codes.
    """

    by_turns = False

    def __init__(self, folder: Path, device: torch.device, reference: str) -> None:
        self._model = _load(folder).to(device)
        config = self._model.config
        self.sample_rate_hz = int(config.model_args.output_sample_rate)
        self._language_names = {name.partition("-")[0]: name for name in config.languages}  # "zh-cn" is "zh"
        self.languages = tuple(self._language_names)
        if reference:
            self.speakers: tuple[str, ...] = ()
            self._speakers = {"": self._heard(Path(reference))}
            return
        manager = self._model.speaker_manager
        if manager is None:
            raise WeightsInvalid(f"{folder} has no speakers_xtts.pth; set the option reference to a recording")
        self.speakers = tuple(manager.speakers)
        self._speakers = {
            name: (voice["gpt_cond_latent"], voice["speaker_embedding"]) for name, voice in manager.speakers.items()
        }

    def chunks(self, text: str, options: SpeakOptions) -> Iterator[torch.Tensor]:
        """Yields samples; the caller has checked language and speaker."""
        latent, embedding = self._speakers[options.speaker or next(iter(self._speakers))]
        stream = self._model.inference_stream(
            text,
            self._language_names[options.language],
            latent,
            embedding,
            stream_chunk_size=CHUNK_CODES,
            speed=options.speed,
        )
        try:
            while (chunk := self._next(stream)) is not None:
                yield chunk.float().cpu()
        except ImportError as error:  # Chinese, Japanese and Korean need packages that Coqui leaves to the user
            raise EngineFailed(f'XTTS cannot speak "{options.language}" here: {error}') from error
        finally:
            stream.close()

    @staticmethod
    def _next(stream: Iterator[torch.Tensor]) -> torch.Tensor | None:
        import torch

        with torch.inference_mode():  # not around the yield: it would hold for the consumer's code as well
            return next(stream, None)

    def _heard(self, path: Path) -> tuple[torch.Tensor, torch.Tensor]:
        """The voice of a recording, as XTTS describes it to its language model and to its decoder."""
        import torch

        audio = resample(read(path), REFERENCE_RATE_HZ)
        shortest_s, longest_s = REFERENCE_S
        if audio.duration_s < shortest_s:
            raise EngineFailed(f"{path} is {audio.duration_s:.1f} s long; a voice needs {shortest_s:.0f} s or more")
        config = self._model.config
        samples = torch.from_numpy(audio.between(0.0, longest_s).samples)[None].to(self._model.device)
        latent = self._model.get_gpt_cond_latents(
            samples, REFERENCE_RATE_HZ, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
        )
        return latent, self._model.get_speaker_embedding(samples, REFERENCE_RATE_HZ)


def _load(folder: Path) -> Any:
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts

    with loading(folder, "an XTTS voice"):
        config = XttsConfig()
        config.load_json(str(folder / "config.json"))
        model = Xtts(config)
        _keep_only_tensors(folder / "model.pth")
        model.load_checkpoint(config, checkpoint_dir=folder, eval=True)
    return model


def _keep_only_tensors(path: Path) -> None:
    """Rewrites a checkpoint as published, which holds a configuration object beside the tensors.

    Coqui would do the same in place, and a process that reads it meanwhile would find half a file.
    """
    import torch
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig

    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        return
    except pickle.UnpicklingError:
        pass
    # Plain dataclasses of settings, under the names they had when the checkpoint was written.
    known = [
        BaseDatasetConfig,
        XttsConfig,
        (XttsArgs, "TTS.tts.models.xtts.XttsArgs"),
        (XttsAudioConfig, "TTS.tts.models.xtts.XttsAudioConfig"),
    ]
    with torch.serialization.safe_globals(known):
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    torch.save({"model": checkpoint["model"]}, part)
    os.replace(part, path)
