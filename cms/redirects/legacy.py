"""Redirects of the old site; those of other sites in the same database stay behind."""

import re
from collections.abc import Mapping
from typing import Any

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Rows, Values, shown
from cms.redirects.chains import LONGEST
from cms.redirects.models import Redirect
from cms.redirects.services import is_safe_target

DOMAINS = ("www.python.org", "python.org")
OWN_ADDRESS = re.compile(r"^https?://(www\.)?python\.org(?=/)", re.IGNORECASE)
SITE = "site of the redirects"
CIRCLES = "redirects that lead in a circle"
LEADS = "where redirects lead"
COVERED = "paths of live pages, which the old site asked before its redirects"


async def _prepare(old: Rows, known: Known) -> None:
    await _find_site(old, known)
    pages = await old.rows("pages_page", "path", "is_published")
    known.facts[COVERED] = {_plain(page["path"]) for page in pages if page.get("is_published")}
    await _find_circles(old, known)


async def _find_site(old: Rows, known: Known) -> None:
    """Find out which of the old sites is ours: the one with our name, else the first."""
    numbered = [site for site in await old.rows("django_site") if isinstance(site.get("id"), int)]
    sites = sorted(numbered, key=lambda site: int(site["id"]))
    named = [site for domain in DOMAINS for site in sites if str(site.get("domain")).lower() == domain]
    known.facts[SITE] = (named or sites or [{"id": None}])[0]["id"]
    if sites and not named:
        known.remark(
            "django_redirect",
            f"No site is named {DOMAINS[0]}; the redirects are those of {shown(sites[0].get('domain'))}.",
        )


async def _find_circles(old: Rows, known: Known) -> None:
    """Find the old paths from which one would be sent around for ever."""
    rows = await old.rows("django_redirect", "site_id", "old_path", "new_path")
    leads = {row.get("old_path"): _path_of(row.get("new_path")) for row in reversed(rows) if _is_followed(row, known)}
    settled: set[Any] = set()
    circles: set[Any] = set()
    for start in leads:
        way: dict[Any, None] = {}
        path = start
        while path in leads and path not in settled and path not in way:
            way[path] = None
            path = leads[path]
        if path in way:
            steps = list(way)
            circles.update(steps[steps.index(path) :])
        settled.update(way)
    known.facts[CIRCLES] = circles
    known.facts[LEADS] = {str(path).rstrip("/"): target for path, target in leads.items() if path not in circles}


def _is_ours(row: Mapping[str, Any], known: Known) -> bool:
    return known.facts[SITE] is None or row.get("site_id") == known.facts[SITE]


def _is_followed(row: Mapping[str, Any], known: Known) -> bool:
    return _is_ours(row, known) and _plain(row.get("old_path")) not in known.facts[COVERED]


def _plain(path: Any) -> str:
    """Return a path as it is compared: with or without slashes around it, it is the same place."""
    return str(path).strip().strip("/")


def _path_of(target: Any) -> Any:
    """Return the path of a target on this site, however it is written."""
    return OWN_ADDRESS.sub("", target) if isinstance(target, str) else target


def _redirect(row: LegacyRow, values: Values, known: Known) -> None:
    if not _is_ours(row.values, known):
        raise Refused(f"It belongs to another site, number {row.get('site_id')}.")
    if not values["old_path"].startswith("/") or values["old_path"].startswith("//"):
        raise Refused(f"Its old path {shown(values['old_path'])} does not begin with one slash.")
    known.claim_alone(row, "old path", values["old_path"])
    if _plain(values["old_path"]) in known.facts[COVERED]:
        raise Refused("It was never followed: a live page lies at this path.")
    target = values["new_path"]
    if target and not is_safe_target(target):
        raise Refused(f"Its target {shown(target)} is neither a path of this site nor a web address.")
    if target and _path_of(target).rstrip("/") == values["old_path"].rstrip("/"):
        raise Refused("It leads to itself.")
    if values["old_path"] in known.facts[CIRCLES]:
        raise Refused(f"It leads, by way of {shown(target)}, back to itself.")
    values["steps"] = _steps(_path_of(target), known.facts[LEADS])


def _steps(target: str, leads: Mapping[str, Any]) -> int:
    """Return how many redirects lead to the end, that to the target included."""
    steps = 1
    while target and target.rstrip("/") in leads and steps < LONGEST:
        target = str(leads[target.rstrip("/")] or "")
        steps += 1
    return steps


REDIRECTS = LegacyTable(
    source="django_redirect",
    model=Redirect,
    columns={"id": "id", "old_path": "old_path", "new_path": "new_path"},
    derived=frozenset({"steps"}),
    prepare=_prepare,
    convert=_redirect,
)
