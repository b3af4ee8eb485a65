"""Read model of an account's tab of what limits contact: holds, wishes, and what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.bank.days import bank_today
from portal.bank.queries_account import AccountHead
from portal.bank.queries_holds import HoldLine, account_holds
from portal.core import clock
from portal.core.accounts.statements import list_statements, open_statement_note
from portal.core.parties.models import ContactStatement
from portal.core.parties.persons import masked, open_contacts
from portal.core.parties.wishes import find_wish, wish_of
from portal.core.permissions import Side
from portal.core.rules import Form
from portal.web.held import FORMS, say_statement
from portal.web.limits import WishLine, wish_lines

_BY = {
    Side.DEBTOR: _l("the person, on their own page"),
    Side.AGENCY: _l("told to an agency"),
    Side.BANK: _l("told to the bank"),
    Side.SYSTEM: _l("the portal"),
}


@dataclass(frozen=True)
class SaidLine:
    """One thing the person said and did not take back."""

    id: UUID
    text: str
    how: str
    by: str
    at: datetime
    note: str
    is_answered: bool


@dataclass(frozen=True)
class LimitsTab:
    """What limits contact with an account's person, and what did."""

    holds: list[HoldLine]
    wishes: list[WishLine]
    wished_at: datetime | None
    wished_by: str
    said: list[SaidLine]


def get_limits_tab(session: Session, head: AccountHead) -> LimitsTab:
    """Return what limits contact about an account, whoever recorded it."""
    bank_id, debtor = head.debtor.bank_id, head.debtor
    row = find_wish(session, bank_id, debtor.id)
    points = {each.id: masked(each) for each in open_contacts(session, debtor)}
    return LimitsTab(
        holds=account_holds(
            session,
            bank_id,
            debtor.id,
            head.id,
            today=bank_today(session, bank_id, clock.now()),
        ),
        wishes=[] if row is None else [line for line in wish_lines(wish_of(row)) if line.is_limit],
        wished_at=row.received_at if row else None,
        wished_by=str(_BY[row.told_side]) if row else "",
        said=[
            _said(session, each, points)
            for each in list_statements(session, debtor.id)
            if each.account_id in (None, head.id)
        ],
    )


def _said(session: Session, row: ContactStatement, points: dict[UUID, str]) -> SaidLine:
    return SaidLine(
        id=row.id,
        text=say_statement(
            row, points.get(row.contact_point_id, "") if row.contact_point_id else ""
        ),
        how=str(FORMS[Form(row.form)]) if row.form != Form.UNKNOWN else "",
        by=str(_BY[row.told_side]),
        at=row.received_at,
        note=open_statement_note(session, row),
        is_answered="answered_at" in row.details,
    )
