"""Cases of our own in the vocabulary of the published vectors, beside each number of the packs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Case = dict[str, Any]
Event = dict[str, Any]

NEW_YORK = "America/New_York"


def at(text: str, zone: str = NEW_YORK) -> str:
    """Return a local wall time, as an instant with its offset."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat()


def event(kind: str, when: str, zone: str = NEW_YORK, **more: Any) -> Event:
    """Return an event about the consumer's only debt, as logged by the only agency."""
    return {
        "kind": kind,
        "at": at(when, zone),
        "actor": "AG1",
        "person": {"id": "P1", "role": "consumer"},
        "debt_ids": ["D1"],
        **more,
    }


def case(
    name: str,
    rule: str,
    action: Event,
    verdict: str,
    *,
    before: tuple[Event, ...] = (),
    zone: str = NEW_YORK,
    debts: tuple[dict[str, Any], ...] = ({"id": "D1", "kind": "credit_card"},),
    facts: dict[str, Any] | None = None,
    **expected: Any,
) -> Case:
    """Return a case: what came before, what is done now, and what the rule says of it."""
    return {
        "id": name,
        "rule_id": rule,
        "setup": {
            "consumer": {"id": "P1", "tz_candidates": [{"source": "home", "tz": zone}]},
            "day_count_tz": zone,
            "debts": list(debts),
            "facts": facts or {},
        },
        "prior_events": [
            {"id": f"E{number}", **earlier} for number, earlier in enumerate(before, 1)
        ],
        "action": {"id": "ACT", **action},
        "expected": {"verdict": verdict, **expected},
    }


def daily(kind: str, first: str, count: int, *, hours: int = 24, **more: Any) -> tuple[Event, ...]:
    """Return a run of equal events, so many hours apart."""
    start, zone = datetime.fromisoformat(first), more.pop("zone", NEW_YORK)
    return tuple(
        event(kind, (start + timedelta(hours=hours * n)).isoformat(), zone, **more)
        for n in range(count)
    )


def sms(when: str, **more: Any) -> Event:
    """Return a text to the consumer."""
    return event("sms_out", when, **more)


