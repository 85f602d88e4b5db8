"""Messages to the text that a language model continues. Knows the model only by its tokenizer's chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from models.errors import EngineFailed
from models.llm.example_dialogues import examples
from models.types import Message

PromptName: TypeAlias = Literal["auto", "chat", "chat_with_examples", "dialogue"]

_SPEAKERS = {"user": "User", "assistant": "Assistant"}


class PromptForm(Protocol):
    """How messages are written down for one model."""

    stop_strings: tuple[str, ...]

    def for_reply(self, messages: Sequence[Message], language: str) -> list[int]:
        """The tokens of the prompt, up to where the reply begins, which is to be in the language (ISO 639-1)."""

    def so_far(self, messages: Sequence[Message], language: str) -> list[int]:
        """The tokens of a prompt that is not complete: the user's message, the last one, is unfinished or missing."""


class DialoguePrompt:
    """A written conversation that the model continues: for models without a chat template, such as GPT-J and BLOOM."""

    # A message is one line: what a model writes after it is the user's part, or has nothing to do with the question.
    # Some leave out the line break.
    stop_strings: tuple[str, ...] = ("\n", "User:", "Assistant:")

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def for_reply(self, messages: Sequence[Message], language: str) -> list[int]:
        """The conversation, then the name of the assistant."""
        return self._tokens(f"{self._text(messages, language)}\nAssistant:")

    def so_far(self, messages: Sequence[Message], language: str) -> list[int]:
        """The conversation up to the last word that is known."""
        return self._tokens(self._text(messages, language))

    def _text(self, messages: Sequence[Message], language: str) -> str:
        system, said = _apart(messages)
        lines = (f"{_SPEAKERS[message.role]}: {_one_line(message.text)}" for message in (*examples(language), *said))
        return "\n".join([*(message.text for message in system), *lines])

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text).input_ids)


class ChatPrompt:
    """What the model's own chat template says."""

    stop_strings: tuple[str, ...] = ()

    def __init__(self, tokenizer: Any, lead_in: Callable[[str], Sequence[Message]] | None = None) -> None:
        """Nothing is written yet.

        Args:
            tokenizer: of transformers, with a chat template.
            lead_in: what was said before the conversation, for a language; default: nothing.
        """
        self._tokenizer = tokenizer
        self._lead_in = lead_in

    def for_reply(self, messages: Sequence[Message], language: str) -> list[int]:
        """Raises EngineFailed where the template refuses the messages."""
        return self._tokens(self._render(self._whole(messages, language), add_generation_prompt=True))

    def so_far(self, messages: Sequence[Message], language: str) -> list[int]:
        """Raises EngineFailed where the template refuses the messages."""
        if messages[-1].role != "user":
            messages = [*messages, Message("user", "")]  # templates refuse a conversation without the user
        return self._tokens(self._render(self._whole(messages, language), add_generation_prompt=False))

    def _whole(self, messages: Sequence[Message], language: str) -> Sequence[Message]:
        system, said = _apart(messages)
        return [*system, *(self._lead_in(language) if self._lead_in else ()), *said]

    def _render(self, messages: Sequence[Message], **options: bool) -> str:
        import jinja2

        try:
            return self._template(messages, **options)
        except jinja2.TemplateError:  # the template has no place for a system message: Gemma, early Mistral
            messages = _without_system(messages)
        try:
            return self._template(messages, **options)
        except jinja2.TemplateError as error:
            raise EngineFailed(f"the chat template of the model refuses the conversation: {error}") from error

    def _template(self, messages: Sequence[Message], **options: bool) -> str:
        chat = [{"role": message.role, "content": message.text} for message in messages]
        return str(self._tokenizer.apply_chat_template(chat, tokenize=False, **options))

    def _tokens(self, text: str) -> list[int]:
        # The template writes the special tokens itself.
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)


def choose(name: PromptName, tokenizer: Any) -> PromptForm:
    """The form of that name; "auto" takes the model's chat template where there is one.

    Raises:
        EngineFailed: "chat" for a model without a template.
    """
    if name == "dialogue" or (name == "auto" and not tokenizer.chat_template):
        return DialoguePrompt(tokenizer)
    if not tokenizer.chat_template:
        raise EngineFailed('the model has no chat template; set prompt = "dialogue"')
    return ChatPrompt(tokenizer, examples if name == "chat_with_examples" else None)


def _one_line(text: str) -> str:
    """White space made even: a line break would end the message and let its text speak for somebody else."""
    return " ".join(text.split())


def _apart(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """The instructions, and what was said."""
    system = [message for message in messages if message.role == "system"]
    return system, [message for message in messages if message.role != "system"]


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The instructions moved into the first message of the user."""
    system, (first, *others) = _apart(messages)
    return [Message(first.role, "\n\n".join(message.text for message in (*system, first))), *others]
