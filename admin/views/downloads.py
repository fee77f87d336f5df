"""Releases, their files and the operating systems in the back office."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from wtforms import TextAreaField

from admin import verification
from admin.base import AdminView, Fieldset, Reached
from admin.columns import in_bytes, state_of
from admin.decisions import BulkEdit, Decision, publishing_decisions
from admin.fields import UploadField
from admin.filters import ChoiceFilter, SinceFilter, StateFilter, YesNoFilter
from admin.inlines import Inline
from admin.release_files import fill_in_files, keep_files
from cms.core.permissions import Permission
from cms.downloads import services
from cms.downloads.models import VERSION_LABELS, OperatingSystem, Release, ReleaseFile
from cms.downloads.verification.services import verify_again

MONOSPACE = {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"}
LIST_HELP = (
    "What sha256sum, md5sum or ls -l print, names or URLs, a table with a header, or JSON. "
    "Nothing is saved before you save the release."
)
FILE_LABELS: dict[Any, str] = {
    "operating_system": "Operating system",
    "url": "URL",
    "gpg_signature_url": "GPG signature",
    "sigstore_signature_url": "Sigstore signature",
    "sigstore_certificate_url": "Sigstore certificate",
    "sigstore_bundle_url": "Sigstore bundle",
    "sbom_spdx_url": "SBOM (SPDX)",
    "md5": "MD5",
    "sha256": "SHA-256",
    "size": "Size in bytes",
    "is_source": "Source code",
    "has_download_button": "Download button",
}
FILE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "release": {"description": "The release that the file belongs to."},
    "operating_system": {"is_short": True, "description": "The page and the button under which it is offered."},
    "name": {"description": "As visitors read it, such as “Windows installer (64-bit)”."},
    "url": {"description": "Begins with https://www.python.org/.", "render_kw": MONOSPACE},
    "description": {
        "description": "A remark beside the file, such as “Recommended”.",
        "render_kw": {"class": "form-control", "rows": 1},
    },
    "size": {"least": 0, "description": "In bytes. Readers see it in MB."},
    "has_download_button": {"description": "The one file that is offered first for its operating system."},
    "slug": {"description": "Made of the name if left empty.", "is_optional": True, "render_kw": MONOSPACE},
    "is_source": {"description": "The code itself, no installer: listed under “Source releases”."},
    "sha256": {"description": "64 hexadecimal digits, as sha256sum prints them.", "render_kw": MONOSPACE},
    "md5": {"description": "32 hexadecimal digits; only old releases have it.", "render_kw": MONOSPACE},
    "gpg_signature_url": {"description": "The URL with “.asc” after it.", "render_kw": MONOSPACE},
    "sigstore_signature_url": {"description": "The URL with “.sig” after it.", "render_kw": MONOSPACE},
    "sigstore_certificate_url": {"description": "The URL with “.crt” after it.", "render_kw": MONOSPACE},
    "sigstore_bundle_url": {"description": "The URL with “.sigstore” after it.", "render_kw": MONOSPACE},
    "sbom_spdx_url": {"description": "The URL with “.spdx.json” after it.", "render_kw": MONOSPACE},
}


class ReleaseAdmin(AdminView, model=Release):
    identity = "releases"
    name = "Release"
    name_plural = "Releases"
    category = "Downloads"
    permission_area = "downloads"
    saving = staticmethod(services.save_release)
    removing = staticmethod(services.delete_release)
    form_template = "release_form.html"
    details_template = "verified_details.html"

    column_list = (
        Release.name,
        Release.is_published,
        Release.is_shown_on_download_page,
        Release.is_latest,
        Release.released_at,
    )
    column_sortable_list = (Release.name, Release.released_at, Release.updated_at)
    column_default_sort = (Release.released_at, True)
    column_labels = {
        Release.is_published: "State",
        Release.is_shown_on_download_page: "On the download page",
        Release.is_latest: "Latest",
        Release.is_pre_release: "Pre-release",
        Release.released_at: "Released",
        Release.version: "Line",
        Release.content_kind: "Written in",
        Release.release_notes_url: "Release notes URL",
        "page": "Page with its text",
    }
    column_formatters = {Release.is_published: state_of}
    list_filters = (
        ChoiceFilter(Release.version, "Line", labels=tuple(VERSION_LABELS.items())),
        StateFilter(Release.is_published),
        YesNoFilter(Release.is_pre_release, "Pre-release"),
        YesNoFilter(Release.is_shown_on_download_page, "On the download page"),
        SinceFilter(Release.released_at, "Released"),
    )
    date_hierarchy = "released_at"
    inline_toggles = ("is_shown_on_download_page",)
    bulk_edits = (
        BulkEdit(
            column="is_shown_on_download_page",
            label="Show on the download page",
            labels=((True, "Shown"), (False, "Not shown")),
        ),
    )

    fieldsets = (
        Fieldset("", ("name", "slug", "version", "released_at")),
        Fieldset("Where it is shown", ("is_latest", "is_pre_release", "is_shown_on_download_page")),
        Fieldset("What is told about it", ("release_notes_url", "content", "content_kind")),
        Fieldset("Text of an old page instead", ("page",), folded=True),
    )
    slug_sources = {"slug": "name"}
    form_args = {
        "name": {
            "description": "Such as “Python 3.14.2” or “Python 3.15.0a1”.",
            "render_kw": {"class": "form-control", "placeholder": "Python 3.X.YaN"},
        },
        "slug": {
            "description": "The end of the release's address. Made of the name if left empty.",
            "is_optional": True,
            "render_kw": MONOSPACE,
        },
        "version": {
            "labels": tuple((int(version), label) for version, label in VERSION_LABELS.items()),
            "description": "Each line has a latest release of its own.",
        },
        "released_at": {"description": "Readers see the day; lists are sorted by it."},
        "is_latest": {
            "description": "What the site offers first of its line; once this one is live, the present latest is not."
        },
        "is_pre_release": {"description": "Alpha, beta or release candidate."},
        "is_shown_on_download_page": {"description": "Listed on /downloads/ while it is live and no pre-release."},
        "release_notes_url": {
            "description": "Filled in from the name until you write something else.",
            "render_kw": MONOSPACE,
        },
        "content": {
            "description": "What readers see above the files.",
            "render_kw": {"class": "form-control font-monospace", "rows": 14},
        },
        "page": {"description": "Where this text is empty, the release leads to this page."},
    }
    inlines = (
        Inline(
            relation="files",
            label="Files",
            row_label="file",
            columns=("name", "operating_system", "url", "size", "sha256", "description", "has_download_button"),
            folded_columns=(
                "is_source",
                "slug",
                "md5",
                "gpg_signature_url",
                "sigstore_bundle_url",
                "sigstore_signature_url",
                "sigstore_certificate_url",
                "sbom_spdx_url",
            ),
            labels=FILE_LABELS,
            arguments=FILE_ARGUMENTS,
            keep=keep_files,
        ),
    )
    decisions = (
        *publishing_decisions(
            Release,
            edit=Permission.DOWNLOADS_EDIT,
            consequence="It appears on the download pages, in the feed and in the search at once; "
            "a latest release takes the place of its predecessor.",
        ),
        Decision(
            name="verify",
            label="Verify again",
            permission=Permission.DOWNLOADS_EDIT,
            perform=verify_again,
            hindrance=lambda _: "",
            consequence="Every file is fetched from its address in the background, and size, checksums, signatures "
            "and links are looked at anew.",
            outcome="“{row}” is being verified; its details show what is found.",
        ),
    )

    def extra_fields(self, *, is_new: bool) -> Mapping[str, Any]:
        return {
            "file_list": TextAreaField("File list", description=LIST_HELP, render_kw={**MONOSPACE, "rows": 6}),
            "file_list_upload": UploadField(
                "or a file that holds it", description="A text file of the same.", render_kw={"class": "form-control"}
            ),
        }

    async def rewrite(
        self, session: AsyncSession, name: str, posted: FormData
    ) -> tuple[FormData, list[str], list[str]]:
        if name == "files":
            return await fill_in_files(session, posted)
        return await super().rewrite(session, name, posted)

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        """Return what was found of the release and its files."""
        return verification.shown([] if reached is None else await verification.judged_release(session, reached.row))


class ReleaseFileAdmin(AdminView, model=ReleaseFile):
    identity = "release-files"
    name = "Release file"
    name_plural = "Release files"
    category = "Downloads"
    permission_area = "downloads"
    saving = staticmethod(services.save_file)
    removing = staticmethod(services.delete_file)
    found_detail = "url"
    details_template = "verified_details.html"
    list_help = "Every file of every release. New ones are added on the form of their release."
    can_create = False

    column_list = (ReleaseFile.name, "release", "operating_system", ReleaseFile.size, ReleaseFile.has_download_button)
    column_sortable_list = (ReleaseFile.name, ReleaseFile.size, ReleaseFile.updated_at)
    column_default_sort = (ReleaseFile.id, True)
    column_labels = {**FILE_LABELS, "release": "Release", "size": "Size"}
    column_formatters = {ReleaseFile.size: in_bytes}
    list_filters = (
        YesNoFilter(ReleaseFile.has_download_button, "Download button"),
        YesNoFilter(ReleaseFile.is_source, "Source code"),
        SinceFilter(ReleaseFile.updated_at, "Last saved"),
    )
    date_hierarchy = "updated_at"
    inline_toggles = ("has_download_button",)
    bulk_edits = (
        BulkEdit(column="operating_system_id", label="Change operating system", choices_from=OperatingSystem),
    )

    fieldsets = (
        Fieldset("", ("release", "name", "operating_system", "url", "size", "sha256", "md5", "description")),
        Fieldset("How it is shown", ("has_download_button", "is_source", "slug")),
        Fieldset(
            "Files that vouch for it",
            (
                "gpg_signature_url",
                "sigstore_bundle_url",
                "sigstore_signature_url",
                "sigstore_certificate_url",
                "sbom_spdx_url",
            ),
        ),
    )
    form_args = FILE_ARGUMENTS

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        """Return what was found of the file."""
        return verification.shown([] if reached is None else await verification.judged_file(session, reached.row))


class OperatingSystemAdmin(AdminView, model=OperatingSystem):
    identity = "operating-systems"
    name = "Operating system"
    name_plural = "Operating systems"
    category = "Downloads"
    permission_area = "downloads"
    saving = staticmethod(services.save_operating_system)
    removing = staticmethod(services.delete_operating_system)

    column_list = (OperatingSystem.name, OperatingSystem.slug, OperatingSystem.updated_at)
    column_sortable_list = (OperatingSystem.name, OperatingSystem.slug)
    column_default_sort = (OperatingSystem.name, False)
    column_labels = {OperatingSystem.updated_at: "Last saved"}

    fieldsets = (Fieldset("", ("name", "slug")),)
    slug_sources = {"slug": "name"}
    form_args = {
        "name": {"description": "As visitors read it, such as “Windows”."},
        "slug": {
            "description": "The address of its page; clients of the API depend on it.",
            "is_optional": True,
            "render_kw": MONOSPACE,
        },
    }
