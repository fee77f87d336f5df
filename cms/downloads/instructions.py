"""How a visitor can make sure of a release's files: by what these files have, with commands that fit them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from cms.downloads.models import Release, ReleaseFile, SigningIdentity
from cms.downloads.versions import PythonVersion

WITHOUT_OPENPGP = (3, 14)
"""From this version on releases are signed with Sigstore alone; PEP 761 says why."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """The commands for one file of the release as an example; "" where no file has what it takes."""

    sigstore: str
    openpgp: str
    checksum: str
    needs_identity: bool
    """Whether there are Sigstore bundles, but nobody is known yet whose signature counts."""

    is_signed_with_sigstore_alone: bool
    """Whether OpenPGP signatures are not to be expected, this being a release of 3.14 or later."""

    @classmethod
    def of(cls, release: Release, files: Sequence[ReleaseFile], identities: Sequence[SigningIdentity]) -> Self:
        """Return what fits; `files` come in the order in which they are listed, and the first that fits is taken."""
        version = PythonVersion.from_name(release.name)
        signed = next((file for file in files if _has_sigstore(file)), None)
        with_signature = next((file for file in files if file.gpg_signature_url), None)
        summed = next((file for file in files if file.sha256), None)
        return cls(
            sigstore=_sigstore(signed, identities[0]) if signed and identities else "",
            openpgp=_openpgp(with_signature) if with_signature else "",
            checksum=_checksum(summed) if summed else "",
            needs_identity=signed is not None and not identities,
            is_signed_with_sigstore_alone=version is not None and version.is_at_least(*WITHOUT_OPENPGP),
        )


def _has_sigstore(file: ReleaseFile) -> bool:
    return bool(file.sigstore_bundle_url or (file.sigstore_signature_url and file.sigstore_certificate_url))


def _sigstore(file: ReleaseFile, identity: SigningIdentity) -> str:
    if file.sigstore_bundle_url:
        vouching = [_option("--bundle", _name_of(file.sigstore_bundle_url))]
    else:
        vouching = [
            _option("--signature", _name_of(file.sigstore_signature_url)),
            _option("--certificate", _name_of(file.sigstore_certificate_url)),
        ]
    return " \\\n    ".join(
        (
            "python -m sigstore verify identity",
            *vouching,
            _option("--cert-identity", identity.email),
            _option("--cert-oidc-issuer", identity.issuer),
            shlex.quote(_name_of(file.url)),
        )
    )


def _openpgp(file: ReleaseFile) -> str:
    return shlex.join(("gpg", "--verify", _name_of(file.gpg_signature_url), _name_of(file.url)))


def _checksum(file: ReleaseFile) -> str:
    return f"echo {shlex.quote(f'{file.sha256}  {_name_of(file.url)}')} | sha256sum --check"


def _option(name: str, value: str) -> str:
    return f"{name} {shlex.quote(value)}"


def _name_of(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
