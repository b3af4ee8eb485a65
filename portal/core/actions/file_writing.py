"""Many judged actions into their tables at once, each with its judgement and its breaches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, inspect, text
from sqlalchemy.orm import Session

from portal.core.actions.file_judging import JudgedPart
from portal.core.actions.judging import (
    breach_values,
    kept_values,
    note_judgement,
    packs_record,
)
from portal.core.actions.models import Action, Breach, BreachState, KeptJudgement
from portal.core.db import Base
from portal.core.rules import Pack

Values = Mapping[str, Any]
_FIRST = 1  # the number of an action's first judgement
_ONCE = (
    " ON CONFLICT (bank_id, made_by_agency_id, external_id) WHERE external_id IS NOT NULL"
    " DO NOTHING RETURNING id"
)


class IdsTaken(Exception):
    """Some rows' ids are on record where the agency cannot see them; nothing was logged."""

    def __init__(self, keys: frozenset[str]) -> None:
        super().__init__(sorted(keys))
        self.keys = keys


def write_part(session: Session, part: JudgedPart, *, now: datetime) -> None:
    """Write the actions of a part, how each was judged, and the rules it broke.

    Raises:
        IdsTaken: ids are used on accounts the agency no longer sees; nothing may be kept.
    """
    actions: list[Values] = []
    judgements: list[Values] = []
    breaches: list[Values] = []
    records: dict[tuple[Pack, ...], list[dict[str, Any]]] = {}
    for row in part.rows:
        if row.packs not in records:
            records[row.packs] = packs_record(session, row.packs)
        packs = records[row.packs]
        note_judgement(row.action, row.judgement, _FIRST)
        actions.append(vars(row.action))
        judgements.append(
            kept_values(row.action, row.facts, row.judgement, packs, _FIRST, "logged", now)
        )
        breaches += [
            breach_values(row.action, found, _FIRST, now) | {"state": BreachState.OPEN}
            for found in row.broken
        ]
    _write_actions(session, actions)
    _write(session, KeptJudgement, judgements)
    _write(session, Breach, breaches)


def _write_actions(session: Session, actions: Sequence[Values]) -> None:
    """Write actions; one whose id is on record out of sight must not be dropped unseen."""
    written = set(session.scalars(*_insert(Action, actions, _ONCE)))
    missing = {action["external_id"] for action in actions if action["id"] not in written}
    if missing:
        raise IdsTaken(frozenset(missing))


def _write(session: Session, model: type[Base], rows: Sequence[Values]) -> None:
    if rows:
        session.execute(*_insert(model, rows))


def write_changes(session: Session, rows: Sequence[Base]) -> None:
    """Write what was changed on rows of one table, all in one statement, and let go of them."""
    changed = [(row, _changed(row)) for row in rows]
    names = sorted(set().union(*(names for _row, names in changed)))
    if names:
        table = rows[0].__tablename__
        settings = ", ".join(f"{name} = own.{name}" for name in names)
        statement = (
            # The names are those of our own tables; every value is bound.
            f"UPDATE {table} AS kept SET {settings}"  # noqa: S608
            f" FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json)) AS own"
            " WHERE kept.bank_id = own.bank_id AND kept.id = own.id"
        )
        values = [
            {name: getattr(row, name) for name in ("bank_id", "id", *names)}
            for row, changes in changed
            if changes
        ]
        session.execute(text(statement), {"rows": _json(values)})
    for row in rows:
        session.expunge(row)


def _changed(row: Base) -> set[str]:
    state = inspect(row)
    return set(state.mapper.column_attrs.keys()) - state.unmodified


def _insert(
    model: type[Base], rows: Sequence[Values], ending: str = ""
) -> tuple[TextClause, dict[str, str]]:
    """Return a statement that inserts rows of one table, and its values: the rows as JSON.

    One statement for all costs a fifth of one for each. What is the same in all rows goes over
    once. Columns no row says anything of are left to the table.
    """
    told = {name for row in rows for name in row}
    names = [column.name for column in model.__table__.columns if column.name in told]
    first = rows[0]
    same = {name for name in names if all(row.get(name) is first.get(name) for row in rows)}
    own = [name for name in names if name not in same]
    table = model.__tablename__
    columns = ", ".join(f"{'common' if name in same else 'own'}.{name}" for name in names)
    statement = (
        # The names are those of our own tables; every value is bound.
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {columns}"  # noqa: S608
        f" FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json)) AS own,"
        f" json_populate_record(CAST(NULL AS {table}), CAST(:common AS json)) AS common{ending}"
    )
    return text(statement), {
        "rows": _json([{name: row.get(name) for name in own} for row in rows]),
        "common": _json({name: first.get(name) for name in same}),
    }


def _json(values: object) -> str:
    return json.dumps(values, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
