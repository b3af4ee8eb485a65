"""Delivering stored messages."""

from __future__ import annotations

from uuid import UUID

import procrastinate

from portal.core import clock, seals
from portal.core.errors import Unavailable
from portal.core.outbox import Message, queue
from portal.core.principal import Principal
from portal.web.gateways import gateways
from portal.web.uow import transaction

TRIES = 6


@queue.task(
    name="deliver_message",
    retry=procrastinate.RetryStrategy(max_attempts=TRIES, exponential_wait=5),
)
def deliver_message(org_id: str, message_id: str) -> None:
    """Send a stored message unless it was sent; after six tries it stays as failed."""
    machine = Principal.machine_of(UUID(org_id))
    with transaction(machine) as session:
        message = session.get(Message, (UUID(org_id), UUID(message_id)))
        if message is None or message.state == "sent":
            return
        message.tries += 1
        tries = message.tries
        key = seals.owner_key(session, message.org_id)
        to = key.open("messages.to", message.id, message.to_sealed)
        text = key.open("messages.body", message.id, message.body_sealed)
        channel, subject = message.channel, message.subject
    try:
        _send(channel, to=to, subject=subject, text=text, key=message_id)
    except Unavailable:
        if tries >= TRIES:
            _note(machine, message_id, "failed")
        raise
    _note(machine, message_id, "sent")


def _send(channel: str, *, to: str, subject: str, text: str, key: str) -> None:
    if channel == "email":
        gateways().mailer.send(to=to, subject=subject, text=text, key=key)
    else:
        gateways().texter.send(to=to, text=text, key=key)


def _note(machine: Principal, message_id: str, state: str) -> None:
    with transaction(machine) as session:
        message = session.get_one(Message, (machine.org_id, UUID(message_id)))
        message.state = state
        if state == "sent":
            message.sent_at = clock.now()
