"""Decisions about boxes: saving one, deleting one."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from cms.boxes.models import Box
from cms.boxes.placement import MADE_BY_THE_SITE
from cms.core import deletion, publishing
from cms.core.errors import Invalid
from cms.core.integrity import explain_constraint
from cms.core.markup import TRUSTED_KINDS
from cms.core.permissions import Actor, Permission, require

LABEL = re.compile(r"[A-Za-z0-9_-]+")

explain_constraint("uq_boxes_label", field="label", sentence="There is a box with this label already.")


@publishing.saver(Box)
async def save_box(session: AsyncSession, box: Box, *, by: Actor) -> None:
    """Write a new or changed box.

    Raises PermissionDenied, or Invalid where the label is not one, is taken, or is one that the site fills by itself.
    """
    box.label = box.label.strip()
    if not LABEL.fullmatch(box.label):
        sentence = "Write the label with letters, digits, hyphens and underscores only."
        raise Invalid.in_fields({"label": [sentence]})
    if made_of := MADE_BY_THE_SITE.get(box.label):
        sentence = f"The site makes “{box.label}” of {made_of} by itself; what is written here would be shown nowhere."
        raise Invalid.in_fields({"label": [sentence]})
    if box.content_kind in TRUSTED_KINDS:
        await require(session, by, Permission.PAGES_TRUSTED_MARKUP)
    session.add(box)
    await publishing.require_to_write(session, box, permission=Permission.BOXES_EDIT, by=by)


async def delete_box(session: AsyncSession, box: Box, *, by: Actor) -> None:
    """Delete a box; templates that name it show nothing in its place. Raises PermissionDenied."""
    await deletion.delete(session, box, permission=Permission.BOXES_DELETE, by=by)
