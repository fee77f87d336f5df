"""Which rows are meant: those that were ticked in a list, as they were seen, or all that the list matches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, QueryParams

from admin.asked import Asked, asked_of
from admin.base import AdminView, Reached, row_key
from admin.narrowing import narrowed
from cms.core.errors import Invalid, NotFound
from cms.users.models import User

MOST_AT_ONCE = 200
"""Rows that are dealt with while the person waits; more are dealt with in the background."""

CHANGED_SINCE = "Somebody has changed it since you looked; look at it again."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an address or a form says about the rows."""

    keys: list[int]
    versions: dict[str, str]
    """Key → the version of the row that the person was shown."""

    is_all: bool
    query: str
    """The query of the list, without its pages; with `is_all`, every row that it matches is meant."""

    def is_stale(self, row: Any) -> bool:
        """Return whether the row has been changed since the person was asked; who was not asked saw no version."""
        seen = self.versions.get(str(row.id))
        return seen is not None and seen != version_of(row)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chosen row, and why nothing is done to it; "" if something is."""

    row: Any
    hindrance: str

    @property
    def seen(self) -> str:
        """Return what a page of confirmation keeps of the row that it shows."""
        return seen_of(self.row)


def chosen_of(given: QueryParams | FormData) -> Chosen:
    """Read which rows are meant. Raises Invalid where none or too many are."""
    is_all = given.get("all") == "yes"
    pairs = (str(value).partition(":") for value in given.getlist("seen"))
    return Chosen(
        keys=[] if is_all else keys_of(given.getlist("pks")),
        versions={key: version for key, _, version in pairs},
        is_all=is_all,
        query=str(given.get("matching", "")),
    )


def keys_of(values: Sequence[Any]) -> list[int]:
    """Read keys from an address or a form, where they come one by one or joined with commas.

    Raises Invalid where none or too many were chosen.
    """
    keys = [row_key(part) for value in values for part in str(value).split(",") if part]
    if not keys:
        raise Invalid("Choose at least one row.")
    if len(keys) > MOST_AT_ONCE:
        raise Invalid(f"At most {MOST_AT_ONCE} rows can be chosen one by one; choose all that match instead.")
    return keys


def version_of(row: Any) -> str:
    """Return the version of a row that the page shows; "" where its table counts none."""
    return str(getattr(row, "lock_version", ""))


def seen_of(row: Any) -> str:
    """Return a row's key and its version."""
    return f"{row.id}:{version_of(row)}"


def asked_for(view: AdminView, user: User, chosen: Chosen) -> Asked:
    """Return what the list asked for whose rows are all meant."""
    return asked_of(view, dict(parse_qsl(chosen.query)), user)


def all_matching(view: AdminView, user: User, chosen: Chosen) -> Select[Any]:
    """Select every row that the list matches and the person may see."""
    return narrowed(view, view.reachable(user), asked_for(view, user, chosen))


async def few_keys(session: AsyncSession, view: AdminView, user: User, chosen: Chosen) -> list[int] | None:
    """Return the keys of the rows that are meant; None where they are too many to be dealt with at once."""
    if not chosen.is_all:
        return chosen.keys
    key: Any = view.mapper.columns["id"]
    ids = all_matching(view, user, chosen).with_only_columns(key, maintain_column_froms=True).limit(MOST_AT_ONCE + 1)
    keys = list(await session.scalars(ids))
    return keys if len(keys) <= MOST_AT_ONCE else None


async def reached_rows(
    session: AsyncSession, view: AdminView, user: User, keys: Sequence[int], *, lock: bool
) -> list[Reached]:
    """Return the chosen rows within reach, locked in the order of their keys so that two people never wait crosswise.

    Raises NotFound where none is left.
    """
    statement = view.reachable(user).where(view.model.id.in_(keys)).order_by(view.model.id)  # type: ignore[attr-defined]  # every table of ours has an id
    if lock:
        statement = statement.with_for_update(of=view.model)
    found = [view.reached(record) for record in (await session.execute(statement)).unique()]
    if not found:
        raise NotFound("None of the chosen rows is there any more.")
    return found
