"""Any server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, and the company's own.

Reference: https://platform.openai.com/docs/api-reference/chat/create (streamed as server-sent events, WHATWG HTML
section 9.2). top_k and repetition_penalty are not part of it, but the three local servers take them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from models.errors import EngineFailed, SettingError
from models.llm.server_sent_events import events
from models.settings import read
from models.types import EngineSpec, Message, ReplyOptions, TokenCount

if TYPE_CHECKING:
    import httpx

# How much of an error that a server sends is worth reading out.
_ERROR_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """The engine's own settings.

    Attributes:
        base_url: up to and with "/v1"; the default is Ollama on this machine.
        api_key_env: name of the environment variable that holds the key; "": the server wants none.
        timeout_s: longest wait for the connection, and for each piece of the reply. A local server that must first load
            a large model is silent for that long.
    """

    base_url: str = "http://127.0.0.1:11434/v1"
    api_key_env: str = ""
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f'base_url = "{self.base_url}" does not begin with http:// or https://')
        if not self.timeout_s > 0:  # nor is NaN
            raise ValueError(f"timeout_s = {self.timeout_s} is not above 0")


class OpenAILanguageModel:
    """Answers through a server. Only what is said is sent there: no name, no audio."""

    by_turns = True

    def __init__(self, spec: EngineSpec) -> None:
        """Connects to nothing yet.

        Raises:
            SettingError: an option is wrong, no model is named, or the variable with the key is not set.
        """
        import httpx

        self._options = read(OpenAIOptions, spec.options, "options of the openai llm")
        if not spec.model:
            raise SettingError("the openai llm needs the name of a model, as the server knows it")
        self._model = spec.model
        try:
            url = httpx.URL(self._options.base_url)
        except httpx.InvalidURL as error:
            raise SettingError(f'base_url = "{self._options.base_url}": {error}') from error
        # The proxy of the environment is for other machines.
        self._client = httpx.Client(
            base_url=url, headers=self._headers(), timeout=self._options.timeout_s, trust_env=not _is_here(url)
        )

    def warm_up(self) -> None:
        """Has nothing to warm up: a server that is not there yet may come later."""

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[str | TokenCount]:
        """Yields deltas as the server sends them. Closing the generator closes the connection, which stops the server.

        Raises:
            EngineFailed: the server is out of reach, refuses, breaks off, or sends something else.
        """
        request = self._request(messages, options)
        with self._failures_named(), self._client.stream("POST", "chat/completions", json=request) as response:
            if response.status_code != HTTPStatus.OK:
                response.read()
                raise EngineFailed(self._refusal(response))
            yield from self._deltas(response, options)

    def prepare(self, messages: Sequence[Message], language: str = "en") -> Iterator[str]:
        """Has nothing to prepare: the protocol knows no such request."""
        yield from ()

    def likelihoods(self, prompt: str, continuations: Sequence[str]) -> Iterator[float]:
        """Always fails: the protocol has no way to ask how likely a given text is.

        Raises:
            EngineFailed: see above.
        """
        raise EngineFailed(f"the language model server {self._options.base_url} cannot tell how likely a given text is")
        yield  # makes it a generator, as the others are: nothing happens before the first item is asked for

    def _headers(self) -> Mapping[str, str]:
        name = self._options.api_key_env
        if not name:
            return {}
        key = os.environ.get(name, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise SettingError(f'api_key_env = "{name}": the environment holds no key under this name')
        return {"Authorization": f"Bearer {key}"}

    def _request(self, messages: Sequence[Message], options: ReplyOptions) -> Mapping[str, object]:
        """Leaves out what has no effect, since strict servers refuse fields that they do not know."""
        request: dict[str, object] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "stream": True,
            "max_tokens": options.max_new_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
        }
        if options.top_k:
            request["top_k"] = options.top_k
        if options.repetition_penalty != 1:
            request["repetition_penalty"] = options.repetition_penalty
        if options.seed is not None:
            request["seed"] = options.seed
        if options.stop:
            request["stop"] = list(options.stop)
        if options.count_tokens:
            request["stream_options"] = {"include_usage": True}
        return request

    def _deltas(self, response: httpx.Response, options: ReplyOptions) -> Iterator[str | TokenCount]:
        finish_reason, left = "", options.max_new_tokens
        for event in events(response.iter_bytes()):
            if event == "[DONE]":
                return
            chunk = _read_chunk(event)
            finish_reason = chunk.finish_reason or finish_reason
            if chunk.text:
                if not left:  # a server that disregards max_tokens is stopped: a delta holds at least one token
                    return
                left -= 1
                yield chunk.text
            if chunk.usage and options.count_tokens:
                yield TokenCount(*chunk.usage, was_cut=finish_reason == "length")
        if not finish_reason:
            raise ValueError("the stream ended before the reply did")

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        import httpx

        where = f"the language model server {self._options.base_url}"
        try:
            yield
        except httpx.ConnectError as error:
            raise EngineFailed(f"{where} cannot be reached ({error}); is it running?") from error
        except httpx.TimeoutException as error:
            raise EngineFailed(f"{where} was silent for {self._options.timeout_s:g} s; raise timeout_s?") from error
        except (httpx.HTTPError, ValueError) as error:
            raise EngineFailed(f"{where} failed: {error}") from error

    def _refusal(self, response: httpx.Response) -> str:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        hints: Mapping[int, str] = {
            HTTPStatus.UNAUTHORIZED: "; name the variable that holds the key with api_key_env",
            HTTPStatus.NOT_FOUND: f'; does it have the model "{self._model}"?',
        }
        hint = hints.get(response.status_code, "")
        return f"the language model server {self._options.base_url} answers {status}: {_message(response.text)}{hint}"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Of a reply; `usage`: tokens of the prompt and of the reply, if they are told."""

    text: str
    finish_reason: str
    usage: tuple[int, int] | None


def _read_chunk(event: str) -> _Chunk:
    """What a `chat.completion.chunk` says.

    Raises:
        ValueError: it is something else.
        EngineFailed: it is an error.
    """
    try:
        chunk = json.loads(event)
        if chunk.get("error"):
            raise EngineFailed(f"the language model server broke off the reply: {_message(event)}")
        used = chunk.get("usage")
        usage = (int(used["prompt_tokens"]), int(used["completion_tokens"])) if used else None
        choices = chunk["choices"]
        if not choices:  # the last chunk may hold nothing but the usage
            return _Chunk("", "", usage)
        return _Chunk(str(choices[0]["delta"].get("content") or ""), choices[0].get("finish_reason") or "", usage)
    except (LookupError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"it sent what is not part of a chat completion: {event[:_ERROR_CHARACTERS]!r}") from error


def _message(body: str) -> str:
    """The server's own words, in one short line, from {"error": {"message": …}}, {"error": …} or anything else."""
    try:
        error = json.loads(body)["error"]
        body = error["message"] if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, TypeError):
        pass
    return " ".join(str(body).split())[:_ERROR_CHARACTERS] or "nothing more"


def _is_here(url: httpx.URL) -> bool:
    return url.host in ("localhost", "127.0.0.1", "::1")
