"""The digest of a posting and its lines: the same bytes in Python and in SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from portal.core.ledger.models import LedgerLine, Posting

#: What the digest covers of a posting, for a table or alias `p`.
POSTING_TEXT = (
    "concat_ws('|', p.bank_id, p.id, p.account_id, p.debtor_id, p.kind, p.cause, p.effective_on,"
    " coalesce(p.reverses_id::text, '-'), p.reason, p.made_by)"
)
#: What it covers of the posting's lines, for a table or alias `l`, in an aggregate.
LINES_TEXT = (
    "string_agg(concat_ws('|', l.bank_id, l.id, l.posting_id, l.account_id, l.debtor_id,"
    " l.from_book, l.to_book, l.amount_minor, l.currency), E'\\n' ORDER BY l.id)"
)


def digest(head: Sequence[object], lines: Iterable[Sequence[object]]) -> bytes:
    """Return the digest of plain values, in the order of the two texts above; lines by id."""
    rows = [head, *lines]
    text = "\n".join(["|".join(map(str, row)) for row in rows])
    return hashlib.sha256(text.encode()).digest()


def posting_digest(posting: Posting, lines: Iterable[LedgerLine]) -> bytes:
    """Return the digest of a posting that is about to be written."""
    return digest(
        (
            posting.bank_id,
            posting.id,
            posting.account_id,
            posting.debtor_id,
            posting.kind.value,
            posting.cause,
            posting.effective_on.isoformat(),
            posting.reverses_id or "-",
            posting.reason,
            posting.made_by,
        ),
        [
            (
                line.bank_id,
                line.id,
                line.posting_id,
                line.account_id,
                line.debtor_id,
                line.from_book.value,
                line.to_book.value,
                line.amount_minor,
                line.currency,
            )
            for line in sorted(lines, key=lambda line: line.id)
        ],
    )
