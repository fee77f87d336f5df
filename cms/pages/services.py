"""Decisions about pages: saving one, publishing it, deleting it."""

import re

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import deletion, publishing
from cms.core.addresses import belongs_to_program
from cms.core.errors import Invalid
from cms.core.integrity import explain_constraint
from cms.core.markup import TRUSTED_KINDS
from cms.core.permissions import Actor, Permission, require
from cms.pages import queries
from cms.pages.models import DEFAULT_TEMPLATE, TEMPLATES, Page
from cms.redirects import services as redirects

SEGMENT = r"(?!\.{1,2}(?:/|\Z))[a-z0-9.-]+"
"""Not "." or "..": browsers resolve these, so that a page below one could never be reached."""

PATH = re.compile(rf"{SEGMENT}(?:/{SEGMENT})*")
BAD_PATH = (
    "Write the path as segments of small letters, digits, dots and hyphens with slashes between, such as “about/help”."
)
RESERVED = "This address belongs to the program itself; a page here would never be reached."
PATH_TAKEN = "There is a page at this path already."

explain_constraint("uq_pages_path", field="path", sentence=PATH_TAKEN)


@publishing.saver(Page)
async def save_page(session: AsyncSession, page: Page, *, by: Actor) -> None:
    """Write a new or changed page; where a live one moves, its old path leads to the new one.

    Raises PermissionDenied where the page, as it was or as it would be, is not the person's to write,
    and Invalid naming each field that breaks a rule.
    """
    await _check(session, page)
    if page.content_kind in TRUSTED_KINDS:
        await require(session, by, Permission.PAGES_TRUSTED_MARKUP)
    session.add(page)
    await _follow_move(session, page, by=by)
    await session.flush()
    await publishing.require_to_write(session, page, permission=Permission.PAGES_EDIT, by=by)


@publishing.publisher(Page)
async def publish_page(session: AsyncSession, page: Page, *, by: Actor) -> None:
    """Make a page public, with its unpublished changes; a redirect that leads away from its path goes.

    Raises PermissionDenied, InvalidTransition where there is nothing to publish, and Invalid where the changes break
    a rule by now, such as that another page has taken their path.
    """
    was_live = page.is_published
    await publishing.publish(session, page, by=by)
    await _check(session, page)
    if was_live:
        await _follow_move(session, page, by=by)
    else:
        await redirects.make_way(session, page.public_path)
    await session.flush()
    await require(session, by, Permission.PAGES_PUBLISH, page)


@redirects.occupies
async def live_at(session: AsyncSession, path: str) -> str:
    """Name the live page that a redirect from the path would hide; "" where there is none."""
    page = await session.scalar(queries.live().where(queries.is_at(path)).limit(1))
    return f"the page “{page}”" if page else ""


async def delete_page(session: AsyncSession, page: Page, *, by: Actor) -> None:
    """Delete a page with its images and documents.

    Raises PermissionDenied, or Conflict naming the releases that use it.
    """
    await deletion.delete(session, page, permission=Permission.PAGES_DELETE, by=by)


async def _check(session: AsyncSession, page: Page) -> None:
    """Bring the fields into their form, and raise Invalid naming each that breaks a rule."""
    page.path = page.path.strip().strip("/")
    page.template_name = "" if page.template_name == DEFAULT_TEMPLATE else page.template_name
    errors = await _broken_rules(session, page)
    if errors:
        raise Invalid.in_fields(errors)


async def _follow_move(session: AsyncSession, page: Page, *, by: Actor) -> None:
    moved_from = inspect(page).attrs.path.history.deleted
    if page.is_published and moved_from:
        await redirects.follow_move(session, f"/{moved_from[0]}/", page.public_path, by=by)


async def _broken_rules(session: AsyncSession, page: Page) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not page.title.strip():
        errors["title"] = ["Give the page a title."]
    if not PATH.fullmatch(page.path):
        errors["path"] = [BAD_PATH]
    elif belongs_to_program(page.path):
        errors["path"] = [RESERVED]
    elif await _is_taken(session, page):
        errors["path"] = [PATH_TAKEN]
    if page.template_name and page.template_name not in TEMPLATES:
        errors["template_name"] = ["There is no such template."]
    return errors


async def _is_taken(session: AsyncSession, page: Page) -> bool:
    with session.no_autoflush:
        other = await session.scalar(queries.at_path(page.path).where(Page.id != (page.id or 0)))
    return other is not None
