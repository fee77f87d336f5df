import io
import re

import pytest
from sqlalchemy import select

from cms.core.errors import Conflict, NotFound
from cms.core.outbox import OutboxMessage
from cms.users import password_changes, tasks
from cms.users import sign_in as signing_in
from cms.users.models import User
from public_site.middleware.access_log import AccessLog
from tests.factories.users import PASSWORD, make_user
from tests.users.browser import account_menu, sign_in, submit

NEW_PASSWORD = "quite another pass phrase"


@pytest.fixture(autouse=True)
def _answers_at_once(monkeypatch):
    monkeypatch.setattr(signing_in, "REFUSAL_TAKES", 0)


@pytest.fixture
async def alice(session):
    return await make_user(session, username="alice", email="alice@example.org")


@pytest.fixture
def link(alice, settings):
    return f"/accounts/password/reset/key/{password_changes.reset_token(alice, settings)}/"


async def ask(client, email):
    return await submit(client, "/accounts/password/reset/", email=email)


async def choose(client, link, new=NEW_PASSWORD):
    return await submit(client, link, new=new, again=new)


async def mails_to(resources, session, mail, email):
    await tasks.send_password_resets(resources, session, email=email)
    asked = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "send_password_reset"))
    for message in asked.all():
        await tasks.send_password_reset(resources, session, **message.arguments)
        await session.delete(message)
    return mail.sent


async def test_known_and_unknown_addresses_are_answered_alike(client, session, alice):
    known = await ask(client, "alice@example.org")
    unknown = await ask(client, "nobody@example.org")

    for answer in (known, unknown):
        assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/password/reset/done/")
    assert known.headers.keys() == unknown.headers.keys()
    messages = (await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "send_password_resets"))).all()
    assert [message.arguments["email"] for message in messages] == ["alice@example.org", "nobody@example.org"]


async def test_only_known_and_active_accounts_get_a_mail(resources, session, mail, alice):
    await make_user(session, username="gone", email="gone@example.org", is_active=False)

    for email in ("nobody@example.org", "gone@example.org", "ALICE@example.org"):
        await mails_to(resources, session, mail, email)

    assert [message["To"] for message in mail.sent] == ["alice@example.org"]


async def test_each_account_of_a_shared_address_gets_its_own_link(resources, session, mail, alice):
    await make_user(session, username="second", email="alice@example.org")

    sent = await mails_to(resources, session, mail, "alice@example.org")

    links = {re.search(r"http://testserver(/accounts/\S+)", message.get_content())[1] for message in sent}
    assert len(sent) == len(links) == 2


