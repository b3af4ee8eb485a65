"""Files of actions as kept: sealed under their agency's key, read again as often as needed."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.accounts.account_row import RowError
from portal.core.accounts.chunks import ChunkReader, store_chunks
from portal.core.accounts.deliveries import AlreadyImported, clean_file_name
from portal.core.accounts.files import Caps, Delivery, inspect
from portal.core.accounts.rows import Rejected
from portal.core.actions.file_mapping import ActionMapping, suggest_mapping
from portal.core.actions.file_progress import Step, find_run
from portal.core.actions.file_reasons import ActionRowError
from portal.core.actions.models_files import ActionFile, ActionFileChunk, ActionFileState
from portal.core.db import uuid7
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.core.placements.models import Placement
from portal.core.principal import Principal

CAPS = Caps(max_bytes=32_000_000, max_rows=100_000, max_columns=200)
_PLACE = "action_file_chunks.sealed"
_HEADINGS_KEY = "headings_key"
#: Rejected rows kept in one sealed piece.
_REJECTS_IN_PIECE = 2_000


def receive_file(
    session: Session,
    actor: Principal,
    bank_id: UUID,
    source: BinaryIO,
    *,
    file_name: str,
    at: datetime,
    caps: Caps = CAPS,
) -> ActionFile:
    """Keep a file of actions for one bank, sealed under the agency's key, and find out what it is.

    Its rows are counted, so that one that cannot be cut into rows is refused before any question.

    Raises:
        PermissionDenied: the actor logs no actions.
        NotFound: the actor's agency does not work for this bank.
        FileRefused: empty, beyond a cap, not a table, or without usable headings.
        AlreadyImported: the same bytes were logged before, or are being logged.
    """
    actor.require(Permission.ACTION_LOG)
    agency_id = agency_of(actor)
    if bank_id not in list_bank_ids(session, actor):
        raise NotFound
    kept = ActionFile(
        bank_id=bank_id,
        id=uuid7(),
        agency_id=agency_id,
        file_name=clean_file_name(file_name),
        sha256=b"",
        size_bytes=0,
        state=ActionFileState.UPLOADED,
        uploaded_by=actor.user_id,
        uploaded_at=at,
    )
    session.add(kept)
    session.flush()
    stored = store_chunks(
        source, lambda number, chunk: _put(session, kept, number, chunk), max_bytes=caps.max_bytes
    )
    kept.sha256, kept.size_bytes = stored
    refuse_repeat(session, kept)
    delivery = inspect(_reader(session, kept), caps=caps)
    kept.encoding, kept.delimiter = delivery.encoding, delivery.delimiter
    rows = delivery.rows()
    deque(rows, maxlen=0)
    kept.row_count = rows.count
    session.flush()
    audit.record(session, actor, "action-file.received", kept.id, chain_id=bank_id)
    return kept


def agency_of(actor: Principal) -> UUID:
    """Return the agency somebody acts for.

    Raises:
        NotFound: for none.
    """
    if actor.agency_id is None:
        raise NotFound
    return actor.agency_id


def list_bank_ids(session: Session, actor: Principal) -> list[UUID]:
    """Return the banks that have placed accounts with the acting agency."""
    return list(
        session.scalars(
            select(Placement.bank_id)
            .where(Placement.agency_id == agency_of(actor))
            .distinct()
            .order_by(Placement.bank_id)
        )
    )


def refuse_repeat(session: Session, kept: ActionFile) -> None:
    """Refuse a file whose bytes were logged before, or are being logged while it was not begun.

    Raises:
        AlreadyImported: they were; it names the first time.
    """
    same = session.scalars(
        select(ActionFile)
        .where(
            ActionFile.bank_id == kept.bank_id,
            ActionFile.agency_id == kept.agency_id,
            ActionFile.sha256 == kept.sha256,
            ActionFile.id != kept.id,
        )
        .order_by(ActionFile.id)
    )
    is_new = not is_begun(kept)
    for other in same:
        if other.state is ActionFileState.COMMITTED or (is_new and is_begun(other)):
            raise AlreadyImported(other.id)


def is_begun(kept: ActionFile) -> bool:
    """Tell whether logging a file was begun: it can be gone on with, and not begun anew."""
    commit = find_run(kept, Step.COMMIT)
    return commit is not None and commit.is_begun


def get_file(session: Session, actor: Principal, file_id: UUID) -> ActionFile:
    """Return one of the acting agency's files.

    Raises:
        NotFound: there is none.
    """
    agency_of(actor)
    kept = session.scalars(select(ActionFile).where(ActionFile.id == file_id)).one_or_none()
    if kept is None:
        raise NotFound
    return kept


def lock_file(session: Session, actor: Principal, file_id: UUID) -> ActionFile:
    """Lock one of the acting agency's files until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    kept = get_file(session, actor, file_id)
    session.refresh(kept, with_for_update=True)
    return kept


