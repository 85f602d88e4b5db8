"""From what was asked to what the UNet reads: cleaned, reduced where the model knows little, encoded whole.

CLIP's text encoder reads 77 tokens. A longer prompt is read in pieces of 75, whose encodings stand one after the other;
the UNet attends to all of them. Beyond four pieces it attends to nothing in particular, so longer prompts are refused.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from models.errors import PromptTooLong

if TYPE_CHECKING:
    import torch

_LONGEST_IN_PIECES = 4
_LONGEST_LIST = 80  # characters of unknown words that are named: a line on a page, and more would be read by nobody
# Unicode's controls, formats (joiners, directions), halves of surrogate pairs, private and unassigned characters.
_UNSPEAKABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


# To the user, of a `mood`.
LIGHT_NOTE = "The model draws no {}, so the light was given to it afterwards."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What will be drawn.

    Attributes:
        prompt: as the model reads it.
        notes: what the user should know of how it came about.
        left_out: stretches of the text that the model does not know.
        tint: a colour that the model does not know on this thing, to be given to the picture afterwards; "": none.
        mood: an hour whose light is given to it afterwards, such as "night"; "": none.
        shown: what the prompt is, as the user has called it: "a red apple" for "an apple"; "": as it is.
    """

    prompt: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    tint: str = ""
    mood: str = ""
    shown: str = ""


def clean(text: str) -> str:
    """Without characters that say nothing to a model, and with single spaces; may be ""."""
    seen = (" " if unicodedata.category(c) in _UNSPEAKABLE else c for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(seen).split())


def wanted(text: str, vocabulary: Literal["", "tiny-sd"], *, can_tint: bool = False) -> Wanted:
    """What a model with that vocabulary draws of it.

    Args:
        can_tint: a colour and a light that it does not know can be given to the picture afterwards.

    Raises:
        NothingKnown: not one word of the text is in the vocabulary.
    """
    prompt = clean(text)
    if not prompt or not vocabulary:
        return Wanted(prompt)
    from models.image.known_words import reduce
    from models.image.mood import mood_left_out
    from models.image.tint import colour_left_out

    reduced = reduce(prompt)
    tint = colour_left_out(reduced.dropped) if can_tint else ""
    rest = _without_colour(reduced.dropped, tint)
    mood, rest = mood_left_out(rest) if can_tint else ("", rest)
    notes = []
    if tint:
        notes.append(f"The model has never seen this in {tint}, so it was coloured afterwards.")
    if mood:
        notes.append(LIGHT_NOTE.format(mood))
    if rest:
        unknown = textwrap.shorten(", ".join(rest), _LONGEST_LIST, placeholder=" …")
        notes.append(f"The model does not know: {unknown}.")
    return Wanted(reduced.prompt, tuple(notes), rest, tint, mood, reduced.shown)


