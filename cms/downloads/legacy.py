"""Operating systems, releases and release files of the old site."""

import re

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values, shown
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseVersion

SLUG = re.compile(r"[-a-zA-Z0-9_]+")
WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
FILE_ADDRESSES = ("https://www.python.org/", "http://www.python.org/")
VERSIONS = frozenset(int(version) for version in ReleaseVersion)

NAMES_AND_DATES = {
    "id": "id",
    "name": "name",
    "slug": "slug",
    "created_at": "created",
    "updated_at": "updated",
    "created_by_id": "creator_id",
    "updated_by_id": "last_modified_by_id",
}
SIDECARS = {
    "gpg_signature_url": "gpg_signature_file",
    "sigstore_signature_url": "sigstore_signature_file",
    "sigstore_certificate_url": "sigstore_cert_file",
    "sigstore_bundle_url": "sigstore_bundle_file",
    "sbom_spdx_url": "sbom_spdx2_file",
}


def _name_and_slug(row: LegacyRow, values: Values, known: Known) -> None:
    if not values["name"].strip():
        raise Refused("It has no name.")
    if not SLUG.fullmatch(values["slug"]):
        raise Refused(f"Its slug {shown(values['slug'])} cannot be part of an address.")
    known.claim_alone(row, "slug", values["slug"])
    other = known.claim(row, "slug but for capital letters", values["slug"].lower())
    if other is not None:
        row.changed(f"Its slug differs from that of row {other} in capital letters only; both are kept as they are.")


def _release(row: LegacyRow, values: Values, known: Known) -> None:
    _name_and_slug(row, values, known)
    if values["version"] not in VERSIONS:
        raise Refused(f"Its major version {values['version']} is none of {sorted(VERSIONS)}.")
    address = values["release_notes_url"]
    if address and not WEB_ADDRESS.fullmatch(address):
        row.changed(f"Its address of release notes, {shown(address)}, is none and was left out.")
        values["release_notes_url"] = ""
    if values["is_latest"] and values["is_published"]:
        other = known.claim(row, "latest of its version", values["version"])
        if other is not None:
            row.changed(f"Row {other} is the latest release of version {values['version']}; this is older.")
            values["is_latest"] = False
    values["first_published_at"] = values["created_at"] if values["is_published"] else None


def _file(row: LegacyRow, values: Values, known: Known) -> None:
    _name_and_slug(row, values, known)
    if not values["url"].startswith(FILE_ADDRESSES):
        raise Refused(f"Its address {shown(values['url'])} does not begin with {FILE_ADDRESSES[0]}.")
    known.claim_alone(row, "address", values["url"])
    for ours, theirs in SIDECARS.items():
        if values[ours] and not values[ours].startswith(FILE_ADDRESSES):
            row.changed(f"“{theirs}” is {shown(values[ours])}, not on www.python.org; it was left out.")
            values[ours] = ""
    if values["size"] < 0:
        row.changed(f"Its size is {values['size']} bytes; it was set to 0, which stands for unknown.")
        values["size"] = 0
    if values["has_download_button"]:
        _give_one_button(row, values, known)


def _give_one_button(row: LegacyRow, values: Values, known: Known) -> None:
    place = (values["operating_system_id"], values["release_id"])
    other = known.claim(row, "download button", place)
    if other is not None:
        row.changed(f"File {other} has the download button of this release and operating system already.")
        values["has_download_button"] = False


OPERATING_SYSTEMS = LegacyTable(
    source="downloads_os", model=OperatingSystem, columns=NAMES_AND_DATES, convert=_name_and_slug
)

RELEASES = LegacyTable(
    source="downloads_release",
    model=Release,
    columns={
        **NAMES_AND_DATES,
        "version": "version",
        "is_latest": "is_latest",
        "is_published": "is_published",
        "is_pre_release": "pre_release",
        "is_shown_on_download_page": "show_on_download_page",
        "released_at": "release_date",
        "release_notes_url": "release_notes_url",
        "page_id": "release_page_id",
    },
    markup="content",
    derived=frozenset({"first_published_at"}),
    order_by=("-release_date",),
    exclusive=("is_latest",),
    convert=_release,
)

RELEASE_FILES = LegacyTable(
    source="downloads_releasefile",
    model=ReleaseFile,
    columns={
        **NAMES_AND_DATES,
        "release_id": "release_id",
        "operating_system_id": "os_id",
        "description": "description",
        "is_source": "is_source",
        "url": "url",
        **SIDECARS,
        "md5": "md5_sum",
        "sha256": "sha256_sum",
        "size": "filesize",
        "has_download_button": "download_button",
    },
    exclusive=("has_download_button",),
    convert=_file,
)
