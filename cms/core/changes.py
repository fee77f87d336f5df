"""What follows when a row is written: a purge, an index update and an audit entry, in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Mapper, ORMExecuteState, Session
from sqlalchemy.orm.attributes import History

from cms.core import audit, clock, outbox, revisions
from cms.core.database import Authored, Base
from cms.core.errors import CMSError
from cms.core.markup import render_markup_fields
from cms.core.publishing import UNSEEN, Publishable

HANDLED = "consequences_handled"
AS_HANDLED = {HANDLED: True}
"""The execution options of a bulk write whose author takes care of what follows, or from which nothing does."""

BOOKKEEPING = frozenset({"id", "created_at", "updated_at", "created_by_id", "updated_by_id", "lock_version"})


class ConsequencesBypassed(CMSError):
    """A statement would change rows behind the back of the listeners below."""


def prepare(session: Session) -> None:
    """Before a flush: render markup, and name who makes or writes each row."""
    actor_id = audit.acting().actor_id
    for row in session.new:
        render_markup_fields(row)
        if isinstance(row, Authored) and actor_id is not None:
            row.created_by_id = row.created_by_id or actor_id
            row.updated_by_id = actor_id
    for row in session.dirty:
        if session.is_modified(row):
            render_markup_fields(row)
            if isinstance(row, Authored) and actor_id is not None:
                row.updated_by_id = actor_id


def follow_up(session: Session) -> None:
    """After a flush: write purge keys, index work and audit entries of its rows; note which get a revision."""
    written = list(_written_rows(session))
    if not written:
        return
    seen = [(row, action) for row, action in written if _is_seen(row, action)]
    messages = [*_purges(seen), *_index_work(seen), *_news(written, seen)]
    connection = session.connection()
    if messages:
        outbox.write(connection, messages)
    if entries := [entry for row, action in written if (entry := _entry(session, row, action))]:
        connection.execute(audit.AuditEntry.__table__.insert(), entries)  # type: ignore[attr-defined]  # a Table, typed FromClause
    for row, action in written:
        if action != "update" or _is_kept(row):
            revisions.touch(session, row)


def forget(session: Session) -> None:
    """After a transaction, however it ended: forget what was noted about its rows."""
    for notes in (revisions.TOUCHED, "audit_notes", "audit_remarks"):
        session.info.pop(notes, None)


def refuse_bulk_writes(state: ORMExecuteState) -> None:
    """Refuse INSERT, UPDATE and DELETE statements, which the listeners do not see, unless marked as handled."""
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and not state.execution_options.get(HANDLED):
        message = (
            "A bulk write bypasses purge, index and audit. Change rows one by one, or take care of the "
            f"consequences and mark the statement with execution_options({HANDLED}=True)."
        )
        raise ConsequencesBypassed(message)


def _written_rows(session: Session) -> Iterable[tuple[Base, str]]:
    yield from ((row, "create") for row in session.new)
    yield from ((row, "update") for row in session.dirty if session.is_modified(row))
    yield from ((row, "delete") for row in session.deleted)


def _is_kept(row: Base) -> bool:
    """Return whether a column has changed that revisions hold; those that only decisions change they do not."""
    state = inspect(row)
    changed = (key for key in _columns(row) if state.attrs[key].history.has_changes())
    return any(key not in revisions.NEVER_RESTORED | revisions.DECIDED for key in changed)


def _is_seen(row: Base, action: str) -> bool:
    """Return whether the public could see that the row was written."""
    if not isinstance(row, Publishable):
        return True
    state = inspect(row)
    if row.is_seen_live_only and not row.is_published and True not in state.attrs["is_published"].history.deleted:
        return False
    changed = (key for key in _columns(row) if state.attrs[key].history.has_changes())
    return action != "update" or any(key not in UNSEEN for key in changed)


def _purges(written: list[tuple[Base, str]]) -> list[tuple[str, dict[str, Any]]]:
    keys = {key for row, action in written for key in purge_keys_of(row) | _further_keys(row, action)}
    return [("purge_keys", {"keys": sorted(keys)})] if keys else []


def _news(written: list[tuple[Base, str]], seen: list[tuple[Base, str]]) -> list[tuple[str, dict[str, Any]]]:
    """Return word for staff of what only they can see, such as a new draft; a purge tells them of all else."""
    tables = {row.__tablename__ for row, _ in written} - {row.__tablename__ for row, _ in seen}
    return [("announce_changes", {"tables": sorted(tables)})] if tables else []


def purge_keys_of(row: Base) -> set[str]:
    """Return the keys that a row's class declares, filled with its old and its new values."""
    state = inspect(row)
    keys: set[str] = set()
    for values in (_values(row, state, old=False), _values(row, state, old=True)):
        keys |= {template.format_map(values) for template in row.invalidates if _is_filled(template, values)}
    return keys


def _further_keys(row: Base, action: str) -> set[str]:
    """Return the keys of what shows a few columns of the row only; of a new row nothing can show any yet."""
    history = inspect(row).attrs
    return {
        key
        for key, columns in row.invalidates_when.items()
        if action == "delete"
        or (action == "update" and any(history[column].history.has_changes() for column in columns))
    }


def _values(row: Base, state: InstanceState[Any], *, old: bool) -> dict[str, Any]:
    values: dict[str, Any] = {"table": row.__tablename__}
    for key in _columns(row):
        value = state.dict.get(key)
        history = state.attrs[key].history
        values[key] = history.deleted[0] if old and history.deleted else value
    return values


def _is_filled(template: str, values: Mapping[str, Any]) -> bool:
    return all(value is not None for key, value in values.items() if f"{{{key}}}" in template)


def _index_work(written: list[tuple[Base, str]]) -> list[tuple[str, dict[str, Any]]]:
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for row, _ in written:
        if row.search_index:
            ids[row.search_index].add(cast("Any", row).id)
    return [("index_rows", {"index": index, "ids": sorted(found)}) for index, found in ids.items()]


def _entry(session: Session, row: Base, action: str) -> dict[str, Any] | None:
    if not row.audited:
        return None
    changes = {} if action == "delete" else _changes(row)
    decision = audit.noted(session, row)
    if action == "update" and not changes and not decision:
        return None
    who = audit.acting()
    return {
        "at": clock.now(),
        "actor_id": who.actor_id,
        "actor_name": who.actor_name,
        "action": decision[0] if decision else action,
        "table_name": row.__tablename__,
        "row_id": cast("Any", row).id,
        "row_label": str(row)[: audit.LABEL_LENGTH],
        "changes": changes,
        "request_id": who.request_id,
        "remark": (decision[1] if decision else "") or audit.remark_on(session, row),
    }


def _changes(row: Base) -> dict[str, list[Any]]:
    state = inspect(row)
    mapper = cast("Mapper[Any]", state.mapper)
    found: dict[str, list[Any]] = {}
    for key in _columns(row):
        mark = mapper.columns[key].info.get("audit")
        history = state.attrs[key].history
        if key in BOOKKEEPING or mark == audit.QUIET or not history.has_changes():
            continue
        found[key] = [audit.HIDDEN_VALUE] * 2 if mark == audit.SECRET else _old_and_new(history)
    return found


def _old_and_new(history: History) -> list[Any]:
    old = history.deleted[0] if history.deleted else None
    new = history.added[0] if history.added else None
    return [audit.as_json(old), audit.as_json(new)]


def _columns(row: Base) -> list[str]:
    mapper = cast("Mapper[Any]", inspect(type(row)))
    return [attribute.key for attribute in mapper.column_attrs]
