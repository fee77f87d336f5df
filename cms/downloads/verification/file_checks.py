"""The checks of one file: what lies at its address, against what its row says and who vouches for it."""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from cms.core.fetching import AddressRefused, Fetcher, FetchFailed, Limits
from cms.core.settings import MEBIBYTE
from cms.downloads.models import ReleaseFile
from cms.downloads.verification.addresses import fetched_from
from cms.downloads.verification.findings import Finding, PublicKey, Signer
from cms.downloads.verification.measuring import Measured, measure
from cms.downloads.verification.models import KIND_LABELS, Kind, Outcome

FILE_LIMITS = Limits(seconds=900, size=1024 * MEBIBYTE)
"""The largest file of a release has some 300 MB; a slow mirror sends them in ten minutes."""

SIDECAR_LIMITS = Limits(seconds=30, size=MEBIBYTE)
SBOM_LIMITS = Limits(seconds=60, size=64 * MEBIBYTE)
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """What the checks need besides the file: who signs, how to fetch, and a folder for what has to lie on a disk."""

    fetcher: Fetcher
    files_url: str
    folder: Path
    signers: Sequence[Signer]
    keys: Sequence[PublicKey]

    async def findings(self, file: ReleaseFile) -> list[Finding]:
        """Return one finding for each kind that applies to the file."""
        bundle = await self._sidecar(Kind.SIGSTORE, file.sigstore_bundle_url)
        signature = await self._sidecar(Kind.GPG, file.gpg_signature_url)
        sbom = await self._sbom(file)
        with tempfile.TemporaryFile(dir=self.folder) as kept:
            try:
                measured = await measure(
                    self.fetcher,
                    self._address(file.url),
                    limits=FILE_LIMITS,
                    keep=kept if isinstance(signature, bytes) and self.keys else None,
                )
            except (AddressRefused, FetchFailed) as error:
                return [*_without_file(file, error, bundle, signature), sbom]
            return [
                *compared(file, measured),
                await self._sigstore(file, bundle, measured),
                await self._gpg(signature, kept),
                sbom,
            ]

    async def _sigstore(self, file: ReleaseFile, bundle: bytes | Finding, measured: Measured) -> Finding:
        if isinstance(bundle, bytes):
            return await asyncio.to_thread(_judge_bundle, bundle, measured.sha256, self.signers)
        if bundle.outcome is Outcome.MISSING and file.sigstore_signature_url and not file.sigstore_bundle_url:
            sentence = "Signed in the first form of Sigstore, which only its log could confirm."
            return Finding(Kind.SIGSTORE, Outcome.UNKNOWN, sentence)
        return bundle

    async def _gpg(self, signature: bytes | Finding, kept: BinaryIO) -> Finding:
        if isinstance(signature, bytes):
            return await asyncio.to_thread(_judge_signature, signature, self.keys, kept)
        return signature

    async def _sbom(self, file: ReleaseFile) -> Finding:
        found = await self._sidecar(Kind.SBOM, file.sbom_spdx_url, limits=SBOM_LIMITS)
        return await asyncio.to_thread(_judge_sbom, found) if isinstance(found, bytes) else found

    async def _sidecar(self, kind: Kind, url: str, *, limits: Limits = SIDECAR_LIMITS) -> bytes | Finding:
        """Return the content of a file that vouches for another, or what to say of its absence."""
        if not url:
            return Finding(kind, Outcome.MISSING, f"The file has no {_noun(kind)}.")
        try:
            return (await self.fetcher.fetch(self._address(url), limits=limits)).content
        except (AddressRefused, FetchFailed) as error:
            return _absent(kind, f"The {_noun(kind)}", error)

    def _address(self, url: str) -> str:
        return fetched_from(url, files_url=self.files_url)


def compared(file: ReleaseFile, measured: Measured) -> Iterator[Finding]:
    """Compare what was measured with what the row says."""
    if not file.size:
        yield Finding(Kind.SIZE, Outcome.MISSING, f"No size is given; the file has {measured.size} bytes.")
    elif file.size == measured.size:
        yield Finding(Kind.SIZE, Outcome.VERIFIED, f"The file has the {measured.size} bytes that are given.")
    else:
        sentence = f"The file has {measured.size} bytes, but {file.size} are given."
        yield Finding(Kind.SIZE, Outcome.FAILED, sentence)
    yield _compared_sum(Kind.SHA256, file.sha256, measured.sha256)
    if file.md5:
        yield _compared_sum(Kind.MD5, file.md5, measured.md5)


def _compared_sum(kind: Kind, given: str, measured: str) -> Finding:
    name = KIND_LABELS[kind]
    if not given:
        return Finding(kind, Outcome.MISSING, f"No {name} is given; that of the file is {measured}.")
    if given.strip().lower() == measured:
        return Finding(kind, Outcome.VERIFIED, f"The {name} of the file is the one that is given.")
    return Finding(kind, Outcome.FAILED, f"The {name} of the file is {measured}, but {given.strip()} is given.")


def _without_file(
    file: ReleaseFile, error: AddressRefused | FetchFailed, *sidecars: bytes | Finding
) -> Iterator[Finding]:
    """Say of all that needs the file that it is not there; what the file never had is still missing."""
    missing = {
        found.kind: found for found in sidecars if isinstance(found, Finding) and found.outcome is Outcome.MISSING
    }
    for kind in (Kind.SIZE, Kind.SHA256, *([Kind.MD5] if file.md5 else ()), Kind.SIGSTORE, Kind.GPG):
        yield missing.get(kind) or _absent(kind, "The file", error)


def _absent(kind: Kind, what: str, error: AddressRefused | FetchFailed) -> Finding:
    if isinstance(error, FetchFailed) and error.status in GONE:
        return Finding(kind, Outcome.FAILED, f"{what} is not at its address.")
    return Finding(kind, Outcome.UNREACHABLE, f"{what} could not be fetched. {error.message}")


def _noun(kind: Kind) -> str:
    return {Kind.SIGSTORE: "Sigstore bundle", Kind.GPG: "GPG signature", Kind.SBOM: "SBOM"}[kind]


def _judge_bundle(bundle: bytes, sha256: str, signers: Sequence[Signer]) -> Finding:
    # Not above: a worker that never sees a bundle need not spend seconds and memory on the library.
    from cms.downloads.verification.sigstore_bundles import verify_bundle

    return verify_bundle(bundle, sha256, signers)


def _judge_signature(signature: bytes, keys: Sequence[PublicKey], kept: BinaryIO) -> Finding:
    # Not above, for the same reason.
    from cms.downloads.verification.gpg_signatures import read_signature, verify_signature

    at_hand = read_signature(signature, keys)
    if isinstance(at_hand, Finding):
        return at_hand
    kept.flush()
    kept.seek(0)
    return verify_signature(f"/dev/fd/{kept.fileno()}", at_hand)


def _judge_sbom(content: bytes) -> Finding:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and str(found.get("spdxVersion", "")).startswith("SPDX-"):
        return Finding(Kind.SBOM, Outcome.VERIFIED, f"There is an SBOM in the form {found['spdxVersion']}.")
    return Finding(Kind.SBOM, Outcome.FAILED, "What lies at the address of the SBOM is none in the form of SPDX.")
