"""What a visitor is shown never depends on who asked before: with the page cache on, in every order."""

from collections.abc import AsyncIterator
from itertools import permutations

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Permission
from cms.core.resources import Resources
from cms.core.settings import Settings
from cms.users.models import User
from public_site.asgi import build
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import sign_in

PATHS = [
    "/",
    "/downloads/",
    "/downloads/windows/",
    "/downloads/release/python-3140/",
    "/downloads/release/python-3149/",
    "/downloads/feed.rss",
    "/about/",
    "/secret/",
    "/nope/",
    "/sitemap.xml",
]
SIGNED_IN = "Gwendolyn"


class Visits:
    """A visitor, and somebody of the staff who may see every draft, of one application with its page cache."""

    def __init__(self, visitor: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
        self.visitor = visitor
        self.staff = staff


@pytest.fixture
async def content(session: AsyncSession) -> None:
    windows = await make_operating_system(session, "Windows")
    release = await make_release(session, "Python 3.14.0", is_latest=True)
    await make_file(session, release, windows, has_download_button=True)
    await make_release(session, "Python 3.14.9", is_published=False)
    await make_page(session, path="about")
    await make_page(session, path="secret", is_published=False)


@pytest.fixture
async def person(session: AsyncSession) -> User:
    may = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT, Permission.PAGES_VIEW)
    return await make_user(session, username=SIGNED_IN, permissions=may)


@pytest.fixture
async def visits(
    resources: Resources, session: AsyncSession, settings: Settings, person: User, content: None
) -> AsyncIterator[Visits]:
    application = build(resources)
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as visitor,
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as staff,
    ):
        await sign_in(staff, session, person, settings)
        yield Visits(visitor, staff)


@pytest.mark.parametrize("order", sorted(set(permutations("vvss"))), ids="".join)
async def test_a_visitor_sees_the_same_page_whoever_asked_before(
    visits: Visits, resources: Resources, order: tuple[str, ...]
) -> None:
    transport = httpx.ASGITransport(build(resources))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as alone:
        expected = {path: await alone.get(path) for path in PATHS}

    for path in PATHS:
        for who in order:
            answer = await (visits.visitor if who == "v" else visits.staff).get(path)

            if who == "v":
                assert answer.status_code == expected[path].status_code
                assert answer.text == expected[path].text


@pytest.mark.parametrize("path", PATHS)
async def test_what_staff_are_shown_is_for_them_alone(visits: Visits, path: str) -> None:
    answer = await visits.staff.get(path)

    assert "private" in answer.headers["Cache-Control"]
    assert "Surrogate-Control" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
async def test_what_visitors_are_shown_names_nobody(visits: Visits, path: str) -> None:
    await visits.staff.get(path)

    answer = await visits.visitor.get(path)

    assert SIGNED_IN not in answer.text
    assert "Edit this release</a></p>\n" not in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_drafts_stay_hidden_after_staff_have_seen_them(visits: Visits) -> None:
    for path in ("/downloads/release/python-3149/", "/secret/"):
        assert (await visits.staff.get(path)).status_code == 200
        assert (await visits.visitor.get(path)).status_code == 404
