"""Read model of the recoveries an agency reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.accounts.models import Account
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState

PAGE = 50


@dataclass(frozen=True)
class RecoveryRow:
    """One recovery of the agency. The account's names are empty when it is with it no more."""

    id: UUID
    account_id: UUID | None
    account_ref: str
    name: str
    bank: str
    amount: Money
    fee: Money
    received_on: date
    reported_at: datetime
    recipient: Recipient
    ref: str
    state: RecoveryState
    reason: str


@dataclass(frozen=True)
class RecoveryList:
    """A page of recoveries, the newest report first, and the key of the next."""

    rows: list[RecoveryRow]
    before: str


def list_recoveries(
    session: Session,
    agency_id: UUID,
    *,
    state: RecoveryState | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> RecoveryList:
    """Return the recoveries of an agency, those of one state if it is named."""
    statement = (
        select(
            Recovery.id,
            Account.id.label("account_id"),
            Account.account_ref,
            Debtor.name.label("person"),
            Bank.name,
            Bank.name_zh,
            Recovery.amount_minor,
            Recovery.fee_minor,
            Recovery.currency,
            Recovery.received_on,
            Recovery.reported_at,
            Recovery.recipient,
            Recovery.external_ref,
            Recovery.state,
            Recovery.reason,
        )
        .join(Bank, Bank.id == Recovery.bank_id)
        # Once the account is recalled its names are out of sight; the report itself stays.
        .outerjoin(
            Account,
            and_(Account.bank_id == Recovery.bank_id, Account.id == Recovery.account_id),
        )
        .outerjoin(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .where(Recovery.agency_id == agency_id)
        .order_by(Recovery.id.desc())
        .limit(limit + 1)
    )
    if state is not None:
        statement = statement.where(Recovery.state == state)
    if before is not None:
        statement = statement.where(Recovery.id < before)
    found = session.execute(statement).all()
    rows = [
        RecoveryRow(
            id=row.id,
            account_id=row.account_id,
            account_ref=row.account_ref or "",
            name=row.person or "",
            bank=name_in(row),
            amount=Money(row.amount_minor, row.currency),
            fee=Money(row.fee_minor, row.currency),
            received_on=row.received_on,
            reported_at=row.reported_at,
            recipient=row.recipient,
            ref=row.external_ref,
            state=row.state,
            reason=row.reason,
        )
        for row in found[:limit]
    ]
    return RecoveryList(rows, str(rows[-1].id) if len(found) > limit else "")
