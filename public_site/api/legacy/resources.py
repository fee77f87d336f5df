"""The four resources that both old APIs offer: their fields, who sees which rows, and what decides about writing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select, true
from sqlalchemy.orm import InstrumentedAttribute

from cms.core import publishing
from cms.core.permissions import Actor, Permission
from cms.downloads import file_runs
from cms.downloads import queries as downloads
from cms.downloads import services as download_services
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseVersion
from cms.pages import queries as pages
from cms.pages import services as page_services
from cms.pages.models import Page
from public_site.api.legacy.fields import Field, Kind

Decision = Callable[..., Awaitable[None]]
"""`decide(session, row, by=actor)`, as the domains have it."""

OPERATING_SYSTEM_PATH = "downloads/os"
RELEASE_PATH = "downloads/release"
PAGE_PATH = "pages/page"


@dataclass(frozen=True)
class Resource:
    """One kind of row, as the old APIs know it. The fields are in the order of version 2."""

    path: str
    model: type[Any]
    name: str
    """What the old program called the rows' class."""

    label: str
    fields: tuple[Field, ...]
    order: tuple[SQLColumnExpression[Any], ...]
    edit_permission: Permission
    delete_permission: Permission
    save: Decision
    delete: Decision
    is_visible_to: Callable[[Actor | None], ColumnElement[bool]]
    joins: tuple[InstrumentedAttribute[Any], ...] = field(default=())
    """Relations whose rows are needed to see, to order or to filter rows of this one."""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {found.name: found for found in self.fields}

    @cached_property
    def is_published_by_hand(self) -> bool:
        """Whether the public sees a row only after somebody has decided so."""
        return issubclass(self.model, publishing.Publishable)

    def rows(self) -> Select[Any]:
        """Select all rows together with what they refer to."""
        rows = select(self.model).select_from(self.model)
        for relation in self.joins:
            rows = rows.join(relation)
        return rows

    def visible_rows(self, actor: Actor | None) -> Select[Any]:
        """Select the rows that this person, or a guest, may see, in their order."""
        return self.rows().where(self.is_visible_to(actor)).order_by(*self.order)


def _address(column: InstrumentedAttribute[Any]) -> Field:
    return Field(name="resource_uri", column=column, kind=Kind.ADDRESS, label="resource uri")


def _name(column: InstrumentedAttribute[Any]) -> Field:
    return Field(name="name", column=column, is_required=True)


def _slug(column: InstrumentedAttribute[Any]) -> Field:
    return Field(name="slug", column=column, kind=Kind.SLUG, is_required=True)


def _text(name: str, column: InstrumentedAttribute[Any], *, label: str = "", hint: str = "") -> Field:
    return Field(name=name, column=column, may_be_blank=True, label=label, hint=hint)


def _url(name: str, column: InstrumentedAttribute[Any], label: str, hint: str = "") -> Field:
    return Field(name=name, column=column, kind=Kind.URL, may_be_blank=True, label=label, hint=hint)


def _flag(name: str, column: InstrumentedAttribute[Any], label: str, hint: str = "") -> Field:
    return Field(name=name, column=column, kind=Kind.FLAG, label=label, hint=hint)


def _link(name: str, column: InstrumentedAttribute[Any], *, to: str, is_required: bool = True) -> Field:
    return Field(name=name, column=column, kind=Kind.LINK, to=to, is_required=is_required, may_be_blank=not is_required)


