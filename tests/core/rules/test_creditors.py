"""Rules that bind collectors only are not asked of a bank that writes in its own name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Message,
    Outcome,
    PastContact,
    Purpose,
    judge,
    load_packs,
)
from portal.core.rules.batch import Log, judge_all

PACKS = load_packs(("us",), date(2026, 11, 25))
BY_BANK = ContactFacts(
    at=datetime(2026, 11, 25, 17, 0, tzinfo=UTC),
    channel=Channel.SMS,
    agency_id="bank",
    person_id="p",
    zones=(ZoneInfo("America/New_York"),),
    jurisdictions=("us",),
    account_ids=("a",),
    accounts=(AccountFacts(id="a", creditor_id="bank"),),
    message=Message(optout_present=True, optout_clear=True, optout_method="reply_stop"),
)
BY_AGENCY = replace(BY_BANK, agency_id="agency")


def _rules(judgement):
    return {finding.rule_id for finding in judgement.breaches}


def test_a_bank_need_not_call_itself_a_debt_collector_and_an_agency_must():
    assert _rules(judge(BY_BANK, PACKS)) == set()
    assert _rules(judge(BY_AGENCY, PACKS)) >= {"US-REGF-18E-DISCLOSE", "US-REGF-6D5-TEXT-PROC"}


def test_hours_bind_the_bank_all_the_same():
    at_night = replace(BY_BANK, at=datetime(2026, 11, 25, 8, 0, tzinfo=UTC))

    assert "US-REGF-6B1-HOURS" in _rules(judge(at_night, PACKS))


def test_a_whole_log_tells_the_banks_contacts_from_the_agencys():
    contacts = tuple(
        PastContact(
            id=maker,
            at=BY_BANK.at,
            channel=Channel.SMS,
            outcome=Outcome.DELIVERED,
            agency_id=maker,
            person_id="p",
            placed_ids=("a",),
        )
        for maker in ("bank", "agency")
    )
    person = replace(BY_BANK, message=None)

    judged = {
        each.contact.id: _rules(each.judgement)
        for each in judge_all(Log(person=person, contacts=contacts), lambda _on: PACKS)
    }

    assert judged["bank"] == set()
    assert judged["agency"] == {"US-REGF-6D5-TEXT-PROC"}


def test_a_bare_confirmation_of_an_opt_out_carries_no_line_of_its_own():
    bare = replace(
        BY_AGENCY,
        purpose=Purpose.OPTOUT_CONFIRMATION,
        message=Message(optout_present=False, extra_content=False),
    )

    assert "US-REGF-6E-OPTOUT-NOTICE" not in _rules(judge(bare, PACKS))