def united_states() -> list[Case]:
    """Return cases beside the numbers of Regulation F and what stands with it."""
    creditor = {
        "email_route": "creditor_notice",
        "creditor_obtained_from_consumer": True,
        "creditor_used_for_account": True,
        "names_specific_collector": True,
        "notice_sent_date": "2026-03-01",
        "public_domain": True,
        "opted_out": False,
    }
    consent = {"text_route": "consent", "consent_date": "2026-02-01", "opted_out": False}
    mailed = event("validation_notice", "2026-05-01T10:00", delivery="mail")
    talked = event("call_out", "2026-06-01T10:00", outcome="conversation")
    activity = event("call_out", "2026-05-10T10:00", outcome="conversation", recorded=True)
    taken = event("instrument_accepted", "2026-06-01T10:00", instrument_date="2026-06-20")
    machine = {"automated": True, "address_kind": "home_landline"}
    hours, freq = "US-REGF-6B1-HOURS", "US-REGF-14B-FREQ"
    return [
        case("opens", hours, event("call_out", "2026-05-12T08:00"), "allow"),
        case("closes", hours, event("call_out", "2026-05-12T21:00"), "allow"),
        case("letters have no hour", hours, event("letter_out", "2026-05-12T23:00"), "allow"),
        case(
            "convenient to another collector",
            hours,
            event("call_out", "2026-05-12T21:45"),
            "violation",
            facts={"convenient_windows": [{"from": "21:30", "to": "22:30", "told_to": "AG2"}]},
        ),
        case(
            "consent to calls lifts no hours",
            hours,
            event("call_out", "2026-05-12T21:45"),
            "violation",
            before=(event("consent", "2026-05-12T12:00", scope="callback_calls"),),
        ),
        case(
            "35 days to opt out",
            "US-REGF-6D4-EMAIL-PROC",
            event("email_out", "2026-04-06T10:00"),
            "allow",
            facts={**creditor, "optout_deadline": "2026-04-05"},
        ),
        case(
            "on the deadline itself",
            "US-REGF-6D4-EMAIL-PROC",
            event("email_out", "2026-04-05T10:00"),
            "review",
            facts={**creditor, "optout_deadline": "2026-04-05"},
        ),
        case(
            "60 days old", "US-REGF-6D5-TEXT-PROC", sms("2026-04-02T10:00"), "allow", facts=consent
        ),
        case(
            "61 days old", "US-REGF-6D5-TEXT-PROC", sms("2026-04-03T10:00"), "review", facts=consent
        ),
        case(
            "phoning from the number is not texting",
            "US-REGF-6D5-TEXT-PROC",
            sms("2026-04-03T10:00"),
            "review",
            facts={"text_route": "consumer_texted", "called_from_number": True, "opted_out": False},
        ),
        case(
            "five calls in a day",
            freq,
            event("call_out", "2026-05-12T18:00", outcome="no_answer"),
            "allow",
            before=daily("call_out", "2026-05-12T09:00", 4, hours=2, outcome="no_answer"),
            rebuttal_factor=False,
        ),
        case(
            "six calls over two days",
            freq,
            event("call_out", "2026-05-12T18:00", outcome="no_answer"),
            "allow",
            before=(
                *daily("call_out", "2026-05-11T09:00", 3, hours=2, outcome="no_answer"),
                *daily("call_out", "2026-05-12T09:00", 2, hours=2, outcome="no_answer"),
            ),
            rebuttal_factor=False,
        ),
        case(
            "the last day of a consent",
            freq,
            event("call_out", "2026-06-10T20:00"),
            "allow",
            before=(
                event("call_out", "2026-06-04T10:00", outcome="conversation"),
                event("consent", "2026-06-04T10:05", scope="callback_calls", given_to="AG1"),
            ),
        ),
        case(
            "four minutes after an unanswered call",
            freq,
            event("call_out", "2026-05-12T09:04", outcome="no_answer"),
            "review",
            before=(event("call_out", "2026-05-12T09:00", outcome="no_answer"),),
            rebuttal_factor=True,
        ),
        case(
            "five minutes after an unanswered call",
            freq,
            event("call_out", "2026-05-12T09:05", outcome="no_answer"),
            "allow",
            before=(event("call_out", "2026-05-12T09:00", outcome="no_answer"),),
        ),
        case(
            "consent to the bank is not consent to the agency",
            freq,
            event("call_out", "2026-06-06T10:00"),
            "presumed_violation",
            before=(
                event("call_out", "2026-06-04T10:00", outcome="conversation"),
                event("consent", "2026-06-04T10:05", scope="callback_calls", given_to="BANK"),
            ),
        ),
        case(
            "consent is used up by the next conversation",
            freq,
            event("call_out", "2026-06-06T15:00"),
            "presumed_violation",
            before=(
                event("consent", "2026-06-04T10:05", scope="callback_calls", given_to="AG1"),
                event("call_out", "2026-06-06T10:00", outcome="conversation"),
            ),
            next_permitted_date="2026-06-13",
        ),
        case(
            "the attorney is not the person",
            freq,
            {
                **event("call_out", "2026-06-06T15:00"),
                "person": {"id": "P7", "role": "consumer_attorney"},
            },
            "allow",
            before=daily("call_out", "2026-06-05T09:00", 8, hours=1, outcome="no_answer"),
        ),
        case(
            "another agency's calls",
            freq,
            event("call_out", "2026-06-06T15:00"),
            "allow",
            before=daily(
                "call_out", "2026-06-05T09:00", 8, hours=1, outcome="conversation", actor="AG2"
            ),
        ),
        case(
            "texts over the threshold on two days",
            "US-REGF-14A-CUMUL",
            sms("2026-05-14T09:00"),
            "allow",
            before=(
                *daily("sms_out", "2026-05-12T09:00", 4, hours=2),
                *daily("sms_out", "2026-05-13T09:00", 4, hours=2),
            ),
        ),
        case(
            "texts over the threshold on three days",
            "US-REGF-14A-CUMUL",
            sms("2026-05-18T09:00"),
            "review",
            before=(
                *daily("sms_out", "2026-05-12T09:00", 4, hours=2),
                *daily("sms_out", "2026-05-13T09:00", 4, hours=2),
                *daily("sms_out", "2026-05-14T09:00", 4, hours=2),
            ),
        ),
        case(
            "texts at the threshold on three days",
            "US-REGF-14A-CUMUL",
            sms("2026-05-15T09:00"),
            "allow",
            before=(
                *daily("sms_out", "2026-05-12T09:00", 3, hours=2),
                *daily("sms_out", "2026-05-13T09:00", 3, hours=2),
                *daily("sms_out", "2026-05-14T09:00", 3, hours=2),
            ),
        ),
        case(
            "three heavy days, the first more than a week ago",
            "US-REGF-14A-CUMUL",
            sms("2026-05-19T09:00"),
            "allow",
            before=(
                *daily("sms_out", "2026-05-12T09:00", 4, hours=2),
                *daily("sms_out", "2026-05-13T09:00", 4, hours=2),
                *daily("sms_out", "2026-05-14T09:00", 4, hours=2),
            ),
        ),
        case(
            "fifteen touches in a week",
            "US-REGF-14A-CUMUL",
            event("email_out", "2026-05-14T20:00"),
            "allow",
            before=daily("email_out", "2026-05-12T09:00", 14, hours=4),
        ),
        case(
            "sixteen touches in a week",
            "US-REGF-14A-CUMUL",
            event("email_out", "2026-05-14T21:30"),
            "review",
            before=daily("email_out", "2026-05-12T09:00", 15, hours=4),
        ),
        case(
            "postdated by six days",
            "US-REGF-22C-POSTDATED",
            event("deposit", "2026-06-08T10:00", instrument="E1"),
            "violation",
            before=({**taken, "instrument_date": "2026-06-07"},),
        ),
        case(
            "two working days' notice",
            "US-REGF-22C-POSTDATED",
            event("deposit", "2026-06-22T10:00", instrument="E1"),
            "violation",
            before=(taken, event("deposit_notice", "2026-06-17T10:00", form="writing")),
        ),
        case(
            "ten working days' notice",
            "US-REGF-22C-POSTDATED",
            event("deposit", "2026-06-22T10:00", instrument="E1"),
            "allow",
            before=(taken, event("deposit_notice", "2026-06-05T10:00", form="writing")),
        ),
        case(
            "before its date",
            "US-REGF-22C-POSTDATED",
            event("deposit", "2026-06-19T10:00", instrument="E1"),
            "violation",
            before=(taken, event("deposit_notice", "2026-06-10T10:00", form="writing")),
        ),
        case(
            "thirteen days after mailing",
            "US-REGF-30A-FURNISH",
            event("furnish", "2026-05-14T10:00"),
            "review",
            before=(mailed,),
        ),
        case(
            "fourteen days after mailing",
            "US-REGF-30A-FURNISH",
            event("furnish", "2026-05-15T10:00"),
            "allow",
            before=(mailed,),
        ),
        case(
            "six days after the first conversation",
            "US-REGF-34A-TIMING",
            event("validation_notice", "2026-06-07T10:00"),
            "violation",
            before=(talked,),
        ),
        case(
            "told in the conversation",
            "US-REGF-34A-TIMING",
            event("validation_notice", "2026-06-08T10:00"),
            "allow",
            before=({**talked, "disclosures": [{"type": "validation_information"}]},),
        ),
        case(
            "the earliest end may be stated",
            "US-REGF-34B5-PERIOD",
            event("validation_notice", "2026-06-15T10:00", stated_end_date="2026-07-23"),
            "allow",
        ),
        case(
            "a day before the earliest end may not",
            "US-REGF-34B5-PERIOD",
            event("validation_notice", "2026-06-15T10:00", stated_end_date="2026-07-22"),
            "violation",
        ),
        *(
            case(
                f"{record} purged {verdict}",
                "US-REGF-100-RETAIN",
                event("purge", day, record_kind=record),
                verdict,
                before=(activity,),
            )
            for record in ("account_record", "call_log", "call_recording")
            for day, verdict in (
                ("2029-05-09T10:00", "violation"),
                ("2029-05-10T10:00", "review"),
                ("2029-05-11T10:00", "allow"),
            )
        ),
        case(
            "third prerecorded call",
            "US-TCPA-PRERECORDED",
            event("call_out", "2026-05-31T10:00", **machine),
            "allow",
            before=daily("call_out", "2026-05-02T10:00", 2, outcome="conversation", **machine),
        ),
        case(
            "fourth prerecorded call on the thirtieth day",
            "US-TCPA-PRERECORDED",
            event("call_out", "2026-05-31T10:00", **machine),
            "violation",
            before=daily("call_out", "2026-05-02T10:00", 3, outcome="conversation", **machine),
        ),
        case(
            "fourth prerecorded call on the thirty-first day",
            "US-TCPA-PRERECORDED",
            event("call_out", "2026-06-01T10:00", **machine),
            "allow",
            before=daily("call_out", "2026-05-02T10:00", 3, outcome="conversation", **machine),
        ),
        *_massachusetts(),
    ]


