"""Python releases and their series, their files, the systems that the files are for, and who vouches for them."""

from datetime import datetime
from enum import IntEnum, StrEnum

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
    UniqueConstraint,
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

LENGTH_OF_KEY_ID = 16

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


class SeriesStatus(StrEnum):
    """How far a series is in its life; the values are those of the release cycle that is published with the PEPs."""

    PLANNED = "planned"
    FEATURE = "feature"
    PRE_RELEASE = "prerelease"
    BUGFIX = "bugfix"
    SECURITY = "security"
    END_OF_LIFE = "end-of-life"


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

    @property
    def line(self) -> ReleaseVersion:
        """The line of releases that it belongs to."""
        return ReleaseVersion(self.version)


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


class ReleaseSeries(Identified, Timestamped, Base):
    """A series such as "3.14" and how long it is looked after; nobody writes it here, a task imports it."""

    __tablename__ = "release_series"
    searched_columns = ("series", "release_manager")

    series: Mapped[str] = mapped_column(String(10), unique=True)
    status: Mapped[SeriesStatus] = mapped_column(stored_by_value(SeriesStatus))
    first_release: Mapped[str] = mapped_column(String(10), default="")
    """A day, or only a month such as "2030-10", as the source says it; planned where it has not come yet."""

    end_of_life: Mapped[str] = mapped_column(String(10), default="")
    """A day or a month, likewise."""

    pep: Mapped[int | None] = mapped_column(Integer)
    """The number of the PEP that is the series' schedule."""

    release_manager: Mapped[str] = mapped_column(String(200), default="")
    branch: Mapped[str] = mapped_column(String(50), default="")

    def __str__(self) -> str:
        return f"Python {self.series}"


class SigningIdentity(Identified, Authored, Timestamped, Versioned, Base):
    """Whose signature by Sigstore counts for the files of a series: an address, and who vouches that it is theirs."""

    __tablename__ = "signing_identities"
    __table_args__ = (UniqueConstraint("series", "email", "issuer"),)
    searched_columns = ("series", "email")

    series: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(200))
    """The release manager's, as it stands in the certificates."""

    issuer: Mapped[str] = mapped_column(String(200))
    """The address of the OpenID Connect issuer, such as "https://github.com/login/oauth"."""

    pep: Mapped[int | None] = mapped_column(Integer)

    def __str__(self) -> str:
        return f"{self.series}: {self.email}"


class OpenPGPKey(Identified, Authored, Timestamped, Versioned, Base):
    """A key with which release files are signed, or were."""

    __tablename__ = "openpgp_keys"
    searched_columns = ("owner", "fingerprint", "signs")

    owner: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """Hexadecimal digits in capitals, without spaces; 16 of them are only a key ID, and no proof of anything."""

    signs: Mapped[str] = mapped_column(String(200), default="")
    """For people, such as "source files of 3.10 and 3.11"."""

    is_retired: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether it signed only series that are out of support."""

    public_key: Mapped[str] = mapped_column(Text, default="")
    """The key itself, ASCII-armoured; empty where nobody has given it yet."""

    notes: Mapped[str] = mapped_column(Text, default="")

    def __str__(self) -> str:
        return f"{self.owner}: {self.fingerprint}"

    @property
    def is_whole(self) -> bool:
        """Whether this is a fingerprint, by which a key can be trusted, and not merely its last digits."""
        return len(self.fingerprint) > LENGTH_OF_KEY_ID

    @property
    def fingerprint_in_groups(self) -> str:
        """The fingerprint as people compare it, four digits at a time."""
        return " ".join(self.fingerprint[start : start + 4] for start in range(0, len(self.fingerprint), 4))


word_index(Release)
word_index(ReleaseFile)
sort_indexes(Release, "name", "released_at", "updated_at")
sort_indexes(ReleaseFile, "name", "size", "updated_at")
word_index(ReleaseSeries)
word_index(SigningIdentity)
word_index(OpenPGPKey)
