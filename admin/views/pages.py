"""Pages in the back office."""

from admin.base import AdminView, Fieldset
from admin.columns import state_of
from admin.decisions import BulkEdit, publishing_decisions
from admin.fields import ChoiceField
from admin.filters import BeginsWithFilter, ChoiceFilter, SinceFilter, StateFilter
from admin.importable import Importable
from admin.inlines import Inline
from admin.uploads import keep_documents, keep_images, take_in_documents, take_in_images, upload
from cms.core.permissions import Permission
from cms.pages import services
from cms.pages.models import DEFAULT_TEMPLATE, TEMPLATES, Page

STORED_TEMPLATES = tuple(("" if name == DEFAULT_TEMPLATE else name, label) for name, label in TEMPLATES.items())


class PageAdmin(AdminView, model=Page):
    identity = "pages"
    name = "Page"
    name_plural = "Pages"
    category = "Content"
    permission_area = "pages"
    saving = staticmethod(services.save_page)
    removing = staticmethod(services.delete_page)

    column_list = (Page.title, Page.path, Page.is_published, Page.updated_at)
    column_sortable_list = (Page.title, Page.path, Page.updated_at)
    column_default_sort = (Page.title, False)
    column_labels = {
        Page.is_published: "State",
        Page.updated_at: "Last saved",
        Page.content_kind: "Written in",
        Page.template_name: "Template",
    }
    column_formatters = {Page.is_published: state_of}
    list_filters = (
        BeginsWithFilter(Page.path, "Path begins with", placeholder="about/help"),
        StateFilter(Page.is_published),
        ChoiceFilter(Page.template_name, "Template", labels=STORED_TEMPLATES),
        SinceFilter(Page.updated_at, "Last saved"),
    )
    date_hierarchy = "updated_at"
    bulk_edits = (BulkEdit(column="template_name", label="Change template", labels=STORED_TEMPLATES),)
    found_by = ("title", "path")
    found_detail = "path"
    slug_sources = {"path": "title"}

    importable = Importable(
        key="path",
        columns=("title", "path", "content", "content_kind", "description", "keywords", "template_name"),
        key_of=lambda path: path.strip().strip("/"),
    )

    form_overrides = {"template_name": ChoiceField}
    fieldsets = (
        Fieldset("", ("title", "path", "content", "content_kind")),
        Fieldset("For search engines", ("description", "keywords")),
        Fieldset("Advanced options", ("template_name",), folded=True),
    )
    form_args = {
        "title": {"description": "What the page is called, in its heading and in the window's title."},
        "path": {
            "description": "Where the page lies, such as “about/help”: small letters, digits, dots and hyphens.",
            "render_kw": {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"},
        },
        "content": {
            "description": "The text of the page, below its title.",
            "render_kw": {"class": "form-control font-monospace", "rows": 18},
        },
        "description": {
            "description": "One or two sentences that search engines show.",
            "render_kw": {"class": "form-control", "rows": 2},
        },
        "keywords": {"description": "Words that the site's own search finds the page by, separated by commas."},
        "template_name": {
            "default": "",
            "labels": STORED_TEMPLATES,
            "description": "How the page is laid out.",
        },
    }
    inlines = (
        Inline(
            relation="images",
            label="Images",
            row_label="image",
            columns=("upload", "alternative_text"),
            ordered_by="position",
            extra_fields={
                "upload": upload("Image file", "PNG, JPEG, GIF, WebP, AVIF or SVG, at most 8 MB; kept under Media.")
            },
            arguments={"alternative_text": {"description": "What the image shows, for those who do not see it."}},
            shown_in={"upload": "file"},
            take_in=take_in_images,
            keep=keep_images,
        ),
        Inline(
            relation="documents",
            label="Documents",
            row_label="document",
            columns=("upload", "title"),
            ordered_by="position",
            extra_fields={"upload": upload("Document file", "PDF, plain text, office documents or archives.")},
            arguments={"title": {"description": "What it is called. Empty: the name of the file."}},
            shown_in={"upload": "file"},
            take_in=take_in_documents,
            keep=keep_documents,
        ),
    )
    decisions = publishing_decisions(Page, edit=Permission.PAGES_EDIT)
    save_as = True
