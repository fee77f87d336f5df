"""Python releases, their files, and the operating systems that the files are for."""

from datetime import datetime
from enum import IntEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms.core import clock
from cms.core.audit import QUIET
from cms.core.database import (
    Authored,
    Base,
    Identified,
    Slugged,
    Timestamped,
    Versioned,
    sort_indexes,
    stored_by_value,
    word_index,
)
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.core.publishing import Publishable
from cms.pages.models import Page

URL_COLUMNS = (
    "url",
    "gpg_signature_url",
    "sigstore_signature_url",
    "sigstore_certificate_url",
    "sigstore_bundle_url",
    "sbom_spdx_url",
)
NUMBER_IN_NAME = r""""substring"((name)::text, '^Python (\d{1,4}(?:\.\d{1,4}){0,3})'::text)"""
SERIES_IN_NAME = r""""substring"((name)::text, '^Python (\d{1,4}\.\d{1,4})'::text)"""
"""In PostgreSQL's own spelling, so that a comparison with the migrated database finds them equal."""

SHOWN_ELSEWHERE = (
    "/ftp/python/",
    "/box/supernav-python-downloads/",
    "/box/homepage-downloads/",
    "/box/download-sources/",
)


class ReleaseVersion(IntEnum):
    """The line of releases that one belongs to; the numbers are those of the public API."""

    PYTHON_1 = 1
    PYTHON_2 = 2
    PYTHON_3 = 3
    INSTALL_MANAGER = 100


VERSION_LABELS = {
    ReleaseVersion.PYTHON_3: "Python 3.x.x",
    ReleaseVersion.PYTHON_2: "Python 2.x.x",
    ReleaseVersion.PYTHON_1: "Python 1.x.x",
    ReleaseVersion.INSTALL_MANAGER: "Python install manager",
}


class OperatingSystem(Identified, Slugged, Authored, Timestamped, Versioned, Base):
    """An operating system, or "Source release"; clients of the API depend on the ids."""

    __tablename__ = "operating_systems"
    invalidates = ("{table}", "{table}/{id}", *SHOWN_ELSEWHERE)

    @property
    def public_path(self) -> str:
        return f"/downloads/{self.slug}/"


class Release(Identified, Slugged, Publishable, Authored, Timestamped, Versioned, Base):
    """A release of Python or of its install manager, such as "Python 3.14.2"."""

    __tablename__ = "releases"
    __table_args__ = (
        ExcludeConstraint(
            ("version", "="),
            name="only_one_latest_release_per_version",
            using="btree",
            where=text("is_latest AND is_published"),
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ix_releases_version_key", "version_key"),
    )
    invalidates = ("{table}", "{table}/{id}", "/ftp/python/{version_number}/", *SHOWN_ELSEWHERE)
    search_index = "releases"
    searched_columns = ("name", "slug")
    markup_fields = ("content",)
    publish_permission = Permission.DOWNLOADS_PUBLISH
    revised_children = ("files",)

    version: Mapped[int] = mapped_column(Integer, default=ReleaseVersion.PYTHON_3, index=True)
    is_latest: Mapped[bool] = mapped_column(Boolean, default=False)
    is_pre_release: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    is_shown_on_download_page: Mapped[bool] = mapped_column(Boolean, default=True, index=True)
    released_at: Mapped[datetime] = mapped_column(default=clock.now)
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="RESTRICT"), index=True)
    release_notes_url: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Text, default="")
    content_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    content_html: Mapped[str] = mapped_column(Text, default="", info={"audit": QUIET})

    version_number: Mapped[str | None] = mapped_column(String(30), Computed(NUMBER_IN_NAME, persisted=True))
    """The number without a pre-release's suffix: "3.15.0" of "Python 3.15.0a1"; none of an install manager."""

    series: Mapped[str | None] = mapped_column(String(10), Computed(SERIES_IN_NAME, persisted=True), index=True)
    """The release series, such as "3.15"."""

    version_key: Mapped[list[int] | None] = mapped_column(
        ARRAY(Integer), Computed(f"(string_to_array({NUMBER_IN_NAME}, '.'::text))::integer[]", persisted=True)
    )
    """The number as integers, so that 3.10 sorts after 3.9."""

    page: Mapped[Page | None] = relationship(lazy="raise")
    files: Mapped[list["ReleaseFile"]] = relationship(
        back_populates="release", lazy="raise", cascade="all, delete-orphan", order_by="ReleaseFile.id"
    )

    @property
    def public_path(self) -> str:
        return f"/downloads/release/{self.slug}/"


class ReleaseFile(Identified, Slugged, Authored, Timestamped, Versioned, Base):
    """A file of a release, kept on www.python.org, with its checksums and the files that vouch for it."""

    __tablename__ = "release_files"
    __table_args__ = (
        Index(
            "uq_release_files_download_button",
            "operating_system_id",
            "release_id",
            unique=True,
            postgresql_where=text("has_download_button"),
        ),
        CheckConstraint(
            " AND ".join(
                f"({column} = '' OR {column} LIKE 'https://www.python.org/%' OR {column} LIKE 'http://www.python.org/%')"
                for column in URL_COLUMNS
            ),
            name="only_python_dot_org_urls",
        ),
        CheckConstraint("size >= 0", name="size_is_not_negative"),
    )
    invalidates = ("{table}", "{table}/{id}", "releases/{release_id}", *SHOWN_ELSEWHERE)
    searched_columns = ("name", "url")

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    operating_system_id: Mapped[int] = mapped_column(
        ForeignKey("operating_systems.id", ondelete="RESTRICT"), index=True
    )
    description: Mapped[str] = mapped_column(Text, default="")
    is_source: Mapped[bool] = mapped_column(Boolean, default=False)
    url: Mapped[str] = mapped_column(String(200), unique=True)
    gpg_signature_url: Mapped[str] = mapped_column(String(200), default="")
    sigstore_signature_url: Mapped[str] = mapped_column(String(200), default="")
    sigstore_certificate_url: Mapped[str] = mapped_column(String(200), default="")
    sigstore_bundle_url: Mapped[str] = mapped_column(String(200), default="")
    sbom_spdx_url: Mapped[str] = mapped_column(String(200), default="")
    md5: Mapped[str] = mapped_column(String(200), default="")
    sha256: Mapped[str] = mapped_column(String(200), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    has_download_button: Mapped[bool] = mapped_column(Boolean, default=False)

    release: Mapped[Release] = relationship(back_populates="files", lazy="raise")
    operating_system: Mapped[OperatingSystem] = relationship(lazy="raise")

    @property
    def public_path(self) -> str:
        return self.url


word_index(Release)
word_index(ReleaseFile)
sort_indexes(Release, "name", "released_at", "updated_at")
sort_indexes(ReleaseFile, "name", "size", "updated_at")
