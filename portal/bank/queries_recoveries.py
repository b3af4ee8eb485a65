"""Read models of recoveries: what waits for the bank, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.models import Account
from portal.core.errors import NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, Debtor, Staff
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState


@dataclass(frozen=True)
class RecoveryLine:
    """One recovery in the list."""

    id: UUID
    account_id: UUID
    account_ref: str
    name: str
    agency: str
    amount: Money
    fee_bps: int
    fee: Money
    recipient: Recipient
    external_ref: str
    received_on: date
    state: RecoveryState
    reported_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    through_portal: bool


@dataclass(frozen=True)
class Tab:
    """How many recoveries are in a state, and what they come to for each currency."""

    count: int
    sums: list[Money]


def count_recoveries(session: Session, bank_id: UUID) -> dict[RecoveryState, Tab]:
    """Return count and sums of the bank's recoveries by state."""
    rows = session.execute(
        select(Recovery.state, Recovery.currency, func.count(), func.sum(Recovery.amount_minor))
        .where(Recovery.bank_id == bank_id)
        .group_by(Recovery.state, Recovery.currency)
        .order_by(Recovery.currency)
    ).all()
    return {
        state: Tab(
            count=sum(count for at, _, count, _ in rows if at is state),
            sums=[Money(int(total), code) for at, code, _, total in rows if at is state],
        )
        for state in RecoveryState
    }


def list_recoveries(
    session: Session, bank_id: UUID, state: RecoveryState, cursor: Cursor | None
) -> Page[RecoveryLine]:
    """Return recoveries in a state: those that wait oldest first, the others newest first."""
    waiting = state is RecoveryState.REPORTED
    statement = _lines().where(Recovery.bank_id == bank_id, Recovery.state == state)
    rows = session.execute(
        sliced(statement, Recovery.id, Recovery.id, descending=not waiting, cursor=cursor)
    ).all()
    lines = [_line(row) for row in rows]
    return paged(lines, [write_cursor(line.id, line.id) for line in lines], cursor)


def get_recovery(session: Session, bank_id: UUID, recovery_id: UUID) -> tuple[RecoveryLine, Money]:
    """Return one of the bank's recoveries, and what is owed on its account now.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(
        _lines()
        .add_columns(Balance.total_minor)
        .join(
            Balance,
            and_(Balance.bank_id == Recovery.bank_id, Balance.account_id == Recovery.account_id),
        )
        .where(Recovery.bank_id == bank_id, Recovery.id == recovery_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _line(row), Money(row.total_minor, row.Recovery.currency)


def _lines() -> Any:
    return (
        select(
            Recovery,
            Account.account_ref,
            Debtor.name,
            Agency.name.label("agency"),
            Agency.name_zh.label("agency_zh"),
            Staff.name.label("decided_by"),
        )
        .join(
            Account,
            and_(Account.bank_id == Recovery.bank_id, Account.id == Recovery.account_id),
        )
        .join(Debtor, and_(Debtor.bank_id == Recovery.bank_id, Debtor.id == Recovery.debtor_id))
        .join(Agency, Agency.id == Recovery.agency_id)
        .outerjoin(Staff, and_(Staff.org_id == Recovery.bank_id, Staff.id == Recovery.decided_by))
    )


def _line(row: Any) -> RecoveryLine:
    recovery = row.Recovery
    return RecoveryLine(
        id=recovery.id,
        account_id=recovery.account_id,
        account_ref=row.account_ref,
        name=row.name,
        agency=words.organisation(row.agency, row.agency_zh),
        amount=Money(recovery.amount_minor, recovery.currency),
        fee_bps=recovery.fee_bps,
        fee=Money(recovery.amount_minor, recovery.currency).share_bps(recovery.fee_bps),
        recipient=recovery.recipient,
        external_ref=recovery.external_ref,
        received_on=recovery.received_on,
        state=recovery.state,
        reported_at=recovery.reported_at,
        decided_at=recovery.decided_at,
        decided_by=words.by_whom(row.decided_by),
        reason=recovery.reason,
        through_portal=recovery.payment_id is not None,
    )
