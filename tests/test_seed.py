"""What a new database begins with: written once, never twice, and never over somebody's work."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cms import seed
from cms.banners.models import Banner
from cms.boxes.models import Box
from cms.codesamples import queries as code_samples
from cms.codesamples.models import CodeSample
from cms.core import outbox
from cms.core.audit import AuditEntry
from cms.core.errors import ConfigurationError
from cms.core.permissions import SHIPPED_ROLES
from cms.core.publishing import State
from cms.core.resources import Resources
from cms.downloads.models import (
    OpenPGPKey,
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    SeriesStatus,
    SigningIdentity,
)
from cms.downloads.rules import broken_rules
from cms.media import uses
from cms.media.models import MediaItem
from cms.menus import queries
from cms.menus.models import MenuName
from cms.pages.models import Page
from cms.pages.services import PATH
from cms.users import passwords
from cms.users.grants import load_grants
from cms.users.models import Role, RoleAssignment, User

COUNTED = (
    User,
    Role,
    RoleAssignment,
    OperatingSystem,
    ReleaseSeries,
    SigningIdentity,
    OpenPGPKey,
    Release,
    ReleaseFile,
    Page,
    Box,
    Banner,
    CodeSample,
)


async def counts(session) -> dict[str, int]:
    return {model.__tablename__: await session.scalar(select(func.count()).select_from(model)) for model in COUNTED}


async def test_a_database_for_real_work_gets_roles_and_facts_about_releases_only(resources, session):
    await seed.seed(resources, demo=False)

    assert await counts(session) == {
        "users": 0,
        "roles": len(SHIPPED_ROLES),
        "role_assignments": 0,
        "operating_systems": 5,
        "release_series": 19,
        "signing_identities": 11,
        "openpgp_keys": 13,
        "releases": 0,
        "release_files": 0,
        "pages": 0,
        "boxes": 0,
        "banners": 0,
        "code_samples": 0,
    }
    systems = dict((await session.execute(select(OperatingSystem.id, OperatingSystem.slug))).all())
    assert systems == {1: "windows", 2: "macos", 3: "source", 4: "android", 5: "ios"}


async def test_an_identity_that_was_taken_off_the_list_does_not_come_back(resources, session):
    await seed.seed(resources, demo=False)
    await session.delete((await session.scalars(select(SigningIdentity).limit(1))).one())
    await session.commit()

    await seed.seed(resources, demo=False)

    assert (await counts(session))["signing_identities"] == 10


async def test_a_series_that_the_task_has_brought_up_to_date_stays_so(resources, session):
    await seed.seed(resources, demo=False)
    row = (await session.scalars(select(ReleaseSeries).where(ReleaseSeries.series == "3.14"))).one()
    row.status = SeriesStatus.SECURITY
    await session.commit()

    await seed.seed(resources, demo=False)
    await session.refresh(row)

    assert row.status == SeriesStatus.SECURITY


async def test_another_operating_system_gets_the_next_id(resources, session):
    await seed.seed(resources, demo=False)

    system = OperatingSystem(name="Plan 9", slug="plan9")
    session.add(system)
    await session.flush()

    assert system.id == 6


@pytest.mark.demonstration
async def test_a_demonstration_has_every_release_and_one_account_a_role(session):
    found = await counts(session)
    assert (found["releases"], found["release_files"]) == (450, 3353)
    assert found["users"] == len(SHIPPED_ROLES) + 2
    assert found["pages"] >= 50
    assert found["boxes"] >= 40
    drafts = await session.scalar(select(func.count()).where(Page.is_published.is_(False)))
    assert drafts >= 3
    latest = await session.scalars(select(Release.slug).where(Release.is_latest).order_by(Release.slug))
    assert latest.all() == ["python-2718", "python-3144"]


async def test_seeding_twice_writes_nothing_twice(resources, session):
    await seed.seed(resources, demo=True)
    before = await counts(session)

    await seed.seed(resources, demo=True)

    assert await counts(session) == before


async def test_what_an_editor_changed_is_left_alone(resources, session):
    await seed.seed(resources, demo=True)
    page = await session.scalar(select(Page).where(Page.path == "about"))
    page.title = "All about Python"
    await session.commit()

    await seed.seed(resources, demo=True)

    await session.refresh(page)
    assert page.title == "All about Python"


async def test_a_shipped_role_is_brought_up_to_date(resources, session):
    await seed.seed(resources, demo=False)
    role = await session.scalar(select(Role).where(Role.name == "auditor"))
    role.permissions = ["pages:delete"]
    await session.commit()

    await seed.seed(resources, demo=False)

    await session.refresh(role)
    assert role.permissions == sorted(SHIPPED_ROLES["auditor"].permissions)


@pytest.mark.demonstration
async def test_a_demonstration_has_a_banner_now_another_to_come_and_a_full_home_page(session):
    banners = {banner.title: banner for banner in (await session.scalars(select(Banner))).all()}
    assert banners["Join the Foundation"].state == State.LIVE
    assert banners["Answer the survey"].state == State.SCHEDULED
    assert len((await session.scalars(code_samples.shown())).all()) == code_samples.SHOWN
    assert {box.state for box in await session.scalars(select(Box))} == {State.LIVE}


@pytest.mark.demonstration
async def test_a_demonstration_is_in_the_middle_of_its_work(session):
    states = {page.path: page for page in await session.scalars(select(Page))}
    assert states["community/local-groups"].is_in_review
    assert states["about/gettingstarted"].has_draft
    assert states["psf/annual-report"].state is State.SCHEDULED


@pytest.mark.demonstration
async def test_every_account_signs_in_with_the_password_of_the_settings(resources, session):
    people = {user.username: user for user in (await session.scalars(select(User))).all()}
    password = resources.settings.demo_password.get_secret_value()
    assert set(people) == {"superuser", "member", *SHIPPED_ROLES}
    assert (await passwords.verify(password, people["release-manager"].password)).valid
    assert (people["superuser"].is_superuser, people["member"].is_staff, people["auditor"].is_staff) == (
        True,
        False,
        True,
    )


@pytest.mark.demonstration
async def test_a_volunteer_reaches_the_community_pages_only(session):
    volunteer = await session.scalar(select(User).where(User.username == "volunteer"))

    grants = await load_grants(session, volunteer)

    assert {str(grant.scope) for grant in grants.held} == {"Pages under paths: community"}


async def test_demonstration_content_stays_out_of_a_database_for_real_work(resources: Resources, session):
    real = replace(resources, settings=resources.settings.model_copy(update={"demo_database": False}))

    with pytest.raises(ConfigurationError, match="CMS_DEMO_DATABASE"):
        await seed.seed(real, demo=True)

    assert (await counts(session))["users"] == 0


@pytest.mark.demonstration
async def test_bulk_rows_have_their_consequences_and_others_their_entries(session):
    tasks = (await session.scalars(select(outbox.OutboxMessage.task))).all()
    actions = (
        await session.scalars(select(AuditEntry.action).where(AuditEntry.actor_name == "system").distinct())
    ).all()
    assert {"purge_keys", "rebuild_search"} <= set(tasks)
    assert actions == ["seed"]


@pytest.mark.demonstration
async def test_releases_are_those_of_the_fixture_field_by_field(session):
    fixture = {
        release["slug"]: release for release in json.loads((seed.FIXTURES / "releases.json").read_text())["releases"]
    }

    files = (await session.execute(select(ReleaseFile, Release.slug).join(Release))).all()

    for file, slug in files:
        (told,) = [found for found in fixture[slug]["files"] if found["slug"] == file.slug]
        assert (file.name, file.url, file.size) == (told["name"], told["url"], told["filesize"])
        assert (file.md5, file.sha256) == (told["md5_sum"], told.get("sha256_sum", ""))
        assert file.sigstore_bundle_url == told.get("sigstore_bundle_file", "")
        assert file.has_download_button == told.get("download_button", False)


@pytest.mark.demonstration
async def test_what_is_seeded_keeps_the_rules_of_its_domain(session):
    files = (await session.scalars(select(ReleaseFile))).all()
    pages = (await session.scalars(select(Page))).all()
    assert [file.url for file in files if broken_rules(file)] == []
    assert [page.path for page in pages if not (PATH.fullmatch(page.path) and page.title and page.content_html)] == []


async def test_the_menus_lead_to_their_pages(resources, session):
    await seed.seed(resources, demo=True)
    await seed.seed(resources, demo=True)

    menu = await session.scalar(queries.named(MenuName.MAIN))
    items = (await session.scalars(queries.items_of(MenuName.MAIN))).all()
    assert len(items) == len(menu.outline.splitlines()) > 20
    assert all(item.page is not None for item in items if item.url == "")
    assert sum(item.page is not None for item in items) > 10


def test_the_menu_leads_to_pages_that_exist():
    folder = Path(seed.FIXTURES / "pages")
    pages = {f"/{file.relative_to(folder).with_suffix('')}/" for file in folder.rglob("*") if file.is_file()}
    menu = json.loads((seed.FIXTURES / "menu.json").read_text())

    entries = [entry for top in (*menu["main"], *menu["footer"]) for entry in (top, *top.get("children", []))]

    own = {entry["path"] for entry in entries if entry["path"].startswith("/")}
    systems = {f"/downloads/{system}/" for system in ("windows", "macos", "source", "android", "ios")}
    assert own - pages - systems == {"/downloads/"}


async def test_seeding_goes_round_what_staff_called_by_the_names_of_the_demonstration(resources, session):
    await seed.seed(resources, demo=False)
    windows = await session.get(OperatingSystem, 1)
    windows.name, windows.slug = "Microsoft Windows", "microsoft-windows"
    release = Release(name="Made here", slug="made-here", version=3, is_latest=True, is_published=True)
    session.add_all([release, User(username="Member", password="!")])
    await session.flush()
    fixture = json.loads((seed.FIXTURES / "releases.json").read_text())["releases"][0]["files"][0]
    taken = ReleaseFile(name="x", slug="x", url=fixture["url"], release_id=release.id, operating_system_id=1)
    session.add(taken)
    await session.commit()

    await seed.seed(resources, demo=True)
    first = await counts(session)
    await seed.seed(resources, demo=True)

    assert await counts(session) == first
    assert (first["releases"], first["release_files"]) == (451, 3353)
    assert (await session.scalars(select(OperatingSystem.slug).where(OperatingSystem.id == 1))).one() == (
        "microsoft-windows"
    )
    assert (await session.scalars(select(User.username).where(func.lower(User.username) == "member"))).all() == [
        "Member"
    ]
    latest = select(Release.slug).where(Release.is_latest, Release.version == 3)
    assert (await session.scalars(latest)).all() == ["made-here"]


@pytest.mark.demonstration
async def test_the_demonstration_has_media_with_their_alternative_texts(session, client):
    items = (await session.scalars(select(MediaItem))).all()
    silent = [item.title for item in items if item.is_image and not (item.alternative_text or item.is_decorative)]
    page = await session.scalar(select(Page).where(Page.path == "community/workshops"))
    assert len(items) == 6
    assert silent == []
    for path in uses.paths_in(page.content_html):
        assert (await client.get(f"/media/{path}")).status_code == 200
