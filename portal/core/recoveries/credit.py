"""Crediting money that came in through the portal to the placement it belongs to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.placements.models import Placement, PlacementState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState

#: An agency earns while it may work; once the bank has it back for good, only the tail counts.
EARNING = (
    PlacementState.ACCEPTED,
    PlacementState.WORKING,
    PlacementState.PENDING_RECALL,
    PlacementState.OBJECTED,
)
ENDED = (
    PlacementState.FINAL_RECALL,
    PlacementState.CLOSE_REQUESTED,
    PlacementState.RETURNED,
    PlacementState.CLOSED,
)


def credit_payment(
    session: Session,
    actor: Principal,
    account: Account,
    amount: Money,
    *,
    payment_id: UUID,
    payment_ref: str,
    received_on: date,
    at: datetime,
) -> Recovery | None:
    """Credit a cleared payment to the placement that was live when it was received.

    After the placement's end or term it still counts within its tail days, else to nobody. The
    fee is the placement's rate of the amount, rounded half-even on this line. The caller has
    locked the account; a payment is credited once.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    placement = find_earning_placement(session, account, received_on=received_on, at=at)
    if placement is None or amount.minor <= 0:
        return None
    recovery = Recovery(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        placement_id=placement.id,
        agency_id=placement.agency_id,
        recipient=Recipient.PLATFORM,
        external_ref=payment_ref,
        amount_minor=amount.minor,
        currency=amount.currency,
        received_on=received_on,
        state=RecoveryState.VERIFIED,
        fee_bps=placement.fee_bps,
        fee_minor=amount.share_bps(placement.fee_bps).minor,
        payment_id=payment_id,
        reported_by=actor.user_id,
        reported_at=at,
        decided_by=actor.user_id,
        decided_at=at,
    )
    session.add(recovery)
    session.flush()
    audit.record(session, actor, "recovery.credited", recovery.id, chain_id=account.bank_id)
    return recovery


def find_earning_placement(
    session: Session, account: Account, *, received_on: date, at: datetime
) -> Placement | None:
    """Return the placement that money received now is credited to, if there is one."""
    placements = session.scalars(
        select(Placement)
        .where(
            Placement.bank_id == account.bank_id,
            Placement.account_id == account.id,
            Placement.state.in_(EARNING + ENDED),
            Placement.term_start <= received_on,
        )
        .order_by(Placement.number.desc(), Placement.id.desc())
    ).all()
    return next((one for one in placements if _earns(one, received_on, at)), None)


def _earns(placement: Placement, received_on: date, at: datetime) -> bool:
    if placement.state not in EARNING and placement.ended_at is not None:
        if at <= placement.ended_at:
            return True
        last_on = placement.ended_at.date()
    elif placement.term_end is not None:
        last_on = placement.term_end
        if received_on <= last_on:
            return True
    else:
        return False
    return placement.tail_days > 0 and received_on <= last_on + timedelta(placement.tail_days)
