"""Redirects of the old site; those of other sites in the same database stay behind."""

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Rows, Values, shown
from cms.redirects.models import Redirect
from cms.redirects.services import is_safe_target

DOMAINS = ("www.python.org", "python.org")
SITE = "site of the redirects"


async def _find_site(old: Rows, known: Known) -> None:
    """Find out which of the old sites is ours: the one with our name, else the first."""
    sites = sorted(await old.rows("django_site"), key=lambda site: int(site["id"]))
    named = [site for domain in DOMAINS for site in sites if str(site.get("domain")).lower() == domain]
    known.facts[SITE] = (named or sites or [{"id": None}])[0]["id"]
    if sites and not named:
        known.remark(
            "django_redirect",
            f"No site is named {DOMAINS[0]}; the redirects are those of {shown(sites[0].get('domain'))}.",
        )


def _redirect(row: LegacyRow, values: Values, known: Known) -> None:
    site = row.get("site_id")
    if known.facts[SITE] is not None and site != known.facts[SITE]:
        raise Refused(f"It belongs to another site, number {site}.")
    if not values["old_path"].startswith("/") or values["old_path"].startswith("//"):
        raise Refused(f"Its old path {shown(values['old_path'])} does not begin with one slash.")
    known.claim_alone(row, "old path", values["old_path"])
    target = values["new_path"]
    if target and not is_safe_target(target):
        raise Refused(f"Its target {shown(target)} is neither a path of this site nor a web address.")
    if target and target.rstrip("/") == values["old_path"].rstrip("/"):
        raise Refused("It leads to itself.")


REDIRECTS = LegacyTable(
    source="django_redirect",
    model=Redirect,
    columns={"id": "id", "old_path": "old_path", "new_path": "new_path"},
    prepare=_find_site,
    convert=_redirect,
)
