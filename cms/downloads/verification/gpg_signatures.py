"""Detached OpenPGP signatures (`.asc`), verified against the keys that we hold of the people who sign releases."""

from collections.abc import Sequence
from dataclasses import dataclass

import pysequoia
from pysequoia.packet import HashAlgorithm, PacketPile

from cms.downloads.verification.findings import Finding, PublicKey
from cms.downloads.verification.models import LONGEST_SIGNER, Kind, Outcome

OUTDATED = ((HashAlgorithm.MD5, "MD5"), (HashAlgorithm.SHA1, "SHA-1"), (HashAlgorithm.RipeMD, "RIPEMD-160"))
"""Ways to digest a file that nobody should rely on in a signature any more; the library refuses them."""


@dataclass(frozen=True, slots=True)
class SignatureAtHand:
    """A signature that can be read, with the key of ours that it names."""

    signature: pysequoia.Sig
    certificate: pysequoia.Cert
    owner: str


def read_signature(content: bytes, keys: Sequence[PublicKey]) -> SignatureAtHand | Finding:
    """Return the signature with the key that it names, or the verdict where nothing can be verified."""
    try:
        signature = pysequoia.Sig.from_bytes(content)
    except RuntimeError:
        return Finding(Kind.GPG, Outcome.FAILED, "The GPG signature cannot be read: it is cut short, or none at all.")
    named = (signature.issuer_fingerprint or signature.issuer_key_id or "").lower()
    for key in keys:
        certificate = _certificate_of(key)
        if certificate and named and any(found.endswith(named) for found in _fingerprints_of(certificate)):
            return SignatureAtHand(signature, certificate, key.owner)
    sentence = f"Signed with the key {named or 'without a name'}, which is none of those that we know."
    return Finding(Kind.GPG, Outcome.UNKNOWN, sentence)


def verify_signature(path: str, at_hand: SignatureAtHand) -> Finding:
    """Judge whether the signature is one of the file at `path` by the key that it names."""
    used = at_hand.signature.hash_algorithm
    if outdated := next((name for algorithm, name in OUTDATED if algorithm == used), ""):
        sentence = f"Signed by {at_hand.owner}, but by way of {outdated}, which proves nothing any more."
        return Finding(Kind.GPG, Outcome.UNKNOWN, sentence)
    try:
        pysequoia.verify(file=path, signature=at_hand.signature, store=lambda _: [at_hand.certificate])
    except RuntimeError:
        sentence = f"The GPG signature is not one of this file by the key of {at_hand.owner}."
        return Finding(Kind.GPG, Outcome.FAILED, sentence)
    return Finding(Kind.GPG, Outcome.VERIFIED, f"Signed by {at_hand.owner}.", at_hand.owner[:LONGEST_SIGNER])


def _certificate_of(key: PublicKey) -> pysequoia.Cert | None:
    """Return the key, unless it cannot be read or is another one than its listed fingerprint says."""
    try:
        certificate = pysequoia.Cert.from_bytes(key.armoured.encode())
    except RuntimeError:
        return None
    return certificate if certificate.fingerprint.lower() == key.fingerprint.lower() else None


def _fingerprints_of(certificate: pysequoia.Cert) -> list[str]:
    """Return the fingerprints of a key and its subkeys, in small letters."""
    packets = PacketPile.from_bytes(bytes(certificate))
    return [packet.fingerprint.lower() for packet in packets if packet.fingerprint]
