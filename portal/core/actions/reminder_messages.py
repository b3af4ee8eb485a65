"""Sending a text message or e-mail of the ladder: words, rules, permit, post, in one go."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, exists, select

from portal.core.actions.ladder import WRITTEN
from portal.core.actions.messages import Draft, check_message, send_message
from portal.core.actions.reminder_try import Reason, Try, find_letter
from portal.core.actions.reminder_words import Composer, StepFacts, language_of
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.rules import Channel, Purpose, Verdict, jurisdictions_for
from portal.core.rules.record import judgement_to_record

_KINDS = {Channel.SMS: "phone", Channel.EMAIL: "email"}


@dataclass(frozen=True)
class _Way:
    """Through which channel a person is written to, and where."""

    channel: Channel
    contact_point_id: UUID


def send(turn: Try, compose: Composer) -> None:
    """Write to the person if words and rules allow it; else say what keeps it here.

    Nothing is asked before nothing known speaks against it: a question that has one answer is not
    put on record night after night.
    """
    way = _find_way(turn)
    if way is None:
        turn.settle(Reason.NO_ADDRESS)
        return
    draft = _draft(turn, way, compose)
    checked = check_message(turn.session, turn.system, turn.reminder.account_id, draft, at=turn.at)
    if checked.words.is_blocked:
        turn.refuse_words(checked.words)
    elif checked.judgement.verdict not in (Verdict.ALLOW, Verdict.REVIEW):
        judgement = checked.judgement
        turn.wait_or_refuse(judgement_to_record(judgement), judgement.next_allowed_at)
    else:
        _send(turn, draft)


def _send(turn: Try, draft: Draft) -> None:
    sent = send_message(turn.session, turn.system, turn.reminder.account_id, draft, at=turn.at)
    if sent.action is None:
        turn.take_answer(sent.permit)
    else:
        turn.sent(sent.action)


def _draft(turn: Try, way: _Way, compose: Composer) -> Draft:
    language = language_of(turn.debtor)
    letter = find_letter(turn) if turn.step.announces_letter else None
    filled = compose.message(
        StepFacts(
            step=turn.step,
            channel=way.channel,
            bank=turn.bank,
            debtor=turn.debtor,
            account=turn.account,
            owed=turn.owed,
            language=language,
            places=jurisdictions_for(turn.debtor.country, turn.debtor.state),
            pay_by=letter.answer_by if letter else None,
        )
    )
    return Draft(
        channel=way.channel,
        contact_point_id=way.contact_point_id,
        language=language,
        text=filled.text,
        subject=filled.subject,
        purpose=Purpose.PAYMENT_REQUEST,
        confirmed=turn.step.confirmed,
        external_id=turn.external_id,
        automated=True,
    )


def _find_way(turn: Try) -> _Way | None:
    """Return where the step's message goes: by its channel, or by the other where there is none."""
    first = turn.reminder.channel
    for channel in (first, *(each for each in WRITTEN if each is not first)):
        point = find_point(turn, _KINDS[channel])
        if point is not None:
            return _Way(channel, point)
    return None


def find_point(turn: Try, kind: str) -> UUID | None:
    """Return the person's best address of a kind: a mobile first, none at work, no wrong one."""
    wrong = exists().where(
        ContactStatement.bank_id == ContactPoint.bank_id,
        ContactStatement.contact_point_id == ContactPoint.id,
        ContactStatement.kind == StatementKind.WRONG_NUMBER,
        ContactStatement.ended_at.is_(None),
    )
    preferred = case({"mobile": 0, "": 1}, value=ContactPoint.place, else_=2)
    return turn.session.scalars(
        select(ContactPoint.id)
        .where(
            ContactPoint.bank_id == turn.bank.id,
            ContactPoint.debtor_id == turn.reminder.debtor_id,
            ContactPoint.kind == kind,
            ContactPoint.place != "work",
            ~wrong,
        )
        .order_by(preferred, ContactPoint.received_at.desc(), ContactPoint.id)
        .limit(1)
    ).one_or_none()
