"""Notices: the letter that an agency works an account, with the code that lets its person in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox, seals
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.db import refuse_drift, uuid7
from portal.core.errors import Conflict
from portal.core.ledger.models import Balance
from portal.core.parties import door_counters, letter_codes
from portal.core.parties.proof import Step, code_hash
from portal.core.permissions import Permission
from portal.core.placements.letters import Document, LetterFacts, gather_facts, store_letter
from portal.core.placements.models import Letter, LetterKind
from portal.core.principal import Principal

CODE_LIFE = timedelta(days=21)
#: A second notice of the same agency within this time is a slip, not a wish.
_REPEAT_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class NoticeFacts(LetterFacts):
    """What a notice states beside: its codes, and the language it is asked for in.

    `code` lets the person in; with `mandate_code` anyone may ask who works for the bank.
    """

    code: str
    mandate_code: str
    language: str


@dataclass(frozen=True)
class Mandate:
    """That an agency works for a bank between two days. It says nothing about anybody's debt."""

    bank_id: UUID
    agency_id: UUID
    term_start: date
    term_end: date


ComposeNotice = Callable[[NoticeFacts], list[Document]]


def request_notice(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    at: datetime,
    language: str | None = None,
) -> UUID:
    """Ask for a notice on a placed account, for bank or agency; a job writes it right after.

    Returns the id the letter will have. The job acts as the bank's machine, since an agency does
    not see the ledger a notice is itemised from.

    Raises:
        PermissionDenied: the actor issues no letters.
        NotFound: no such account for this actor.
        Conflict: the account is not placed, its balance is not verified, or a notice was issued
            within the last day.
    """
    actor.require(Permission.LETTER_ISSUE)
    account = lock_account(session, account_id)
    refuse_unready(session, account, at)
    letter_id = uuid7()
    audit.record(session, actor, "letter.requested", letter_id, chain_id=account.bank_id)
    outbox.enqueue(
        session,
        "issue_notice",
        lock=f"account:{account.id}",
        bank_id=str(account.bank_id),
        account_id=str(account.id),
        letter_id=str(letter_id),
        issued_by=str(actor.user_id),
        language=language or "",
        issued_at=int(at.timestamp()),
    )
    return letter_id


def find_notice(session: Session, account_id: UUID, letter_id: UUID | None) -> Letter | None:
    """Return the notice that was written under an id chosen beforehand, if it was."""
    if letter_id is None:
        return None
    return session.scalars(
        select(Letter).where(Letter.account_id == account_id, Letter.id == letter_id)
    ).one_or_none()


def issue_notice(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    at: datetime,
    compose: ComposeNotice,
    language: str | None = None,
    letter_id: UUID | None = None,
    issued_by: UUID | None = None,
) -> Letter:
    """Write the notice on a placed account, with a fresh code that works for 21 days.

    In Spanish the English notice is written with it, under the same code. The letter in the
    language asked for is returned; the same `letter_id` again returns what was written before.

    Raises:
        PermissionDenied, NotFound, Conflict: as when requesting.

    Source: 12 CFR 1006.34(e) for the English beside a translation.
    """
    actor.require(Permission.LETTER_ISSUE)
    account = lock_account(session, account_id)
    written = find_notice(session, account_id, letter_id)
    if written is not None:
        return written
    letter_id = letter_id or uuid7()
    refuse_unready(session, account, at)
    facts = gather_facts(session, account, at=at)
    code, mandate_code = letter_codes.new_code(), letter_codes.new_code()
    documents = compose(
        NoticeFacts(
            **vars(facts),
            code=code,
            mandate_code=mandate_code,
            language=language or facts.debtor.language,
        )
    )
    expires_at = at + CODE_LIFE
    # The last document is the one asked for; what has to go with it comes before.
    for document, own_id in zip(documents, _ids(letter_id, len(documents)), strict=True):
        letter = store_letter(
            session,
            facts,
            document,
            kind=LetterKind.NOTICE,
            letter_id=own_id,
            issued_by=issued_by or actor.user_id,
            expires_at=expires_at,
        )
    _open_doors(session, account, letter_id, code, mandate_code, expires_at)
    faults.point("letters.notice.stored")
    audit.record(session, actor, "letter.issued", letter_id, chain_id=account.bank_id)
    return letter


def _open_doors(
    session: Session,
    account: Account,
    letter_id: UUID,
    code: str,
    mandate_code: str,
    expires_at: datetime,
) -> None:
    add_letter_code(session, account, letter_id, code, expires_at)
    add_mandate_code(session, account, mandate_code)


def add_letter_code(
    session: Session, account: Account, letter_id: UUID, code: str, expires_at: datetime
) -> None:
    """Let a letter's person in by the code printed on it, until it expires."""
    refuse_drift(session)
    session.execute(
        text("SELECT doors.add_letter_code(:hash, :bank, :account, :debtor, :letter, :expires)"),
        {
            "hash": code_hash(code),
            "bank": account.bank_id,
            "account": account.id,
            "debtor": account.debtor_id,
            "letter": letter_id,
            "expires": expires_at,
        },
    )


def add_mandate_code(session: Session, account: Account, code: str) -> None:
    """Let anyone ask by a code who works a placed account, as long as the placement lasts."""
    session.execute(
        text("SELECT doors.add_mandate_code(:hash, :bank, :placement)"),
        {
            "hash": _mandate_hash(code),
            "bank": account.bank_id,
            "placement": account.placement_id,
        },
    )


@dataclass(frozen=True)
class MandateAnswer:
    """What came of asking by a mandate code."""

    step: Step
    mandate: Mandate | None = None


def try_mandate(session: Session, code: str, *, network: str, at: datetime) -> MandateAnswer:
    """Answer anyone who works for whom by a letter's mandate code, if that holds this very second.

    Unknown, ended and recalled are answered alike, and counted like misses of a letter's code.
    """
    door_counters.queue(session, "door.network", network.encode())
    if door_counters.is_paused(session, network, at):
        return MandateAnswer(Step.PAUSED)
    row = session.execute(
        text("SELECT * FROM doors.find_mandate(:hash, :today)"),
        {"hash": _mandate_hash(code), "today": at.date()},
    ).one_or_none()
    if row is None:
        door_counters.count_outside(session, network, at)
        return MandateAnswer(Step.MISSED)
    return MandateAnswer(
        Step.PASSED, Mandate(row.bank_id, row.agency_id, row.term_start, row.term_end)
    )


def _mandate_hash(code: str) -> bytes:
    return seals.lookup_hash("mandate.code", code)


def _ids(last: UUID, count: int) -> list[UUID]:
    return [uuid7() for _ in range(count - 1)] + [last]


def refuse_unready(session: Session, account: Account, at: datetime) -> None:
    """Let an account pass that a notice can be written on.

    Raises:
        Conflict: it is not placed, its balance is not verified, or a notice has just been issued.
    """
    if account.placement_id is None or account.agency_id is None:
        raise Conflict("A notice can be sent once an agency works this account.")
    balance = session.get(Balance, (account.bank_id, account.id))
    if balance is None or balance.verified_as_of is None:
        raise Conflict("The bank has not confirmed this balance yet.")
    recent = session.scalar(
        select(Letter.id)
        .where(
            Letter.bank_id == account.bank_id,
            Letter.account_id == account.id,
            Letter.kind == LetterKind.NOTICE,
            Letter.agency_id == account.agency_id,
            Letter.issued_at > at - _REPEAT_AFTER,
        )
        .limit(1)
    )
    if recent is not None:
        raise Conflict("A notice on this account was issued within the last day.")
