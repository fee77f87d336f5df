"""The kinds of markup that people write in, and the HTML that is made of it once, when it is written."""

import html
import re
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect

from cms.core.errors import Invalid
from cms.core.markup_renderers.markdown import render_markdown
from cms.core.markup_renderers.restructuredtext import render_restructuredtext
from cms.core.markup_renderers.sanitiser import sanitise
from cms.core.text import storable

MAX_SOURCE = 500_000
"""Characters. The largest text of the old site, a box, has 177,000; the worst input of this size takes ten seconds."""


class MarkupKind(StrEnum):
    MARKDOWN = "markdown"
    RESTRUCTUREDTEXT = "restructuredtext"
    HTML = "html"
    PLAIN = "plain"
    HTML_TRUSTED = "html-trusted"
    MARKDOWN_TRUSTED = "markdown-trusted"


TRUSTED_KINDS = frozenset({MarkupKind.HTML_TRUSTED, MarkupKind.MARKDOWN_TRUSTED})
"""Kinds whose HTML is not sanitised; choosing one, or changing a text of one, needs a permission of its own."""

LEGACY_KINDS = {
    "html": MarkupKind.HTML,
    "markdown": MarkupKind.MARKDOWN,
    "markdown_unsafe": MarkupKind.MARKDOWN_TRUSTED,
    "plain": MarkupKind.PLAIN,
    "restructuredtext": MarkupKind.RESTRUCTUREDTEXT,
}
"""The old site's names of the kinds. It also offered Textile, which nothing renders here: such a text is refused."""

_PARAGRAPH_BREAK = re.compile(r"\n{2,}")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"']+", re.IGNORECASE)
_AFTER_ADDRESS = ".,:;!?)]}"


def render(text: str, kind: MarkupKind | str) -> str:
    """Return the HTML of `text`, safe to show unless `kind` is one of TRUSTED_KINDS.

    Raises Invalid for a text that is too long, nested too deeply or made to occupy the process.
    """
    if len(text) > MAX_SOURCE:
        message = f"A text may have at most {MAX_SOURCE:,} characters; this has {len(text):,}."
        raise Invalid(message)
    source = storable(text).replace("\r\n", "\n").replace("\r", "\n")
    match MarkupKind(kind):
        case MarkupKind.MARKDOWN:
            return sanitise(render_markdown(source, raw_html=False))
        case MarkupKind.RESTRUCTUREDTEXT:
            return sanitise(render_restructuredtext(source))
        case MarkupKind.HTML:
            return sanitise(source)
        case MarkupKind.PLAIN:
            return sanitise(_paragraphs(source))
        case MarkupKind.MARKDOWN_TRUSTED:
            return render_markdown(source, raw_html=True)
        case MarkupKind.HTML_TRUSTED:
            return source


def render_markup_fields(row: Any) -> None:
    """Fill `<field>_html` from `<field>` and `<field>_kind` for each of the row's `markup_fields`.

    What is stored as it was rendered before is left alone: rendering takes longer than all the rest of a save.
    The source loses what PostgreSQL cannot hold. An Invalid names the field.
    """
    for field in row.markup_fields:
        if _is_rendered(row, field):
            continue
        text = getattr(row, field) or ""
        if text != storable(text):
            setattr(row, field, storable(text))
        try:
            setattr(row, f"{field}_html", render(text, getattr(row, f"{field}_kind")))
        except Invalid as error:
            raise Invalid(error.message, errors={field: [error.message]}) from error


def _is_rendered(row: Any, field: str) -> bool:
    """Return whether the row is stored with the HTML of what the field holds now."""
    state = inspect(row, raiseerr=False)
    if state is None or not state.persistent or not state.dict.get(f"{field}_html"):
        return False
    names = (field, f"{field}_kind", f"{field}_html")
    return not any(state.attrs[name].history.has_changes() for name in names)


def _paragraphs(text: str) -> str:
    """Return plain text as paragraphs, with its line breaks kept and its addresses made links."""
    parts = (part.strip("\n") for part in _PARAGRAPH_BREAK.split(text))
    return "\n\n".join(f"<p>{_linked(part)}</p>" for part in parts if part.strip())


def _linked(text: str) -> str:
    """Return `text` escaped, with line breaks and links."""
    pieces, position = [], 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_AFTER_ADDRESS)
        end = found.start() + len(address)
        href = html.escape(address)
        pieces += [html.escape(text[position : found.start()]), f'<a href="{href}">{href}</a>']
        position = end
    pieces.append(html.escape(text[position:]))
    return "".join(pieces).replace("\n", "<br>\n")
