"""What the back office shows of the media library: items as cards, where one is used, and who may open the library."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.columns import in_bytes
from admin.requests import office_of, user_of
from admin.urls import url_to
from cms.core.permissions import Permission, allows
from cms.media import uses
from cms.media.models import SVG_TYPE, MediaItem
from cms.media.variants import Variant, address_of, thumbnail_of, widths_of
from cms.users.models import User

FORMATS = {
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    SVG_TYPE: "SVG",
    "image/webp": "WebP",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A row that uses an item; `url` leads to its form."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Uses:
    """The rows of one table that use an item; `others` are those that are not listed."""

    label: str
    listed: list[Use]
    others: int


def library_of(request: Request) -> dict[str, str]:
    """Return the addresses by which scripts reach the library, as far as it is open to the person."""
    user = request.scope.get("state", {}).get("user")
    if user is None or not allows(user, Permission.MEDIA_VIEW):
        return {}
    choose = {"choose": url_to("media-choose")}
    return choose | {"upload": url_to("media-upload")} if allows(user, Permission.MEDIA_EDIT) else choose


def facts_of(item: MediaItem) -> str:
    """Describe the file in a line: its format, its measures, its size."""
    ending = item.path.rpartition(".")[2].upper()
    measures = [f"{item.width} \N{MULTIPLICATION SIGN} {item.height}"] if item.width else []
    return ", ".join([FORMATS.get(item.content_type, ending), *measures, in_bytes(item, "size")])


def card_of(item: MediaItem) -> dict[str, Any]:
    """Return what the scripts show and insert of an item."""
    return {
        "id": item.id,
        "kind": item.kind.value,
        "title": item.title,
        "name": item.name,
        "alternative_text": item.alternative_text,
        "is_decorative": item.is_decorative,
        "facts": facts_of(item),
        "thumbnail": thumbnail_of(item) if item.is_image else "",
        "address": item.public_path,
        "sizes": [_size(item, width) for width in widths_of(item)] + [_whole(item)] if item.is_image else [],
        "edit_url": url_to("edit", identity="media", pk=item.id),
    }


async def uses_of(session: AsyncSession, request: Request, item: MediaItem) -> list[Uses]:
    """Return where an item is used; what the person may not see is counted and not named."""
    return [_listed(request, user_of(request), used) for used in await uses.used_by(session, item)]


def _listed(request: Request, user: User, used: uses.UsedBy) -> Uses:
    view = office_of(request).view_of(used.model)
    if view is None or not view.is_open_to(user, "list"):
        return Uses(used.model.__tablename__.replace("_", " ").capitalize(), [], used.count)
    listed = [Use(str(row), url_to("edit", identity=view.identity, pk=row.id)) for row in used.rows]
    return Uses(view.name_plural, listed, used.count - len(listed))


def _size(item: MediaItem, width: int) -> dict[str, Any]:
    height = round((item.height or 0) * width / (item.width or 1))
    address = address_of(item, Variant(width, ending="webp")).partition("?")[0]
    return {"label": f"{width} pixels wide", "address": address, "width": width, "height": height}


def _whole(item: MediaItem) -> dict[str, Any]:
    return {"label": "As it is", "address": item.public_path, "width": item.width, "height": item.height}
