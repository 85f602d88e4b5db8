"""Whisper's tokens to text, without time stamps: greedy, sampled, or by beam search. The same text as
`whisper.decoding` gives for the same features; what to make of it is decided in `models.stt.whisper`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.stt.whisper_layers import DecoderLayers, Heard

if TYPE_CHECKING:
    from whisper.model import Whisper
    from whisper.tokenizer import Tokenizer

# A text that only repeats itself is given up when one of these checks sees it; it would run on to the last token.
_CHECK_EVERY_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Attempt:
    """How to decode.

    Attributes:
        prompt: what was said before, or names that are likely.
        temperature: 0 takes the likeliest token, above that tokens are drawn.
        beams: texts that are followed at once; only at temperature 0.
        highest_compression: a text that passes this ratio is given up before its end.
    """

    prompt: str = ""
    temperature: float = 0.0
    beams: int = 1
    highest_compression: float = math.inf


@dataclass(frozen=True, slots=True)
class Decoded:
    """One attempt.

    Attributes:
        tokens: without those that start and end a text.
        text: without surrounding white space.
        mean_log_probability: over the tokens and the end of the text.
        no_speech_probability: of the token that says that nobody speaks.
        compression: length of the text over its length after zlib; high where it repeats itself.
    """

    tokens: tuple[int, ...]
    text: str
    mean_log_probability: float
    no_speech_probability: float
    compression: float


class WhisperDecoder:
    """Writes down what was heard."""

    def __init__(self, model: Whisper, tokenizer: Tokenizer) -> None:
        """
        Args:
            model: on its device and in its type.
            tokenizer: of the model, for any language.
        """
        self._layers = DecoderLayers(model)
        self._most_tokens = model.dims.n_text_ctx // 2  # the other half is for the prompt
        device = model.decoder.positional_embedding.device
        self._random = torch.Generator(device)
        special = (tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm)
        never = {*tokenizer.non_speech_tokens, *special, tokenizer.no_speech}
        self._never = torch.tensor(sorted(never), device=device)
        self._never_first = torch.tensor([*tokenizer.encode(" "), tokenizer.eot], device=device)

    def hear(self, features: Tensor) -> Heard:
        """Takes the output of the encoder, shape (1, n_frames, n_audio_state); serves any number of attempts."""
        return self._layers.hear(features)

    def language(self, heard: Heard, tokenizer: Tokenizer) -> str:
        """The likeliest language. Only multilingual models have tokens for it."""
        logits = self._layers.start([tokenizer.sot], heard, [0])[0]
        codes: tuple[str, ...] = tokenizer.all_language_codes
        return codes[int(logits[list(tokenizer.all_language_tokens)].argmax())]

    def decode(self, heard: Heard, tokenizer: Tokenizer, attempt: Attempt) -> Decoded:
        """Writes in the language and for the task (transcribe, translate) of the tokenizer."""
        prompt: list[int] = []
        if attempt.prompt:
            prompt = [tokenizer.sot_prev, *tokenizer.encode(f" {attempt.prompt.strip()}")[1 - self._most_tokens :]]
        start = [*prompt, *tokenizer.sot_sequence_including_notimestamps]
        at_start, logits = self._layers.start(start, heard, [start.index(tokenizer.sot), -1])
        logits[self._never_first] = -math.inf
        write = self._beams if attempt.beams > 1 and not attempt.temperature else self._one
        tokens, total = write(heard, tokenizer, attempt, logits)
        text = tokenizer.decode(tokens).strip()
        no_speech = float(at_start.softmax(dim=-1)[tokenizer.no_speech])
        return Decoded(tuple(tokens), text, total / (len(tokens) + 1), no_speech, _compression(text))

    def _one(self, heard: Heard, tokenizer: Tokenizer, attempt: Attempt, logits: Tensor) -> tuple[list[int], float]:
        self._random.manual_seed(0)  # the same sound gives the same text
        tokens: list[int] = []
        total = 0.0
        while len(tokens) < self._most_tokens:
            logits[self._never] = -math.inf
            if attempt.temperature:
                token = int(torch.multinomial((logits / attempt.temperature).softmax(-1), 1, generator=self._random))
            else:
                token = int(logits.argmax())
            total += float(logits[token] - logits.logsumexp(dim=-1))
            if token == tokenizer.eot:
                break
            tokens.append(token)
            check = len(tokens) % _CHECK_EVERY_TOKENS == 0
            if check and _compression(tokenizer.decode(tokens)) > attempt.highest_compression:
                break
            logits = self._layers.follow([token], heard)[0]
        return tokens, total

    def _beams(self, heard: Heard, tokenizer: Tokenizer, attempt: Attempt, logits: Tensor) -> tuple[list[int], float]:
        texts: list[list[int]] = [[]]
        totals = [0.0]
        finished: list[tuple[list[int], float]] = []
        logits = logits[None]
        while len(finished) < attempt.beams and len(texts[0]) < self._most_tokens:
            logits[:, self._never] = -math.inf
            scores = torch.tensor(totals, device=logits.device)[:, None] + logits.log_softmax(dim=-1)
            # At most one continuation of each text is its end: twice as many as beams are always enough.
            ranked = scores.flatten().topk(2 * attempt.beams)
            before, parents, texts, totals = texts, [], [], []
            for total, place in zip(ranked.values.tolist(), ranked.indices.tolist(), strict=True):
                parent, token = divmod(place, logits.shape[-1])
                if token == tokenizer.eot:
                    finished.append((before[parent], total))
                    continue
                parents.append(parent)
                texts.append([*before[parent], token])
                totals.append(total)
                if len(texts) == attempt.beams:
                    break
            logits = self._layers.follow([text[-1] for text in texts], heard, parents)
        return max(finished or zip(texts, totals, strict=True), key=lambda text: text[1] / len(text[0]))


def _compression(text: str) -> float:
    from whisper.utils import compression_ratio

    return float(compression_ratio(text))
