"""What deleting a row would mean, read off the foreign keys."""

from cms.core.deletion import foresee
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def test_what_goes_along_with_a_release_is_foreseen(session):
    release = await make_release(session)
    system = await make_operating_system(session)
    for number in range(7):
        await make_file(session, release, system, name=f"File {number}")

    foreseen = await foresee(session, release)

    [files] = foreseen.go_along
    assert (files.count, len(files.examples)) == (7, 5)
    assert str(files).startswith("release files: File")
    assert str(files).endswith("and 2 more")
    assert foreseen.hinder == []


async def test_what_hinders_and_what_merely_forgets_is_told_apart(session):
    page = await make_page(session)
    await make_release(session, "Python 2.7.5", page_id=page.id)
    author = await make_user(session)
    await make_page(session, created_by_id=author.id)

    assert [str(found) for found in (await foresee(session, page)).hinder] == ["releases: Python 2.7.5"]
    assert [found.model.__tablename__ for found in (await foresee(session, author)).forget] == ["pages"]
