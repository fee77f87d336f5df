"""The menus on the public site: the same for all who are not signed in, and up to date."""

from lxml import html

from cms.menus.models import MENUS_KEY, MenuName, Visibility
from public_site.menus import MenuShelf
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import sign_in


def _labels(page: str, menu: str) -> list[str]:
    return html.fromstring(page).xpath(f'//nav[@data-menu="{menu}"]//a/text()')


async def test_every_page_shows_the_menus(client, session):
    await make_page(session, path="a")
    await make_menu(session, line("About"), line("Help", depth=1), line("Chat", depth=2))
    await make_menu(session, line("Privacy"), name=MenuName.FOOTER)
    await make_menu(session, line("PyPI", "https://pypi.org/"), name=MenuName.SITES)

    pages = [(await client.get(path)).text for path in ("/", "/a/", "/nothing/", "/accounts/login/")]

    for page in pages:
        assert _labels(page, "main") == ["About"]
        assert _labels(page, "columns") == ["About", "Help", "Chat"]
        assert _labels(page, "footer") == ["Privacy"]
        assert _labels(page, "sites") == ["PyPI"]


async def test_without_entries_there_is_no_empty_landmark(client):
    page = html.fromstring((await client.get("/")).text)

    assert page.xpath("//nav[@data-menu and not(@hidden)]") == []


async def test_what_shows_menus_ends_when_one_is_saved(client, session):
    await make_page(session, path="a")

    answers = [await client.get(path) for path in ("/", "/a/", "/nothing/", "/downloads/")]

    assert all(MENUS_KEY in answer.headers["Surrogate-Key"].split() for answer in answers)


async def test_what_shows_no_menu_stays(client):
    answer = await client.get("/robots.txt")

    assert MENUS_KEY not in answer.headers["Surrogate-Key"].split()


async def test_what_is_not_for_guests_is_in_no_page(client, session, settings):
    await make_menu(session, line("About"), line("Members", visibility=Visibility.SIGNED_IN))
    await sign_in(client, session, await make_user(session), settings)

    page = await client.get("/")

    assert _labels(page.text, "main") == ["About"]


async def test_who_is_signed_in_is_sent_their_menus_apart_from_the_page(client, session, settings):
    await make_menu(
        session,
        line("About"),
        line("Members", visibility=Visibility.SIGNED_IN),
        line("Rota", visibility=Visibility.STAFF),
    )
    guest = await client.get("/authenticated")
    await sign_in(client, session, await make_user(session), settings)

    member = await client.get("/authenticated")

    assert "Members" not in guest.text
    assert "Members" in member.text
    assert "Rota" not in member.text
    assert "no-store" in member.headers["Cache-Control"]


async def test_who_sees_the_same_as_guests_is_sent_no_menus(client, session, settings):
    await make_menu(session, line("About"))
    await sign_in(client, session, await make_user(session, is_staff=True), settings)

    assert "data-menu-instead" not in (await client.get("/authenticated")).text


async def test_the_menu_decides_what_stands_beside_the_pages_that_it_covers(client, session):
    for path in ("a", "a/b", "a/c"):
        await make_page(session, path=path, title=f"Title of {path}")
    await make_menu(session, line("A", "/a/"), line("Only this", "/a/c/", depth=1))

    page = html.fromstring((await client.get("/a/")).text)

    assert page.xpath('//nav[@class="section-menu"]//a/text()') == ["Only this"]


async def test_menus_are_read_once_and_again_after_a_purge(session, sessionmaker):
    shelf = MenuShelf(sessionmaker)
    await make_menu(session, line("Before"))
    await shelf.refresh()
    await make_menu(session, line("After"))

    await shelf.refresh()
    before = shelf.menus_for(Visibility.EVERYBODY)[MenuName.MAIN]
    shelf.purge(frozenset({MENUS_KEY}))
    await shelf.refresh()

    assert [entry.label for entry in before] == ["Before"]
    assert [entry.label for entry in shelf.menus_for(Visibility.EVERYBODY)[MenuName.MAIN]] == ["After"]


async def test_what_was_read_while_a_purge_came_is_read_again(session, sessionmaker):
    class Late:
        """A maker of sessions during whose first use the menus are purged."""

        def __call__(self):
            shelf.purge(frozenset({MENUS_KEY}))
            return sessionmaker()

    shelf = MenuShelf(Late())
    await make_menu(session, line("Before"))
    await shelf.refresh()
    await make_menu(session, line("After"))

    await shelf.refresh()

    assert [entry.label for entry in shelf.menus_for(Visibility.EVERYBODY)[MenuName.MAIN]] == ["After"]
