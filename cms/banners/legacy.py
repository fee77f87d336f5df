"""Banners of the old site, which knew two places: every page, and those of the Foundation."""

from cms.banners.models import EVERYWHERE, Banner
from cms.banners.services import has_only_inline_marks
from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values, shown
from cms.core.markup import MarkupKind, render
from cms.redirects.services import is_safe_target

FOUNDATION = "/psf/"


def _banner(row: LegacyRow, values: Values, _known: Known) -> None:
    title, link = row.strip(values, "title"), row.strip(values, "link")
    if not title and not values["message"].strip():
        raise Refused("It says nothing.")
    if link and not is_safe_target(link):
        row.changed(f"Its link {shown(link)} is neither a path of this site nor a web address; it was removed.")
        values["link"] = ""
    if not has_only_inline_marks(render(values["message"], MarkupKind.HTML)):
        row.changed("Its message is more than a line with links and emphasis; it is kept as plain text.")
        values["message_kind"] = MarkupKind.PLAIN
    values["paths"] = [EVERYWHERE if row.get("psf_pages_only") is False else FOUNDATION]


BANNERS = LegacyTable(
    source="banners_banner",
    model=Banner,
    columns={"id": "id", "title": "title", "link": "link", "is_published": "active"},
    markup="message",
    markup_kind=MarkupKind.HTML,
    derived=frozenset({"paths"}),
    convert=_banner,
)
