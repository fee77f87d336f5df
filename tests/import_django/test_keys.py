"""Keys of the old site go on working in scripts, and open no more than their owners may do here."""

import pytest
from sqlalchemy import select

from cms.core.permissions import SYSTEM, Permission
from cms.core.revisions import column_values
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from cms.users.models import Role, RoleAssignment, User


async def found(session, secret, username):
    return await api_keys.find(session, secret, username=username)


async def test_keys_of_both_versions_open_what_their_owners_may_do(run_import, session):
    await run_import()

    of_ann = await found(session, "annkey", "ann")
    token = await found(session, "anntoken", None)
    of_gina = await found(session, "ginakey", "gina")

    assert (of_ann.name, of_ann.hint) == ("Key of the old site, for API v1", "annk")
    assert of_ann.created_at.isoformat() == "2016-01-01T00:00:00+00:00"
    assert token.user.username == "ann"
    assert {grant.permission for grant in of_ann.user.grants.held} >= {Permission.DOWNLOADS_PUBLISH}
    assert {grant.role for grant in of_gina.user.grants.held} == {"Former writer by API"}


@pytest.mark.parametrize(
    ("secret", "username"),
    [("annkey", "gina"), ("annkey", "fred"), ("carlkey", "carl"), ("ofnobody", None), ("lost", None), ("", None)],
)
async def test_what_opened_nothing_there_opens_nothing_here(run_import, session, secret, username):
    await run_import()

    assert await found(session, secret, username) is None


async def test_a_key_is_kept_as_a_hash_alone(run_import, session):
    await run_import()

    rows = (await session.scalars(select(ApiKey))).all()

    assert {len(row.key_hash) for row in rows} == {64}
    assert all("annkey" not in str(column_values(row)) for row in rows)


async def test_a_key_for_both_versions_is_one_key(run_import, session):
    report = await run_import()

    assert await found(session, "ginakey", None) is not None
    table = report["tables"]["authtoken_token"]
    assert (table["read"], table["created"], table["unchanged"]) == (3, 1, 1)


async def test_a_second_import_makes_no_second_key(run_import, session):
    await run_import()

    report = await run_import()

    assert report["agrees"] is True
    assert [report["tables"][name]["created"] for name in ("tastypie_apikey", "authtoken_token")] == [0, 0]
    assert [report["tables"][name]["gone"] for name in ("tastypie_apikey", "authtoken_token")] == [[], []]


async def test_a_key_that_was_given_up_there_is_revoked_here_and_those_made_here_are_not(
    run_import, changeable_old_site, session
):
    url, old = changeable_old_site
    await run_import(url)
    ann = (await session.scalars(select(User).where(User.username == "ann"))).one()
    _, made_here = await api_keys.create(session, ann, name="new script", by=SYSTEM)
    await session.commit()

    await old.execute("DELETE FROM tastypie_apikey WHERE key = 'annkey'")
    report = await run_import(url)

    assert await found(session, "annkey", "ann") is None
    assert await found(session, "anntoken", None) is not None
    assert await found(session, made_here, None) is not None
    assert len(report["tables"]["tastypie_apikey"]["gone"]) == 1


async def test_staff_without_a_role_can_go_on_writing_releases_and_are_named(run_import, session):
    report = await run_import()

    held = select(User.username).join(RoleAssignment, RoleAssignment.user_id == User.id).join(Role)
    writers = (await session.scalars(held.where(Role.name == "old-api-writer"))).all()
    assert writers == ["gina"]
    assert any("hold “Former writer by API”: gina." in remark for remark in report["tables"]["users_user"]["remarks"])
