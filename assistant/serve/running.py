"""From an application to a server that listens, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

from starlette.types import ASGIApp

from assistant.errors import AssistantError
from assistant.serve.settings import Limits

# Connections at once, of whatever kind; a process may have 1,024 files open, and the models need some.
_CONNECTIONS = 500


class CannotListen(AssistantError):
    """The address is not this machine's, or the port is taken."""


def listen(host: str, port: int) -> socket.socket:
    """Takes the port; whoever connects now waits until the server runs.

    Raises:
        CannotListen: see there.
    """
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family)
    except socket.gaierror as error:
        raise CannotListen(f"cannot listen on {host}: {error.strerror}; try another --host") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise CannotListen(f"cannot listen on {host}, port {port}: {reason}; try another --port") from error


def address(listening: socket.socket) -> str:
    """As a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def run(app: ASGIApp, listening: socket.socket, limits: Limits) -> None:
    """Serves until SIGINT or SIGTERM, or until it is cancelled; open streams end at once then."""
    import uvicorn

    from assistant.serve.slow_requests import PunctualProtocol

    logging.getLogger("uvicorn.error").addFilter(_is_failure)
    config = uvicorn.Config(
        app,
        http=PunctualProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever sends requests could choose an address, and with it a rate, for each
        ws_max_size=limits.message_bytes,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=0,
    )
    await uvicorn.Server(config).serve([listening])


def _is_failure(record: logging.LogRecord) -> bool:
    """Streams that were open when the server was ended are none; uvicorn takes them for errors."""
    error = record.exc_info[1] if record.exc_info else None
    text = record.getMessage()
    is_expected = "graceful shutdown exceeded" in text or text.rstrip().endswith("CancelledError")
    return not isinstance(error, asyncio.CancelledError) and not is_expected
