"""Pages of the old site, with their images and documents."""

import re

from cms.core.errors import Invalid
from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values, shown
from cms.core.storage import normalised
from cms.pages.models import Page, PageDocument, PageImage
from cms.pages.services import PATH
from cms.redirects.old_addresses import moved

CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=[\w-]+)*", re.ASCII)
HTML = "text/html"

TEMPLATES = {
    "": "",
    "pages/default.html": "",
    "pages/raw.html": "pages/raw.html",
    "psf/default.html": "",
    "psf/full-width.html": "pages/full_width.html",
}
"""Templates of the old site and ours; the Foundation's pages look like all others now."""

AUTHORS = {"created_by_id": "creator_id", "updated_by_id": "last_modified_by_id"}
DATES = {"created_at": "created", "updated_at": "updated"}


def _page(row: LegacyRow, values: Values, known: Known) -> None:
    values["path"] = _path(row, values["path"])
    known.claim_alone(row, "path", values["path"])
    if values["template_name"] not in TEMPLATES:
        row.changed(f"Its template {shown(values['template_name'])} does not exist here; it has the usual one.")
    values["template_name"] = TEMPLATES.get(values["template_name"], "")
    if not CONTENT_TYPE.fullmatch(values["content_type"]):
        row.changed(f"Its content type {shown(values['content_type'])} is none; it is served as {HTML}.")
        values["content_type"] = HTML
    if values["is_published"] and (old := moved(f"/{values['path']}/")):
        row.changed(f"Nobody saw it: the web server led its path to {old.shown}. It is a draft, so that it still does.")
        values["is_published"] = False
    values["first_published_at"] = values["created_at"] if values["is_published"] else None


def _path(row: LegacyRow, path: str) -> str:
    stripped = path.strip().strip("/")
    if not stripped:
        raise Refused("Its path is empty; the home of the site is no page.")
    if not PATH.fullmatch(stripped):
        raise Refused(
            f"Its path {shown(path)} has characters other than small letters, digits, dots and hyphens, "
            "or a segment that is empty or of dots alone."
        )
    if stripped != path:
        row.changed("Slashes or spaces around its path were removed.")
    return stripped


def _file(row: LegacyRow, values: Values, _known: Known) -> None:
    name = values["file"]
    if not name:
        raise Refused("It names no file.")
    try:
        values["file"] = normalised(name)
    except Invalid as error:
        raise Refused(f"Its file {shown(name)} cannot be kept under that name. {error.message}") from error
    if values["file"] != name:
        row.changed("The name of its file is spelt with other characters that look the same.")


PAGES = LegacyTable(
    source="pages_page",
    model=Page,
    columns={
        "id": "id",
        "title": "title",
        "path": "path",
        "keywords": "keywords",
        "description": "description",
        "content_type": "content_type",
        "template_name": "template_name",
        "is_published": "is_published",
        **DATES,
        **AUTHORS,
    },
    markup="content",
    trusted=True,
    derived=frozenset({"first_published_at"}),
    translated=frozenset({"template_name"}),
    convert=_page,
)

PAGE_IMAGES = LegacyTable(
    source="pages_image",
    model=PageImage,
    columns={"id": "id", "page_id": "page_id", "file": "image"},
    convert=_file,
)

PAGE_DOCUMENTS = LegacyTable(
    source="pages_documentfile",
    model=PageDocument,
    columns={"id": "id", "page_id": "page_id", "file": "document"},
    convert=_file,
)
