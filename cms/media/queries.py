"""Which media there are, which are named anywhere, and which lack something."""

from sqlalchemy import ColumnElement, Select, exists, select

from cms.media.models import MediaItem, MediaKind, MediaUse


def at_path(path: str) -> Select[MediaItem]:
    """The item under an address below /media/."""
    return select(MediaItem).where(MediaItem.path == path)


def with_content(sha256: str) -> Select[MediaItem]:
    """The items that hold the very same file, oldest first."""
    return select(MediaItem).where(MediaItem.sha256 == sha256).order_by(MediaItem.id)


def newest() -> Select[MediaItem]:
    """All items, newest first."""
    return select(MediaItem).order_by(MediaItem.id.desc())


def is_used() -> ColumnElement[bool]:
    """Return the condition that a page, or anything else that is saved, names the item."""
    return exists().where(MediaUse.path == MediaItem.path)


def lacks_alternative_text() -> ColumnElement[bool]:
    """Return the condition that an image says nothing to those who do not see it, and is no decoration."""
    is_silent = (MediaItem.alternative_text == "") & MediaItem.is_decorative.is_(False)
    return (MediaItem.kind == MediaKind.IMAGE) & is_silent