def _without_colour(left_out: Sequence[str], colour: str) -> tuple[str, ...]:
    """The stretches without the colour at the end of the first, which the picture gets."""
    if not colour:
        return tuple(left_out)
    before = left_out[0].removesuffix(colour).strip()
    return tuple(stretch for stretch in (before, *left_out[1:]) if stretch)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt as the UNet reads it.

    Attributes:
        tokens: shape (1, n_tokens, n_features).
        pooled: all of it in one row; used by XL only.
    """

    tokens: torch.Tensor
    pooled: torch.Tensor

    def towards(self, other: Encoded, part: float) -> Encoded:
        """Between two of equal length, in a straight line: at 0 this one, at 1 the other."""
        return Encoded(self.tokens.lerp(other.tokens, part), self.pooled.lerp(other.pooled, part))


class PromptEncoder:
    """The text encoders of a pipeline: one in Stable Diffusion 1 and 2, two in XL."""

    def __init__(self, pipeline: Any, longest_tokens: int) -> None:
        """
        Args:
            pipeline: of diffusers.
            longest_tokens: of a prompt; 0: four pieces.
        """
        parts = [("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2")]
        self._pipeline = pipeline
        self._encoders = [
            (getattr(pipeline, tokenizer), getattr(pipeline, encoder))
            for tokenizer, encoder in parts
            if getattr(pipeline, encoder, None) is not None
        ]
        self._is_xl = hasattr(pipeline, "tokenizer_2")
        piece = min(_room(tokenizer) for tokenizer, _ in self._encoders)
        self._longest_tokens = longest_tokens or _LONGEST_IN_PIECES * piece

    def check(self, prompt: str) -> None:
        """
        Raises:
            PromptTooLong: the model cannot read all of it.
        """
        longest = max(len(_tokens(tokenizer, prompt)) for tokenizer, _ in self._encoders)
        if longest > self._longest_tokens:
            raise PromptTooLong(
                f"the description is {longest} tokens long, and the model reads {self._longest_tokens}, about "
                f"{self._longest_tokens * 3 // 4} words; describe it in fewer words"
            )

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """The texts, in as many pieces as the longest needs.

        Args:
            texts: clean ones that were checked.
        """
        import torch

        n_pieces = max(_n_pieces(tokenizer, text) for tokenizer, _ in self._encoders for text in texts)
        with torch.no_grad():
            return [self._encode(text, n_pieces) for text in texts]

    def arguments(self, prompt: Encoded, negative: Encoded | None) -> dict[str, torch.Tensor]:
        """For the call of a pipeline.

        Args:
            prompt, negative: encoded together; without a negative one the pipeline must be called without guidance.
        """
        arguments = {"prompt_embeds": prompt.tokens}
        if self._is_xl:
            arguments["pooled_prompt_embeds"] = prompt.pooled
        if negative is not None:
            arguments["negative_prompt_embeds"] = negative.tokens
            if self._is_xl:
                arguments["negative_pooled_prompt_embeds"] = negative.pooled
        return arguments

    def _encode(self, text: str, n_pieces: int) -> Encoded:
        import torch

        read = [self._read(tokenizer, encoder, text, n_pieces) for tokenizer, encoder in self._encoders]
        encoded = Encoded(torch.cat([tokens for tokens, _ in read], dim=-1), read[-1][1])
        if not text and self._pipeline.config.get("force_zeros_for_empty_prompt"):  # as XL was taught
            return Encoded(torch.zeros_like(encoded.tokens), torch.zeros_like(encoded.pooled))
        return encoded

    def _read(self, tokenizer: Any, encoder: Any, text: str, n_pieces: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The tokens, piece after piece, (1, n_tokens, n_features), and the pooled encoding of the first piece."""
        import torch

        ids = torch.tensor(_pieces(tokenizer, text, n_pieces), device=self._pipeline._execution_device)
        output = encoder(ids, output_hidden_states=self._is_xl)
        tokens = output.hidden_states[-2] if self._is_xl else output[0]
        return tokens.reshape(1, -1, tokens.shape[-1]), output[0][:1]


def _tokens(tokenizer: Any, text: str) -> list[int]:
    tokens: list[int] = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
    return tokens


def _room(tokenizer: Any) -> int:
    """Tokens of text in one piece; the others are those of its begin and end."""
    return int(tokenizer.model_max_length) - 2


def _n_pieces(tokenizer: Any, text: str) -> int:
    return max(1, -(-len(_tokens(tokenizer, text)) // _room(tokenizer)))


def _pieces(tokenizer: Any, text: str, n_pieces: int) -> list[list[int]]:
    """The text in so many pieces, each with begin, end and padding; shape (n_pieces, 77) for CLIP."""
    tokens, room = _tokens(tokenizer, text), _room(tokenizer)
    pieces = []
    for start in range(0, n_pieces * room, room):
        piece = [tokenizer.bos_token_id, *tokens[start : start + room], tokenizer.eos_token_id]
        pieces.append(piece + [tokenizer.pad_token_id] * (room + 2 - len(piece)))
    return pieces
