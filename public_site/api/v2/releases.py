"""Releases, their files and the operating systems in the API."""

from sqlalchemy import Select

from cms.core.permissions import Actor, Permission
from cms.downloads import file_runs, queries, services
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseVersion
from cms.pages import queries as pages
from cms.pages.models import Page
from public_site.api.v2.fields import FILTER, LONG, ORDER, REQUIRED, WRITTEN, Reference, computed, refers, stored
from public_site.api.v2.resources import Parent, Resource, Writing, publishing_decisions

MOMENT = "2025-12-05T12:00:00Z"
FILE = "https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tgz"
SOURCE_SUM = "c609e078adab90e2c6bacb6afafacd5eaf60cd94cf670f1e159565725fcd448d"


def every_system(_actor: Actor | None) -> Select[OperatingSystem]:
    """Operating systems, which are everybody's to see."""
    return queries.operating_systems()


OPERATING_SYSTEMS = Resource(
    path="operating-systems",
    one="operating system",
    model=OperatingSystem,
    key="slug",
    seen_by=every_system,
    order=("name",),
    fields=(
        stored(OperatingSystem.id, "Its number.", example=1),
        stored(OperatingSystem.name, "As visitors read it.", REQUIRED | FILTER | ORDER, example="Windows"),
        stored(
            OperatingSystem.slug,
            "Its name in addresses; made of the name.",
            WRITTEN | FILTER | ORDER,
            example="windows",
        ),
        stored(OperatingSystem.created_at, "When it was made.", example=MOMENT),
        stored(OperatingSystem.updated_at, "When it was saved last.", FILTER | ORDER, example=MOMENT),
    ),
    writing=Writing(
        save=services.save_operating_system,
        remove=services.delete_operating_system,
        edit=Permission.DOWNLOADS_EDIT,
        delete=Permission.DOWNLOADS_DELETE,
    ),
)

RELEASES = Resource(
    path="releases",
    one="release",
    model=Release,
    key="slug",
    seen_by=queries.visible_to,
    order=("-released_at",),
    fields=(
        stored(Release.id, "Its number.", example=8),
        stored(Release.name, "Such as “Python 3.15.0a1”.", REQUIRED | FILTER | ORDER, example="Python 3.14.2"),
        stored(
            Release.slug, "Its name in addresses; made of the name.", WRITTEN | FILTER | ORDER, example="python-3142"
        ),
        stored(
            Release.version,
            "Its line: Python 1, 2 or 3, or 100 for the install manager.",
            WRITTEN | FILTER,
            example=3,
            kind=ReleaseVersion,
        ),
        stored(
            Release.version_number, "Without the suffix of a pre-release; made of the name.", FILTER, example="3.14.2"
        ),
        stored(Release.series, "Made of the name.", FILTER, example="3.14"),
        stored(Release.is_published, "Whether the public sees it.", FILTER, example=True),
        stored(
            Release.is_latest, "Whether it is what the site offers first of its line.", WRITTEN | FILTER, example=True
        ),
        stored(Release.is_pre_release, "Alpha, beta or release candidate.", WRITTEN | FILTER, example=False),
        stored(Release.is_shown_on_download_page, "Whether /downloads/ lists it.", WRITTEN | FILTER, example=True),
        stored(Release.released_at, "When it came out.", WRITTEN | FILTER | ORDER, example=MOMENT),
        refers(
            "page",
            Release.page_id,
            Reference(relation=Release.page, key=Page.path, seen_by=pages.visible_to),
            "The path of the page that tells of it, where it has no text of its own.",
            WRITTEN,
            example="download/releases/2.0",
        ),
        stored(
            Release.release_notes_url, "Where its changes are told.", WRITTEN, example="https://docs.python.org/3.14/"
        ),
        stored(Release.content, "What readers see above the files.", WRITTEN | LONG, example="Python 3.14.2 is *new*."),
        stored(Release.content_kind, "What `content` is written in.", WRITTEN, example="markdown"),
        stored(
            Release.content_html, "What becomes of `content`.", LONG, example="<p>Python 3.14.2 is <em>new</em>.</p>"
        ),
        computed(
            "path", lambda row: row.public_path, "Its page on the site.", example="/downloads/release/python-3142/"
        ),
        stored(Release.created_at, "When it was made.", example=MOMENT),
        stored(Release.updated_at, "When it was saved last.", FILTER | ORDER, example=MOMENT),
    ),
    writing=Writing(
        save=services.save_release,
        remove=services.delete_release,
        edit=Permission.DOWNLOADS_EDIT,
        delete=Permission.DOWNLOADS_DELETE,
        decisions=publishing_decisions(Release),
    ),
)

