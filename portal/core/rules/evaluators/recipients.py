"""Whom: third parties, the debtor's own identity, manned visits."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.rules.communications import is_limited
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import (
    Channel,
    ConsentScope,
    Outcome,
    Purpose,
    Role,
)
from portal.core.rules.known import MESSAGES, Known, is_inbound
from portal.core.rules.registry import NoParams, evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientParams:
    """Who may hear of the debt, and purposes that say nothing of it or ask for it."""

    permitted: frozenset[Role]
    free_purposes: frozenset[Purpose] = frozenset()
    asking_purposes: frozenset[Purpose] = frozenset()
    silence_permits: bool = True


@evaluator(RecipientParams)
def permitted_recipient(known: Known, check: Check[RecipientParams]) -> Finding | None:
    """Decide whether debt information goes, or a demand is made, to somebody it may not go to.

    Source: the rule in the pack, for example 12 CFR 1006.6(d)(1)-(2).
    """
    facts, params = known.facts, check.params
    if facts.role in params.permitted:
        return None
    if facts.court_permission or _has_leave(known):
        return check.allow()
    values = {"role": facts.role, "purpose": facts.purpose}
    conveys = _says(known)
    if facts.purpose in params.free_purposes and not conveys:
        return check.allow()
    if conveys or facts.purpose in params.asking_purposes:
        return check.breach("recipient_not_permitted", values)
    if conveys is False and params.silence_permits:
        if known.outcome is Outcome.LIMITED_CONTENT_MESSAGE:
            return check.doubt("message_left_with_third_party", values)
        return check.allow()
    return check.doubt("recipient_needs_reason", values)


def _says(known: Known) -> bool | None:
    """Tell whether the words convey anything of the debt; None if nobody recorded it.

    A message with more in it than a limited-content one may have is a different message.
    """
    message = known.facts.message
    if message is None or message.conveys_debt is not None:
        return message.conveys_debt if message is not None else None
    if message.elements is None:
        return None
    return not is_limited(known.outcome, message)


def _has_leave(known: Known) -> bool:
    return any(
        consent.scope is ConsentScope.THIRD_PARTY
        and consent.given_to == known.facts.agency_id
        and known.is_received(consent.received_at)
        and not known.is_over(consent.revoked_at)
        for consent in known.facts.consents
    )


@evaluator(NoParams)
def asks_third_party_once(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether somebody may be asked where the debtor is.

    If the debtor's attorney is known only the attorney is asked. Everybody else is asked once,
    unless they want more or their answer is believed to have been wrong or incomplete. Whether a
    voicemail asked them is for a person to decide; a call that only rang did not.

    Source: the rule in the pack, for example 12 CFR 1006.10.
    """
    facts = known.facts
    if facts.role in (Role.CONSUMER, Role.CONSUMER_ATTORNEY):
        return None
    if any(
        who.attorney and who.contact_known and known.is_received(who.received_at)
        for who in facts.representations
    ):
        return check.breach("ask_the_attorney")
    message = facts.message
    if message is not None and (message.requested_by_person or message.earlier_answer_wrong):
        return check.allow()
    tried = [past for past in known.history if _was_for_them(known, past)]
    asked = [past for past in tried if known.outcome_of(past) in _ASKED]
    if asked:
        return check.breach("asked_before", {"asked_at": asked[-1].at})
    left = [past for past in tried if past.outcome is Outcome.VOICEMAIL_LEFT]
    return check.doubt("asked_before", {"asked_at": left[-1].at}) if left else check.allow()


_ASKED = frozenset({Outcome.CONVERSATION, Outcome.DELIVERED})


def _was_for_them(known: Known, past: PastContact) -> bool:
    return (
        past.person_id == known.facts.person_id
        and past.agency_id == known.facts.agency_id
        and not is_inbound(past)
        and past.purpose in (None, Purpose.LOCATION_INFORMATION)
    )


