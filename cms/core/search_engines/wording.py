"""How words are read by all search engines alike: what is cleaned away, what means the same, what is marked."""

import html
import re

from markupsafe import Markup

LONGEST_QUERY = 500
LONGEST_BODY = 100_000
LAST_PAGE = 100_000

MARK_BEGINS, MARK_ENDS = "\ue000", "\ue001"
"""Private characters around what was found: cleaned out of every text, so that no text can bring its own."""

SAME_MEANING: tuple[frozenset[str], ...] = (
    frozenset({"py", "python"}),
    frozenset({"mac", "macos", "osx"}),
    frozenset({"doc", "docs", "documentation"}),
    frozenset({"win", "windows"}),
    frozenset({"src", "source"}),
)

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ue000\ue001]")
_WORD = re.compile(r"\w")
_JOINED = re.compile(r"(?<=\w)[-/_@:+]+(?=\w)")
_NAME_AND_NUMBER = re.compile(r"(?<=[A-Za-z])(?=\d+\.\d)")


def cleaned(text: str) -> str:
    """Return the text without what no engine could store: NUL, control characters, halves of characters."""
    return _UNFIT.sub(" ", text)


def cleaned_query(query: str) -> str:
    """Return what of a query is searched for; empty if there is no word in it."""
    query = " ".join(cleaned(query[:LONGEST_QUERY]).split())
    return query if _WORD.search(query) else ""


def apart(text: str) -> str:
    """Return the text with spaces between the words of a path, and before the version in "Python3.14"."""
    return _NAME_AND_NUMBER.sub(" ", _JOINED.sub(" ", text))


def synonyms() -> dict[str, list[str]]:
    """Return for each word those that mean the same."""
    return {word: sorted(group - {word}) for group in SAME_MEANING for word in sorted(group)}


def marked(headline: str) -> Markup:
    """Return a headline as HTML: escaped, with <mark> where the private characters were."""
    escaped = html.escape(headline)
    return Markup(escaped.replace(MARK_BEGINS, "<mark>").replace(MARK_ENDS, "</mark>"))  # noqa: S704 - escaped just before


def page_within_reason(page: int) -> int:
    """Return the page as a number that every engine can count to."""
    return min(max(page, 1), LAST_PAGE)
