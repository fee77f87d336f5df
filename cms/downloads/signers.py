"""Decisions about who vouches for release files: identities that sign with Sigstore, and OpenPGP keys."""

import re
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import deletion
from cms.core.errors import Invalid
from cms.core.integrity import explain_constraint
from cms.core.permissions import Actor, Permission, require
from cms.downloads.models import OpenPGPKey, Release, SigningIdentity
from cms.downloads.verification.models import Kind, Verdict
from cms.downloads.verification.services import forget_signatures

SERIES = re.compile(r"\d{1,4}\.\d{1,4}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ISSUER = re.compile(r"https://[^\s/]+(/\S*)?")
FINGERPRINT = re.compile(r"[0-9A-F]{16}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64}")
ARMOUR = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n.*\n-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
LARGEST_PEP = 99_999
LONGEST_KEY = 200_000

explain_constraint("uq_signing_identities_series", field="email", sentence="This identity may sign the series already.")
explain_constraint("uq_openpgp_keys_fingerprint", field="fingerprint", sentence="This key is listed already.")


async def save_signing_identity(session: AsyncSession, identity: SigningIdentity, *, by: Actor) -> None:
    """Write whose signature counts for a series. Raises PermissionDenied, or Invalid naming each wrong field."""
    for field in ("series", "email", "issuer"):
        setattr(identity, field, (getattr(identity, field) or "").strip())
    errors: dict[str, list[str]] = {}
    if not SERIES.fullmatch(identity.series):
        errors["series"] = ["Write the series as two numbers, such as “3.14”."]
    if not EMAIL.fullmatch(identity.email):
        errors["email"] = ["Write an e-mail address, such as name@python.org."]
    if not ISSUER.fullmatch(identity.issuer):
        errors["issuer"] = ["Write the issuer's address, such as “https://github.com/login/oauth”."]
    if identity.pep is not None and not 0 < identity.pep <= LARGEST_PEP:
        errors["pep"] = ["Write the number of the PEP alone, such as 745."]
    was_for = inspect(identity).attrs.series.history.deleted
    await _write(session, identity, errors, by=by)
    await _forget_what_they_signed(session, {identity.series, *was_for})


async def delete_signing_identity(session: AsyncSession, identity: SigningIdentity, *, by: Actor) -> None:
    """Have an identity's signatures count no longer. Raises PermissionDenied."""
    await deletion.delete(session, identity, permission=Permission.DOWNLOADS_DELETE, by=by)
    await _forget_what_they_signed(session, {identity.series})


async def save_openpgp_key(session: AsyncSession, key: OpenPGPKey, *, by: Actor) -> None:
    """Write a key, its fingerprint in the one form. Raises PermissionDenied, or Invalid naming each wrong field."""
    key.owner, key.public_key = (key.owner or "").strip(), (key.public_key or "").replace("\r\n", "\n").strip()
    key.fingerprint = re.sub(r"\s", "", key.fingerprint or "").upper().removeprefix("0X")
    errors: dict[str, list[str]] = {}
    if not key.owner:
        errors["owner"] = ["Say whose key it is."]
    if not FINGERPRINT.fullmatch(key.fingerprint):
        errors["fingerprint"] = ["Write the fingerprint, 40 hexadecimal digits, or the key ID of 16 digits."]
    if key.public_key and not (ARMOUR.fullmatch(key.public_key) and len(key.public_key) <= LONGEST_KEY):
        errors["public_key"] = ["Paste the public key from “-----BEGIN PGP PUBLIC KEY BLOCK-----” to its end."]
    was_of = inspect(key).attrs.owner.history.deleted
    await _write(session, key, errors, by=by)
    await _forget_what_was_signed_with(session, {key.owner, *was_of})


async def delete_openpgp_key(session: AsyncSession, key: OpenPGPKey, *, by: Actor) -> None:
    """Take a key off the list. Raises PermissionDenied."""
    await deletion.delete(session, key, permission=Permission.DOWNLOADS_DELETE, by=by)
    await _forget_what_was_signed_with(session, {key.owner})


async def _write(
    session: AsyncSession, row: SigningIdentity | OpenPGPKey, errors: Mapping[str, Sequence[str]], *, by: Actor
) -> None:
    if errors:
        raise Invalid.in_fields(errors)
    session.add(row)
    await require(session, by, Permission.DOWNLOADS_EDIT, row)


async def _forget_what_they_signed(session: AsyncSession, series: Collection[str]) -> None:
    of_series = Verdict.release_id.in_(select(Release.id).where(Release.series.in_(series)))
    await forget_signatures(session, Kind.SIGSTORE, of_series)


async def _forget_what_was_signed_with(session: AsyncSession, owners: Collection[str]) -> None:
    """Forget what these owners signed, and what nobody whom we knew had signed."""
    await forget_signatures(session, Kind.GPG, Verdict.signer.in_([*owners, ""]))
