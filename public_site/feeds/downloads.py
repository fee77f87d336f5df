"""The news feed of Python releases."""

from collections.abc import Sequence

from feedgen.feed import FeedGenerator

from cms.core.text import storable
from cms.downloads.models import Release
from cms.downloads.publications import FEED_PATH

RSS = "application/rss+xml; charset=utf-8"


def release_feed(releases: Sequence[Release], *, site_url: str) -> bytes:
    """Return the releases, newest first, as RSS 2.0; all addresses are absolute."""
    feed = FeedGenerator()
    feed.title("Python Releases")
    feed.description("Latest Python releases from Python.org")
    feed.language("en")
    feed.link(href=site_url + FEED_PATH, rel="self", type="application/rss+xml")
    feed.link(href=f"{site_url}/downloads/", rel="alternate")  # The last one becomes the channel's own link.
    if releases:
        feed.lastBuildDate(max(release.updated_at for release in releases))
    for release in releases:
        _add(feed, release, address=site_url + release.public_path)
    return bytes(feed.rss_str(pretty=True))


def _add(feed: FeedGenerator, release: Release, *, address: str) -> None:
    entry = feed.add_entry(order="append")
    entry.title(storable(release.name))
    entry.link(href=address)
    entry.guid(address, permalink=True)
    entry.description(f"Release date: {release.released_at.isoformat(sep=' ', timespec='seconds')}")
    entry.pubDate(release.released_at)
