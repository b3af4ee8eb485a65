"""Read model of an account's timeline: what was done, promised, collected and sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.agency.permits import Reason, reason_of
from portal.agency.queries_account import AccountPage
from portal.agency.queries_head import AccountHead
from portal.agency.words import outcome_word
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.actions.models_files import ActionFile
from portal.core.actions.service import open_note, open_text
from portal.core.parties.models import Staff
from portal.core.recoveries.models import RecoveryState
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role, Verdict
from portal.web import filters
from portal.web.findings import say
from portal.web.labels import label

#: An action told later than this is marked: it was known when and how it was written down.
LATE = timedelta(hours=1)
_SHOWN = 50
_ICONS = {
    Channel.CALL: "phone",
    Channel.SMS: "message",
    Channel.EMAIL: "mail",
    Channel.LETTER: "file-text",
    Channel.VISIT: "home",
}
_TONES = ("neutral", "warn", "bad")
#: What still weighs on somebody: the colour of the state beside a breach.
_STATE_TONES = {BreachState.OPEN: "warn", BreachState.UPHELD: "bad"}


@dataclass(frozen=True)
class EventBreach:
    """A rule an action broke, and where the breach stands; an open one can be explained."""

    id: UUID
    reason: Reason
    state: str
    tone: str
    is_open: bool


@dataclass(frozen=True)
class Event:
    """One thing that happened on the account."""

    at: datetime
    title: str
    icon: str
    tone: str = "neutral"
    who: str = ""
    lines: tuple[str, ...] = ()
    note: str = ""
    text: str = ""
    late: str = ""
    breaches: tuple[EventBreach, ...] = ()


def timeline(session: Session, page: AccountPage) -> list[Event]:
    """Return the newest events of an account, with the rules each action broke."""
    events = [*_actions(session, page), *_promises(page), *_recoveries(page), *_letters(page)]
    if page.head.placed_at is not None:
        placed = gettext("Placed with you")
        events.append(Event(page.head.placed_at, placed, "briefcase", "accent"))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _actions(session: Session, page: AccountPage) -> list[Event]:
    head, printed = page.head, [letter.issued_at for letter in page.letters]
    actions = session.scalars(
        select(Action)
        .where(
            Action.bank_id == head.bank_id,
            Action.account_id == head.id,
            # A letter of the portal stands in the timeline as the letter itself.
            or_(Action.channel != Channel.LETTER, Action.made_at.not_in(printed)),
        )
        .order_by(Action.made_at.desc(), Action.id.desc())
        .limit(_SHOWN)
    ).all()
    breaches = _breaches(session, head, [each.id for each in actions if each.breach_count])
    names = _staff_names(session, {each.made_by for each in actions})
    files = _file_names(session, {each.file_id for each in actions if each.file_id})
    return [
        _action_event(
            session,
            each,
            names.get(each.made_by, ""),
            breaches[each.id],
            files.get(each.file_id, "") if each.file_id else "",
        )
        for each in actions
    ]


def _file_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = session.execute(
        select(ActionFile.id, ActionFile.file_name).where(ActionFile.id.in_(list(ids)))
    )
    return {row.id: row.file_name for row in rows}


def _action_event(
    session: Session, action: Action, who: str, breaches: list[EventBreach], file_name: str
) -> Event:
    channel, text = Channel(action.channel), open_text(session, action)
    outcome = gettext("sent from here") if text else outcome_word(channel, Outcome(action.outcome))
    standing = [each.reason.tone for each in breaches if each.tone != "good"]
    return Event(
        at=action.made_at,
        title=gettext("%(channel)s: %(outcome)s", channel=label(channel), outcome=outcome),
        icon=_ICONS.get(channel, "message"),
        tone=max(standing, default="neutral", key=_TONES.index),
        who=who,
        lines=tuple(_circumstances(action, file_name)),
        note=open_note(session, action),
        text=text,
        late=_late(action),
        breaches=tuple(breaches),
    )


def _circumstances(action: Action, file_name: str) -> Iterator[str]:
    """Say who was reached, who began, whether it had been asked for, and how it was told."""
    if Direction(action.direction) is Direction.INBOUND:
        yield label(Direction.INBOUND)
    elif action.permit_id is not None:
        yield gettext("With a permit")
    else:
        yield gettext("Without a permit")
    yield gettext("Reached: %(role)s", role=label(Role(action.target)))
    if action.purpose:
        yield label(Purpose(action.purpose))
    if action.late_reason:
        yield gettext("Reason given: %(reason)s", reason=action.late_reason)
    if action.collector_ref:
        yield gettext("Collector: %(ref)s", ref=action.collector_ref)
    if file_name:
        yield gettext("Came with the file %(file)s", file=file_name)


def _late(action: Action) -> str:
    if action.recorded_at - action.made_at <= LATE:
        return ""
    return str(gettext("Written down later, %(at)s", at=filters.instant(action.recorded_at)))


def _breaches(
    session: Session, head: AccountHead, action_ids: list[UUID]
) -> defaultdict[UUID, list[EventBreach]]:
    found: defaultdict[UUID, list[EventBreach]] = defaultdict(list)
    rows = session.scalars(
        select(Breach)
        .where(Breach.bank_id == head.bank_id, Breach.action_id.in_(action_ids))
        .order_by(Breach.id)
    )
    for row in rows:
        sentence = say(row.code, row.facts.get("values", {}))
        reason = reason_of(sentence, row.citation, Verdict(row.verdict))
        tone, is_open = _STATE_TONES.get(row.state, "good"), row.state is BreachState.OPEN
        breach = EventBreach(row.id, reason, label(row.state), tone, is_open)
        found[row.action_id].append(breach)
    return found


def _staff_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of those who acted; what the bank's machine did has none."""
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def _promises(page: AccountPage) -> list[Event]:
    return [
        Event(
            at=each.made_at,
            title=gettext(
                "Promised %(amount)s by %(day)s",
                amount=filters.money(each.amount),
                day=filters.day(each.due_on),
            ),
            icon="flag",
            tone="info",
            lines=(label(each.state),),
        )
        for each in page.promises
    ]


def _recoveries(page: AccountPage) -> list[Event]:
    tones = {RecoveryState.VERIFIED: "good", RecoveryState.REJECTED: "bad"}
    return [
        Event(
            at=each.reported_at,
            title=gettext("Reported %(amount)s received", amount=filters.money(each.amount)),
            icon="coin",
            tone=tones.get(each.state, "info"),
            lines=tuple(
                line for line in (label(each.recipient), label(each.state), each.reason) if line
            ),
        )
        for each in page.recoveries
    ]


def _letters(page: AccountPage) -> list[Event]:
    return [
        Event(
            at=each.issued_at,
            title=gettext("Letter sent: %(kind)s", kind=label(each.kind)),
            icon="mail",
            lines=(each.language,),
        )
        for each in page.letters
    ]
