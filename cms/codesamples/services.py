"""Decisions about code samples: saving one, moving it to another place, deleting it."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.codesamples.models import CodeSample
from cms.core import audit, deletion, publishing
from cms.core.errors import Invalid
from cms.core.markup import TRUSTED_KINDS
from cms.core.permissions import Actor, Permission, require

LONGEST_CODE = 5_000
STEP = 1024
"""The distance between neighbours, so that a sample can be put between two others without writing these."""


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
            sample.position = (await session.scalar(select(func.max(CodeSample.position))) or 0) + STEP
    session.add(sample)
    await publishing.require_to_write(session, sample, permission=Permission.CODESAMPLES_EDIT, by=by)


async def place_before(session: AsyncSession, sample: CodeSample, following: CodeSample | None, *, by: Actor) -> None:
    """Give the sample its place right before another one, or the last place; all others keep their order.

    Raises PermissionDenied.
    """
    await publishing.require_to_write(session, sample, permission=Permission.CODESAMPLES_EDIT, by=by)
    if following is sample:
        return
    others = [other for other in await _all_locked(session) if other is not sample]
    place = others.index(following) if following in others else len(others)
    _put(sample, others, place)
    audit.note(session, sample, action="move", remark=f"To place {place + 1} of {len(others) + 1}.")


async def _all_locked(session: AsyncSession) -> list[CodeSample]:
    """Return all samples in their order, locked in that of their keys, so that two people never wait crosswise."""
    locked = select(CodeSample).order_by(CodeSample.id).with_for_update()
    samples = await session.scalars(locked.execution_options(populate_existing=True))
    return sorted(samples, key=lambda sample: (sample.position, sample.id))


def _put(sample: CodeSample, others: list[CodeSample], place: int) -> None:
    """Write the sample alone, if there is room between its neighbours; otherwise make room for all."""
    after = others[place].position if place < len(others) else None
    before = others[place - 1].position if place > 0 else None
    lower = before if before is not None else (after or 0) - 2 * STEP
    upper = after if after is not None else lower + 2 * STEP
    if upper - lower > 1:
        sample.position = (lower + upper) // 2
        return
    for number, row in enumerate([*others[:place], sample, *others[place:]], start=1):
        row.position = number * STEP


async def delete_sample(session: AsyncSession, sample: CodeSample, *, by: Actor) -> None:
    """Delete a code sample. Raises PermissionDenied."""
    await deletion.delete(session, sample, permission=Permission.CODESAMPLES_DELETE, by=by)
