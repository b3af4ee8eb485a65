"""Where a visitor stands on the way in: kept in the session's row, in no address and no form."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import session

from portal.core import seals
from portal.core.parties.sign_in import Candidate
from portal.core.permissions import Side

#: How long a name, a proven password or an opened invitation counts.
LIFE = timedelta(minutes=15)
_NAMED, _INVITED, _ENROLLING, _RECOVERY = "entering", "invitation", "enrolling", "recovery"


@dataclass(frozen=True)
class Named:
    """A visitor who gave an address; `proven` once its password has been given too."""

    email: str
    candidate: Candidate
    proven: bool


@dataclass(frozen=True)
class Invited:
    """A visitor who opened an invitation's link."""

    candidate: Candidate
    token_hash: bytes


@dataclass(frozen=True)
class Enrolling:
    """A visitor who is adding an authenticator: to join with an invitation, or in place of one."""

    candidate: Candidate
    sealed: bytes
    password_hash: str | None
    token_hash: bytes | None


def name_visitor(email: str, candidate: Candidate, *, now: datetime) -> None:
    """Remember who the visitor says they are."""
    session[_NAMED] = {"email": email, **_kept(candidate, now), "proven": False}


def password_proven(*, now: datetime) -> None:
    """Remember that the password was right, under a new session id."""
    session[_NAMED] = {**session[_NAMED], "proven": True, "at": now.timestamp()}
    session.renew()  # type: ignore[attr-defined]


def named(*, now: datetime) -> Named | None:
    """Return who the visitor says they are, while that counts."""
    kept = _kept_for(_NAMED, now)
    if kept is None:
        return None
    return Named(kept["email"], _candidate(kept), kept["proven"])


def open_invitation(token: str, candidate: Candidate, *, now: datetime) -> None:
    """Remember that the visitor holds an invitation; only the hash of its token is kept."""
    token_hash = seals.token_hash(token).hex()
    session[_INVITED] = {**_kept(candidate, now), "token_hash": token_hash}


def invited(*, now: datetime) -> Invited | None:
    """Return the invitation the visitor opened, while that counts."""
    kept = _kept_for(_INVITED, now)
    if kept is None:
        return None
    return Invited(_candidate(kept), bytes.fromhex(kept["token_hash"]))


def begin_enrolling(
    candidate: Candidate,
    sealed: bytes,
    *,
    now: datetime,
    password_hash: str | None = None,
    token_hash: bytes | None = None,
) -> None:
    """Remember the authenticator that is being added, its secret sealed."""
    session[_ENROLLING] = {
        **_kept(candidate, now),
        "sealed": base64.b64encode(sealed).decode(),
        "password_hash": password_hash,
        "token_hash": token_hash.hex() if token_hash is not None else None,
    }


def enrolling(*, now: datetime) -> Enrolling | None:
    """Return the authenticator that is being added, while that counts."""
    kept = _kept_for(_ENROLLING, now)
    if kept is None:
        return None
    token_hash = kept["token_hash"]
    return Enrolling(
        candidate=_candidate(kept),
        sealed=base64.b64decode(kept["sealed"]),
        password_hash=kept["password_hash"],
        token_hash=bytes.fromhex(token_hash) if token_hash is not None else None,
    )


def keep_recovery_codes(sealed: bytes) -> None:
    """Keep fresh recovery codes, sealed, until their owner has noted them."""
    session[_RECOVERY] = base64.b64encode(sealed).decode()


def recovery_codes() -> bytes | None:
    """Return the recovery codes that are still to be noted, sealed."""
    kept = session.get(_RECOVERY)
    return base64.b64decode(kept) if kept else None


def end_recovery_codes() -> None:
    """Forget the recovery codes: their owner has noted them."""
    session.pop(_RECOVERY, None)


def _kept(candidate: Candidate, now: datetime) -> dict[str, object]:
    return {
        "org": str(candidate.org_id),
        "staff": str(candidate.staff_id),
        "side": candidate.side.value,
        "at": now.timestamp(),
    }


def _kept_for(key: str, now: datetime) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = session.get(key)
    if kept is None or now.timestamp() - kept["at"] >= LIFE.total_seconds():
        return None
    return kept


def _candidate(kept: dict[str, Any]) -> Candidate:
    return Candidate(UUID(kept["org"]), UUID(kept["staff"]), Side(kept["side"]))
