"""Which redirects there are."""

from sqlalchemy import Select, select

from cms.redirects.models import Redirect


def from_path(path: str) -> Select[Redirect]:
    """The redirects of a path, written with or without a slash at its end; the exact one comes first."""
    return select(Redirect).where(Redirect.old_path.in_(spellings(path))).order_by((Redirect.old_path == path).desc())


def leading_to(path: str) -> Select[Redirect]:
    """The redirects whose target is this path of the site, written with or without a slash at its end."""
    return select(Redirect).where(Redirect.new_path.in_(spellings(path)))


def spellings(path: str) -> tuple[str, ...]:
    """Return a path without and with a slash at its end, which mean the same."""
    plain = path.rstrip("/")
    return (plain, f"{plain}/") if plain else ("/",)
