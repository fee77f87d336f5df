"""Jinja for the public site: one environment, what every template may call, and pages with their boxes."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta, nodes, pass_context
from jinja2.runtime import Context
from litestar import Request, Response
from litestar.datastructures import State
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from cms.boxes import queries as boxes
from public_site.urls import requested_path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
STATIC = Path(__file__).resolve().parent / "static"
MENU = ROOT / "fixtures" / "menu.json"
HTML = "text/html"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
SIZE_STEP = 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders a page of one request; handlers ask for it by the name `render`."""

    request: Request[Any, Any, State]
    session: AsyncSession
    environment: Environment

    async def __call__(
        self, template_name: str, /, *, media_type: str = HTML, status_code: int = 200, **context: Any
    ) -> Response[str]:
        """Return the page; its boxes are read in one statement, so that the page is tagged with them."""
        found = await self._boxes_of(template_name)

        def box(label: str) -> Markup:
            if label not in found:
                log.warning("box_is_missing", label=label, template=template_name)
            return Markup(found.get(label, ""))  # noqa: S704 - sanitised when it was written.

        template = self.environment.get_template(template_name)
        content = template.render(**context, request=self.request, box=box)
        return Response(content, media_type=media_type, status_code=status_code)

    async def _boxes_of(self, template_name: str) -> Mapping[str, str]:
        labels = labels_in(self.environment, template_name)
        if not labels:
            return {}
        rows = await self.session.scalars(boxes.shown(labels))
        return {box.label: box.content_html for box in rows}


def make_environment(*, site_url: str) -> Environment:
    """Return the environment of every template of the site; a name that is not there is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    menu = json.loads(MENU.read_text())
    environment.globals |= {
        "absolute": lambda path: site_url + path,
        "current_path": current_path,
        "main_menu_entries": menu["main"],
        "footer_menu_entries": menu["footer"],
        "static": static,
    }
    environment.filters |= {"ap_date": ap_date, "file_size": file_size, "iso": iso}
    return environment


def template_config(environment: Environment) -> TemplateConfig[JinjaTemplateEngine]:
    """Return what lets a handler answer with Litestar's own Template, for pages without boxes."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


@cache
def static(name: str) -> str:
    """Return the address of a static file, with a mark of its content so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


@pass_context
def current_path(context: Context) -> str:
    """Return the path of the page that is being shown."""
    return requested_path(context["request"].scope)


def ap_date(moment: datetime) -> str:
    """Return the day as the Associated Press writes it: "Oct. 7, 2025", "April 7, 2026"."""
    day = moment.astimezone(UTC)
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def iso(moment: datetime) -> str:
    """Return the moment as `<time datetime>` and sitemaps want it, in UTC and to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def file_size(size: int) -> str:
    """Return a number of bytes for people, such as "11.8 MB", whose space does not break."""
    amount = float(size)
    for unit in ("bytes", "KB", "MB"):
        if amount < SIZE_STEP:
            shown = f"{amount:.0f}" if unit == "bytes" else f"{amount:.1f}"
            return f"{shown}{NO_BREAK_SPACE}{unit}"
        amount /= SIZE_STEP
    return f"{amount:.1f}{NO_BREAK_SPACE}GB"


@lru_cache(maxsize=256)
def labels_in(environment: Environment, template_name: str) -> frozenset[str]:
    """Return the labels of the boxes that a template shows, itself or through the templates that it uses."""
    return frozenset(_labels_in(environment, template_name, seen=set()))


def _labels_in(environment: Environment, template_name: str, *, seen: set[str]) -> Iterator[str]:
    if template_name in seen or environment.loader is None:
        return
    seen.add(template_name)
    source, _, _ = environment.loader.get_source(environment, template_name)
    tree = environment.parse(source)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "box" and isinstance(call.args[0], nodes.Const):
            yield call.args[0].value
    for used in meta.find_referenced_templates(tree):
        if used is not None:
            yield from _labels_in(environment, used, seen=seen)
