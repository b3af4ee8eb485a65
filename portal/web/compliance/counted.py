"""The contacts a rule counted, as far as whoever reads may know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import get_locale, gettext
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.knowledge import HISTORY, gather
from portal.core.actions.models import Action, Breach
from portal.core.parties.models import Agency
from portal.core.rules import Channel, Outcome


@dataclass(frozen=True)
class CountedEvent:
    """A contact the rule counted; without an account it is one the reader may not open."""

    id: str
    at: datetime
    channel: Channel
    outcome: Outcome
    agency: str
    account_id: UUID | None = None
    account_ref: str = ""


def list_counted(
    session: Session, breach: Breach, made_at: datetime, ids: Sequence[UUID]
) -> list[CountedEvent]:
    """Return the contacts a rule counted, oldest first, as far as the reader may know of them.

    The reader's own are told in full; of others' only when and how, as a permit would tell.
    """
    if not ids:
        return []
    rows = session.execute(
        select(
            Action.id,
            Action.made_at,
            Action.channel,
            Action.outcome,
            Agency.name,
            Agency.name_zh,
            Account.id.label("account_id"),
            Account.account_ref,
        )
        .outerjoin(Agency, Agency.id == Action.made_by_agency_id)
        .outerjoin(
            Account, and_(Account.bank_id == Action.bank_id, Account.id == Action.account_id)
        )
        .where(Action.bank_id == breach.bank_id, Action.id.in_(ids))
    )
    found = [
        CountedEvent(
            id=str(row.id),
            at=row.made_at,
            channel=Channel(row.channel),
            outcome=Outcome(row.outcome),
            agency=organisation(row.name, row.name_zh),
            account_id=row.account_id,
            account_ref=row.account_ref or "",
        )
        for row in rows
    ]
    missing = {str(each) for each in ids} - {each.id for each in found}
    if missing:
        found += _of_others(session, breach, made_at, missing)
    return sorted(found, key=lambda each: (each.at, each.id))


def _of_others(
    session: Session, breach: Breach, made_at: datetime, missing: Iterable[str]
) -> list[CountedEvent]:
    known = gather(
        session,
        breach.bank_id,
        [breach.debtor_id],
        since=made_at - HISTORY,
        until=made_at,
    )
    wanted = frozenset(missing)
    return [
        CountedEvent(str(past.id), past.at, past.channel, past.outcome, gettext("Another agency"))
        for past in known[breach.debtor_id].history
        if str(past.id) in wanted
    ]


def organisation(name: str | None, name_zh: str | None) -> str:
    """Return an organisation's name in the reader's language; empty when there is none."""
    locale = get_locale()
    return (name_zh if locale and locale.language == "zh" and name_zh else name) or ""
