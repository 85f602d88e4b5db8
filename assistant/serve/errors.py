"""What a client is told when a request fails, in the shape that clients of OpenAI know."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from assistant.errors import AssistantError, NoPictures, NoVoice, WorkerBusy, WorkerDied
from models.errors import LanguageUnknown, ModelError, NothingKnown, PromptTooLong

_log = logging.getLogger(__name__)


class RequestError(AssistantError):
    """A request that is not answered.

    Attributes:
        status: of the HTTP response.
        code: for programs, such as "model_not_found".
        param: the part of the request that is wrong; "" where it is none.
        retry_after_s: when it may go well; 0: not by waiting.
    """

    def __init__(self, status: int, code: str, message: str, *, param: str = "", retry_after_s: int = 0) -> None:
        super().__init__(message.encode(errors="replace").decode())  # it may quote halves of characters
        self.status = status
        self.code = code
        self.param = param
        self.retry_after_s = retry_after_s

    @property
    def kind(self) -> str:
        """What OpenAI calls `type`."""
        if self.status in (401, 403):
            return "authentication_error"
        if self.status == 429:
            return "rate_limit_error"
        return "server_error" if self.status >= 500 else "invalid_request_error"

    def body(self) -> Mapping[str, Any]:
        """The JSON object of the response, and of an error within a stream."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.param or None, "code": self.code}}

    def headers(self) -> Mapping[str, str]:
        """Of the response."""
        headers = {"retry-after": str(self.retry_after_s)} if self.retry_after_s else {}
        if self.status == 401:
            headers["www-authenticate"] = "Bearer"
        if self.status in (408, 413):  # the rest of the body would be read for ever
            headers["connection"] = "close"
        return headers


def as_request_error(error: AssistantError | ModelError) -> RequestError:
    """What a client is told of a failure: whose it is, and nothing of the inside of the server."""
    match error:
        case RequestError():
            return error
        case WorkerBusy():
            return RequestError(503, "server_busy", "Too many are waiting already; try again later.", retry_after_s=5)
        case PromptTooLong():
            return RequestError(400, "context_length_exceeded", str(error))
        case NothingKnown():
            return RequestError(400, "nothing_known", str(error), param="prompt")
        case LanguageUnknown():
            return RequestError(400, "language_unknown", str(error), param="language")
        case NoVoice():
            return RequestError(400, "no_voice", "No voice of this server speaks the language.", param="language")
        case NoPictures():
            return RequestError(404, "model_not_found", "This server has no model that draws.", param="model")
        case WorkerDied():
            message = "The model broke down and is being started again; try again later."
            return RequestError(503, "engine_restarting", message, retry_after_s=10)
    _log.error("a request failed: %s", error)
    return RequestError(500, "engine_failed", "The server could not do it; its log says more.")
