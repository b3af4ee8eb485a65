"""Writing to a person from here: words checked, permit taken, action logged, message posted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import audit, outbox
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.actions.contact import Deed, Subject, list_subjects
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.permits import ask_permit, asked_facts
from portal.core.actions.service import Told, lock_placed_account, log_action
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.letter_codes import read_code
from portal.core.parties.models import (
    Agency,
    Bank,
    ContactPoint,
    ContactStatement,
    Debtor,
    StatementKind,
)
from portal.core.parties.persons import person_key
from portal.core.permissions import Permission, Side
from portal.core.placements.notices import add_mandate_code
from portal.core.principal import Principal
from portal.core.rules import Channel, ContactFacts, Judgement, Message, Outcome, Purpose, judge
from portal.core.rules.communications import earlier_communications
from portal.core.rules.known import MESSAGES, Known
from portal.core.rules.wording import (
    Sender,
    SenderKind,
    WordCheck,
    WordKind,
    check_words,
    message_facts,
)

#: The channels a message can leave by, the kind of address each goes to, and the outbox's word.
_WAYS = {Channel.SMS: ("phone", "text"), Channel.EMAIL: ("email", "email")}
CHANNELS = tuple(_WAYS)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as somebody wants to send it.

    `confirmed` are consequences the writer answers for as lawful and intended; who did is kept in
    the audit record. `mandate_code` is a fresh code by which the person can check the sender; it
    starts to work when the message leaves.
    """

    channel: Channel
    contact_point_id: UUID
    language: str
    text: str
    subject: str = ""
    purpose: Purpose | None = None
    confirmed: frozenset[WordKind] = frozenset()
    mandate_code: str = ""
    external_id: str | None = None
    automated: bool = False

    @property
    def gives_code(self) -> bool:
        """Tell whether the text gives the code by which its sender can be checked."""
        return bool(self.mandate_code) and self.mandate_code in self.text

    @property
    def whole(self) -> str:
        """Return what is kept of it: the subject above the text."""
        return f"{self.subject}\n\n{self.text}" if self.subject else self.text


@dataclass(frozen=True)
class Checked:
    """What stands against sending a draft now: in its words, and by the rules of contact."""

    words: WordCheck
    message: Message
    judgement: Judgement


class WordsRefused(Invalid):
    """A text must not be sent as it is; `words` says what is wrong, and where."""

    def __init__(self, words: WordCheck) -> None:
        super().__init__("This must not be sent as it is. What has to change is marked.")
        self.words = words


@dataclass(frozen=True)
class Sent:
    """What came of sending: the permit that answered, and the action if the message left."""

    permit: Permit
    action: Action | None = None


def check_message(
    session: Session, actor: Principal, account_id: UUID, draft: Draft, *, at: datetime
) -> Checked:
    """Say what stands against a draft without asking for a permit; nothing is written.

    Raises:
        PermissionDenied: the actor's role may not contact people.
        NotFound: no such account is at the actor's bank, or placed with their agency.
        Invalid: the address is not one a message can go to.
    """
    actor.require(Permission.ACTION_LOG)
    subject = list_subjects(session, [account_id]).get(account_id)
    if subject is None or (actor.agency_id and subject.agency_id != actor.agency_id):
        raise NotFound
    _find_point(session, subject, draft)
    facts, packs = asked_facts(
        session, subject, _deed(draft, at), made_by=actor.agency_id, asked_by=actor.user_id
    )
    words, message = _read(session, actor, subject, draft, facts)
    return Checked(words, message, judge(replace(facts, message=message), packs))


def send_message(
    session: Session, actor: Principal, account_id: UUID, draft: Draft, *, at: datetime
) -> Sent:
    """Write to a person, if words and rules allow it; one transaction from the permit to the post.

    The permit is asked for with what the text says. Denied, or left to a person, nothing leaves and
    the answer is on record; once granted, the same text can be sent. What was written is kept
    sealed with the action.

    Raises:
        PermissionDenied: the actor's role may not contact people.
        NotFound: no such account is at the actor's bank, or placed with their agency.
        Invalid: the address is not one a message can go to.
        WordsRefused: the text must not be sent as it is.
    """
    actor.require(Permission.ACTION_LOG)
    account = _lock(session, actor, account_id)
    subject = list_subjects(session, [account_id])[account_id]
    point = _find_point(session, subject, draft)
    facts, _packs = asked_facts(
        session, subject, _deed(draft, at), made_by=actor.agency_id, asked_by=actor.user_id
    )
    words, message = _read(session, actor, subject, draft, facts)
    if words.is_blocked:
        raise WordsRefused(words)
    permit = ask_permit(
        session,
        actor,
        account_id,
        draft.channel,
        at=at,
        purpose=draft.purpose,
        contact_point_id=point.id,
        message=message,
    )
    if permit.state is not PermitState.GRANTED:
        return Sent(permit)
    action = log_action(session, actor, account_id, _told(draft, at), now=at)
    if action.permit_id != permit.id:
        raise Conflict("The permit for this message is no longer open. Send it again.")
    if draft.gives_code:
        _open_code(session, account, read_code(draft.mandate_code))
    _post(session, actor, point, draft)
    on_record = {"words": words.hash, "confirmed": sorted(draft.confirmed & words.mentions)}
    audit.record(
        session, actor, "message.sent", action.id, chain_id=subject.bank_id, facts=on_record
    )
    return Sent(permit, action)


