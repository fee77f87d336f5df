"""Redirects, and the paths that still need one, in the back office."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin import formats
from admin.base import AdminView, Fieldset, Reached
from admin.decisions import Decision
from admin.filters import BeginsWithFilter, OverFilter, SinceFilter, YesNoFilter
from admin.importable import Importable
from cms.core.permissions import Permission
from cms.missed_paths import services as missed_paths
from cms.missed_paths.models import MissedPath
from cms.redirects import chains, services
from cms.redirects.models import Redirect

MONOSPACE = {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"}


def steps_of(row: Redirect, _name: str) -> Any:
    """Show whether a redirect leads straight to its end."""
    if row.steps < 2:
        return Markup('<span class="mark-no">straight</span>')
    return Markup('<span class="badge mark-scheduled">{} steps</span>').format(row.steps)


def uses_of(row: Redirect, _name: str) -> Any:
    """Show how often a redirect was followed."""
    return formats.number(row.uses) if row.uses else formats.NOTHING


def last_missed(row: MissedPath, name: str) -> Any:
    """Show how long ago it was."""
    return formats.moment(getattr(row, name), relative=True)


class RedirectAdmin(AdminView, model=Redirect):
    identity = "redirects"
    name = "Redirect"
    name_plural = "Redirects"
    category = "Content"
    permission_area = "redirects"
    found_detail = "new_path"
    saving = staticmethod(services.save_redirect)
    removing = staticmethod(services.delete_redirect)
    form_template = "redirect_form.html"
    list_help = (
        "Paths of the past. A redirect comes before a page that lies at the same path. "
        "Pages and releases that move leave one behind by themselves."
    )

    column_list = (Redirect.old_path, Redirect.new_path, Redirect.steps, Redirect.uses, Redirect.updated_at)
    column_sortable_list = (Redirect.old_path, Redirect.uses, Redirect.updated_at)
    column_default_sort = (Redirect.old_path, False)
    column_labels = {
        Redirect.updated_at: "Last saved",
        Redirect.old_path: "From",
        Redirect.new_path: "To",
        Redirect.steps: "Way",
        Redirect.uses: "Followed",
        Redirect.last_used_at: "Last followed",
    }
    column_choices = (Redirect.last_used_at, "created_by_id", "updated_by_id")
    column_formatters = {Redirect.steps: steps_of, Redirect.uses: uses_of}
    list_filters = (
        BeginsWithFilter(Redirect.old_path, "From begins with", placeholder="/download"),
        BeginsWithFilter(Redirect.new_path, "To begins with", placeholder="/downloads"),
        OverFilter(Redirect.steps, "Way", over=1, yes="By way of others", no="Straight"),
        OverFilter(Redirect.uses, "Followed", over=0, yes="Followed", no="Never"),
        SinceFilter(Redirect.last_used_at, "Last followed"),
        SinceFilter(Redirect.updated_at, "Last saved"),
    )

    date_hierarchy = "updated_at"

    importable = Importable(key="old_path", columns=("old_path", "new_path"))

    begun_by = ("old_path", "new_path")
    fieldsets = (Fieldset("", ("old_path", "new_path")),)
    form_args = {
        "old_path": {
            "description": "The path that no longer holds anything, such as “/old/page/”.",
            "render_kw": MONOSPACE,
        },
        "new_path": {
            "description": "A path of this site or a whole address. Empty: what was here is gone for good (410).",
            "render_kw": MONOSPACE,
        },
    }
    decisions = (
        Decision(
            name="straighten",
            label="Lead straight to the end",
            permission=Permission.REDIRECTS_EDIT,
            perform=services.lead_straight,
            hindrance=lambda row: "" if row.steps > 1 else "It leads straight to its end already.",
            ready=lambda model: model.steps > 1,
            consequence="Visitors are sent to the end at once, and not by way of other redirects.",
            outcome="“{row}” leads straight to its end.",
        ),
    )

    def saved_sentence(self, row: Any, *, is_new: bool) -> str:
        """Say also where a redirect leads by way of others, which visitors wait for."""
        told = super().saved_sentence(row, is_new=is_new)
        detour = " It leads to its end by way of other redirects; open it to lead straight there."
        return told + (detour if row.steps > 1 else "")

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        """Return the way that visitors are led."""
        return {"way": await chains.way_of(session, reached.row) if reached is not None else []}


class MissedPathAdmin(AdminView, model=MissedPath):
    identity = "missed-paths"
    name = "Missed path"
    name_plural = "Missed paths"
    category = "Content"
    permission_area = "redirects"
    list_template = "missed_path_list.html"
    details_template = "missed_path_details.html"
    list_help = (
        "What visitors asked for and nothing answers, written down once an hour. A path that a redirect or a page "
        "answers disappears by itself. Repeated requests that the CDN answers are not counted."
    )
    can_create = False
    can_edit = False
    can_delete = False

    column_list = (MissedPath.path, MissedPath.count, MissedPath.last_missed_at, MissedPath.last_referrer)
    column_sortable_list = (MissedPath.path, MissedPath.count, MissedPath.last_missed_at)
    column_default_sort = (MissedPath.count, True)
    column_labels = {
        MissedPath.path: "Path",
        MissedPath.count: "Times",
        MissedPath.first_missed_at: "First missed",
        MissedPath.last_missed_at: "Last missed",
        MissedPath.last_referrer: "Visitors came from",
        MissedPath.is_ignored: "Ignored",
    }
    column_choices = (MissedPath.first_missed_at, MissedPath.is_ignored)
    column_formatters = {MissedPath.last_missed_at: last_missed, MissedPath.first_missed_at: last_missed}
    list_filters = (
        BeginsWithFilter(MissedPath.path, "Path begins with", placeholder="/download"),
        BeginsWithFilter(MissedPath.last_referrer, "Came from", placeholder="/about/"),
        OverFilter(MissedPath.count, "Times", over=9, yes="Ten or more", no="Fewer than ten"),
        YesNoFilter(MissedPath.is_ignored, "Ignored"),
        SinceFilter(MissedPath.last_missed_at, "Last missed"),
    )
    fieldsets = (Fieldset("", ("path", "count", "first_missed_at", "last_missed_at", "last_referrer", "is_ignored")),)
    decisions = (
        Decision(
            name="ignore",
            label="Ignore",
            permission=Permission.REDIRECTS_EDIT,
            perform=missed_paths.ignore,
            hindrance=lambda row: "It is ignored already." if row.is_ignored else "",
            ready=lambda model: model.is_ignored.is_(False),
            consequence="It is counted no more and moves to the end of the list.",
            outcome="“{row}” is ignored from now on.",
        ),
        Decision(
            name="heed",
            label="Count again",
            permission=Permission.REDIRECTS_EDIT,
            perform=missed_paths.heed,
            hindrance=lambda row: "" if row.is_ignored else "It is counted already.",
            ready=lambda model: model.is_ignored.is_(True),
            consequence="It is counted again from now on, beginning with nothing.",
            outcome="“{row}” is counted again.",
        ),
    )

    def list_extra_columns(self) -> Sequence[str]:
        """Return also what says whether a redirect is still wanted."""
        return (*super().list_extra_columns(), "is_ignored")
