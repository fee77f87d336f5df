"""Which verdicts there are on a release, and which releases are worth looking at again by themselves."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from cms.core.publishing import is_live
from cms.downloads.models import Release, ReleaseFile, ReleaseSeries, SeriesStatus
from cms.downloads.verification.models import Outcome, Verdict


def verdicts_of(release: Release) -> Select[Verdict]:
    """Every verdict on the release and its files, also those that fit no more; `Verdicts` sorts them out."""
    return select(Verdict).where(Verdict.release_id == release.id)


def told_to_the_public(release: Release) -> Select[Verdict]:
    """The verdicts on which it depends whether the public is told that a file is verified."""
    decisive = Verdict.outcome.in_([Outcome.VERIFIED, Outcome.FAILED])
    return verdicts_of(release).where(decisive, Verdict.file_id.is_not(None))


def verdicts_on(*, files: Sequence[ReleaseFile], releases: Sequence[Release] = ()) -> Select[Verdict]:
    """Every verdict on these files, and on the links of these releases."""
    return select(Verdict).where(
        or_(
            Verdict.file_id.in_([file.id for file in files]),
            and_(Verdict.file_id.is_(None), Verdict.release_id.in_([release.id for release in releases])),
        )
    )


def active() -> Select[Release]:
    """The newest live release of each series that is not at the end of its life, and of what has no series."""
    ended = select(ReleaseSeries.series).where(ReleaseSeries.status == SeriesStatus.END_OF_LIFE)
    return (
        select(Release)
        .where(is_live(Release), or_(Release.series.is_(None), Release.series.not_in(ended)))
        .ext(distinct_on(Release.version, Release.series))
        .order_by(Release.version, Release.series, Release.released_at.desc(), Release.id.desc())
    )