def _massachusetts() -> list[Case]:
    rule, work = "US-MA-209CMR18-2IN7", {"address_kind": "workplace"}
    first = "2026-05-11T10:00"

    def after(count: int, day: str, verdict: str, **more: Any) -> Case:
        before = daily("call_out", first, count, outcome="conversation", **more)
        name = f"{count} before {day} {'at work' if more else 'at home'}"
        return case(name, rule, sms(day, **more), verdict, before=before)

    return [
        after(1, "2026-05-17T10:00", "allow"),
        after(2, "2026-05-17T10:00", "violation"),
        after(2, "2026-05-18T10:00", "allow"),
        after(1, "2026-06-09T10:00", "allow", **work),
        after(2, "2026-06-09T10:00", "violation", **work),
        after(2, "2026-06-10T10:00", "allow", **work),
        case(
            "rings that reached nobody",
            rule,
            sms("2026-05-12T10:00"),
            "review",
            before=daily("call_out", first, 2, hours=2, outcome="no_answer"),
        ),
    ]


def elsewhere() -> list[Case]:
    """Return cases beside the numbers of the other packs."""
    return [*_china(), *_united_kingdom(), *_india(), *_australia(), *_europe()]


def _china() -> list[Case]:
    zone = "Asia/Shanghai"
    card = ({"id": "D1", "kind": "credit_card", "creditor": "BANK1"},)
    content = {
        "balance_structure_currency": True,
        "schedule": True,
        "fees_interest_statement": True,
        "no_new_card_undertaking": True,
        "rights_and_breach": True,
        "other_matters": True,
    }

    def do(name: str, rule: str, action: Event, verdict: str, **more: Any) -> Case:
        return case(name, rule, action, verdict, zone=zone, debts=card, **more)

    def here(kind: str, when: str, **more: Any) -> Event:
        return event(kind, when, zone, **more)

    rang = {"outcome": "no_answer", "address": "139-0001", "zone": zone}
    talk = {"outcome": "conversation", "zone": zone}
    dial, calls = "CN-CBA-DIAL6", "CN-GBT45251-CALLS3"
    stranger = {"id": "P9", "role": "third_party"}
    return [
        do("closes", "CN-GBT45251-HOURS", here("sms_out", "2026-05-11T22:00"), "guidance_breach"),
        do("opens", "CN-GBT45251-HOURS", here("sms_out", "2026-05-11T08:00"), "allow"),
        do(
            "just before",
            "CN-GBT45251-HOURS",
            here("visit", "2026-05-11T07:59:59"),
            "guidance_breach",
        ),
        do(
            "bank and agencies share one count",
            calls,
            here("call_out", "2026-05-11T19:00"),
            "guidance_breach",
            before=(
                here("call_out", "2026-05-11T09:00", outcome="conversation", actor="BANK1"),
                here("call_out", "2026-05-11T12:00", outcome="conversation", actor="AG2"),
                here("call_out", "2026-05-11T15:00", outcome="conversation"),
            ),
        ),
        do(
            "two effective calls",
            calls,
            here("call_out", "2026-05-11T19:00"),
            "allow",
            before=daily("call_out", "2026-05-11T09:00", 2, hours=3, **talk),
        ),
        do(
            "the evening before",
            calls,
            here("call_out", "2026-05-12T08:00"),
            "allow",
            before=daily("call_out", "2026-05-11T19:00", 3, hours=1, **talk),
        ),
        do(
            "sixth attempt",
            dial,
            here("call_out", "2026-05-11T19:00", address="139-0001"),
            "allow",
            before=daily("call_out", "2026-05-11T09:00", 5, hours=1, **rang),
        ),
        do(
            "seventh attempt, answered",
            dial,
            here("call_out", "2026-05-11T19:00", address="139 0001", outcome="conversation"),
            "guidance_breach",
            before=daily("call_out", "2026-05-11T09:00", 6, hours=1, **rang),
        ),
        do(
            "another number",
            dial,
            here("call_out", "2026-05-11T19:00", address="139-0002"),
            "allow",
            before=daily("call_out", "2026-05-11T09:00", 6, hours=1, **rang),
        ),
        do(
            "the day after",
            dial,
            here("call_out", "2026-05-12T09:00", address="139-0001"),
            "allow",
            before=daily("call_out", "2026-05-11T09:00", 6, hours=1, **rang),
        ),
        do(
            "a visit the day after",
            "CN-GBT45251-VISIT1",
            here("visit", "2026-05-12T09:00", collectors=2),
            "allow",
            before=(here("visit", "2026-05-11T17:00", collectors=2),),
        ),
        do(
            "a second visit",
            "CN-GBT45251-VISIT1",
            here("visit", "2026-05-11T20:00", collectors=3),
            "guidance_breach",
            before=(here("visit", "2026-05-11T17:00", collectors=2),),
        ),
        do(
            "one collector",
            "CN-GBT45251-VISIT1",
            here("visit", "2026-05-11T17:00", collectors=1),
            "guidance_breach",
        ),
        do(
            "two failures",
            "CN-CBA-THIRD-LOST",
            {
                **here("call_out", "2026-05-11T10:00", discloses_debt=False),
                "purpose": "locate_or_relay",
                "person": stranger,
            },
            "guidance_breach",
            before=daily("call_out", "2026-05-08T10:00", 2, outcome="no_answer", zone=zone),
        ),
        do(
            "61 months",
            "CN-CC70-PLAN-TERMS",
            here("plan_offer", "2026-05-11T10:00", months=61, form="writing", content=content),
            "violation",
        ),
        *(
            do(
                f"{regime} purged {verdict}",
                "CN-RETAIN",
                here("purge", day, record_kind="collection_record", regime=regime),
                verdict,
                before=(here("call_out", "2026-03-01T10:00", outcome="conversation"),),
            )
            for regime, year in (("credit_card_measures", 2028), ("five_year", 2031), (None, 2031))
            for day, verdict in (
                (f"{year}-02-28T10:00", "violation"),
                (f"{year}-03-02T10:00", "allow"),
            )
        ),
        *(
            do(
                f"assessment purged {verdict}",
                "CN-PIPL56-PIA",
                here("purge", day, record_kind="impact_assessment"),
                verdict,
                before=(here("impact_assessment", "2026-03-01T10:00"),),
            )
            for day, verdict in (("2029-02-28T10:00", "violation"), ("2029-03-02T10:00", "allow"))
        ),
    ]


