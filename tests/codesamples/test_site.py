"""Code samples on the home page."""

import re
from html import unescape

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from public_site.highlighting import highlighted
from tests.factories.codesamples import make_sample


def titles_in(page: httpx.Response) -> list[str]:
    found = re.findall(r'<section class="sample".*?<h2>(.*?)</h2>', page.text, re.DOTALL)
    return [unescape(title) for title in found]


async def test_the_home_page_shows_the_first_five_that_are_live_in_their_order(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    for position in (3, 1, 2, 6, 5, 4):
        await make_sample(session, title=f"No. {position}", position=position)
    await make_sample(session, title="A draft", position=0, is_published=False)

    page = await client.get("/")

    assert titles_in(page) == ["No. 1", "No. 2", "No. 3", "No. 4", "No. 5"]
    assert "A draft" not in page.text
    assert "code_samples" in page.headers["Surrogate-Key"].split()


async def test_without_samples_the_home_page_leaves_no_gap(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.status_code == 200
    assert 'class="samples"' not in page.text


async def test_a_single_sample_offers_no_choice(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_sample(session, copy="It *adds*.")

    page = await client.get("/")

    assert 'type="radio"' not in page.text
    assert "It <em>adds</em>." in page.text


async def test_code_is_text_whatever_stands_in_it(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_sample(session, code="a < b  # <script>alert(1)</script>\nprint('<b>')")

    page = await client.get("/")

    assert "<script>alert" not in page.text
    assert "a &lt; b" in page.text
    assert "<em>&#39;&lt;b&gt;&#39;</em>" in page.text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("for x in y: # why", "<b>for</b> x <b>in</b> y: <i># why</i>"),
        ("print(format)", "<b>print</b>(format)"),
        ("x.print(1)", "x.print(1)"),
        ('f"a # b"', "<em>f&#34;a # b&#34;</em>"),
        ("match x:\n    case 1: ...\ncase = match", "<b>match</b> x:\n    case 1: ...\ncase = match"),
        ('"""One\ntwo"""', "<em>&#34;&#34;&#34;One\ntwo&#34;&#34;&#34;</em>"),
        ('"open', "&#34;open"),
        (">>> 1 if 1\n1\n", "<span>&gt;&gt;&gt; </span>1 <b>if</b> 1\n<samp>1</samp>"),
        (
            ">>> x\n...\n\n# Why\nfor me",
            "<span>&gt;&gt;&gt; </span>x\n<span>...</span>\n\n<i># Why</i>\n<samp>for me</samp>",
        ),
        ("", ""),
    ],
)
def test_code_is_marked_for_the_eye(code: str, expected: str) -> None:
    assert str(highlighted(code)) == expected
