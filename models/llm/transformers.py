"""Any causal language model of Hugging Face transformers: BLOOM, GPT-J, GPT-NeoX, Llama and what came after them.

The order of things is here: read the prompt, write token by token. How a prompt is written down is in `prompts`, what
is remembered of it in `kv_cache`, the model itself in `causal_lm`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from models.errors import PromptTooLong
from models.llm.causal_lm import CausalLM
from models.llm.kv_cache import CachedPrompt, PromptCaches, common
from models.llm.prompts import PromptName, choose
from models.llm.reply_text import ReplyText
from models.llm.sampling import next_token
from models.settings import read
from models.types import EngineSpec, Message, Pause, ReplyOptions, TokenCount

if TYPE_CHECKING:
    import torch

# Tokens that are read before the driver may cancel: 0.1 s for 135 million parameters on two cores. A GPU reads 512 as
# fast as 64.
_BLOCK_ON_CPU, _BLOCK = 64, 512


@dataclass(frozen=True, slots=True)
class TransformersOptions:
    """The engine's own settings.

    Attributes:
        prompt: "chat": the model's chat template; "chat_with_examples": the same, beginning with example exchanges,
            for small models; "dialogue": a written conversation that begins with them, for models that only continue
            texts; "auto": "chat" where the model has a template, else "dialogue".
        quantize: "int8": on the CPU, linear layers in 8 bits. Faster, less memory, and not quite the same replies.
        context_tokens: prompt and reply together; 0: what the model was made for.
        cache_tokens: that are remembered of earlier prompts, all conversations together. One takes 46 kB of SmolLM2
            135M on a CPU, 0.46 MB of GPT-J on a GPU. Where the conversations that go on at once are longer together,
            each finds its own forgotten when it comes back, and is read from its beginning at every turn.
    """

    prompt: PromptName = "auto"
    quantize: Literal["none", "int8"] = "none"
    context_tokens: int = 0
    cache_tokens: int = 8192

    def __post_init__(self) -> None:
        if self.context_tokens < 0 or self.cache_tokens < 0:
            raise ValueError("context_tokens and cache_tokens cannot be negative")


class TransformersLanguageModel:
    """Answers with a model from a folder, any number of conversations."""

    by_turns = True

    def __init__(self, spec: EngineSpec) -> None:
        """Loads the weights.

        Raises:
            SettingError: an option, the device or the number type is wrong.
            WeightsInvalid: the folder holds no causal language model that can be loaded.
        """
        options = read(TransformersOptions, spec.options, "options of the transformers llm")
        self._model = CausalLM(spec)
        if options.quantize == "int8":
            self._model.quantise()
        self._prompt = choose(options.prompt, self._model.tokenizer)
        self._context = options.context_tokens or self._model.context_tokens
        self._caches = PromptCaches(options.cache_tokens)
        self._block = _BLOCK_ON_CPU if self._model.device.type == "cpu" else _BLOCK

    def warm_up(self) -> None:
        """Reads two tokens at once and one alone: the two shapes that a reply needs."""
        cached = PromptCaches(0).begin([])
        self._model.extend(cached, [0, 0])
        self._model.extend(cached, [0])

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[str | TokenCount]:
        """Yields deltas; some are "": after each block of a long prompt, and while a character is not whole.

        Raises:
            PromptTooLong: the conversation is longer than the context.
            EngineFailed: the model computes no numbers.
        """
        prompt = self._prompt.for_reply(messages, options.language)
        room = self._context - len(prompt)
        if room < 1:
            raise PromptTooLong(
                f"the conversation is {len(prompt)} tokens long, and the model takes {self._context} with the reply; "
                "shorten the instructions or what the conversation remembers"
            )
        cached = self._caches.begin(prompt)
        logits = yield from self._read(cached, prompt)
        text = ReplyText(self._model.tokenizer, prompt, (*self._prompt.stop_strings, *options.stop))
        tokens = self._write(cached, logits, options)
        longest, written = min(room, options.max_new_tokens), 0
        for token, _ in zip(tokens, range(longest), strict=False):
            written += 1
            yield text.push(token)
            if text.ended:
                break
        else:
            yield text.flush()
        if options.count_tokens:
            yield TokenCount(len(prompt), written, was_cut=written == longest and not text.ended)

    def prepare(self, messages: Sequence[Message], language: str = "en") -> Iterator[str]:
        """Reads the prompt as far as it is known; yields "" after each block, where it may be cancelled.

        Args:
            messages: the last one is what the user has said so far, if anything.
            language: of the reply to come.
        """
        prompt = self._prompt.so_far(messages, language)[: self._context]
        yield from self._read(self._caches.begin(prompt), prompt)

    def likelihoods(self, prompt: str, continuations: Sequence[str]) -> Iterator[float | Pause]:
        """Reads the prompt once; only the continuations are read for each.

        Raises:
            PromptTooLong: both together are longer than the context.
            EngineFailed: the model computes no numbers.
        """
        before = self._model.tokenizer(prompt).input_ids
        for continuation in continuations:
            text = self._model.tokenizer(prompt + continuation).input_ids
            if len(text) > self._context:
                raise PromptTooLong(f"the text is {len(text)} tokens long, and the model takes {self._context}")
            shared = common(before, text)
            cached = self._caches.begin(text[:shared])
            while (start := len(cached.tokens)) + self._block < shared:
                self._model.extend(cached, text[start : start + self._block])
                yield Pause(0)
            logits = self._model.extend_all(cached, text[len(cached.tokens) : -1], len(text) - shared)
            chosen = logits.float().log_softmax(dim=-1)[range(len(logits)), text[shared:]]
            yield float(chosen.sum())

    def _read(self, cached: CachedPrompt, prompt: Sequence[int]) -> Generator[str, None, torch.Tensor]:
        """Reads what is not cached, one token at least; yields "" after each block, returns the last logits."""
        while True:
            start = len(cached.tokens)
            logits = self._model.extend(cached, prompt[start : start + self._block])
            yield ""
            if len(cached.tokens) == len(prompt):
                return logits

    def _write(self, cached: CachedPrompt, logits: torch.Tensor, options: ReplyOptions) -> Iterator[int]:
        """Yields tokens until the model ends its reply, each before the next is computed."""
        generator = self._model.generator(options)
        reply: list[int] = []
        while (token := next_token(logits, reply, options, generator)) not in self._model.end_tokens:
            reply.append(token)
            yield token
            logits = self._model.extend(cached, [token])
