"""Who vouches for release files: identities that sign with Sigstore, and OpenPGP keys."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.downloads import queries, signers
from cms.downloads.models import OpenPGPKey, SigningIdentity
from tests.factories.downloads import make_identity, make_release
from tests.factories.users import make_user

FINGERPRINT = "A035C8C19219BA821ECEA86B64E628F8D684696D"
BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBE\n-----END PGP PUBLIC KEY BLOCK-----"


@pytest.fixture
async def manager(session: AsyncSession):
    return await make_user(session, permissions=(Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_DELETE))


async def test_identities_come_in_the_order_of_their_series(session: AsyncSession) -> None:
    for series in ("3.10", "3.9", "3.14"):
        await make_identity(session, series)

    found = (await session.scalars(queries.signing_identities())).all()

    assert [identity.series for identity in found] == ["3.9", "3.10", "3.14"]


async def test_a_release_is_vouched_for_by_the_identities_of_its_series(session: AsyncSession) -> None:
    await make_identity(session, "3.13")
    own = [await make_identity(session, "3.14", email=f"{name}@python.org") for name in ("hugo", "savannah")]
    release = await make_release(session, "Python 3.14.0")

    found = (await session.scalars(queries.identities_for(release))).all()

    assert [identity.id for identity in found] == [identity.id for identity in own]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("series", "3"),
        ("series", "3.14.1"),
        ("series", ""),
        ("email", "hugo"),
        ("email", ""),
        ("issuer", "http://github.com/login/oauth"),
        ("issuer", "github"),
        ("pep", 0),
        ("pep", 100_000),
    ],
)
async def test_an_identity_that_no_certificate_can_have_is_refused(session, manager, field, value) -> None:
    values = {"series": "3.14", "email": "hugo@python.org", "issuer": "https://github.com/login/oauth", "pep": 745}
    identity = SigningIdentity(**{**values, field: value})

    with pytest.raises(Invalid) as refused:
        await signers.save_signing_identity(session, identity, by=manager)

    assert set(refused.value.errors) == {field}


async def test_an_identity_is_saved_once(session, manager) -> None:
    await make_identity(session, "3.14", email="hugo@python.org")
    again = SigningIdentity(series="3.14", email=" hugo@python.org ", issuer="https://github.com/login/oauth")

    with pytest.raises(IntegrityError):
        await signers.save_signing_identity(session, again, by=manager)


async def test_a_manager_of_one_series_names_nobody_for_another(session) -> None:
    await make_identity(session, "3.14")
    manager = await make_user(
        session, permissions=(Permission.DOWNLOADS_EDIT,), scope_kind="series", scope_values=("3.14",)
    )
    other = SigningIdentity(series="3.13", email="mallory@example.org", issuer="https://accounts.google.com")

    with pytest.raises(PermissionDenied):
        await signers.save_signing_identity(session, other, by=manager)


@pytest.mark.parametrize(
    "written",
    [
        "a035c8c19219ba821ecea86b64e628f8d684696d",
        "A035 C8C1 9219 BA82 1ECE  A86B 64E6 28F8 D684 696D",
        f"0x{FINGERPRINT}",
    ],
)
async def test_a_fingerprint_is_kept_in_one_form(session, manager, written) -> None:
    key = OpenPGPKey(owner="Pablo", fingerprint=written, public_key=f"{BLOCK}\r\n")

    await signers.save_openpgp_key(session, key, by=manager)

    assert key.fingerprint == FINGERPRINT
    assert key.public_key == BLOCK
    assert key.is_whole


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("owner", " "),
        ("fingerprint", "D684696D"),
        ("fingerprint", "not hexadecimal"),
        ("public_key", BLOCK.replace("PUBLIC", "PRIVATE")),
        ("public_key", "mQINBE"),
        ("public_key", f"{BLOCK}\nand more"),
    ],
)
async def test_a_key_by_which_nobody_can_verify_is_refused(session, manager, field, value) -> None:
    key = OpenPGPKey(**{"owner": "Pablo", "fingerprint": FINGERPRINT, field: value})

    with pytest.raises(Invalid) as refused:
        await signers.save_openpgp_key(session, key, by=manager)

    assert set(refused.value.errors) == {field}


async def test_what_is_deleted_vouches_for_nothing(session, manager) -> None:
    identity = await make_identity(session, "3.14")

    await signers.delete_signing_identity(session, identity, by=manager)
    await session.commit()

    assert (await session.scalars(select(SigningIdentity))).all() == []
