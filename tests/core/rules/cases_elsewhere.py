"""Cases beside the numbers of the packs of other countries."""

from __future__ import annotations

from typing import Any

from tests.core.rules.cases import Case, Event, case, daily, event


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
    week = [
        case(
            f"{place} on day {day} of a week at {when}",
            "AU-RG96-HOURS",
            event("call_out", f"2026-05-{10 + day}T{when}", zone, address_kind=place),
            "allow" if day <= last else breach,
            zone=zone,
        )
        for day in range(1, 8)  # Monday, 11 May, to Sunday
        for place, when, last in (
            ("mobile", "07:45", 5),
            ("mobile", "09:15", 7),
            ("workplace", "09:15", 5),
        )
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
        *week,
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
