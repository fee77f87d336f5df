"""What a new database begins with: roles, systems and who signs; in a demonstration also content and people."""

import json
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.models import Banner, Tone
from cms.boxes.models import Box
from cms.codesamples.models import CodeSample
from cms.codesamples.services import STEP
from cms.core import audit, clock, outbox
from cms.core.cdn import ALL_PAGES
from cms.core.changes import HANDLED
from cms.core.database import Base
from cms.core.errors import ConfigurationError
from cms.core.markup import MarkupKind, render
from cms.core.permissions import SHIPPED_ROLES, SYSTEM
from cms.core.resources import Resources
from cms.core.storage import Storage
from cms.demonstration import begin_work
from cms.downloads import series
from cms.downloads.models import (
    OpenPGPKey,
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    SigningIdentity,
)
from cms.media import services as media
from cms.media.models import MediaItem
from cms.menus.models import Menu, MenuItem, MenuName
from cms.menus.services import outline
from cms.pages.models import Page
from cms.pages.queries import briefly
from cms.users import passwords
from cms.users.models import Role, RoleAssignment, User
from cms.users.shipped_roles import write_shipped_roles

FIXTURES = Path(__file__).parent.parent / "fixtures"
SEEDED = "seed"
"""What the history calls a row that came from here, and not from a person."""

KINDS = {
    ".html": MarkupKind.HTML,
    ".md": MarkupKind.MARKDOWN,
    ".rst": MarkupKind.RESTRUCTUREDTEXT,
    ".txt": MarkupKind.PLAIN,
}
FRONT_MATTER = "+++\n"
SCOPES = {"volunteer": ("path", ["community"])}
"""Demonstration accounts whose role does not reach every row."""

PYTHON_2 = 2


async def seed(resources: Resources, *, demo: bool) -> None:
    """Write what is missing, found by slug, path, label or name; what is there already is left as it is.

    Roles that ship are brought up to date. Raises ConfigurationError where demonstration content is asked
    for in a database that is not for it.
    """
    if demo and not resources.settings.demo_database:
        message = (
            "Demonstration content and accounts with a known password only go into an embedded database, "
            "or into one that CMS_DEMO_DATABASE=true declares to be for demonstration."
        )
        raise ConfigurationError(message)
    async with resources.sessionmaker() as session:
        with audit.acting_as(SYSTEM):
            roles = await write_shipped_roles(session)
            await _write_operating_systems(session)
            await _write_release_cycle(session)
            await _write_signers(session)
            if demo:
                await _write_media(session, resources.storage)
                await _write_content(session)
                is_first = await _write_people(session, roles, resources.settings.demo_password.get_secret_value())
                if is_first:
                    await begin_work(session)
            await session.commit()


async def _write_operating_systems(session: AsyncSession) -> None:
    """Write the operating systems under the ids that programs know."""
    present = set((await session.scalars(select(OperatingSystem.id))).all())
    taken = set((await session.scalars(select(OperatingSystem.slug))).all())
    for system in _json("operating-systems.json"):
        if system["id"] not in present and system["slug"] not in taken:
            _add(session, OperatingSystem(**system))
    await session.flush()
    # Ids given by us have not moved the sequence that gives the next one.
    sequence = func.pg_get_serial_sequence(OperatingSystem.__tablename__, "id")
    await session.execute(select(func.setval(sequence, func.max(OperatingSystem.id))))


async def _write_release_cycle(session: AsyncSession) -> None:
    """Write the series that are missing; what the task has imported since the fixture was made is newer."""
    present = set((await session.scalars(select(ReleaseSeries.series))).all())
    cycle = series.read((FIXTURES / "release-cycle.json").read_text(encoding="utf-8"))
    missing = {name: told for name, told in cycle.items() if name not in present}
    for row in await series.write(session, missing):
        audit.note(session, row, action=SEEDED)


async def _write_signers(session: AsyncSession) -> None:
    """Write who signs, unless there is anybody: whom staff have taken off the list must never come back by itself."""
    for model, name in ((SigningIdentity, "signing-identities.json"), (OpenPGPKey, "openpgp-keys.json")):
        if await session.scalar(select(model.id).limit(1)) is None:
            for fields in _json(name):
                _add(session, model(**fields))
    await session.flush()


async def _write_media(session: AsyncSession, storage: Storage) -> None:
    """Take the demonstration's images and documents into the library."""
    folder = FIXTURES / "media"
    present = set((await session.scalars(select(MediaItem.path))).all())
    for described in tomllib.loads((folder / "media.toml").read_text(encoding="utf-8"))["items"]:
        name = described.pop("file")
        if f"{media.FOLDER}/{name}" not in present:
            item = MediaItem(**described)
            audit.note(session, item, action=SEEDED)
            content = (folder / name).read_bytes()
            await media.add_item(session, storage, item, content=content, filename=name, by=SYSTEM, may_repeat=True)