FILE_FIELDS = (
    stored(ReleaseFile.id, "Its number.", example=12),
    refers(
        "release",
        ReleaseFile.release_id,
        Reference(relation=ReleaseFile.release, key=Release.slug, seen_by=queries.visible_to),
        "The slug of its release.",
        FILTER,
        example="python-3142",
    ),
    refers(
        "operating_system",
        ReleaseFile.operating_system_id,
        Reference(relation=ReleaseFile.operating_system, key=OperatingSystem.slug, seen_by=every_system),
        "The slug of the operating system that it is for.",
        REQUIRED | FILTER,
        example="source",
    ),
    stored(ReleaseFile.name, "As visitors read it.", REQUIRED | FILTER, example="Gzipped source tarball"),
    stored(
        ReleaseFile.slug, "Its name among all files; made of the name.", WRITTEN, example="3142-Gzipped-source-tarball"
    ),
    stored(ReleaseFile.url, "Where it is; begins with https://www.python.org/.", REQUIRED | FILTER, example=FILE),
    stored(ReleaseFile.description, "A remark beside it, such as “Recommended”.", WRITTEN | FILTER, example=""),
    stored(ReleaseFile.is_source, "Whether it is the code itself.", WRITTEN | FILTER, example=True),
    stored(ReleaseFile.size, "In bytes.", WRITTEN, example=30_000_000),
    stored(ReleaseFile.sha256, "64 hexadecimal digits.", WRITTEN | FILTER, example=SOURCE_SUM),
    stored(ReleaseFile.md5, "32 hexadecimal digits; only old releases have it.", WRITTEN | FILTER, example=""),
    stored(ReleaseFile.gpg_signature_url, "`url` with “.asc” after it.", WRITTEN, example=f"{FILE}.asc"),
    stored(ReleaseFile.sigstore_bundle_url, "`url` with “.sigstore” after it.", WRITTEN, example=f"{FILE}.sigstore"),
    stored(ReleaseFile.sigstore_signature_url, "`url` with “.sig” after it.", WRITTEN, example=""),
    stored(ReleaseFile.sigstore_certificate_url, "`url` with “.crt” after it.", WRITTEN, example=""),
    stored(ReleaseFile.sbom_spdx_url, "`url` with “.spdx.json” after it.", WRITTEN, example=f"{FILE}.spdx.json"),
    stored(ReleaseFile.has_download_button, "Offered first for its system.", WRITTEN | FILTER, example=False),
    stored(ReleaseFile.created_at, "When it was made.", example=MOMENT),
    stored(ReleaseFile.updated_at, "When it was saved last.", FILTER, example=MOMENT),
)

FILES_OF_RELEASE = Resource(
    path="files",
    one="file",
    model=ReleaseFile,
    key="id",
    seen_by=queries.files_visible_to,
    parent=Parent(resource=RELEASES, column=ReleaseFile.release_id),
    fields=FILE_FIELDS,
    writing=Writing(
        save=file_runs.write_file,
        remove=file_runs.remove_file,
        edit=Permission.DOWNLOADS_EDIT,
        delete=Permission.DOWNLOADS_DELETE,
    ),
)

ALL_FILES = Resource(
    path="files",
    one="release file",
    model=ReleaseFile,
    key="id",
    seen_by=queries.files_visible_to,
    has_cursor=True,
    fields=FILE_FIELDS,
)
