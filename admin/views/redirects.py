"""Redirects in the back office."""

from admin.base import AdminView, Fieldset
from admin.filters import BeginsWithFilter, SinceFilter
from admin.importable import Importable
from cms.redirects import services
from cms.redirects.models import Redirect


class RedirectAdmin(AdminView, model=Redirect):
    identity = "redirects"
    name = "Redirect"
    name_plural = "Redirects"
    category = "Content"
    permission_area = "redirects"
    found_detail = "new_path"
    saving = staticmethod(services.save_redirect)
    removing = staticmethod(services.delete_redirect)
    list_help = "Paths of the past. A redirect comes before a page that lies at the same path."

    column_list = (Redirect.old_path, Redirect.new_path, Redirect.updated_at)
    column_sortable_list = (Redirect.old_path, Redirect.updated_at)
    column_default_sort = (Redirect.old_path, False)
    column_labels = {Redirect.updated_at: "Last saved", Redirect.old_path: "From", Redirect.new_path: "To"}
    list_filters = (
        BeginsWithFilter(Redirect.old_path, "From begins with", placeholder="/download"),
        SinceFilter(Redirect.updated_at, "Last saved"),
    )
    date_hierarchy = "updated_at"

    importable = Importable(key="old_path", columns=("old_path", "new_path"))

    fieldsets = (Fieldset("", ("old_path", "new_path")),)
    form_args = {
        "old_path": {"description": "The path that no longer holds anything, such as “/old/page/”."},
        "new_path": {
            "description": "A path of this site or a whole address. Empty: what was here is gone for good (410).",
        },
    }
