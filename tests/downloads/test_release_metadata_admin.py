"""Series, identities and keys in the back office."""

import pytest
from sqlalchemy import select

from cms.core.permissions import Permission
from cms.downloads.models import OpenPGPKey, SigningIdentity
from tests.factories.downloads import make_identity, make_key, make_series
from tests.factories.users import make_user

FINGERPRINT = "A035C8C19219BA821ECEA86B64E628F8D684696D"


@pytest.fixture
async def manager(session, browser):
    permissions = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_DELETE)
    user = await make_user(session, is_staff=True, permissions=permissions)
    await browser.sign_in(session, user)
    return user


async def test_a_release_manager_names_who_signs_a_series(browser, session, manager):
    form = {"series": "3.16", "email": "savannah@python.org", "issuer": "https://github.com/login/oauth", "pep": "826"}

    answer = await browser.post("/admin/signing-identities/create", form)

    assert answer.status_code == 303
    saved = (await session.scalars(select(SigningIdentity))).one()
    assert (saved.series, saved.email, saved.pep, saved.created_by_id) == (
        "3.16",
        "savannah@python.org",
        826,
        manager.id,
    )


async def test_who_signs_already_is_told_beside_the_field(browser, session, manager):
    identity = await make_identity(session, "3.14")
    form = {"series": "3.14", "email": identity.email, "issuer": identity.issuer}

    answer = await browser.post("/admin/signing-identities/create", form)

    assert answer.status_code == 422
    assert "This identity may sign the series already." in answer.text


async def test_a_key_is_listed_by_its_fingerprint(browser, session, manager):
    await browser.post("/admin/openpgp-keys/create", {"owner": "Pablo", "fingerprint": FINGERPRINT.lower()})

    page = (await browser.get("/admin/openpgp-keys/list")).text

    assert (await session.scalars(select(OpenPGPKey.fingerprint))).one() == FINGERPRINT
    assert "A035 C8C1 9219 BA82 1ECE A86B 64E6 28F8 D684 696D" in page
    assert "key ID only" not in page


async def test_a_key_id_is_marked_as_no_proof(browser, session, manager):
    await make_key(session, fingerprint="0A5B101836580288")

    page = (await browser.get("/admin/openpgp-keys/list")).text

    assert "key ID only" in page


async def test_a_series_is_read_and_never_written(browser, session, manager):
    series = await make_series(session, "3.14")

    page = await browser.get("/admin/release-series/list")
    form = await browser.get(f"/admin/release-series/edit/{series.id}")

    assert "PEP 745" in page.text
    assert "/admin/release-series/create" not in page.text
    assert form.status_code == 403
