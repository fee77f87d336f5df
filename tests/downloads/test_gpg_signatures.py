"""Detached OpenPGP signatures are verified against the keys that we hold."""

from dataclasses import replace

import pysequoia
import pytest

from cms.downloads.verification.findings import Finding, PublicKey
from cms.downloads.verification.gpg_signatures import read_signature, verify_signature
from cms.downloads.verification.models import Outcome

OWNER = "Release Manager <manager@python.org>"
CONTENT = b"A release of Python."

OLD_FINGERPRINT = "70E8CDCFFF1D7C48BDBB163B34CA9AA4F0BD575E"
OLD_KEY = """-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawtWixYJKwYBBAHaRw8BAQdASp+FNpIfm+gFyPmUrC+OdDZg/Qi6NQN6awXS
3CKAVia0IlNvbWVib2R5IG9mIG9sZCA8b2xkMkBleGFtcGxlLm9yZz6IkAQTFggA
OBYhBHDozc//HXxIvbsWOzTKmqTwvVdeBQJrC1aLAhsDBQsJCAcCBhUKCQgLAgQW
AgMBAh4BAheAAAoJEDTKmqTwvVde+rcBAOZlDMesrNBx2ArYBi1aK893BmEeU6gP
6QMyg5rKPQrtAP9a2ZWvz7Wut3AdSC2M0fyWr5dTcc7v4ysJeJYV/WIICQ==
=JdeH
-----END PGP PUBLIC KEY BLOCK-----
"""

SIGNED_BY_SHA1 = b"""-----BEGIN PGP SIGNATURE-----

iIcEABYCAC8WIQRw6M3P/x18SL27Fjs0ypqk8L1XXgUCawtWixEcb2xkMkBleGFt
cGxlLm9yZwAKCRA0ypqk8L1XXr8cAQCwPXJ2OeGs+BK/v8XJCJQkRJ7EAUT+3vmd
1SUpiqmmNAEAlH/ikFZX0/Ms8Tv9g4Fjk6EeLD97lLwele+Ro+VkEwc=
=572+
-----END PGP SIGNATURE-----
"""


@pytest.fixture(scope="module")
def manager():
    return pysequoia.Tsk.generate(OWNER)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Python-3.14.2.tgz"
    path.write_bytes(CONTENT)
    return path


def signature_of(key, content=CONTENT):
    return pysequoia.sign(key.signer(), content, mode=pysequoia.SignatureMode.DETACHED)


def public(key, owner=OWNER):
    certificate = key.extract_certificate()
    return PublicKey(owner, certificate.fingerprint.upper(), str(certificate))


def judged(file, signature, keys):
    at_hand = read_signature(signature, keys)
    return at_hand if isinstance(at_hand, Finding) else verify_signature(str(file), at_hand)


def test_a_signature_by_a_key_that_we_hold_is_verified(manager, file):
    other = pysequoia.Tsk.generate("Somebody else")

    finding = judged(file, signature_of(manager), [public(other, "Somebody else"), public(manager)])

    assert (finding.outcome, finding.signer, finding.sentence) == (Outcome.VERIFIED, OWNER, f"Signed by {OWNER}.")


def test_a_signature_by_a_key_that_we_do_not_hold_proves_nothing(manager, file):
    other = pysequoia.Tsk.generate(OWNER)

    finding = judged(file, signature_of(other), [public(manager)])

    assert (finding.outcome, finding.signer) == (Outcome.UNKNOWN, "")
    assert "which is none of those that we know." in finding.sentence


def test_a_signature_of_another_content_fails(manager, file):
    finding = judged(file, signature_of(manager, b"Another release."), [public(manager)])

    assert (finding.outcome, finding.signer) == (Outcome.FAILED, "")
    assert finding.sentence == f"The GPG signature is not one of this file by the key of {OWNER}."


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>", b"\xff" * 40, "half"])
def test_what_is_no_whole_signature_fails(manager, file, content):
    signature = signature_of(manager)[:120] if content == "half" else content

    finding = judged(file, signature, [public(manager)])

    assert finding.outcome is Outcome.FAILED
    assert finding.sentence == "The GPG signature cannot be read: it is cut short, or none at all."


def test_a_signature_in_an_outdated_way_proves_nothing(file):
    key = PublicKey("Somebody of old", OLD_FINGERPRINT, OLD_KEY)

    finding = judged(file, SIGNED_BY_SHA1, [key])

    assert finding.outcome is Outcome.UNKNOWN
    assert finding.sentence == "Signed by Somebody of old, but by way of SHA-1, which proves nothing any more."


def test_a_key_that_is_another_than_its_fingerprint_says_counts_for_nothing(manager, file):
    other = pysequoia.Tsk.generate("Somebody else")
    listed = replace(public(manager), fingerprint=public(other).fingerprint)

    finding = judged(file, signature_of(manager), [listed])

    assert finding.outcome is Outcome.UNKNOWN


def test_a_key_that_cannot_be_read_hinders_no_other(manager, file):
    broken = PublicKey("Somebody", "00" * 20, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnone")

    finding = judged(file, signature_of(manager), [broken, public(manager)])

    assert finding.outcome is Outcome.VERIFIED
