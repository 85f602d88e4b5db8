"""From which web pages the server may be used. A browser sends requests for any page that somebody opens.

What no browser sends has no `Origin`, and is not meant here: keys are for that.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from assistant.serve.errors import RequestError
from assistant.serve.settings import ServerSettings, is_loopback


def check_origin(headers: Headers, settings: ServerSettings) -> None:
    """
    Args:
        headers: of a request or of a WebSocket that is being opened.

    Raises:
        RequestError: it comes from a page of somebody else, or under a name that is not this server's.
    """
    host = headers.get("host", "")
    if not settings.keys:
        _check_host(host, settings)
    origin = headers.get("origin")
    if origin is None or origin in settings.origins or (host and _host_of(origin) == host.lower()):
        return
    raise RequestError(403, "origin_not_allowed", "Pages of this origin may not use the server; see --allow-origin.")


def _check_host(host: str, settings: ServerSettings) -> None:
    """Without keys the name counts: a stranger's page can let its own name lead to this machine (DNS rebinding)."""
    allowed = {_host_of(origin) for origin in settings.origins}
    if not is_loopback(_name_of(host)) and host.lower() not in allowed:
        raise RequestError(403, "host_not_allowed", "The server is not known by this name; use 127.0.0.1 or localhost.")


def _name_of(host: str) -> str:
    """Without the port; "" of what is no name."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half of an IPv6 address
        return ""


def _host_of(origin: str) -> str:
    """The name and port of an origin, as a browser writes them into `Host`; "" of what is none, such as "null"."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
