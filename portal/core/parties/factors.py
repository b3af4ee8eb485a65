"""Second factors of staff: an authenticator's codes, and the recovery codes for its loss."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.parties.models import Staff

RECOVERY_CODES = 8
STEP_SECONDS = 30
_DRIFT_STEPS = 1
# 32 characters without I, L, O and U; seven groups of four are 140 bits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP_LENGTH = 7, 4
_LOOK_ALIKES = str.maketrans("OIL", "011")
_PLACE = "staff.totp"


def new_secret() -> str:
    """Return a fresh secret for an authenticator: 160 bits in base32."""
    return pyotp.random_base32()


def seal_secret(session: Session, staff: Staff, secret: str) -> bytes:
    """Seal an authenticator's secret for one person's row."""
    return seals.owner_key(session, staff.org_id).seal(_PLACE, staff.id, secret)


def open_secret(session: Session, staff: Staff, sealed: bytes) -> str:
    """Open what `seal_secret` made for the same person."""
    return seals.owner_key(session, staff.org_id).open(_PLACE, staff.id, sealed)


def provisioning_uri(secret: str, *, account: str, issuer: str) -> str:
    """Return the address an authenticator reads from a QR code."""
    uri: str = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
    return uri


def matching_step(secret: str, code: str, *, now: datetime, after: int = 0) -> int | None:
    """Return the time step a code belongs to, if it is one of the three around now.

    Steps up to `after` have been used and never count again. All three are compared, so that the
    time taken tells nothing.
    """
    generator = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        same = hmac.compare_digest(generator.at(step * STEP_SECONDS), code)
        if same and step > after:
            found = step
    return found


def accept_code(session: Session, staff: Staff, typed: str, *, now: datetime) -> str | None:
    """Use up a code of a person whose row is locked; return how it was proven, or None.

    An authenticator's code is good once: its step is stored, and older ones are refused too. A
    recovery code is struck off.
    """
    code = read_code(typed)
    if code.isdigit() and len(code) == 6:
        return _accept_authenticator(session, staff, code, now)
    return _accept_recovery(staff, code)


def _accept_authenticator(session: Session, staff: Staff, code: str, now: datetime) -> str | None:
    if staff.totp_sealed is None:
        return None
    secret = open_secret(session, staff, staff.totp_sealed)
    step = matching_step(secret, code, now=now, after=staff.totp_last_step)
    if step is None:
        return None
    staff.totp_last_step = step
    session.flush()
    return "authenticator"


def _accept_recovery(staff: Staff, code: str) -> str | None:
    given = seals.token_hash(code)
    left = [kept for kept in staff.recovery_hashes if not hmac.compare_digest(kept, given)]
    if len(left) == len(staff.recovery_hashes):
        return None
    staff.recovery_hashes = left
    return "recovery_code"


def new_recovery_codes() -> list[str]:
    """Return fresh recovery codes, each good once, to be shown to their owner and never again."""
    return [
        "-".join(
            "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]


def hash_recovery_codes(codes: Sequence[str]) -> list[bytes]:
    """Return what is stored of recovery codes; 140 random bits need no slow hash."""
    return [seals.token_hash(read_code(code)) for code in codes]


def read_code(typed: str) -> str:
    """Return a typed code without gaps and dashes, in capitals, look-alikes put right."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(mark for mark in plain if mark.isalnum()).translate(_LOOK_ALIKES)
