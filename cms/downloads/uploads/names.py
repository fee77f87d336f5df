"""What a release file may be called, where it lies, and what it is sent as: all by its name."""

import re

from cms.core.errors import Invalid
from cms.downloads.file_naming import kind_of
from cms.downloads.models import Release, ReleaseVersion
from cms.downloads.rules import OFFICIAL_PREFIX, SIDECAR_SUFFIXES
from cms.downloads.uploads.models import LONGEST_NAME

ROOT = "ftp/python"
"""The folder of the storage that is served at /ftp/python/."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
FOLDER = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}|pymanager")
ANYTHING = "application/octet-stream"
CONTENT_TYPES = {
    ".tgz": "application/gzip",
    ".tar.gz": "application/gzip",
    ".tar.xz": "application/x-xz",
    ".tar.bz2": "application/x-bzip2",
    ".zip": "application/zip",
    ".json": "application/json",
    ".sigstore": "application/json",
    ".asc": "text/plain; charset=utf-8",
    ".crt": "text/plain; charset=utf-8",
    ".sig": "text/plain; charset=utf-8",
}
"""No kind that a browser would run; whatever is not here is bytes."""


def check_name(name: str) -> None:
    """Raise Invalid unless this can be the name of a release file or of one that vouches for it."""
    if len(name) > LONGEST_NAME:
        raise _refusal(f"A file name has at most {LONGEST_NAME} characters.")
    if not PLAIN_NAME.fullmatch(name) or ".." in name:
        raise _refusal("A file name has letters, digits and . _ + - only, and begins with a letter or a digit.")
    if kind_of(artefact_of(name)) is None:
        raise _refusal(
            f"“{name}” ends like no release file. Those end like .tgz, .tar.xz, .exe, .pkg, .zip, .msix, or have .asc, "
            ".sigstore, .sig, .crt or .spdx.json after that."
        )


def artefact_of(name: str) -> str:
    """Return the file that this one vouches for, or the name itself."""
    suffix = next((suffix for suffix in SIDECAR_SUFFIXES.values() if name.endswith(suffix)), "")
    return name.removesuffix(suffix)


def sidecar_column(name: str) -> str:
    """Return the column of a release file that names this one; "" for a file that vouches for no other."""
    return next((column for column, suffix in SIDECAR_SUFFIXES.items() if name.endswith(suffix)), "")


def folder_of(release: Release) -> str:
    """Return the folder of a release's files; raises Invalid where its name does not tell."""
    folder = "pymanager" if release.version == ReleaseVersion.INSTALL_MANAGER else release.version_number
    if not folder:
        message = f"Where the files of “{release}” lie cannot be told from its name, such as “Python 3.14.2”."
        raise Invalid(message)
    return folder


def stored_name(folder: str, name: str) -> str:
    """Return the name under which the storage keeps a file."""
    return f"{ROOT}/{folder}/{name}"


def url_of(folder: str, name: str) -> str:
    """Return the address at which everybody finds a file."""
    return f"{OFFICIAL_PREFIX}{stored_name(folder, name)}"


def content_type_of(name: str) -> str:
    """Return what a file is sent as."""
    return next((kind for ending, kind in CONTENT_TYPES.items() if name.endswith(ending)), ANYTHING)


def _refusal(sentence: str) -> Invalid:
    return Invalid.in_fields({"name": [sentence]})
