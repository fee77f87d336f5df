"""The old addresses of API v2, each with the methods it answers and the permissions that writing needs."""

import re
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, Router, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from public_site.api.legacy.resources import PAGES, RELEASE_FILES, RESOURCES, Resource
from public_site.api.v2.legacy import views
from public_site.api.v2.legacy.answers import ALLOW, answer_error
from public_site.api.v2.legacy.requests import Permissions, admitted, described
from public_site.dependencies import site_url_of

BASE = "/api/v2/"
METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.OPTIONS]
"""A HEAD has become a GET before it comes here."""

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
AnyRequest = Request[Any, Any, State]


def router() -> Router:
    """Return the routes of all resources."""
    handlers = [_index(), _delete_by_release()]
    for resource in RESOURCES:
        handlers += [_list(resource), _one(resource)]
    return Router(BASE, route_handlers=handlers, exception_handlers={Exception: answer_error})


def needed(resource: Resource, methods: Sequence[str]) -> Permissions:
    """Return the permission that each unsafe method needs; None where the method is refused to everybody."""
    return {method: _permission(resource, method) if method in methods else None for method in UNSAFE}


def _permission(resource: Resource, method: str) -> Any:
    return resource.delete_permission if method == "DELETE" else resource.edit_permission


def _options(methods: Sequence[str], permissions: Permissions) -> dict[str, Any]:
    further = ["HEAD", "OPTIONS"] if "GET" in methods else ["OPTIONS"]
    return {ALLOW: ", ".join([*methods, *further]), "permissions": permissions}


def _words(resource: Resource) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resource.name)


def _index() -> HTTPRouteHandler:
    methods, permissions = ("GET",), dict.fromkeys(UNSAFE)

    @route("/", http_method=METHODS, opt=_options(methods, permissions))
    async def answer_index(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Response[Any]:
        await admitted(request, session, permissions, methods=methods)
        if request.method == "OPTIONS":
            return described(request, "Api Root")
        return views.index(request, f"{site_url_of(request)}{BASE}")

    return answer_index


def _list(resource: Resource) -> HTTPRouteHandler:
    methods = ("GET",) if resource is PAGES else ("GET", "POST")
    permissions = needed(resource, methods)

    @route(f"/{resource.path}", http_method=METHODS, opt=_options(methods, permissions))
    async def answer_list(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Response[Any]:
        caller = await admitted(request, session, permissions, methods=methods)
        if request.method == "OPTIONS":
            return described(request, f"{_words(resource)} List")
        at = views.Place(resource, f"{site_url_of(request)}{BASE}")
        if request.method == "POST":
            return await views.create(request, session, at, by=caller.person)
        return await views.show_list(request, session, at, by=caller.user)

    return answer_list


def _one(resource: Resource) -> HTTPRouteHandler:
    methods = ("GET",) if resource is PAGES else ("GET", "PUT", "PATCH", "DELETE")
    permissions = needed(resource, methods)

    @route(f"/{resource.path}/{{key:str}}", http_method=METHODS, opt=_options(methods, permissions))
    async def answer_one(
        request: AnyRequest, session: NamedDependency[AsyncSession], key: FromPath[str]
    ) -> Response[Any]:
        caller = await admitted(request, session, permissions, methods=methods)
        if request.method == "OPTIONS":
            return described(request, f"{_words(resource)} Instance")
        at = views.Place(resource, f"{site_url_of(request)}{BASE}")
        if request.method == "DELETE":
            return await views.delete(request, session, at, key, by=caller.person)
        if request.method in {"PUT", "PATCH"}:
            return await views.change(request, session, at, key, by=caller.person)
        return await views.show_one(request, session, at, key, by=caller.user)

    return answer_one


def _delete_by_release() -> HTTPRouteHandler:
    methods = ("DELETE",)
    permissions = needed(RELEASE_FILES, methods)

    @route(f"/{RELEASE_FILES.path}/delete_by_release", http_method=METHODS, opt=_options(methods, permissions))
    async def answer_delete_by_release(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Response[Any]:
        caller = await admitted(request, session, permissions, methods=methods)
        if request.method == "OPTIONS":
            return described(request, "Delete by release")
        return await views.delete_by_release(request, session, by=caller.person)

    return answer_delete_by_release
