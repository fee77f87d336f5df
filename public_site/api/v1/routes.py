"""The addresses of API v1, each with the methods it answers and the permissions that writing needs."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, Router, get, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Permission
from public_site.api.legacy.fields import Shape
from public_site.api.legacy.resources import RELEASE_FILES, RESOURCES, Resource
from public_site.api.v1 import reading, writing
from public_site.api.v1.errors import HTML, answer_error

BASE = "/api/v1/"
METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.OPTIONS]
"""A HEAD has become a GET before it comes here."""

ONE = ("GET", "DELETE")
READ_ONLY = ("GET",)

AnyRequest = Request[Any, Any, State]


def router() -> Router:
    """Return the routes of all resources."""
    handlers = [handler for resource in RESOURCES for handler in _handlers_of(resource)]
    return Router(
        BASE,
        route_handlers=[_index(), *handlers],
        exception_handlers={Exception: answer_error},
    )


def list_methods(resource: Resource) -> Sequence[str]:
    """Return what can be done at the address of all rows. All files of a release can be deleted there, nothing else."""
    return ("GET", "POST", "DELETE") if resource is RELEASE_FILES else ("GET", "POST")


def needed(resource: Resource, methods: Sequence[str]) -> dict[str, Permission | None]:
    """Return the permission that each unsafe method needs; None where the method is refused to everybody."""
    permissions = {"POST": resource.edit_permission, "DELETE": resource.delete_permission}
    return {method: permissions[method] if method in methods else None for method in ("POST", "PUT", "PATCH", "DELETE")}


def refused(request: AnyRequest, methods: Sequence[str]) -> Response[Any] | None:
    """Return the answer to OPTIONS, and to a method that is not possible here; None for one that is."""
    if request.method in methods:
        return None
    allowed = ",".join(methods)
    status = 200 if request.method == "OPTIONS" else 405
    return Response(allowed.encode(), status_code=status, media_type=HTML, headers={"Allow": allowed})


def _index() -> HTTPRouteHandler:
    @get("/")
    async def show_index(request: AnyRequest) -> Response[Any]:
        return reading.index(request, BASE)

    return show_index


def _handlers_of(resource: Resource) -> list[HTTPRouteHandler]:
    shape = reading.shape_of(resource, BASE)
    return [_list(resource, shape), _schema(resource), _set(resource, shape), _one(resource, shape)]


def _list(resource: Resource, shape: Shape) -> HTTPRouteHandler:
    methods = list_methods(resource)

    @route(f"/{resource.path}", http_method=METHODS, opt={"permissions": needed(resource, methods)})
    async def answer_list(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Response[Any]:
        if refusal := refused(request, methods):
            return refusal
        if request.method == "POST":
            return await writing.create(request, session, resource, shape)
        if request.method == "DELETE":
            return await writing.delete_list(request, session)
        return await reading.show_list(request, session, resource, shape)

    return answer_list


def _schema(resource: Resource) -> HTTPRouteHandler:
    @route(f"/{resource.path}/schema", http_method=METHODS, opt={"permissions": needed(resource, READ_ONLY)})
    async def answer_schema(request: AnyRequest) -> Response[Any]:
        if refusal := refused(request, READ_ONLY):
            return refusal
        return reading.show_schema(request, resource, BASE, list_methods=list_methods(resource), methods=ONE)

    return answer_schema


def _set(resource: Resource, shape: Shape) -> HTTPRouteHandler:
    @route(f"/{resource.path}/set/{{ids:str}}", http_method=METHODS, opt={"permissions": needed(resource, READ_ONLY)})
    async def answer_set(
        request: AnyRequest, session: NamedDependency[AsyncSession], ids: FromPath[str]
    ) -> Response[Any]:
        if refusal := refused(request, READ_ONLY):
            return refusal
        return await reading.show_set(request, session, resource, shape, ids.split(";"))

    return answer_set


def _one(resource: Resource, shape: Shape) -> HTTPRouteHandler:
    @route(f"/{resource.path}/{{key:str}}", http_method=METHODS, opt={"permissions": needed(resource, ONE)})
    async def answer_one(
        request: AnyRequest, session: NamedDependency[AsyncSession], key: FromPath[str]
    ) -> Response[Any]:
        if refusal := refused(request, ONE):
            return refusal
        if request.method == "DELETE":
            return await writing.delete(request, session, resource, key)
        return await reading.show_one(request, session, resource, shape, key)

    return answer_one
