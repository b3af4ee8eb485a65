"""Files of actions for tests: rows from what matters to the test, the rest filled in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.actions import file_booking, file_template, files
from portal.core.actions.file_plan import Plan, plan_file
from portal.core.actions.files import list_rejects
from portal.core.placements.models import Placement
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.factories import NOON, MadeAccount

HEADINGS = (*file_template.HEADINGS, "bank_code")
#: A day after the factory's placements, at noon in New York: nothing forbids a call.
CALLED = NOON + timedelta(days=1)
NOW = NOON + timedelta(days=2)
GOOD = {
    "at": CALLED.isoformat(),
    "channel": "call",
    "direction": "outbound",
    "target": "debtor",
    "outcome_code": "no answer",
}


def ref_of(account: MadeAccount) -> str:
    """Return the reference of the placement an account is on."""
    with transaction(Principal.system(account.bank_id)) as session:
        return session.get_one(Placement, (account.bank_id, account.placement_id)).ref


def day_file(
    rows: Iterable[Mapping[str, str]],
    *,
    headings: Sequence[str] = HEADINGS,
    delimiter: str = ",",
    trailer: str | None = None,
    encoding: str = "utf-8",
) -> bytes:
    """Return a file of actions: each row is a good call but for what it says itself."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(headings)
    for row in rows:
        cells = {**GOOD, **row}
        writer.writerow([cells.get(heading, "") for heading in headings])
    if trailer is not None:
        out.write(trailer + "\r\n")
    return out.getvalue().encode(encoding)


def receive(agent: Principal, bank_id: UUID, data: bytes, *, name: str = "day.csv") -> UUID:
    """Upload a file and keep its suggested columns; return its id."""
    with transaction(agent) as session:
        kept = files.receive_file(session, agent, bank_id, io.BytesIO(data), file_name=name, at=NOW)
        delivery = files.open_delivery(session, kept)
        files.keep_mapping(kept, delivery, files.mapping_of(session, kept, delivery))
        return kept.id


def plan(session: Session, agent: Principal, file_id: UUID, *, now: datetime = NOW) -> Plan:
    """Say what is to become of a kept file's rows."""
    kept = files.get_file(session, agent, file_id)
    delivery = files.open_delivery(session, kept)
    return plan_file(session, kept, delivery, files.mapping_of(session, kept, delivery), now=now)


def plan_of(agent: Principal, bank_id: UUID, data: bytes, *, now: datetime = NOW) -> Plan:
    """Upload a file and say what is to become of its rows."""
    file_id = receive(agent, bank_id, data)
    with transaction(agent) as session:
        return plan(session, agent, file_id, now=now)


def codes_of(plan: Plan) -> dict[int, set[str]]:
    """Return the rejected rows of a plan with the codes of their errors."""
    return {row.number: {error.code for error in row.errors} for row in plan.rejected}


def book(
    agent: Principal, bank_id: UUID, data: bytes, *, now: datetime = NOW
) -> file_booking.BookedPart:
    """Upload a file of one part and log it."""
    file_id = receive(agent, bank_id, data)
    with transaction(agent) as session:
        found = plan(session, agent, file_id, now=now)
        assert len(found.parts) == 1, codes_of(found)
        kept = files.get_file(session, agent, file_id)
        return file_booking.book_part(session, agent, kept, found.parts[0], now=now)


def rejects_of(agent: Principal, file_id: UUID) -> dict[int, set[str]]:
    """Return the rejected rows kept with a file, with the codes of their errors."""
    with transaction(agent) as session:
        kept = files.get_file(session, agent, file_id)
        found = list_rejects(session, kept)
    return {row: {error.code for error in errors} for row, errors in found.items()}
