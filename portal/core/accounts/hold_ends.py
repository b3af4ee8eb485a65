"""Holds that end by themselves: on their last day, or when the person takes back their own stop."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.accounts.hold_reading import has_ended, is_own_stop, list_holds
from portal.core.accounts.holds import ENDED, release_hold
from portal.core.accounts.models import Hold, HoldState
from portal.core.parties.guarding import lock_debtor
from portal.core.parties.models import Debtor
from portal.core.permissions import Permission
from portal.core.principal import Principal


def end_holds(session: Session, actor: Principal, *, at: datetime) -> int:
    """Close the acting bank's holds whose last day is over wherever the person may be.

    They no longer bind by then; closing them makes room for another of their kind. Returns how
    many were closed.
    """
    actor.require(Permission.HOLD_RELEASE)
    rows = session.execute(
        select(Hold, Debtor.zones)
        .join(Debtor, and_(Debtor.bank_id == Hold.bank_id, Debtor.id == Hold.debtor_id))
        .where(
            Hold.bank_id == actor.bank_id,
            Hold.state != HoldState.RELEASED,
            Hold.ends_on <= at.astimezone(UTC).date(),
        )
        .order_by(Hold.debtor_id, Hold.id)
    ).all()
    over = [hold.id for hold, zones in rows if has_ended(hold, zones, at)]
    for hold_id in over:
        release_hold(session, actor, hold_id, reason=ENDED, at=at)
    return len(over)


def lift_own_stop(session: Session, actor: Principal, debtor_id: UUID, *, at: datetime) -> int:
    """Release the stop a person took back on their own page; the machine's work, as theirs.

    Raises:
        NotFound: no such person at the acting bank.
    """
    actor.require(Permission.HOLD_RELEASE)
    lock_debtor(session, actor, debtor_id)
    own = [hold.id for hold in list_holds(session, debtor_id=debtor_id) if is_own_stop(hold)]
    for hold_id in own:
        release_hold(session, actor, hold_id, reason="taken back by the person", at=at)
    return len(own)
