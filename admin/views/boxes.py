"""Boxes in the back office."""

from admin.base import AdminView, Fieldset
from admin.filters import SinceFilter
from cms.boxes import services
from cms.boxes.models import Box


class BoxAdmin(AdminView, model=Box):
    identity = "boxes"
    name = "Box"
    name_plural = "Boxes"
    category = "Content"
    permission_area = "boxes"
    saving = staticmethod(services.save_box)
    removing = staticmethod(services.delete_box)
    list_help = "Short texts that templates, and other sites, show by their label."

    column_list = (Box.label, Box.content_kind, Box.updated_at)
    column_sortable_list = (Box.label, Box.updated_at)
    column_default_sort = (Box.label, False)
    column_labels = {Box.updated_at: "Last saved", Box.content_kind: "Written in"}
    list_filters = (SinceFilter(Box.updated_at, "Last saved"),)
    date_hierarchy = "updated_at"

    fieldsets = (Fieldset("", ("label", "content", "content_kind")),)
    form_args = {
        "label": {
            "description": "The name by which templates call the box; renaming it empties the places that show it.",
            "render_kw": {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"},
        },
        "content": {"render_kw": {"class": "form-control font-monospace", "rows": 14}},
    }
    save_as = True
