"""Boxes in the back office."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.base import AdminView, Fieldset, Reached
from admin.columns import state_of
from admin.decisions import publishing_decisions
from admin.filters import SinceFilter, StateFilter
from admin.importable import Importable
from cms.boxes import placement, queries, services
from cms.boxes.models import Box
from cms.core.permissions import Permission


class BoxAdmin(AdminView, model=Box):
    identity = "boxes"
    name = "Box"
    name_plural = "Boxes"
    category = "Content"
    permission_area = "boxes"
    saving = staticmethod(services.save_box)
    removing = staticmethod(services.delete_box)
    list_help = "Short texts that templates, and other sites, show by their label."
    list_template = "box_list.html"
    form_template = "box_form.html"

    column_list = (Box.label, Box.is_published, "places", Box.updated_at)
    column_sortable_list = (Box.label, Box.updated_at)
    column_default_sort = (Box.label, False)
    column_labels = {
        Box.is_published: "State",
        "places": "Stands on",
        Box.updated_at: "Last saved",
        Box.content_kind: "Written in",
    }
    column_formatters = {Box.is_published: state_of}
    list_filters = (
        StateFilter(Box.is_published),
        SinceFilter(Box.updated_at, "Last saved"),
    )
    date_hierarchy = "updated_at"

    importable = Importable(key="label", columns=("label", "content", "content_kind"))

    begun_by = ("label",)
    fieldsets = (Fieldset("", ("label", "content", "content_kind")),)
    form_args = {
        "label": {
            "description": "The name by which templates call the box; renaming it empties the places that show it.",
            "render_kw": {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"},
        },
        "content": {
            "description": "What readers see wherever the box stands.",
            "render_kw": {"class": "form-control font-monospace", "rows": 14},
        },
    }
    decisions = publishing_decisions(
        Box, edit=Permission.BOXES_EDIT, consequence="Every page that it stands on shows it at once."
    )
    save_as = True

    def public_url(self, row: Any) -> str:
        """Return a page that shows the box or, where none does, the box alone."""
        return str(row.places[0].path if row.places else row.public_path)

    async def beside_list(self, session: AsyncSession, request: Request) -> dict[str, Any]:
        """Return the boxes that templates call, but that nobody has made."""
        called = placement.labels_called()
        there = set((await session.scalars(queries.labels_among(called))).all())
        return {"missing": {label: places for label, places in called.items() if label not in there}}

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        """Return where the box stands, and what the site makes of its label by itself."""
        label = reached.row.label if reached is not None else ""
        return {"places": placement.places_of(label), "made_of": placement.MADE_BY_THE_SITE.get(label, "")}
