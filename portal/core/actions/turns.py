"""Whose turn it is: when each placed account's person may next be called, for worklists to sort by.

The answer on a page is asked afresh; what is kept here only puts the list in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import LONG_AGO, NEVER, Account
from portal.core.actions.contact import Deed, Questions, Subject, know_all, list_subjects
from portal.core.principal import Principal
from portal.core.rules import Channel, ContactFacts, Pack, judge, judge_done
from portal.core.rules.clocktime import instant_of

#: An answer is asked for again after so long at the latest.
_LONGEST = timedelta(hours=24)
_SECOND = timedelta(seconds=1)


def refresh_turns(session: Session, actor: Principal, *, at: datetime, size: int = 500) -> int:
    """Look again at the accounts of the acting bank whose answer has run out; return how many.

    Rows another worker looks at are left to it.
    """
    rows = session.execute(
        select(Account.id, Account.last_action_at)
        .where(
            Account.bank_id == actor.bank_id,
            Account.agency_id.is_not(None),
            Account.contact_closes_at <= at,
        )
        .order_by(Account.contact_closes_at)
        .limit(size)
        .with_for_update(skip_locked=True)
    ).all()
    worked = {row.id: row.last_action_at for row in rows}
    subjects = list_subjects(session, worked)
    questions = Questions(session, know_all(session, subjects.values(), at=at))
    turns = [
        {"id": account_id, "bank_id": actor.bank_id, **_turn(questions, subject, at, worked)}
        for account_id, subject in subjects.items()
    ]
    if turns:
        session.execute(update(Account), turns)
    return len(turns)


def _turn(
    questions: Questions, subject: Subject, at: datetime, worked: dict[UUID, datetime | None]
) -> dict[str, datetime]:
    facts, packs = questions.asked(subject, Deed(channel=Channel.CALL, at=at))
    judgement = judge(facts, packs)
    if judgement.is_allowed:
        return {
            "contact_opens_at": worked[subject.account_id] or LONG_AGO,
            "contact_closes_at": closes_at(facts, packs),
        }
    opens = judgement.next_allowed_at or NEVER
    return {"contact_opens_at": opens, "contact_closes_at": min(opens, at + _LONGEST)}


def closes_at(facts: ContactFacts, packs: Sequence[Pack]) -> datetime:
    """Return until when an allowed contact stays allowed, within a day, if nothing happens.

    The answer can only turn at a clock time that a window of some rule, or of the person, names:
    those are tried in order.
    """
    for moment in _candidates(facts, packs):
        if not judge_done(replace(facts, at=moment + _SECOND), packs).is_allowed:
            return moment
    return facts.at + _LONGEST


def _candidates(facts: ContactFacts, packs: Sequence[Pack]) -> list[datetime]:
    clocks = _clock_times(tuple(packs)) | {
        clock for window in facts.windows for clock in (window.opens, window.closes)
    }
    until = facts.at + _LONGEST
    found = {
        instant
        for zone in facts.zones
        for instant in _instants(clocks, zone, facts.at)
        if facts.at < instant < until
    }
    return sorted(found)


def _instants(clocks: Iterable[int], zone: ZoneInfo, at: datetime) -> Iterable[datetime]:
    today = at.astimezone(zone).date()
    for ahead in range(2):
        for clock in clocks:
            yield instant_of(today + timedelta(days=ahead), clock, zone)


@lru_cache(maxsize=256)
def _clock_times(packs: tuple[Pack, ...]) -> frozenset[int]:
    """Return the times of day at which some rule of these packs may turn; midnight always may."""
    return frozenset(
        {0}
        | {
            clock
            for pack in packs
            for check in pack.checks
            for window in getattr(check.params, "windows", ())
            for clock in (window.opens, window.closes)
        }
    )
