"""Decisions about releases: saving one with its files, publishing it, taking it down, deleting it."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, deletion, publishing
from cms.core.errors import Invalid
from cms.core.integrity import explain_constraint
from cms.core.markup import TRUSTED_KINDS
from cms.core.permissions import Actor, Permission, require
from cms.core.text import slugify
from cms.downloads import completeness, publications, queries
from cms.downloads.completeness import Requirement
from cms.downloads.models import (
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    ReleaseVersion,
    SeriesStatus,
)
from cms.downloads.rules import broken_rules
from cms.downloads.turns import releases_of, require_turn
from cms.downloads.verification.queries import verdicts_of
from cms.downloads.verification.services import verify_what_changed
from cms.downloads.verification.verdicts import Verdicts
from cms.redirects import services as redirects

WITHOUT_INSTALLERS = frozenset({SeriesStatus.SECURITY, SeriesStatus.END_OF_LIFE})
"""Series that get nothing but sources by now."""

ONE_BUTTON = 'Only one Release File per OS can have "Download button" enabled'
URL_TAKEN = "There is a release file with this URL already."
SLUG_TAKEN = "There is a release with this slug already."
FILE_SLUG_TAKEN = "There is a release file with this slug already."
SYSTEM_SLUG = re.compile(r"[-\w]+", re.ASCII)
SYSTEM_TAKEN = "There is such an operating system already."

explain_constraint("uq_releases_slug", field="slug", sentence=SLUG_TAKEN)
explain_constraint("uq_release_files_slug", field="slug", sentence=FILE_SLUG_TAKEN)
explain_constraint("uq_release_files_url", field="url", sentence=URL_TAKEN)
explain_constraint("uq_release_files_download_button", field="has_download_button", sentence=ONE_BUTTON)
explain_constraint("uq_operating_systems_slug", field="slug", sentence=SYSTEM_TAKEN)
explain_constraint(
    "only_one_latest_release_per_version",
    field="is_latest",
    sentence="Somebody else has just made another release the latest one; look at it and try again.",
)


async def save_release(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Write a new or changed release; where it is live and flagged as the latest, its predecessor is so no longer.

    Raises PermissionDenied where the release, as it was or as it would be, is not the person's to edit,
    and Invalid naming each field that breaks a rule.
    """
    await _check(session, release)
    if release.content_kind in TRUSTED_KINDS:
        await require(session, by, Permission.PAGES_TRUSTED_MARKUP)
    session.add(release)
    await _demote_predecessors(session, release)
    await _follow_move(session, release, by=by)
    await session.flush()
    await publishing.require_to_write(session, release, permission=Permission.DOWNLOADS_EDIT, by=by)
    await verify_what_changed(session, releases=[release])


