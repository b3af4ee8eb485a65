"""Cases beside the numbers of Regulation F and what stands with it."""

from __future__ import annotations

from typing import Any

from tests.core.rules.cases import Case, Event, case, daily, event


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