def _by_bytes(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """Order by code points, whatever the database's own order is: clients compare lists of theirs with it."""
    return column.collate("C")


def _everybody(_actor: Actor | None) -> ColumnElement[bool]:
    return true()


OPERATING_SYSTEMS = Resource(
    path=OPERATING_SYSTEM_PATH,
    model=OperatingSystem,
    name="OS",
    label="Operating System",
    fields=(_name(OperatingSystem.name), _slug(OperatingSystem.slug), _address(OperatingSystem.id)),
    order=(_by_bytes(OperatingSystem.name), OperatingSystem.id),
    edit_permission=Permission.DOWNLOADS_EDIT,
    delete_permission=Permission.DOWNLOADS_DELETE,
    save=download_services.save_operating_system,
    delete=download_services.delete_operating_system,
    is_visible_to=_everybody,
)

RELEASES = Resource(
    path=RELEASE_PATH,
    model=Release,
    name="Release",
    label="Release",
    fields=(
        _name(Release.name),
        _slug(Release.slug),
        Field(name="version", column=Release.version, kind=Kind.CHOICE, choices=tuple(ReleaseVersion)),
        _flag(
            "is_published",
            Release.is_published,
            "Is Published?",
            "Whether or not this should be considered a released/published version",
        ),
        _flag(
            "is_latest",
            Release.is_latest,
            "Is this the latest release?",
            "Set this if this should be considered the latest release for the major version. "
            "Previous 'latest' versions will automatically have this flag turned off.",
        ),
        Field(name="release_date", column=Release.released_at, kind=Kind.MOMENT),
        _flag("pre_release", Release.is_pre_release, "Pre-release", "Boolean to denote pre-release/beta/RC versions"),
        _link("release_page", Release.page_id, to=PAGE_PATH, is_required=False),
        _url("release_notes_url", Release.release_notes_url, "Release Notes URL"),
        _flag(
            "show_on_download_page",
            Release.is_shown_on_download_page,
            "show on download page",
            "Whether or not to show this release on the main /downloads/ page",
        ),
        _address(Release.id),
    ),
    order=(_by_bytes(Release.name), Release.id),
    edit_permission=Permission.DOWNLOADS_EDIT,
    delete_permission=Permission.DOWNLOADS_DELETE,
    save=download_services.save_release,
    delete=download_services.delete_release,
    is_visible_to=downloads.is_visible_to,
)

RELEASE_FILES = Resource(
    path="downloads/release_file",
    model=ReleaseFile,
    name="ReleaseFile",
    label="Release File",
    fields=(
        _name(ReleaseFile.name),
        _slug(ReleaseFile.slug),
        _link("os", ReleaseFile.operating_system_id, to=OPERATING_SYSTEM_PATH),
        _link("release", ReleaseFile.release_id, to=RELEASE_PATH),
        _text("description", ReleaseFile.description),
        _flag("is_source", ReleaseFile.is_source, "Is Source Distribution"),
        Field(name="url", column=ReleaseFile.url, kind=Kind.URL, is_required=True, label="URL", hint="Download URL"),
        _url("gpg_signature_file", ReleaseFile.gpg_signature_url, "GPG SIG URL", "GPG Signature URL"),
        _text("md5_sum", ReleaseFile.md5, label="MD5 Sum"),
        _text("sha256_sum", ReleaseFile.sha256, label="SHA256 Sum"),
        Field(name="filesize", column=ReleaseFile.size, kind=Kind.NUMBER),
        _flag(
            "download_button",
            ReleaseFile.has_download_button,
            "download button",
            "Use for the supernav download button for this OS",
        ),
        _address(ReleaseFile.id),
        _url(
            "sigstore_signature_file",
            ReleaseFile.sigstore_signature_url,
            "Sigstore Signature URL",
            "Sigstore Signature URL",
        ),
        _url("sigstore_cert_file", ReleaseFile.sigstore_certificate_url, "Sigstore Cert URL", "Sigstore Cert URL"),
        _url("sigstore_bundle_file", ReleaseFile.sigstore_bundle_url, "Sigstore Bundle URL", "Sigstore Bundle URL"),
        _url("sbom_spdx2_file", ReleaseFile.sbom_spdx_url, "SPDX-2 SBOM URL", "SPDX-2 SBOM URL"),
    ),
    order=(
        Release.is_published.desc(),
        _by_bytes(Release.name),
        _by_bytes(OperatingSystem.name),
        _by_bytes(ReleaseFile.name),
        ReleaseFile.id,
    ),
    edit_permission=Permission.DOWNLOADS_EDIT,
    delete_permission=Permission.DOWNLOADS_DELETE,
    save=file_runs.write_file,
    delete=file_runs.remove_file,
    is_visible_to=downloads.is_visible_to,
    joins=(ReleaseFile.release, ReleaseFile.operating_system),
)

PAGES = Resource(
    path=PAGE_PATH,
    model=Page,
    name="Page",
    label="Page",
    fields=(
        Field(name="title", column=Page.title, is_required=True),
        Field(name="path", column=Page.path, is_required=True),
        _text("keywords", Page.keywords, hint="HTTP meta-keywords"),
        _text("description", Page.description, hint="HTTP meta-description"),
        Field(name="content", column=Page.content_html, written_to="content"),
        Field(name="is_published", column=Page.is_published, kind=Kind.FLAG, default=True, label="is published"),
        _text(
            "template_name",
            Page.template_name,
            label="template name",
            hint="Example: 'pages/about.html'. If this isn't provided, the system will use 'pages/default.html'.",
        ),
        _address(Page.id),
    ),
    order=(_by_bytes(Page.title), _by_bytes(Page.path)),
    edit_permission=Permission.PAGES_EDIT,
    delete_permission=Permission.PAGES_DELETE,
    save=page_services.save_page,
    delete=page_services.delete_page,
    is_visible_to=pages.is_visible_to,
)

RESOURCES = (PAGES, OPERATING_SYSTEMS, RELEASES, RELEASE_FILES)
BY_PATH = {resource.path: resource for resource in RESOURCES}
