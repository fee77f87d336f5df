"""What may be decided about code samples."""

import pytest
from sqlalchemy import select

from cms.codesamples import queries, services
from cms.codesamples.models import CodeSample
from cms.codesamples.services import STEP
from cms.core import publishing, revisions
from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, PermissionDenied
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from tests.factories.codesamples import make_sample
from tests.factories.users import make_user


async def titles(session) -> list[str]:
    return [sample.title for sample in await session.scalars(queries.in_order())]


@pytest.mark.parametrize("code", ["\n \n", "x" * 5001])
async def test_a_sample_has_code_that_fits_the_page(session, superuser, code):
    with pytest.raises(Invalid) as refusal:
        await services.save_sample(session, CodeSample(title="A", code=code), by=superuser)

    assert list(refusal.value.errors) == ["code"]


async def test_a_sample_without_a_title_is_called_by_its_number(session, superuser):
    sample = CodeSample(title=" ", code=">>> 1 + 1\n2")

    await services.save_sample(session, sample, by=superuser)
    await session.flush()

    assert str(sample) == f"Code sample {sample.id}"


async def test_the_first_line_keeps_its_indentation(session, superuser):
    sample = CodeSample(title="A", code="\n    1 + 1\n\n")

    await services.save_sample(session, sample, by=superuser)

    assert sample.code == "    1 + 1"


async def test_a_new_sample_comes_last(session, superuser):
    await make_sample(session, title="First", position=7)

    await services.save_sample(session, CodeSample(title="Second", code="2"), by=superuser)
    await session.flush()

    assert await titles(session) == ["First", "Second"]


async def test_where_there_is_room_nothing_but_the_moved_sample_is_written(session, superuser):
    samples = [await make_sample(session, title=title, position=place * STEP) for place, title in enumerate("ABC")]
    versions = {sample.title: sample.lock_version for sample in samples}

    for _ in range(9):
        last = samples.pop()
        await services.place_before(session, last, samples[1], by=superuser)
        samples.insert(1, last)
    await session.commit()

    assert "".join(await titles(session)) == "".join(sample.title for sample in samples)
    assert samples[0].lock_version == versions["A"]


async def test_the_history_tells_of_the_moved_sample_alone(session, superuser):
    first, second = await make_sample(session, title="A"), await make_sample(session, title="B")

    await services.place_before(session, second, first, by=superuser)
    await session.commit()

    entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action != "create"))).all()
    assert [(entry.row_label, entry.action, entry.remark) for entry in entries] == [("B", "move", "To place 1 of 2.")]


@pytest.mark.parametrize(
    ("moved", "before", "expected"),
    [("C", "A", "CAB"), ("A", "C", "BAC"), ("A", None, "BCA"), ("B", "B", "ABC"), ("B", "C", "ABC")],
)
async def test_a_sample_gets_its_place_and_the_others_keep_their_order(session, superuser, moved, before, expected):
    samples = {title: await make_sample(session, title=title, position=3) for title in "ABC"}

    await services.place_before(session, samples[moved], samples.get(before), by=superuser)
    await session.flush()

    assert "".join(await titles(session)) == expected


async def test_unfiltered_html_takes_a_permission_of_its_own(session):
    editor = await make_user(session, permissions=(Permission.CODESAMPLES_EDIT,))
    sample = CodeSample(title="A", code="1", copy_kind=MarkupKind.HTML_TRUSTED)

    with pytest.raises(PermissionDenied, match="unfiltered HTML"):
        await services.save_sample(session, sample, by=editor)


async def test_who_may_not_publish_neither_writes_nor_moves_what_is_live(session):
    editor = await make_user(session, permissions=(Permission.CODESAMPLES_EDIT,))
    live, draft = await make_sample(session), await make_sample(session, is_published=False)

    await services.save_sample(session, draft, by=editor)
    await services.place_before(session, draft, live, by=editor)

    with pytest.raises(PermissionDenied, match="is live"):
        await services.save_sample(session, live, by=editor)
    with pytest.raises(PermissionDenied, match="is live"):
        await services.place_before(session, live, draft, by=editor)


async def test_deleting_a_sample_takes_its_permission(session):
    editor = await make_user(session, permissions=(Permission.CODESAMPLES_EDIT,))
    sample = await make_sample(session)

    with pytest.raises(PermissionDenied, match="Delete code samples"):
        await services.delete_sample(session, sample, by=editor)


async def test_taking_words_back_moves_nothing(session, superuser):
    first, second = (
        await make_sample(session, title="Before", is_published=False),
        await make_sample(session, title="Other"),
    )
    first.title = "After"
    await services.place_before(session, first, None, by=superuser)
    await session.commit()
    oldest = (await session.scalars(revisions.saved(first))).all()[-1]

    await publishing.restore(session, first, oldest, by=superuser)
    await session.commit()

    assert await titles(session) == ["Other", "Before"]
    assert len((await session.scalars(revisions.revisions_of(second))).all()) == 1
