"""How answers of version 1 are written: JSON with spaces and sorted names, or XML, as the old library did."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

JSON = "application/json"
XML = "application/xml"
XML_WITH_CHARSET = "application/xml; charset=utf-8"
BY_NAME = {"json": JSON, "xml": XML}

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
QUALITY = re.compile(r"q\s*=\s*([01](?:\.\d*)?)", re.IGNORECASE)


def wanted(query: Mapping[str, str], accept: str | None) -> str:
    """Return the media type to answer in: what `format` names, else what Accept likes best, else JSON.

    A format that nobody knows counts as none. No callback ever makes a script of an answer.
    """
    named = BY_NAME.get(query.get("format", ""))
    if named is not None:
        return named
    xml, json_ = (_liked(media_type, accept or "*/*") for media_type in (XML, JSON))
    return XML if xml > json_ and xml[0] > 0 else JSON


def written(data: Any, media_type: str, *, root: str) -> bytes:
    """Return the answer's body; `root` is the name of the outermost element in XML."""
    if media_type == XML:
        return b"<?xml version='1.0' encoding='utf-8'?>\n" + "".join(_elements(root, data, "")).encode()
    return json.dumps(data, sort_keys=True, ensure_ascii=False).encode(errors="replace")


def naive(moment: datetime) -> str:
    """Return a moment as version 1 writes it: in UTC, and without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def sanitised(sentence: str) -> str:
    """Return a sentence of an error as the old library made it harmless: without angle brackets, with its quotes."""
    return escape(sentence, quote=False)


def _liked(media_type: str, accept: str) -> tuple[float, int]:
    """Return how much a client likes a type, and how exactly it has said so."""
    main, _, sub = media_type.partition("/")
    found = [(0.0, -1)]
    for part in accept.split(","):
        named, *parameters = (piece.strip() for piece in part.split(";"))
        named_main, _, named_sub = named.lower().partition("/")
        if named_main in {main, "*"} and named_sub in {sub, "*"}:
            exactness = 100 * (named_main == main) + 10 * (named_sub == sub)
            found.append((_quality(parameters), exactness))
    quality, exactness = max(found, key=lambda pair: pair[1])
    return quality, exactness


def _quality(parameters: list[str]) -> float:
    return next((float(match[1]) for parameter in parameters if (match := QUALITY.fullmatch(parameter))), 1.0)


def _elements(name: str, value: Any, kind: str) -> list[str]:
    """Return an element with what is in it, piece by piece; elements beside each other are sorted by name."""
    if isinstance(value, Mapping):
        inside = [piece for key in sorted(value) for piece in _elements(key, value[key], _KINDS[type(value[key])])]
        return _element(name, kind, inside)
    if isinstance(value, list | tuple):
        inside = [piece for item in value for piece in _elements(*_as_item(item))]
        return _element(name, kind, inside)
    if value is None:
        return [f'<{name} type="null"/>']
    return _element(name, kind, [escape(NOT_IN_XML.sub("", str(value)), quote=False)])


def _element(name: str, kind: str, inside: list[str]) -> list[str]:
    attribute = f' type="{kind}"' if kind else ""
    return [f"<{name}{attribute}>", *inside, f"</{name}>"] if inside else [f"<{name}{attribute}/>"]


def _as_item(item: Any) -> tuple[str, Any, str]:
    return ("object", item, "") if isinstance(item, Mapping) else ("value", item, _KINDS[type(item)])


_KINDS: Mapping[type, str] = {
    dict: "hash",
    list: "list",
    tuple: "list",
    bool: "boolean",
    int: "integer",
    str: "",
    type(None): "null",
}
