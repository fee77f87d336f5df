"""The checks of what a release links to: its release notes, and the page that tells what is new in its series."""

from http import HTTPStatus

from cms.core.fetching import AddressRefused, Fetcher, FetchFailed, Limits
from cms.downloads.models import Release
from cms.downloads.verification.findings import Finding
from cms.downloads.verification.models import LINKS, Kind, Outcome, subject_of

LIMITS = Limits(seconds=20)


async def check_links(release: Release, fetcher: Fetcher) -> list[Finding]:
    """Return one finding for each address that the release leads its readers to, or should."""
    return [await _check(kind, subject_of(kind, release)["url"], fetcher) for kind in LINKS]


async def _check(kind: Kind, url: str, fetcher: Fetcher) -> Finding:
    if not url:
        return Finding(kind, Outcome.MISSING, "There is no address to look at.")
    try:
        async with fetcher.open(url, limits=LIMITS) as arriving:
            return Finding(kind, Outcome.VERIFIED, f"{arriving.url} answers.")
    except (AddressRefused, FetchFailed) as error:
        return Finding(kind, _outcome_of(error), error.message)


def _outcome_of(error: AddressRefused | FetchFailed) -> Outcome:
    """A server that refuses or has nothing there says so for good; one in trouble may answer tomorrow."""
    if not isinstance(error, FetchFailed):
        return Outcome.FAILED
    refused = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    is_busy = error.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    return Outcome.FAILED if refused and not is_busy else Outcome.UNREACHABLE
