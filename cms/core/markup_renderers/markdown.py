"""GitHub Flavored Markdown to HTML by GitHub's own C library, which cmarkgfm brings to Python.

cmarkgfm frees neither the tree nor the text that a rendering allocates, about fifty times the size of the source.
A process that shows live previews would grow without end, so both are freed here, through the library's own functions.
"""

import ctypes
from typing import Any

from cmarkgfm import _cmark, cmark

EXTENSIONS = ("table", "autolink", "strikethrough", "tasklist")
CHECKBOXES = {
    '<input type="checkbox" checked="" disabled="" />': "☑",
    '<input type="checkbox" disabled="" />': "☐",
}

_library = ctypes.CDLL(_cmark.__file__)
_library.cmark_node_free.argtypes = [ctypes.c_void_p]
_library.cmark_node_free.restype = None
_library.free.argtypes = [ctypes.c_void_p]
_library.free.restype = None

cmark.core_extensions_ensure_registered()
_extensions = [cmark.find_syntax_extension(name) for name in EXTENSIONS]


def render_markdown(text: str, *, raw_html: bool) -> str:
    """Return the HTML of `text`; without `raw_html`, HTML in it and addresses that run script are left out."""
    options = cmark.Options.CMARK_OPT_UNSAFE if raw_html else cmark.Options.CMARK_OPT_DEFAULT
    rendered = _rendered(text, options)
    if not raw_html:
        for checkbox, character in CHECKBOXES.items():
            rendered = rendered.replace(checkbox, character)
    return rendered


def _rendered(text: str, options: int) -> str:
    parser = cmark.parser_new(options)
    try:
        for extension in _extensions:
            cmark.parser_attach_syntax_extension(parser, extension)
        cmark.parser_feed(parser, text)
        tree = cmark.parser_finish(parser)
        try:
            output = _cmark.lib.cmark_render_html(tree, options, cmark.parser_get_syntax_extensions(parser))
            try:
                return str(_cmark.ffi.string(output).decode())
            finally:
                _library.free(_address(output))
        finally:
            _library.cmark_node_free(_address(tree))
    finally:
        cmark.parser_free(parser)


def _address(pointer: Any) -> int:
    return int(_cmark.ffi.cast("uintptr_t", pointer))
