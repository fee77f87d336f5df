"""The allow-list that HTML from people has to pass, and the bounds that keep a document from stopping a process."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bleach import html5lib_shim
from bleach.html5lib_shim import TAG_TOKEN_TYPE_PARSEERROR, BleachHTMLParser, BleachHTMLTokenizer
from bleach.sanitizer import Cleaner

from cms.core.errors import Invalid
from cms.core.text import UNSEEN_ELEMENTS, without_elements

TAGS = frozenset(
    """
    a abbr b blockquote br caption code col colgroup dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr
    i img ins kbd li ol p pre s span strong sub sup table tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905 - forty names read better in two lines than in forty.
)
ATTRIBUTES = {
    "*": ["class", "id", "title"],
    "a": ["href", "rel"],
    "img": ["src", "alt", "width", "height"],
    "td": ["align", "colspan", "rowspan"],
    "th": ["align", "colspan", "rowspan", "scope"],
}
SCHEMES = frozenset({"http", "https", "mailto"})

MAX_OPEN_ELEMENTS = 200
"""Browsers stop nesting at 512; pages made by people stay below 30."""
MAX_OPEN_FORMATTING = 50
"""Each paragraph repeats every <b> or <a> that was left open: few bytes, a huge page."""
MAX_ATTRIBUTES = 100
"""Of one tag; html5lib compares each with all before it."""
MAX_EFFORT = 3_000_000
"""Tokens, each weighted by what is open around it: ten seconds' work. Ordinary text of 1 MB needs two thirds of it."""
COST_OF_TOKEN, COST_OF_FORMATTING, COST_OF_MISTAKE = 5, 4, 20

_LINE_BREAKS = re.compile(r"[\t\n\r]+")
_OUTSIDE_LINK = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


def sanitise(html: str) -> str:
    """Return `html` with nothing in it that is not on the allow-list; raises Invalid where it is beyond the bounds."""
    cleaner = Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        protocols=SCHEMES,
        strip=True,
        # bleach needs an iterable of tokens, not a whole class.
        filters=[_whole_addresses, _outside_links],  # type: ignore[list-item]
    )
    cleaner.walker = _QuickWalker  # type: ignore[assignment]  # as above.
    cleaner.parser = _BoundedParser(tags=TAGS, strip=True, consume_entities=False, namespaceHTMLElements=False)
    return cleaner.clean(without_elements(html, UNSEEN_ELEMENTS))


class _BoundedTokenizer(BleachHTMLTokenizer):
    """Bleach's tokenizer, which stops the parser at documents that cost more than any real one."""

    def __iter__(self) -> Iterator[Any]:
        effort, tree = 0, self.parser.tree
        for token in super().__iter__():
            effort += COST_OF_TOKEN + len(tree.openElements) + COST_OF_FORMATTING * len(tree.activeFormattingElements)
            if token["type"] == TAG_TOKEN_TYPE_PARSEERROR:
                effort += COST_OF_MISTAKE
            if effort > MAX_EFFORT:
                message = "This text has more HTML elements than a page can hold; divide it."
                raise Invalid(message)
            if len(tree.openElements) > MAX_OPEN_ELEMENTS or len(tree.activeFormattingElements) > MAX_OPEN_FORMATTING:
                message = "This text is nested too deeply; look for elements that are opened and never closed."
                raise Invalid(message)
            yield token

    def attributeNameState(self) -> bool:  # noqa: N802 - the name is html5lib's.
        tag: Any = self.currentToken
        if len(tag["data"]) > MAX_ATTRIBUTES:
            message = (
                f"A tag in this text has over {MAX_ATTRIBUTES} attributes; look for a quotation mark or > missing."
            )
            raise Invalid(message)
        return super().attributeNameState()


class _BoundedParser(BleachHTMLParser):
    def _parse(self, stream: Any, *_: Any, **__: Any) -> None:
        """Parse a fragment inside of a <div> as bleach does, with the tokenizer above."""
        self.innerHTMLMode = True
        self.container = "div"
        self.scripting = True
        self.tokenizer = _BoundedTokenizer(stream=stream, consume_entities=self.consume_entities, parser=self)
        self.reset()
        self.mainLoop()


_Walker: Any = vars(html5lib_shim)["getTreeWalker"]("etree")


class _QuickWalker(_Walker):  # type: ignore[misc]  # html5lib makes the class in a function, so it has no type.
    """html5lib's walk over the tree, which looks for each element among all its siblings: hours for a long list."""

    def __init__(self, tree: Any) -> None:
        super().__init__(tree)
        self._positions: dict[Any, dict[Any, int]] = {}

    def getParentNode(self, node: Any) -> Any:  # noqa: N802 - the name is html5lib's.
        if not isinstance(node, tuple):
            return None
        element, key, parents, flag = node
        if flag == "text":
            return (element, key, parents, None) if parents else element
        parent = parents.pop()
        return (parent, self._position(parent, parents[-1]), parents, None) if parents else parent

    def _position(self, element: Any, parent: Any) -> int:
        if parent not in self._positions:
            self._positions[parent] = {child: index for index, child in enumerate(parent)}
        return self._positions[parent][element]


def _whole_addresses(source: Iterable[Any]) -> Iterator[Any]:
    """Write addresses that an author broke into lines as browsers read them, in one."""
    for token in source:
        if token["type"] in {"StartTag", "EmptyTag"}:
            attributes = token["data"]
            for name in ((None, "href"), (None, "src")):
                if name in attributes:
                    attributes[name] = _LINE_BREAKS.sub("", attributes[name].strip())
        yield token


def _outside_links(source: Iterable[Any]) -> Iterator[Any]:
    """Give links that leave the site rel="noopener", which browsers before 2021 need."""
    for token in source:
        if token["type"] == "StartTag" and token["name"] == "a":
            attributes = token["data"]
            if _OUTSIDE_LINK.match(attributes.get((None, "href"), "")):
                relations = attributes.get((None, "rel"), "").split()
                attributes[None, "rel"] = " ".join(sorted({*relations, "noopener"}))
        yield token
