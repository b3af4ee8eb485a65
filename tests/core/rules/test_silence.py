"""Where no pack speaks of contacts, nobody is taken to have allowed one."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Verdict,
    judge,
    jurisdictions_for,
    load_packs,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _ask(country: str, zone: str, channel: Channel) -> Verdict:
    jurisdictions = jurisdictions_for(country, "")
    facts = ContactFacts(
        at=NOON,
        channel=channel,
        person_id="p",
        agency_id="a",
        zones=(ZoneInfo(zone),),
        jurisdictions=jurisdictions,
        account_ids=("1",),
        accounts=(AccountFacts(id="1"),),
    )
    return judge(facts, load_packs(jurisdictions, NOON.date())).verdict


@pytest.mark.parametrize(
    ("country", "zone"), [("FR", "Europe/Paris"), ("BR", "America/Sao_Paulo"), ("XX", "UTC")]
)
def test_a_country_without_contact_rules_is_for_a_person_to_decide(country, zone):
    assert _ask(country, zone, Channel.CALL) is Verdict.REVIEW


def test_a_country_with_contact_rules_is_judged_by_them():
    assert _ask("US", "America/New_York", Channel.CALL) is Verdict.VIOLATION
    assert _ask("CN", "Asia/Shanghai", Channel.CALL) is Verdict.ALLOW
