"""Files that editors uploaded: those of the library at addresses that stay, older ones where they always were."""

from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.cache import one_or_404
from cms.core.errors import Invalid, NotFound
from cms.core.file_kinds import may_be_shown
from cms.core.resources import Resources
from cms.core.storage import OpenFile, Storage, normalised
from cms.media import queries
from cms.media.models import ADDRESS as MEDIA
from cms.media.models import MediaItem
from cms.media.services import NOT_ADDRESSES
from cms.media.variants import FOLDER as VARIANTS
from cms.media.variants import Variant, fingerprint, open_variant
from public_site.byte_ranges import wanted_range
from public_site.dependencies import CACHED, SLASHLESS

BUCKET_DAY = "public, max-age=86400"
HOUR = "public, max-age=3600"
"""For browsers, which nobody can tell that a file was replaced."""

FOR_EVER = "public, max-age=31536000, immutable"
"""For an address that names the content, so that another content has another address."""

NO_NAMES = frozenset({"", ".", ".."})
CDN_UNTIL_PURGED = "max-age=31536000"
HARMLESS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
"""Whatever a file holds, it runs nothing with the site's rights."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is sent of a file, and how: `cache` is for browsers, `name` for those who save it."""

    opened: OpenFile
    etag: str
    name: str
    is_inline: bool
    cache: dict[str, str]

    @property
    def length(self) -> int:
        return self.opened.last - self.opened.first + 1

    @property
    def is_part(self) -> bool:
        return self.length < self.opened.size


class MediaController(Controller):
    opt = SLASHLESS

    @get(f"{MEDIA}{{file:path}}")
    async def show_file(
        self,
        request: Request[Any, Any, State],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        file: FromPath[str],
    ) -> Response[Any]:
        storage, path = resources.storage, _storable(file.lstrip("/"))
        if path.startswith(f"{VARIANTS}/"):
            return _answer(request, await _variant(request, session, storage, path))
        try:
            item = await one_or_404(session, queries.at_path(path))
        except NotFound:
            return await _file_outside_library(request, storage, path)
        return _answer(request, await _original(request, storage, item))

    @get("/m/{file:path}", opt=CACHED)
    async def redirect_old_address(self, file: FromPath[str]) -> Redirect:
        """Redirect an address of the old media folder to the file's new one; it cannot lead out of the store."""
        segments = [segment for segment in file.replace("\\", "/").split("/") if unquote(segment) not in NO_NAMES]
        return Redirect(MEDIA + quote(_storable("/".join(segments))), status_code=301)


async def _variant(request: Request[Any, Any, State], session: AsyncSession, storage: Storage, path: str) -> Shown:
    """Return a smaller copy of an image; an image that has none is shown as it is."""
    _, name, item_path = [*path.split("/", 2), "", ""][:3]
    variant = Variant.named(name)
    item = await one_or_404(session, queries.at_path(item_path))
    if not item.has_variants:
        return await _original(request, storage, item)
    await session.close()  # Making a copy may take seconds, in which others need the connection.
    opened = await open_variant(storage, item, variant)
    mark = fingerprint(item, variant)
    name = PurePosixPath(item.name).stem + PurePosixPath(opened.name).suffix
    return Shown(opened, mark, name, is_inline=True, cache=_cache(request, mark))


async def _original(request: Request[Any, Any, State], storage: Storage, item: MediaItem) -> Shown:
    first, last = wanted_range(request.headers.get("Range", ""), size=item.size)
    opened = await storage.open(item.file, first=first, last=last)
    mark = fingerprint(item)
    is_inline = item.is_image or may_be_shown(opened.content_type)
    return Shown(opened, mark, item.name, is_inline=is_inline, cache=_cache(request, mark))


async def _file_outside_library(request: Request[Any, Any, State], storage: Storage, path: str) -> Response[Any]:
    """Show a file that came before the library, or lead to the bucket that holds it."""
    if path.partition("/")[0] in NOT_ADDRESSES:
        raise NotFound("There is no such file.")
    if not storage.url(path).startswith(MEDIA):
        return Redirect(storage.url(path), status_code=302)
    first, last = wanted_range(request.headers.get("Range", ""), size=await storage.size(path))
    opened = await storage.open(path, first=first, last=last)
    is_inline = may_be_shown(opened.content_type)
    name = PurePosixPath(path).name
    return _answer(request, Shown(opened, opened.etag, name, is_inline, cache={"Cache-Control": BUCKET_DAY}))


def _answer(request: Request[Any, Any, State], shown: Shown) -> Response[Any]:
    headers = _headers(shown)
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Stream(
        shown.opened.chunks,
        status_code=206 if shown.is_part else 200,
        headers=headers,
        media_type=shown.opened.content_type.partition(";")[0],  # To a text Litestar adds the charset itself.
    )


def _storable(path: str) -> str:
    """Return the one spelling of a path; raises NotFound for what cannot be the name of a file."""
    try:
        return normalised(path)
    except Invalid as error:
        raise NotFound(error.message) from None


def _cache(request: Request[Any, Any, State], mark: str) -> dict[str, str]:
    named = request.query_params.get("v") == mark
    return {"Cache-Control": FOR_EVER if named else HOUR, "Surrogate-Control": CDN_UNTIL_PURGED}


def _headers(shown: Shown) -> dict[str, str]:
    opened = shown.opened
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(shown.length),
        "Content-Security-Policy": HARMLESS,
        "ETag": f'"{shown.etag}"',
        "Last-Modified": format_datetime(opened.modified_at, usegmt=True),
        **shown.cache,
    }
    if shown.is_part:
        headers["Content-Range"] = f"bytes {opened.first}-{opened.last}/{opened.size}"
    if not shown.is_inline:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(shown.name)}"
    return headers
