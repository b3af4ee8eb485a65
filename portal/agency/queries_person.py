"""Read model of what limits contact with a person: what they wish and said, what is on hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.agency.here import day_at
from portal.agency.queries_head import AccountHead
from portal.core.accounts.hold_kinds import kind_of_hold
from portal.core.accounts.hold_reading import Standing, list_holds, open_note, standing_on
from portal.core.accounts.models import Hold, HoldOwner
from portal.core.accounts.statements import (
    is_withdrawn_by,
    list_statements,
    open_statement_note,
)
from portal.core.parties.models import ContactStatement
from portal.core.parties.persons import get_debtor, masked, open_contacts
from portal.core.parties.wishes import find_wish, wish_of
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import Form
from portal.web.held import FORMS, HOLD_NAMES, STANDINGS, say_statement
from portal.web.limits import WishLine, effects, wish_lines

_BY = {
    Side.DEBTOR: _l("the person, on their own page"),
    Side.AGENCY: _l("told to an agency"),
    Side.BANK: _l("told to the bank"),
    Side.SYSTEM: _l("the portal"),
}


@dataclass(frozen=True)
class HeldLine:
    """One hold: what it stops, since and until when, and whose turn it is by when."""

    id: UUID
    name: str
    standing: str
    tone: str
    stops: str
    since: date
    until: date | None
    on_person: bool
    owner: HoldOwner
    due_on: date | None
    ref: str
    note: str


@dataclass(frozen=True)
class SaidLine:
    """One thing the person said and did not take back."""

    id: UUID
    text: str
    how: str
    by: str
    at: datetime
    note: str
    may_withdraw: bool


@dataclass(frozen=True)
class KnownOfPerson:
    """What limits contact with a person, for the panel `agency/_person.html`."""

    account_id: UUID
    wishes: tuple[WishLine, ...]
    wished_at: datetime | None
    wished_by: str
    held: tuple[HeldLine, ...]
    said: tuple[SaidLine, ...]
    may_record: bool


def known_of_person(
    session: Session, actor: Principal, head: AccountHead, *, at: datetime
) -> KnownOfPerson:
    """Return what limits contact with an account's person, whoever recorded it.

    Notes are shown to the agency that wrote them alone.
    """
    row = find_wish(session, head.bank_id, head.debtor_id)
    lines = [] if row is None else [each for each in wish_lines(wish_of(row)) if each.is_limit]
    today = day_at(at, head.bank_zone)
    holds = list_holds(session, debtor_id=head.debtor_id, account_id=head.id)
    points = {
        each.id: masked(each)
        for each in open_contacts(session, get_debtor(session, head.bank_id, head.debtor_id))
    }
    return KnownOfPerson(
        account_id=head.id,
        wishes=tuple(lines),
        wished_at=row.received_at if row else None,
        wished_by=str(_BY[row.told_side]) if row else "",
        held=tuple(
            _held(session, actor, head, hold, today)
            for hold in holds
            if standing_on(hold, today) is not Standing.ENDED
        ),
        said=tuple(
            _said(session, actor, each, points)
            for each in list_statements(session, head.debtor_id)
            if each.account_id in (None, head.id)
        ),
        may_record=actor.may(Permission.WISH_SET),
    )


def _held(
    session: Session, actor: Principal, head: AccountHead, hold: Hold, today: date
) -> HeldLine:
    standing, tone = STANDINGS[standing_on(hold, today)]
    return HeldLine(
        id=hold.id,
        name=str(HOLD_NAMES[hold.kind]),
        standing=str(standing),
        tone=tone,
        stops=effects(kind_of_hold(hold.kind).effects),
        since=hold.starts_on or day_at(hold.received_at, head.bank_zone),
        until=hold.ends_on,
        on_person=hold.account_id is None,
        owner=hold.owner,
        due_on=hold.due_on,
        ref=hold.ref,
        note=open_note(session, hold) if hold.opened_org == actor.agency_id else "",
    )


def _said(
    session: Session, actor: Principal, row: ContactStatement, points: dict[UUID, str]
) -> SaidLine:
    point = points.get(row.contact_point_id, "") if row.contact_point_id else ""
    is_own = row.told_by == actor.user_id
    return SaidLine(
        id=row.id,
        text=say_statement(row, point),
        how=str(FORMS[Form(row.form)]) if row.form != Form.UNKNOWN else "",
        by=_("recorded by you") if is_own else str(_BY[row.told_side]),
        at=row.received_at,
        note=open_statement_note(session, row) if is_own else "",
        may_withdraw=actor.may(Permission.WISH_SET) and is_withdrawn_by(actor, row),
    )
