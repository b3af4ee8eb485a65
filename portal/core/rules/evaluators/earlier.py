"""What a person asked for before, where it makes contact within the numbers doubtful."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.rules.evaluators.counts import Counted, counts_itself
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel
from portal.core.rules.known import Known
from portal.core.rules.objects import OptOut
from portal.core.rules.registry import evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierParams:
    """What is counted by the numbers that the request stands beside."""

    counted: Counted


@evaluator(EarlierParams)
def no_earlier_request(known: Known, check: Check[EarlierParams]) -> Finding | None:
    """Decide whether a call follows a request to stop, or not to be called, in whatever form.

    Keeping to the numbers is only a presumption, which such a request may rebut; whether the call
    is allowed at all is for other rules.

    Source: the rule in the pack, for example 12 CFR 1006.14(b)(2)(i), cmt. -2.iii.
    """
    facts = known.facts
    if not facts.ceases and not facts.opt_outs:
        return None
    if counts_itself(known, check.params.counted) is None:
        return check.allow()
    asked = [
        *(cease.received_at for cease in facts.ceases if known.concerns(cease)),
        *(optout.received_at for optout in facts.opt_outs if _is_of_calls(known, optout)),
    ]
    asked = [moment for moment in asked if known.is_received(moment)]
    if not asked:
        return check.allow()
    return check.doubt(
        "asked_to_stop_before", {"received_at": max(asked)}, factor="earlier_request"
    )


def _is_of_calls(known: Known, optout: OptOut) -> bool:
    return (
        optout.person_id == known.facts.person_id
        and optout.channel in (None, Channel.CALL)
        and optout.address is None
        and not known.is_over(optout.withdrawn_at)
    )
