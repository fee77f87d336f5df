"""The schema document of a resource of version 1, as the old library wrote it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cms.core import clock
from public_site.api.legacy.fields import Field, Kind
from public_site.api.legacy.resources import Resource
from public_site.api.v1.filters import FILTERING
from public_site.api.v1.formats import naive
from public_site.api.v1.paging import USUAL_LIMIT

NO_DEFAULT = "No default provided."
TYPES = {Kind.FLAG: "boolean", Kind.NUMBER: "integer", Kind.CHOICE: "integer", Kind.MOMENT: "datetime"}
HINTS = {
    "boolean": "Boolean data. Ex: True",
    "datetime": 'A date & time as a string. Ex: "2010-11-10T03:07:43"',
    "integer": "Integer data. Ex: 2673",
    "related": "A single related resource. Can be either a URI or set of nested resource data.",
    "string": 'Unicode string data. Ex: "Hello World"',
}


def schema_of(resource: Resource, base: str, *, list_methods: Sequence[str], methods: Sequence[str]) -> dict[str, Any]:
    """Return the document; `base` is what the addresses of schemas begin with."""
    return {
        "allowed_detail_http_methods": [method.lower() for method in methods],
        "allowed_list_http_methods": [method.lower() for method in list_methods],
        "default_format": "application/json",
        "default_limit": USUAL_LIMIT,
        "fields": {field.name: _described(field, base) for field in resource.fields},
        "filtering": FILTERING[resource.path],
    }


def _described(field: Field, base: str) -> dict[str, Any]:
    is_link = field.kind is Kind.LINK
    kind = "related" if is_link else TYPES.get(field.kind, "string")
    described = {
        "blank": field.may_be_blank,
        "default": _default(field),
        "help_text": field.hint or HINTS[kind],
        "nullable": field.may_be_null,
        "primary_key": False,
        "readonly": field.kind is Kind.ADDRESS,
        "type": kind,
        "unique": field.is_unique and field.kind is not Kind.ADDRESS,
        "verbose_name": field.name if is_link else field.label or field.name.replace("_", " "),
    }
    if is_link:
        described |= {"related_schema": f"{base}{field.to}/schema/", "related_type": "to_one"}
    return described


def _default(field: Field) -> Any:
    if field.is_required or field.kind in {Kind.LINK, Kind.ADDRESS}:
        return NO_DEFAULT
    if field.kind is Kind.MOMENT:
        now: datetime = clock.now()
        return naive(now)
    initial = field.initial
    return int(initial) if field.kind in {Kind.CHOICE, Kind.NUMBER} else initial
