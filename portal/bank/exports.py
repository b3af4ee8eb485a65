"""Lists leaving as files: written down whole, with who took what, before the first byte leaves."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.accounts.exports import Cell, stream_csv
from portal.core.accounts.sheets import write_xlsx
from portal.core.principal import Principal

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CHUNK = 1 << 16


def hand_over(
    session: Session,
    actor: Principal,
    kind: str,
    *,
    name: str,
    verb: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    filters: Mapping[str, Any],
    subject_id: UUID | None = None,
) -> Response:
    """Answer with a table as CSV or XLSX; one audit row has its count, filter and hash.

    The audit row is committed with the caller's transaction, and the file is whole before that.
    """
    count = 0

    def counted() -> Iterator[Sequence[Cell]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 -- closed when the answer has left
    if kind == "xlsx":
        write_xlsx(file, headings, counted())
    else:
        file.writelines(stream_csv(headings, counted()))
    facts = {"count": count, "filter": dict(filters), "kind": kind, "sha256": _digest(file)}
    bank_id = cast(UUID, actor.bank_id)
    audit.record(session, actor, verb, subject_id or bank_id, facts=facts)
    answer = Response(_parts(file), mimetype=KINDS[kind])
    filename = f"{name}-{clock.now():%Y%m%d-%H%M}.{kind}"
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer


def _digest(file: IO[bytes]) -> str:
    file.seek(0, io.SEEK_SET)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_CHUNK):
            yield part