async def _write_content(session: AsyncSession) -> None:
    await _write_pages(session)
    await _write_menus(session)
    await _write_boxes(session)
    await _write_banners(session)
    await _write_code_samples(session)
    if await _write_releases(session):
        outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
        outbox.enqueue(session, "rebuild_search")


async def _write_pages(session: AsyncSession) -> None:
    present = set((await session.scalars(select(Page.path))).all())
    folder = FIXTURES / "pages"
    for file in sorted(found for found in folder.rglob("*") if found.is_file()):
        path = file.relative_to(folder).with_suffix("").as_posix()
        if path not in present:
            _, front_matter, content = file.read_text(encoding="utf-8").split(FRONT_MATTER, 2)
            fields = {"is_published": True} | tomllib.loads(front_matter)
            page = Page(path=path, content=content, content_kind=KINDS[file.suffix], **fields)
            page.first_published_at = clock.now() if page.is_published else None
            _add(session, page)
    await session.flush()


async def _write_menus(session: AsyncSession) -> None:
    """Write the menus, unless there are any; entries with the path of a page lead to the page."""
    if await session.scalar(select(MenuItem.id).limit(1)):
        return
    pages = {page.public_path: page for page in await session.scalars(briefly(select(Page)))}
    for name, entries in _json("menu.json").items():
        items: list[MenuItem] = []
        await _write_entries(session, MenuName(name), entries, items, pages)
        _add(session, Menu(name=MenuName(name), outline=outline(items)))
    await session.flush()


async def _write_entries(
    session: AsyncSession,
    menu: MenuName,
    entries: list[dict[str, Any]],
    items: list[MenuItem],
    pages: dict[str, Page],
    *,
    parent_id: int | None = None,
) -> None:
    for entry in entries:
        page = pages.get(entry["path"])
        item = MenuItem(menu=menu, parent_id=parent_id, position=len(items), label=entry["label"], page=page)
        item.page_id, item.url = (page.id, "") if page else (None, entry["path"])
        _add(session, item)
        await session.flush()
        items.append(item)
        await _write_entries(session, menu, entry.get("children", []), items, pages, parent_id=item.id)


async def _write_boxes(session: AsyncSession) -> None:
    present = set((await session.scalars(select(Box.label))).all())
    for file in sorted((FIXTURES / "boxes").iterdir()):
        if file.stem not in present:
            content = file.read_text(encoding="utf-8")
            box = Box(label=file.stem, content=content, content_kind=KINDS[file.suffix])
            box.is_published, box.first_published_at = True, clock.now()
            _add(session, box)
    await session.flush()


async def _write_banners(session: AsyncSession) -> None:
    present = set((await session.scalars(select(Banner.title))).all())
    for fields in tomllib.loads((FIXTURES / "banners.toml").read_text(encoding="utf-8"))["banner"]:
        if fields["title"] not in present:
            banner = Banner(**{name: value for name, value in fields.items() if name in Banner.__table__.c})
            banner.tone = Tone(fields["tone"])
            banner.first_published_at = clock.now() if banner.is_published else None
            if "live_in_days" in fields:
                banner.publish_at = clock.now() + timedelta(days=fields["live_in_days"])
                banner.expire_at = clock.now() + timedelta(days=fields["expires_in_days"])
            _add(session, banner)
    await session.flush()


async def _write_code_samples(session: AsyncSession) -> None:
    present = set((await session.scalars(select(CodeSample.title))).all())
    for position, file in enumerate(sorted((FIXTURES / "code-samples").iterdir()), start=1):
        _, front_matter, explanation = file.read_text(encoding="utf-8").split(FRONT_MATTER, 2)
        fields = tomllib.loads(front_matter)
        if fields["title"] not in present:
            sample = CodeSample(copy=explanation, copy_kind=KINDS[file.suffix], position=position * STEP, **fields)
            sample.code, sample.is_published, sample.first_published_at = sample.code.strip("\n"), True, clock.now()
            _add(session, sample)
    await session.flush()


