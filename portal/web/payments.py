"""What happens between two transactions of a payment: the calls to the payment provider.

Nothing here runs inside a transaction. A bank's keys are read as the bank's own machine, since
the person who pays may not see them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import faults
from portal.core.errors import Conflict, NotFound, PortalError
from portal.core.money import Money
from portal.core.payments import clear, inbox, janitor, start
from portal.core.payments.lookup import WrongPage, get_payment
from portal.core.payments.merchants import KeySource, is_live, merchant_of
from portal.core.payments.models import EventState, Payment
from portal.core.ports import Checkout, CheckoutRequest, GatewayUnavailable, Merchant
from portal.core.principal import Principal
from portal.web.gateways import gateways
from portal.web.uow import in_transaction, transaction

log = structlog.get_logger()


def key_source() -> KeySource:
    """Return where this installation's merchants have their keys from."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    key, secret = settings.stripe_secret_key, settings.stripe_webhook_secret
    return KeySource(
        realm="sandbox" if settings.sandbox_enabled else "live",
        shared_key=key.get_secret_value() if key else None,
        shared_webhook_secret=secret.get_secret_value() if secret else None,
    )


def merchant_for(bank_id: UUID) -> Merchant:
    """Return a bank's account at the provider.

    Raises:
        Unavailable: the bank cannot take payments yet.
    """
    with transaction(Principal.system(bank_id)) as session:
        return merchant_of(session, bank_id, key_source())


def open_page(
    actor: Principal, payment: Payment, *, back_to: str, cancel_to: str, locale: str, at: datetime
) -> Payment:
    """Open the provider's page for a payment that is initiated, and write down what came of it.

    When nobody knows what came of the call the payment is `unknown` and looked up later.

    Raises:
        Conflict, Invalid, Unavailable: the provider refused; the payment has failed.
    """
    request = CheckoutRequest(
        payment_id=payment.id,
        amount=Money(payment.amount_minor, payment.currency),
        # The provider's page and the card statement are seen by others: a reference and no more.
        description=payment.ref,
        success_url=back_to,
        cancel_url=cancel_to,
        expires_at=payment.expires_at,
        locale=locale,
    )
    try:
        checkout = _open(merchant_for(payment.bank_id), request)
    except GatewayUnavailable:
        with transaction(actor) as session:
            return start.record_unknown(session, actor, payment.id)
    except PortalError:
        with transaction(actor) as session:
            start.record_refusal(session, actor, payment.id, at=at)
        raise
    faults.point("payments.start.called")
    with transaction(actor) as session:
        return start.record_page(session, actor, payment.id, checkout)


def _open(merchant: Merchant, request: CheckoutRequest) -> Checkout:
    try:
        return gateways().payments.open_checkout(merchant, request)
    except Conflict:
        # Opened before in another language, say: that page is this payment's page all the same.
        found = gateways().payments.find_checkout(merchant, request.payment_id)
        if found is None:
            raise
        return found


def cancel_page(actor: Principal, payment: Payment, *, at: datetime) -> Payment:
    """Close a payment's page at the provider and end the payment, unless it was paid meanwhile.

    Raises:
        Unavailable: the provider did not answer; nothing is changed.
    """
    merchant = merchant_for(payment.bank_id)
    checkout = _page_of(merchant, payment)
    if checkout is not None and checkout.status == "open":
        gateways().payments.expire_checkout(merchant, checkout.id)
        checkout = gateways().payments.get_checkout(merchant, checkout.id)
    with transaction(actor) as session:
        return start.abandon_payment(session, actor, payment.id, checkout, at=at)


def _page_of(merchant: Merchant, payment: Payment) -> Checkout | None:
    if payment.checkout_id:
        return gateways().payments.get_checkout(merchant, payment.checkout_id)
    return gateways().payments.find_checkout(merchant, payment.id)


def look_up(bank_id: UUID, payment_id: UUID, *, at: datetime) -> Payment:
    """Bring a payment to where the provider has it; for the bank's machine, any number of times.

    Raises:
        Unavailable: the provider did not answer; try again later.
    """
    system = Principal.system(bank_id)
    merchant = merchant_for(bank_id)
    with transaction(system) as session:
        payment = get_payment(session, payment_id)
    checkout = _page_of(merchant, payment)
    faults.point("payments.look-up.fetched")

    def work(session: Session) -> Payment:
        if checkout is None:
            return janitor.give_up(session, system, payment_id, at=at)
        if checkout.livemode != is_live(merchant):
            raise WrongPage("livemode")
        clear.settle_checkout(session, system, payment_id, checkout, at=at)
        return get_payment(session, payment_id)

    try:
        return in_transaction(system, work)
    except WrongPage as error:
        log.error("payment.page_differs", payment_id=str(payment_id), what=error.what)
        raise


def handle_event(bank_id: UUID, event_id: str, *, at: datetime) -> EventState | None:
    """Act on one stored event: ask the provider what it stands for, then book that, once.

    Returns what became of the event; None when there was nothing to do.

    Raises:
        Unavailable: the provider did not answer; the event stays to be handled again.
    """
    system = Principal.system(bank_id)
    merchant = merchant_for(bank_id)
    with transaction(system) as session:
        errand = inbox.read_errand(session, system, merchant, event_id, at=at)
    if errand is None:
        return None
    try:
        checkout = _fetch(merchant, errand)
        faults.point("payments.handle.fetched")
        if checkout is not None and checkout.livemode != is_live(merchant):
            raise WrongPage("livemode")
        return in_transaction(
            system, lambda session: _act(session, merchant, event_id, errand, checkout, at)
        )
    except (NotFound, WrongPage) as error:
        return _quarantine(system, merchant, event_id, getattr(error, "what", "page"), at)


def _fetch(merchant: Merchant, errand: inbox.Errand) -> Checkout | None:
    if errand.checkout_id:
        return gateways().payments.get_checkout(merchant, errand.checkout_id)
    return gateways().payments.find_checkout(merchant, errand.payment_id)


def _act(
    session: Session,
    merchant: Merchant,
    event_id: str,
    errand: inbox.Errand,
    checkout: Checkout | None,
    at: datetime,
) -> EventState:
    system = Principal.system(merchant.bank_id)
    if checkout is not None:
        clear.settle_checkout(session, system, errand.payment_id, checkout, at=at)
    inbox.close_event(session, system, merchant, event_id, state=EventState.HANDLED, at=at)
    faults.point("payments.handle.closed")
    return EventState.HANDLED


def _quarantine(
    system: Principal, merchant: Merchant, event_id: str, reason: str, at: datetime
) -> EventState:
    log.error(
        "payment.event_quarantined", bank_id=str(merchant.bank_id), event_id=event_id, reason=reason
    )
    with transaction(system) as session:
        inbox.close_event(
            session,
            system,
            merchant,
            event_id,
            state=EventState.QUARANTINED,
            reason=reason,
            at=at,
        )
    return EventState.QUARANTINED
