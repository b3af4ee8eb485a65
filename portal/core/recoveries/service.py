"""Recoveries an agency reports, and the bank's verdict on them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ledger.models import Book, PostingKind
from portal.core.ledger.service import allocate, lock_balance, post
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.placements.models import Placement
from portal.core.plans.instalments import pay_instalments
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState


def report_recovery(
    session: Session,
    actor: Principal,
    account_id: UUID,
    amount: Money,
    *,
    received_on: date,
    recipient: Recipient,
    external_ref: str,
    at: datetime,
    today: date,
) -> Recovery:
    """Report money collected on an account; it counts once the bank has verified it.

    The fee is what the placement was made with.

    Raises:
        PermissionDenied: the actor reports no recoveries.
        NotFound: no such account is placed with the actor's agency.
        Invalid: nothing, another currency, a day ahead or before the term, or no reference.
        Conflict: this reference was reported before.
    """
    actor.require(Permission.RECOVERY_REPORT)
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id, Account.agency_id.is_not(None))
        .with_for_update()
    ).one_or_none()
    if account is None:
        raise NotFound
    placement = session.get_one(Placement, (account.bank_id, account.placement_id))
    ref = external_ref.strip()
    _check_report(account, placement, amount, received_on=received_on, ref=ref, today=today)
    known = session.scalar(
        select(Recovery.id).where(
            Recovery.bank_id == account.bank_id,
            Recovery.recipient == recipient,
            Recovery.external_ref == ref,
        )
    )
    if known is not None:
        raise Conflict("A recovery with this reference was reported before.", field="external_ref")
    recovery = Recovery(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        placement_id=placement.id,
        agency_id=placement.agency_id,
        recipient=recipient,
        external_ref=ref,
        amount_minor=amount.minor,
        currency=amount.currency,
        received_on=received_on,
        state=RecoveryState.REPORTED,
        fee_bps=placement.fee_bps,
        reported_by=actor.user_id,
        reported_at=at,
    )
    session.add(recovery)
    session.flush()
    audit.record(session, actor, "recovery.reported", recovery.id, chain_id=account.bank_id)
    return recovery


def _check_report(
    account: Account,
    placement: Placement,
    amount: Money,
    *,
    received_on: date,
    ref: str,
    today: date,
) -> None:
    if amount.minor <= 0 or amount.currency != account.currency:
        raise Invalid(
            "Enter an amount in %(currency)s, like 150.00.",
            currency=account.currency,
            field="amount",
        )
    if received_on > today:
        raise Invalid(
            "The day lies ahead. Enter the day the money was received.", field="received_on"
        )
    if placement.term_start is not None and received_on < placement.term_start:
        raise Invalid("The day lies before the account was placed with you.", field="received_on")
    if not ref or len(ref) > 100:
        raise Invalid(
            "Enter the reference of the payment, at most 100 characters.", field="external_ref"
        )


def lock_recovery(session: Session, recovery_id: UUID) -> Recovery:
    """Lock a recovery this principal may see.

    Raises:
        NotFound: there is none.
    """
    recovery = session.scalars(
        select(Recovery).where(Recovery.id == recovery_id).with_for_update()
    ).one_or_none()
    if recovery is None:
        raise NotFound
    return recovery


def verify_recovery(
    session: Session, actor: Principal, recovery_id: UUID, *, at: datetime
) -> Recovery:
    """Confirm a reported recovery for the bank: the balance falls, the fee is fixed.

    Money the agency holds goes to the agency's trust book, money the bank received to the bank's.
    The fee is the placement's rate of the amount, rounded half-even on this line. A running plan's
    instalments are paid with it, as with money that came in through the portal.

    Raises:
        PermissionDenied: the actor verifies no recoveries.
        NotFound: no such recovery at the acting bank.
        Conflict: it was decided already, or is more than is owed.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    recovery = _lock_for_decision(session, actor, recovery_id)
    # Accounts are locked before what hangs on them: the same order everywhere.
    balance = lock_balance(session, recovery.bank_id, recovery.account_id)
    amount = Money(recovery.amount_minor, recovery.currency)
    held_in = Book.AGENCY_TRUST if recovery.recipient is Recipient.AGENCY else Book.BANK
    moves, rest = allocate(balance, amount, held_in)
    if rest:
        raise Conflict("This is more than is owed. Reject it, or ask for the right amount.")
    post(
        session,
        actor,
        balance,
        kind=PostingKind.RECOVERY,
        cause=f"recovery:{recovery.id}",
        effective_on=recovery.received_on,
        moves=moves,
    )
    faults.point("recovery.booked")
    pay_instalments(
        session,
        lock_account(session, recovery.account_id),
        amount,
        owed_after=Money(balance.total_minor, balance.currency),
    )
    recovery.state = RecoveryState.VERIFIED
    recovery.fee_minor = amount.share_bps(recovery.fee_bps).minor
    _decided(session, actor, recovery, at)
    return recovery


def reject_recovery(
    session: Session, actor: Principal, recovery_id: UUID, *, reason: str, at: datetime
) -> Recovery:
    """Reject a reported recovery with a reason; nothing is booked.

    Raises:
        PermissionDenied, NotFound, Conflict: as when verifying.
        Invalid: no reason is given.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    if not reason.strip():
        raise Invalid("Say why, so that the agency can put it right.")
    recovery = _lock_for_decision(session, actor, recovery_id)
    recovery.state, recovery.reason = RecoveryState.REJECTED, reason.strip()[:500]
    _decided(session, actor, recovery, at)
    return recovery


def _lock_for_decision(session: Session, actor: Principal, recovery_id: UUID) -> Recovery:
    if actor.bank_id is None:
        raise NotFound
    seen = session.get(Recovery, (actor.bank_id, recovery_id))
    if seen is None:
        raise NotFound
    session.execute(
        select(Account.id)
        .where(Account.bank_id == seen.bank_id, Account.id == seen.account_id)
        .with_for_update()
    )
    recovery = lock_recovery(session, recovery_id)
    session.refresh(recovery)
    if recovery.state is not RecoveryState.REPORTED:
        raise Conflict("This recovery was decided already.")
    return recovery


def _decided(session: Session, actor: Principal, recovery: Recovery, at: datetime) -> None:
    recovery.decided_by, recovery.decided_at = actor.user_id, at
    session.flush()
    audit.record(session, actor, f"recovery.{recovery.state.value}", recovery.id)
