"""The debtor's proof, second half: a passcode to a contact point the bank had before the letter."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Protocol
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import audit, outbox, seals
from portal.core.db import Base, refuse_drift, uuid7
from portal.core.errors import NotFound
from portal.core.parties import door_counters as counters
from portal.core.parties.models import ContactPoint, Debtor
from portal.core.parties.persons import OpenContact, get_debtor, masked, open_contacts
from portal.core.parties.proof import Step, Visit, find_visit

MOST_TRIES = 5
PASSCODE_LIFE = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=60)
#: A contact point that came later than the person does not count before it is this old.
SETTLED_AFTER = timedelta(days=14)


class Passcode(Base):
    """Six digits sent to a contact point; they work once, in the browser that asked."""

    __tablename__ = "passcodes"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    code_hash: Mapped[bytes]
    browser_hash: Mapped[bytes]
    contact_point_id: Mapped[UUID]
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Choice:
    """A contact point a passcode can go to, masked."""

    id: UUID
    kind: str
    masked: str


@dataclass(frozen=True)
class Note:
    """The words of one message; they suit whoever else reads that phone or mailbox."""

    text: str
    subject: str = ""


class Words(Protocol):
    """What the messages of the door say, in a person's language."""

    def passcode(self, language: str, code: str) -> Note:
        """Return the message that carries a passcode."""
        ...

    def somebody_asked(self, language: str) -> Note:
        """Return the notice to another contact point that a passcode was asked for."""
        ...


def contact_choices(session: Session, visit: Visit, *, at: datetime) -> list[Choice]:
    """Return where a passcode can go: telephones, or e-mail where the bank has no telephone.

    Only what the bank had before the letter counts, and nothing that came after the person within
    the last 14 days.
    """
    debtor = get_debtor(session, visit.bank_id, visit.debtor_id)
    return [
        Choice(one.id, one.kind, masked(one))
        for one in _choices(_usable(session, visit, debtor, at))
    ]


def _choices(usable: list[OpenContact]) -> list[OpenContact]:
    return [contact for contact in usable if contact.kind == "phone"] or usable


def _usable(session: Session, visit: Visit, debtor: Debtor, at: datetime) -> list[OpenContact]:
    issued_at = session.scalar(
        text("SELECT issued_at FROM letters WHERE bank_id = :bank AND id = :letter"),
        {"bank": visit.bank_id, "letter": visit.letter_id},
    )
    if issued_at is None:
        return []
    with_the_person = debtor.created_at + timedelta(days=1)
    settled = set(
        session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.bank_id == visit.bank_id,
                ContactPoint.debtor_id == visit.debtor_id,
                ContactPoint.kind.in_(("phone", "email")),
                ContactPoint.received_at <= issued_at,
                (ContactPoint.received_at <= with_the_person)
                | (ContactPoint.received_at <= at - SETTLED_AFTER),
            )
        )
    )
    return [contact for contact in open_contacts(session, debtor) if contact.id in settled]


def send_passcode(
    session: Session, visit: Visit, contact_id: UUID, *, browser: str, at: datetime, words: Words
) -> Step:
    """Send a fresh passcode to one of the choices; every earlier one stops working.

    Whoever reads the person's other channel is told that it was asked for. Within a minute of the
    last one nothing is sent (SPENT), nor after the fifth in an hour (PAUSED).

    Raises:
        NotFound: not one of this person's choices.
        Unavailable: the clocks differ, and no new code would keep its time.
    """
    refuse_drift(session)
    person = visit.debtor_id.bytes
    counters.queue(session, "door.passcode", person)
    debtor = get_debtor(session, visit.bank_id, visit.debtor_id)
    usable = _usable(session, visit, debtor, at)
    chosen = next((one for one in _choices(usable) if one.id == contact_id), None)
    if chosen is None:
        raise NotFound
    last = _latest(session, visit, browser)
    if last is not None and at - last.made_at < RESEND_AFTER:
        return Step.SPENT
    if counters.count(session, "door.passcode", person, at) > counters.MOST_PASSCODES:
        return Step.PAUSED
    code = _add_passcode(session, visit, chosen, browser, at)
    _post(session, debtor, chosen, "passcode", words.passcode(debtor.language, code))
    other = next((one for one in usable if one.kind != chosen.kind), None)
    if other is not None:
        _post(session, debtor, other, "passcode_notice", words.somebody_asked(debtor.language))
    return Step.PASSED


def _add_passcode(
    session: Session, visit: Visit, chosen: OpenContact, browser: str, at: datetime
) -> str:
    code = f"{secrets.randbelow(1_000_000):06d}"
    passcode_id = uuid7()
    session.add(
        Passcode(
            bank_id=visit.bank_id,
            id=passcode_id,
            debtor_id=visit.debtor_id,
            code_hash=_passcode_hash(passcode_id, code),
            browser_hash=seals.token_hash(browser),
            contact_point_id=chosen.id,
            made_at=at,
            expires_at=at + PASSCODE_LIFE,
        )
    )
    session.flush()
    return code


def try_passcode(
    session: Session, visit: Visit, typed: str, *, browser: str, network: str, at: datetime
) -> Step:
    """Check a passcode: the newest one, in the browser that asked, within ten minutes, once.

    Five tries; the row is locked, so that twenty at once are five and one success at most. The
    last miss also counts for the letter's code.
    """
    counters.queue(session, "door.code", visit.code_hash)
    passcode = _latest(session, visit, browser)
    if passcode is None or passcode.used_at is not None or passcode.tries >= MOST_TRIES:
        return Step.SPENT
    if at >= passcode.expires_at or find_visit(session, visit.code_hash, at) is None:
        return Step.SPENT
    passcode.tries += 1
    if compare_digest(passcode.code_hash, _passcode_hash(passcode.id, typed)):
        passcode.used_at = at
        session.flush()
        audit.record(session, visit.principal, "debtor.proven", visit.debtor_id)
        return Step.PASSED
    session.flush()
    if passcode.tries < MOST_TRIES:
        return Step.MISSED
    counters.count_outside(session, network, at)
    counters.miss_code(session, visit.code_hash, at)
    return Step.SPENT


def _latest(session: Session, visit: Visit, browser: str) -> Passcode | None:
    """Lock and return the person's newest passcode, if this browser asked for it."""
    newest = session.scalars(
        select(Passcode)
        .where(Passcode.bank_id == visit.bank_id, Passcode.debtor_id == visit.debtor_id)
        .order_by(Passcode.made_at.desc(), Passcode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if newest is None or not compare_digest(newest.browser_hash, seals.token_hash(browser)):
        return None
    return newest


def _passcode_hash(passcode_id: UUID, code: str) -> bytes:
    return seals.lookup_hash("passcode", code, passcode_id)


def _post(session: Session, debtor: Debtor, to: OpenContact, kind: str, note: Note) -> None:
    outbox.post_message(
        session,
        debtor.bank_id,
        channel="text" if to.kind == "phone" else "email",
        kind=kind,
        to=to.value,
        text=note.text,
        subject=note.subject,
    )
