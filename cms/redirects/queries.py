"""Which redirects there are."""

from sqlalchemy import Select, or_, select

from cms.redirects.models import Redirect


def from_path(path: str) -> Select[Redirect]:
    """The redirects of a path, written with or without a slash at its end; the exact one comes first."""
    plain = path.rstrip("/") or "/"
    return (
        select(Redirect)
        .where(or_(Redirect.old_path == plain, Redirect.old_path == f"{plain.rstrip('/')}/"))
        .order_by((Redirect.old_path == path).desc())
    )
