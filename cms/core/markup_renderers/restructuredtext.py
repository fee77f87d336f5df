"""reStructuredText to HTML by docutils, with everything off that could read a file or fetch an address.

A document with mistakes is rendered with each mistake told where it is, as its author should see it; one that would
occupy the process for minutes is refused.
"""

import re

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers import rst
from docutils.parsers.rst import roles
from docutils.writers import html5_polyglot

from cms.core.errors import Invalid

MAX_SOURCE = 300_000
"""Characters. Ordinary text of this size takes docutils three seconds; its worst case, one long list, twenty."""
MAX_PROBLEMS = 100
"""Docutils takes time that grows with the square of the mistakes: 60,000 of them, in 180 kB, took 155 seconds."""

SETTINGS = {
    "_disable_config": True,
    "doctitle_xform": False,
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "initial_header_level": 2,
    "input_encoding": "unicode",
    "math_output": "LaTeX",
    "raw_enabled": False,
    "report_level": 2,
    "stylesheet_path": "",
    "syntax_highlight": "none",
    "traceback": True,  # Raise what goes wrong; without it docutils ends the process.
    "warning_stream": False,
}

_SECTIONING = re.compile(r"<(/?)(?:section|aside|nav|main|header|footer)\b")
_CITE = re.compile(r"<(/?)cite\b")


def render_restructuredtext(text: str) -> str:
    """Return the HTML of `text`, not yet sanitised; raises Invalid where it is beyond the bounds."""
    if len(text) > MAX_SOURCE:
        message = f"reStructuredText may have at most {MAX_SOURCE:,} characters; this has {len(text):,}."
        raise Invalid(message)
    try:
        parts = publish_parts(text, parser=_Parser(), writer=_Writer(), settings_overrides=SETTINGS)
    except RecursionError:
        message = "This reStructuredText is nested too deeply; look for lists or quotations within each other."
        raise Invalid(message) from None
    return _with_plain_elements(str(parts["fragment"]))


class _Parser(rst.Parser):
    """Docutils' parser, which stops at too many mistakes and forgets the roles that a document defined."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        problems: list[nodes.system_message] = []

        def count(message: nodes.system_message) -> None:
            if message["level"] >= SETTINGS["report_level"]:
                problems.append(message)
            if len(problems) > MAX_PROBLEMS:
                sentence = (
                    f"This reStructuredText has more than {MAX_PROBLEMS} mistakes; the first is in line "
                    f"{problems[0].get('line', 1)}: {problems[0].astext()}"
                )
                raise Invalid(sentence)

        document.reporter.attach_observer(count)
        try:
            super().parse(inputstring, document)
        finally:
            vars(roles)["_roles"].clear()  # Docutils keeps them for the whole process, and offers no other way.


class _Translator(html5_polyglot.HTMLTranslator):
    def visit_image(self, node: nodes.image) -> None:
        """Leave out what opens the image's file: `:loading: embed` does so even where file insertion is off."""
        for attribute in ("loading", "scale"):
            node.attributes.pop(attribute, None)
        super().visit_image(node)

    def visit_literal(self, node: nodes.literal) -> None:
        self.body.append(self.starttag(node, "code", ""))

    def depart_literal(self, node: nodes.literal) -> None:
        self.body.append("</code>")

    def visit_system_message(self, node: nodes.system_message) -> None:
        where = f"Line {node['line']}" if node.hasattr("line") else "A part"
        self.body.append(self.starttag(node, "div", CLASS="markup-problem"))
        self.body.append(f"<p><strong>{where} of this reStructuredText is not understood.</strong></p>\n")

    def depart_system_message(self, node: nodes.system_message) -> None:
        self.body.append("</div>\n")


class _Writer(html5_polyglot.Writer):
    def __init__(self) -> None:
        super().__init__()
        self.translator_class = _Translator


def _with_plain_elements(html: str) -> str:
    """Write <div> and <em> for docutils' rarer elements, whose ids and classes the allow-list would drop with them."""
    return _CITE.sub(r"<\1em", _SECTIONING.sub(r"<\1div", html))
