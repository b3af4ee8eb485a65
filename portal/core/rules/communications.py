"""When debt information was first conveyed, and what makes a message a limited-content one."""

from __future__ import annotations

from portal.core.rules.facts import ContactFacts, PastContact
from portal.core.rules.kinds import Channel, Outcome
from portal.core.rules.known import (
    CONSUMER_ROLES,
    MESSAGES,
    Known,
    counted_to,
    discussed_in,
)
from portal.core.rules.objects import Message

LIMITED_NEEDS = frozenset(
    {"neutral_business_name", "reply_request", "contact_person", "phone_number"}
)
LIMITED_MAY_HAVE = LIMITED_NEEDS | {
    "salutation",
    "date_time",
    "suggested_reply_times",
    "any_representative",
}


def is_limited(outcome: Outcome | None, message: Message | None) -> bool:
    """Tell whether a voicemail was a limited-content message: exactly its parts, nothing else.

    Source: 12 CFR 1006.2(j).
    """
    elements = message.elements if message is not None else None
    if elements is None:
        return outcome is Outcome.LIMITED_CONTENT_MESSAGE
    return LIMITED_NEEDS <= elements <= LIMITED_MAY_HAVE


def conveys(outcome: Outcome | None, channel: Channel, message: Message | None) -> bool:
    """Tell whether a contact that ended so told the other side something about the debt."""
    if message is not None and message.conveys_debt is False:
        return False
    if channel in MESSAGES:
        return outcome is not Outcome.UNDELIVERED
    if outcome in (Outcome.VOICEMAIL_LEFT, Outcome.LIMITED_CONTENT_MESSAGE):
        return not is_limited(outcome, message)
    return outcome is Outcome.CONVERSATION


def earlier_communications(known: Known) -> list[PastContact]:
    """Return this collector's earlier communications with the consumer about these debts."""
    facts = known.facts
    return [
        past
        for past in known.history
        if past.role in CONSUMER_ROLES
        and past.agency_id in (None, facts.agency_id)
        and not past.misdirected
        and conveys(known.outcome_of(past), past.channel, past.message)
        and shares_debt(facts, past)
    ]


def shares_debt(facts: ContactFacts, past: PastContact) -> bool:
    """Tell whether a past contact was about one of the act's debts; one that names none may be."""
    talked = past.outcome is Outcome.CONVERSATION
    theirs = discussed_in(past) if talked else counted_to(past)
    return not theirs or not facts.account_ids or any(i in facts.account_ids for i in theirs)
