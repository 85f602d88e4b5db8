"""Speech to text with openai-whisper. What is heard in one window, and whether it is speech at all, is decided here;
the way of the numbers is in `whisper_context`, `whisper_layers` and `whisper_decoder`."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from models import device, settings
from models.audio.resampler import SPEECH_RATE_HZ, resample
from models.errors import EngineFailed, WeightsInvalid
from models.stt.whisper_context import encode, log_mel, windows
from models.stt.whisper_words import word_times
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions, Word

if TYPE_CHECKING:
    import torch
    from whisper.model import Whisper
    from whisper.tokenizer import Tokenizer

    from models.stt.whisper_decoder import Attempt, Decoded
    from models.stt.whisper_layers import Heard

_FILE = "model.pt"
_SHORTEST_S = 0.1  # shorter than any word
_STOP_HERE = Pause(0.0)
# openai-whisper's own thresholds; whisper/transcribe.py.
_TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)  # after the attempt at 0
_HIGHEST_COMPRESSION = 2.4
_LOWEST_LOG_PROBABILITY = -1.0
_NO_SPEECH_PROBABILITY = 0.6
# Two more, measured with Whisper base. Of 17 recordings of speech none has a no-speech probability above 0.29 or a mean
# log probability below -0.52; of 44 noises (white, pink, hum, tone, clicks, breath) none has one below 0.41. Digital
# silence becomes "you" with 0.9 and -0.7 to -0.9, which openai-whisper's thresholds let pass.
_MAYBE_NO_SPEECH = 0.3
_SURELY_NO_SPEECH = 0.8
_CONVINCING_LOG_PROBABILITY = -0.5


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """Settings of this engine.

    Attributes:
        short_context: the encoder sees the utterance and 2 s of silence instead of 30 s; less than half the time.
        beam_size: texts that are followed at once; 1 is greedy.
    """

    short_context: bool = True
    beam_size: int = 1

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise ValueError(f"beam_size = {self.beam_size} must be at least 1")


class WhisperSpeechToText:
    """Whisper of any size, multilingual or English only."""

    def __init__(self, spec: EngineSpec) -> None:
        """
        Args:
            spec: `weights` holds model.pt, a checkpoint of openai-whisper; `options` are `WhisperOptions`.

        Raises:
            SettingError: an unknown option, device or type.
            WeightsInvalid: there is no such checkpoint.
        """
        import torch

        self._options = settings.read(WhisperOptions, spec.options, "stt options")
        self._device, self._dtype = device.choose(spec)
        if self._device.type == "cuda" and spec.dtype == "auto":
            self._dtype = torch.float16  # what the checkpoints are in; bfloat16 would round them
        if spec.weights is None:
            raise WeightsInvalid("whisper needs weights: a folder from the store")
        from models.stt.whisper_decoder import WhisperDecoder

        self._model = _loaded(spec.weights / _FILE, spec.model, self._device, self._dtype)
        self._decoder = WhisperDecoder(self._model, self._tokenizer("en"))

    def warm_up(self) -> None:
        """Hears one second of silence."""
        import numpy as np

        list(self.transcribe(Audio(np.zeros(SPEECH_RATE_HZ, np.float32), SPEECH_RATE_HZ), TranscribeOptions()))

    def transcribe(self, audio: Audio, options: TranscribeOptions) -> Iterator[Segment | Pause]:
        """Yields one segment for each window of at most 30 s in which something was said, and a `Pause` of no length
        between two steps of the work, where it can be stopped.

        Args:
            audio: of any rate and length.
            options: see there. Word times of a translation are those of the words that it translates, roughly.

        Raises:
            EngineFailed: the model does not know the language, or cannot translate.
        """
        import torch

        self._check(options)
        offset_s = 0.0
        for window in windows(resample(audio, SPEECH_RATE_HZ)):
            if window.duration_s >= _SHORTEST_S:
                segments = self._segments(window, options, offset_s)
                while True:
                    # Not around the yield: the mode is the thread's, and the caller's code is not ours.
                    with torch.inference_mode():
                        item = next(segments, None)
                    if item is None:
                        break
                    yield item
            offset_s += window.duration_s

    def _segments(self, window: Audio, options: TranscribeOptions, offset_s: float) -> Iterator[Segment | Pause]:
        heard = self._hear(window, short=self._options.short_context)
        yield _STOP_HERE
        language = options.language or self._language(heard)
        tokenizer = self._tokenizer(language, options.translate)
        decoded = self._decoder.decode(heard, tokenizer, self._attempt(options))
        if _repeats(decoded) and self._options.short_context and not _nobody_spoke(decoded):
            heard = self._hear(window, short=False)
            decoded = self._decoder.decode(heard, tokenizer, self._attempt(options))
        for temperature in _TEMPERATURES[: options.attempts - 1]:
            if _nobody_spoke(decoded) or not _doubtful(decoded):
                break
            yield _STOP_HERE
            drawn = self._decoder.decode(heard, tokenizer, self._attempt(options, temperature))
            decoded = max(decoded, drawn, key=lambda attempt: (not _repeats(attempt), attempt.mean_log_probability))
        if _nobody_spoke(decoded) or _invented(decoded) or not decoded.text:
            return
        words: tuple[Word, ...] = ()
        if options.word_times:
            times = word_times(self._model, tokenizer, heard, decoded, window.duration_s)
            words = tuple(replace(w, start_s=w.start_s + offset_s, end_s=w.end_s + offset_s) for w in times)
        yield Segment(
            text=decoded.text,
            start_s=words[0].start_s if words else offset_s,
            end_s=words[-1].end_s if words else offset_s + window.duration_s,
            language=language,
            words=words,
            mean_log_probability=decoded.mean_log_probability,
            no_speech_probability=decoded.no_speech_probability,
        )

    def _hear(self, window: Audio, *, short: bool) -> Heard:
        mel = log_mel(window, short=short, n_mels=self._model.dims.n_mels, device=self._device)
        return self._decoder.hear(encode(self._model, mel, self._dtype))

    def _language(self, heard: Heard) -> str:
        if not self._model.is_multilingual:
            return "en"
        return self._decoder.language(heard, self._tokenizer("en"))

    def _attempt(self, options: TranscribeOptions, temperature: float = 0.0) -> Attempt:
        from models.stt.whisper_decoder import Attempt

        return Attempt(options.prompt, temperature, self._options.beam_size, _HIGHEST_COMPRESSION)

    def _tokenizer(self, language: str, translate: bool = False) -> Tokenizer:
        from whisper.tokenizer import get_tokenizer  # keeps what it made

        return get_tokenizer(
            self._model.is_multilingual,
            num_languages=self._model.num_languages,
            language=language,
            task="translate" if translate else "transcribe",
        )

    def _check(self, options: TranscribeOptions) -> None:
        from whisper.tokenizer import LANGUAGES

        known = list(LANGUAGES)[: self._model.num_languages] if self._model.is_multilingual else ["en"]
        if options.language is not None and options.language not in known:
            raise EngineFailed(
                f'Whisper does not know the language "{options.language}"{settings.nearest(options.language, known)}'
            )
        if options.translate and not self._model.is_multilingual:
            raise EngineFailed("this Whisper model hears English only and cannot translate; take a multilingual one")


def _repeats(decoded: Decoded) -> bool:
    return decoded.compression > _HIGHEST_COMPRESSION


def _doubtful(decoded: Decoded) -> bool:
    """Worth another attempt."""
    return _repeats(decoded) or decoded.mean_log_probability < _LOWEST_LOG_PROBABILITY


def _nobody_spoke(decoded: Decoded) -> bool:
    """The model says that it hears no speech, and what it wrote all the same is not convincing."""
    if decoded.no_speech_probability > _SURELY_NO_SPEECH and decoded.mean_log_probability < _CONVINCING_LOG_PROBABILITY:
        return True
    return decoded.no_speech_probability > _NO_SPEECH_PROBABILITY and _doubtful(decoded)


def _invented(decoded: Decoded) -> bool:
    """All attempts are doubtful, and it may not even be speech."""
    return _doubtful(decoded) and decoded.no_speech_probability > _MAYBE_NO_SPEECH


def _loaded(path: Path, name: str, where: torch.device, dtype: torch.dtype) -> Whisper:
    import torch
    from whisper import _ALIGNMENT_HEADS
    from whisper.model import ModelDimensions, Whisper

    try:
        # Nothing is unpickled but tensors and plain values.
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        model = Whisper(ModelDimensions(**checkpoint["dims"]))
        model.load_state_dict(checkpoint["model_state_dict"])
        heads = _ALIGNMENT_HEADS.get(name.removeprefix("whisper-"))
        if heads is not None:
            model.set_alignment_heads(heads)
    except (OSError, RuntimeError, KeyError, TypeError, pickle.UnpicklingError, EOFError) as error:
        raise WeightsInvalid(
            f"{path} cannot be loaded as {name or 'a checkpoint of openai-whisper'}: {error}"
        ) from error
    for module in model.modules():
        if not isinstance(module, torch.nn.LayerNorm):  # Whisper computes those in float32
            for parameter in module.parameters(recurse=False):
                parameter.data = parameter.data.to(dtype)
    return model.to(where).eval().requires_grad_(False)
