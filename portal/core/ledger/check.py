"""The proof that every balance equals its lines and that clearing is explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.ledger.digest import LINES_TEXT, POSTING_TEXT

_BALANCES = text("""
    WITH sums AS (
        SELECT account_id,
            sum(CASE WHEN to_book = 'principal' THEN amount_minor
                     WHEN from_book = 'principal' THEN -amount_minor ELSE 0 END) AS principal,
            sum(CASE WHEN to_book = 'interest' THEN amount_minor
                     WHEN from_book = 'interest' THEN -amount_minor ELSE 0 END) AS interest,
            sum(CASE WHEN to_book = 'fees' THEN amount_minor
                     WHEN from_book = 'fees' THEN -amount_minor ELSE 0 END) AS fees,
            sum(CASE WHEN to_book = 'costs' THEN amount_minor
                     WHEN from_book = 'costs' THEN -amount_minor ELSE 0 END) AS costs,
            min(currency) AS low, max(currency) AS high, count(*) AS lines
        FROM ledger_lines WHERE bank_id = :bank GROUP BY account_id)
    SELECT coalesce(b.account_id, s.account_id) AS account_id,
        CASE WHEN b.account_id IS NULL THEN 'lines without a balance'
             WHEN s.account_id IS NULL AND b.total_minor <> 0 THEN 'a balance without lines'
             WHEN s.low <> s.high OR s.low <> b.currency THEN 'lines in another currency'
             ELSE 'the balance differs from its lines' END AS fault
    FROM (SELECT * FROM balances WHERE bank_id = :bank) b
    FULL JOIN sums s ON s.account_id = b.account_id
    WHERE b.account_id IS NULL OR (s.account_id IS NULL AND b.total_minor <> 0)
       OR (s.account_id IS NOT NULL AND
           (s.principal, s.interest, s.fees, s.costs, s.low, s.high) IS DISTINCT FROM
           (b.principal_minor, b.interest_minor, b.fees_minor, b.costs_minor, b.currency,
            b.currency))
    ORDER BY 1""")
_POSTINGS = text(f"""
    SELECT coalesce(p.id, l.posting_id) AS posting_id,
        CASE WHEN p.id IS NULL THEN 'lines without their posting'
             WHEN l.posting_id IS NULL THEN 'a posting without lines'
             ELSE 'a posting or one of its lines was changed' END AS fault
    FROM (SELECT p.id, p.sha256, {POSTING_TEXT} AS head FROM postings p WHERE bank_id = :bank) p
    FULL JOIN (
        SELECT l.posting_id, {LINES_TEXT} AS rows FROM ledger_lines l WHERE bank_id = :bank
        GROUP BY l.posting_id) l ON l.posting_id = p.id
    WHERE p.id IS NULL OR l.posting_id IS NULL
       OR p.sha256 <> sha256(convert_to(p.head || E'\\n' || l.rows, 'UTF8'))
    ORDER BY 1""")  # noqa: S608 -- constants of digest.py
_CLEARING = text("""
    WITH lines AS (
        SELECT account_id, sum(CASE WHEN to_book = 'clearing' THEN amount_minor
                                    ELSE -amount_minor END) AS held
        FROM ledger_lines
        WHERE bank_id = :bank AND 'clearing' IN (from_book, to_book) GROUP BY account_id),
    expected AS (
        SELECT p.account_id, sum(p.amount_minor) AS held
        FROM payments p
        WHERE p.bank_id = :bank AND p.state = 'cleared' AND NOT EXISTS (
            SELECT 1 FROM postings s
            WHERE s.bank_id = p.bank_id AND s.cause = 'settlement:' || p.id::text)
        GROUP BY p.account_id)
    SELECT coalesce(l.account_id, e.account_id) AS account_id,
        'clearing holds what no cleared payment explains' AS fault
    FROM lines l FULL JOIN expected e ON e.account_id = l.account_id
    WHERE coalesce(l.held, 0) <> coalesce(e.held, 0)
    ORDER BY 1""")
_TOTALS = text("""
    SELECT (SELECT count(*) FROM ledger_lines WHERE bank_id = :bank) AS lines,
           (SELECT count(*) FROM postings WHERE bank_id = :bank) AS postings,
           (SELECT count(*) FROM balances WHERE bank_id = :bank) AS balances""")


@dataclass(frozen=True)
class LedgerFault:
    """One place where the books do not agree with themselves."""

    kind: str
    subject_id: UUID
    fault: str


@dataclass(frozen=True)
class LedgerReport:
    """What was looked at, and what was found."""

    lines: int
    postings: int
    balances: int
    faults: tuple[LedgerFault, ...]


def check_ledger(session: Session, bank_id: UUID) -> LedgerReport:
    """Recompute one bank's books: sums, digests, and what lies in clearing."""
    totals = session.execute(_TOTALS, {"bank": bank_id}).one()
    return LedgerReport(
        lines=totals.lines,
        postings=totals.postings,
        balances=totals.balances,
        faults=tuple(_find(session, bank_id)),
    )


def _find(session: Session, bank_id: UUID) -> Iterator[LedgerFault]:
    for kind, query in (("account", _BALANCES), ("posting", _POSTINGS), ("clearing", _CLEARING)):
        for row in session.execute(query, {"bank": bank_id}):
            yield LedgerFault(kind, row[0], row.fault)
