"""Every panel of the dashboard, in the order in which they are shown."""

from collections.abc import Callable
from typing import Any, cast

from admin.panels import content, links, machinery, releases, reviewed
from admin.panels.panel import Desk, Kind, tables_of
from cms.core.bulk import BulkRun
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission, allows
from cms.links.models import BrokenLink
from cms.missed_paths.models import MissedPath


def _who_sees_content(desk: Desk) -> bool:
    return bool(desk.publishable)


def _who_edits_content(desk: Desk) -> bool:
    return any(view.is_open_to(desk.user, "edit") for view in desk.publishable)


def _who_publishes(desk: Desk) -> bool:
    return any(allows(desk.user, cast("Any", view.model).publish_permission) for view in desk.publishable)


def _who_holds(permission: Permission) -> Callable[[Desk], bool]:
    return lambda desk: allows(desk.user, permission)


def _content(desk: Desk) -> set[str]:
    return tables_of(desk.publishable)


def _of(*models: type) -> Callable[[Desk], set[str]]:
    return lambda _desk: {str(model.__tablename__) for model in models}  # type: ignore[attr-defined]  # every model has one


def _releases(_desk: Desk) -> set[str]:
    return {"releases", "release_files"}


KINDS = (
    Kind("reviews", _who_publishes, _content, reviewed.waiting_for_me),
    Kind("sent-back", _who_edits_content, _content, reviewed.sent_back_to_me),
    Kind("drafts", _who_edits_content, _content, content.my_drafts),
    Kind("coming-up", _who_sees_content, _content, content.coming_up),
    Kind("releases", _who_holds(Permission.DOWNLOADS_EDIT), _releases, releases.latest_releases),
    Kind("unfinished", _who_holds(Permission.DOWNLOADS_EDIT), _releases, releases.unfinished_releases),
    Kind("published", _who_sees_content, _content, content.published_by_others),
    Kind("runs", _who_edits_content, _of(BulkRun), machinery.my_runs),
    Kind("failed", _who_holds(Permission.OPERATIONS_VIEW), _of(OutboxMessage), machinery.failed),
    Kind("broken-links", _who_edits_content, _of(BrokenLink), links.broken),
    Kind("missed", _who_holds(Permission.PAGES_EDIT), _of(MissedPath), links.missed),
)
