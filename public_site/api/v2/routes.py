"""The modern routes: from a declared resource to its handlers, the same for each of them."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import integrity
from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission, allows
from cms.users import idempotency
from cms.users.idempotency import Answer
from cms.users.models import User
from public_site.api.caller import caller_of
from public_site.api.v2 import conditions, operations
from public_site.api.v2.conditions import CACHING, JSON, Asked, answer, encoded, require_match
from public_site.api.v2.fields import Field
from public_site.api.v2.lists import read_list, wish_for_list, wish_for_row
from public_site.api.v2.refusals import BadRequest
from public_site.api.v2.resources import Decision, Resource, Sent, Writing
from public_site.api.v2.rows import row_of, rows_of

IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
REPLAYED = {"Idempotency-Replayed": "true"}
Session = NamedDependency[AsyncSession]
Act = Callable[[User], Awaitable[Answer]]


def controller_of(resource: Resource) -> type[Controller]:
    """Return the controller of a resource: its list, its rows and, where it can be written, the verbs of its domain."""
    routes, row = ResourceController, f"/{{{resource.parameter}:str}}"
    found: dict[str, Any] = {
        "show_list": get("/", operation_class=operations.listing(resource))(routes.show_list),
        "show_row": get(row, operation_class=operations.showing(resource))(routes.show_row),
    }
    if resource.writing is not None:
        found |= {
            "writing": resource.writing,
            "create_row": post("/", operation_class=operations.creating(resource))(routes.create_row),
            "replace_row": put(row, operation_class=operations.replacing(resource))(routes.replace_row),
            "change_row": patch(row, operation_class=operations.changing(resource))(routes.change_row),
            "delete_row": delete(row, operation_class=operations.deleting(resource))(routes.delete_row),
        }
        for name, decision in resource.writing.decisions.items():
            documented = operations.deciding(resource, name, decision)
            route = post(f"{row}/{name}", operation_class=documented, status_code=200)
            found[name] = route(deciding(decision))
    address = resource.address.replace("}", ":str}")
    return type(f"{resource.name}Controller", (ResourceController,), {"resource": resource, "path": address, **found})


class ResourceController(Controller):
    """What the handlers of one resource do; each is a few lines between the request and the domain."""

    resource: Resource
    writing: Writing
    """Only of what can be written, as are the handlers that ask for it."""

    async def show_list(self, request: Asked, session: Session) -> Response[bytes]:
        caller = caller_of(request.scope)
        wish = wish_for_list(self.resource, request.scope["query_string"])
        rows = await rows_of(self.resource, request, session, caller.user)
        body = encoded(await read_list(session, self.resource, rows, wish))
        return answer(request, body, tag=conditions.tag_of(body))

    async def show_row(self, request: Asked, session: Session) -> Response[bytes]:
        caller = caller_of(request.scope)
        names = wish_for_row(self.resource, request.scope["query_string"])
        row = await row_of(self.resource, request, session, caller.user)
        return answer(request, encoded(self.resource.shown(row, names)), tag=self.tag_of(row))

    async def create_row(self, request: Asked, session: Session) -> Response[bytes]:
        async def create(person: User) -> Answer:
            sent = await _read(request, self.resource.whole)
            row = self.resource.model()
            if self.resource.parent is not None:
                over = await row_of(self.resource.parent.resource, request, session, person)
                setattr(row, self.resource.parent.column.key, over.id)
            await self._fill(session, row, sent, person)
            done = await self._save(session, row, person, status=201)
            key = str(getattr(row, self.resource.key))
            location = f"{request.url.path.rstrip('/')}/{quote(key, safe='')}"
            return replace(done, headers={**done.headers, "Location": location})

        return await self.once(request, session, self.writing.edit, create)

    async def replace_row(self, request: Asked, session: Session) -> Response[bytes]:
        person = self._person(request, self.writing.edit)
        row = await row_of(self.resource, request, session, person, is_locked=True)
        require_match(request, self.tag_of(row))
        sent = await _read(request, self.resource.whole)
        rest = self.resource.model()
        for field in self.resource.written:
            if field.name not in sent.model_fields_set and field.column is not None:
                setattr(row, field.column.key, getattr(rest, field.column.key))
        await self._fill(session, row, sent, person)
        return _response(await self._save(session, row, person))

    async def change_row(self, request: Asked, session: Session) -> Response[bytes]:
        person = self._person(request, self.writing.edit)
        row = await row_of(self.resource, request, session, person, is_locked=True)
        require_match(request, self.tag_of(row))
        await self._fill(session, row, await _read(request, self.resource.changes), person)
        return _response(await self._save(session, row, person))

    async def delete_row(self, request: Asked, session: Session) -> None:
        person = self._person(request, self.writing.delete)
        row = await row_of(self.resource, request, session, person, is_locked=True)
        require_match(request, self.tag_of(row))
        await self.writing.remove(session, row, by=person)
        await integrity.settle(session)

    def _person(self, request: Asked, permission: Permission) -> User:
        """Return who calls, if they hold the permission at all; for which rows, the domain decides."""
        person = caller_of(request.scope).person
        if not allows(person, permission):
            raise PermissionDenied(f"Your roles, or the scopes of this key, do not include “{permission.words}”.")
        return person

    async def once(self, request: Asked, session: AsyncSession, permission: Permission, act: Act) -> Response[bytes]:
        """Do what is asked for or, where it was done before under the same idempotency key, answer the same again."""
        person = self._person(request, permission)
        key = request.headers.get("idempotency-key")
        if key is None:
            return _response(await act(person))
        if not IDEMPOTENCY_KEY.fullmatch(key):
            raise BadRequest.in_fields({"Idempotency-Key": ["Take at most 255 letters, digits and marks."]})
        asked = "\n".join((request.method, request.scope["path"], request.headers.get("if-match", "")))
        request_hash = hashlib.sha256(asked.encode(errors="surrogatepass") + b"\n" + await request.body()).hexdigest()
        kept = await idempotency.begin(session, person, key, request_hash=request_hash)
        if kept is not None:
            return _response(kept, **REPLAYED)
        done = await act(person)
        await idempotency.keep(session, person, key, done)
        return _response(done)

    async def _fill(self, session: AsyncSession, row: Any, sent: Sent, person: User) -> None:
        """Put what was sent onto the row. Raises Invalid for each reference that leads nowhere."""
        errors = {}
        with session.no_autoflush:
            for name in sent.model_fields_set:
                field, value = self.resource.by_name[name], getattr(sent, name)
                if field.reference is not None and value is not None:
                    value = await _referred(session, field, value, person)
                    if value is None:
                        errors[name] = [f"There is no “{getattr(sent, name)}”."]
                        continue
                assert field.column is not None  # noqa: S101 - what is written has a column.
                setattr(row, field.column.key, value)
        if errors:
            raise Invalid.in_fields(errors)

    async def _save(self, session: AsyncSession, row: Any, person: User, *, status: int = 200) -> Answer:
        await self.writing.save(session, row, by=person)
        return await self.shown(session, row, status=status)

    async def shown(self, session: AsyncSession, row: Any, *, status: int = 200) -> Answer:
        """Write the row, and return the answer that shows it as it is now."""
        await integrity.settle(session)
        model = self.resource.model
        written = self.resource.loading(select(model).where(model.id == row.id))
        row = (await session.scalars(written.execution_options(populate_existing=True))).one()
        return Answer(status, {"ETag": self.tag_of(row)}, encoded(self.resource.shown(row)))

    def tag_of(self, row: Any) -> str:
        """Return the entity tag of a row, which changes with all that is shown of it and with each save."""
        return conditions.tag_of(encoded([getattr(row, "lock_version", None), self.resource.shown(row)]))


def deciding(decision: Decision) -> Callable[..., Awaitable[Response[bytes]]]:
    """Return the handler that takes a decision on a row."""

    async def decide_row(self: ResourceController, request: Asked, session: Session) -> Response[bytes]:
        async def decide(person: User) -> Answer:
            row = await row_of(self.resource, request, session, person, is_locked=True)
            require_match(request, self.tag_of(row), is_asked_for=False)
            await decision.perform(session, row, by=person)
            return await self.shown(session, row)

        return await self.once(request, session, decision.permission, decide)

    return decide_row


async def _read(request: Asked, model: type[Sent]) -> Sent:
    """Return what was sent. Raises BadRequest where it is no JSON, and Invalid naming each member that is wrong."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        faults = error.errors(include_url=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        message = "What was sent is no JSON."
        raise BadRequest(message)
    raise Invalid.in_fields({".".join(map(str, fault["loc"])): [f"{fault['msg']}."] for fault in faults})


async def _referred(session: AsyncSession, field: Field, value: Any, person: User) -> int | None:
    """Return the key of the row that a value names, among those that the person may see."""
    assert field.reference is not None  # noqa: S101 - only references are asked for.
    rows = field.reference.seen_by(person).where(field.reference.key == value)
    found: int | None = await session.scalar(rows.with_only_columns(field.reference.key.class_.id).limit(1))
    return found


def _response(done: Answer, **said: str) -> Response[bytes]:
    headers = {**CACHING, **done.headers, **said}
    return Response(done.body, status_code=done.status, headers=headers, media_type=JSON)