def _lock(session: Session, actor: Principal, account_id: UUID) -> Account:
    """Lock the account before the person, as everybody does."""
    if actor.side is Side.AGENCY:
        return lock_placed_account(session, account_id)
    return lock_account(session, account_id)


def _find_point(session: Session, subject: Subject, draft: Draft) -> ContactPoint:
    point = session.get(ContactPoint, (subject.bank_id, draft.contact_point_id))
    fits = point is not None and point.debtor_id == subject.debtor_id
    if point is None or not fits or point.kind != _way(draft)[0]:
        raise Invalid("Choose a number or address that fits the channel.", field="contact_point")
    wrong = session.scalars(
        select(ContactStatement.id)
        .where(
            ContactStatement.bank_id == subject.bank_id,
            ContactStatement.contact_point_id == point.id,
            ContactStatement.kind == StatementKind.WRONG_NUMBER,
            ContactStatement.ended_at.is_(None),
        )
        .limit(1)
    ).one_or_none()
    if wrong is not None:
        raise Invalid(
            "This is known not to be the person's. Choose another.", field="contact_point"
        )
    return point


def _way(draft: Draft) -> tuple[str, str]:
    way = _WAYS.get(draft.channel)
    if way is None:
        raise Invalid("Only text messages and e-mails are sent from here.")
    return way


def _deed(draft: Draft, at: datetime) -> Deed:
    return Deed(
        channel=draft.channel,
        at=at,
        purpose=draft.purpose,
        contact_point_id=draft.contact_point_id,
    )


def _read(
    session: Session, actor: Principal, subject: Subject, draft: Draft, facts: ContactFacts
) -> tuple[WordCheck, Message]:
    """Check a draft's words, and return what they say for the rules of contact to judge."""
    code = draft.mandate_code if draft.gives_code else ""
    sender = sender_of(session, actor, subject.bank_id, code)
    words = check_words(
        draft.text,
        channel=draft.channel,
        language=draft.language,
        jurisdictions=facts.jurisdictions,
        sender=sender,
        subject=draft.subject,
        is_first=is_first_in_writing(facts),
        purpose=draft.purpose,
        debt_kind=subject.product,
        confirmed=draft.confirmed,
        on=facts.at.astimezone(UTC).date(),
    )
    message = message_facts(
        draft.text,
        channel=draft.channel,
        language=draft.language,
        sender=sender,
        subject=draft.subject,
        purpose=draft.purpose,
    )
    return words, message


def sender_of(session: Session, actor: Principal, bank_id: UUID, code: str = "") -> Sender:
    """Return who a message of the actor comes from, as the check of words has to know it."""
    bank = session.get_one(Bank, bank_id)
    if actor.agency_id is None:
        return Sender(kind=SenderKind.BANK, names=_names(bank), phones=_filled(bank.phone))
    agency = session.get_one(Agency, actor.agency_id)
    return Sender(
        kind=SenderKind.AGENCY,
        names=_names(agency),
        creditors=_names(bank),
        phones=_filled(agency.phone),
        checks=_filled(code),
    )


def _names(party: Bank | Agency) -> tuple[str, ...]:
    return _filled(party.name, party.name_zh)


def _filled(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def is_first_in_writing(facts: ContactFacts) -> bool:
    """Tell whether the collector has told the person nothing about the debt, or not in writing.

    Source: 12 CFR 1006.18(e)(1) and Supp. I cmt. 18(e)(1)-1.
    """
    earlier = earlier_communications(Known(facts))
    return not any(past.channel in MESSAGES for past in earlier)


def _told(draft: Draft, at: datetime) -> Told:
    """Tell of the message: whether it arrives, nobody knows when it leaves."""
    return Told(
        channel=draft.channel,
        outcome=Outcome.UNKNOWN,
        made_at=at,
        purpose=draft.purpose,
        contact_point_id=draft.contact_point_id,
        external_id=draft.external_id,
        automated=draft.automated,
        text=draft.whole,
    )


def _open_code(session: Session, account: Account, code: str) -> None:
    """Let a message's code work, unless it does since an earlier message."""
    try:
        with session.begin_nested():
            add_mandate_code(session, account, code)
    except IntegrityError:
        return


def _post(session: Session, actor: Principal, point: ContactPoint, draft: Draft) -> None:
    debtor = session.get_one(Debtor, (point.bank_id, point.debtor_id))
    key = person_key(session, debtor)
    outbox.post_message(
        session,
        actor.agency_id or point.bank_id,
        channel=_way(draft)[1],
        kind="contact",
        to=key.open("contact_points.value", point.id, point.value_sealed),
        text=draft.text,
        subject=draft.subject,
    )
