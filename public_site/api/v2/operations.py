"""What the OpenAPI document says of each modern route, made of the same declarations that the routes follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from litestar.openapi.spec import Operation

from public_site.api.v2.fields import Field, Role
from public_site.api.v2.filters import filters_of
from public_site.api.v2.lists import NUMBERS, PAGE_SIZE, orders_of, paging_of
from public_site.api.v2.resources import Decision, Resource

JSON = "application/json"
ETAG_EXAMPLE = '"5f0c1d7a9b3e4c2d8f60"'
KEY = "key"
"""What the document calls the way to say who calls."""

GUESTS_TOO: list[dict[str, list[str]]] = [{}, {KEY: []}]
KEY_NEEDED: list[dict[str, list[str]]] = [{KEY: []}]

REFUSALS = {
    400: "The address or what was sent cannot be understood.",
    401: "There is no valid key in the header `Authorization`.",
    403: "The roles of the key's owner, or the scopes of the key, do not allow it.",
    404: "There is no such thing, or not for who asks.",
    409: "The present state of the row, or of another one, does not allow it.",
    412: "Somebody changed the row after the state that `If-Match` names.",
    422: "What was sent breaks a rule; `extra` names each member.",
    428: "`If-Match` is missing.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "The database does not answer just now; `Retry-After` says when to try again.",
}
"""The statuses of errors, each with what it means here; all have the same body."""

READING = (400, 401, 404, 429, 503)
WRITING = (400, 401, 403, 404, 409, 412, 422, 429, 503)


def refused(*statuses: int, words: Mapping[int, str] = REFUSALS) -> dict[str, Any]:
    """Return the answers that tell of errors, for the document."""
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(status): {"description": words[status], "content": content} for status in statuses}


def documented(**said: Any) -> type[Operation]:
    """Return the kind of operation that says this of its route in the document."""

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            for name, value in said.items():
                setattr(self, name, value)

    return Documented


@cache
def listing(resource: Resource) -> type[Operation]:
    return documented(
        summary=f"List {_many(resource)}",
        description=f"Guests see what is live; who may, sees drafts, too. {_paging_words(resource)}",
        parameters=[*_path(resource), *_query_of_list(resource), _if_none_match()],
        responses={
            "200": _list_answer(resource),
            "304": _not_modified(),
            **refused(*READING),
        },
        security=GUESTS_TOO,
        tags=[section_of(resource)],
        operation_id=f"list_{_many(resource).replace(' ', '_')}",
    )


@cache
def showing(resource: Resource) -> type[Operation]:
    return _of_row(
        resource,
        "show",
        f"Show one {resource.one}",
        "The `ETag` is the same whichever `fields` are shown; it is what `If-Match` takes.",
        parameters=[_fields(resource), _if_none_match()],
        responses={"200": _row_answer(resource), "304": _not_modified(), **refused(*READING)},
        security=GUESTS_TOO,
    )


@cache
def creating(resource: Resource) -> type[Operation]:
    created = _row_answer(resource, "It is made.")
    created["headers"]["Location"] = {"description": "Where it is.", "schema": {"type": "string"}}
    return documented(
        summary=f"Make a {resource.one}",
        description=_drafts(resource),
        parameters=[*_path(resource), _idempotency_key()],
        request_body=_body(resource, resource.name, resource.written),
        responses={"201": created, **refused(*WRITING)},
        security=KEY_NEEDED,
        tags=[section_of(resource)],
        operation_id=f"create_{_word(resource)}",
    )


@cache
def replacing(resource: Resource) -> type[Operation]:
    return _of_row(
        resource,
        "replace",
        f"Replace a {resource.one}",
        "Members that are not sent get their defaults. What is live takes the permission to publish.",
        parameters=[_if_match(is_required=True)],
        request_body=_body(resource, resource.name, resource.written),
        responses={"200": _row_answer(resource), **refused(*WRITING, 428)},
    )


@cache
def changing(resource: Resource) -> type[Operation]:
    return _of_row(
        resource,
        "change",
        f"Change a {resource.one}",
        "Members that are not sent stay as they are. What is live takes the permission to publish.",
        parameters=[_if_match(is_required=True)],
        request_body=_body(resource, f"{resource.name}Changes", resource.written[:2]),
        responses={"200": _row_answer(resource), **refused(*WRITING, 428)},
    )


@cache
def deleting(resource: Resource) -> type[Operation]:
    return _of_row(
        resource,
        "delete",
        f"Delete a {resource.one}",
        "With everything that belongs to it, for good.",
        parameters=[_if_match(is_required=True)],
        responses={"204": {"description": "It is gone."}, **refused(*WRITING, 428)},
    )


@cache
def deciding(resource: Resource, name: str, decision: Decision) -> type[Operation]:
    return _of_row(
        resource,
        name,
        f"{name.capitalize()} a {resource.one}",
        decision.description,
        parameters=[_if_match(is_required=False), _idempotency_key()],
        responses={"200": _row_answer(resource), **refused(*WRITING)},
    )


def _of_row(
    resource: Resource, verb: str, summary: str, description: str, *, parameters: list[Any], **said: Any
) -> type[Operation]:
    key = resource.by_name[resource.key]
    address = _parameter(resource.parameter, "path", key.adapter, key.description, example=key.example)
    return documented(
        summary=summary,
        description=description,
        parameters=[*_path(resource), address, *parameters],
        tags=[section_of(resource)],
        operation_id=f"{verb}_{_word(resource)}",
        **{"security": KEY_NEEDED, **said},
    )


def _path(resource: Resource) -> list[dict[str, Any]]:
    """Return the parameters of what lies over the resource."""
    if resource.parent is None:
        return []
    over = resource.parent.resource
    key = over.by_name[over.key]
    return [*_path(over), _parameter(over.parameter, "path", key.adapter, key.description, example=key.example)]


def _query_of_list(resource: Resource) -> list[dict[str, Any]]:
    told = {
        "page": "Which page, from 1 on.",
        "page_size": f"How many rows a page has; {PAGE_SIZE} if nothing is said.",
        "cursor": "Where to read on: the `next_cursor` of the answer before; 0 is the beginning.",
    }
    found = [_parameter(name, "query", NUMBERS[name], told[name]) for name in paging_of(resource)]
    found.append(_fields(resource))
    if not resource.has_cursor:
        description = "By what to sort, with commas between; a minus turns the order round."
        found.append(_names("sort", orders_of(resource), description))
    asked = filters_of(resource).values()
    return [*found, *(_parameter(each.name, "query", each.adapter, each.description) for each in asked)]


def _fields(resource: Resource) -> dict[str, Any]:
    return _names("fields", resource.by_name, "Which members to show, with commas between. Shorter lists are faster.")


def _names(name: str, known: Iterable[str], description: str) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string", "enum": list(known)}, "minItems": 1, "uniqueItems": True}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _parameter(name: str, where: str, adapter: Any, description: str, **said: Any) -> dict[str, Any]:
    schema = adapter.json_schema()
    schema.pop("title", None)
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": schema,
        **said,
    }


def _if_match(*, is_required: bool) -> dict[str, Any]:
    description = "The `ETag` of what you have read, or `*`; where it is another one by now, nothing is changed."
    return {
        "name": "If-Match",
        "in": "header",
        "required": is_required,
        "description": description,
        "schema": {"type": "string"},
        "examples": {"any state": {"value": "*"}, "the state that was read": {"value": ETAG_EXAMPLE}},
    }


def _if_none_match() -> dict[str, Any]:
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what you have; where it is still the same, the answer is 304 without a body.",
        "schema": {"type": "string"},
        "example": ETAG_EXAMPLE,
    }


def _idempotency_key() -> dict[str, Any]:
    description = (
        "Any text that stands for this request. Sent again within a day, the request is not carried out twice, "
        "and the answer is the first one; with another request it is refused."
    )
    schema = {"type": "string", "pattern": "^[!-~]{1,255}$"}
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": description,
        "schema": schema,
        "example": "publish-3.14.2",
    }


def _body(resource: Resource, schema: str, fields: Iterable[Field]) -> dict[str, Any]:
    example = {field.name: field.example for field in fields}
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}
    return {"required": True, "content": content}


def _row_answer(resource: Resource, description: str = "The row as it is now.") -> dict[str, Any]:
    example = {field.name: field.example for field in resource.fields}
    return _json(description, {"$ref": f"#/components/schemas/{resource.name}Row"}, example)


def _list_answer(resource: Resource) -> dict[str, Any]:
    row = {field.name: field.example for field in resource.fields if not field.has(Role.LONG)}
    meta: dict[str, Any] = {"total": 1, "page": 1, "page_size": PAGE_SIZE, "has_next": False, "has_previous": False}
    if resource.has_cursor:
        meta |= {"page": None, "next_cursor": None}
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{resource.name}Row"}}
    properties = {
        "data": rows,
        "meta": {"$ref": f"#/components/schemas/{'CursorMeta' if resource.has_cursor else 'Meta'}"},
    }
    schema = {"type": "object", "required": ["data", "meta"], "properties": properties}
    return _json(f"A part of the {_many(resource)}.", schema, {"data": [row], "meta": meta})


def _json(description: str, schema: Mapping[str, Any], example: Any) -> dict[str, Any]:
    etag = {"description": "Stands for this state of what is shown.", "schema": {"type": "string"}}
    return {
        "description": description,
        "headers": {"ETag": etag},
        "content": {JSON: {"schema": schema, "example": example}},
    }


def _not_modified() -> dict[str, Any]:
    return {"description": "It is still what `If-None-Match` names."}


def _paging_words(resource: Resource) -> str:
    if resource.has_cursor:
        return "The list is long, so that it is read on from a cursor, in the order of the ids."
    return "The list comes in pages."


def _drafts(resource: Resource) -> str:
    if resource.writing is not None and resource.writing.decisions:
        return "It is a draft until it is published."
    return "It is there for everybody at once."


def _many(resource: Resource) -> str:
    return f"{resource.one}s" if not resource.one.endswith("x") else f"{resource.one}es"


def section_of(resource: Resource) -> str:
    """Return the section of the document in which the operations of a resource stand."""
    return _many(resource).capitalize()


def _word(resource: Resource) -> str:
    return resource.one.replace(" ", "_")
