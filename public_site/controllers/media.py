"""Files that editors uploaded, where the site itself serves them; those in a bucket have addresses of their own."""

import re
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from cms.core.errors import Invalid, NotFound
from cms.core.file_kinds import may_be_shown
from cms.core.resources import Resources
from cms.core.storage import OpenFile, Storage
from public_site.dependencies import CACHED, SLASHLESS

MEDIA = "/media/"
DAY = "public, max-age=86400"
HARMLESS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Whatever a file holds, it runs nothing with the site's rights."""

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class MediaController(Controller):
    opt = SLASHLESS

    @get(f"{MEDIA}{{file:path}}")
    async def show_file(
        self, request: Request[Any, Any, State], resources: NamedDependency[Resources], file: FromPath[str]
    ) -> Response[Any]:
        storage, name = resources.storage, file.lstrip("/")
        address = _address_of(storage, name)
        if not address.startswith(MEDIA):
            return Redirect(address, status_code=301)
        first, last = _wanted(request.headers.get("Range", ""), size=await storage.size(name))
        opened = await storage.open(name, first=first, last=last)
        if request.headers.get("If-None-Match") == opened.etag:
            return Response(b"", status_code=304, headers=_headers(opened))
        is_part = opened.last - opened.first + 1 < opened.size
        return Stream(
            opened.chunks,
            status_code=206 if is_part else 200,
            headers=_headers(opened),
            media_type=opened.content_type.partition(";")[0],  # To a text Litestar adds the charset itself.
        )

    @get("/m/{file:path}", opt=CACHED)
    async def redirect_old_address(self, resources: NamedDependency[Resources], file: FromPath[str]) -> Redirect:
        """Redirect an address of the old media folder to the file's new one; it cannot lead out of the store."""
        segments = [segment for segment in file.replace("\\", "/").split("/") if segment not in {"", ".", ".."}]
        return Redirect(_address_of(resources.storage, "/".join(segments)), status_code=301)


def _address_of(storage: Storage, name: str) -> str:
    """Return where readers find a file; raises NotFound for what cannot be the name of one."""
    try:
        return storage.url(name)
    except Invalid as error:
        raise NotFound(error.message) from None


def _wanted(header: str, *, size: int) -> tuple[int, int | None]:
    """Return the first and the last byte that a Range header asks for; the whole file where it asks for nonsense."""
    found = RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return 0, None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), None
    if int(first) >= size or (last and int(last) < int(first)):
        return 0, None
    return int(first), min(int(last), size - 1) if last else None


def _headers(opened: OpenFile) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": DAY,
        "Content-Length": str(opened.last - opened.first + 1),
        "Content-Security-Policy": HARMLESS,
        "ETag": opened.etag,
        "Last-Modified": format_datetime(opened.modified_at, usegmt=True),
    }
    if opened.last - opened.first + 1 < opened.size:
        headers["Content-Range"] = f"bytes {opened.first}-{opened.last}/{opened.size}"
    if not may_be_shown(opened.content_type):
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(PurePosixPath(opened.name).name)}"
    return headers
