"""Decisions about code samples: saving one, moving it to another place, deleting it."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.codesamples import queries
from cms.codesamples.models import CodeSample
from cms.core import deletion, publishing
from cms.core.errors import Invalid
from cms.core.markup import TRUSTED_KINDS
from cms.core.permissions import Actor, Permission, require

LONGEST_CODE = 5_000


@publishing.saver(CodeSample)
async def save_sample(session: AsyncSession, sample: CodeSample, *, by: Actor) -> None:
    """Write a new or changed code sample; a new one comes last.

    Raises PermissionDenied, or Invalid naming each field that breaks a rule.
    """
    sample.title, sample.code = sample.title.strip(), sample.code.strip("\n").rstrip()
    errors: dict[str, list[str]] = {}
    if not sample.code.strip():
        errors["code"] = ["There is no code."]
    elif len(sample.code) > LONGEST_CODE:
        errors["code"] = [f"A sample is read at a glance; at most {LONGEST_CODE:,} characters."]
    if errors:
        raise Invalid.in_fields(errors)
    if sample.copy_kind in TRUSTED_KINDS:
        await require(session, by, Permission.PAGES_TRUSTED_MARKUP)
    if sample.id is None:
        with session.no_autoflush:
            sample.position = (await session.scalar(select(func.max(CodeSample.position))) or 0) + 1
    session.add(sample)
    await publishing.require_to_write(session, sample, permission=Permission.CODESAMPLES_EDIT, by=by)


async def place_before(session: AsyncSession, sample: CodeSample, following: CodeSample | None, *, by: Actor) -> None:
    """Give the sample its place right before another one, or the last place; all others keep their order.

    Raises PermissionDenied.
    """
    await publishing.require_to_write(session, sample, permission=Permission.CODESAMPLES_EDIT, by=by)
    if following is sample:
        return
    samples = (await session.scalars(queries.in_order().with_for_update())).all()
    others = [other for other in samples if other is not sample]
    place = others.index(following) if following in others else len(others)
    for position, row in enumerate([*others[:place], sample, *others[place:]], start=1):
        row.position = position


async def delete_sample(session: AsyncSession, sample: CodeSample, *, by: Actor) -> None:
    """Delete a code sample. Raises PermissionDenied."""
    await deletion.delete(session, sample, permission=Permission.CODESAMPLES_DELETE, by=by)
