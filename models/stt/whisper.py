"""Speech to text with openai-whisper, several windows at once. How often each is tried is decided here, and what of it
counts in `whisper_doubts`; the way of the numbers is in `whisper_context`, `_layers`, `_decoder` and `_words`."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from models import device, settings
from models.audio.resampler import SPEECH_RATE_HZ, resample
from models.errors import EngineFailed, LanguageUnknown, WeightsInvalid
from models.stt.whisper_context import WINDOW_S, encode, log_mel, windows
from models.stt.whisper_doubts import HIGHEST_COMPRESSION, doubtful, invented, nobody_spoke, repeats
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
_TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)  # after the attempt at 0; openai-whisper's, whisper/transcribe.py


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
            LanguageUnknown: the model does not know the language, or cannot translate.
        """
        self._check(options)
        offset_s = 0.0
        for window in windows(resample(audio, SPEECH_RATE_HZ)):
            for item in self._stopping(self._hear([window], options)):
                yield item if isinstance(item, Pause) else _later(item[1], offset_s)
            offset_s += window.duration_s

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        """See `SpeechToText`. All windows go through the model together; it takes memory for each.

        Raises:
            EngineFailed: as `transcribe`, or a window is longer than 30 s.
        """
        self._check(options)
        sounds = [resample(window, SPEECH_RATE_HZ) for window in windows]
        if sounds and (longest_s := max(sound.duration_s for sound in sounds)) > WINDOW_S:
            raise EngineFailed(f"a window of {longest_s:g} s is longer than Whisper can hear at once: {WINDOW_S:g} s")
        yield from self._stopping(self._hear(sounds, options))

    def _stopping(self, items: Iterator[tuple[int, Segment] | Pause]) -> Iterator[tuple[int, Segment] | Pause]:
        """The items, each computed without a record for gradients."""
        import torch

        while True:
            # Not around the yield: the mode is the thread's, and the caller's code is not ours.
            with torch.inference_mode():
                item = next(items, None)
            if item is None:
                return
            yield item

    def _hear(self, windows: Sequence[Audio], options: TranscribeOptions) -> Iterator[tuple[int, Segment] | Pause]:
        """The windows at once, each with its place: a segment where something was said."""
        places = [place for place, window in enumerate(windows) if window.duration_s >= _SHORTEST_S]
        sounds = [windows[place] for place in places]
        if not sounds:
            return
        heard = self._encode(sounds, short=self._options.short_context)
        yield _STOP_HERE
        languages = [(options.language, 1.0)] * len(sounds) if options.language else self._languages(heard)
        tokenizers = [self._tokenizer(language, options.translate) for language, _ in languages]
        attempts = self._decoder.decode(heard, tokenizers, self._attempt(options))
        found: list[tuple[int, Decoded]] = []
        for row, first in enumerate(attempts):
            decoded = yield from self._doubt(sounds[row], heard.only([row]), tokenizers[row], options, first)
            if decoded.text and not nobody_spoke(decoded) and not invented(decoded):
                found.append((row, decoded))
        words = self._words(sounds, heard, tokenizers, found) if options.word_times else {}
        for row, decoded in found:
            yield places[row], _segment(decoded, languages[row], words.get(row, ()), sounds[row].duration_s)

    def _doubt(
        self, sound: Audio, heard: Heard, tokenizer: Tokenizer, options: TranscribeOptions, decoded: Decoded
    ) -> Generator[Pause, None, Decoded]:
        """Tries again where the text is not worth much; the best of all attempts."""
        if repeats(decoded) and self._options.short_context and not nobody_spoke(decoded):
            heard = self._encode([sound], short=False)
            (decoded,) = self._decoder.decode(heard, [tokenizer], self._attempt(options))
        for temperature in _TEMPERATURES[: options.attempts - 1]:
            if nobody_spoke(decoded) or not doubtful(decoded):
                break
            yield _STOP_HERE
            (drawn,) = self._decoder.decode(heard, [tokenizer], self._attempt(options, temperature))
            decoded = max(decoded, drawn, key=lambda attempt: (not repeats(attempt), attempt.mean_log_probability))
        return decoded

    def _words(
        self,
        sounds: Sequence[Audio],
        heard: Heard,
        tokenizers: Sequence[Tokenizer],
        found: Sequence[tuple[int, Decoded]],
    ) -> dict[int, tuple[Word, ...]]:
        if not found:
            return {}
        rows = [row for row, _ in found]
        texts = [decoded.tokens for _, decoded in found]
        scores = self._decoder.attend(heard.only(rows), [tokenizers[row] for row in rows], texts)
        return {
            row: word_times(tokenizers[row], decoded, score, sounds[row].duration_s)
            for (row, decoded), score in zip(found, scores, strict=True)
        }

    def _encode(self, sounds: Sequence[Audio], *, short: bool) -> Heard:
        mel = log_mel(sounds, short=short, n_mels=self._model.dims.n_mels, device=self._device)
        return self._decoder.hear(encode(self._model, mel, self._dtype))

    def _languages(self, heard: Heard) -> list[tuple[str, float]]:
        if not self._model.is_multilingual:
            return [("en", 1.0)] * len(heard)
        return self._decoder.languages(heard, self._tokenizer("en"))

    def _attempt(self, options: TranscribeOptions, temperature: float = 0.0) -> Attempt:
        from models.stt.whisper_decoder import Attempt

        return Attempt(options.prompt, options.guess, temperature, self._options.beam_size, HIGHEST_COMPRESSION)

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
            raise LanguageUnknown(
                f'Whisper does not know the language "{options.language}"{settings.nearest(options.language, known)}'
            )
        if options.translate and not self._model.is_multilingual:
            raise LanguageUnknown("this Whisper model hears English only and cannot translate; take a multilingual one")


def _segment(decoded: Decoded, language: tuple[str, float], words: tuple[Word, ...], duration_s: float) -> Segment:
    return Segment(
        text=decoded.text,
        start_s=words[0].start_s if words else 0.0,
        end_s=words[-1].end_s if words else duration_s,
        language=language[0],
        words=words,
        mean_log_probability=decoded.mean_log_probability,
        no_speech_probability=decoded.no_speech_probability,
        language_probability=language[1],
    )


def _later(segment: Segment, offset_s: float) -> Segment:
    words = tuple(replace(w, start_s=w.start_s + offset_s, end_s=w.end_s + offset_s) for w in segment.words)
    return replace(segment, start_s=segment.start_s + offset_s, end_s=segment.end_s + offset_s, words=words)


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
