"""The schemas of the OpenAPI document, made of the declarations of the resources."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from public_site.api.v2 import upload_operations as uploads
from public_site.api.v2.legacy import document as old_paths
from public_site.api.v2.operations import section_of
from public_site.api.v2.resources import Resource

SCHEMAS_IN_DOCUMENT = "#/components/schemas/{model}"
DESCRIPTION = """
The content of python.org for programs. Guests read what is live. A key in the header `Authorization: Token …` acts for
its owner, with the owner's roles as far as the key's scopes reach; keys are made in the back office.
"""


def completed(found: dict[str, Any], resources: Iterable[Resource]) -> dict[str, Any]:
    """Return what Litestar found out about the routes, together with the schemas that ours refer to."""
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {"Error": ERROR, "Meta": META, "CursorMeta": CURSOR_META, **old_paths.schemas()}
    found["paths"] |= old_paths.paths()
    sections: dict[str, None] = {}
    for resource in resources:
        schemas |= _schemas_of(resource)
        sections[section_of(resource)] = None
    found["tags"] = [{"name": name} for name in (*sections, uploads.SECTION, old_paths.SECTION)]
    return found


def _schemas_of(resource: Resource) -> dict[str, Any]:
    """Return the schemas that the operations of a resource refer to, with those that these refer to themselves."""
    found: dict[str, Any] = {}
    shown = {
        field.name: {
            **_hoisted(TypeAdapter(field.kept_type).json_schema(ref_template=SCHEMAS_IN_DOCUMENT), found),
            "description": field.description,
            "examples": [field.example],
        }
        for field in resource.fields
    }
    found[f"{resource.name}Row"] = {"type": "object", "properties": shown, "additionalProperties": False}
    if resource.writing is not None:
        for sent in (resource.whole, resource.changes):
            found[sent.__name__] = _hoisted(sent.model_json_schema(ref_template=SCHEMAS_IN_DOCUMENT), found)
    return found


def _hoisted(schema: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without those that it defines, which go to where the document keeps them."""
    found |= schema.get("$defs", {})
    return {name: said for name, said in schema.items() if name not in {"$defs", "title"}}


ERROR = {
    "type": "object",
    "required": ["detail", "status_code", "extra"],
    "properties": {
        "detail": {"type": "string", "description": "What is wrong, in a sentence."},
        "status_code": {"type": "integer"},
        "extra": {
            "type": "object",
            "description": "Sentences by the parameter or member that they are about; empty where it is about neither.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "examples": [
        {
            "detail": "There is a release with this slug already.",
            "status_code": 422,
            "extra": {"slug": ["There is a release with this slug already."]},
        }
    ],
}

_PAGES = {
    "total": {"type": "integer", "minimum": 0, "description": "How many rows there are in all pages."},
    "page_size": {"type": "integer", "minimum": 1},
    "has_next": {"type": "boolean"},
    "has_previous": {"type": "boolean"},
}
META = {
    "type": "object",
    "required": ["total", "page", "page_size", "has_next", "has_previous"],
    "properties": {**_PAGES, "page": {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}
CURSOR_META = {
    "type": "object",
    "required": ["total", "page", "page_size", "has_next", "has_previous", "next_cursor"],
    "properties": {
        **_PAGES,
        "page": {"type": "null", "description": "A list that is read by cursor has no pages."},
        "next_cursor": {"type": ["integer", "null"], "description": "What to send as `cursor` to read on."},
    },
    "additionalProperties": False,
}
