import re

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.outbox import OutboxMessage
from cms.users import sign_in as signing_in
from cms.users.models import UserSession
from tests.factories.users import PASSWORD, make_user
from tests.users.browser import account_menu, sign_in, submit

NEW_PASSWORD = "quite another pass phrase"


@pytest.fixture(autouse=True)
def _answers_at_once(monkeypatch):
    monkeypatch.setattr(signing_in, "REFUSAL_TAKES", 0)


@pytest.fixture
async def alice(session):
    return await make_user(session, username="alice", email="alice@example.org")


def planted(client, token):
    """Forget every cookie and hold only this session."""
    client.cookies.clear()
    client.cookies.set("session", token)


async def test_signing_in_opens_a_session_in_one_strict_cookie(client, alice):
    answer = await sign_in(client, "alice", PASSWORD)

    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("session="))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "alice" in await account_menu(client)


async def test_nothing_of_it_is_kept_by_caches(client, alice):
    form = await client.get("/accounts/login/")
    answer = await sign_in(client, "alice", PASSWORD)
    menu = await client.get("/authenticated")
    home = await client.get("/")

    for response in (form, answer, menu, home):
        assert response.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/downloads/", "/downloads/"),
        ("/search/?q=a%20b&page=2", "/search/?q=a%20b&page=2"),
        ("", "/"),
        ("https://example.org/", "/"),
        ("//example.org/", "/"),
        ("/\\example.org", "/"),
        ("/\t/example.org", "/"),
        ("javascript:alert(1)", "/"),
        ("downloads/", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/" + "x" * 5000, "/"),
    ],
)
async def test_signing_in_leads_on_to_pages_of_this_site_only(client, alice, wanted, reached):
    answer = await sign_in(client, "alice", PASSWORD, next=wanted)

    assert (answer.status_code, answer.headers["location"]) == (303, reached)


async def test_the_page_that_was_asked_for_survives_a_mistake(client, alice):
    form = await client.get("/accounts/login/?next=/downloads/")

    refused = await sign_in(client, "alice", "wrong", next="/downloads/")

    for page in (form, refused):
        assert 'name="next" value="/downloads/"' in page.text


async def test_a_refusal_keeps_the_name_but_never_the_password(client, alice):
    answer = await sign_in(client, "alice", "my wrong password")

    assert answer.status_code == 422
    assert 'value="alice"' in answer.text
    assert "my wrong password" not in answer.text
    assert "The user name or the password is wrong." in answer.text


async def test_empty_fields_are_explained_beside_them(client):
    answer = await sign_in(client, " ", "")

    assert answer.status_code == 422
    assert "Please write your user name or your e-mail address." in answer.text
    assert "Please write your password." in answer.text
    assert answer.text.count('aria-invalid="true"') == 2


async def test_unknown_names_and_wrong_passwords_get_the_same_page(client, alice):
    known = await sign_in(client, "alice", "wrong")
    unknown = await sign_in(client, "nobody", "wrong")

    assert known.status_code == unknown.status_code
    assert known.text.replace("alice", "nobody") == unknown.text
    assert dict(known.headers).keys() == dict(unknown.headers).keys()


async def test_typed_markup_is_shown_as_text(client):
    answer = await sign_in(client, '"><script>', "wrong")

    assert "<script>" not in answer.text.replace('<script src="', "")
    assert "&#34;&gt;&lt;script&gt;" in answer.text


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "é" * 300, "%", "x" * 100_000])
async def test_any_name_is_refused_without_an_error(client, name):
    answer = await sign_in(client, name.encode(errors="surrogatepass"), "wrong")

    assert answer.status_code == 422


async def test_after_five_mistakes_even_the_right_password_waits(client, alice, clock):
    for _ in range(5):
        await sign_in(client, "alice", "wrong")

    refused = await sign_in(client, "alice", PASSWORD)
    clock.move(seconds=30)
    accepted = await sign_in(client, "alice", PASSWORD)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert "Please try again in 30 seconds." in refused.text
    assert accepted.status_code == 303


async def test_an_inactive_account_is_told_so_and_gets_no_session(client, session):
    await make_user(session, username="gone", is_active=False)

    answer = await sign_in(client, "gone", PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/inactive/")
    assert "session" not in client.cookies
    assert (await client.get("/accounts/inactive/")).status_code == 200
    assert (await session.scalars(select(UserSession))).all() == []


async def test_a_session_from_before_the_sign_in_is_dead_after_it(client, session, alice):
    mallory = await make_user(session, username="mallory")
    await sign_in(client, "mallory", PASSWORD)
    before = client.cookies["session"]
    assert mallory.username in await account_menu(client)

    # Somebody who is signed in is not shown the form; the page of the session at hand has its token.
    await submit(client, "/accounts/login/", page="/accounts/logout/", username="alice", password=PASSWORD)
    after = client.cookies["session"]

    assert after != before
    assert "alice" in await account_menu(client)
    planted(client, before)
    assert "Sign in" in await account_menu(client)


async def test_an_invented_token_is_never_taken_over(client, alice):
    client.cookies.set("session", "a-token-planted-by-somebody-else")

    await sign_in(client, "alice", PASSWORD)
    planted(client, "a-token-planted-by-somebody-else")

    assert "Sign in" in await account_menu(client)


async def test_signing_out_asks_first_and_then_ends_the_session_on_the_server(client, alice):
    await sign_in(client, "alice", PASSWORD)
    token = client.cookies["session"]

    asked = await client.get("/accounts/logout/")
    still = await account_menu(client)
    answer = await submit(client, "/accounts/logout/")

    assert asked.status_code == 200
    assert "alice" in still
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "session" not in client.cookies
    planted(client, token)
    assert "Sign in" in await account_menu(client)


async def test_another_site_can_neither_sign_anybody_in_nor_out(client, alice):
    data = {"username": "alice", "password": PASSWORD}
    elsewhere = {"Origin": "https://example.org"}

    for path in ("/accounts/login/", "/accounts/logout/", "/accounts/password/change/"):
        assert (await client.post(path, data=data, headers=elsewhere)).status_code == 403


async def test_whoever_is_signed_in_is_led_on_from_the_sign_in_page(client, alice):
    await sign_in(client, "alice", PASSWORD)

    answer = await client.get("/accounts/login/?next=/downloads/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/downloads/")


async def test_the_sign_in_is_in_the_audit_with_its_request(client, session, alice):
    answer = await sign_in(client, "alice", PASSWORD)

    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "sign in"))).one()
    assert entry.actor_id == alice.id
    assert entry.request_id == answer.headers["x-request-id"]


