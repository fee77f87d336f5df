"""The panel of release managers: what each line of Python offers now, and which releases lack something."""

from sqlalchemy import exists, literal, select, union_all

from admin.columns import badge
from admin.panels.panel import MOST, Desk, Line, Panel
from admin.urls import url_to
from cms.core.permissions import Permission, scope_condition
from cms.downloads.models import VERSION_LABELS, Release, ReleaseFile, ReleaseVersion

DRAFT = "draft"
WITHOUT_FILES = "without files"


async def latest_releases(desk: Desk) -> Panel:
    """The release that each line offers as its latest."""
    found = await desk.session.execute(
        select(Release.id, Release.name, Release.version, Release.released_at)
        .where(Release.is_latest, Release.is_published)
        .order_by(Release.version.desc())
    )
    lines = [
        Line(
            row.name,
            url_to("edit", identity="releases", pk=row.id),
            moment=row.released_at,
            detail=VERSION_LABELS[ReleaseVersion(row.version)],
        )
        for row in found
    ]
    url = url_to("list", identity="releases", query={"is_published": "yes"})
    return Panel("Latest releases", lines, help="What the download page offers now.", all_url=url)


async def unfinished_releases(desk: Desk) -> Panel:
    """Drafts of releases, and releases that are live without a single file."""
    reach = scope_condition(desk.user, Permission.DOWNLOADS_EDIT, Release)
    columns = (Release.id, Release.name, Release.updated_at)
    drafts = select(literal(DRAFT).label("lack"), *columns).where(reach, Release.is_published.is_(False))
    bare = select(literal(WITHOUT_FILES).label("lack"), *columns).where(
        reach, Release.is_published, ~exists().where(ReleaseFile.release_id == Release.id)
    )
    limited = [select(arm.order_by(Release.updated_at.desc()).limit(MOST).subquery()) for arm in (bare, drafts)]
    together = union_all(*limited).subquery()
    found = (await desk.session.execute(select(together).order_by(together.c.updated_at.desc()))).all()
    lines = [
        Line(
            row.name,
            url_to("edit", identity="releases", pk=row.id),
            state=badge("Draft", "draft") if row.lack == DRAFT else badge("Live without files", "failed"),
            moment=row.updated_at,
        )
        for row in found
    ]
    has_drafts = any(row.lack == DRAFT for row in found)
    url = url_to("list", identity="releases", query={"is_published": "no"}) if has_drafts else ""
    return Panel("Unfinished releases", lines, help="Drafts, and releases that nobody can download.", all_url=url)
