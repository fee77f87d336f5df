"""Pages of the site in the API."""

from typing import Literal

from cms.core.permissions import Permission
from cms.pages import queries, services
from cms.pages.models import TEMPLATES, Page
from public_site.api.v2.fields import FILTER, LONG, ORDER, REQUIRED, WRITTEN, computed, stored
from public_site.api.v2.resources import Resource, Writing, publishing_decisions

MOMENT = "2025-12-05T12:00:00Z"

PAGES = Resource(
    path="pages",
    one="page",
    model=Page,
    key="id",
    seen_by=queries.visible_to,
    order=("path",),
    fields=(
        stored(Page.id, "Its number.", example=5),
        stored(Page.title, "Its heading.", REQUIRED | FILTER | ORDER, example="Getting started"),
        stored(
            Page.path,
            "Where it is, without slashes at its ends.",
            REQUIRED | FILTER | ORDER,
            example="about/gettingstarted",
        ),
        stored(Page.is_published, "Whether the public sees it.", FILTER, example=True),
        stored(Page.keywords, "Words that the site's search finds it by.", WRITTEN | FILTER, example="beginners"),
        stored(Page.description, "What search engines show.", WRITTEN, example="How to begin with Python."),
        stored(Page.content, "Its text.", WRITTEN | LONG, example="Python is *easy* to begin with."),
        stored(Page.content_kind, "What `content` is written in.", WRITTEN, example="markdown"),
        stored(
            Page.content_html,
            "What becomes of `content`.",
            LONG,
            example="<p>Python is <em>easy</em> to begin with.</p>",
        ),
        stored(
            Page.template_name,
            "How it is laid out; empty for the usual way.",
            WRITTEN | FILTER,
            example="",
            kind=Literal["", *TEMPLATES],
        ),
        computed(
            "public_path", lambda row: row.public_path, "Its address on the site.", example="/about/gettingstarted/"
        ),
        stored(Page.created_at, "When it was made.", example=MOMENT),
        stored(Page.updated_at, "When it was saved last.", FILTER | ORDER, example=MOMENT),
    ),
    writing=Writing(
        save=services.save_page,
        remove=services.delete_page,
        edit=Permission.PAGES_EDIT,
        delete=Permission.PAGES_DELETE,
        decisions=publishing_decisions(Page),
    ),
)
