"""The rules that a release file keeps: where it lies, and what the files that vouch for it are called."""

import re

from sqlalchemy import inspect

from cms.downloads.models import ReleaseFile

OFFICIAL_PREFIX = "https://www.python.org/"
SIDECAR_SUFFIXES = {
    "gpg_signature_url": ".asc",
    "sigstore_signature_url": ".sig",
    "sigstore_certificate_url": ".crt",
    "sigstore_bundle_url": ".sigstore",
    "sbom_spdx_url": ".spdx.json",
}
CHECKSUM_DIGITS = {"sha256": 64, "md5": 32}
NOT_OFFICIAL = f"Release file URLs must begin with '{OFFICIAL_PREFIX}'."


def broken_rules(file: ReleaseFile) -> dict[str, list[str]]:
    """Return the sentences that tell what is wrong with a file, by field; empty where nothing is."""
    errors: dict[str, list[str]] = {}
    for field in ("url", *SIDECAR_SUFFIXES):
        if found := _broken_url_rules(file, field):
            errors[field] = found
    if not file.name.strip():
        errors["name"] = ["Give the file a name, such as “Windows installer (64-bit)”."]
    if not file.url:
        errors["url"] = ["Say where the file lies."]
    if (file.size or 0) < 0:
        errors["size"] = ["A size in bytes cannot be negative."]
    for field, digits in CHECKSUM_DIGITS.items():
        file_sum = getattr(file, field) or ""
        if file_sum and _has_changed(file, field) and not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", file_sum):
            errors[field] = [f"A checksum of this kind has {digits} hexadecimal digits."]
    return errors


def _broken_url_rules(file: ReleaseFile, field: str) -> list[str]:
    url = getattr(file, field) or ""
    if not url or not (_has_changed(file, field) or _has_changed(file, "url")):
        return []
    if not url.startswith(OFFICIAL_PREFIX):
        return [NOT_OFFICIAL]
    suffix = SIDECAR_SUFFIXES.get(field)
    if suffix and url != f"{file.url}{suffix}":
        return [f"Sidecar URL must match the artifact URL plus '{suffix}'."]
    return []


def _has_changed(file: ReleaseFile, field: str) -> bool:
    """Return whether somebody writes this now; what the old site stored may break a rule until it is changed."""
    state = inspect(file)
    return not state.persistent or state.attrs[field].history.has_changes()
