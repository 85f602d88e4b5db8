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
from time import monotonic
from typing import Any

from yt_dlp.networking import Request, Response
from yt_dlp.networking._urllib import (
    HTTPHandler,
    ProxyHandler,
    RedirectHandler,
    UrllibResponseAdapter,
    UrllibRH,
    handle_response_read_exceptions,
)
from yt_dlp.networking.exceptions import HTTPError, RequestError, TransportError

from assistant.sources.guard import AddressRefused, connect_to_public
from assistant.sources.rules import SourceRules

# A web page or a list of pieces; the largest of real sites have about 5 MB.
_LARGEST_PAGE_BYTES = 50_000_000
# Less than any codec needs for speech: at this pace a recording would take longer to arrive than to hear.
_SLOWEST_BYTES_PER_S = 500


class Network:
    """The connections of one YoutubeDL, and the last that went wrong: its own errors do not always say.

    Attributes:
        answers: those that were not read to their end yet; yt-dlp forgets the ones it does not want.
    """

    def __init__(self, rules: SourceRules) -> None:
        self.rules = rules
        self.last_error: RequestError | None = None
        self.answers: weakref.WeakSet[LimitedResponse] = weakref.WeakSet()

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
            return _limited(super()._send(request), self._network)
        except HTTPError as error:
            error.response = _limited(error.response, self._network)
            self._network.last_error = error
            raise
        except RequestError as error:
            self._network.last_error = error
            raise


def _limited(response: UrllibResponseAdapter, network: Network) -> LimitedResponse:
    limited = LimitedResponse(response.fp, network)
    limited.unlimited = response  # it closes what it reads from when nobody holds it any more
    return limited


class _GuardedHTTP(HTTPHandler):  # type: ignore[misc]
    def __init__(self, network: Network, **settings: Any) -> None:
        super().__init__(**settings)
        self._network = network

    def _make_conn_class(self, base: Any, request: Any) -> Any:
        plain = super()._make_conn_class(base, request)
        if self._network.rules.allow_local:
            return plain

        class GuardedConnection(plain):  # type: ignore[misc,valid-type]
            def connect(self) -> None:
                self._create_connection = connect_to_public
                super().connect()

        return GuardedConnection

    def http_response(self, request: Any, response: Any) -> Any:
        """Unpacks a compressed page, up to its limit: a few bytes can stand for many gigabytes."""
        if response.headers.get("Content-Encoding", "").strip().lower() not in ("gzip", "x-gzip"):
            return response
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        packed = LimitedResponse(response, self._network).read()
        page = unpacker.decompress(packed, _LARGEST_PAGE_BYTES)
        if unpacker.unconsumed_tail:
            raise http.client.HTTPException(f"the page is larger than {_LARGEST_PAGE_BYTES} bytes when it is unpacked")
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


class LimitedResponse(UrllibResponseAdapter):  # type: ignore[misc]
    """An answer that is read as it arrives, not too slowly, and, where all of it is wanted at once, not too much."""

    def __init__(self, response: Any, network: Network) -> None:
        super().__init__(response)
        self._network = network
        self._waited_s, self._arrived_bytes = 0.0, 0
        self.unlimited: UrllibResponseAdapter | None = None
        network.answers.add(self)

    def read(self, amt: int | None = None) -> bytes:
        if self.closed:
            return b""
        try:
            return self._page() if amt is None else self._piece(amt)
        except RequestError as error:
            self._network.last_error = error
            raise
        except Exception as error:
            try:
                handle_response_read_exceptions(error)
            except RequestError as known:
                self._network.last_error = known
                raise
            raise

    def _page(self) -> bytes:
        pieces = bytearray()
        while piece := self._piece(1 << 16):
            pieces += piece
            if len(pieces) > _LARGEST_PAGE_BYTES:
                raise TransportError(f"the page is larger than {_LARGEST_PAGE_BYTES} bytes")
        return bytes(pieces)

    def _piece(self, amount: int) -> bytes:
        """What has arrived, up to `amount` bytes. `read` would wait for all of them, however slowly they come."""
        before_s = monotonic()
        piece: bytes = self.fp.read1(amount)
        self._waited_s += monotonic() - before_s
        self._arrived_bytes += len(piece)
        limit_s = self._network.rules.stalled_s
        if self._waited_s > limit_s:
            if self._arrived_bytes < limit_s * _SLOWEST_BYTES_PER_S:
                raise TransportError(f"only {self._arrived_bytes} bytes in {self._waited_s:.0f} s")
            self._waited_s, self._arrived_bytes = 0.0, 0
        return piece
