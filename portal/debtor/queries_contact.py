"""Read models of how a person may be contacted: their wishes, their stop, what is on hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.accounts.hold_kinds import HoldEffect, kind_of_hold
from portal.core.accounts.hold_reading import Standing, is_own_stop, list_holds, standing_on
from portal.core.accounts.locks import get_account
from portal.core.accounts.models import Account, Hold, HoldOwner
from portal.core.accounts.statements import list_statements
from portal.core.parties.models import StatementKind
from portal.core.parties.wishes import Wish, find_wish, wish_of
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import HoldKind
from portal.debtor.queries import Frame, find_frame, local_day
from portal.web.limits import WishLine, effects, wish_lines

#: Why an account rests, said to the person.
_REASONS: Mapping[HoldKind, Any] = {
    HoldKind.DISPUTE: _l("You say that this is wrong"),
    HoldKind.CEASE: _l("You asked to be left alone"),
    HoldKind.ATTORNEY: _l("You have an attorney"),
    HoldKind.HARDSHIP: _l("You asked for support or more time"),
    HoldKind.BEREAVEMENT: _l("A bereavement"),
    HoldKind.BANKRUPTCY: _l("Bankruptcy"),
    HoldKind.BREATHING_SPACE: _l("A breathing space"),
    HoldKind.PLAN_PREPARATION: _l("A plan is being prepared"),
    HoldKind.STATUTE_BARRED_REFUSAL: _l("You say that the debt is too old"),
    HoldKind.COMPLAINT: _l("Your complaint"),
    HoldKind.LITIGATION: _l("It is before a court"),
    HoldKind.BALANCE_UNVERIFIED: _l("The bank checks the amount"),
    HoldKind.CREDENTIAL_LAPSED: _l("The bank checks the agency"),
    HoldKind.OTHER: _l("Another reason"),
}


@dataclass(frozen=True)
class Stop:
    """The person's own request to stop all contact; being lifted once they took it back."""

    statement_id: UUID | None
    since: date

    @property
    def is_being_lifted(self) -> bool:
        """Tell whether the person took it back, and it ends in a moment."""
        return self.statement_id is None


@dataclass(frozen=True)
class HeldLine:
    """One reason why an account rests: since when, until when, and whose turn it is by when."""

    name: str
    since: date
    until: date | None
    stops: str
    owner: HoldOwner
    due_on: date | None
    is_to_come: bool


@dataclass(frozen=True)
class ContactPage:
    """How a person may be contacted, and by whose word."""

    frame: Frame
    wish: Wish
    lines: list[WishLine]
    set_on: date | None
    set_by_person: bool
    stop: Stop | None
    held: tuple[HeldLine, ...]


def contact_page(
    session: Session, actor: Principal, account_id: UUID, language: str, *, at: datetime
) -> ContactPage:
    """Return how a person may be contacted.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.ACCOUNT_READ)
    account = get_account(session, account_id)
    row = find_wish(session, account.bank_id, account.debtor_id)
    wish = Wish() if row is None else wish_of(row)
    holds = _holds(session, account, at)
    return ContactPage(
        frame=find_frame(session, account_id, language),
        wish=wish,
        lines=wish_lines(wish),
        set_on=local_day(session, account.bank_id, row.received_at) if row else None,
        set_by_person=row is not None and row.told_side is Side.DEBTOR,
        stop=_stop(session, account, holds),
        held=tuple(_line(session, account, hold, at) for hold in holds if not is_own_stop(hold)),
    )


def rests_since(session: Session, account_id: UUID, *, at: datetime) -> date | None:
    """Return since when nobody may contact the person about an account, if so."""
    account = get_account(session, account_id)
    days = [
        local_day(session, account.bank_id, hold.received_at)
        for hold in _holds(session, account, at)
        if HoldEffect.NO_CONTACT in kind_of_hold(hold.kind).effects
        and hold.received_at <= at
        and _standing(session, account, hold, at) is not Standing.TO_COME
    ]
    return min(days, default=None)


def _holds(session: Session, account: Account, at: datetime) -> list[Hold]:
    found = list_holds(session, debtor_id=account.debtor_id, account_id=account.id)
    return [hold for hold in found if _standing(session, account, hold, at) is not Standing.ENDED]


def _standing(session: Session, account: Account, hold: Hold, at: datetime) -> Standing:
    return standing_on(hold, local_day(session, account.bank_id, at))


def _stop(session: Session, account: Account, holds: list[Hold]) -> Stop | None:
    own = next((hold for hold in holds if is_own_stop(hold)), None)
    said = list_statements(session, account.debtor_id, kind=StatementKind.CEASE)
    statement = next((row for row in said if row.told_side is Side.DEBTOR), None)
    first = statement or own
    if first is None:
        return None
    return Stop(
        statement.id if statement else None, local_day(session, account.bank_id, first.received_at)
    )


def _line(session: Session, account: Account, hold: Hold, at: datetime) -> HeldLine:
    return HeldLine(
        name=str(_REASONS[hold.kind]),
        since=hold.starts_on or local_day(session, account.bank_id, hold.received_at),
        until=hold.ends_on,
        stops=effects(kind_of_hold(hold.kind).effects),
        owner=hold.owner,
        due_on=hold.due_on,
        is_to_come=_standing(session, account, hold, at) is Standing.TO_COME,
    )
