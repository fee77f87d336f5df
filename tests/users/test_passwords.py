import asyncio
import gzip
from pathlib import Path

import pytest

from cms.core.errors import Unavailable
from cms.users import passwords
from cms.users.passwords import HASHER, NOBODYS_HASH, hash_password, is_usable, unusable, verify

PASSWORD = "correct horse é battery"

MADE_BY_DJANGO_5_2 = {
    "pbkdf2_sha256": "pbkdf2_sha256$2000$sTOzqRrTPMrLFDjs9Mm9xL$qOiBOYtqzN7f4iR3+Mmzyk/8tHOOPcQuUkCrNZDHzMs=",
    "pbkdf2_sha1": "pbkdf2_sha1$2000$sMnAQUvCJczKDUmnCnSlLB$IdOnaov3csDc6zLn1ZI2rDnNd/c=",
    "argon2": "argon2$argon2id$v=19$m=1024,t=2,p=8$V1M0MHAzdjI4cFM2ZnBvZUt0V2hoMg$nRC1QPwRrx06zk5KiYEc+fjSOUy+lPyBFli5AXeO6Iw",  # noqa: E501 - a hash is one word.
    "argon2 of the first years": "argon2$argon2i$v=19$m=512,t=2,p=2$YUIzZEU1Z0g3aks5bU4xcFEzc1Q1dQ$fPF15KBSAcjeSPFVq4TLOA",  # noqa: E501 - a hash is one word.
    "bcrypt_sha256": "bcrypt_sha256$$2b$04$MzpD1ue53tguv4cV5a2OnuyA6OHS6sIPnIoLSL0PjwJ4bQjNtPD0e",
    "scrypt": "scrypt$1024$65VfuwwrV4iPbnLB66Ovwz$8$5$yMH6yJebmAbzptKNbHaBcm9PQQ3JYY/n4uCcwuqMxslMy5AD5ByoAm1NoxGvIqwNqlKsw54hyWss5EmXH7rqMw==",  # noqa: E501 - a hash is one word.
}

MALFORMED = [
    "",
    "!",
    "!BQEvM4VhfOZfN8mIRxj6vZyPa5v2P0RjIa3dWA8p",
    "correct horse é battery",
    "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
    "pbkdf2_sha256$many$salt$digest",
    "pbkdf2_sha256$1000$säl!t$" + "a" * 43 + "=",
    "argon2$argon2id$",
    "bcrypt_sha256$$2b$99$x",
    "scrypt$16384$salt$8$5$!!",
    "scrypt$3$salt$8$5$YQ==",
    "scrypt$16384$salt$8$5$",
    "$argon2id$",
]


@pytest.mark.parametrize("encoded", MADE_BY_DJANGO_5_2.values(), ids=MADE_BY_DJANGO_5_2)
async def test_each_format_of_django_is_accepted_and_asks_to_be_hashed_anew(encoded):
    right = await verify(PASSWORD, encoded)
    wrong = await verify(PASSWORD + " ", encoded)

    assert (right.valid, right.needs_rehash) == (True, True)
    assert (wrong.valid, wrong.needs_rehash) == (False, False)


async def test_a_new_password_is_kept_as_argon2id_and_needs_no_rehash():
    encoded = await hash_password(PASSWORD)

    verdict = await verify(PASSWORD, encoded)

    assert encoded.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert (verdict.valid, verdict.needs_rehash) == (True, False)
    assert len(encoded) < 255


async def test_a_weaker_argon2id_of_our_own_is_hashed_anew():
    encoded = "$argon2id$v=19$m=1024,t=2,p=8$V1M0MHAzdjI4cFM2ZnBvZUt0V2hoMg$nRC1QPwRrx06zk5KiYEc+fjSOUy+lPyBFli5AXeO6Iw"

    verdict = await verify(PASSWORD, encoded)

    assert (verdict.valid, verdict.needs_rehash) == (True, True)


@pytest.mark.parametrize("encoded", MALFORMED)
async def test_what_no_format_explains_matches_nothing(encoded):
    for password in (PASSWORD, "", "!", encoded):
        assert not (await verify(password, encoded)).valid


@pytest.mark.parametrize("password", ["", "a\x00b", "\ud800", "x" * 5000, "é" * 4096])
@pytest.mark.parametrize("encoded", [None, NOBODYS_HASH, *MADE_BY_DJANGO_5_2.values()])
async def test_any_text_can_be_tried(password, encoded):
    assert not (await verify(password, encoded)).valid


async def test_an_unknown_account_costs_the_same_comparison(monkeypatch):
    compared = []
    monkeypatch.setattr(passwords, "_matches_argon2id", lambda _, encoded: compared.append(encoded))

    await verify(PASSWORD, None)
    await verify(PASSWORD, unusable())

    assert compared == [NOBODYS_HASH, NOBODYS_HASH]
    assert not HASHER.check_needs_rehash(NOBODYS_HASH)


def test_an_unusable_password_says_so():
    assert not is_usable(unusable())
    assert not is_usable("")
    assert is_usable(NOBODYS_HASH)


async def test_the_event_loop_goes_on_while_passwords_are_compared():
    turns = 0

    async def count_turns():
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    counting = asyncio.create_task(count_turns())
    await asyncio.gather(*(verify(PASSWORD, None) for _ in range(4)))
    counting.cancel()

    assert turns > 10


async def test_beyond_a_queue_of_sixteen_people_are_told_to_try_again():
    answers = await asyncio.gather(*(verify(PASSWORD, None) for _ in range(20)), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 4
    assert not (await verify(PASSWORD, None)).valid


async def test_the_passwords_of_the_old_database_are_accepted(shared):
    stored = _passwords_of_the_old_site(shared / "reference/data/old-site.sql.gz")
    logins = _logins_of_the_old_site(shared / "reference/data/old-site-logins.txt")

    for username, password in logins:
        verdict = await verify(password, stored[username])
        assert (verdict.valid, verdict.needs_rehash) == (True, True), username

    assert len(logins) == 20


def _passwords_of_the_old_site(dump: Path) -> dict[str, str]:
    stored = {}
    with gzip.open(dump, "rt") as lines:
        for line in lines:
            if line.startswith("COPY public.users_user "):
                break
        for line in lines:
            if line.startswith("\\."):
                break
            columns = line.split("\t")
            stored[columns[4]] = columns[1]
    return stored


def _logins_of_the_old_site(path: Path) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in path.read_text().splitlines() if line.startswith("old-user-")]
    return [(row[0], row[1]) for row in rows if row[1].startswith("old-pass-")]
