"""API keys in the back office: made by a form, shown once, listed to their owner, and revoked."""

import logging
import re

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.permissions import Permission
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from tests.admin.browser import Browser, text_of
from tests.factories.api_keys import make_api_key
from tests.factories.users import make_user

KEEPS_KEYS = (Permission.APIKEYS_VIEW, Permission.APIKEYS_EDIT, Permission.DOWNLOADS_EDIT)
CREATE = "/admin/api-keys/create"
SECRET = re.compile(r'id="secret" value="(pyorg_[0-9a-f]+)"')


@pytest.fixture
async def owner(session):
    return await make_user(session, username="release-person", permissions=KEEPS_KEYS)


@pytest.fixture
async def at_desk(client, session, owner):
    return await Browser(client).sign_in(session, owner)


async def test_a_new_key_is_shown_once_ready_for_the_scripts_and_nowhere_else(at_desk, session, owner, caplog):
    caplog.set_level(logging.DEBUG)

    answer = await at_desk.save(CREATE, name="my laptop", scopes=["downloads:edit"])

    assert answer.status_code == 200
    secret = SECRET.search(answer.text)[1]
    key = await api_keys.find(session, secret)
    assert (key.user_id, key.name, key.scopes) == (owner.id, "my laptop", ["downloads:edit"])
    for line in (
        f"AUTH_INFO=release-person:{secret}",
        f"Authorization: ApiKey release-person:{secret}",
        f"Authorization: Token {secret}",
    ):
        assert line in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert secret not in str(answer.headers)
    assert secret not in caplog.text
    history = (await session.scalars(select(AuditEntry.changes).where(AuditEntry.table_name == "api_keys"))).all()
    assert secret not in str(history)
    for page in ("list", f"details/{key.id}", f"edit/{key.id}", f"history/{key.id}", "export/csv"):
        shown = (await at_desk.get(f"/admin/api-keys/{page}")).text
        assert secret not in shown
        assert key.key_hash not in shown


async def test_a_form_that_is_sent_again_makes_no_second_key(at_desk, session):
    values = {**await at_desk.form(CREATE), "name": "my laptop", "press": "save"}

    await at_desk.post(CREATE, values)
    again = await at_desk.post(CREATE, values)

    assert again.status_code == 422
    assert "A key is shown once, when it is made" in text_of(again.text)
    assert len((await session.scalars(select(ApiKey))).all()) == 1


async def test_a_key_is_limited_to_nothing_that_its_owner_lacks(at_desk, session):
    offered = await at_desk.get(CREATE)

    answer = await at_desk.save(CREATE, name="too much", scopes=["users:edit"])

    assert 'value="downloads:edit"' in offered.text
    assert 'value="users:edit"' not in offered.text
    assert answer.status_code == 422
    assert (await session.scalars(select(ApiKey))).all() == []


async def test_only_a_superuser_makes_a_key_for_somebody_else(browser, client, session, superuser, owner):
    made = await browser.save(CREATE, name="for a colleague", user=str(owner.id))
    at_desk = await Browser(client).sign_in(session, owner)
    await at_desk.post(CREATE, {**await at_desk.form(CREATE), "name": "not yours", "user": str(superuser.id)})

    assert made.status_code == 200
    owners = {key.name: key.user_id for key in (await session.scalars(select(ApiKey))).all()}
    assert owners == {"for a colleague": owner.id, "not yours": owner.id}


async def test_people_see_their_own_keys_and_superusers_all(at_desk, client, session, owner, superuser):
    theirs, own = await make_api_key(session, superuser), await make_api_key(session, owner)

    shown = text_of((await at_desk.get("/admin/api-keys/list")).text)
    refused = await at_desk.get(f"/admin/api-keys/details/{theirs.id}")
    browser = await Browser(client).sign_in(session, superuser)
    everything = text_of((await browser.get("/admin/api-keys/list")).text)
    found = text_of((await browser.get("/admin/api-keys/list", owner="release", state="usable")).text)

    assert own.hint in shown
    assert theirs.name not in shown
    assert refused.status_code == 404
    assert theirs.name in everything
    assert (own.name in found, theirs.name in found) == (True, False)


async def test_a_key_is_revoked_after_it_was_asked_about_and_deleted_never(at_desk, session, owner):
    key = await make_api_key(session, owner)

    asked = await at_desk.get("/admin/api-keys/decide/revoke", pks=key.id)
    answer = await at_desk.post("/admin/api-keys/decide/revoke", {"pks": key.id})
    deleted = await at_desk.post("/admin/api-keys/delete", {"pks": key.id})

    assert "refused from now on" in text_of(asked.text)
    assert answer.status_code == 303
    await session.refresh(key)
    assert not key.is_usable
    assert deleted.status_code == 403
    assert "Revoked" in text_of((await at_desk.get("/admin/api-keys/list")).text)


async def test_what_a_key_may_do_is_settled_when_it_is_made(at_desk, session, owner):
    key = await make_api_key(session, owner, scopes=(Permission.DOWNLOADS_EDIT,))

    answer = await at_desk.save(f"/admin/api-keys/edit/{key.id}", name="renamed", scopes=[])

    assert answer.status_code == 303
    await session.refresh(key)
    assert (key.name, key.scopes) == ("renamed", ["downloads:edit"])


async def test_a_superuser_reads_how_many_keys_a_person_can_use_and_makes_them_useless(browser, session, owner):
    _, secret = await api_keys.create(session, owner, name="laptop", by=owner)
    await make_api_key(session, owner)
    await session.commit()
    details = f"/admin/users/details/{owner.id}"
    before = text_of((await browser.get(details)).text)

    await browser.save(f"/admin/users/edit/{owner.id}", is_active=None)

    assert "2 that can be used now" in before
    assert "None that can be used now" in text_of((await browser.get(details)).text)
    await session.refresh(owner)
    assert await api_keys.find(session, secret) is None
