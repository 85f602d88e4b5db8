"""What lies behind a link: one recording, or a playlist, channel or feed, of which the entries are only listed."""

from __future__ import annotations

import hashlib
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assistant.sources import downloader
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.rules import SourceRules

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL

# A channel has tabs, which have playlists, which have recordings; each may be behind a short link.
_DEEPEST = 6


def linked_items(link: str, rules: SourceRules) -> Iterator[Item | Unlisted]:
    """Asks the site as often as is needed for the next recording, not for all of them first."""
    with downloader.opened(rules) as (site, network):
        listing = _Listing(site, network, rules)
        yield from listing.behind(link)


class _Listing:
    def __init__(self, site: YoutubeDL, network: Any, rules: SourceRules) -> None:
        self._site, self._network, self._rules = site, network, rules

    def behind(self, link: str, depth: int = 0, named: str = "") -> Iterator[Item | Unlisted]:
        """
        Args:
            named: the link that the user, or a playlist, gave, where this is one that it leads to.
        """
        try:
            if depth > _DEEPEST:
                raise ItemFailed(Reason.REFUSED, f"{link}: links and playlists that lead to ever more of them")
            extractor = extractor_for(link, self._rules)
            if extractor.is_single_video(link):
                downloader.check_tools(extractor.ie_key(), link)
            with downloader.failing_as(link, self._network):
                # Unprocessed: the entries of a long playlist come page by page, and none of them is asked about.
                found = self._site.extract_info(link, download=False, process=False) or {}
            match found.get("_type", "video"):
                case "playlist" | "multi_video" | "compat_list":
                    yield from self._entries(link, found, depth)
                case "url" | "url_transparent":
                    yield from self.behind(address(found), depth + 1, named or link)
                case _:
                    yield _item(found, named or link, str(found.get("extractor_key", "Generic")))
        except ItemFailed as failure:
            yield Unlisted(named or link, failure)

    def _entries(self, link: str, playlist: Mapping[str, Any], depth: int) -> Iterator[Item | Unlisted]:
        entries = iter(playlist.get("entries") or ())
        while True:
            with downloader.failing_as(link, self._network):
                entry = next(entries, None)
            if entry is None:
                return
            yield from self._entry(entry, str(playlist.get("extractor_key")), depth)

    def _entry(self, entry: Mapping[str, Any], within: str, depth: int) -> Iterator[Item | Unlisted]:
        to = address(entry)
        try:
            extractor = extractor_for(to, self._rules)
        except ItemFailed as failure:
            yield Unlisted(to, failure)
            return
        site = str(entry.get("ie_key") or extractor.ie_key())
        # A part of a channel is of the same kind as the channel.
        if site == within != "Generic" or extractor.is_single_video(to) is False:
            yield from self.behind(to, depth + 1)
        else:
            yield _item({"id": extractor.get_temp_id(to), **entry}, to, site)


def _item(found: Mapping[str, Any], link: str, site: str) -> Item:
    """A site that is known has names for its recordings. Elsewhere the link is the name, as it was given: what it leads
    to often changes with every visit."""
    to = str(found.get("webpage_url") or link) if site != "Generic" else link
    if site != "Generic" and found.get("id"):
        key = f"{site.lower()}:{found['id']}"
    else:
        plain = urllib.parse.urldefrag(to).url
        key = f"link:{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    return Item(key=key, title=str(found.get("title") or found.get("id") or to), address=to, is_local=False)


def address(entry: Mapping[str, Any]) -> str:
    """Where an entry is found; "" where that is not said."""
    from yt_dlp.utils import unsmuggle_url

    media = (entry.get("formats") or [{}])[-1]
    link = str(entry.get("url") or entry.get("webpage_url") or media.get("url") or "")
    if not entry.get("ie_key"):  # yt-dlp hides notes to itself in links; those to sites it knows may be needed
        link = str(unsmuggle_url(link)[0])
    return f"https:{link}" if link.startswith("//") else link


def extractor_for(link: str, rules: SourceRules) -> Any:
    """yt-dlp's class for the site.

    Raises:
        ItemFailed: REFUSED for anything but http and https, UNSUPPORTED for a site that is not known, unless
            `rules.generic`.
    """
    from yt_dlp.extractor import gen_extractor_classes

    if urllib.parse.urlsplit(link).scheme.lower() not in ("http", "https"):
        raise ItemFailed(Reason.REFUSED, f"{link or 'an entry without a link'}: only http and https are followed")
    extractor = next(kind for kind in gen_extractor_classes() if kind.suitable(link))
    if extractor.ie_key() == "Generic" and not rules.generic:
        raise ItemFailed(
            Reason.UNSUPPORTED,
            f"{link}: this site is not known; if it is a feed, a media file or a page with one, give --generic",
        )
    return extractor
