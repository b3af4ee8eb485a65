"""Delivered files as kept: sealed in chunks, read again as often as needed."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.accounts.chunks import ChunkReader, Stored, store_chunks
from portal.core.accounts.files import Caps, Delivery, inspect
from portal.core.accounts.mapping import Mapping
from portal.core.accounts.models import ImportChunk, ImportFile, ImportMapping, ImportState
from portal.core.accounts.suggest import suggest
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Permission
from portal.core.principal import Principal

_PLACE = "import_chunks.sealed"


class AlreadyImported(Conflict):
    """The same bytes were committed before; `import_id` is that first time."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__("This file was imported before; nothing was changed.")
        self.import_id = import_id


def receive_file(
    session: Session,
    actor: Principal,
    source: BinaryIO,
    *,
    file_name: str,
    at: datetime,
    caps: Caps | None = None,
) -> ImportFile:
    """Keep a delivered file, sealed under the bank's key, and find out what it is.

    Raises:
        PermissionDenied: the actor imports no accounts.
        FileRefused: empty, beyond a cap, not a table, or without usable headings.
        AlreadyImported: the same bytes were committed before.
    """
    actor.require(Permission.ACCOUNT_IMPORT)
    bank_id = _bank_of(actor)
    caps = caps or Caps()
    kept = ImportFile(
        bank_id=bank_id,
        id=uuid7(),
        file_name=clean_file_name(file_name),
        sha256=b"",
        size_bytes=0,
        encoding="",
        delimiter="",
        state=ImportState.UPLOADED,
        uploaded_by=actor.user_id,
        uploaded_at=at,
    )
    session.add(kept)
    session.flush()
    kept.sha256, kept.size_bytes = _store(session, kept, source, caps.max_bytes)
    first = find_committed(session, bank_id, kept.sha256)
    if first is not None:
        raise AlreadyImported(first.id)
    delivery = inspect(_reader(session, kept), caps=caps)
    kept.encoding, kept.delimiter = delivery.encoding, delivery.delimiter
    session.flush()
    audit.record(session, actor, "import.received", kept.id)
    return kept


def _store(session: Session, kept: ImportFile, source: BinaryIO, max_bytes: int) -> Stored:
    key = seals.owner_key(session, kept.bank_id)

    def write(number: int, chunk: bytes) -> None:
        session.execute(
            insert(ImportChunk).inline(),
            {
                "bank_id": kept.bank_id,
                "import_id": kept.id,
                "number": number,
                "sealed": key.seal(_PLACE, kept.id, chunk),
            },
        )

    return store_chunks(source, write, max_bytes=max_bytes)


def open_delivery(
    session: Session, kept: ImportFile, *, caps: Caps | None = None, at_once: bool = False
) -> Delivery:
    """Return a kept file, ready to be read row by row while the transaction lasts.

    With `at_once` its bytes are held in memory, and reading them leaves the session alone.
    """
    source = _reader(session, kept)
    return inspect(
        source().read() if at_once else source,
        caps=caps,
        encoding=kept.encoding,
        delimiter=kept.delimiter,
    )


def _reader(session: Session, kept: ImportFile) -> ChunkReader:
    bank_id, import_id = kept.bank_id, kept.id

    def read(number: int) -> bytes | None:
        sealed = session.scalar(
            select(ImportChunk.sealed).where(
                ImportChunk.bank_id == bank_id,
                ImportChunk.import_id == import_id,
                ImportChunk.number == number,
            )
        )
        if sealed is None:
            return None
        return seals.owner_key(session, bank_id).open_bytes(_PLACE, import_id, sealed)

    return ChunkReader(read)


def get_import(session: Session, actor: Principal, import_id: UUID) -> ImportFile:
    """Return one of the acting bank's files.

    Raises:
        NotFound: there is none.
    """
    kept = session.get(ImportFile, (_bank_of(actor), import_id))
    if kept is None:
        raise NotFound
    return kept


def find_committed(session: Session, bank_id: UUID, sha256: bytes) -> ImportFile | None:
    """Return the file with these bytes that was committed, if one was."""
    return session.scalars(
        select(ImportFile).where(
            ImportFile.bank_id == bank_id,
            ImportFile.sha256 == sha256,
            ImportFile.state == ImportState.COMMITTED,
        )
    ).one_or_none()


def remembered_mapping(session: Session, bank_id: UUID, delivery: Delivery) -> Mapping:
    """Return the mapping used last for these headings, or the best guess."""
    known = session.scalar(
        select(ImportMapping.mapping).where(
            ImportMapping.bank_id == bank_id, ImportMapping.headings_key == delivery.headings_key
        )
    )
    if known is not None:
        return Mapping.from_dict(known)
    return suggest(delivery.headings, delivery.sample())


def remember_mapping(
    session: Session, actor: Principal, delivery: Delivery, mapping: Mapping, *, at: datetime
) -> None:
    """Keep a mapping for the next file with the same headings."""
    bank_id = _bank_of(actor)
    known = session.scalars(
        select(ImportMapping).where(
            ImportMapping.bank_id == bank_id, ImportMapping.headings_key == delivery.headings_key
        )
    ).one_or_none()
    if known is None:
        known = ImportMapping(bank_id=bank_id, id=uuid7(), headings_key=delivery.headings_key)
        session.add(known)
    known.mapping = mapping.to_dict()
    known.changed_by = actor.user_id
    known.changed_at = at
    session.flush()


def clean_file_name(name: str) -> str:
    """Return a file's name without folders, control or direction characters, of bounded length."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if char.isprintable())
    return kept.strip()[:200] or "file.csv"


def _bank_of(actor: Principal) -> UUID:
    if actor.bank_id is None:
        raise NotFound
    return actor.bank_id
