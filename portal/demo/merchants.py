"""Making a bank a merchant of the payment sandbox: its keys, its address, its endpoint."""

from __future__ import annotations

import secrets
from uuid import UUID

from portal.core.errors import Unavailable
from portal.core.parties.models import Bank
from portal.core.payments.merchants import (
    KeySource,
    merchant_of,
    set_merchant_keys,
    webhook_address,
)
from portal.core.ports import Merchant
from portal.core.principal import Principal
from portal.extensions import db
from portal.sandbox.deliver import register_endpoint
from portal.sandbox.keys import secret_key_for
from portal.web.uow import transaction

SANDBOX = KeySource(realm="sandbox")


def set_up_sandbox_merchant(bank_id: UUID, base_url: str) -> Merchant:
    """Give a bank an account at the sandbox, and tell the sandbox where its events go.

    A repeat keeps keys and address, and moves the endpoint to the present base address. Needs an
    application context.
    """
    system = Principal.system(bank_id)
    with transaction(system) as session:
        try:
            merchant = merchant_of(session, bank_id, SANDBOX)
        except Unavailable:
            bank = session.get_one(Bank, bank_id)
            set_merchant_keys(
                session,
                system,
                bank_id,
                realm=SANDBOX.realm,
                secret_key=secret_key_for(bank.payment_account),
                webhook_secrets=(f"whsec_{secrets.token_urlsafe(24)}",),
            )
            merchant = merchant_of(session, bank_id, SANDBOX)
        address = webhook_address(session, system, bank_id)
    with db.engine.begin() as connection:
        register_endpoint(
            connection,
            merchant.account,
            f"{base_url.rstrip('/')}/hooks/stripe/{address}",
            merchant.webhook_secrets[0],
        )
    return merchant