async def test_the_link_in_the_mail_sets_a_new_password_once(client, resources, session, mail, alice):
    await sign_in(client, "alice", PASSWORD)
    elsewhere = client.cookies["session"]
    client.cookies.clear()
    sent = await mails_to(resources, session, mail, "alice@example.org")
    link = re.search(r"http://testserver(/accounts/\S+)", sent[0].get_content())[1]

    answer = await choose(client, link)
    again = await client.get(link)
    sent_again = await submit(client, link, page="/accounts/password/reset/", new=NEW_PASSWORD, again=NEW_PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/password/reset/key/done/")
    assert (again.status_code, sent_again.status_code) == (410, 410)
    assert (await client.get(answer.headers["location"])).status_code == 200
    assert "not valid any more" in again.text
    assert (await sign_in(client, "alice", PASSWORD)).status_code == 422
    assert (await sign_in(client, "alice", NEW_PASSWORD)).status_code == 303
    client.cookies.clear()
    client.cookies.set("session", elsewhere)
    assert "Sign in" in await account_menu(client)


async def test_of_two_uses_of_one_link_at_once_only_one_succeeds(session, sessionmaker, settings, alice):
    token = password_changes.reset_token(alice, settings)
    async with sessionmaker() as slower:
        read_before = await password_changes.owner_of(slower, token, settings)

    owner = await password_changes.owner_of(session, token, settings)
    await password_changes.reset_password(session, owner, new=NEW_PASSWORD, address="192.0.2.7")

    with pytest.raises(Conflict):
        await password_changes.reset_password(session, read_before, new="an attackers pass phrase", address="192.0.2.8")


async def test_a_reset_confirms_the_address_and_tells_the_owner(client, session, alice, link):
    await choose(client, link)

    confirmed = await session.scalar(select(User.email_verified_at).where(User.id == alice.id))
    tasks_waiting = await session.scalars(select(OutboxMessage.task))
    assert confirmed is not None
    assert "send_password_changed" in tasks_waiting.all()


async def test_a_reset_ends_the_pause_after_mistakes(client, alice, link):
    for _ in range(6):
        await sign_in(client, "alice", "wrong")

    await choose(client, link)

    assert (await sign_in(client, "alice", NEW_PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    "change",
    [{"password": "$argon2id$other"}, {"email": "alice@example.net"}, {"is_active": False}],
    ids=lambda change: next(iter(change)),
)
async def test_a_link_dies_when_the_account_changes(client, session, alice, link, change):
    for name, value in change.items():
        setattr(alice, name, value)
    await session.commit()

    assert (await client.get(link)).status_code == 410


async def test_a_link_dies_of_old_age(session, settings, alice, clock):
    token = password_changes.reset_token(alice, settings)
    clock.move(hours=2, minutes=59)
    in_time = await password_changes.owner_of(session, token, settings)
    clock.move(minutes=2)

    assert in_time.id == alice.id
    with pytest.raises(NotFound):
        await password_changes.owner_of(session, token, settings)


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%ff", "é", "x" * 3000])
async def test_an_invented_link_is_explained(client, token):
    answer = await client.get(f"/accounts/password/reset/key/{token}/")

    assert answer.status_code in {404, 410}
    assert "<h1" in answer.text


async def test_a_token_made_for_something_else_opens_nothing(session, settings, alice):
    token = password_changes.reset_token(alice, settings)

    for other in (token[:-2], token + "x", token.upper()):
        with pytest.raises(NotFound):
            await password_changes.owner_of(session, other, settings)


async def test_the_link_is_told_to_no_other_site(client, link):
    page = await client.get(link)

    assert page.headers["referrer-policy"] in {"same-origin", "strict-origin-when-cross-origin"}
    assert page.headers["cache-control"] == "private, no-store"
    assert "http" not in re.sub(r'href="[^"]*"', "", page.text).replace("http-equiv", "")


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_link_is_in_no_log(link, as_json):
    written = io.StringIO()
    log = AccessLog(as_json=as_json, stream=written)

    log.add(request_id="r", client="192.0.2.7", method="GET", path=link, status=200, milliseconds=1)
    log.flush()

    assert "/accounts/password/reset/key/(hidden)/" in written.getvalue()
    assert link.split("/")[-2] not in written.getvalue()


async def test_a_bad_new_password_leaves_the_link_usable(client, link):
    refused = await choose(client, link, new="short")
    accepted = await choose(client, link)

    assert refused.status_code == 422
    assert "Please use at least 10 characters." in refused.text
    assert accepted.status_code == 303


@pytest.mark.parametrize("email", ["", "alice", "x" * 300 + "@example.org", "a\x00@example.org"])
async def test_what_is_no_address_is_explained_beside_the_field(client, email):
    answer = await ask(client, email)

    assert answer.status_code == 422
    assert "Please write the e-mail address of your account" in answer.text


async def test_nobody_floods_a_mailbox(client, clock):
    answers = [await ask(client, "alice@example.org") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]


async def test_the_owner_is_told_that_the_password_changed(resources, session, mail, alice):
    await tasks.send_password_changed(resources, session, user_id=alice.id)
    await tasks.send_password_changed(resources, session, user_id=2**31 - 1)

    assert [message["To"] for message in mail.sent] == ["alice@example.org"]
    assert "alice" in mail.sent[0].get_content()
