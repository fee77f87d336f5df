"""Sigstore bundles, verified offline by the digest of the file: no key, no server, only a root of trust and a name.

Importing this module takes seconds and some 50 MB, so that only the worker does, when it has a bundle to verify.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cryptography.x509 import Certificate, RFC822Name, SubjectAlternativeName, UniformResourceIdentifier
from sigstore.errors import Error, VerificationError
from sigstore.hashes import Hashed
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy
from sigstore_models.common.v1 import HashAlgorithm

from cms.downloads.verification.findings import Finding, Signer
from cms.downloads.verification.models import LONGEST_SIGNER, Kind, Outcome

TRUSTED_ROOT = Path(__file__).with_name("trusted_root.json")
"""The certificate authorities, transparency logs and time stamp authorities of the public Sigstore instance."""

UNREADABLE = "The Sigstore bundle cannot be read: it is cut short, or no bundle at all."
OTHER_CONTENT = "The Sigstore bundle vouches for other content than lies at the file's address."


def verify_bundle(content: bytes, sha256: str, signers: Sequence[Signer]) -> Finding:
    """Judge whether the bundle proves that one of these signers signed the file with this digest."""
    try:
        bundle = Bundle.from_json(content)
    except (Error, ValueError):
        return _failed(UNREADABLE)
    expected = _ExpectedSigner(signers)
    try:
        _verifier().verify_artifact(
            Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(sha256)), bundle, expected
        )
    except (Error, ValueError):
        if expected.refusal:
            return _failed(expected.refusal)
        is_about_other = _stated_digest(content) != bytes.fromhex(sha256)
        return _failed(OTHER_CONTENT if is_about_other else "The signature in the Sigstore bundle does not hold.")
    if expected.found is None:
        sentence = f"Signed by {expected.name}; who signs the releases of this series is not known here."
        return Finding(Kind.SIGSTORE, Outcome.UNKNOWN, sentence)
    signer = expected.found
    sentence = f"Signed by {signer.identity}, for whom {signer.issuer} vouches."
    return Finding(Kind.SIGSTORE, Outcome.VERIFIED, sentence, signer.identity[:LONGEST_SIGNER])


class _ExpectedSigner:
    """A policy that accepts the expected signers, or anybody where nobody is known, and remembers whom it saw."""

    def __init__(self, signers: Sequence[Signer]) -> None:
        self._signers = signers
        self.name = ""
        self.found: Signer | None = None
        self.refusal = ""

    def verify(self, cert: Certificate) -> None:
        """Look at a certificate whose chain has been verified. Raises VerificationError."""
        self.name = _name_in(cert)
        if not self._signers:
            return
        self.found = next((one for one in self._signers if _is_of(cert, one.identity, one.issuer)), None)
        if self.found is None:
            self.refusal = self._explained(cert)
            raise VerificationError(self.refusal)

    def _explained(self, cert: Certificate) -> str:
        for signer in self._signers:
            if _is_of(cert, signer.identity, None):
                return f"Signed by {signer.identity}, but another service than {signer.issuer} vouches for that name."
        expected = " or ".join(dict.fromkeys(signer.identity for signer in self._signers))
        return f"Signed by {self.name or 'nobody who is named'}, not by {expected}."


@cache
def _verifier() -> Verifier:
    return Verifier(trusted_root=TrustedRoot.from_file(str(TRUSTED_ROOT)))


def _is_of(cert: Certificate, identity: str, issuer: str | None) -> bool:
    try:
        policy.Identity(identity=identity, issuer=issuer).verify(cert)
    except VerificationError:
        return False
    return True


def _name_in(cert: Certificate) -> str:
    """Return the names in a certificate, for people; what counts is decided by the library's own policy."""
    names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
    found = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(UniformResourceIdentifier)]
    return ", ".join(found)[:LONGEST_SIGNER]


def _stated_digest(content: bytes) -> bytes:
    """Return the digest that a bundle itself says it is about; it only serves to say what is wrong."""
    try:
        stated = json.loads(content)["messageSignature"]["messageDigest"]["digest"]
        return base64.b64decode(stated)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return b""


def _failed(sentence: str) -> Finding:
    return Finding(Kind.SIGSTORE, Outcome.FAILED, sentence)
