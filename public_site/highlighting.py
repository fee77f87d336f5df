"""Python code with marks for what the eye looks for: enough to read a short program by, and no more."""

import builtins
import keyword
import re

from markupsafe import Markup, escape

FUNCTIONS = sorted(name for name in dir(builtins) if name.islower() and not name.startswith("_"))
PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")

TOKEN = re.compile(
    rf"""
    (?P<i>\#[^\n]*)
    | (?P<q>[rbfuRBFU]{{0,2}}(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    | (?P<b>\b(?:{"|".join(keyword.kwlist)})\b
      | \b(?:match|case)\b(?=[ ][^\n]*:[ ]*$)
      | (?<![.\w])(?:{"|".join(FUNCTIONS)})(?=\())
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
"""Comments, quoted texts, and words in bold, which the language or every program knows."""

ELEMENTS = {"i": Markup("<i>{}</i>"), "q": Markup("<em>{}</em>"), "b": Markup("<b>{}</b>")}


def highlighted(code: str) -> Markup:
    """Return the code as HTML; where it is a conversation with the interpreter, its answers are `<samp>`."""
    lines = code.splitlines()
    if not any(line.startswith(">>>") for line in lines):
        return _marked(code)
    return Markup("\n").join(_line(line) for line in lines)


def _line(line: str) -> Markup:
    prompt = PROMPT.match(line)
    if prompt:
        return Markup("<span>{}</span>").format(prompt[0]) + _marked(line[prompt.end() :])
    if line.startswith("#"):
        return _marked(line)
    return Markup("<samp>{}</samp>").format(line) if line else Markup()


def _marked(code: str) -> Markup:
    parts: list[Markup] = []
    position = 0
    for found in TOKEN.finditer(code):
        element = ELEMENTS[found.lastgroup or "i"]
        parts += [escape(code[position : found.start()]), element.format(found[0])]
        position = found.end()
    return Markup().join([*parts, escape(code[position:])])
