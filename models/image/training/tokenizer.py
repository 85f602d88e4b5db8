"""The tokenizer: CLIP's byte-pair encoding, with a vocabulary of the captions' own."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.image.training import captions, slots
from models.image.training.things import Thing

_ENTRIES = 2500  # every word of most names is one token; each more costs 256 bytes
_CAPTIONS = 6  # of each thing
_SEEN = 3  # times at least, before a pair of pieces becomes one
_END = "</w>"
_BEGIN_TEXT, _END_TEXT = "<|startoftext|>", "<|endoftext|>"
# As CLIP takes a text apart before its pairs are looked for.
_WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-zà-ÿ]+|[0-9]|[^\sa-z0-9]+")


def train(things: Sequence[Thing], folder: Path) -> Any:
    """Learns the vocabulary, writes it, and returns a CLIPTokenizer; one that is written already is used as it is."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    if (folder / "merges.txt").is_file():  # written last
        return CLIPTokenizer.from_pretrained(folder, model_max_length=slots.N_TOKENS)
    alphabet = list(bytes_to_unicode().values())  # type: ignore[no-untyped-call]
    learner = Tokenizer(models.BPE(end_of_word_suffix=_END))
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=_ENTRIES - len(alphabet) - 2,
        min_frequency=_SEEN,
        end_of_word_suffix=_END,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    learner.train_from_iterator(_texts(things), trainer)
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    pieces = [*alphabet, *(letter + _END for letter in alphabet), *("".join(pair) for pair in merges)]
    entries = dict.fromkeys([*pieces, _BEGIN_TEXT, _END_TEXT])
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    partial = folder / ".merges.txt"
    partial.write_text("\n".join(lines) + "\n", "utf-8")
    os.replace(partial, folder / "merges.txt")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=slots.N_TOKENS)


def _texts(things: Sequence[Thing]) -> Iterator[str]:
    rng = random.Random(0)
    for thing in things:
        said = [captions.caption(thing, rng) for _ in range(_CAPTIONS)] + list(thing.names)
        yield " ".join(_WORD.findall(" ".join(said).lower()))
