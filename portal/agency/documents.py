"""Permits as machines are told of them: the verdict, the rules behind it, and the times."""

from __future__ import annotations

from typing import Any

from portal.agency.permits import reasons_kept
from portal.core.actions.models import Permit


def permit_document(permit: Permit) -> dict[str, Any]:
    """Return an answer with every rule that spoke against the contact, or counted towards a limit.

    `reasons` are sentences in the reader's language.
    """
    opens, ends = permit.next_allowed_at, permit.expires_at
    return {
        "permit_id": str(permit.id),
        "account_id": str(permit.account_id),
        "state": permit.state.value,
        "verdict": permit.verdict.value,
        "channel": permit.channel.value,
        "asked_at": permit.asked_at.isoformat(),
        "expires_at": ends.isoformat() if ends else None,
        "next_allowed_at": opens.isoformat() if opens else None,
        "rules": [
            {
                "rule": each["rule"],
                "verdict": each["verdict"],
                "code": each["code"],
                "citation": each["citation"],
                "confidence": each["confidence"],
                "version": each["version"],
                "events_counted": len(each["events"]),
                "next_allowed_at": each["next_allowed_at"],
            }
            for each in permit.judgement["findings"]
            if each["verdict"] != "allow" or each["events"]
        ],
        "reasons": [reason.sentence for reason in reasons_kept(permit.judgement)],
    }
