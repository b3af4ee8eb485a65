"""Facts to judge: one debtor, one debt, one agency, and whatever a test wants to be different."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Finding,
    Judgement,
    Outcome,
    PastContact,
    judge,
    load_packs,
)

NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
SHANGHAI = ZoneInfo("Asia/Shanghai")

US = load_packs(("us",), date(2026, 6, 1))
MASSACHUSETTS = load_packs(("us", "us-ma"), date(2026, 6, 1))
CHINA = load_packs(("cn",), date(2026, 6, 1))
UNITED_KINGDOM = load_packs(("uk",), date(2026, 6, 1))
AUSTRALIA = load_packs(("au",), date(2026, 6, 1))
GERMANY = load_packs(("eu", "de"), date(2026, 6, 1))


def instant(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Return a local wall time as a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def contact(at: str | datetime, channel: Channel = Channel.CALL, **more: Any) -> ContactFacts:
    """Return a contact the agency is about to make with the debtor."""
    zones = more.pop("zones", (NEW_YORK,))
    return ContactFacts(
        **{
            "at": instant(at, zones[0] if zones else NEW_YORK) if isinstance(at, str) else at,
            "channel": channel,
            "zones": zones,
            "agency_id": "A1",
            "person_id": "P1",
            "account_ids": ("D1",),
            "accounts": (AccountFacts(id="D1", kind="credit_card", creditor_id="B1"),),
            **more,
        }
    )


def past(
    at: str | datetime,
    outcome: Outcome = Outcome.NO_ANSWER,
    channel: Channel = Channel.CALL,
    **more: Any,
) -> PastContact:
    """Return a contact the agency made with the debtor about the debt."""
    zone = more.pop("zone", NEW_YORK)
    when = instant(at, zone) if isinstance(at, str) else at
    return PastContact(
        **{
            "at": when,
            "channel": channel,
            "outcome": outcome,
            "id": f"{channel}-{when.isoformat()}",
            "agency_id": "A1",
            "person_id": "P1",
            "placed_ids": ("D1",),
            **more,
        }
    )


def found(judgement: Judgement, rule_id: str, prong: str | None = None) -> Finding:
    """Return what a rule says in a judgement, the strictest of its checks first."""
    mine = [f for f in judgement.findings if f.rule_id == rule_id and prong in (None, f.prong)]
    return max(mine, key=lambda finding: finding.is_breach)


def codes(facts: ContactFacts, packs: Any = US) -> list[str]:
    """Return the codes of everything that stands against a contact."""
    return [finding.code for finding in judge(facts, packs).breaches]


def against(facts: ContactFacts, rule_id: str, packs: Any = US) -> list[str]:
    """Return the codes of what one rule has against a contact."""
    return [f.code for f in judge(facts, packs).breaches if f.rule_id == rule_id]
