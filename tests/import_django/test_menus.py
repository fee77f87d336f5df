"""The old site's menus, with all that cannot be taken over as it was."""

from sqlalchemy import select

from cms.menus import queries, services
from cms.menus.models import MenuItem, MenuName

TABLES = """
CREATE TABLE sitetree_tree (id integer, title text, alias text);
INSERT INTO sitetree_tree VALUES (1, 'Python.org', 'main'), (2, 'Extra footer', 'footer-extra'), (3, 'Other', 'x');
CREATE TABLE sitetree_treeitem (
    id integer, title text, hint text, url text, urlaspattern boolean, hidden boolean, alias text, description text,
    inmenu boolean, access_loggedin boolean, access_guest boolean, access_restricted boolean,
    sort_order integer, parent_id integer, tree_id integer
);
"""
COLUMNS = {
    "hint": "",
    "urlaspattern": False,
    "hidden": False,
    "alias": None,
    "description": "",
    "inmenu": True,
    "access_loggedin": False,
    "access_guest": False,
    "access_restricted": False,
    "parent_id": None,
    "tree_id": 1,
}
PYTHON = {"id": 1, "title": "Python", "url": "home", "urlaspattern": True, "alias": "python-meta"}


async def _fill(connection, *items):
    await connection.execute(TABLES)
    for item in items:
        row = COLUMNS | {"sort_order": item["id"]} | item
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        statement = f"INSERT INTO sitetree_treeitem ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - names of ours
        await connection.execute(statement, *row.values())


async def _outline(session, name=MenuName.MAIN):
    session.expunge_all()
    items = await session.scalars(queries.items_of(name))
    return services.outline(item for item, _ in services.in_order(items)).splitlines()


async def _run(run_import, old_site):
    url, _ = old_site
    report = await run_import(url)
    assert report["agrees"] is True
    table = report["tables"]["sitetree_treeitem"]
    assert table["checksum_there"] == table["checksum_here"]
    refused = {problem["id"]: problem["reason"] for problem in table["refused"]}
    changed = {problem["id"]: problem["reason"] for problem in table["changed"]}
    return refused, changed, table


async def test_what_stood_below_python_is_the_main_menu_and_its_neighbours_the_bar(
    run_import, changeable_old_site, session
):
    await _fill(
        changeable_old_site[1],
        PYTHON,
        {"id": 2, "title": "PyPI", "url": "https://pypi.org/"},
        {"id": 3, "title": "About", "url": "about", "urlaspattern": True, "parent_id": 1, "sort_order": 9},
        {"id": 4, "title": "Downloads", "url": "download:download", "urlaspattern": True, "parent_id": 1},
        {"id": 6, "title": "Help", "url": "https://www.python.org/about/help/", "parent_id": 3},
        {"id": 7, "title": "Terms", "url": "/terms/", "tree_id": 2},
    )

    refused, changed, _ = await _run(run_import, changeable_old_site)

    assert await _outline(session) == [
        "Downloads → /downloads/",
        "About → /about/",
        "    Help → /about/help/",
    ]
    assert await _outline(session, MenuName.SITES) == ["PyPI → https://pypi.org/"]
    assert await _outline(session, MenuName.FOOTER) == ["Terms → /terms/"]
    assert refused == {"1": "It only held the main menu together; what lay below it is the first level here."}
    assert changed == {}


async def test_each_entry_that_stays_behind_or_changes_is_told_with_the_reason(
    run_import, changeable_old_site, session
):
    await _fill(
        changeable_old_site[1],
        PYTHON,
        {"id": 2, "title": " ", "url": "/a/", "parent_id": 1},
        {"id": 3, "title": "Soon", "url": "comingsoon", "urlaspattern": True, "parent_id": 1},
        {"id": 4, "title": "Below soon", "url": "/b/", "parent_id": 3},
        {"id": 5, "title": "Script", "url": "javascript:alert(1)", "parent_id": 1},
        {"id": 6, "title": "Ring", "url": "/c/", "parent_id": 7},
        {"id": 7, "title": "Ring", "url": "/d/", "parent_id": 6},
        {"id": 8, "title": "Elsewhere", "url": "/e/", "tree_id": 3},
        {"id": 9, "title": "One", "url": "/1/", "parent_id": 1},
        {"id": 10, "title": "Two", "url": "/2/", "parent_id": 9},
        {"id": 11, "title": "Three", "url": "/3/", "parent_id": 10},
        {"id": 12, "title": "Four", "url": "/4/", "parent_id": 11, "hint": "A hint"},
        {"id": 13, "title": "Staff", "url": "/f/", "parent_id": 1, "access_restricted": True},
        {"id": 14, "title": "Members", "url": "/g/", "parent_id": 1, "access_loggedin": True},
        {"id": 15, "title": "Guests", "url": "/h/", "parent_id": 1, "access_guest": True},
        {"id": 16, "title": "Hidden", "url": "/i/", "parent_id": 1, "hidden": True},
        {"id": 17, "title": "Crumb", "url": "/j/", "parent_id": 1, "inmenu": False},
    )

    refused, changed, table = await _run(run_import, changeable_old_site)

    del refused["1"]
    assert refused == {
        "2": "It has no title.",
        "3": "Its pattern “comingsoon” is the name of no address that is known here.",
        "5": "Its address “javascript:alert(1)” is neither a path nor a web address.",
        "6": "It lies below itself.",
        "7": "It lies below itself.",
        "8": "It belongs to the menu “x”, which is shown nowhere here.",
    }
    assert changed == {
        "4": "What it lay below was not taken over; it lies further out.",
        "12": "It lay deeper than 3 levels; it lies further out.",
        "13": "It was for people with certain permissions; it is for staff.",
        "15": "It was for guests only; everybody sees it.",
        "17": "It was in no menu, only in breadcrumbs; it is hidden.",
    }
    assert await _outline(session) == [
        "Below soon → /b/",
        "One → /1/",
        "    Two → /2/",
        "        Three → /3/",
        "        Four → /4/",
        "Staff → /f/ (Staff only)",
        "Members → /g/ (Who is signed in)",
        "Guests → /h/",
        "Hidden → /i/ (Nobody (hidden))",
        "Crumb → /j/ (Nobody (hidden))",
    ]
    assert "Hints and descriptions of entries are shown nowhere here, and were left behind." in table["remarks"]


async def test_an_entry_with_the_path_of_a_page_leads_to_the_page(run_import, changeable_old_site, session):
    _, connection = changeable_old_site
    page = await connection.fetchrow("SELECT id, path FROM pages_page WHERE is_published ORDER BY id LIMIT 1")
    await _fill(connection, PYTHON, {"id": 2, "title": "A", "url": f"/{page['path'].strip('/')}", "parent_id": 1})

    await _run(run_import, changeable_old_site)

    item = await session.scalar(select(MenuItem))
    assert (item.page_id, item.url) == (page["id"], "")


async def test_a_second_import_finds_the_menus_as_they_are(run_import, changeable_old_site, session):
    await _fill(changeable_old_site[1], PYTHON, {"id": 2, "title": "A", "url": "/a/", "parent_id": 1})
    await _run(run_import, changeable_old_site)

    _, _, table = await _run(run_import, changeable_old_site)

    assert (table["created"], table["updated"], table["unchanged"]) == (0, 0, 1)
