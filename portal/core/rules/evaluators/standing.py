"""Requests in force: opt-outs, cease notices, representation, disputes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel, ConsentScope, Form, Purpose, Role
from portal.core.rules.known import CONSUMER_ROLES, ELECTRONIC, Known
from portal.core.rules.objects import Consent, Dispute, OptOut, Representation
from portal.core.rules.registry import evaluator
from portal.core.rules.replies import is_single_reply
from portal.core.rules.scope import same_address


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutParams:
    """Which contacts an opt-out lets through all the same."""

    required_purposes: frozenset[Purpose] = frozenset()
    confirm_once: bool = True
    reply_once: bool = True


@evaluator(OptOutParams, needs="opt_outs")
def not_opted_out(known: Known, check: Check[OptOutParams]) -> Finding | None:
    """Decide whether a contact uses a medium or address the person asked not to be reached by.

    No form is needed, and it holds for every debt. An opt-out from one address does not close the
    medium. Let through: one bare electronic confirmation, one answer when the person uses the
    medium, and what other law requires.

    Source: the rule in the pack, for example 12 CFR 1006.14(h).
    """
    facts, params = known.facts, check.params
    if not facts.opt_outs:
        return None
    unsure = False
    for optout in facts.opt_outs:
        hit = hits(known, optout)
        if hit is False or _is_lifted(known, optout, params):
            continue
        if hit is None:
            unsure = True
            continue
        if facts.purpose is Purpose.OPTOUT_CONFIRMATION and _may_still_confirm(known, optout):
            if facts.message is None or facts.message.extra_content is None:
                unsure = True
                continue
            if facts.message.extra_content is False and params.confirm_once:
                continue
        values = {
            "channel": optout.channel,
            "address": optout.address,
            "received_at": optout.received_at,
        }
        return check.breach("opted_out", values)
    return check.doubt("opted_out_address_unknown") if unsure else check.allow()


def hits(known: Known, optout: OptOut) -> bool | None:
    """Tell whether an opt-out in force meets the act's medium and address; None if unsure."""
    facts = known.facts
    if optout.person_id != facts.person_id or not known.is_received(optout.received_at):
        return False
    if optout.told_to not in (None, facts.agency_id):
        return False
    if known.is_over(optout.withdrawn_at) or _was_reopened(known, optout):
        return False
    if optout.channel is not None and optout.channel is not facts.channel:
        return False
    return True if optout.address is None else same_address(optout.address, facts.address)


def _was_reopened(known: Known, optout: OptOut) -> bool:
    def reopens(consent: Consent) -> bool:
        if consent.person_id != optout.person_id or consent.received_at <= optout.received_at:
            return False
        if not known.is_received(consent.received_at) or known.is_over(consent.revoked_at):
            return False
        if consent.scope is ConsentScope.MEDIUM:
            return consent.channel is optout.channel and optout.address is None
        return consent.scope is ConsentScope.ADDRESS and bool(
            same_address(consent.address, optout.address)
        )

    return any(reopens(consent) for consent in known.facts.consents)


def _is_lifted(known: Known, optout: OptOut, params: OptOutParams) -> bool:
    facts = known.facts
    if facts.purpose in params.required_purposes or facts.required_by is not None:
        return True
    return params.reply_once and is_single_reply(
        known, same_medium=True, within=lambda past: past.at >= optout.received_at
    )


