"""A file of actions to begin with: the headings banks and agencies agreed on, and examples."""

from __future__ import annotations

from collections.abc import Iterator

HEADINGS = (
    "placement_ref",
    "at",
    "collector_ref",
    "channel",
    "direction",
    "target",
    "outcome_code",
    "permit_ref",
    "note",
    "external_id",
    "account_ref",
    "contact",
    "purpose",
)
EXAMPLES = (
    (
        "R-202611-0001-000001",
        "2026-11-24T09:30:00-05:00",
        "C-07",
        "call",
        "outbound",
        "debtor",
        "RPC-promise",
        "",
        "Wants to pay on Friday.",
        "call-0001",
        "",
        "",
        "payment_request",
    ),
    (
        "R-202611-0001-000002",
        "2026-11-24T10:05:00-05:00",
        "C-07",
        "sms",
        "outbound",
        "debtor",
        "delivered",
        "",
        "",
        "sms-0001",
        "",
        "",
        "",
    ),
)


def template_rows() -> Iterator[tuple[str, ...]]:
    """Yield what stands below the headings: two made-up actions, and the line that counts them."""
    yield from EXAMPLES
    yield ("TRAILER", str(len(EXAMPLES)), "0")
