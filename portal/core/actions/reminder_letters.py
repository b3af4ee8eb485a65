"""Sending a formal demand of the bank's credit and legal departments: a letter like any other."""

from __future__ import annotations

from datetime import UTC, timedelta

from portal.core import faults
from portal.core.actions.contact import Deed, list_subjects
from portal.core.actions.ladder_words import bank_sender
from portal.core.actions.models import PermitState
from portal.core.actions.permits import ask_permit, asked_facts
from portal.core.actions.reminder_messages import find_point
from portal.core.actions.reminder_try import Reason, Try
from portal.core.actions.reminder_words import (
    Composer,
    DemandFacts,
    DemandLetter,
    language_of,
)
from portal.core.actions.service import Told, log_action
from portal.core.db import uuid7
from portal.core.errors import Conflict
from portal.core.parties.letter_codes import new_code
from portal.core.placements.letters import LetterFacts, gather_facts, store_letter
from portal.core.placements.models import LetterKind
from portal.core.placements.notices import CODE_LIFE, add_letter_code
from portal.core.rules import Channel, Message, Outcome, Purpose, Verdict, judge, jurisdictions_for
from portal.core.rules.record import judgement_to_record
from portal.core.rules.wording import WordCheck, check_words, message_facts

#: A letter goes in a plain envelope whose window shows name and address alone.
_ENVELOPE = Message(postcard=False, envelope_reveals=False)


def send(turn: Try, compose: Composer) -> None:
    """Write the letter if words and rules allow it; else say what keeps it here.

    It carries a fresh code, by which the person reads how the amount is made up, pays or objects.
    """
    facts = _gather(turn)
    if facts is None:
        turn.settle(Reason.BALANCE_CHECKED)
        return
    if not facts.address:
        turn.settle(Reason.NO_ADDRESS)
        return
    demand = _demand(turn, facts)
    letter = compose.demand(demand)
    words, message = _read(turn, letter)
    if words.is_blocked:
        turn.refuse_words(words)
        return
    deed = _deed(turn, message)
    asked, packs = asked_facts(
        turn.session,
        list_subjects(turn.session, [turn.account.id])[turn.account.id],
        deed,
        made_by=None,
        asked_by=turn.system.user_id,
    )
    judgement = judge(asked, packs)
    if judgement.verdict not in (Verdict.ALLOW, Verdict.REVIEW):
        turn.wait_or_refuse(judgement_to_record(judgement), judgement.next_allowed_at)
        return
    _issue(turn, demand, letter, deed)


def _gather(turn: Try) -> LetterFacts | None:
    """Return what the letter states; nothing while the balance is being checked."""
    try:
        return gather_facts(turn.session, turn.account, at=turn.at)
    except Conflict:
        return None


def _demand(turn: Try, facts: LetterFacts) -> DemandFacts:
    return DemandFacts(
        **vars(facts),
        language=language_of(turn.debtor),
        pay_by=turn.today + timedelta(days=turn.step.answer_days),
        code=new_code(),
    )


def _read(turn: Try, letter: DemandLetter) -> tuple[WordCheck, Message]:
    """Check the words that will be printed, and return what they say for the rules to judge."""
    sender, language = bank_sender(turn.bank), letter.document.language[:2]
    words = check_words(
        letter.text,
        channel=Channel.LETTER,
        language=language,
        jurisdictions=jurisdictions_for(turn.debtor.country, turn.debtor.state),
        sender=sender,
        purpose=Purpose.PAYMENT_REQUEST,
        debt_kind=turn.account.product,
        on=turn.at.astimezone(UTC).date(),
    )
    message = message_facts(
        letter.text,
        channel=Channel.LETTER,
        language=language,
        sender=sender,
        purpose=Purpose.PAYMENT_REQUEST,
        known=_ENVELOPE,
    )
    return words, message


def _deed(turn: Try, message: Message) -> Deed:
    return Deed(
        channel=Channel.LETTER,
        at=turn.at,
        purpose=Purpose.PAYMENT_REQUEST,
        contact_point_id=find_point(turn, "address"),
        message=message,
    )


def _issue(turn: Try, demand: DemandFacts, letter: DemandLetter, deed: Deed) -> None:
    session, reminder, account = turn.session, turn.reminder, turn.account
    permit = ask_permit(
        session,
        turn.system,
        account.id,
        Channel.LETTER,
        at=turn.at,
        purpose=deed.purpose,
        contact_point_id=deed.contact_point_id,
        message=deed.message,
    )
    if permit.state is not PermitState.GRANTED:
        turn.take_answer(permit)
        return
    letter_id, expires_at = uuid7(), turn.at + _code_life(turn)
    store_letter(
        session,
        demand,
        letter.document,
        kind=LetterKind.DEMAND,
        letter_id=letter_id,
        subject_id=reminder.id,
        issued_by=turn.system.user_id,
        expires_at=expires_at,
    )
    add_letter_code(session, account, letter_id, demand.code, expires_at)
    faults.point("reminder.letter.stored")
    told = Told(
        channel=Channel.LETTER,
        outcome=Outcome.UNKNOWN,
        made_at=turn.at,
        purpose=deed.purpose,
        contact_point_id=deed.contact_point_id,
        external_id=turn.external_id,
        automated=True,
        text=letter.text,
    )
    action = log_action(session, turn.system, account.id, told, now=turn.at)
    reminder.answer_by = demand.pay_by
    turn.sent(action)


def _code_life(turn: Try) -> timedelta:
    """Return how long the letter's code works: a week beyond the day it asks for, at least."""
    return max(CODE_LIFE, timedelta(days=turn.step.answer_days + 7))
