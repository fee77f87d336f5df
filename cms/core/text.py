"""Small transformations of text that every domain needs: slugs, plain text of HTML, excerpts."""

import html
import re
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
UNSEEN_ELEMENTS = ("script", "style", "template")

_NOT_IN_A_SLUG = re.compile(r"[^\w\s-]")
_SLUG_SEPARATORS = re.compile(r"[-\s]+")
_COMMENT_END = "-->"
_BLOCK_TAG = re.compile(
    r"</?(?:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def slugify(value: str) -> str:
    """Return the slug that Django would have made of `value`, so that old and new addresses agree.

    Letters lose their accents; what has no ASCII form is dropped, so the result may be empty.
    """
    ascii_only = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return _SLUG_SEPARATORS.sub("-", _NOT_IN_A_SLUG.sub("", ascii_only.lower())).strip("-_")


def plain_text(markup: str) -> str:
    """Return what a reader of the HTML `markup` sees, on one line; the result is text, not safe HTML."""
    visible = without_elements(without_comments(markup), UNSEEN_ELEMENTS)
    untagged = _TAG.sub("", _BLOCK_TAG.sub(" ", visible))
    return " ".join(html.unescape(untagged).split())


def excerpt(markup: str, length: int) -> str:
    """Return the first words of the HTML `markup` as text of at most `length` characters."""
    text = plain_text(markup)
    if len(text) <= length:
        return text
    room = max(length - len(ELLIPSIS), 0)
    words = text[: room + 1].rsplit(" ", 1)[0]
    return text[:room].rstrip() + ELLIPSIS if len(words) > room else words.rstrip() + ELLIPSIS


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL or UTF-8 cannot hold: NUL, other control characters, lone surrogates."""
    return _UNSTORABLE.sub("", text)


def without_comments(markup: str) -> str:
    """Return the HTML `markup` without its comments; one that is never closed reaches to the end."""
    kept, position = [], 0
    while (start := markup.find("<!--", position)) >= 0:
        kept.append(markup[position:start])
        end = markup.find(_COMMENT_END, start)
        position = len(markup) if end < 0 else end + len(_COMMENT_END)
    return "".join([*kept, markup[position:]])


def without_elements(markup: str, names: Iterable[str]) -> str:
    """Return the HTML `markup` without the elements `names` and their content.

    Written with searches that never look at a character twice: a pattern takes quadratic time on hostile input.
    """
    opening = re.compile(rf"<({'|'.join(names)})(?=[\s/>]|\Z)", re.IGNORECASE)
    lowered = markup.lower() if markup.isascii() else _ascii_lowered(markup)
    kept, position = [], 0
    while found := opening.search(markup, position):
        kept.append(markup[position : found.start()])
        closing = lowered.find("</" + found[1].lower(), found.end())
        end = markup.find(">", closing) if closing >= 0 else -1
        position = len(markup) if end < 0 else end + 1
    return "".join([*kept, markup[position:]])


def _ascii_lowered(text: str) -> str:
    """Lower A to Z alone: str.lower() changes the length of some text, and with it every position."""
    return text.translate({code: code + 32 for code in range(ord("A"), ord("Z") + 1)})
