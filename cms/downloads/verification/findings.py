"""What a single check found, before it is stored as a verdict."""

from dataclasses import dataclass

from cms.downloads.verification.models import Kind, Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, with a sentence for people."""

    kind: Kind
    outcome: Outcome
    sentence: str
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom a Sigstore certificate has to name, and which service has to have vouched for them."""

    identity: str
    issuer: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The OpenPGP key of somebody who signs releases, armoured as they published it."""

    owner: str
    fingerprint: str
    armoured: str
