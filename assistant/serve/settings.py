"""What the operator of a server decides."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from assistant.errors import AssistantError


class ServerUnsafe(AssistantError):
    """The server would be open to the network without a key."""


class NoOrigin(AssistantError):
    """What is to be allowed is nothing that a browser calls an origin, so no page would ever be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take from the others. More than that is refused with an error that says so.

    Attributes:
        upload_bytes: of a request with files: two hours of MP3, or a quarter of an hour of WAV.
        json_bytes: of any other request: a long conversation has 100 kB.
        body_s: from the first byte of a request to its last; a slow line takes two minutes for a whole upload.
        request_s: from then to the end of the answer; an hour of speech is transcribed in less on two cores.
        requests_per_minute: of one client; pages and clients that work as they should stay far below.
        concurrent_requests: of all clients; each worker has room for 32 that wait, and there are four.
        sessions: realtime conversations at once; beyond eight on two cores each waits longer than people like.
        session_s: length of a conversation; as long as OpenAI's.
        message_bytes: of a WebSocket message: 15 MiB of base64, as OpenAI takes, with what stands around it.
    """

    upload_bytes: int = 100 << 20
    json_bytes: int = 4 << 20
    body_s: float = 120.0
    request_s: float = 1800.0
    requests_per_minute: int = 240
    concurrent_requests: int = 64
    sessions: int = 16
    session_s: float = 3600.0
    message_bytes: int = 16 << 20

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: a limit lets nobody through.
        """
        for limit in fields(self):
            if not getattr(self, limit.name) > 0:
                raise ValueError(f"{limit.name} = {getattr(self, limit.name)} is not above 0")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens, and to whom.

    Attributes:
        host: an address or a name; "127.0.0.1" is this machine alone.
        port: 0 takes any that is free.
        keys: who names one of them is served; empty: everybody is, which is for loopback only.
        origins: web pages, such as "https://example.org", that may use the server beside its own.
        limits: see there.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    keys: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.keys and not is_loopback(self.host):
            raise ServerUnsafe(
                f"{self.host} can be reached from other machines: give a key with --api-key or ASSISTANT_API_KEY, "
                "or listen on 127.0.0.1"
            )
        if not all(key.isascii() and key.isprintable() and " " not in key for key in self.keys) or "" in self.keys:
            raise ServerUnsafe("a key is a word of ASCII letters, digits and signs")
        for origin in self.origins:
            _check_origin(origin)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_origin(origin: str) -> None:
    """
    Raises:
        NoOrigin: it is no scheme, host and port alone, as browsers send them (RFC 6454, section 6.2).
    """
    try:
        parts = urlsplit(origin)
        is_origin = bool(parts.scheme and parts.hostname) and origin == f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        is_origin = False
    if not is_origin:
        raise NoOrigin(f'"{origin}" is no origin; it is written like https://example.org, without anything behind it')
