"""Code samples in the back office, and the order that they are given there."""

import pytest
from lxml import html
from sqlalchemy import select

from cms.codesamples import queries
from cms.codesamples.models import CodeSample
from cms.core.permissions import Permission
from tests.admin.browser import Browser, text_of
from tests.factories.boxes import make_box
from tests.factories.codesamples import make_sample
from tests.factories.users import make_user

ORDER = "/admin/code-samples/order"


async def titles(session) -> str:
    return "".join([sample.title for sample in await session.scalars(queries.in_order())])


async def make_three(session) -> dict[str, CodeSample]:
    return {title: await make_sample(session, title=title) for title in "ABC"}


async def test_a_sample_is_written_and_published(browser, session):
    code = "for x in range(3):\n    print(x)"

    answer = await browser.save(
        "/admin/code-samples/create", title="Loops", code=code, copy="They *repeat*.", press="decide:publish"
    )

    assert answer.status_code == 303
    sample = await session.scalar(select(CodeSample))
    assert (sample.code, sample.is_published) == (code, True)
    assert "<em>repeat</em>" in sample.copy_html


async def test_the_list_shows_the_samples_in_order_with_buttons_to_move_them(browser, session):
    await make_three(session)

    page = html.fromstring((await browser.get("/admin/code-samples/list")).text)

    rows = page.xpath("//table[@data-order]/tbody/tr")
    assert [row.xpath("string(th)").strip() for row in rows] == ["A", "B", "C"]
    assert [row.xpath("string(.//*[@data-place])") for row in rows] == ["1", "2", "3"]
    assert [len(row.xpath(".//button[@form='order' and @disabled]")) for row in rows] == [1, 0, 1]


@pytest.mark.parametrize("query", [{"search": "A"}, {"sort": "title"}, {"sort": "-position"}, {"state": "live"}])
async def test_rows_are_not_moved_in_a_list_that_shows_another_order(browser, session, query):
    await make_three(session)

    page = await browser.get("/admin/code-samples/list", **query)

    assert "data-order" not in page.text


@pytest.mark.parametrize(
    ("move", "row", "expected"), [("up", "B", "BAC"), ("down", "A", "BAC"), ("up", "A", "ABC"), ("down", "C", "ABC")]
)
async def test_a_button_moves_a_sample_by_one_place(browser, session, move, row, expected):
    samples = await make_three(session)

    answer = await browser.post(ORDER, {move: str(samples[row].id)})
    listed = text_of((await browser.get("/admin/code-samples/list")).text)

    assert answer.status_code == 303
    assert await titles(session) == expected
    assert f"“{row}” is now number {expected.index(row) + 1} of 3." in listed


async def test_a_dragged_sample_stands_before_another_or_last(browser, session):
    samples = await make_three(session)

    await browser.post(ORDER, {"moved": str(samples["C"].id), "before": str(samples["A"].id)})
    assert await titles(session) == "CAB"
    await browser.post(ORDER, {"moved": str(samples["C"].id), "before": ""})

    assert await titles(session) == "ABC"


async def test_a_script_is_told_in_json_where_the_row_is_now(browser, session):
    samples = await make_three(session)
    headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": await browser.token()}

    answer = await browser.client.post(ORDER, data={"moved": str(samples["C"].id)}, headers=headers)

    assert answer.status_code == 200
    assert answer.json() == {"said": "“C” is now number 3 of 3."}


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 422), ({"up": "999999"}, 404), ({"up": "x"}, 404), ({"moved": "{A}", "before": "999999"}, 404)],
)
async def test_what_is_not_there_is_not_moved(browser, session, fields, status):
    samples = await make_three(session)

    answer = await browser.post(ORDER, {name: value.format(A=samples["A"].id) for name, value in fields.items()})

    assert answer.status_code == status
    assert await titles(session) == "ABC"


async def test_tables_without_an_order_are_not_ordered(browser, session):
    box = await make_box(session)

    answer = await browser.post("/admin/boxes/order", {"up": str(box.id)})

    assert answer.status_code == 404


async def test_moving_takes_the_permission_to_write_and_for_what_is_live_to_publish(client, session):
    samples = await make_three(session)
    for permissions in ((Permission.CODESAMPLES_VIEW,), (Permission.CODESAMPLES_VIEW, Permission.CODESAMPLES_EDIT)):
        person = await make_user(session, is_staff=True, permissions=permissions)
        browser = await Browser(client).sign_in(session, person)

        answer = await browser.post(ORDER, {"up": str(samples["B"].id)})

        assert answer.status_code == 403
    assert await titles(session) == "ABC"
