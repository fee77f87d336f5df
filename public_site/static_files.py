"""The style sheets, scripts and images of the site itself, as files for everybody."""

from typing import Any

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.file_system import BaseLocalFileSystem
from litestar.static_files import create_static_files_router
from litestar.types import PathType
from litestar.types.file_types import FileInfo

from public_site.dependencies import CACHED, SLASHLESS
from public_site.templating import STATIC

WEEK = 7 * 24 * 3600


def static_files() -> Router:
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        file_system=_Folder(),
        cache_control=CacheControlHeader(public=True, max_age=WEEK),
        opt=CACHED | SLASHLESS,
    )


class _Folder(BaseLocalFileSystem):
    """A folder in which a name that no file can have is that of a missing one, not a fault of ours."""

    async def info(self, path: PathType, **kwargs: Any) -> FileInfo:
        try:
            return await super().info(path, **kwargs)
        except (OSError, ValueError) as error:
            raise FileNotFoundError(str(path)) from error
