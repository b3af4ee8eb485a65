"""Read model of the contacts a rule counted, as far as this agency may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.here import uuid_or_none
from portal.agency.queries_head import AccountHead
from portal.agency.words import outcome_word
from portal.core.actions.models import Action
from portal.core.rules import Channel, Outcome


@dataclass(frozen=True)
class CountedContact:
    """One contact that was counted: when, how, and how it ended."""

    at: datetime
    channel: Channel
    outcome: str


def counted_contacts(
    session: Session, head: AccountHead, events: Iterable[str]
) -> dict[str, CountedContact]:
    """Return the counted contacts by the id the rules know them under.

    Contacts other agencies made count, too, and are not among them: who made them is not told.
    """
    ids: list[UUID] = [each for each in map(uuid_or_none, events) if each is not None]
    if not ids:
        return {}
    rows = session.execute(
        select(Action.id, Action.made_at, Action.channel, Action.outcome)
        .where(Action.bank_id == head.bank_id, Action.id.in_(ids))
        .order_by(Action.made_at, Action.id)
    )
    return {
        str(row.id): CountedContact(
            row.made_at,
            Channel(row.channel),
            outcome_word(Channel(row.channel), Outcome(row.outcome)),
        )
        for row in rows
    }
