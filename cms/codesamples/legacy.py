"""Code samples of the old site, whose code was HTML with a mark around each word."""

import re
from html.parser import HTMLParser

from cms.codesamples.models import CodeSample
from cms.core.legacy import Known, LegacyRow, LegacyTable, Values, shown
from cms.core.markup import MarkupKind

HEADING = re.compile(r"\s*<h1\b[^>]*>(?P<title>.*?)</h1>\s*", re.DOTALL | re.IGNORECASE)
SPACES = re.compile(r"\s+")
TITLE_LENGTH = 200


class _Text(HTMLParser):
    """Collects what a reader sees of HTML, line breaks included."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")


def text_of(html: str) -> str:
    """Return the text of HTML without its marks."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


def _sample(row: LegacyRow, values: Values, _known: Known) -> None:
    kind = row.get("code_markup_type")
    if kind != "plain":
        html = values["code"] if kind == "html" else row.text("_code_rendered", multiline=True)
        values["code"] = text_of(html.replace("\r\n", "\n")).strip("\n")
    values["title"] = ""
    if values["copy_kind"] == MarkupKind.HTML and (heading := HEADING.match(values["copy"])):
        _take_title(row, values, heading)
    values["position"] = row.id
    values["first_published_at"] = values["created_at"] if values["is_published"] else None


def _take_title(row: LegacyRow, values: Values, heading: re.Match[str]) -> None:
    """Make the heading that an explanation begins with the title of the sample."""
    title = SPACES.sub(" ", text_of(heading["title"])).strip()
    if len(title) > TITLE_LENGTH:
        row.changed(f"Its heading {shown(title)} is too long for a title; it stays in the text.")
        return
    values["title"] = title
    values["copy"] = values["copy"][heading.end() :]


CODE_SAMPLES = LegacyTable(
    source="codesamples_codesample",
    model=CodeSample,
    columns={
        "id": "id",
        "code": "code",
        "is_published": "is_published",
        "created_at": "created",
        "updated_at": "updated",
        "created_by_id": "creator_id",
        "updated_by_id": "last_modified_by_id",
    },
    markup="copy",
    derived=frozenset({"title", "position", "first_published_at"}),
    translated=frozenset({"code", "copy"}),
    convert=_sample,
)
