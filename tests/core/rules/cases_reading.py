"""Cases that show how events and facts of the vectors' vocabulary are read."""

from __future__ import annotations

from typing import Any

from tests.core.rules.cases import Case, case, event

LONDON, SYDNEY, KOLKATA = "Europe/London", "Australia/Sydney", "Asia/Kolkata"
WAIT = {"validation_end_date": "2026-07-23", "debt_amount": 1000}


def reading() -> list[Case]:
    """Return cases beyond the published ones, one for each way of saying something."""
    return [*_disputes(), *_disclosures(), *_transfers(), *_holds(), *_plans()]


def _disputes() -> list[Case]:
    first = event("dispute", "2026-07-10T09:00", form="writing")
    again = event("dispute", "2026-07-16T09:00", form="writing", same_as_earlier=True)
    verified = event("verification_sent", "2026-07-14T10:00")
    asked = event("original_creditor_request", "2026-07-10T09:00", form="response_form")
    rows: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
        ("repeated", (first, verified, again), {}, "violation"),
        (
            "repeated and said so",
            (first, verified, again, event("duplicative_notice_sent", "2026-07-17T09:00")),
            {},
            "allow",
        ),
        ("original creditor asked for", (asked,), {}, "violation"),
        (
            "original creditor named",
            (asked, event("original_creditor_sent", "2026-07-12T09:00")),
            {},
            "allow",
        ),
        (
            "verification came back",
            (first, {**verified, "returned_undeliverable": True}),
            {},
            "violation",
        ),
        (
            "the undisputed part",
            ({**first, "disputed_amount": 400},),
            {"amount_requested": 600},
            "allow",
        ),
        (
            "more than it",
            ({**first, "disputed_amount": 400},),
            {"amount_requested": 601},
            "violation",
        ),
    ]
    disputed = [
        case(
            name,
            "US-REGF-38D-DISPUTE",
            event("letter_out", "2026-07-19T14:00", purpose="payment_request", **words),
            verdict,
            before=before,
            facts=WAIT,
        )
        for name, before, words, verdict in rows
    ]
    oral = event("dispute", "2026-05-04T10:00", LONDON, form="oral")
    return [
        *disputed,
        case(
            "decided against the customer",
            "UK-CONC-7.14-DISPUTE",
            event("call_out", "2026-05-12T10:00", LONDON, purpose="payment_request"),
            "allow",
            zone=LONDON,
            before=(oral, event("dispute_resolved", "2026-05-08T10:00", LONDON, upheld=False)),
        ),
    ]


def _disclosures() -> list[Case]:
    rule, later = "US-REGF-18E-DISCLOSE", [{"type": "subsequent", "language": "en"}]
    talked = event("call_out", "2026-05-12T10:00", outcome="conversation")
    bureau = event(
        "letter_out",
        "2026-05-12T12:00",
        conveys_debt_information=True,
        recipient_kind="consumer_reporting_agency",
    )
    return [
        case(
            "one language of two",
            rule,
            event(
                "call_out",
                "2026-05-12T10:00",
                outcome="conversation",
                language=["en", "es"],
                disclosures=[{"type": "initial", "language": "en"}],
            ),
            "violation",
        ),
        case(
            "a later call",
            rule,
            event(
                "call_out",
                "2026-05-13T10:00",
                outcome="conversation",
                language="en",
                disclosures=later,
            ),
            "allow",
            before=(talked,),
        ),
        case(
            "the first in writing",
            rule,
            event("email_out", "2026-05-13T10:00", language=["en"], disclosures=later),
            "violation",
            before=(talked,),
        ),
        case("a bureau", "US-REGF-6D1-THIRD", {**bureau, "person": {"id": "CRA"}}, "allow"),
    ]


def _transfers() -> list[Case]:
    rows = [
        ("PRIOR_OWNER", {}, "paid", "allow"),
        ("TRUST1", {"recipient_kind": "securitization_trust"}, "settled", "allow"),
        ("AG2", {"for_consideration": False}, "identity_theft", "violation"),
        ("OWNER_BANK", {}, "identity_theft", "violation"),
    ]
    letter = event("validation_notice", "2026-05-01T10:00", id="VN1", delivery="mail")
    return [
        *(
            case(
                f"{status} to {to}",
                "US-REGF-30B-TRANSFER",
                event("place_debt", "2026-05-12T12:00", to=to, **more),
                verdict,
                facts={"debt_status": status},
            )
            for to, more, status, verdict in rows
        ),
        case(
            "a second letter after the first came back",
            "US-REGF-30A-FURNISH",
            event("furnish", "2026-06-05T10:00"),
            "allow",
            before=(
                letter,
                event("undeliverable", "2026-05-10T10:00", refers_to="VN1"),
                {**letter, "id": "VN2", "at": "2026-05-12T10:00:00-04:00"},
            ),
        ),
    ]


def _holds() -> list[Case]:
    def space(when: str, end: str | None, verdict: str) -> Case:
        facts = {"moratorium": {"start": "2026-06-02", "end": end, "debt_ids": ["D1"]}}
        letter = event("letter_out", when, LONDON, purpose="payment_request")
        return case(
            f"breathing until {end}", "UK-BS-CONTACT", letter, verdict, zone=LONDON, facts=facts
        )

    complaint = event("complaint", "2026-05-04T10:00", KOLKATA, id="C")
    closed = event("complaint_closed", "2026-05-06T10:00", KOLKATA, refers_to="C")
    return [
        space("2026-07-31T10:00", "2026-07-31", "violation"),
        space("2026-09-30T10:00", None, "violation"),
        space("2026-06-01T10:00", "2026-07-31", "allow"),
        case(
            "complaint closed",
            "IN-RBI-GRIEVANCE",
            event("place_debt", "2026-05-12T10:00", KOLKATA, to="AG1"),
            "allow",
            zone=KOLKATA,
            before=(complaint, closed),
        ),
        case(
            "no stay",
            "US-11USC362-STAY",
            event("call_out", "2026-05-12T10:00"),
            "allow",
            before=(event("bankruptcy_notice", "2026-05-04T10:00", stay_active=False),),
        ),
        case(
            "the debt is no more",
            "UK-CONC-7.15-BARRED",
            event("letter_out", "2026-05-12T10:00", LONDON, purpose="payment_request"),
            "violation",
            zone=LONDON,
            facts={"statute_barred": True, "nation": "Scotland"},
        ),
    ]


def _plans() -> list[Case]:
    return [
        case(
            f"arrangement {state}",
            "AU-RG96-ARRANGEMENT",
            event("call_out", "2026-05-12T12:00", SYDNEY, purpose="payment_request"),
            verdict,
            zone=SYDNEY,
            facts={"arrangement": state},
        )
        for state, verdict in (
            ("kept", "guidance_breach"),
            ("being_performed", "guidance_breach"),
            ("broken_by_debtor", "allow"),
            ("non_performing", "allow"),
            ("completed", "allow"),
            (None, "allow"),
        )
    ]
