"""People, the roles they hold, and the sessions they are signed in with."""

from datetime import datetime
from enum import IntEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, reconstructor, relationship

from cms.core import clock
from cms.core.audit import QUIET, SECRET
from cms.core.database import (
    Base,
    Identified,
    Recorded,
    Timestamped,
    Versioned,
    sort_indexes,
    stored_by_value,
    word_index,
)
from cms.core.markup import MarkupKind
from cms.core.permissions import NO_GRANTS, Grants


class SearchVisibility(IntEnum):
    """Whether search engines may list a profile; the numbers are the old site's."""

    HIDDEN = 0
    PUBLIC = 1


class EmailPrivacy(IntEnum):
    """Who sees a person's address on their profile; the numbers are the old site's."""

    ANYONE = 0
    SIGNED_IN = 1
    NOBODY = 2


class User(Identified, Timestamped, Versioned, Base):
    """A person with an account: a member of the public, or of the staff."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_username_lower", text("lower(username)"), unique=True),
        Index("ix_users_email_lower", text("lower(email)")),
    )
    markup_fields = ("bio",)
    searched_columns = ("username", "first_name", "last_name", "email", "bio")

    username: Mapped[str] = mapped_column(String(150), unique=True)
    password: Mapped[str] = mapped_column(String(255), info={"audit": SECRET})
    first_name: Mapped[str] = mapped_column(String(150), default="")
    last_name: Mapped[str] = mapped_column(String(150), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    email_verified_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    is_staff: Mapped[bool] = mapped_column(Boolean, default=False)
    is_superuser: Mapped[bool] = mapped_column(Boolean, default=False)
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_login_at: Mapped[datetime | None] = mapped_column(info={"audit": QUIET})
    bio: Mapped[str] = mapped_column(Text, default="")
    bio_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    bio_html: Mapped[str] = mapped_column(Text, default="", info={"audit": QUIET})
    search_visibility: Mapped[int] = mapped_column(Integer, default=SearchVisibility.PUBLIC)
    email_privacy: Mapped[int] = mapped_column(Integer, default=EmailPrivacy.NOBODY)
    is_profile_public: Mapped[bool] = mapped_column(Boolean, default=True)

    assignments: Mapped[list["RoleAssignment"]] = relationship(
        back_populates="user", lazy="raise", passive_deletes=True, foreign_keys="RoleAssignment.user_id"
    )
    preferences: Mapped["UserPreferences | None"] = relationship(lazy="raise", viewonly=True)

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.grants: Grants = NO_GRANTS

    @reconstructor
    def _start_without_grants(self) -> None:
        self.grants = NO_GRANTS

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def __str__(self) -> str:
        return self.username


class Role(Identified, Timestamped, Versioned, Base):
    """A named set of permissions. Shipped roles are written by `cms seed`; superusers may add more."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    label: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    permissions: Mapped[list[str]] = mapped_column(default=list)

    assignments: Mapped[list["RoleAssignment"]] = relationship(
        back_populates="role", lazy="raise", passive_deletes="all"
    )

    def __str__(self) -> str:
        return self.label


class RoleAssignment(Identified, Timestamped, Base):
    """That a person holds a role: everywhere, or for the rows that a scope names."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        UniqueConstraint("user_id", "role_id", "scope_kind", postgresql_nulls_not_distinct=True),
        CheckConstraint("(scope_kind IS NULL) = (scope_values = '[]'::jsonb)", name="scope_kind_with_values"),
    )
    invalidates = ("users/{user_id}",)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"), index=True)
    scope_kind: Mapped[str | None] = mapped_column(String(30))
    scope_values: Mapped[list[str]] = mapped_column(default=list, server_default="[]")

    user: Mapped[User] = relationship(back_populates="assignments", lazy="raise", foreign_keys=user_id)
    role: Mapped[Role] = relationship(back_populates="assignments", lazy="raise")

    def __str__(self) -> str:
        return f"role {self.role_id} of user {self.user_id}"


class UserSession(Recorded, Base):
    """A browser that is signed in. The token itself is only in its cookie; here is its SHA-256."""

    __tablename__ = "user_sessions"
    audited = False
    invalidates = ()

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
    viewing_as_id: Mapped[int | None] = mapped_column(ForeignKey("roles.id", ondelete="SET NULL"), index=True)
    """The role as which a superuser looks at the back office at present."""

    user: Mapped[User] = relationship(lazy="raise")
    viewing_as: Mapped[Role | None] = relationship(lazy="raise")


class UserPreferences(Identified, Base):
    """What a person chose in the back office, and which of its hints they have seen. Nobody else is concerned."""

    __tablename__ = "user_preferences"
    audited = False
    invalidates = ()

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    seen_hints: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    has_shortcuts: Mapped[bool] = mapped_column(Boolean, default=True, server_default="true")
    """Whether single keys are shortcuts, which is in the way of those who speak to their computer."""

    gets_review_mails: Mapped[bool] = mapped_column(Boolean, default=True, server_default="true")
    """Whether reviews are told by mail; the page of reviews tells of them all the same."""

    def __str__(self) -> str:
        return f"preferences of user {self.user_id}"


word_index(User)
sort_indexes(User, "joined_at")
