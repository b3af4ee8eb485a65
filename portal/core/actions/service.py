"""Logging what was done on an account, with the rules it broke."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.accounts.models import Account
from portal.core.actions.contact import contact_facts, judge_contact, list_history, list_subjects
from portal.core.actions.models import Action, Breach
from portal.core.db import uuid7
from portal.core.errors import Invalid, NotFound
from portal.core.parties.models import Debtor
from portal.core.parties.persons import person_key
from portal.core.permissions import Permission
from portal.core.placements.models import Placement, PlacementState
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Finding, Judgement, Outcome, Role

#: A clock may differ this much from ours before an action counts as not yet made.
CLOCK_TOLERANCE = timedelta(minutes=2)
NOTE_LIMIT = 2_000


def lock_placed_account(session: Session, account_id: UUID) -> Account:
    """Lock an account that is placed with the acting agency, until the transaction ends.

    Raises:
        NotFound: no such account is placed with this principal's agency.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id, Account.agency_id.is_not(None))
        .with_for_update()
    ).one_or_none()
    if account is None:
        raise NotFound
    return account


def log_call(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    outcome: Outcome,
    made_at: datetime,
    now: datetime,
    direction: Direction = Direction.OUTBOUND,
    role: Role = Role.CONSUMER,
    note: str = "",
) -> Action:
    """Record a call an agency made, with every contact rule it broke.

    A call that broke a rule is recorded all the same: the log has to be true. The account stays
    locked until commit, so two calls logged at once are both counted.

    Raises:
        PermissionDenied: the actor's role may not log actions.
        NotFound: no such account is placed with the actor's agency.
        Invalid: the time lies ahead or before the placement, or the note is too long.
    """
    return log_action(
        session,
        actor,
        account_id,
        channel=Channel.CALL,
        outcome=outcome,
        made_at=made_at,
        now=now,
        direction=direction,
        role=role,
        note=note,
    )


def log_action(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    channel: Channel,
    outcome: Outcome,
    made_at: datetime,
    now: datetime,
    direction: Direction = Direction.OUTBOUND,
    role: Role = Role.CONSUMER,
    note: str = "",
) -> Action:
    """Record what an agency did through any channel; as `log_call` otherwise."""
    actor.require(Permission.ACTION_LOG)
    account = lock_placed_account(session, account_id)
    placement = session.get_one(Placement, (account.bank_id, account.placement_id))
    _check_time(made_at, now, placement)
    if len(note) > NOTE_LIMIT:
        raise Invalid("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT, field="note")
    subject = list_subjects(session, [account_id])[account_id]
    history = list_history(session, [account.debtor_id], until=made_at)
    facts = contact_facts(
        subject,
        channel,
        at=made_at,
        history=history.get(account.debtor_id, ()),
        outcome=outcome,
        direction=direction,
        role=role,
    )
    judgement = judge_contact(facts, subject)
    action = _action(session, actor, account, facts_at=made_at, note=note, judgement=judgement)
    action.channel, action.outcome = channel.value, outcome.value
    action.direction, action.target = direction.value, role.value
    session.add(action)
    session.flush()
    faults.point("action.logged")
    session.add_all(_breaches(action, judgement, now))
    _note_progress(account, placement, judgement, made_at)
    session.flush()
    audit.record(session, actor, "action.logged", action.id, chain_id=account.bank_id)
    return action


def _check_time(made_at: datetime, now: datetime, placement: Placement) -> None:
    if made_at > now + CLOCK_TOLERANCE:
        raise Invalid("The action lies in the future. Enter when it was made.", field="made_on")
    if placement.accepted_at is not None and made_at < placement.accepted_at:
        raise Invalid(
            "The action lies before the account was placed with you. Check the date.",
            field="made_on",
        )


def _action(
    session: Session,
    actor: Principal,
    account: Account,
    *,
    facts_at: datetime,
    note: str,
    judgement: Judgement,
) -> Action:
    action = Action(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        placement_id=account.placement_id,
        agency_id=account.agency_id,
        made_by_agency_id=account.agency_id,
        made_by=actor.user_id,
        made_at=facts_at,
        judgement={
            "verdict": judgement.verdict.value,
            "rules": sorted({finding.rule_id for finding in judgement.findings}),
            "packs": sorted({finding.pack_hash for finding in judgement.findings}),
        },
        breach_count=len(judgement.breaches),
    )
    if note:
        debtor = session.get_one(Debtor, (account.bank_id, account.debtor_id))
        action.note_sealed = person_key(session, debtor).seal("actions.note", action.id, note)
    return action


def _breaches(action: Action, judgement: Judgement, now: datetime) -> list[Breach]:
    return [_breach(action, finding, now) for finding in judgement.breaches]


def _breach(action: Action, finding: Finding, now: datetime) -> Breach:
    return Breach(
        bank_id=action.bank_id,
        id=uuid7(),
        action_id=action.id,
        account_id=action.account_id,
        debtor_id=action.debtor_id,
        agency_id=action.agency_id,
        made_by_agency_id=action.made_by_agency_id,
        rule_id=finding.rule_id,
        code=finding.code,
        citation=finding.citation,
        severity=finding.rule.severity.value,
        verdict=finding.verdict.value,
        facts={
            "values": {name: _plain(value) for name, value in finding.values.items()},
            "parameters": {name: _plain(value) for name, value in finding.parameters.items()},
            "events": [str(event) for event in finding.events],
        },
        pack=finding.rule.pack_id,
        pack_version=finding.pack_version,
        pack_hash=finding.pack_hash,
        found_at=now,
    )


def _plain(value: object) -> object:
    """Return a finding's value as JSON keeps it, so that it can be put into words years later."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(each) for each in value)
    return str(value)


def _note_progress(
    account: Account, placement: Placement, judgement: Judgement, made_at: datetime
) -> None:
    if account.last_action_at is None or made_at > account.last_action_at:
        account.last_action_at = made_at
    if placement.state is PlacementState.ACCEPTED and judgement.is_allowed:
        placement.state, placement.first_action_at = PlacementState.WORKING, made_at


def open_note(session: Session, action: Action) -> str:
    """Return an action's note in the clear, empty when there is none."""
    if action.note_sealed is None:
        return ""
    debtor = session.get_one(Debtor, (action.bank_id, action.debtor_id))
    return person_key(session, debtor).open("actions.note", action.id, action.note_sealed)
