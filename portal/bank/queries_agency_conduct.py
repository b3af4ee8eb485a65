"""Read model of what each agency did in a period: contacts, permits asked for, breaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.bank.queries_breach_counts import BreachCount, Period
from portal.bank.queries_breaches import maker
from portal.core.accounts.exports import Cell
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.parties.models import Agency
from portal.core.rules import Channel, Direction

#: Contacts a permit is asked for. Letters and messages in the portal are sent by the portal.
ASKED_FOR = (Channel.CALL, Channel.SMS, Channel.EMAIL, Channel.VISIT)

FIGURES = (
    *(_l("Agency"), _l("Contacts"), _l("Without a permit"), _l("Breaches")),
    *(_l("Permits asked for"), _l("Granted"), _l("Denied"), _l("Used"), _l("Lapsed")),
    *(_l("Refused by a person"), _l("Waiting for a person")),
)


@dataclass(frozen=True)
class AgencyFigures:
    """What one agency, or the bank itself, did in the period."""

    agency_id: UUID | None
    name: str
    contacts: int
    without_permit: int
    breaches: int
    by_day: list[int]
    permits: Counter[str]

    @property
    def share_bps(self) -> int | None:
        """Return the share of contacts made without a permit, in basis points."""
        return _bps(self.without_permit, self.contacts)

    @property
    def rate(self) -> int | None:
        """Return breaches for each 10,000 contacts."""
        return _bps(self.breaches, self.contacts)

    @property
    def asked(self) -> int:
        """Return how many permits were asked for."""
        return self.permits.total()

    def permits_in(self, *states: str) -> int:
        """Return how many permits are in any of some states."""
        return sum(self.permits[state] for state in states)


def list_agencies(
    session: Session,
    bank_id: UUID,
    period: Period,
    counts: Sequence[BreachCount],
    now: datetime,
) -> list[AgencyFigures]:
    """Return the figures of everybody who acted, or asked whether they might, in a period."""
    contacts = _contacts(session, bank_id, period)
    permits = _permits(session, bank_id, period, now)
    ids = {*contacts, *permits, *(each.agency_id for each in counts)}
    rows = session.execute(
        select(Agency.id, Agency.name, Agency.name_zh).where(
            Agency.id.in_([each for each in ids if each is not None])
        )
    )
    names = {None: maker(None, None)} | {row.id: maker(row.name, row.name_zh) for row in rows}
    found = [
        _figures(agency_id, names.get(agency_id, ""), period, counts, contacts, permits)
        for agency_id in ids
    ]
    return sorted(found, key=lambda each: (each.agency_id is None, each.name, str(each.agency_id)))


def _figures(
    agency_id: UUID | None,
    name: str,
    period: Period,
    counts: Sequence[BreachCount],
    contacts: dict[UUID | None, tuple[int, int]],
    permits: dict[UUID | None, Counter[str]],
) -> AgencyFigures:
    by_day: Counter[date] = Counter()
    for each in counts:
        if each.agency_id == agency_id:
            by_day[each.day] += each.count
    made, without = contacts.get(agency_id, (0, 0))
    return AgencyFigures(
        agency_id=agency_id,
        name=name,
        contacts=made,
        without_permit=without,
        breaches=by_day.total(),
        by_day=[by_day[day] for day in period.days],
        permits=permits.get(agency_id, Counter()),
    )


def _contacts(
    session: Session, bank_id: UUID, period: Period
) -> dict[UUID | None, tuple[int, int]]:
    rows = session.execute(
        select(
            Action.made_by_agency_id,
            func.count(),
            func.count().filter(Action.permit_id.is_(None)),
        )
        .where(
            Action.bank_id == bank_id,
            period.covers(Action.made_at),
            Action.direction == Direction.OUTBOUND,
            Action.channel.in_(ASKED_FOR),
        )
        .group_by(Action.made_by_agency_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _permits(
    session: Session, bank_id: UUID, period: Period, now: datetime
) -> dict[UUID | None, Counter[str]]:
    lapsed = and_(Permit.state == PermitState.GRANTED, Permit.expires_at <= now)
    rows = session.execute(
        select(Permit.agency_id, Permit.state, lapsed.label("lapsed"), func.count())
        .where(Permit.bank_id == bank_id, period.covers(Permit.asked_at))
        .group_by(Permit.agency_id, Permit.state, lapsed)
    )
    found: dict[UUID | None, Counter[str]] = {}
    for agency_id, state, is_lapsed, count in rows:
        name = "lapsed" if is_lapsed else state.value
        found.setdefault(agency_id, Counter())[name] += count
    return found


def _bps(part: int, whole: int) -> int | None:
    """Return a share in basis points, rounded half up; of nothing there is none."""
    return (part * 20_000 + whole) // (2 * whole) if whole else None


def figure_rows(agencies: Iterable[AgencyFigures]) -> Iterator[list[Cell]]:
    """Yield the figures of everybody who acted, under `FIGURES`."""
    for each in agencies:
        yield [
            *(each.name, each.contacts, each.without_permit, each.breaches, each.asked),
            *(each.permits_in("granted", "used", "lapsed", "returned"), each.permits_in("denied")),
            *(each.permits_in("used"), each.permits_in("lapsed"), each.permits_in("refused")),
            each.permits_in("asked"),
        ]
