"""All routes of the server in one application."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from assistant.serve.errors import RequestError
from assistant.serve.gate import Gate
from assistant.serve.http import chat, images, listing, speech, transcriptions
from assistant.serve.realtime.socket import add_realtime
from assistant.serve.service import Service

# How pydantic names, within a place, one of several kinds that a value may be of: "constrained-str", "list[TextPart]".
_KIND = re.compile(r"-|\[[^]]")
# What FastAPI says of a body that is no JSON, and of one that it takes for a text; and how long the place is.
_NO_OBJECT = (("json_invalid", 2), ("model_attributes_type", 1))


def create_app(service: Service) -> FastAPI:
    """The application. No page of documentation: those of FastAPI load their scripts from elsewhere.

    Every request and every WebSocket passes the `Gate` first, which knows keys, origins and limits.
    """
    app = FastAPI(title="assistant", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, service=service)
    if service.settings.origins:  # otherwise pages of others get no answer at all
        app.add_middleware(
            CORSMiddleware,
            allow_origins=service.settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(Exception, _broken)
    for part in (listing, transcriptions, speech, chat, images):
        app.include_router(part.routes(service))
    add_realtime(app, service)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return app


async def _not_understood(request: Request, error: Exception) -> Response:
    """The first thing that is wrong with a body."""
    assert isinstance(error, RequestValidationError)
    found = _deepest(error.errors())
    if (found["type"], len(found["loc"])) in _NO_OBJECT:
        message = "The body is no JSON object, or is not said to be one with content-type: application/json."
        return _response(RequestError(400, "invalid_json", message))
    param = ".".join(str(part) for part in found["loc"][1:] if not _KIND.search(str(part)))
    # What must be empty would ask for what is not known here.
    reason = "this server cannot do that" if found.get("ctx", {}).get("max_length") == 0 else found["msg"]
    return _response(RequestError(400, found["type"], f"{param or 'the body'}: {reason}", param=param))


def _deepest(errors: Sequence[Any]) -> Any:
    """Of the first value that is wrong: where it may be of several kinds, the error of the kind that fits best."""
    place = [part for part in errors[0]["loc"] if not _KIND.search(str(part))]
    same = [error for error in errors if list(error["loc"][: len(place)]) == place]
    return max(same, key=lambda error: len(error["loc"]), default=errors[0])


async def _not_served(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, RequestError):  # FastAPI wraps what goes wrong while a body comes
        return _response(error.__cause__)
    codes = {404: "not_found", 405: "method_not_allowed"}
    return _response(RequestError(error.status_code, codes.get(error.status_code, "invalid_request"), error.detail))


async def _broken(request: Request, error: Exception) -> Response:
    """A defect of this program; uvicorn logs where it is."""
    return _response(RequestError(500, "internal_error", "The server failed; its log says more."))


def _response(error: RequestError) -> Response:
    return JSONResponse(error.body(), error.status, error.headers())
