"""Events of the payment provider: verified on the raw bytes, stored, answered."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock, faults
from portal.core.parties.proof import NOBODY
from portal.core.payments.inbox import receive_event
from portal.core.payments.merchants import find_bank_by_address, merchant_of
from portal.core.ports import EventRefused
from portal.core.principal import Principal
from portal.hooks.blueprint import bp
from portal.web.gateways import gateways
from portal.web.payments import key_source
from portal.web.uow import transaction

#: The largest event of the provider is far smaller.
MOST_BYTES = 512_000


@bp.post("/stripe/<address>")
def stripe_event(address: str) -> ResponseReturnValue:
    """Take one event in. Acknowledged only once it is stored; a repeat is acknowledged too.

    What it says is acted on by a job. Whoever sends something else learns nothing but that.
    """
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    with transaction(NOBODY) as session:
        bank_id = find_bank_by_address(session, address)
    if bank_id is None:
        return {"error": "unknown address"}, 404
    system = Principal.system(bank_id)
    with transaction(system) as session:
        merchant = merchant_of(session, bank_id, key_source())
        try:
            event = gateways().payments.verify_event(
                merchant, body, request.headers.get("Stripe-Signature", ""), clock.now()
            )
        except EventRefused:
            return {"error": "refused"}, 400
        receive_event(session, system, merchant, event)
    faults.point("payments.hook.stored")
    return {"received": True}