def _united_kingdom() -> list[Case]:
    zone = "Europe/London"

    def call(when: str) -> Event:
        return event("call_out", when, zone)

    preparing = (event("repayment_plan_in_preparation", "2026-06-01T10:00", zone),)
    hold = "UK-CONC-7.3.11-HOLD"
    return [
        *(
            case(
                f"call at {when}",
                "UK-CONC-7.9.4-TIME",
                call(f"2026-05-12T{when}"),
                verdict,
                zone=zone,
            )
            for when, verdict in (
                ("07:59:59", "review"),
                ("08:00:01", "allow"),
                ("20:59:59", "allow"),
                ("21:00:01", "review"),
            )
        ),
        case("day 30", hold, call("2026-06-30T10:00"), "violation", zone=zone, before=preparing),
        case("day 31", hold, call("2026-07-01T10:00"), "allow", zone=zone, before=preparing),
        case(
            "day 31, extended",
            hold,
            call("2026-07-01T10:00"),
            "violation",
            zone=zone,
            before=preparing,
            facts={"extension_days": 30},
        ),
    ]


def _india() -> list[Case]:
    zone, micro = "Asia/Kolkata", ({"id": "D1", "kind": "microfinance"},)
    loan = ({"id": "D1", "kind": "personal_loan"},)
    times = (
        ("IN-RBI-HOURS", loan, "07:59:59", "violation"),
        ("IN-RBI-HOURS", loan, "08:00:01", "allow"),
        ("IN-RBI-HOURS", loan, "18:59:59", "allow"),
        ("IN-RBI-HOURS", loan, "19:00:01", "violation"),
        ("IN-RBI-HOURS", micro, "19:00:01", "allow"),
        ("IN-RBI-MFI-HOURS", micro, "08:59:59", "violation"),
        ("IN-RBI-MFI-HOURS", micro, "09:00:01", "allow"),
        ("IN-RBI-MFI-HOURS", micro, "17:59:59", "allow"),
        ("IN-RBI-MFI-HOURS", micro, "18:00:01", "violation"),
    )
    return [
        case(
            f"{debts[0]['kind']} at {when}",
            rule,
            event("call_out", f"2026-05-12T{when}", zone),
            verdict,
            zone=zone,
            debts=debts,
        )
        for rule, debts, when, verdict in times
    ]


