"""The inbox of the provider's events: stored under their own id first, acted on afterwards.

An event is a hint that something changed. What changed is asked from the provider, so events may
be repeated, late, or in any order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core import faults, outbox
from portal.core.payments.merchants import is_live
from portal.core.payments.models import EventState, Payment, ProviderEvent
from portal.core.permissions import Permission
from portal.core.ports import GatewayEvent, Merchant
from portal.core.principal import Principal

PAGE_EVENTS = frozenset(
    f"checkout.session.{what}"
    for what in ("completed", "expired", "async_payment_succeeded", "async_payment_failed")
)
INTENT_EVENTS = frozenset(
    f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "canceled")
)


@dataclass(frozen=True)
class Errand:
    """What an event asks for: fetch this page, then bring this payment to where it stands."""

    payment_id: UUID
    checkout_id: str


def receive_event(
    session: Session, actor: Principal, merchant: Merchant, event: GatewayEvent
) -> bool:
    """Store a verified event under its id and enqueue its handling; False when it was there.

    An event that speaks of another account than the merchant's goes into quarantine at once.

    Raises:
        PermissionDenied: the actor is not the bank's machine.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    ours = event.account == merchant.account
    stored = session.execute(
        insert(ProviderEvent)
        .values(
            bank_id=merchant.bank_id,
            gateway_account=event.account,
            event_id=event.id,
            kind=event.kind,
            object_id=event.object_id,
            livemode=event.livemode,
            body=event.body,
            created_at=event.created_at,
            state=EventState.RECEIVED if ours else EventState.QUARANTINED,
            reason="" if ours else "account",
        )
        .on_conflict_do_nothing()
        .returning(ProviderEvent.event_id)
    ).one_or_none()
    if stored is None:
        return False
    faults.point("payments.inbox.stored")
    if ours:
        outbox.enqueue(
            session,
            "handle_gateway_event",
            bank_id=str(merchant.bank_id),
            event_id=event.id,
        )
    return True


def read_errand(
    session: Session, actor: Principal, merchant: Merchant, event_id: str, *, at: datetime
) -> Errand | None:
    """Return what a stored event asks for; None when there is nothing, or nothing more, to do.

    An event of a kind we do not use is set aside as ignored; one that is not about a payment of
    this bank, account and mode goes into quarantine.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    event = lock_event(session, merchant, event_id)
    if event is None or event.state is not EventState.RECEIVED:
        return None
    if event.kind not in PAGE_EVENTS | INTENT_EVENTS:
        _close(event, EventState.IGNORED, "kind", at)
        return None
    if event.livemode != is_live(merchant):
        _close(event, EventState.QUARANTINED, "livemode", at)
        return None
    payment = _payment_of(session, event)
    if payment is None:
        _close(event, EventState.QUARANTINED, "payment", at)
        return None
    checkout_id = event.object_id if event.kind in PAGE_EVENTS else payment.checkout_id
    return Errand(payment.id, checkout_id or "")


def close_event(
    session: Session,
    actor: Principal,
    merchant: Merchant,
    event_id: str,
    *,
    state: EventState,
    at: datetime,
    reason: str = "",
) -> None:
    """Note what came of an event. One that was closed already stays as it is."""
    actor.require(Permission.RECOVERY_VERIFY)
    event = lock_event(session, merchant, event_id)
    if event is not None and event.state is EventState.RECEIVED:
        _close(event, state, reason, at)
        session.flush()


def lock_event(session: Session, merchant: Merchant, event_id: str) -> ProviderEvent | None:
    """Lock and return an event of a merchant's inbox."""
    return session.scalars(
        select(ProviderEvent)
        .where(
            ProviderEvent.bank_id == merchant.bank_id,
            ProviderEvent.gateway_account == merchant.account,
            ProviderEvent.event_id == event_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _close(event: ProviderEvent, state: EventState, reason: str, at: datetime) -> None:
    event.state, event.reason, event.handled_at = state, reason, at


def _payment_of(session: Session, event: ProviderEvent) -> Payment | None:
    """Return the payment an event names, by the reference we gave the provider with it."""
    told = json.loads(event.body)["data"]["object"]
    named = told.get("client_reference_id") or (told.get("metadata") or {}).get("payment_id")
    try:
        payment_id = UUID(str(named))
    except ValueError:
        return None
    return session.get(Payment, (event.bank_id, payment_id))
