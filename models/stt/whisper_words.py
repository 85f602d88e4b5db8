"""When each word was said: openai-whisper's alignment, from cross-attention that is already there, a little later."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.types import Word

if TYPE_CHECKING:
    from torch import Tensor
    from whisper.tokenizer import Tokenizer

    from models.stt.whisper_decoder import Decoded

# What follows is openai-whisper's; whisper/timing.py.
_MEL_FRAMES_PER_S = 100
_FRAMES_PER_S = 50  # of the encoder
_FILTER_WIDTH = 7
_LONGEST_MEDIAN_S = 0.7
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
_SENTENCE_ENDS = ".。!！?？"
# Ours: attention moves on to a word before its sound begins. Words of the Coqui voice, whose times it knows, came 0.125
# s early in the median (160 words, Whisper base); the times of recordings in eight languages say the same.
_EARLY_S = 0.1


def word_times(tokenizer: Tokenizer, decoded: Decoded, scores: Tensor, duration_s: float) -> tuple[Word, ...]:
    """Aligns a text with its sound by dynamic time warping.

    Args:
        decoded: at least one token.
        scores: of `WhisperDecoder.attend`.
        duration_s: of the sound, without the silence behind it.

    Returns:
        Words with the punctuation that belongs to them, times from the start of the sound.
    """
    from whisper.timing import WordTiming, merge_punctuations

    texts, tokens = tokenizer.split_to_word_tokens([*decoded.tokens, tokenizer.eot])
    ends = np.cumsum([len(each) for each in tokens[:-1]])
    starts_s = _starts(scores, len(tokenizer.sot_sequence), duration_s)
    # A beam search leaves no probabilities of single tokens.
    likely = decoded.probabilities or [float(np.exp(decoded.mean_log_probability))] * len(decoded.tokens)
    spoken = [
        WordTiming(text, each, starts_s[start], starts_s[end], float(np.mean(likely[start:end])))
        for text, each, start, end in zip(texts, tokens, [0, *ends[:-1]], ends, strict=False)
    ]
    longest_s = _shorten_at_sentences(spoken)
    merge_punctuations(spoken, _PREPENDED, _APPENDED)
    words = [word for word in spoken if word.word.strip()]
    _shorten_first(words, longest_s)
    return tuple(
        Word(word.word.strip(), _later(word.start, duration_s), _later(word.end, duration_s), word.probability)
        for word in words
    )


def _later(time_s: float, duration_s: float) -> float:
    return round(min(float(time_s) + _EARLY_S, duration_s), 2)


def _starts(scores: Tensor, n_start: int, duration_s: float) -> Any:
    """Seconds at which each token begins, the end of the text among them; shape (n_tokens + 1,)."""
    import torch
    from whisper.timing import dtw, median_filter

    weights = scores[..., : round(duration_s * _MEL_FRAMES_PER_S) // 2].float().softmax(dim=-1)
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    weights = median_filter((weights - mean) / deviation, _FILTER_WIDTH)
    tokens, frames = dtw(-weights.mean(dim=0)[n_start:-1])
    jumps = np.pad(np.diff(tokens), (1, 0), constant_values=1).astype(bool)
    return frames[jumps] / _FRAMES_PER_S


def _shorten_at_sentences(words: Sequence[Any]) -> float:
    """What is too long before or behind the end of a sentence has a pause in it. Returns the longest that is usual."""
    lengths_s = np.array([word.end - word.start for word in words])
    lengths_s = lengths_s[lengths_s.nonzero()]
    longest_s = 2 * min(_LONGEST_MEDIAN_S, float(np.median(lengths_s))) if len(lengths_s) else 0.0
    for before, word in itertools.pairwise(words) if longest_s else ():
        if word.end - word.start > longest_s:
            if word.word in _SENTENCE_ENDS:
                word.end = word.start + longest_s
            elif before.word in _SENTENCE_ENDS:
                word.start = word.end - longest_s
    return longest_s


def _shorten_first(words: Sequence[Any], longest_s: float) -> None:
    """The first words take up the silence before them."""
    if not words or words[0].end <= 2 * longest_s:
        return
    second = words[1] if len(words) > 1 else None
    if words[0].end - words[0].start > longest_s or (second and second.end - words[0].start > 2 * longest_s):
        if second and second.end - second.start > longest_s:
            words[0].end = second.start = max(second.end / 2, second.end - longest_s)
        words[0].start = max(0.0, words[0].end - longest_s)
