"""Field encryption: personal values sealed under a key per person, kept apart from the database.

A value is sealed with AES-256-GCM under its person's key; that key is wrapped by the bank's key,
and the bank's by the master key, which only the environment holds. Table, column, owner and row
are bound in, so that a sealed value moved to another place does not open. Destroying a person's
wrapped key makes everything sealed under it unreadable, in backups too.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.errors import Unavailable

_FORMAT = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


class SealBroken(Unavailable):
    """A sealed value does not open: wrong key, wrong place, or changed bytes."""

    def __init__(self) -> None:
        super().__init__("This value cannot be opened. The operator has been told.")


@dataclass(frozen=True)
class Key:
    """One key of one owner, able to seal values of that owner's rows."""

    owner_id: UUID
    key_id: bytes
    _cipher: AESGCM = field(repr=False)
    _owner: str = field(repr=False, default="")

    def seal(self, place: str, row_id: UUID, value: str | bytes) -> bytes:
        """Seal a value for one row; `place` is `table.column`."""
        plain = value.encode() if isinstance(value, str) else value
        nonce = os.urandom(_NONCE_BYTES)
        bound = f"{place}|{self._owner}|{row_id}".encode()
        return _FORMAT + self.key_id + nonce + self._cipher.encrypt(nonce, plain, bound)

    def open_bytes(self, place: str, row_id: UUID, sealed: bytes) -> bytes:
        """Open what `seal` made for the same place and row.

        Raises:
            SealBroken: another key, another place, or changed bytes.
        """
        head = len(_FORMAT) + _KEY_ID_BYTES
        if sealed[:1] != _FORMAT or sealed[1:head] != self.key_id:
            raise SealBroken
        bound = f"{place}|{self._owner}|{row_id}".encode()
        try:
            return self._cipher.decrypt(
                sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :], bound
            )
        except InvalidTag:
            raise SealBroken from None

    def open(self, place: str, row_id: UUID, sealed: bytes) -> str:
        """Open a sealed text."""
        return self.open_bytes(place, row_id, sealed).decode()

    def new_inner_key(self, row_id: UUID) -> tuple[Key, bytes]:
        """Make a key for one person, and return it with its wrapped form to store on their row."""
        raw = os.urandom(32)
        wrapped = self.seal("debtors.wrapped_key", row_id, raw)
        return _key(self.owner_id, raw), wrapped

    def inner_key(self, row_id: UUID, wrapped: bytes) -> Key:
        """Unwrap a person's key."""
        return _key(self.owner_id, self.open_bytes("debtors.wrapped_key", row_id, wrapped))


def _key(owner_id: UUID, raw: bytes) -> Key:
    key_id = hashlib.sha256(b"portal key id" + raw).digest()[:_KEY_ID_BYTES]
    return Key(owner_id, key_id, AESGCM(raw), str(owner_id))


@dataclass(frozen=True)
class KeyHolder:
    """The two keys that live outside the database, and the owners' keys unwrapped so far."""

    master: Key
    index_key: bytes = field(repr=False)
    unwrapped: dict[UUID, Key] = field(default_factory=dict, repr=False)


_OUTSIDE = UUID(int=0)
_holder: KeyHolder | None = None


def configure(master_key: bytes, index_key: bytes) -> None:
    """Give this process the keys that live outside the database: 32 bytes each.

    Raises:
        ValueError: a key has another length.
    """
    global _holder
    if len(master_key) != 32 or len(index_key) != 32:
        raise ValueError("keys are 32 bytes")
    _holder = KeyHolder(_key(_OUTSIDE, master_key), index_key)


def _keys() -> KeyHolder:
    if _holder is None:
        raise Unavailable("No keys are loaded; set PORTAL_MASTER_KEY and PORTAL_INDEX_KEY.")
    return _holder


def key_check() -> bytes:
    """Return what tells, without revealing it, whether this is the master key of a database."""
    return _keys().master.key_id


def make_owner_key(session: Session, owner_id: UUID) -> Key:
    """Make the key of a bank, an agency or the operator, and store it wrapped."""
    raw = os.urandom(32)
    holder = _keys()
    session.execute(
        text("INSERT INTO org_keys (org_id, key_id, wrapped) VALUES (:org, :key_id, :wrapped)"),
        {
            "org": owner_id,
            "key_id": holder.master.key_id.hex(),
            "wrapped": holder.master.seal("org_keys.wrapped", owner_id, raw),
        },
    )
    return _key(owner_id, raw)


def owner_key(session: Session, owner_id: UUID) -> Key:
    """Return the key of a bank, an agency or the operator; unwrapped once per process.

    Raises:
        Unavailable: the owner has no key, or the master key is another one.
    """
    holder = _keys()
    known = holder.unwrapped.get(owner_id)
    if known is not None:
        return known
    wrapped = session.execute(
        text("SELECT wrapped FROM org_keys WHERE org_id = :org"), {"org": owner_id}
    ).scalar_one_or_none()
    if wrapped is None:
        raise Unavailable("This organisation has no key yet.")
    key = _key(owner_id, holder.master.open_bytes("org_keys.wrapped", owner_id, bytes(wrapped)))
    holder.unwrapped[owner_id] = key
    return key


def lookup_hash(purpose: str, value: str, owner_id: UUID | None = None) -> bytes:
    """Return the keyed hash under which a value can be found again, exactly and only so.

    Keyed by purpose and owner: the same telephone at two banks has two hashes, and nobody without
    the key can try all telephones.
    """
    bound = f"{purpose}|{owner_id or ''}|{value}".encode()
    return hmac.digest(_keys().index_key, bound, "sha256")


def token_hash(token: str) -> bytes:
    """Return the hash of a random token of 128 bits or more, under which a door stores it."""
    return hashlib.sha256(token.encode()).digest()
