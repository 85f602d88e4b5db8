"""What sites and yt-dlp say, and the reason that is made of it."""

from __future__ import annotations

import errno
from typing import Any

import pytest
import yt_dlp
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, UnavailableVideoError, UserNotLive

from assistant.sources import downloader
from assistant.sources.expand import expand
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.reasons import failure
from assistant.sources.rules import SourceRules

# As YouTube words them.
SAID = {
    "Private video. Sign in if you've been granted access to this video. Use --cookies-from-browser": Reason.PRIVATE,
    "This video is private. If the owner of this video has granted you access, please sign in.": Reason.PRIVATE,
    "Video unavailable. This video has been removed by the uploader": Reason.REMOVED,
    "Video unavailable. This video is no longer available because the YouTube account associated with this video has "
    "been terminated.": Reason.REMOVED,
    "This video has been removed for violating YouTube's Terms of Service": Reason.REMOVED,
    "Video unavailable": Reason.REMOVED,
    "Sign in to confirm your age. This video may be inappropriate for some users.": Reason.AGE_RESTRICTED,
    "Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser or --cookies for the authentication. See  "
    "https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp": Reason.BOT_CHECK,
    "Sign in to confirm you're not a bot": Reason.BOT_CHECK,
    "Please try again. YouTube is requiring a captcha challenge before playback": Reason.BOT_CHECK,
    "Join this channel to get access to members-only content like this video, and other exclusive perks.": (
        Reason.MEMBERS_ONLY
    ),
    "This video is available to this channel's members on level: Supporter": Reason.MEMBERS_ONLY,
    "This video requires payment to watch": Reason.MEMBERS_ONLY,
    "Video unavailable. The uploader has not made this video available in your country": Reason.REGION,
    "Video unavailable. This video contains content from X, who has blocked it in your country on copyright grounds": (
        Reason.REGION
    ),
    "This live event will begin in 3 hours.": Reason.LIVE,
    "Premieres in 2 days": Reason.LIVE,
    "This live stream recording is not available.": Reason.LIVE,
    "Video unavailable. This content isn't available, try again later. The current session has been rate-limited by "
    "YouTube for up to an hour.": Reason.RATE_LIMITED,
    "This video is DRM protected": Reason.DRM,
    "Requested format is not available. Use --list-formats for a list of available formats": Reason.NO_AUDIO,
    "Only images are available for download. use --list-formats to see them": Reason.NO_AUDIO,
    "No video formats found!": Reason.UNSUPPORTED,
    "A sentence that nobody has seen before": Reason.BROKEN,
}


def raised(cause: Exception) -> DownloadError:
    """As YoutubeDL raises it: while it handles the true error."""
    try:
        try:
            raise cause
        except Exception as error:
            raise DownloadError(f"ERROR: {error}")  # noqa: B904  # as yt-dlp does
    except DownloadError as error:
        return error


@pytest.mark.parametrize("said", SAID)
def test_what_youtube_says_is_understood(said: str) -> None:
    error = raised(ExtractorError(said, expected=True, video_id="dQw4w9WgXcQ", ie="youtube"))
    assert failure("It", error).reason is SAID[said]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (GeoRestrictedError("Not here"), Reason.REGION),
        (UserNotLive(), Reason.LIVE),
        (KeyError("videoDetails"), Reason.BROKEN),
    ],
)
def test_the_kind_of_an_error_counts_before_its_words(error: Exception, reason: Reason) -> None:
    assert failure("It", raised(error)).reason is reason


def test_a_full_disk_is_the_output_wherever_it_is_noticed() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    unavailable = UnavailableVideoError(full)
    unavailable.__context__ = full
    assert failure("It", raised(full)).reason is Reason.OUTPUT
    assert failure("It", raised(unavailable)).reason is Reason.OUTPUT


def test_a_message_is_for_people() -> None:
    error = raised(ExtractorError("Private video", video_id="dQw4w9WgXcQ", ie="youtube"))
    message = str(failure("My film", error))
    assert message == "My film: Private video; if you may see it, give your cookies with --cookies FILE"


def channel(self: Any, link: str, **settings: Any) -> dict[str, Any]:
    """What yt-dlp answers for a channel with two tabs, of which the second breaks off."""
    tab = "https://www.youtube.com/@someone/"

    def shorts() -> Any:
        yield entry("bbbbbbbbbbb")
        raise ExtractorError("HTTP Error 429: Too Many Requests", expected=True)

    def entry(name: str, title: str = "A title") -> dict[str, Any]:
        return {
            "_type": "url",
            "ie_key": "Youtube",
            "id": name,
            "url": f"https://www.youtube.com/watch?v={name}",
            "title": title,
        }

    playlist: dict[str, Any] = {"_type": "playlist", "extractor_key": "YoutubeTab"}
    match link.removeprefix(tab):
        case "videos":
            return {**playlist, "entries": iter([entry("aaaaaaaaaaa"), entry("ccccccccccc", "[Private video]")])}
        case "shorts":
            return {**playlist, "entries": shorts()}
    tabs = [{"_type": "url", "ie_key": "YoutubeTab", "url": tab + name} for name in ("videos", "shorts")]
    return {**playlist, "entries": tabs}


def test_a_channel_is_listed_through_its_tabs_as_far_as_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yt_dlp.YoutubeDL, "extract_info", channel)
    found = list(expand(["https://www.youtube.com/@someone"], SourceRules()))
    assert [entry.key for entry in found if isinstance(entry, Item)] == [
        "youtube:aaaaaaaaaaa",
        "youtube:ccccccccccc",
        "youtube:bbbbbbbbbbb",
    ]
    assert [entry.failure.reason for entry in found if isinstance(entry, Unlisted)] == [Reason.RATE_LIMITED]


def test_a_recording_has_one_key_alone_and_within_a_playlist(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"id": "aaaaaaaaaaa", "title": "A title", "extractor_key": "Youtube"}
    monkeypatch.setattr(yt_dlp.YoutubeDL, "extract_info", lambda self, link, **settings: dict(answers))
    for link in ("https://youtu.be/aaaaaaaaaaa?si=x", "https://www.youtube.com/shorts/aaaaaaaaaaa"):
        (item,) = expand([link], SourceRules())
        assert isinstance(item, Item)
        assert item.key == "youtube:aaaaaaaaaaa"


def test_whatever_an_extractor_raises_is_a_failure_of_its_item() -> None:
    with (
        downloader.opened(SourceRules()) as (_, network),
        pytest.raises(ItemFailed) as caught,
        downloader.failing_as("It", network),
    ):
        raise RecursionError("a site that has changed")
    assert caught.value.reason is Reason.BROKEN
