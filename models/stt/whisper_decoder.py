"""Whisper's tokens to text, without time stamps: greedy, sampled, or by beam search. The same text as
`whisper.decoding` gives for the same features; what to make of it is decided in `models.stt.whisper`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
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
        guess: what will probably come out, which then takes fewer steps; counts for one sound at temperature 0.
        temperature: 0 takes the likeliest token, above that tokens are drawn.
        beams: texts that are followed at once; only at temperature 0.
        highest_compression: a text that passes this ratio is given up before its end.
    """

    prompt: str = ""
    guess: str = ""
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
        probabilities: of each token; empty after a beam search.
    """

    tokens: tuple[int, ...]
    text: str
    mean_log_probability: float
    no_speech_probability: float
    compression: float
    probabilities: tuple[float, ...] = ()


@dataclass(slots=True)
class _Text:
    """One that is being written.

    Attributes:
        random: its own, so that the same sound gives the same text in any company.
    """

    tokenizer: Tokenizer
    random: torch.Generator
    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)


class _Ahead:
    """What one pass over the start of a text, and a guess at how it goes on, has told.

    Attributes:
        logits: behind the first token, which says whether anybody speaks, behind the last one of the start, and behind
            each of the guess; shape (n_texts, 2 + n_guessed, n_vocab).
    """

    def __init__(self, guess: Sequence[int], logits: Tensor) -> None:
        self.logits = logits
        self._guess = list(guess)
        self._right = 0

    def after(self, token: int) -> Tensor | None:
        """Logits behind `token`, if it is the next of the guess and all before it were."""
        if self._right == len(self._guess) or self._guess[self._right] != token:
            return None
        self._right += 1
        return self.logits[:, 1 + self._right]

    def give_up(self) -> int:
        """How many tokens of the guess were wrong: nothing more is known from now on."""
        n_wrong = len(self._guess) - self._right
        del self._guess[self._right :]
        return n_wrong


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
        self._device = device
        special = (tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm)
        never = {*tokenizer.non_speech_tokens, *special, tokenizer.no_speech}
        self._never = torch.tensor(sorted(never), device=device)
        self._never_first = torch.tensor([*tokenizer.encode(" "), tokenizer.eot], device=device)

    def hear(self, features: Tensor) -> Heard:
        """Takes the output of the encoder, shape (n_sounds, n_frames, n_audio_state); serves any number of attempts."""
        return self._layers.hear(features)

    def languages(self, heard: Heard, tokenizer: Tokenizer) -> list[tuple[str, float]]:
        """The likeliest language of each sound, with its probability. Only multilingual models have tokens for it."""
        logits = self._layers.start([[tokenizer.sot]] * len(heard), heard, [0])[:, 0]
        codes: tuple[str, ...] = tokenizer.all_language_codes
        likeliest = logits[:, list(tokenizer.all_language_tokens)].softmax(dim=-1).max(dim=-1)
        indices, probabilities = likeliest.indices.tolist(), likeliest.values.tolist()
        return [(codes[index], probability) for index, probability in zip(indices, probabilities, strict=True)]

    def decode(self, heard: Heard, tokenizers: Sequence[Tokenizer], attempt: Attempt) -> list[Decoded]:
        """Writes down each sound in the language and for the task (transcribe, translate) of its tokenizer."""
        starts = [self._start(tokenizer, attempt.prompt) for tokenizer in tokenizers]
        rows = [starts[0].index(tokenizers[0].sot), -1]
        if attempt.beams > 1 and not attempt.temperature:
            return [
                self._beams(
                    heard.only([sound]), tokenizer, attempt, self._layers.start([start], heard.only([sound]), rows)[0]
                )
                for sound, (tokenizer, start) in enumerate(zip(tokenizers, starts, strict=True))
            ]
        guess = self._guess(tokenizers[0], attempt) if len(starts) == 1 else []
        ends = range(len(starts[0]) - 1, len(starts[0]) + len(guess))
        logits = self._layers.start([[*start, *guess] for start in starts], heard, [rows[0], *ends])
        return self._texts(heard, tokenizers, attempt, _Ahead(guess, logits))

    def attend(self, heard: Heard, tokenizers: Sequence[Tokenizer], texts: Sequence[Sequence[int]]) -> list[Tensor]:
        """Where in its sound each text was heard: cross-attention, as `whisper.timing.find_alignment` computes it.

        Returns:
            For each text scores of shape (n_aligned_heads, n_start + 1 + n_tokens + 1, n_frames): for the tokens that
            start it with the task, for the one that says that no times are written, for the text, and for its end.
        """
        wholes = [
            [*tokenizer.sot_sequence_including_notimestamps, *text, tokenizer.eot]
            for tokenizer, text in zip(tokenizers, texts, strict=True)
        ]
        longest = max(map(len, wholes))
        filled = [[*whole, *[whole[-1]] * (longest - len(whole))] for whole in wholes]  # nothing looks ahead at these
        scores = self._layers.attend(filled, heard)
        return [score[:, : len(whole)] for score, whole in zip(scores, wholes, strict=True)]

    def _start(self, tokenizer: Tokenizer, prompt: str) -> list[int]:
        start: list[int] = list(tokenizer.sot_sequence_including_notimestamps)
        if not prompt:
            return start
        room = self._most_tokens - 1 - len(start)
        return [tokenizer.sot_prev, *_tokens(tokenizer, prompt)[-room:], *start]

    def _guess(self, tokenizer: Tokenizer, attempt: Attempt) -> list[int]:
        if attempt.temperature or not attempt.guess.strip():
            return []
        return _tokens(tokenizer, attempt.guess)[: self._most_tokens]

    def _texts(self, heard: Heard, tokenizers: Sequence[Tokenizer], attempt: Attempt, ahead: _Ahead) -> list[Decoded]:
        """All at once; a text that has come to its end leaves the others.

        Args:
            ahead: what is known after the start of each text.
        """
        no_speech = ahead.logits[:, 0].softmax(dim=-1)[:, tokenizers[0].no_speech].tolist()
        logits = ahead.logits[:, 1]
        logits[:, self._never_first] = -math.inf
        # Seeded with 0: the same sound gives the same text.
        texts = [_Text(tokenizer, torch.Generator(self._device).manual_seed(0)) for tokenizer in tokenizers]
        rows = list(range(len(texts)))
        while True:
            goes_on = self._choose(logits, [texts[row] for row in rows], attempt)
            kept = [place for place, more in enumerate(goes_on) if more]
            if not kept:
                break
            parents = None if len(kept) == len(rows) else kept
            rows, heard = [rows[place] for place in kept], heard.only(kept)
            newest = [texts[row].tokens[-1] for row in rows]
            known = ahead.after(newest[0])
            self._layers.take_back(ahead.give_up() if known is None else 0)
            logits = self._layers.follow(newest, heard, parents) if known is None else known
        return [_decoded(text, probability) for text, probability in zip(texts, no_speech, strict=True)]

    def _choose(self, logits: Tensor, texts: Sequence[_Text], attempt: Attempt) -> list[bool]:
        """Adds a token to each text; says which of them go on."""
        logits[:, self._never] = -math.inf
        if attempt.temperature:
            chances = (logits / attempt.temperature).softmax(dim=-1)
            drawn = [torch.multinomial(row, 1, generator=text.random) for row, text in zip(chances, texts, strict=True)]
            chosen = torch.cat(drawn)
        else:
            chosen = logits.argmax(dim=-1)
        log_probabilities = logits.gather(1, chosen[:, None])[:, 0] - logits.logsumexp(dim=-1)
        for text, token, log_probability in zip(texts, chosen.tolist(), log_probabilities.tolist(), strict=True):
            text.log_probabilities.append(log_probability)
            if token != text.tokenizer.eot:
                text.tokens.append(token)
        return [self._goes_on(text, attempt) for text in texts]

    def _goes_on(self, text: _Text, attempt: Attempt) -> bool:
        n_tokens = len(text.tokens)
        if len(text.log_probabilities) > n_tokens or n_tokens == self._most_tokens:
            return False
        check = n_tokens % _CHECK_EVERY_TOKENS == 0
        return not check or _compression(text.tokenizer.decode(text.tokens)) <= attempt.highest_compression

    def _beams(self, heard: Heard, tokenizer: Tokenizer, attempt: Attempt, logits: Tensor) -> Decoded:
        no_speech = float(logits[0].softmax(dim=-1)[tokenizer.no_speech])
        logits = logits[1:]
        logits[:, self._never_first] = -math.inf
        texts: list[list[int]] = [[]]
        totals = [0.0]
        finished: list[tuple[list[int], float]] = []
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
        tokens, total = max(finished or zip(texts, totals, strict=True), key=lambda text: text[1] / len(text[0]))
        text = tokenizer.decode(tokens).strip()
        return Decoded(tuple(tokens), text, total / (len(tokens) + 1), no_speech, _compression(text))


def _tokens(tokenizer: Tokenizer, text: str) -> list[int]:
    """Of a text that may be anybody's: names of special tokens in it, such as "<|es|>", are words like others."""
    return list(tokenizer.encode(f" {text.strip()}", disallowed_special=()))


def _decoded(text: _Text, no_speech_probability: float) -> Decoded:
    written = text.tokenizer.decode(text.tokens).strip()
    return Decoded(
        tuple(text.tokens),
        written,
        sum(text.log_probabilities) / (len(text.tokens) + 1),
        no_speech_probability,
        _compression(written),
        tuple(math.exp(each) for each in text.log_probabilities[: len(text.tokens)]),
    )


def _compression(text: str) -> float:
    from whisper.utils import compression_ratio

    return float(compression_ratio(text))
