"""What the search knows of a release."""

from datetime import timedelta

from cms.core import clock
from cms.core.search import Document, documents_of
from cms.core.text import plain_text
from cms.downloads import queries
from cms.downloads.models import Release

FRESH, RECENT, OLD = timedelta(days=90), timedelta(days=180), timedelta(days=730)


@documents_of("releases", rows=queries.live)
def release_document(release: Release) -> Document:
    """Return the document of a live release; how new it is sets its boost, as on the old site."""
    return Document(
        index="releases",
        row_id=release.id,
        title=release.name,
        body=plain_text(release.content_html),
        keywords=" ".join(filter(None, (release.version_number, release.series, release.slug, "release download"))),
        path=release.public_path,
        boost=_boost(release),
        published_at=release.released_at,
    )


def _boost(release: Release) -> float:
    age = clock.now() - release.released_at
    if age > OLD:
        return 0.8
    return 1.2 if age < FRESH else 1.1 if age < RECENT else 1.0
