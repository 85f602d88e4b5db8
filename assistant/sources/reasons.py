"""Why a link could not be followed, from what yt-dlp says about it."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from yt_dlp.networking.exceptions import (
    CertificateVerifyError,
    HTTPError,
    NoSupportingHandlers,
    RequestError,
    TransportError,
    UnsupportedRequest,
)
from yt_dlp.utils import (
    ContentTooShortError,
    DownloadError,
    GeoRestrictedError,
    UnavailableVideoError,
    UnsupportedError,
    UserNotLive,
)

from assistant.sources.guard import AddressRefused
from assistant.sources.item import ItemFailed, Reason

_STATUSES = {
    401: Reason.PRIVATE,
    402: Reason.MEMBERS_ONLY,
    403: Reason.PRIVATE,
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
    451: Reason.REGION,
}
# Answers that another try may change.
_PASSING = {408, 425, 429, 500, 502, 503, 504}

# What sites say, the particular before the general. YouTube's own sentences are handed on by yt-dlp (extractor/youtube/
# _video.py, `playabilityStatus`); the others are its own (extractor/common.py, downloader/*.py, YoutubeDL.py).
_SENTENCES = [
    (r"confirm you.{1,3}re not a bot|captcha|anti-bot challenge", Reason.BOT_CHECK),
    (r"rate-limited|content isn.t available, try again later|too many requests", Reason.RATE_LIMITED),
    (r"confirm your age|age-restricted|inappropriate for some users|age verification", Reason.AGE_RESTRICTED),
    (r"members-only|channel's members|join this channel|requires payment|premium members", Reason.MEMBERS_ONLY),
    (r"private video|(video|playlist) is private|granted access|registered users|log ?in|sign in", Reason.PRIVATE),
    (r"in your country|in your region|your location|geo.?restrict", Reason.REGION),
    (r"live event will begin|premieres? in|is live|currently live|not yet (aired|started)|is offline", Reason.LIVE),
    (r"live stream recording is not available|livestream", Reason.LIVE),
    (r"\bDRM\b", Reason.DRM),
    (
        r"has been removed|no longer available|account .{0,60}terminated|removed by the|video unavailable",
        Reason.REMOVED,
    ),
    (r"this (video|playlist|channel) (is not available|is unavailable|does not exist)", Reason.REMOVED),
    (r"skipped for safety reasons", Reason.REFUSED),
    (r"did not get any data blocks|the downloaded file is empty", Reason.EMPTY),
    (r"requested format is not available|only images are available", Reason.NO_AUDIO),
    (r"no suitable extractor|unsupported url|is not a valid url|no video formats found", Reason.UNSUPPORTED),
    (r"timed out|connection (reset|refused|aborted)|bytes read|expected \d+ bytes", Reason.NETWORK),
]
_ADVICE = {
    Reason.PRIVATE: "if you may see it, give your cookies with --cookies FILE",
    Reason.AGE_RESTRICTED: "give the cookies of a grown-up's account with --cookies FILE",
    Reason.MEMBERS_ONLY: "if you are a member, give your cookies with --cookies FILE",
    Reason.BOT_CHECK: "give the cookies of your browser with --cookies FILE, or try again later",
    Reason.RATE_LIMITED: "try again later",
    Reason.UNSUPPORTED: "see that the link leads to a recording",
}
# What systems say where a name has no address: most often there is no network at all.
_NO_SUCH_NAME = re.compile(
    r"Name or service not known|nodename nor servname|name resolution|No address associated|getaddrinfo failed"
)
_OUTPUT_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG}


def failure(name: str, error: Exception, last_error: RequestError | None = None) -> ItemFailed:
    """
    Args:
        name: of the item, for the message.
        error: what yt-dlp, or anything below it, raised.
        last_error: what last went wrong on the network; asked where the error has lost its cause.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ItemFailed):
            return cause
    # The downloader reports what ended its last try as a sentence only.
    if last_error is not None and "Got error: " in str(error):
        causes += _causes(last_error)
    refused = next((cause for cause in causes if isinstance(cause, AddressRefused)), None)
    if refused is not None:
        advice = "if you trust the link and mean your own network, give --allow-local"
        return ItemFailed(Reason.REFUSED, f"{name}: {refused}; {advice}")
    if "unable to download video data: HTTP Error 403" in str(error):
        # The site described the recording, so it is not private. Its servers take this program for a machine, or the
        # link has run out; a new look often helps.
        return ItemFailed(Reason.BOT_CHECK, f"{name}: {_sentence(error)}; {_ADVICE[Reason.BOT_CHECK]}", retry=True)
    reason, retry = next((known for cause in causes if (known := _by_type(cause))), None) or _by_sentence(causes)
    advice = f"; {_ADVICE[reason]}" if reason in _ADVICE else ""
    if reason is Reason.NETWORK and _NO_SUCH_NAME.search(str(error)):
        advice = "; see that this machine is online and that the link is spelt right"
    return ItemFailed(reason, f"{name}: {_sentence(error)}{advice}", retry=retry)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it names as its cause. What merely happened before (`__context__`) counts only below those
    that are raised while the true one is handled."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, getattr(cause, "cause", None), getattr(cause, "reason", None)]
        if isinstance(cause, DownloadError | UnavailableVideoError):
            waiting.append(cause.__context__)


def _by_type(error: BaseException) -> tuple[Reason, bool] | None:
    match error:
        case HTTPError():
            return _by_status(error)
        case GeoRestrictedError():
            return Reason.REGION, False
        case UserNotLive():
            return Reason.LIVE, False
        case UnsupportedError():
            return Reason.UNSUPPORTED, False
        case NoSupportingHandlers() | UnsupportedRequest():
            return Reason.REFUSED, False  # such as file:// behind a playlist
        case CertificateVerifyError():
            return Reason.NETWORK, False
        case TransportError() | ContentTooShortError() | TimeoutError():
            return Reason.NETWORK, True
        case OSError(errno=number) if number in _OUTPUT_ERRORS:
            return Reason.OUTPUT, False
    return None


def _by_status(error: HTTPError) -> tuple[Reason, bool]:
    if 300 <= error.status < 400 and not error.redirect_loop:
        return Reason.REFUSED, False  # a redirect to something else than http
    return _STATUSES.get(error.status, Reason.NETWORK), error.status in _PASSING


def _by_sentence(causes: list[BaseException]) -> tuple[Reason, bool]:
    said = " ".join(str(cause) for cause in causes)
    for pattern, reason in _SENTENCES:
        if re.search(pattern, said, re.IGNORECASE):
            return reason, reason in (Reason.RATE_LIMITED, Reason.NETWORK)
    return Reason.BROKEN, False


def _sentence(error: Exception) -> str:
    """What the error says, without yt-dlp's marks and its request to report a defect."""
    said = re.split(r"; please report this issue| If you believe this is an error| \(caused by ", str(error))[0]
    said = re.sub(r"^\s*(ERROR: )?\s*(\[download\] Got error: )?(\[[\w:+]+\] (\S+: )?)?", "", said)
    return " ".join(said.split()) or type(error).__name__
