"""What the OpenAPI document says of the old paths of version 2."""

from collections.abc import Mapping
from typing import Any

from public_site.api.legacy.fields import Field, Kind
from public_site.api.legacy.resources import PAGES, RELEASE_FILES, RESOURCES, Resource
from public_site.api.v2.legacy.filters import ALLOWED

JSON = "application/json"
SECTION = "Old paths"
GUESTS_TOO: list[dict[str, list[str]]] = [{}, {"key": []}]
KEY_NEEDED: list[dict[str, list[str]]] = [{"key": []}]

REFUSALS = {
    400: "Fields or parameters are wrong; each is told what.",
    401: "There is no valid key.",
    403: "The key does not allow it.",
    404: "There is no such row, or not for who asks.",
    405: "The address does not answer this method.",
    406: "Only JSON is answered.",
    409: "Something else does not allow it, or somebody else was quicker.",
    413: "This is more than is taken in at once.",
    415: "Only JSON and forms are read.",
    422: "A rule is broken that is about no field.",
    429: "Too many requests.",
    503: "The database does not answer just now.",
}
READING = (400, 401, 404, 406, 429, 503)
WRITING = (400, 401, 403, 404, 406, 409, 413, 415, 422, 429, 503)
KEY = {"name": "key", "in": "path", "required": True, "description": "The row's number.", "schema": {"type": "string"}}
_KINDS: Mapping[Kind, dict[str, Any]] = {
    Kind.FLAG: {"type": "boolean"},
    Kind.NUMBER: {"type": "integer"},
    Kind.CHOICE: {"type": "integer"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.LINK: {"type": "string", "description": "The address of another row."},
    Kind.ADDRESS: {"type": "string", "description": "The address of this row."},
}
"""What kinds of values there are besides texts."""


def paths() -> dict[str, Any]:
    """Return the old paths with their operations."""
    found: dict[str, Any] = {"/api/v2": {"get": _index()}}
    for resource in RESOURCES:
        found[f"/api/v2/{resource.path}"] = _list(resource)
        found[f"/api/v2/{resource.path}/{{key}}"] = _one(resource)
    found[f"/api/v2/{RELEASE_FILES.path}/delete_by_release"] = {"delete": _delete_by_release()}
    return {f"{path}/": operations for path, operations in found.items()}


def schemas() -> dict[str, Any]:
    """Return the schemas that the operations refer to."""
    found = {_name(resource): _schema(resource) for resource in RESOURCES}
    wrong = {"type": "array", "items": {"type": "string"}}
    return {**found, "OldRefusal": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, wrong]}}}


def _index() -> dict[str, Any]:
    links = {"type": "object", "additionalProperties": {"type": "string"}}
    return _operation("Name the old collections", "old_index", {"200": _answer("Their addresses.", links)}, READING)


def _list(resource: Resource) -> dict[str, Any]:
    rows = {"type": "array", "items": _ref(resource)}
    query = [_filter(resource, name) for name in ALLOWED[resource.path]]
    found = {"get": _operation("List all rows", "old_list", {"200": _answer("All rows.", rows)}, READING, resource)}
    found["get"]["parameters"] = query
    if resource is not PAGES:
        made = {"201": _answer("It is made.", _ref(resource))}
        found["post"] = _writing(_operation("Make a row", "old_create", made, WRITING, resource), resource)
    return found


def _one(resource: Resource) -> dict[str, Any]:
    shown = {"200": _answer("The row.", _ref(resource))}
    found = {"get": _operation("Show one row", "old_show", shown, READING, resource)}
    if resource is not PAGES:
        for method, summary in (("put", "Replace a row"), ("patch", "Change a row")):
            operation = _operation(summary, f"old_{method}", shown, WRITING, resource)
            found[method] = _writing(operation, resource, is_partial=method == "patch")
        gone = {"204": {"description": "It is gone."}}
        found["delete"] = _operation("Delete a row", "old_delete", gone, WRITING, resource, security=KEY_NEEDED)
    return {method: {**operation, "parameters": [KEY]} for method, operation in found.items()}


def _delete_by_release() -> dict[str, Any]:
    said = {"name": "release", "in": "query", "required": True, "schema": {"type": "integer"}}
    responses = {"204": {"description": "They are gone."}, "400": {"description": "No release is named."}}
    statuses = tuple(status for status in WRITING if status != 400)
    found = _operation("Delete all files of a release", "old_delete_by_release", responses, statuses)
    return {**found, "parameters": [said], "security": KEY_NEEDED}


def _operation(
    summary: str,
    name: str,
    responses: Mapping[str, Any],
    refusals: tuple[int, ...],
    resource: Resource | None = None,
    *,
    security: list[dict[str, list[str]]] = GUESTS_TOO,
) -> dict[str, Any]:
    refused = {"description": "", "content": {JSON: {"schema": {"$ref": "#/components/schemas/OldRefusal"}}}}
    told = {str(status): {**refused, "description": REFUSALS[status]} for status in refusals}
    return {
        "tags": [SECTION],
        "summary": f"{summary} of {resource.path}" if resource else summary,
        "operationId": f"{name}_{resource.path.replace('/', '_')}" if resource else name,
        "deprecated": True,
        "responses": {**told, **responses},
        "security": security,
    }


def _writing(operation: dict[str, Any], resource: Resource, *, is_partial: bool = False) -> dict[str, Any]:
    """Return the operation with what it takes: values are read as kindly as the old program read them."""
    fields = [field for field in resource.fields if field.kind is not Kind.ADDRESS]
    properties: dict[str, Any] = {field.name: _value(field) for field in fields}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if not is_partial:
        schema["required"] = [field.name for field in fields if field.is_required]
    content = {JSON: {"schema": schema}}
    return {**operation, "requestBody": {"required": True, "content": content}, "security": KEY_NEEDED}


def _answer(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _filter(resource: Resource, name: str) -> dict[str, Any]:
    words = f"Only rows of which `{name.partition('__')[0]}` is this, or with `__contains` contains this."
    return {"name": name, "in": "query", "description": words, "schema": {"type": "string"}}


def _schema(resource: Resource) -> dict[str, Any]:
    names = [field.name for field in resource.fields]
    properties = {field.name: _value(field) for field in resource.fields}
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def _value(field: Field) -> dict[str, Any]:
    value = dict(_KINDS.get(field.kind, {"type": "string"}))
    if field.choices:
        value["enum"] = [int(choice) for choice in field.choices]
    return {"anyOf": [value, {"type": "null"}]} if field.may_be_null else value


def _ref(resource: Resource) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{_name(resource)}"}


def _name(resource: Resource) -> str:
    return f"Old{resource.name}"
