"""The code samples of the home page in the back office."""

from admin.base import AdminView, Fieldset
from admin.columns import state_of
from admin.decisions import publishing_decisions
from admin.filters import SinceFilter, StateFilter
from admin.ordering import Ordering
from cms.codesamples import queries, services
from cms.codesamples.models import CodeSample
from cms.core.permissions import Permission


class CodeSampleAdmin(AdminView, model=CodeSample):
    identity = "code-samples"
    name = "Code sample"
    name_plural = "Code samples"
    category = "Content"
    permission_area = "codesamples"
    saving = staticmethod(services.save_sample)
    removing = staticmethod(services.delete_sample)
    list_help = f"Short programs on the home page, which shows the first {queries.SHOWN} that are live, in this order."
    ordering = Ordering(column="position", rows=queries.in_order, place=services.place_before)

    column_list = (CodeSample.title, CodeSample.is_published, CodeSample.updated_at)
    column_sortable_list = (CodeSample.position, CodeSample.title, CodeSample.updated_at)
    column_default_sort = (CodeSample.position, False)
    column_labels = {
        CodeSample.is_published: "State",
        CodeSample.updated_at: "Last saved",
        CodeSample.copy: "Explanation",
        CodeSample.copy_kind: "Written in",
    }
    column_formatters = {CodeSample.title: lambda sample, _name: str(sample), CodeSample.is_published: state_of}
    list_filters = (
        StateFilter(CodeSample.is_published),
        SinceFilter(CodeSample.updated_at, "Last saved"),
    )
    found_by = ("title",)

    fieldsets = (Fieldset("", ("title", "code", "copy", "copy_kind")),)
    form_args = {
        "title": {"description": "What the code shows, in a few words. Empty: the code speaks for itself."},
        "code": {
            "description": "As it would stand in a file, or as a conversation with the interpreter: lines that begin "
            "with “>>>” or “...”, and its answers. Colours come by themselves.",
            "render_kw": {
                "class": "form-control font-monospace",
                "rows": 12,
                "spellcheck": "false",
                "autocapitalize": "off",
                "wrap": "off",
            },
        },
        "copy": {
            "description": "A sentence or two below the code.",
            "render_kw": {"class": "form-control font-monospace is-short", "rows": 6},
        },
    }
    decisions = publishing_decisions(
        CodeSample,
        edit=Permission.CODESAMPLES_EDIT,
        consequence=f"The home page shows it, if it is one of the first {queries.SHOWN}.",
    )
    save_as = True
