"""What a bank's own rules would have done to the contacts of a past month, before they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.core.actions.models import Action, Permit
from portal.core.actions.own_pack import draft_pack
from portal.core.actions.own_settings import BankSettings
from portal.core.actions.own_tally import Preview, Sample, Tally, contacts_within
from portal.core.errors import NotFound
from portal.core.parties.models import Bank
from portal.core.permissions import Permission
from portal.core.principal import Principal

__all__ = ["LIMIT", "Preview", "Sample", "preview"]

#: So many contacts are judged while somebody waits; of more, some people are drawn.
LIMIT = 20_000
_PEOPLE_AT_ONCE = 500


def preview(
    session: Session,
    actor: Principal,
    settings: BankSettings,
    *,
    since: datetime,
    until: datetime,
    limit: int = LIMIT,
    seed: str = "1",
) -> Preview:
    """Judge a bank's contacts and permits of a time, `[since, until)`, by a draft of its own rules.

    Nothing is written. People are drawn by `seed` until about `limit` contacts are looked at: all
    of a person's contacts or none, since limits count them together.

    Raises:
        PermissionDenied: the actor's role does not read actions.
        NotFound: the actor is not a bank's.
    """
    actor.require(Permission.ACTION_READ)
    if actor.bank_id is None:
        raise NotFound
    bank = session.get_one(Bank, actor.bank_id)
    pack = draft_pack(settings, effective_from=since.date())
    tally = Tally(session, bank.id, ZoneInfo(bank.timezone), pack, since, until)
    drawn = _draw(session, bank.id, since, until, limit, seed)
    for start in range(0, len(drawn.people), _PEOPLE_AT_ONCE):
        tally.add(drawn.people[start : start + _PEOPLE_AT_ONCE])
    return tally.result(drawn.contacts, is_drawn=drawn.is_part)


@dataclass(frozen=True)
class _Drawn:
    """Whose contacts are looked at, of how many there were in all."""

    people: list[UUID]
    contacts: int
    is_part: bool


def _draw(
    session: Session, bank_id: UUID, since: datetime, until: datetime, limit: int, seed: str
) -> _Drawn:
    """Draw people somebody contacted, or asked to, until there is enough to look at."""
    asked = (Permit.bank_id == bank_id, Permit.asked_at >= since, Permit.asked_at < until)
    events = union_all(
        select(Action.debtor_id, literal(1).label("contact")).where(
            *contacts_within(bank_id, since, until)
        ),
        select(Permit.debtor_id, literal(0)).where(*asked),
    ).subquery()
    rows = session.execute(
        select(events.c.debtor_id, func.sum(events.c.contact), func.count())
        .group_by(events.c.debtor_id)
        .order_by(func.md5(func.concat(seed, events.c.debtor_id)), events.c.debtor_id)
    ).all()
    people: list[UUID] = []
    taken = 0
    for debtor_id, _contacts, weight in rows:
        if taken + weight <= limit or not people:
            people.append(debtor_id)
            taken += weight
    contacts = sum(int(row[1]) for row in rows)
    return _Drawn(people, contacts, is_part=len(people) < len(rows))