@publishing.saver(Release)
async def save_whole_release(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Write a release and those of its files that have been loaded; raises what writing either raises."""
    await save_release(session, release, by=by)
    await _save_loaded_files(session, release, by=by)


async def save_files(session: AsyncSession, files: Sequence[ReleaseFile], *, by: Actor) -> None:
    """Write the files of a release, new ones and changed ones.

    Raises PermissionDenied, Conflict while another person's program writes there, or Invalid with a sentence for each
    file that breaks a rule, under "files.N.field".
    """
    for file in files:
        file.slug = (file.slug or "").strip() or slugify(file.name)
    errors = {
        f"files.{number}.{field}": sentences
        for number, file in enumerate(files)
        for field, sentences in broken_rules(file).items()
    }
    errors |= _repeated(files)
    if errors:
        raise Invalid.in_fields(errors)
    await _move_download_buttons(session, files)
    await require_turn(session, [file.release_id for file in files], by=by)
    for file in files:
        await require(session, by, Permission.DOWNLOADS_EDIT, file)
    await verify_what_changed(session, files=files)


async def save_file(session: AsyncSession, file: ReleaseFile, *, by: Actor) -> None:
    """Write one file.

    Raises PermissionDenied, Conflict while another person's program writes there, or Invalid naming each field that
    breaks a rule.
    """
    file.slug = (file.slug or "").strip() or slugify(file.name)
    if errors := broken_rules(file):
        raise Invalid.in_fields(errors)
    left = releases_of(file)
    session.add(file)
    await require(session, by, Permission.DOWNLOADS_EDIT, file)
    await require_turn(session, [*left, file.release_id], by=by)
    release = await session.get_one(Release, file.release_id)
    await publishing.require_to_write(session, release, permission=Permission.DOWNLOADS_EDIT, by=by)
    await verify_what_changed(session, files=[file])


async def save_operating_system(session: AsyncSession, system: OperatingSystem, *, by: Actor) -> None:
    """Write a new or changed operating system. Raises PermissionDenied, or Invalid naming what breaks a rule.

    Slugs may have capitals and underscores, as on the old site.
    """
    system.name = (system.name or "").strip()
    system.slug = (system.slug or "").strip() or slugify(system.name)
    errors = {} if system.name else {"name": ["Give the operating system a name."]}
    if not SYSTEM_SLUG.fullmatch(system.slug):
        errors["slug"] = ["Write the slug with letters, digits, hyphens and underscores only."]
    if errors:
        raise Invalid.in_fields(errors)
    session.add(system)
    await require(session, by, Permission.DOWNLOADS_EDIT, system)


@publishing.publisher(Release)
async def publish_release(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Make a release public, with its unpublished changes; as the latest, it takes its predecessor's place.

    Raises PermissionDenied, InvalidTransition where there is nothing to publish, Conflict while another person's
    program writes its files, and Invalid where the changes break a rule by now.
    """
    await require(session, by, Permission.DOWNLOADS_PUBLISH, release)
    await require_turn(session, [release.id], by=by)
    was_live = release.is_published
    if not was_live:
        await _refuse_incomplete(session, release)
    await publishing.publish(session, release, by=by)
    await _check(session, release)
    await _demote_predecessors(session, release)
    if was_live:
        await _follow_move(session, release, by=by)
    await _save_loaded_files(session, release, by=by)
    await verify_what_changed(session, releases=[release])
    await publications.begin(session, release, was_live=was_live, by=by)


async def allow_incomplete(session: AsyncSession, release: Release, *, reason: str, by: Actor) -> None:
    """Let a release go live once although something essential is missing: what is missing now, and nothing more.

    Raises PermissionDenied, or Invalid where the reason is no reason.
    """
    missing = [found.key for found in await completeness_of(session, release) if found.hinders]
    await publications.allow(session, release, missing=missing, reason=reason, by=by)


async def completeness_of(session: AsyncSession, release: Release) -> list[Requirement]:
    """Return what the release should have, by what its predecessor has, and what of it is there."""
    with session.no_autoflush:
        await _load_files(session, release)
        predecessor = await session.scalar(queries.with_files(queries.predecessor_of(release)))
        of_series = select(ReleaseSeries.status).where(ReleaseSeries.series == (release.series or ""))
        status = await session.scalar(of_series)
        verdicts = Verdicts(await session.scalars(verdicts_of(release)))
    only_sources = status in WITHOUT_INSTALLERS
    return completeness.requirements_of(release, predecessor, verdicts, only_sources=only_sources)


async def act_as_if_live(session: AsyncSession, release: Release) -> None:
    """Make the release live for this transaction, which is for a look at pages and never committed."""
    release.is_published = True
    await _demote_predecessors(session, release)
    await session.flush()


async def delete_release(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Delete a release with its files. Raises PermissionDenied."""
    await deletion.delete(session, release, permission=Permission.DOWNLOADS_DELETE, by=by)


async def delete_file(session: AsyncSession, file: ReleaseFile, *, by: Actor) -> None:
    """Delete one file. Raises PermissionDenied, or Conflict while another's program writes the release's files."""
    await require_turn(session, [file.release_id], by=by)
    await deletion.delete(session, file, permission=Permission.DOWNLOADS_DELETE, by=by)


async def delete_operating_system(session: AsyncSession, system: OperatingSystem, *, by: Actor) -> None:
    """Delete an operating system. Raises PermissionDenied, or Conflict while files are for it."""
    await deletion.delete(session, system, permission=Permission.DOWNLOADS_DELETE, by=by)


async def _refuse_incomplete(session: AsyncSession, release: Release) -> None:
    """Raise Invalid with everything essential that is missing and that nobody has allowed to be missing."""
    allowance = await session.scalar(publications.unused_allowance(release))
    allowed = allowance.allowed if allowance else ()
    hindrances = completeness.hindrances(await completeness_of(session, release), allowed=allowed)
    if hindrances:
        raise Invalid.in_fields({"": [f"“{release}” is not complete.", *hindrances]})


async def _load_files(session: AsyncSession, release: Release) -> None:
    """Load the files of a release with the operating system of each, also those not written yet."""
    if inspect(release).persistent:
        # What the database computes of a name, it has computed anew if the release was written just now.
        unread = {"files"} & inspect(release).unloaded | inspect(release).expired_attributes
        if unread:
            await session.refresh(release, unread)
    for file in release.files:
        if "operating_system" in inspect(file).unloaded:
            await session.refresh(file, ["operating_system"])


async def _save_loaded_files(session: AsyncSession, release: Release, *, by: Actor) -> None:
    if "files" not in inspect(release).unloaded:
        await save_files(session, release.files, by=by)


async def _follow_move(session: AsyncSession, release: Release, *, by: Actor) -> None:
    moved_from = inspect(release).attrs.slug.history.deleted
    if release.is_published and moved_from:
        await redirects.follow_move(session, f"/downloads/release/{moved_from[0]}/", release.public_path, by=by)


async def _check(session: AsyncSession, release: Release) -> None:
    """Bring the fields into their form, and raise Invalid naming each that breaks a rule."""
    release.name = release.name.strip()
    release.slug = (release.slug or "").strip() or slugify(release.name)
    errors = await _broken_release_rules(session, release)
    if errors:
        raise Invalid.in_fields(errors)


async def _broken_release_rules(session: AsyncSession, release: Release) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not release.name:
        errors["name"] = ["Give the release a name, such as “Python 3.14.2”."]
    if release.version not in set(ReleaseVersion):
        errors["version"] = ["There is no such line of releases."]
    if release.slug != slugify(release.slug) or not release.slug:
        errors["slug"] = ["Write the slug with small letters, digits and hyphens only."]
    elif await _is_slug_taken(session, release):
        errors["slug"] = [SLUG_TAKEN]
    if release.release_notes_url and not release.release_notes_url.startswith(("https://", "http://")):
        errors["release_notes_url"] = ["Write an address that begins with https://."]
    if not clock.can_be_meant(release.released_at):
        errors["released_at"] = [clock.NO_SUCH_YEAR]
    return errors


async def _is_slug_taken(session: AsyncSession, release: Release) -> bool:
    with session.no_autoflush:
        other = select(Release.id).where(Release.slug == release.slug, Release.id != (release.id or 0))
        return await session.scalar(other) is not None


async def _demote_predecessors(session: AsyncSession, release: Release) -> None:
    if not (release.is_latest and release.is_published):
        return
    with session.no_autoflush:
        predecessors = await session.scalars(
            queries.latest(ReleaseVersion(release.version)).where(Release.id != (release.id or 0)).with_for_update()
        )
    for predecessor in predecessors:
        predecessor.is_latest = False


def _repeated(files: Sequence[ReleaseFile]) -> dict[str, list[str]]:
    """Return a sentence for each file whose URL or slug, or download button for a system, another one has."""
    rules = {"url": URL_TAKEN, "slug": FILE_SLUG_TAKEN}
    errors: dict[str, list[str]] = {}
    for field, sentence in rules.items():
        times = Counter(getattr(file, field) for file in files)
        errors |= {f"files.{n}.{field}": [sentence] for n, file in enumerate(files) if times[getattr(file, field)] > 1}
    buttons: defaultdict[int, list[int]] = defaultdict(list)
    for number, file in enumerate(files):
        if file.has_download_button:
            buttons[file.operating_system_id].append(number)
    for numbers in buttons.values():
        errors |= {f"files.{number}.has_download_button": [ONE_BUTTON] for number in numbers if len(numbers) > 1}
    return errors


async def _move_download_buttons(session: AsyncSession, files: Sequence[ReleaseFile]) -> None:
    """Write the files so that a button that moves is first taken from one file, then given to the other."""
    gaining = [
        file for file in files if file.has_download_button and inspect(file).attrs.has_download_button.history.added
    ]
    for file in gaining:
        file.has_download_button = False
    session.add_all(files)
    await session.flush()
    for file in gaining:
        file.has_download_button = True
    await session.flush()