async def test_the_sessions_of_a_person_are_listed_and_one_can_be_ended(client, session, alice):
    client.headers["User-Agent"] = "Lynx <2.9>"
    await sign_in(client, "alice", PASSWORD)
    elsewhere = client.cookies["session"]
    client.cookies.clear()
    client.headers["User-Agent"] = "Firefox"
    await sign_in(client, "alice", PASSWORD)
    first = await session.scalar(select(UserSession.id).where(UserSession.user_agent == "Lynx <2.9>"))

    listed = await client.get("/accounts/sessions/")
    answer = await submit(client, f"/accounts/sessions/{first}/end/", page="/accounts/sessions/")

    assert "Lynx &lt;2.9&gt;" in listed.text
    assert listed.text.count("(this one)") == 1
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/sessions/")
    assert "alice" in await account_menu(client)
    planted(client, elsewhere)
    assert "Sign in" in await account_menu(client)


async def test_all_other_sessions_can_be_ended_at_once(client, alice):
    await sign_in(client, "alice", PASSWORD)
    elsewhere = client.cookies["session"]
    client.cookies.clear()
    await sign_in(client, "alice", PASSWORD)

    await submit(client, "/accounts/sessions/end-others/", page="/accounts/sessions/")

    assert "alice" in await account_menu(client)
    planted(client, elsewhere)
    assert "Sign in" in await account_menu(client)


@pytest.mark.parametrize("path", ["/accounts/sessions/", "/accounts/password/change/"])
async def test_visitors_are_asked_to_sign_in_first(client, path):
    answer = await client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/accounts/login/?next={path.replace('/', '%2F')}"


async def test_a_number_beyond_the_column_ends_nothing(client, alice):
    await sign_in(client, "alice", PASSWORD)

    answer = await submit(client, f"/accounts/sessions/{2**80}/end/", page="/accounts/sessions/")

    assert answer.status_code == 303


async def test_a_changed_password_ends_every_other_session_and_is_told_by_mail(client, session, alice):
    await sign_in(client, "alice", PASSWORD)
    elsewhere = client.cookies["session"]
    client.cookies.clear()
    await sign_in(client, "alice", PASSWORD)

    fields = {"current": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    answer = await submit(client, "/accounts/password/change/", **fields)

    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/password/change/done/")
    assert "alice" in await account_menu(client)
    messages = (await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "send_password_changed"))).all()
    assert [message.arguments for message in messages] == [{"user_id": alice.id}]
    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "change password"))).one()
    assert (entry.actor_id, "argon2" in str(entry.changes)) == (alice.id, False)
    planted(client, elsewhere)
    assert "Sign in" in await account_menu(client)
    assert (await sign_in(client, "alice", PASSWORD)).status_code == 422
    assert (await sign_in(client, "alice", NEW_PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "sentence"),
    [
        ("wrong", NEW_PASSWORD, NEW_PASSWORD, "This is not your current password."),
        (PASSWORD, NEW_PASSWORD, "something else", "The two passwords are not the same."),
        (PASSWORD, "short", "short", "Please use at least 10 characters."),
        (PASSWORD, "python-2026", "python-2026", "one of the first passwords that somebody would guess"),
        ("", "", "", "Please write your current password."),
    ],
)
async def test_a_password_that_will_not_do_is_explained_beside_its_field(client, alice, current, new, again, sentence):
    await sign_in(client, "alice", PASSWORD)

    answer = await submit(client, "/accounts/password/change/", current=current, new=new, again=again)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert NEW_PASSWORD not in answer.text


async def test_guessing_the_current_password_of_an_open_browser_is_throttled(client, alice):
    await sign_in(client, "alice", PASSWORD)
    for _ in range(5):
        await submit(client, "/accounts/password/change/", current="wrong", new=NEW_PASSWORD, again=NEW_PASSWORD)

    answer = await submit(client, "/accounts/password/change/", current=PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)

    assert answer.status_code == 429


async def test_every_page_about_accounts_works_without_scripts_and_outside_of_search_engines(client, alice):
    await sign_in(client, "alice", PASSWORD)

    for path in ("logout", "sessions", "password/change", "password/change/done", "password/reset", "inactive"):
        page = await client.get(f"/accounts/{path}/")
        assert page.status_code == 200
        assert '<meta name="robots" content="noindex">' in page.text
        assert not re.search(r"<[^>]+\son\w+=", page.text)
