"""Addresses of the past lead where the old web server led them, and nothing of today is hidden by them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.addresses import is_reserved
from cms.core.errors import Invalid
from cms.core.permissions import Permission
from cms.core.resources import Resources
from cms.redirects import services
from cms.redirects.models import Redirect
from cms.redirects.old_addresses import BELOW, EXACT, PATTERNS, SITE, Moved, moved, own_path
from public_site.asgi import build
from tests.admin.browser import Browser
from tests.conftest import SITE as HERE
from tests.factories.pages import make_page
from tests.factories.redirects import make_redirect
from tests.factories.users import make_user

TABLE = Path(__file__).with_name("old_addresses.tsv")
OWN = ("https://www.python.org/", "http://www.python.org/", "https://python.org/")


@dataclass(frozen=True)
class Row:
    """An address, and its status and target: as the old web server answered, and as we mean to."""

    path: str
    there: tuple[int, str]
    here: tuple[int, str]


def rows() -> Iterator[Row]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            path, status, target, instead, *_ = [*line.split("\t"), "", ""]
            other_status, _, other_target = instead.partition(" ")
            there = int(status), target
            yield Row(path, there, (int(other_status), other_target) if instead else there)


def at_home(target: str) -> str:
    """Return a target as the site of the tests tells it: its own address in place of www.python.org."""
    own = next((start for start in OWN if target.startswith(start)), None)
    return f"{HERE}/{target.removeprefix(own)}" if own else target


def answered(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("Location", "")


async def test_each_address_leads_where_it_led_before(client: httpx.AsyncClient) -> None:
    wrong = []
    for row in rows():
        answer = answered(await client.get(row.path))
        if answer != (row.here[0], at_home(row.here[1])):
            wrong.append((row.path, row.here, answer))

    assert wrong == []


def test_at_its_own_address_the_site_gives_the_very_targets_of_the_old_web_server() -> None:
    wrong = []
    for row in rows():
        path, _, query = row.path.partition("?")
        found = moved(path, query)
        given = (found.status_code, found.at(SITE)) if found else (404, "")
        if given != row.here:
            wrong.append((row.path, row.here, given))

    assert wrong == []


async def test_the_site_says_its_own_address_as_it_is_set(resources: Resources) -> None:
    settings = resources.settings.model_copy(update={"site_url": SITE})
    transport = httpx.ASGITransport(build(replace(resources, settings=settings)))

    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        answers = [answered(await client.get(path)) for path in ("/consortium", "/blog/", "/download/mac/")]

    assert answers == [
        (301, "http://www.python.org/psf"),
        (301, "https://python.org/blogs/"),
        (301, "https://www.python.org/downloads/macos/"),
    ]


def test_the_table_is_what_the_old_web_server_answered(shared: Path) -> None:
    lines = (shared / "reference" / "redirects.tsv").read_text(encoding="utf-8").splitlines()
    reference = [line.split("\t") for line in lines if not line.startswith("#")]

    assert [(row.path, *row.there) for row in rows()] == [(path, int(code), to) for path, code, to, _ in reference]
    decided = {row.path for row in rows() if row.there != row.here}
    assert decided <= {path for path, _, _, quirk in reference if quirk}


@pytest.mark.parametrize("path", ["/helpful", "/audiobook/", "/securityx", "/windowsill/", "/psf/conductor/", "/"])
def test_a_rule_ends_where_a_part_of_the_path_ends(path: str) -> None:
    assert moved(path) is None


async def test_the_slash_at_the_end_makes_no_difference(client: httpx.AsyncClient) -> None:
    for path in ("/download", "/download/mac", "/psf/conduct/reporting", "/Help.html", "/sf/12345"):
        without, with_slash = await client.get(path), await client.get(f"{path}/")

        assert answered(without) == answered(with_slash)
        assert without.is_redirect


async def test_the_query_comes_along_where_it_did(client: httpx.AsyncClient) -> None:
    targets = {
        "/pypi/Django?version=1.0&a=%C3%A9": "https://pypi.python.org/pypi/Django?version=1.0&a=%C3%A9",
        "/help/?x=1": f"{HERE}/about/help",
        "/dev/peps/pep-0008/?x=1": "https://peps.python.org/pep-0008/",
        "/mailman-bugs?x=1": "http://sourceforge.net/bugs/?group_id=103",
    }

    assert {path: (await client.get(path)).headers["Location"] for path in targets} == targets


async def test_what_follows_an_old_address_stays_a_path_at_the_target(client: httpx.AsyncClient) -> None:
    targets = {
        "/mailman//evil.test/": "https://mail.python.org/mailman//evil.test/",
        "/newjobs//evil.test/": f"{HERE}/jobs//evil.test/",
        "/newjobs/%2F%2Fevil.test/": f"{HERE}/jobs///evil.test/",
        "/newjobs/@evil.test/": f"{HERE}/jobs/@evil.test/",
        "/newjobs/%5C%5Cevil.test/": f"{HERE}/jobs/%5C%5Cevil.test/",
        "/dev/peps//evil.test": "https://peps.python.org//evil.test",
        "/pypi/%3Fa=b%23c": "https://pypi.python.org/pypi/%3Fa=b%23c",
        "/pypi/100%25": "https://pypi.python.org/pypi/100%25",
        "/pipermail/%C3%A9%22%3Cscript%3E/": "https://mail.python.org/pipermail/%C3%A9%22%3Cscript%3E/",
    }

    assert {path: (await client.get(path)).headers["Location"] for path in targets} == targets


async def test_what_is_no_address_of_ours_is_missing(client: httpx.AsyncClient) -> None:
    paths = ("/mailman/a%0d%0aSet-Cookie:x/", "//evil.test/help", "/%2Fevil.test/", "/\\evil.test/", "/help%00")

    answers = [await client.get(f"{HERE}{path}") for path in paths]

    assert {answer.status_code for answer in answers} == {404}
    assert not any("Set-Cookie" in answer.headers for answer in answers)


async def test_a_foreign_host_in_the_request_is_in_no_target(client: httpx.AsyncClient) -> None:
    forwarded = await client.get("/help", headers={"X-Forwarded-Host": "evil.test"})
    refused = await client.get("/help", headers={"Host": "evil.test"})

    assert answered(forwarded) == (301, f"{HERE}/about/help")
    assert refused.status_code == 400


async def test_a_head_request_is_led_as_well_and_a_post_is_not(client: httpx.AsyncClient) -> None:
    head = await client.head("/dev/peps/pep-0008/")
    post = await client.post("/dev/peps/pep-0008/", headers={"Origin": HERE})

    assert answered(head) == (302, "https://peps.python.org/pep-0008/")
    assert head.content == b""
    assert not post.is_redirect


async def test_caches_keep_the_answer_until_something_comes_to_lie_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/help/")

    assert {"pydotorg-app", "help", "pages", "redirects"} <= set(answer.headers["Surrogate-Key"].split())
    assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer.headers["Surrogate-Control"].startswith("max-age=3600")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["help", "security/reporting", "dev/peps/pep-0008", "download/mac"])
async def test_a_live_page_comes_before_a_rule(client: httpx.AsyncClient, session: AsyncSession, path: str) -> None:
    await make_page(session, path=path, title="Of today")

    answer = await client.get(f"/{path}/")

    assert answer.status_code == 200
    assert "Of today" in answer.text
    assert answered(await client.get(f"/{path}")) == (301, f"/{path}/")


async def test_a_redirect_comes_before_a_rule(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_redirect(session, old_path="/help/", new_path="/community/")

    assert answered(await client.get("/help/?x=1")) == (301, "/community/?x=1")


async def test_a_draft_is_for_those_who_may_see_it_and_others_are_led_on(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_page(session, path="help", title="Of tomorrow", is_published=False)
    editor = await make_user(session, is_staff=True, permissions=(Permission.PAGES_VIEW,))

    as_guest = await client.get("/help/")
    await Browser(client).sign_in(session, editor)
    as_editor = await client.get("/help/")

    assert answered(as_guest) == (301, f"{HERE}/about/help")
    assert "Of tomorrow" in as_editor.text


async def test_a_redirect_that_an_old_address_leads_back_to_is_refused(session: AsyncSession, superuser) -> None:
    await make_redirect(session, old_path="/elsewhere/", new_path="/help/")

    for target in ("/help/", "/help/deeper/", f"{SITE}/help", "/elsewhere/"):
        redirect = Redirect(old_path="/about/help/", new_path=target)
        with pytest.raises(Invalid, match="circle"):
            await services.save_redirect(session, redirect, by=superuser)


async def test_an_old_address_where_a_page_lies_makes_no_circle(session: AsyncSession, superuser) -> None:
    await make_page(session, path="help")
    redirect = Redirect(old_path="/about/help/", new_path="/help/")

    await services.save_redirect(session, redirect, by=superuser)
    await session.commit()

    assert redirect.id is not None


async def test_a_page_that_is_taken_down_leaves_no_circle_behind(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_page(session, path="help", is_published=False)
    await make_redirect(session, old_path="/about/help/", new_path="/help/")

    assert (await client.get("/help/")).status_code == 404


def test_rules_lead_on_in_a_few_steps_and_never_in_a_circle() -> None:
    rules = [*EXACT.values(), *BELOW.values(), *(rule for _, rule in PATTERNS)]
    for rule in rules:
        following: Moved | None = rule
        for _ in range(4):
            following = moved(own_path(following.target)) if following and own_path(following.target) else None

        assert following is None


def test_no_rule_is_for_what_the_program_keeps_for_itself() -> None:
    assert [path for path in [*EXACT, *BELOW] if is_reserved(path)] == []


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("https://www.python.org/a/?b#c", "/a/"),
        ("http://python.org", "/"),
        ("/a", "/a"),
        ("https://python.org.evil.test/a", ""),
        ("https://docs.python.org/a", ""),
        ("//www.python.org/a", ""),
        ("", ""),
    ],
)
def test_what_lies_on_this_site_is_told_from_what_does_not(target: str, path: str) -> None:
    assert own_path(target) == path
