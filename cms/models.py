"""Every domain's tables, for Alembic and the mappers, and the row scopes without which no permission is whole."""

from cms.banners.models import Banner
from cms.boxes.models import Box
from cms.codesamples.models import CodeSample
from cms.core.audit import AuditEntry
from cms.core.bulk import BulkRow, BulkRun
from cms.core.database import Base
from cms.core.mail_log import SentMail
from cms.core.outbox import OutboxMessage, ScheduledTask
from cms.core.previews import PreviewLink
from cms.core.purge_log import PurgeRecord
from cms.core.reviews import Comment, Review
from cms.core.revisions import Revision
from cms.core.search_engines.postgresql import SearchDocument
from cms.core.search_rebuilds import SearchRebuild
from cms.core.storage_use import StorageFolder
from cms.core.uploaded_tables import UploadedTable
from cms.downloads.models import (
    OpenPGPKey,
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    SigningIdentity,
)
from cms.downloads.publications import ReleasePublication
from cms.downloads.turns import FileRun
from cms.downloads.uploads.models import ReleaseUpload
from cms.downloads.verification.models import Verdict
from cms.links.models import BrokenLink
from cms.media import uses as media_uses  # noqa: F401 - notes what every saved row uses.
from cms.media.models import MediaItem, MediaUse
from cms.menus.models import Menu, MenuItem
from cms.missed_paths.models import MissedPath
from cms.pages.models import Page, PageDocument, PageImage
from cms.redirects.models import Redirect
from cms.users.api_keys import ApiKey
from cms.users.idempotency import KeptAnswer
from cms.users.models import Role, RoleAssignment, User, UserSession
from cms.users.saved_views import SavedView
from cms.users.throttle import SignInAttempt

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Banner",
    "Base",
    "Box",
    "BrokenLink",
    "BulkRow",
    "BulkRun",
    "CodeSample",
    "Comment",
    "FileRun",
    "KeptAnswer",
    "MediaItem",
    "MediaUse",
    "Menu",
    "MenuItem",
    "MissedPath",
    "OpenPGPKey",
    "OperatingSystem",
    "OutboxMessage",
    "Page",
    "PageDocument",
    "PageImage",
    "PreviewLink",
    "PurgeRecord",
    "Redirect",
    "Release",
    "ReleaseFile",
    "ReleasePublication",
    "ReleaseSeries",
    "ReleaseUpload",
    "Review",
    "Revision",
    "Role",
    "RoleAssignment",
    "SavedView",
    "ScheduledTask",
    "SearchDocument",
    "SearchRebuild",
    "SentMail",
    "SignInAttempt",
    "SigningIdentity",
    "StorageFolder",
    "UploadedTable",
    "User",
    "UserSession",
    "Verdict",
]
