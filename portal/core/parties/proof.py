"""The debtor's proof, first half: a letter's code and one fact.

A fact finds the record and proves nothing, and which fact was wrong is never said. Every step is
counted, in the transaction of the attempt, so answers are returned and not raised: an error would
take the count back with it. Nothing here is done by opening a page, only by sending a form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.parties import door_counters as counters
from portal.core.parties.models import Debtor
from portal.core.parties.persons import get_debtor, open_birthday, open_last_digits
from portal.core.permissions import Role, Side
from portal.core.principal import Principal

#: A visitor who has shown nothing yet: sees names of banks and agencies, and no person.
NOBODY = Principal(Side.PROVING, UUID(int=0), Role.NONE)


class Step(StrEnum):
    """What came of an attempt: on, not right, wait and call, or start that step anew."""

    PASSED = "passed"
    MISSED = "missed"
    PAUSED = "paused"
    SPENT = "spent"


@dataclass(frozen=True)
class Visit:
    """Whose letter a visitor holds. It names a person and proves nothing yet."""

    code_hash: bytes
    bank_id: UUID
    account_id: UUID
    debtor_id: UUID
    letter_id: UUID

    @property
    def principal(self) -> Principal:
        """Return the principal that may be proven, and see nothing but what that takes."""
        return Principal.proving(self.bank_id, self.debtor_id)


@dataclass(frozen=True)
class CodeAnswer:
    """What came of typing a code. `site_paused`: misses all over the site, an alarm."""

    step: Step
    visit: Visit | None = None
    site_paused: bool = False


@dataclass(frozen=True)
class Fact:
    """The one fact a visitor gives: a date of birth or the last four digits of a number."""

    birth: date | None = None
    last_digits: str | None = None


def code_hash(code: str) -> bytes:
    """Return what a letter's code is found by; the code itself is kept nowhere."""
    return seals.lookup_hash("letter.code", code)


def try_code(session: Session, hashed: bytes, *, network: str, at: datetime) -> CodeAnswer:
    """Look a letter's code up for a visitor on a network, and count a miss.

    Unknown, expired and voided codes are answered alike.
    """
    counters.queue(session, "door.network", network.encode())
    if counters.is_paused(session, network, at):
        return CodeAnswer(Step.PAUSED, site_paused=counters.is_site_paused(session, at))
    visit = find_visit(session, hashed, at)
    if visit is None:
        counters.count_outside(session, network, at)
        return CodeAnswer(Step.MISSED)
    return CodeAnswer(Step.PASSED, visit)


def find_visit(session: Session, hashed: bytes, at: datetime) -> Visit | None:
    """Return whose letter a code belongs to, while the code is valid."""
    row = session.execute(
        text("SELECT * FROM doors.find_letter_code(:hash, :at)"), {"hash": hashed, "at": at}
    ).one_or_none()
    if row is None:
        return None
    return Visit(hashed, row.bank_id, row.account_id, row.debtor_id, row.letter_id)


def try_fact(session: Session, visit: Visit, fact: Fact, *, network: str, at: datetime) -> Step:
    """Compare the one fact with the record; a miss counts for code, person, network and site.

    The fifth miss voids the code.
    """
    counters.queue(session, "door.code", visit.code_hash)
    person = visit.debtor_id.bytes
    if counters.misses(session, "door.person", person, at) >= counters.MOST_MISSES_OF_A_PERSON:
        return Step.PAUSED
    if find_visit(session, visit.code_hash, at) is None:
        return Step.SPENT
    debtor = get_debtor(session, visit.bank_id, visit.debtor_id)
    if _is_right(session, debtor, fact):
        return Step.PASSED
    counters.count(session, "door.person", person, at)
    counters.count_outside(session, network, at)
    counters.miss_code(session, visit.code_hash, at)
    return Step.MISSED


def _is_right(session: Session, debtor: Debtor, fact: Fact) -> bool:
    if fact.birth is not None:
        known = open_birthday(session, debtor)
        return known is not None and compare_digest(known.isoformat(), fact.birth.isoformat())
    digits = open_last_digits(session, debtor)
    return (
        digits is not None
        and fact.last_digits is not None
        and compare_digest(digits.encode(), fact.last_digits.encode())
    )
