"""The only way in which yt-dlp reaches the network here: http and https, to public addresses, with limits.

yt-dlp has no public place for such rules, so parts of its private `_urllib` are built upon. Should they be renamed,
nothing is fetched at all: tests say so first.
"""

from __future__ import annotations

import functools
import http.client
import io
import urllib.request
import urllib.response
import weakref
import zlib
from typing import Any

from yt_dlp.networking import Request, Response
from yt_dlp.networking._urllib import (
    HTTPHandler,
    ProxyHandler,
    RedirectHandler,
    UrllibResponseAdapter,
    UrllibRH,
)
from yt_dlp.networking.exceptions import HTTPError, RequestError

from assistant.sources.guard import AddressRefused, connect_to_public
from assistant.sources.pace import LARGEST_PAGE_BYTES, PacedResponse
from assistant.sources.rules import SourceRules


class Network:
    """The connections of one YoutubeDL, and the last that went wrong: its own errors do not always say.

    Attributes:
        answers: those that were not read to their end yet; yt-dlp forgets the ones it does not want.
    """

    def __init__(self, rules: SourceRules) -> None:
        self.rules = rules
        self.last_error: RequestError | None = None
        self.answers: weakref.WeakSet[NotedResponse] = weakref.WeakSet()

    def close(self) -> None:
        """Ends all connections."""
        for answer in list(self.answers):
            answer.close()

    def director(self, build: Any) -> Any:
        """
        Args:
            build: `YoutubeDL.build_request_director`.
        """
        return build([functools.partial(GuardedRH, network=self)])


class GuardedRH(UrllibRH):  # type: ignore[misc]  # yt-dlp's request handlers have no types
    """yt-dlp's own way through urllib, guarded; the suffix is demanded by yt-dlp."""

    _SUPPORTED_URL_SCHEMES = ("http", "https", "data")  # "data" is text within a playlist, not a place
    RH_NAME = "guarded"

    def __init__(self, *, network: Network, **settings: Any) -> None:
        super().__init__(**settings)
        self._network = network

    def _create_instance(self, proxies: Any, cookiejar: Any, legacy_ssl_support: Any = None) -> Any:
        """As in yt-dlp, without ftp and file."""
        opener = urllib.request.OpenerDirector()
        for handler in (
            ProxyHandler(proxies),
            _GuardedHTTP(self._network, context=self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)),
            urllib.request.HTTPCookieProcessor(cookiejar),
            urllib.request.DataHandler(),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _GuardedRedirects(),
        ):
            opener.add_handler(handler)
        opener.addheaders = []
        return opener

    def _prepare_headers(self, _: Request, headers: Any) -> None:
        headers.setdefault("Accept-Encoding", "gzip")

    def _send(self, request: Request) -> Response:
        try:
            return _noted(super()._send(request), self._network)
        except HTTPError as error:
            error.response = _noted(error.response, self._network)
            self._network.last_error = error
            raise
        except RequestError as error:
            self._network.last_error = error
            raise


def _noted(response: UrllibResponseAdapter, network: Network) -> NotedResponse:
    noted = NotedResponse(response.fp, network)
    noted.unnoted = response  # it closes what it reads from when nobody holds it any more
    return noted


class _GuardedHTTP(HTTPHandler):  # type: ignore[misc]
    def __init__(self, network: Network, **settings: Any) -> None:
        super().__init__(**settings)
        self._network = network

    def _make_conn_class(self, base: Any, request: Any) -> Any:
        plain = super()._make_conn_class(base, request)
        rules = self._network.rules

        class GuardedConnection(plain):  # type: ignore[misc,valid-type]
            response_class = staticmethod(functools.partial(PacedResponse, stalled_s=rules.stalled_s))

            def connect(self) -> None:
                if not rules.allow_local:
                    self._create_connection = connect_to_public
                super().connect()

        return GuardedConnection

    def http_response(self, request: Any, response: Any) -> Any:
        """Unpacks a compressed page, up to its limit: a few bytes can stand for many gigabytes."""
        if response.headers.get("Content-Encoding", "").strip().lower() not in ("gzip", "x-gzip"):
            return response
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        page = unpacker.decompress(response.read(), LARGEST_PAGE_BYTES)
        if unpacker.unconsumed_tail:
            raise http.client.HTTPException(f"the page is larger than {LARGEST_PAGE_BYTES} bytes when it is unpacked")
        unpacked = urllib.response.addinfourl(io.BytesIO(page), response.headers, response.url, response.code)
        unpacked.msg = response.msg  # type: ignore[attr-defined]
        return unpacked

    https_response = http_response


class _GuardedRedirects(RedirectHandler):  # type: ignore[misc]
    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        """urllib itself refuses file, but follows ftp."""
        if not newurl.lower().startswith(("http://", "https://")):
            fp.close()
            raise AddressRefused(f"{req.full_url} leads to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class NotedResponse(UrllibResponseAdapter):  # type: ignore[misc]
    """An answer whose last error is remembered."""

    def __init__(self, response: Any, network: Network) -> None:
        super().__init__(response)
        self._network = network
        self.unnoted: UrllibResponseAdapter | None = None
        network.answers.add(self)

    def read(self, amt: int | None = None) -> bytes:
        try:
            return bytes(super().read(amt))
        except RequestError as error:
            self._network.last_error = error
            raise
