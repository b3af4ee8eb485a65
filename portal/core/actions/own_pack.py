"""The rule pack a bank's settings become, beside those of law."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.core.actions.own_settings import (
    TIMED_CHANNELS,
    WEEKDAYS,
    BankSettings,
    Cap,
    Count,
    Hours,
    Over,
    Per,
    in_order,
    to_plain,
)
from portal.core.rules import Outcome, Pack, Role, compile_pack
from portal.core.rules.pack import ANYWHERE

PACK_ID = "bank"
CITATION = "The bank's own rule"

#: Whoever speaks for the person, and whoever is on the creditor's side, is no part of these rules.
_NOT_MEANT = (
    Role.CONSUMER_ATTORNEY,
    Role.DEBT_ADVISER,
    Role.REPRESENTATIVE,
    Role.CREDITOR,
    Role.CREDITOR_ATTORNEY,
    Role.COLLECTOR_ATTORNEY,
    Role.CONSUMER_REPORTING_AGENCY,
)
_ROLES = [role.value for role in Role if role not in _NOT_MEANT]
#: What law asks for, and what the person asked for, is never forbidden by a day or a channel.
_LET_THROUGH = [
    *("legally_required", "required_by_law_loss_mitigation", "optout_confirmation"),
    *("validation_notice", "verification", "original_creditor_reply", "transfer_notice"),
    *("duplicative_dispute_reply", "deposit_notice", "advise_terminated"),
    *("at_debtor_request", "reply_to_query_or_complaint"),
]
_SCOPE = {Per.PERSON: "person", Per.ACCOUNT: "account", Per.NUMBER: "address"}


def to_document(settings: BankSettings, version: int, *, effective_from: date) -> dict[str, Any]:
    """Return the rule pack a bank's settings become.

    It stands beside the packs of law and the strictest answer wins, so it can forbid what they
    allow and never allow what they forbid. `asks` are the settings themselves: whom the rules bind
    may read them.
    """
    rules = [
        *(_cap(f"BANK-CAP-{n}", cap) for n, cap in enumerate(settings.caps, 1)),
        *(_hours(f"BANK-HOURS-{n}", hours) for n, hours in enumerate(settings.hours, 1)),
        *_weekdays_off(settings),
        *_days_off(settings),
        *_channels_off(settings),
        *_rest(settings),
    ]
    day = effective_from.isoformat()
    shared = {
        "citation": CITATION,
        "severity": "standard",
        "confidence": "own",
        "source": CITATION,
        "source_checked_on": day,
        "effective_from": day,
        "roles": _ROLES,
    }
    return {
        "id": PACK_ID,
        "title": "The bank's own rules",
        "jurisdiction": ANYWHERE,
        "version": str(version),
        "effective_from": day,
        "settings": {"balance_days": settings.balance_days},
        "asks": to_plain(settings),
        "rules": [{**shared, **rule} for rule in rules],
    }


def _cap(rule_id: str, cap: Cap) -> dict[str, Any]:
    talks = cap.count is Count.CONVERSATIONS
    scope = [_SCOPE[cap.per], *(["agency"] if cap.over is Over.EACH_AGENCY else [])]
    return {
        "id": rule_id,
        "title": "The bank's own limit",
        "channels": in_order(cap.channels),
        "evaluator": "at_most",
        "parameters": {
            "limit": cap.most,
            "days": cap.days,
            "code": "too_many_contacts",
            "counted": {
                "channels": in_order(cap.channels),
                "scope": scope,
                "outcomes": ["conversation"] if talks else [each.value for each in Outcome],
                "doubtful": ["unknown"] if talks else [],
                "excluded_roles": [role.value for role in _NOT_MEANT],
            },
        },
    }


def _hours(rule_id: str, hours: Hours) -> dict[str, Any]:
    spans: dict[tuple[str, str], list[int]] = {}
    for day, span in enumerate(hours.week):
        if span is not None:
            spans.setdefault(span, []).append(day)
    return {
        "id": rule_id,
        "title": "The bank's own hours",
        "channels": in_order(hours.channels),
        "evaluator": "within_window",
        "parameters": {
            "windows": [
                {"opens": opens, "closes": closes, "days": days}
                for (opens, closes), days in spans.items()
            ]
        },
    }


def _weekdays_off(settings: BankSettings) -> list[dict[str, Any]]:
    if not settings.weekdays_off:
        return []
    left = [day for day in range(len(WEEKDAYS)) if day not in settings.weekdays_off]
    return [
        {
            "id": "BANK-WEEKDAYS",
            "title": "Days of the week the bank keeps free",
            "channels": [channel.value for channel in TIMED_CHANNELS],
            "evaluator": "within_window",
            "parameters": {"windows": [{"opens": "00:00", "closes": "24:00", "days": left}]},
        }
    ]


def _days_off(settings: BankSettings) -> list[dict[str, Any]]:
    if not settings.days_off:
        return []
    return [
        {
            "id": "BANK-DAYS",
            "title": "Days the bank keeps free",
            "channels": [channel.value for channel in TIMED_CHANNELS],
            "evaluator": "not_on_named_days",
            "parameters": {
                "days": {day.on.isoformat(): day.name for day in settings.days_off},
                "exempt_purposes": _LET_THROUGH,
            },
        }
    ]


def _channels_off(settings: BankSettings) -> list[dict[str, Any]]:
    if not settings.channels_off:
        return []
    return [
        {
            "id": "BANK-CHANNELS",
            "title": "Channels the bank does not use",
            "evaluator": "channel_allowed",
            "parameters": {
                "not_used": in_order(settings.channels_off),
                "exempt_purposes": _LET_THROUGH,
            },
        }
    ]


def _rest(settings: BankSettings) -> list[dict[str, Any]]:
    if settings.rest_days is None:
        return []
    return [
        {
            "id": "BANK-REST",
            "title": "Rest after a conversation",
            "channels": [channel.value for channel in TIMED_CHANNELS],
            "evaluator": "left_alone_after_talk",
            "parameters": {"days": settings.rest_days, "exempt_purposes": _LET_THROUGH},
        }
    ]


def draft_pack(settings: BankSettings, *, effective_from: date) -> Pack:
    """Return the pack settings would become, for trying them out; it is kept nowhere."""
    return compile_pack(to_document(settings, 0, effective_from=effective_from))