def _australia() -> list[Case]:
    zone = "Australia/Sydney"
    breach = "guidance_breach"
    times = (
        ("call_out", None, "2026-05-12", ("07:29:59", "07:30:01", "20:59:59", "21:00:01")),
        ("sms_out", None, "2026-05-16", ("08:59:59", "09:00:01", "20:59:59", "21:00:01")),
        ("visit", "home_address", "2026-05-12", ("08:59:59", "09:00:01", "20:59:59", "21:00:01")),
        ("call_out", "workplace", "2026-05-12", ("08:59:59", "09:00:01", "16:59:59", "17:00:01")),
    )
    hours = [
        case(
            f"{kind} {place} at {day} {when}",
            "AU-RG96-HOURS",
            event(kind, f"{day}T{when}", zone, address_kind=place),
            verdict,
            zone=zone,
        )
        for kind, place, day, clocks in times
        for when, verdict in zip(clocks, (breach, "allow", "allow", breach), strict=True)
    ]

    def spaced(count: int, when: str, verdict: str, *, hours: int) -> Case:
        before = daily(
            "call_out", "2026-05-04T10:00", count, hours=hours, zone=zone, outcome="conversation"
        )
        action = event("call_out", when, zone)
        return case(
            f"{count} every {hours} hours",
            "AU-RG96-3W10M",
            action,
            verdict,
            zone=zone,
            before=before,
        )

    def counted(name: str, contacts: int, *before: Event) -> Case:
        action = event("count_query", "2026-05-12T15:00", zone)
        return case(
            name,
            "AU-RG96-CONTACT-COUNT",
            action,
            "computed",
            zone=zone,
            before=before,
            values={"contacts": contacts},
            comparison="eq",
        )

    def text(kind: str, when: str) -> Event:
        return event(kind, f"2026-05-12T{when}", zone)

    return [
        *hours,
        spaced(3, "2026-05-10T10:00", breach, hours=24),
        spaced(3, "2026-05-11T10:00", "allow", hours=24),
        spaced(2, "2026-05-10T10:00", "allow", hours=24),
        spaced(10, "2026-06-02T10:00", breach, hours=66),
        spaced(10, "2026-06-03T10:00", "allow", hours=66),
        spaced(9, "2026-06-02T10:00", "allow", hours=66),
        counted(
            "an unbroken exchange",
            1,
            text("sms_out", "10:00"),
            text("sms_in", "10:20"),
            text("sms_out", "11:20"),
        ),
        counted(
            "an exchange with a pause",
            2,
            text("sms_out", "10:00"),
            text("sms_in", "10:20"),
            text("sms_out", "11:21"),
        ),
        counted("two texts in a row", 2, text("sms_out", "10:00"), text("sms_out", "10:05")),
        counted("an answer", 1, text("sms_in", "10:00"), text("sms_out", "10:05")),
    ]


def _europe() -> list[Case]:
    zone = "Europe/Berlin"
    return [
        case(
            f"correspondence purged {verdict}",
            "EU-CSD-RECORDS",
            event("purge", day, zone, record_kind="correspondence"),
            verdict,
            zone=zone,
            before=(event("letter_out", "2026-03-01T10:00", zone),),
        )
        for day, verdict in (("2031-02-28T10:00", "violation"), ("2031-03-02T10:00", "allow"))
    ]


def document() -> dict[str, Any]:
    """Return all cases of our own as a file of vectors."""
    return {"cases": [*united_states(), *elsewhere()]}