async def _write_releases(session: AsyncSession) -> int:
    """Write the releases that are missing, with their files, and return how many: in bulk, being thousands of rows."""
    present = set((await session.scalars(select(Release.slug))).all())
    texts = tomllib.loads((FIXTURES / "release-texts.toml").read_text(encoding="utf-8"))
    found = [release for release in _json("releases.json")["releases"] if release["slug"] not in present]
    latest = await session.scalars(select(Release.version).where(Release.is_latest, Release.is_published))
    taken = set(latest.all())
    ids = await _insert(session, Release, [_release(release, texts, taken) for release in found])
    systems = await _operating_systems(session)
    slugs = set((await session.scalars(select(ReleaseFile.slug))).all())
    addresses = set((await session.scalars(select(ReleaseFile.url))).all())
    files = (
        _file(file, release_id, systems)
        for release_id, release in zip(ids, found, strict=True)
        for file in release["files"]
        if file["slug"] not in slugs and file["url"] not in addresses
    )
    await _insert(session, ReleaseFile, files)
    return len(found)


async def _operating_systems(session: AsyncSession) -> dict[str, int]:
    """Return the ids of the operating systems by the slugs of the fixture, which staff may have given other ones."""
    here = dict((await session.execute(select(OperatingSystem.slug, OperatingSystem.id))).all())
    return {system["slug"]: here.get(system["slug"], system["id"]) for system in _json("operating-systems.json")}


def _release(release: dict[str, Any], texts: dict[str, str], taken: set[int]) -> dict[str, Any]:
    released_at = datetime.fromisoformat(release["release_date"])
    content = _release_text(release, texts)
    return {
        "name": release["name"],
        "slug": release["slug"],
        "version": release["version"],
        "is_latest": release["is_latest"] and release["version"] not in taken,
        "is_pre_release": release["pre_release"],
        "is_shown_on_download_page": release["show_on_download_page"],
        "released_at": released_at,
        "is_published": True,
        "first_published_at": released_at,
        "content": content,
        "content_kind": MarkupKind.MARKDOWN,
        "content_html": render(content, MarkupKind.MARKDOWN),
    }


def _release_text(release: dict[str, Any], texts: dict[str, str]) -> str:
    name = release["name"]
    number = name.removeprefix("Python ")
    return texts[_kind_of_release(number, release)].strip().format(name=name, series=".".join(number.split(".")[:2]))


def _kind_of_release(number: str, release: dict[str, Any]) -> str:
    if release["version"] == PYTHON_2:
        return "historical"
    for letters, kind in (("rc", "candidate"), ("a", "alpha"), ("b", "beta")):
        if letters in number:
            return kind
    return "feature" if number.endswith(".0") else "maintenance"


def _file(file: dict[str, Any], release_id: int, systems: dict[str, int]) -> dict[str, Any]:
    return {
        "release_id": release_id,
        "operating_system_id": systems[file["os"]],
        "name": file["name"],
        "slug": file["slug"],
        "description": file.get("description", ""),
        "is_source": file.get("is_source", False),
        "url": file["url"],
        "sigstore_bundle_url": file.get("sigstore_bundle_file", ""),
        "md5": file.get("md5_sum", ""),
        "sha256": file.get("sha256_sum", ""),
        "size": file["filesize"],
        "has_download_button": file.get("download_button", False),
    }


async def _write_people(session: AsyncSession, roles: dict[str, Role], password: str) -> bool:
    """Write one account for each shipped role, a superuser, and a member of the public; say if all of them are new."""
    present = set((await session.scalars(select(func.lower(User.username)))).all())
    # One hash for all: the password is no secret, and each hash takes its time.
    encoded = passwords.hash_now(password)
    for name in ("superuser", *SHIPPED_ROLES, "member"):
        if name in present:
            continue
        user = _person(name, encoded)
        _add(session, user)
        await session.flush()
        if name in SHIPPED_ROLES:
            kind, values = SCOPES.get(name, (None, []))
            _add(session, RoleAssignment(user_id=user.id, role_id=roles[name].id, scope_kind=kind, scope_values=values))
    await session.flush()
    return not present & SHIPPED_ROLES.keys()


def _person(name: str, encoded: str) -> User:
    return User(
        username=name,
        first_name=name.replace("-", " ").capitalize(),
        email=f"{name}@example.org",
        email_verified_at=clock.now(),
        password=encoded,
        is_staff=name != "member",
        is_superuser=name == "superuser",
    )


async def _insert(session: AsyncSession, model: type[Base], rows: Iterable[dict[str, Any]]) -> list[int]:
    """Insert the rows and return their ids in the same order; the caller sees to purge and index."""
    values = list(rows)
    if not values:
        return []
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]  # every table of ours has one
    result = await session.scalars(statement, values, execution_options={HANDLED: True})
    return list(result.all())


def _add(session: AsyncSession, row: Base) -> None:
    session.add(row)
    audit.note(session, row, action=SEEDED)


def _json(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))
