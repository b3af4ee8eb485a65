"""One collector at a time: a permit somebody holds keeps everybody else from the person."""

from __future__ import annotations

from portal.core.rules.findings import Check, Finding
from portal.core.rules.known import Known
from portal.core.rules.registry import NoParams, evaluator


@evaluator(NoParams, timed=True, needs="open_permits")
def nobody_else_contacting(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether somebody else holds a permit to contact the person at this moment.

    Two collectors who ask at once would both count the contacts made so far and both be right;
    the first to ask is let through, and the other waits until that permit is used or has lapsed.

    Source: the portal's own rule.
    """
    held = [permit for permit in known.facts.open_permits if permit.until > known.at]
    if not held:
        return None
    last = max(held, key=lambda permit: permit.until)
    return check.breach(
        "permit_held", {"until": last.until, "channel": last.channel}, until=last.until
    )
