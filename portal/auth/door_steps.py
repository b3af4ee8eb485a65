"""Where a debtor stands at the door: kept in the session's row, in no address and no form."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from flask import session

from portal.core.parties.proof import Visit

_LETTER, _DOOR = "letter_code", "door"


@dataclass(frozen=True)
class AtTheDoor:
    """A visitor with a valid code. `browser` binds the passcode to this browser alone."""

    visit: Visit
    browser: str
    fact_given: bool
    contact_id: UUID | None


def keep_letter(code_hash: bytes) -> None:
    """Keep the code a visitor's letter was opened with; only its hash is kept."""
    session[_LETTER] = code_hash.hex()


def kept_letter() -> bytes | None:
    """Return the hash of the code a letter was opened with, if one was."""
    kept = session.get(_LETTER)
    return bytes.fromhex(kept) if kept else None


def forget_letter() -> None:
    """Forget the code, so that another can be typed."""
    session.pop(_LETTER, None)


def step_in(visit: Visit) -> None:
    """Remember whose letter the visitor holds, under a new session id."""
    session.pop(_LETTER, None)
    session[_DOOR] = {
        "code": visit.code_hash.hex(),
        "bank": str(visit.bank_id),
        "account": str(visit.account_id),
        "debtor": str(visit.debtor_id),
        "letter": str(visit.letter_id),
        "browser": secrets.token_urlsafe(24),
        "fact": False,
        "contact": None,
    }
    session.renew()  # type: ignore[attr-defined]


def fact_given() -> None:
    """Remember that the one fact was right."""
    session[_DOOR] = {**session[_DOOR], "fact": True}


def passcode_sent(contact_id: UUID) -> None:
    """Remember where the passcode went."""
    session[_DOOR] = {**session[_DOOR], "contact": str(contact_id)}


def leave() -> None:
    """Forget all of it: the code cannot be used any more."""
    session.pop(_LETTER, None)
    session.pop(_DOOR, None)


def at_the_door() -> AtTheDoor | None:
    """Return where the visitor stands; None before a valid code."""
    kept = session.get(_DOOR)
    if not kept:
        return None
    return AtTheDoor(
        visit=Visit(
            code_hash=bytes.fromhex(kept["code"]),
            bank_id=UUID(kept["bank"]),
            account_id=UUID(kept["account"]),
            debtor_id=UUID(kept["debtor"]),
            letter_id=UUID(kept["letter"]),
        ),
        browser=kept["browser"],
        fact_given=bool(kept["fact"]),
        contact_id=UUID(kept["contact"]) if kept["contact"] else None,
    )
