"""What a person asked for before, where it makes contact within the numbers doubtful."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.rules.evaluators.counts import Counted, counts_itself
from portal.core.rules.evaluators.standing import hits
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Purpose
from portal.core.rules.known import Known
from portal.core.rules.objects import Cease
from portal.core.rules.registry import evaluator
from portal.core.rules.replies import is_single_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierParams:
    """What is counted by the numbers that the request stands beside, and what it lets through."""

    counted: Counted
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(EarlierParams)
def no_earlier_request(known: Known, check: Check[EarlierParams]) -> Finding | None:
    """Decide whether a call follows a request to stop, or not to be called, in whatever form.

    Keeping to the numbers is only a presumption, which such a request may rebut; whether the call
    is allowed at all is for other rules. A call that answers the person rebuts nothing.

    Source: the rule in the pack, for example 12 CFR 1006.14(b)(2)(i), cmt. -2.iii.
    """
    facts = known.facts
    if not facts.ceases and not facts.opt_outs:
        return None
    if counts_itself(known, check.params.counted) is None:
        return check.allow()
    asked = [
        *(cease.received_at for cease in facts.ceases if _stands(known, cease)),
        *(o.received_at for o in facts.opt_outs if o.address is None and hits(known, o)),
    ]
    is_let_through = facts.serves(check.params.exempt_purposes) or is_single_reply(
        known, same_medium=False
    )
    if not asked or is_let_through:
        return check.allow()
    return check.doubt(
        "asked_to_stop_before", {"received_at": max(asked)}, factor="earlier_request"
    )


def _stands(known: Known, cease: Cease) -> bool:
    return (
        cease.told_to in (None, known.facts.agency_id)
        and known.is_received(cease.received_at)
        and not known.is_over(cease.withdrawn_at)
        and known.concerns(cease)
    )
