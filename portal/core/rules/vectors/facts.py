"""Test vectors: a case's setup, events and action as the facts the engine judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from portal.core.rules.clocktime import parse_clock
from portal.core.rules.facts import AccountFacts, ContactFacts
from portal.core.rules.kinds import Act, AddressKind, Channel, Direction, PlanState
from portal.core.rules.objects import EmailBasis, PriorCollector, TextBasis
from portal.core.rules.vectors import events as read
from portal.core.rules.vectors import reading
from portal.core.rules.vectors.holds import holds_of
from portal.core.rules.vectors.messages import message_of
from portal.core.rules.vectors.objects import (
    barred_places_of,
    ceases_of,
    consents_of,
    disputes_of,
    opt_outs_of,
    payments_of,
    place_of,
    representations_of,
    windows_of,
)
from portal.core.rules.vectors.steps import step_of
from portal.core.rules.vectors.values import span_of

Event = Mapping[str, Any]

_BROKEN = (
    *("broke", "breach", "default", "miss", "fail", "terminat", "cancel", "lapse", "revoke"),
    *("withdraw", "ended", "expired", "non", "not_", "late", "overdue", "arrears", "violat"),
)
_NONE = (
    *("complete", "paid", "settled", "none", "no_", "propos", "offer", "pending", "declin"),
    "reject",
)
_ROUTES = (("6d4iii", "prior_collector"), ("6d4ii", "creditor_notice"), ("6d4i", "consumer_used"))


def facts_of(case: Mapping[str, Any]) -> ContactFacts:
    """Read one case: what is about to be done or was done, and everything known of it."""
    setup, action = case["setup"], case["action"]
    known: Mapping[str, Any] = setup.get("facts") or {}
    events = read.with_returns(case.get("prior_events") or (), reading.moment(action["at"]))
    is_contact = action["kind"] in read.CONTACTS
    zones = (setup.get("consumer") or {}).get("tz_candidates") or ()
    day_zone = setup.get("day_count_tz")
    accounts = _accounts(setup, known, events, action)
    return ContactFacts(
        at=reading.moment(action["at"]),
        channel=read.channel_of(action) if is_contact else Channel.UNKNOWN,
        act=Act.CONTACT if is_contact else read.ACTS[action["kind"]],
        direction=read.CONTACTS[action["kind"]].direction if is_contact else Direction.OUTBOUND,
        id=action.get("id"),
        external_id=action.get("external_id"),
        agency_id=action.get("actor"),
        person_id=read.person_id(action),
        role=read.role(action),
        purpose=read.purpose_of(action),
        outcome=read.outcome_of(action) if is_contact else None,
        zones=tuple(dict.fromkeys(ZoneInfo(zone["tz"]) for zone in zones)),
        day_zone=None if day_zone is None else ZoneInfo(day_zone),
        account_ids=read.debts(action),
        discussed_ids=tuple(action.get("discussed_debt_ids") or ()),
        accounts=accounts,
        address=action.get("address"),
        address_kind=reading.word(AddressKind, action.get("address_kind"), AddressKind.OTHER),
        known_at_place=place_of(action.get("known_at_place") or action.get("place")),
        in_reply_to=action.get("in_reply_to"),
        automated=bool(action.get("automated")),
        session_active=bool(action.get("user_session_active")),
        required_by=action.get("required_by"),
        debtor_unreachable=known.get("number_invalid"),
        history=read.past_contacts(events),
        payments=payments_of(events),
        consents=consents_of(events),
        opt_outs=opt_outs_of(events),
        windows=windows_of(known),
        barred_places=barred_places_of(known),
        ceases=ceases_of(events),
        disputes=disputes_of(events),
        representations=representations_of(known),
        holds=holds_of(known, events),
        email_basis=_email_basis(known, action),
        text_basis=_text_basis(known),
        holidays=_holidays(known),
        limits=_limits(known),
        benchmark=_benchmark(known),
        message=message_of(action) if is_contact else None,
        step=step_of(action, events, known, _owners(setup, action)),
    )


def _owners(setup: Mapping[str, Any], action: Event) -> frozenset[str]:
    """Return the creditors of the debts the action is about."""
    mine = read.debts(action)
    rows = [debt for debt in setup.get("debts") or () if not mine or debt["id"] in mine]
    return frozenset(debt["creditor"] for debt in rows if debt.get("creditor"))


def _accounts(
    setup: Mapping[str, Any], known: Mapping[str, Any], events: Iterable[Event], action: Event
) -> tuple[AccountFacts, ...]:
    disputed = known.get("disputed_debts") or ()
    ids = [debt["id"] for debt in setup.get("debts") or ()]
    plan, signed_for = _plan(known, events, action, ids)
    return tuple(
        AccountFacts(
            id=debt["id"],
            kind=debt.get("kind"),
            creditor_id=debt.get("creditor"),
            servicing_key=debt.get("servicing_account"),
            status=debt.get("status") or known.get("debt_status"),
            amount=reading.amount(known.get("debt_amount")),
            secured=known.get("secured"),
            disputed=debt["id"] in disputed,
            transferred=bool(known.get("transferred_npl")),
            validation_ends_on=reading.day(known.get("validation_end_date")),
            limitation_ends_on=reading.day(known.get("limitations_expiry")),
            statute_barred=known.get("statute_barred"),
            nation=known.get("nation"),
            plan=plan if not signed_for or debt["id"] in signed_for else None,
        )
        for debt in setup.get("debts") or ()
    )


def _plan(
    known: Mapping[str, Any], events: Iterable[Event], action: Event, ids: list[str]
) -> tuple[PlanState | None, frozenset[str]]:
    """Read where an agreed plan stands, and the debts it was signed for; none named are all."""
    at = reading.moment(action["at"])
    signed = [
        event
        for event in events
        if event["kind"] == "plan_signed"
        and reading.moment(event["at"]) <= at
        and not (ids and read.debts(event) and set(ids).isdisjoint(read.debts(event)))
    ]
    given = next((known[key] for key in _PLANS if known.get(key) is not None), None)
    state = given.get("status") if isinstance(given, Mapping) else given
    found = PlanState.PERFORMING if state is None and signed else _state(state)
    return found, frozenset(debt for event in signed for debt in read.debts(event))


_PLANS = ("plan_status", "arrangement")


def _state(word: str | bool | None) -> PlanState | None:
    """Read the state of a plan from its word; one that is neither over nor broken is kept."""
    if word is None or word is False:
        return None
    if word is True:
        return PlanState.PERFORMING
    if word.startswith(("not_", "non")) and word != "none":
        return PlanState.BROKEN
    if word.startswith(_NONE):
        return PlanState.COMPLETED
    return PlanState.BROKEN if any(part in word for part in _BROKEN) else PlanState.PERFORMING


def _email_basis(known: Mapping[str, Any], action: Event) -> EmailBasis | None:
    given = known.get("email_route") or action.get("route")
    if given is None:
        return None
    route = next((name for prefix, name in _ROUTES if given.startswith(prefix)), given)
    return EmailBasis(
        route=route,
        opted_out=bool(known.get("opted_out")),
        caused_disclosure=bool(known.get("caused_third_party_disclosure")),
        creditor_obtained_from_consumer=known.get("creditor_obtained_from_consumer"),
        creditor_used_for_account=known.get("creditor_used_for_account"),
        names_specific_collector=known.get("names_specific_collector"),
        notice_sent_on=reading.day(known.get("notice_sent_date")),
        optout_deadline_on=reading.day(known.get("optout_deadline")),
        public_domain=known.get("public_domain"),
        prior_chain=tuple(
            PriorCollector(
                valid_route=bool(one.get("valid_route")),
                used=bool(one.get("used")),
                opted_out=bool(one.get("opted_out")),
            )
            for one in known.get("prior_chain") or ()
        ),
    )


def _text_basis(known: Mapping[str, Any]) -> TextBasis | None:
    if known.get("text_route") is None:
        return None
    return TextBasis(
        route=known["text_route"],
        opted_out=bool(known.get("opted_out")),
        consented_on=reading.day(known.get("consent_date")),
        last_text_on=reading.day(known.get("last_text_from_consumer")),
        number_checked_on=reading.day(known.get("reassigned_check_date")),
    )


def _holidays(known: Mapping[str, Any]) -> frozenset[date] | None:
    given = known.get("national_public_holidays")
    return None if given is None else frozenset(date.fromisoformat(one) for one in given)


def _limits(known: Mapping[str, Any]) -> dict[str, int]:
    limits = dict(known.get("review_thresholds") or {})
    if known.get("agreed_dial_limit") is not None:
        limits["dials_per_day"] = known["agreed_dial_limit"]
    if known.get("hold_days") is not None:
        limits["hold_days"] = known["hold_days"]
    return limits


def _benchmark(known: Mapping[str, Any]) -> tuple[int, int] | None:
    given = known.get("benchmark_window")
    if not given:
        return None
    opens, closes = span_of(given)
    return parse_clock(opens), parse_clock(closes)
