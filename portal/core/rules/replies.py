"""Answering somebody who wrote or called first: one answer for each message of theirs."""

from __future__ import annotations

from collections.abc import Callable

from portal.core.rules.facts import PastContact
from portal.core.rules.known import Known, is_inbound


def is_single_reply(
    known: Known,
    *,
    same_medium: bool,
    within: Callable[[PastContact], bool] = lambda _: True,
) -> bool:
    """Tell whether a contact answers a message of the person that has not used up its one answer.

    The contact must say which message it answers. Answers already given count, also automatic
    ones and ones that did not say what they answered.
    """
    facts = known.facts
    if facts.in_reply_to is None:
        return False
    named: set[object] = set()
    asked = answered = 0
    for past in known.history:
        if past.person_id != facts.person_id or (same_medium and past.channel != facts.channel):
            continue
        if not within(past):
            continue
        if is_inbound(past):
            named.add(past.id)
            asked += 1
        elif past.in_reply_to in named or (past.in_reply_to is None and asked):
            answered += 1
    return facts.in_reply_to in named and answered < asked