def _may_still_confirm(known: Known, optout: OptOut) -> bool:
    return known.facts.channel in ELECTRONIC and not any(
        past.purpose is Purpose.OPTOUT_CONFIRMATION
        and past.at >= optout.received_at
        and past.person_id == optout.person_id
        for past in known.history
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CeaseParams:
    """Forms that count as written, and purposes the ban lets through."""

    forms: frozenset[Form]
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(CeaseParams, needs="ceases")
def not_ceased(known: Known, check: Check[CeaseParams]) -> Finding | None:
    """Decide whether a contact follows the receipt of a written request to stop about this debt.

    Source: the rule in the pack, for example 12 CFR 1006.6(c).
    """
    facts, params = known.facts, check.params
    if not facts.ceases:
        return None
    if facts.role not in CONSUMER_ROLES or facts.serves(params.exempt_purposes):
        return check.allow()
    for cease in facts.ceases:
        if cease.told_to not in (None, facts.agency_id):
            continue
        if not known.is_received(cease.received_at) or known.is_over(cease.withdrawn_at):
            continue
        if not known.concerns(cease):
            continue
        if cease.form is Form.UNKNOWN:
            return check.doubt("cease_form_unknown", {"received_at": cease.received_at})
        if cease.form in params.forms:
            return check.breach("ceased", {"received_at": cease.received_at})
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentedParams:
    """Whether only attorneys count, and what is let through."""

    attorneys_only: bool = True
    reply_once: bool = False
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(RepresentedParams, needs="representations")
def not_represented(known: Known, check: Check[RepresentedParams]) -> Finding | None:
    """Decide whether a contact goes round somebody who speaks for the person about this debt.

    A message the person starts may be answered once; the bar then stands again. That a
    representative did not answer in reasonable time is a recorded decision, not a count of days.

    Source: the rule in the pack, for example 12 CFR 1006.6(b)(2).
    """
    facts, params = known.facts, check.params
    if not facts.representations or facts.role not in CONSUMER_ROLES:
        return None
    if facts.serves(params.exempt_purposes) or facts.court_permission:
        return check.allow()
    for representation in facts.representations:
        if not _speaks(known, representation, params):
            continue
        if params.reply_once and is_single_reply(known, same_medium=False):
            continue
        return check.breach("represented", {"attorney": representation.attorney})
    return check.allow()


def _speaks(known: Known, who: Representation, params: RepresentedParams) -> bool:
    if params.attorneys_only and not who.attorney:
        return False
    if not known.is_received(who.received_at) or known.is_over(who.ended_at):
        return False
    if not known.concerns(who) or (params.attorneys_only and not who.contact_known):
        return False
    return not (who.failed_to_respond or who.consents or who.exception)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeParams:
    """Which disputes stop collection, and what goes on all the same."""

    forms: frozenset[Form] = frozenset()
    within_validation_period: bool = False
    partial: bool = False
    exempt_purposes: frozenset[Purpose] = frozenset()
    doubtful_purposes: frozenset[Purpose] = frozenset()
    exempt_roles: frozenset[Role] = frozenset()
    unfounded_grounds: frozenset[str] = frozenset()


@evaluator(DisputeParams, needs="disputes")
def no_open_dispute(known: Known, check: Check[DisputeParams]) -> Finding | None:
    """Decide whether a debt, or the disputed part of it, is collected while a dispute is open.

    A dispute that only repeats an earlier one is answered by a notice saying so; one with new and
    material information is a new dispute. An undisputed part may be asked for.

    Source: the rule in the pack, for example 12 CFR 1006.38.
    """
    facts, params = known.facts, check.params
    if not facts.disputes:
        return None
    if facts.serves(params.exempt_purposes) or facts.role in params.exempt_roles:
        return check.allow()
    still_open = [d for d in facts.disputes if _stops(known, d, params)]
    if not still_open:
        return _upheld(known, check)
    first = min(still_open, key=lambda dispute: dispute.received_at)
    values = {"received_at": first.received_at, "form": first.form}
    if facts.purpose in params.doubtful_purposes:
        return check.doubt("disputed_but_asked_for", values)
    if params.partial and all(d.disputed_amount is not None for d in still_open):
        return _partly(known, check, still_open, values)
    return check.breach("disputed", values)


def _stops(known: Known, dispute: Dispute, params: DisputeParams) -> bool:
    if not known.is_received(dispute.received_at) or not known.concerns(dispute):
        return False
    if params.forms and dispute.form not in {*params.forms, Form.UNKNOWN}:
        return False
    if dispute.grounds in params.unfounded_grounds:
        return False
    if params.within_validation_period and _came_late(known, dispute.received_at):
        return False
    if known.is_over(dispute.answered_at):
        return False
    repeats = dispute.repeats_earlier and not dispute.new_information
    return not (repeats and known.is_over(dispute.noticed_at))


def _came_late(known: Known, received_at: datetime) -> bool:
    """Tell whether a dispute came after the validation period in every reading of its date."""
    ends = [account.validation_ends_on for account in known.accounts()]
    zones = known.day_zones()
    if not ends or not zones or any(end is None for end in ends):
        return False
    return all(
        received_at.astimezone(zone).date() > end
        for zone in zones
        for end in ends
        if end is not None
    )


def _partly(
    known: Known,
    check: Check[DisputeParams],
    disputes: Iterable[Dispute],
    values: dict[str, object],
) -> Finding:
    amounts = [account.amount for account in known.accounts()]
    message = known.facts.message
    asked = message.amount_requested if message is not None else None
    if asked is None or not amounts or any(amount is None for amount in amounts):
        return check.doubt("disputed_in_part", values)
    disputed = sum(dispute.disputed_amount or 0 for dispute in disputes)
    undisputed = sum(amount or 0 for amount in amounts) - disputed
    if asked <= undisputed:
        return check.allow()
    return check.breach("disputed_part_asked_for", {**values, "undisputed": undisputed})


def _upheld(known: Known, check: Check[DisputeParams]) -> Finding:
    for dispute in known.facts.disputes:
        if dispute.upheld and known.is_over(dispute.answered_at) and known.concerns(dispute):
            return check.doubt("dispute_upheld", {"received_at": dispute.received_at})
    return check.allow()


def is_closed_medium(known: Known, channel: Channel) -> bool | None:
    """Tell whether the person opted out of this medium at the address used; None if unsure."""
    found = [hits(known, o) for o in known.facts.opt_outs if o.channel in (None, channel)]
    if any(hit is True for hit in found):
        return True
    return None if None in found else False
