"""Jinja for the public site: one environment, what every template may call, and pages with their boxes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Request, Response
from litestar.datastructures import State
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners import queries as banners
from cms.banners.models import Banner
from cms.boxes import placement
from cms.boxes import queries as boxes
from cms.core import template_sources
from cms.core.template_sources import TEMPLATES
from cms.media.variants import address_of
from cms.menus.trees import Menus
from public_site.highlighting import highlighted
from public_site.menus import shown_menus
from public_site.pictures import responsive, sources_of, srcset_of
from public_site.urls import requested_path

STATIC = Path(__file__).resolve().parent / "static"
FRAME = "base.html"
"""The template around every page, which shows the banner."""

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
    boxes_instead: Mapping[str, str] = field(default_factory=dict)
    """HTML of boxes by their labels, shown in place of what is stored."""

    banner_instead: Banner | None = None
    """The banner of every page, in place of the one that is meant for it."""

    async def __call__(
        self, template_name: str, /, *, media_type: str = HTML, status_code: int = 200, **context: Any
    ) -> Response[str]:
        """Return the page with its boxes and its banner, which are read here, so that it is tagged with them."""
        found = await self._boxes_of(template_name)

        def box(label: str) -> Markup:
            if label not in found:
                log.warning("box_is_missing", label=label, template=template_name)
            return responsive(found.get(label, ""))

        template = self.environment.get_template(template_name)
        banner = await self._banner_of(template_name)
        content = template.render(**context, request=self.request, box=box, banner=banner)
        return Response(content, media_type=media_type, status_code=status_code)

    async def _boxes_of(self, template_name: str) -> Mapping[str, str]:
        labels = placement.labels_in(template_name)
        if not labels:
            return {}
        rows = await self.session.scalars(boxes.shown(labels))
        return {**{box.label: box.content_html for box in rows}, **self.boxes_instead}

    async def _banner_of(self, template_name: str) -> Banner | None:
        if FRAME not in template_sources.used_by(template_name):
            return None
        return self.banner_instead or await self.session.scalar(banners.shown_at(requested_path(self.request.scope)))


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
    environment.globals |= {
        "absolute": lambda path: site_url + path,
        "current_path": current_path,
        "banner": None,
        "menus": menus,
        "picture_address": address_of,
        "picture_sources": sources_of,
        "picture_srcset": srcset_of,
        "static": static,
    }
    environment.filters |= {
        "ap_date": ap_date,
        "file_size": file_size,
        "highlighted": highlighted,
        "iso": iso,
        "responsive": responsive,
    }
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


@pass_context
def menus(context: Context) -> Menus:
    """Return the menus as guests see them; the page that shows them ends when they change."""
    return shown_menus(context["request"])


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
