"""Words: statements a message must make, and how. Each check waits until the words are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.rules.communications import conveys, earlier_communications, shares_debt
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Form, Purpose
from portal.core.rules.known import CONSUMER_ROLES, ELECTRONIC, MESSAGES, Known
from portal.core.rules.objects import Message
from portal.core.rules.registry import NoParams, evaluator
from portal.core.rules.steps import PlanTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureParams:
    """The name of the statement due first, and purposes that need none."""

    first: str
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(DisclosureParams, needs_message=True)
def discloses_collector(known: Known, check: Check[DisclosureParams]) -> Finding | None:
    """Decide whether a communication says that it comes from a debt collector.

    The first communication, whoever starts it, carries the full statement; so does the first
    written one after an oral start. Later ones say that it is from a collector. Each language used
    carries it.

    Source: the rule in the pack, for example 12 CFR 1006.18(e).
    """
    facts, message, params = known.facts, known.facts.message, check.params
    if message is None or facts.role not in CONSUMER_ROLES:
        return None
    if facts.purpose in params.exempt_purposes or not _will_convey(known, message):
        return check.allow()
    earlier = earlier_communications(known)
    written_before = any(past.channel in MESSAGES for past in earlier)
    first = not earlier or (facts.channel in MESSAGES and not written_before)
    said = {language for kind, language in message.disclosures if not first or kind == params.first}
    missing = tuple(
        language for language in message.languages if language not in said and None not in said
    )
    if said and not missing:
        return check.allow()
    return check.breach("disclosure_missing", {"first": first, "languages": missing})


def _will_convey(known: Known, message: Message) -> bool:
    facts = known.facts
    if known.outcome is None and facts.channel not in MESSAGES:
        return True
    return conveys(known.outcome, facts.channel, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentParams:
    """Statements a text must make. Blank is not a statement; "0", "none" and "n/a" are."""

    fields: tuple[str, ...]
    financial_fields: tuple[str, ...] = ()
    not_financial_kinds: frozenset[str] = frozenset()
    electronic_prefix: str | None = None
    forms: frozenset[Form] = frozenset()
    durable_medium: bool = False


@evaluator(ContentParams, needs_message=True)
def states_required(known: Known, check: Check[ContentParams]) -> Finding | None:
    """Decide whether a text makes every statement it must, in the form it must.

    Source: the rule in the pack, for example 12 CFR 1006.34(c).
    """
    facts, message, params = known.facts, known.facts.message, check.params
    if message is None:
        return None
    if params.forms and not _has_form(known, message, params):
        return check.breach("wrong_form", {"form": message.form, "channel": facts.channel})
    if params.durable_medium and not message.durable_medium:
        return check.breach("not_durable")
    if message.content is None:
        return check.doubt("content_unknown")
    missing = missing_fields(message.content, _fields(known, params))
    prefix = params.electronic_prefix if facts.channel in ELECTRONIC else None
    if prefix is not None and not _states_any(message.content, prefix):
        missing = (*missing, prefix)
    return check.breach("content_missing", {"missing": missing}) if missing else check.allow()


def _has_form(known: Known, message: Message, params: ContentParams) -> bool:
    if message.form is not None:
        return message.form in params.forms
    return known.facts.channel in MESSAGES


def _fields(known: Known, params: ContentParams) -> tuple[str, ...]:
    kinds = {account.kind for account in known.accounts()}
    if kinds and kinds <= params.not_financial_kinds:
        return params.fields
    return (*params.fields, *params.financial_fields)


def missing_fields(content: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the statements that are absent, blank or false."""
    return tuple(name for name in names if not _is_stated(content.get(name)))


def _is_stated(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None


def _states_any(content: Mapping[str, object], prefix: str) -> bool:
    return any(_is_stated(value) for name, value in content.items() if name.startswith(prefix))


@evaluator(NoParams, needs_message=True)
def one_reference_date(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether one itemisation date is used throughout, and the one used before.

    Another collector may have chosen another.

    Source: the rule in the pack, for example 12 CFR 1006.34(b)(3).
    """
    facts, message = known.facts, known.facts.message
    if message is None or not message.reference_dates:
        return None
    used = set(message.reference_dates)
    for past in known.history:
        if (
            past.message is not None
            and past.agency_id == facts.agency_id
            and past.person_id == facts.person_id
            and shares_debt(facts, past)
        ):
            used |= past.message.reference_dates
    if len(used) > 1:
        return check.breach("reference_dates_mixed", {"dates": tuple(sorted(used))})
    return check.allow()


@evaluator(NoParams, needs_message=True)
def does_not_overshadow(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a date to pay by crowds out the time to dispute the debt.

    Source: the rule in the pack, for example 12 CFR 1006.38(b).
    """
    message = known.facts.message
    if message is None or message.pay_by is None or message.explains_rights:
        return None
    for account in known.accounts():
        end = account.validation_ends_on
        if end is None:
            return check.doubt("validation_end_unknown", {"pay_by": message.pay_by})
        if message.pay_by < end:
            return check.breach("overshadows", {"pay_by": message.pay_by, "ends_on": end})
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTermsParams:
    """The longest plan, what it must state, and forms that need a recording."""

    most_months: int
    fields: tuple[str, ...]
    recorded_forms: frozenset[Form] = field(default_factory=frozenset)


@evaluator(PlanTermsParams)
def plan_terms_complete(known: Known, check: Check[PlanTermsParams]) -> Finding | None:
    """Decide whether an instalment agreement is short enough, complete, and recorded if spoken.

    Source: the rule in the pack.
    """
    terms, params = known.facts.step, check.params
    if not isinstance(terms, PlanTerms) or terms.months is None or terms.content is None:
        return check.doubt("content_unknown")
    if terms.months > params.most_months:
        return check.breach("plan_too_long", {"months": terms.months, "most": params.most_months})
    if missing := missing_fields(terms.content, params.fields):
        return check.breach("content_missing", {"missing": missing})
    if terms.form in params.recorded_forms and terms.recorded is not True:
        return (
            check.breach("plan_not_recorded")
            if terms.recorded is False
            else check.doubt("content_unknown")
        )
    return check.allow() if terms.form is not None else check.doubt("content_unknown")
