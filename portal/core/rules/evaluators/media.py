"""Media: what a medium shows to others, how it is left, and whose device it is."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Purpose
from portal.core.rules.known import Known
from portal.core.rules.registry import NoParams, evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutLineParams:
    """Ways of opting out that are simple, ways that are not, and what needs none."""

    simple: frozenset[str]
    not_simple: frozenset[str]
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(OptOutLineParams, needs_message=True)
def carries_optout_line(known: Known, check: Check[OptOutLineParams]) -> Finding | None:
    """Decide whether an electronic message says clearly and simply how to stop more of them.

    Source: the rule in the pack, for example 12 CFR 1006.6(e).
    """
    message, params = known.facts.message, check.params
    if message is None:
        return None
    if known.facts.purpose in params.exempt_purposes:
        return check.allow()
    method = message.optout_method
    if message.optout_present is False:
        return check.breach("optout_line_missing")
    if method in params.not_simple or message.optout_needs_more:
        return check.breach("optout_not_simple", {"method": method})
    if message.optout_clear is False:
        return check.breach("optout_not_clear", {"method": method})
    if message.optout_present and message.optout_clear and method in params.simple:
        return check.allow()
    return check.doubt("optout_line_unknown", {"method": method})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownParams:
    """Whether nothing on file of what others can see is for a person to decide, or allowed."""

    unknown_permits: bool = False


@evaluator(ShownParams, needs_message=True)
def discreet_envelope(known: Known, check: Check[ShownParams]) -> Finding | None:
    """Decide whether a letter shows the debt to whoever handles it.

    Source: the rule in the pack, for example 12 CFR 1006.22(f)(1)-(2).
    """
    message = known.facts.message
    if message is None:
        return None
    if message.postcard:
        return check.breach("postcard")
    if message.envelope_reveals:
        return check.breach("envelope_gives_away")
    is_silent = message.postcard is None and message.envelope_reveals is None
    if is_silent and not check.params.unknown_permits:
        return check.doubt("envelope_unknown")
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployerAddressParams:
    """Routes by which an employer's address may be used all the same."""

    routes: frozenset[str]


@evaluator(EmployerAddressParams, needs_message=True)
def not_employer_address(known: Known, check: Check[EmployerAddressParams]) -> Finding | None:
    """Decide whether an e-mail goes to an address known to be the employer's.

    Source: the rule in the pack, for example 12 CFR 1006.22(f)(3).
    """
    message, basis = known.facts.message, known.facts.email_basis
    if message is None or not message.employer_address:
        return None
    route = basis.route if basis is not None else None
    if route in check.params.routes:
        return check.allow()
    return check.breach("employer_address", {"route": route})


@evaluator(ShownParams, needs_message=True)
def not_visible_to_others(known: Known, check: Check[ShownParams]) -> Finding | None:
    """Decide whether a message on a social platform can be seen by anybody else.

    Source: the rule in the pack, for example 12 CFR 1006.22(f)(4).
    """
    message = known.facts.message
    if message is None:
        return None
    if message.visible_to_others is None and not check.params.unknown_permits:
        return check.doubt("visibility_unknown")
    return check.breach("visible_to_others") if message.visible_to_others else check.allow()


@evaluator(NoParams, needs_message=True)
def own_device(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a collector uses a private phone or account without the bank's consent.

    Source: the rule in the pack.
    """
    message = known.facts.message
    if message is None or not message.private_device:
        return None
    if message.institution_consents:
        return check.allow()
    if message.institution_consents is None:
        return check.doubt("device_consent_unknown")
    return check.breach("private_device")
