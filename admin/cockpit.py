"""The cockpit of a release: what it has and lacks, its publication as one decision, and how the world hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from admin import verification
from admin.authorization import require_somewhere
from admin.back_office import BackOffice
from admin.base import AdminView, Reached
from admin.forms import read_form
from admin.rendering import go_to, render
from admin.requests import office_of, resources_of
from admin.urls import url_to
from cms.core.errors import Conflict, Invalid, NotFound
from cms.core.permissions import Permission, extends_to
from cms.downloads import completeness, publications, queries, services
from cms.downloads.completeness import Requirement, Topic
from cms.downloads.models import OperatingSystem, Release
from cms.downloads.publications import ReleasePublication
from cms.downloads.turns import active_run
from cms.users.models import User

LATER = "later"
RIBBON = "Preview: so it will be once the release is live."


@dataclass(frozen=True, slots=True)
class Chapter:
    """The requirements of one topic."""

    topic: Topic
    requirements: Sequence[Requirement]

    @property
    def is_met(self) -> bool:
        return all(requirement.is_met for requirement in self.requirements)

    @property
    def hinders(self) -> bool:
        return any(requirement.hinders for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class ChangingPage:
    """A public page that will look otherwise once the release is live."""

    path: str
    label: str


async def show_cockpit(request: Request) -> Response:
    """Show what the release has, what it lacks, what will change, and how far its publication has come."""
    user = require_somewhere(request, Permission.DOWNLOADS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        reached = await _view(request).find(session, user, request.path_params["pk"])
        return await _show(session, request, user, reached)


async def decide_publication(request: Request) -> Response:
    """Publish the release now, or allow it to go live incomplete and go on to its schedule."""
    user = require_somewhere(request, Permission.DOWNLOADS_PUBLISH)
    posted = await read_form(request)
    reason = str(posted.get("reason", "")).strip()
    async with resources_of(request).sessionmaker() as session:
        reached = await _view(request).find(session, user, request.path_params["pk"], lock=True)
        release = reached.row
        try:
            _require_seen(release, str(posted.get("lock_version", "")))
            if reason:
                await services.allow_incomplete(session, release, reason=reason, by=user)
            if posted.get("press") != LATER:
                await services.publish_release(session, release, by=user)
            await session.commit()
        except (Conflict, Invalid) as refusal:
            await session.rollback()
            session.expunge_all()
            reached = await _view(request).find(session, user, request.path_params["pk"])
            return await _show(session, request, user, reached, refusal=refusal, reason=reason)
    if posted.get("press") == LATER:
        return go_to(request, url_to("schedule", identity="releases", pk=release.id))
    told = f"“{release}” is live. Below you see how far the world has heard of it."
    link = ("See it on the site", release.public_path)
    return go_to(request, url_to("cockpit", pk=release.id), saying=told, link=link)


async def show_progress(request: Request) -> Response:
    """Show how far the publication has come, for a page that is open already."""
    user = require_somewhere(request, Permission.DOWNLOADS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        reached = await _view(request).find(session, user, request.path_params["pk"])
        context = await _progress(session, request, reached.row)
        return await render(request, "cockpit_progress.html", {"row": reached.row, **context})


async def preview_page(request: Request) -> Response:
    """Answer a public page as it will be once the release is live; nothing is written."""
    user = require_somewhere(request, Permission.DOWNLOADS_EDIT)
    office = office_of(request)
    path = request.query_params.get("path", "")
    async with resources_of(request).sessionmaker() as session:
        reached = await _view(request).find(session, user, request.path_params["pk"])
        release = reached.row
        if path not in {page.path for page in await _changing_pages(session, office, release)}:
            raise NotFound("This page does not change by the release.")
        await services.act_as_if_live(session, release)
        page = await office.previews.page_at(session, path, ribbon=RIBBON)
        await session.rollback()
    return HTMLResponse(page, headers=dict(office.previews.headers))


async def _show(
    session: AsyncSession,
    request: Request,
    user: User,
    reached: Reached,
    *,
    refusal: Conflict | Invalid | None = None,
    reason: str = "",
) -> Response:
    release: Release = reached.row
    requirements = await services.completeness_of(session, release)
    allowance = await session.scalar(publications.unused_allowance(release))
    errors = _errors_of(refusal)
    context = {
        "view": _view(request),
        "row": release,
        "reached": reached,
        "title": f"Cockpit of {release}",
        "chapters": _chapters(requirements),
        "hindrances": completeness.hindrances(requirements),
        "not_allowed": completeness.hindrances(requirements, allowed=allowance.allowed if allowance else ()),
        "predecessor": await session.scalar(queries.briefly(queries.predecessor_of(release))),
        "demoted": await _demoted(session, release),
        "pages": await _changing_pages(session, office_of(request), release),
        "allowance": allowance,
        "may_publish": await extends_to(session, user, Permission.DOWNLOADS_PUBLISH, release),
        "may_override": await extends_to(session, user, Permission.DOWNLOADS_OVERRIDE, release),
        "problems": [] if "reason" in errors else [sentence for found in errors.values() for sentence in found],
        "reason": reason,
        "reason_errors": errors.get("reason", []),
        **verification.shown(await verification.judged_release(session, release)),
        **await _progress(session, request, release),
    }
    status_code = refusal.status_code if refusal else HTTPStatus.OK
    return await render(request, "release_cockpit.html", context, status_code=status_code)


def _require_seen(release: Release, lock_version: str) -> None:
    """Raise Conflict unless the person decides about the release as it is."""
    if lock_version != str(release.lock_version):
        raise Conflict(f"Somebody else changed “{release}” while you looked at it. Look at it once more.")


def _errors_of(refusal: Conflict | Invalid | None) -> dict[str, list[str]]:
    if isinstance(refusal, Invalid):
        return refusal.errors
    return {"": [refusal.message]} if refusal else {}


async def _progress(session: AsyncSession, request: Request, release: Release) -> dict[str, Any]:
    """Return whose program writes the files, the newest publication, and whom and what it has to reach."""
    used = publications.of_release(release).where(ReleasePublication.published_at.is_not(None)).limit(1)
    publication = await session.scalar(used)
    pages = list(await publications.pages_to_prove(session, release)) if publication else []
    return {
        "publication": publication,
        "proved_pages": pages,
        "addresses": resources_of(request).settings.release_announcements_to,
        "run": await active_run(session, release),
    }


async def _demoted(session: AsyncSession, release: Release) -> Release | None:
    """Return the release that will no longer be the latest of its line."""
    if not release.is_latest or release.is_published:
        return None
    latest = queries.briefly(queries.latest(release.line)).where(Release.id != release.id)
    return (await session.scalars(latest)).first()


async def _changing_pages(session: AsyncSession, office: BackOffice, release: Release) -> list[ChangingPage]:
    systems = {file.operating_system_id for file in release.files}
    found = [ChangingPage("/", "Home page"), ChangingPage("/downloads/", "Downloads")]
    chosen = queries.operating_systems().where(OperatingSystem.id.in_(systems))
    found += [ChangingPage(system.public_path, f"Downloads for {system}") for system in await session.scalars(chosen)]
    return [page for page in found if office.previews.has_page(page.path)]


def _chapters(requirements: Sequence[Requirement]) -> list[Chapter]:
    chapters = [Chapter(topic, [found for found in requirements if found.topic is topic]) for topic in Topic]
    return [chapter for chapter in chapters if chapter.requirements]


def _view(request: Request) -> AdminView:
    return office_of(request).view_called("releases")


routes = [
    Route("/releases/cockpit/{pk}", show_cockpit),
    Route("/releases/cockpit/{pk}", decide_publication, methods=["POST"]),
    Route("/releases/cockpit/{pk}/progress", show_progress),
    Route("/releases/cockpit/{pk}/page", preview_page),
]