def open_delivery(session: Session, kept: ActionFile, *, caps: Caps = CAPS) -> Delivery:
    """Return a kept file, held in memory, ready to be read row by row."""
    return inspect(
        _reader(session, kept)().read(),
        caps=caps,
        encoding=kept.encoding,
        delimiter=kept.delimiter,
    )


def _reader(session: Session, kept: ActionFile) -> ChunkReader:
    return ChunkReader(lambda number: _take(session, kept, number))


def _put(session: Session, kept: ActionFile, number: int, content: bytes) -> None:
    key = seals.owner_key(session, kept.agency_id)
    session.execute(
        insert(ActionFileChunk).inline(),
        {
            "bank_id": kept.bank_id,
            "file_id": kept.id,
            "agency_id": kept.agency_id,
            "number": number,
            "sealed": key.seal(_PLACE, kept.id, content),
        },
    )


def _take(session: Session, kept: ActionFile, number: int) -> bytes | None:
    sealed = session.scalar(
        select(ActionFileChunk.sealed).where(
            ActionFileChunk.bank_id == kept.bank_id,
            ActionFileChunk.file_id == kept.id,
            ActionFileChunk.number == number,
        )
    )
    if sealed is None:
        return None
    return seals.owner_key(session, kept.agency_id).open_bytes(_PLACE, kept.id, sealed)


def mapping_of(session: Session, kept: ActionFile, delivery: Delivery) -> ActionMapping:
    """Return the mapping chosen for a file, else the agency's last for its headings, or a guess."""
    if kept.mapping is not None:
        return _mapping_from(kept.mapping)
    known = session.scalars(
        select(ActionFile.mapping)
        .where(
            ActionFile.agency_id == kept.agency_id,
            ActionFile.state == ActionFileState.COMMITTED,
            ActionFile.mapping[_HEADINGS_KEY].astext == delivery.headings_key.hex(),
        )
        .order_by(ActionFile.committed_at.desc(), ActionFile.id.desc())
        .limit(1)
    ).one_or_none()
    if known is not None:
        return _mapping_from(known)
    return suggest_mapping(delivery.headings, delivery.sample())


def keep_mapping(kept: ActionFile, delivery: Delivery, mapping: ActionMapping) -> None:
    """Keep the mapping chosen for a file; once it is logged, for the next with its headings too."""
    kept.mapping = {**mapping.to_dict(), _HEADINGS_KEY: delivery.headings_key.hex()}


def _mapping_from(stored: dict[str, Any]) -> ActionMapping:
    tables = {name: table for name, table in stored.items() if name != _HEADINGS_KEY}
    return ActionMapping.from_dict(tables)


def forget_rejects(session: Session, kept: ActionFile) -> None:
    """Forget which rows were rejected before, because all are looked at anew."""
    session.execute(
        delete(ActionFileChunk).where(
            ActionFileChunk.bank_id == kept.bank_id,
            ActionFileChunk.file_id == kept.id,
            ActionFileChunk.number < 0,
        )
    )


def add_rejects(session: Session, kept: ActionFile, rejected: Iterable[Rejected]) -> None:
    """Keep which rows were rejected and why, sealed: what stands in a cell is the agency's own."""
    found = [[row.number, [_plain(error) for error in row.errors]] for row in rejected]
    if not found:
        return
    last = session.scalar(
        select(func.min(ActionFileChunk.number)).where(
            ActionFileChunk.bank_id == kept.bank_id, ActionFileChunk.file_id == kept.id
        )
    )
    number = min(last or 0, 0)
    for start in range(0, len(found), _REJECTS_IN_PIECE):
        number -= 1
        piece = json.dumps(found[start : start + _REJECTS_IN_PIECE], ensure_ascii=False)
        _put(session, kept, number, zlib.compress(piece.encode(), 1))


def list_rejects(session: Session, kept: ActionFile) -> dict[int, tuple[ActionRowError, ...]]:
    """Return the rejected rows by their number, each with everything that is wrong with it."""
    found: dict[int, tuple[ActionRowError, ...]] = {}
    number = -1
    while (piece := _take(session, kept, number)) is not None:
        for row, errors in json.loads(zlib.decompress(piece)):
            found[row] = tuple(ActionRowError(row, *error) for error in errors)
        number -= 1
    return dict(sorted(found.items()))


def reject_rows(
    delivery: Delivery, errors: dict[int, tuple[ActionRowError, ...]]
) -> Iterator[Rejected]:
    """Yield the rejected rows of a file as delivered."""
    for row in delivery.rows():
        if row.number in errors:
            yield Rejected(row.number, row.cells, errors[row.number])


def _plain(error: RowError) -> list[Any]:
    values = {
        name: value if isinstance(value, int) else str(value)
        for name, value in error.values.items()
    }
    return [error.column, error.value, error.code, values, error.field]


def row_key(*parts: object) -> str:
    """Return the id of an action whose agency gave it none: the same action has the same.

    Built from what the row says, so that a day sent again in another file is not logged twice.
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
    return f"row:{digest[:40]}"
