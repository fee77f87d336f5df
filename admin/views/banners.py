"""Banners in the back office."""

from typing import Any

from markupsafe import Markup

from admin.base import AdminView, Fieldset
from admin.columns import state_of
from admin.decisions import publishing_decisions
from admin.fields import LinesField
from admin.filters import ChoiceFilter, SinceFilter, StateFilter
from cms.banners import services
from cms.banners.models import EVERYWHERE, Banner, Tone
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission

TONES = (
    (Tone.INFORMATION, "Information (pale blue)"),
    (Tone.CAMPAIGN, "Campaign (yellow)"),
    (Tone.WARNING, "Warning (red)"),
)


def _where(banner: Any, _name: str) -> Markup:
    places = ["Everywhere"] if EVERYWHERE in banner.paths else banner.paths
    return Markup(", ").join(Markup('<span class="text-nowrap">{}</span>').format(place) for place in places)


class BannerAdmin(AdminView, model=Banner):
    identity = "banners"
    name = "Banner"
    name_plural = "Banners"
    category = "Content"
    permission_area = "banners"
    saving = staticmethod(services.save_banner)
    removing = staticmethod(services.delete_banner)
    list_help = "Announcements above the pages. Where several match a page, the one of the highest priority is shown."

    column_list = (Banner.title, Banner.is_published, Banner.paths, Banner.priority, Banner.updated_at)
    column_sortable_list = (Banner.title, Banner.updated_at)
    column_default_sort = (Banner.updated_at, True)
    column_labels = {
        Banner.title: "Button",
        Banner.is_published: "State",
        Banner.paths: "Where",
        Banner.updated_at: "Last saved",
        Banner.message_kind: "Written in",
        Banner.is_dismissible: "Visitors may close it",
    }
    column_formatters = {Banner.is_published: state_of, Banner.paths: _where}
    list_filters = (
        StateFilter(Banner.is_published),
        ChoiceFilter(Banner.tone, "Tone", labels=TONES),
        SinceFilter(Banner.updated_at, "Last saved"),
    )
    found_by = ("title",)

    form_overrides = {"paths": LinesField}
    fieldsets = (
        Fieldset("", ("title", "message", "message_kind", "link")),
        Fieldset("Where and how", ("paths", "priority", "tone", "is_dismissible")),
    )
    form_args = {
        "title": {"description": "What the button says, in a few words: “Answer the survey”."},
        "message": {
            "description": "A line or two beside the button; links and emphasis, nothing else.",
            "is_inline": True,
            "render_kw": {"class": "form-control font-monospace is-short", "rows": 3},
        },
        "message_kind": {
            "description": "How the message is marked up.",
            "labels": (
                (MarkupKind.MARKDOWN, "Markdown"),
                (MarkupKind.HTML, "HTML"),
                (MarkupKind.PLAIN, "Plain text"),
            ),
        },
        "link": {
            "description": "Where the button leads: a path such as “/psf/” or a whole address. Empty: no button, and "
            "its text stands in bold.",
            "render_kw": {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"},
        },
        "paths": {
            "description": "Addresses of the site, one a line; each means the page there and all below it. “/” is "
            "every page, “/psf/” those of the Foundation.",
            "render_kw": {
                "class": "form-control font-monospace",
                "rows": 3,
                "spellcheck": "false",
                "autocapitalize": "off",
            },
        },
        "priority": {
            "description": "Of several banners for a page, the one with the largest number is shown; of those alike, "
            "the one that was made last."
        },
        "tone": {"labels": TONES, "description": "A warning is for what hinders people, such as an outage."},
        "is_dismissible": {
            "description": "Who closes it does not see it again until it says something else. Their browser remembers "
            "that; no cookie is set."
        },
    }
    decisions = publishing_decisions(
        Banner, edit=Permission.BANNERS_EDIT, consequence="Everybody who opens a page it is meant for sees it at once."
    )
    save_as = True
