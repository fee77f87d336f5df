"""The files of releases at /ftp/python/, as far as they were uploaded here; a CDN may have them from the bucket."""

from typing import Any

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from cms.core.errors import Invalid, NotFound
from cms.core.resources import Resources
from cms.downloads.uploads import names
from public_site.byte_ranges import wanted_range
from public_site.dependencies import SLASHLESS

HOUR = "public, max-age=3600"
CDN_UNTIL_PURGED = "max-age=31536000"
HARMLESS = "default-src 'none'; sandbox"


class ReleaseFilesController(Controller):
    opt = SLASHLESS

    @get(f"/{names.ROOT}/{{folder:str}}/{{name:str}}")
    async def send_file(
        self,
        request: Request[Any, Any, State],
        resources: NamedDependency[Resources],
        folder: FromPath[str],
        name: FromPath[str],
    ) -> Stream:
        """Send a file to be kept: none is shown, whatever is in it, and so none runs with the rights of the site."""
        file = _stored(folder, name)
        size = await resources.storage.size(file)
        first, last = wanted_range(request.headers.get("Range", ""), size=size)
        end = size - 1 if last is None else last
        is_part = (first, end) != (0, size - 1)
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": HOUR,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(end - first + 1),
            "Content-Security-Policy": HARMLESS,
            "Surrogate-Control": CDN_UNTIL_PURGED,
            "Surrogate-Key": f"/{file}",
        }
        if is_part:
            headers["Content-Range"] = f"bytes {first}-{end}/{size}"
        return Stream(
            resources.storage.read(file, first=first, last=end),
            status_code=206 if is_part else 200,
            headers=headers,
            media_type=names.content_type_of(name).partition(";")[0],
        )


def _stored(folder: str, name: str) -> str:
    """Return where the storage has a file; raises NotFound for what can be none."""
    try:
        names.check_name(name)
    except Invalid as error:
        raise NotFound("There is no such file.") from error
    if not names.FOLDER.fullmatch(folder):
        raise NotFound("There is no such file.")
    return names.stored_name(folder, name)
