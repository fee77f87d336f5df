"""Every domain's tables, for Alembic and the mappers, and the row scopes without which no permission is whole."""

from cms.boxes.models import Box
from cms.core.audit import AuditEntry
from cms.core.database import Base
from cms.core.outbox import OutboxMessage, ScheduledTask
from cms.core.publishing import Revision
from cms.core.search_engines.postgresql import SearchDocument
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from cms.pages.models import Page, PageDocument, PageImage
from cms.redirects.models import Redirect
from cms.users.models import Role, RoleAssignment, User, UserSession
from cms.users.throttle import SignInAttempt

__all__ = [
    "AuditEntry",
    "Base",
    "Box",
    "OperatingSystem",
    "OutboxMessage",
    "Page",
    "PageDocument",
    "PageImage",
    "Redirect",
    "Release",
    "ReleaseFile",
    "Revision",
    "Role",
    "RoleAssignment",
    "ScheduledTask",
    "SearchDocument",
    "SignInAttempt",
    "User",
    "UserSession",
]
