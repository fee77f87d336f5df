"""How the old APIs write: what clients sent goes onto a row, and the domain decides about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import integrity, publishing
from cms.core.errors import CMSError, Invalid
from cms.core.markup import MarkupKind
from cms.core.permissions import Actor
from cms.downloads import services as downloads
from cms.pages import services as pages
from cms.pages.models import Page
from public_site.api.legacy.fields import Field
from public_site.api.legacy.resources import BY_PATH, Resource

PUBLISHED = "is_published"
WHOLE = "non_field_errors"
"""What is wrong with the whole, and not with one field."""

TAKEN = frozenset(
    {downloads.URL_TAKEN, downloads.SLUG_TAKEN, downloads.FILE_SLUG_TAKEN, downloads.SYSTEM_TAKEN, pages.PATH_TAKEN}
)
FIRST_VALUES: Mapping[type[Any], Mapping[str, Any]] = {Page: {"content_kind": MarkupKind.RESTRUCTUREDTEXT}}
"""What the old site took for granted about new rows, and clients cannot say."""


class WrongInput(CMSError):
    """What a client sent to a resource breaks rules; `errors` maps the fields, as clients call them, to sentences."""

    status_code = 400

    def __init__(self, resource: Resource, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(sentence for found in errors.values() for sentence in found))
        self.resource = resource
        self.errors = {name: list(found) for name, found in errors.items()}


def new_row(resource: Resource) -> Any:
    """Return a row as it is before anybody says anything about it."""
    return resource.model(**FIRST_VALUES.get(resource.model, {}))


async def save(session: AsyncSession, resource: Resource, row: Any, values: Mapping[Field, Any], *, by: Actor) -> None:
    """Put the values onto the row, write it, and publish it or take it down as they say.

    Raises WrongInput, and whatever the domain raises against the person or the moment.
    """
    try:
        await _decide(session, resource, row, values, by=by)
        await integrity.settle(session)
    except IntegrityError as error:
        raise _as_clients_say(resource, integrity.explained(error)) from error
    except Invalid as refusal:
        raise _as_clients_say(resource, refusal) from refusal


async def _decide(
    session: AsyncSession, resource: Resource, row: Any, values: Mapping[Field, Any], *, by: Actor
) -> None:
    is_published = _wanted(resource, values)
    if is_published is False:
        await publishing.set_published(session, row, is_published=False, by=by)
    for field, value in values.items():
        if is_published is None or field.name != PUBLISHED:
            setattr(row, field.attribute, value)
    await resource.save(session, row, by=by)
    if is_published:
        await publishing.set_published(session, row, is_published=True, by=by)


async def linked_id(session: AsyncSession, field: Field, row_id: int | None, *, by: Actor | None) -> int | None:
    """Return the id of the row that a LINK leads to, None where there is none, or none that the person may see."""
    if row_id is None:
        return None
    target = BY_PATH[field.to]
    rows = select(target.model.id).where(target.model.id == row_id, target.is_visible_to(by))
    found: int | None = await session.scalar(rows)
    return found


def _wanted(resource: Resource, values: Mapping[Field, Any]) -> bool | None:
    if not resource.is_published_by_hand:
        return None
    return next((bool(value) for field, value in values.items() if field.name == PUBLISHED), None)


def _as_clients_say(resource: Resource, refusal: CMSError) -> CMSError:
    """Return the refusal with the fields' old names, and in the old words where clients may know these."""
    if not isinstance(refusal, Invalid):
        return refusal
    fields = {field.attribute: field for field in resource.fields}
    found: dict[str, list[str]] = {}
    for attribute, sentences in refusal.errors.items():
        field = fields.get(attribute)
        name = field.name if field else WHOLE
        found.setdefault(name, []).extend(_in_old_words(resource, field, sentence) for sentence in sentences)
    return WrongInput(resource, found or {WHOLE: [refusal.message]})


def _in_old_words(resource: Resource, field: Field | None, sentence: str) -> str:
    if field is None or sentence not in TAKEN:
        return sentence
    return f"{resource.label} with this {field.label or field.name} already exists."
