"""How people were treated in the demo: permits, what people said and wish, holds, breaches decided.

Everything goes through the services a user's clicks go through, at the time it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import Row, select, update

from portal.core.accounts.holds import confirm_hold, open_hold
from portal.core.accounts.models import Account, Hold, HoldState
from portal.core.accounts.said import Said
from portal.core.accounts.statements import record_statement, settle_hold
from portal.core.actions.breaches import (
    explain_breach,
    remedy_breach,
    uphold_breach,
    waive_breach,
)
from portal.core.actions.models import Breach, BreachState, PermitState
from portal.core.actions.own_rules import set_rules
from portal.core.actions.own_settings import BankSettings, Cap, Count, Over
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.parties.models import ContactPoint, StatementKind
from portal.core.parties.wishes import set_wishes
from portal.core.principal import Principal
from portal.core.rules import (
    Channel,
    EmailBasis,
    Form,
    HoldKind,
    Outcome,
    Place,
    TextBasis,
    Verdict,
)
from portal.core.rules.record import to_plain
from portal.demo.moments import moment
from portal.demo.parties import bank_by_code, principal_of
from portal.web.uow import transaction

#: Of ten people, how many agreed to be texted and to be written to.
_TEXTED, _MAILED = 7, 6
#: The share of calls made without asking, and late in the day.
_CARELESS = 0.06


def contact(
    agent: Principal, account_id: UUID, outcome: Outcome, at: datetime, now: datetime, dice: Random
) -> None:
    """Call as a collector does: ask first, wait when told to, log. A few call in the evening."""
    if dice.random() < _CARELESS:
        at += timedelta(hours=dice.randrange(3, 10))
    else:
        granted_at = _ask_until_granted(agent, account_id, at, now, dice)
        if granted_at is None:
            return
        at = granted_at + timedelta(minutes=dice.randrange(1, 6))
    if at < now:
        with moment(at), transaction(agent) as session:
            log_call(session, agent, account_id, outcome=outcome, made_at=at, now=at)


def _ask_until_granted(
    agent: Principal, account_id: UUID, at: datetime, now: datetime, dice: Random
) -> datetime | None:
    for _ in range(2):
        if at >= now:
            return None
        with moment(at), transaction(agent) as session:
            permit = ask_permit(session, agent, account_id, Channel.CALL, at=at)
        if permit.state is PermitState.GRANTED:
            return at
        if permit.next_allowed_at is None:
            return None
        at = permit.next_allowed_at + timedelta(minutes=dice.randrange(5, 90))
    return None


def tell_how_numbers_came(bank_code: str, *, now: datetime) -> None:
    """Put on file how the bank came by numbers and addresses; of the others nothing is known."""
    system = Principal.system(bank_by_code(bank_code).id)
    day = (now - timedelta(days=30)).date()
    texted = to_plain(
        TextBasis(route="consent", consented_on=day, number_checked_on=day, opted_out=False)
    )
    mailed = to_plain(EmailBasis(route="consent", opted_out=False, public_domain=True))
    with transaction(system) as session:
        points = session.execute(
            select(ContactPoint.bank_id, ContactPoint.id, ContactPoint.kind)
            .where(ContactPoint.bank_id == system.bank_id)
            .order_by(ContactPoint.id)
        ).all()
        changes = [change for point in points if (change := _change(point, texted, mailed))]
        if changes:
            session.execute(update(ContactPoint), changes)


def _change(
    point: Row[UUID, UUID, str], texted: object, mailed: object
) -> dict[str, object] | None:
    digit = point.id.int % 10
    key: dict[str, object] = {"bank_id": point.bank_id, "id": point.id}
    if point.kind == "phone":
        return {**key, "place": "mobile", "basis": texted if digit < _TEXTED else None}
    if point.kind == "email" and digit < _MAILED:
        return {**key, "place": "", "basis": mailed}
    return None


def let_people_speak(email: str, bank_code: str, *, now: datetime) -> None:
    """Let some people say what they want: their ways, a lawyer, a dispute, no calls at work."""
    agent, bank = principal_of(email), bank_by_code(bank_code)
    with transaction(agent) as session:
        people = session.execute(
            select(Account.id, Account.debtor_id)
            .where(Account.bank_id == bank.id, Account.last_action_at.is_not(None))
            .order_by(Account.account_ref)
            .limit(24)
        ).all()
    told: Sequence[Callable[[Principal, UUID, UUID, datetime], None]] = (
        _wish_evenings,
        _dispute,
        _no_calls_at_work,
        _hardship,
        _write_only,
        _stop_texting,
        _lawyer,
        _bereaved,
    )
    for number, person in enumerate(people):
        at = now - timedelta(days=12 - number % 9, hours=2)
        with moment(at):
            told[number % len(told)](agent, person.debtor_id, person.id, at)


def _wish_evenings(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    with transaction(agent) as session:
        set_wishes(
            session,
            agent,
            debtor_id,
            at=at,
            days=(0, 1, 2, 3, 4),
            opens_minute=17 * 60,
            closes_minute=20 * 60,
            weekly_maximum=2,
        )


def _write_only(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    with transaction(agent) as session:
        set_wishes(session, agent, debtor_id, at=at, write_only=True)


def _dispute(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    said = Said(kind=StatementKind.DISPUTE, account_id=account_id, form=Form.WRITING)
    with transaction(agent) as session:
        record_statement(session, agent, debtor_id, said, at=at)


def _no_calls_at_work(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    said = Said(
        kind=StatementKind.BARRED_PLACE, place=Place.WORKPLACE, details={"by_employer": True}
    )
    with transaction(agent) as session:
        record_statement(session, agent, debtor_id, said, at=at)


def _stop_texting(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    said = Said(kind=StatementKind.OPT_OUT, channel=Channel.SMS)
    with transaction(agent) as session:
        record_statement(session, agent, debtor_id, said, at=at)


def _lawyer(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    said = Said(kind=StatementKind.REPRESENTATION, account_id=account_id)
    with transaction(agent) as session:
        record_statement(session, agent, debtor_id, said, at=at)


def _hardship(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    with transaction(agent) as session:
        open_hold(session, agent, debtor_id, kind=HoldKind.HARDSHIP, at=at)


def _bereaved(agent: Principal, debtor_id: UUID, account_id: UUID, at: datetime) -> None:
    del account_id
    with transaction(agent) as session:
        open_hold(session, agent, debtor_id, kind=HoldKind.BEREAVEMENT, at=at)


def answer_holds(email: str, *, now: datetime) -> None:
    """Let the bank confirm some holds and release one that was settled."""
    manager = principal_of(email)
    with transaction(manager) as session:
        holds = session.scalars(
            select(Hold.id)
            .where(Hold.bank_id == manager.bank_id, Hold.state == HoldState.OPENED)
            .order_by(Hold.opened_at, Hold.id)
            .limit(6)
        ).all()
    at = now - timedelta(days=1)
    for number, hold_id in enumerate(holds):
        with moment(at), transaction(manager) as session:
            if number == 0:
                reason = "Answered by telephone; the person is satisfied."
                settle_hold(session, manager, hold_id, reason=reason, at=at)
            else:
                confirm_hold(session, manager, hold_id, at=at)


def answer_breaches(agency_email: str, bank_email: str, *, now: datetime) -> None:
    """Let the agency explain what it broke, and the bank decide some of it."""
    agent, manager = principal_of(agency_email), principal_of(bank_email)
    with transaction(agent) as session:
        found = session.scalars(
            select(Breach.id)
            .where(
                Breach.bank_id == manager.bank_id,
                Breach.made_by_agency_id == agent.agency_id,
                Breach.state == BreachState.OPEN,
                Breach.verdict != Verdict.REVIEW.value,
            )
            .order_by(Breach.found_at, Breach.id)
            .limit(5)
        ).all()
    for number, breach_id in enumerate(found):
        at = now - timedelta(days=3, hours=number)
        with moment(at), transaction(agent) as session:
            text = "The collector dialled before asking. They were trained again the same day."
            explain_breach(session, agent, breach_id, text=text, at=at)
        if number == 0:
            continue
        with moment(at + timedelta(hours=5)), transaction(manager) as session:
            if number == 1:
                reason = "The person had asked for a call back at that hour."
                waive_breach(session, manager, breach_id, reason=reason, at=at)
            else:
                reason = "A permit would have been refused. Please ask before each call."
                uphold_breach(session, manager, breach_id, reason=reason, at=at)
        if number == 3:
            with moment(at + timedelta(days=1)), transaction(agent) as session:
                what = "Dialling without a permit is now blocked for the whole team."
                remedy_breach(session, agent, breach_id, what=what, at=at + timedelta(days=1))


def ask_a_person(email: str, bank_code: str, *, now: datetime) -> None:
    """Leave some questions open that the rules leave to a person: texting a number of no basis."""
    agent, bank = principal_of(email), bank_by_code(bank_code)
    with transaction(agent) as session:
        accounts = session.scalars(
            select(Account.id)
            .where(Account.bank_id == bank.id, Account.last_action_at.is_(None))
            .order_by(Account.account_ref)
            .limit(12)
        ).all()
    for number, account_id in enumerate(accounts):
        at = now - timedelta(hours=1, minutes=number)
        with moment(at), transaction(agent) as session:
            ask_permit(session, agent, account_id, Channel.SMS, at=at)


def set_own_rules(email: str, *, now: datetime, today: date) -> None:
    """Put a bank's own stricter rules in force: four attempts in seven days over all agencies."""
    manager = principal_of(email)
    cap = Cap(
        channels=frozenset({Channel.CALL}),
        most=4,
        days=7,
        count=Count.ATTEMPTS,
        over=Over.EVERYBODY,
    )
    with transaction(manager) as session:
        set_rules(
            session,
            manager,
            BankSettings(caps=(cap,)),
            effective_from=max(today, now.date()),
            note="Fewer calls than the law allows, whoever makes them.",
            at=now,
            today=today,
        )