@evaluator(NoParams, needs_message=True)
def speaks_only_of_location(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether the words of a location request stay inside what may be said.

    Own name given, employer named only when expressly asked, no debt mentioned, no postcard, and
    nothing on an envelope that gives collection away.

    Source: the rule in the pack, for example 12 CFR 1006.10(b).
    """
    message = known.facts.message
    if message is None or known.facts.role is Role.CONSUMER:
        return None
    if message.conveys_debt:
        return check.breach("debt_mentioned")
    if message.postcard or message.envelope_reveals:
        return check.breach("envelope_gives_away")
    if message.names_self is False:
        return check.breach("own_name_withheld")
    if message.names_employer and not message.employer_requested:
        return check.breach("employer_named_unasked")
    if message.conveys_debt is None or message.names_self is None:
        return check.doubt("words_unknown")
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class LostParams:
    """Who is not a third party, for what a third party may be asked, and when a debtor is lost."""

    own_roles: frozenset[Role]
    purposes: frozenset[Purpose]
    failures: int
    failed: frozenset[Outcome]


@evaluator(LostParams)
def third_party_only_when_lost(known: Known, check: Check[LostParams]) -> Finding | None:
    """Decide whether a contact person may be turned to.

    Only when the debtor cannot be reached, only for contact details or to pass on a message,
    without any detail of the debt, and never again once the person has refused.

    Source: the rule in the pack.
    """
    facts, params = known.facts, check.params
    if facts.role in params.own_roles or facts.person_jointly_liable:
        return None
    values = {"role": facts.role, "purpose": facts.purpose, "failures": params.failures}
    if any(
        optout.channel is None
        and optout.person_id == facts.person_id
        and known.is_received(optout.received_at)
        and not known.is_over(optout.withdrawn_at)
        for optout in facts.opt_outs
    ):
        return check.breach("person_refused", values)
    conveys = facts.message.conveys_debt if facts.message is not None else False
    if conveys:
        return check.breach("debt_mentioned", values)
    if facts.role is Role.SPOUSE and facts.person_jointly_liable is None:
        return check.doubt("spouse_may_be_liable", values)
    if not facts.debtor_unreachable and _failures(known, params) < params.failures:
        return check.breach("debtor_not_lost", values)
    if facts.purpose is None or conveys is None:
        return check.doubt("recipient_needs_reason", values)
    if facts.purpose not in params.purposes:
        return check.breach("recipient_not_permitted", values)
    return check.allow()


def _failures(known: Known, params: LostParams) -> int:
    """Count the attempts in a row, up to now, that did not reach the debtor about any debt."""
    mine = {account.id for account in known.facts.accounts}
    count = 0
    for past in known.history:
        about = {*past.placed_ids, *past.discussed_ids}
        if past.role is not Role.CONSUMER or (mine and about and mine.isdisjoint(about)):
            continue
        if is_inbound(past) or past.outcome is Outcome.CONVERSATION:
            count = 0
        elif past.channel is Channel.CALL and past.outcome in params.failed:
            count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityParams:
    """Who may hear of the debt at all, once known to be who they say."""

    permitted: frozenset[Role]


@evaluator(IdentityParams, needs_message=True)
def identity_before_details(known: Known, check: Check[IdentityParams]) -> Finding | None:
    """Decide whether details of a debt were given before it was known who was listening.

    Source: the rule in the pack, for example CONC 7.9.
    """
    facts, message = known.facts, known.facts.message
    if message is None or message.conveys_debt is False:
        return check.allow()
    if message.conveys_debt and facts.role not in check.params.permitted:
        return check.breach("recipient_not_permitted", {"role": facts.role})
    if message.identity_verified or facts.channel in MESSAGES:
        return check.allow()
    if message.conveys_debt is None and known.outcome not in (None, Outcome.CONVERSATION):
        return check.allow()
    if message.conveys_debt and message.identity_verified is False:
        return check.breach("identity_not_verified")
    return check.doubt("identity_unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitParams:
    """How many collectors a visit takes at least."""

    collectors: int


@evaluator(VisitParams)
def visit_is_manned(known: Known, check: Check[VisitParams]) -> Finding | None:
    """Decide whether enough collectors go on a visit to witness each other.

    Source: the rule in the pack.
    """
    message = known.facts.message
    count = message.collectors if message is not None else None
    values = {"collectors": count, "least": check.params.collectors}
    if count is None:
        return check.doubt("collectors_unknown", values)
    return (
        check.allow()
        if count >= check.params.collectors
        else check.breach("too_few_collectors", values)
    )


@evaluator(NoParams)
def visit_is_fitting(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a visit may be made: never to somebody vulnerable, else as a last resort.

    Source: the rule in the pack.
    """
    if known.facts.person_vulnerable:
        return check.breach("person_vulnerable")
    return check.doubt("visit_is_last_resort")
