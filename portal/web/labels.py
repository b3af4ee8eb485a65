"""Short words for the closed lists of the domain, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _

from portal.core.placements.models import LetterKind, OfferState
from portal.core.plans.models import Frequency, InstalmentState, PlanState, PromiseState
from portal.core.recoveries.models import Recipient, RecoveryState
from portal.core.rules import Channel, Direction, HoldKind, Outcome, Place, Role, Verdict
from portal.web.shell import LANGUAGES

LABELS: Mapping[type[StrEnum], Mapping[str, Any]] = {
    Channel: {
        "call": _("Phone call"),
        "sms": _("Text message"),
        "email": _("E-mail"),
        "letter": _("Letter"),
        "visit": _("Visit"),
        "in_app": _("Message in the portal"),
        "social": _("Social media"),
        "unknown": _("Unknown channel"),
    },
    Direction: {"outbound": _("We contacted them"), "inbound": _("They contacted us")},
    Outcome: {
        "conversation": _("Spoke"),
        "answered_dropped": _("Answered, then cut off"),
        "answered_terminated": _("Answered and hung up"),
        "no_answer": _("No answer"),
        "voicemail_left": _("Left a voicemail"),
        "voicemail_full": _("Voicemail full"),
        "limited_content_message": _("Left a limited-content message"),
        "busy": _("Busy"),
        "not_in_service": _("Number not in service"),
        "not_connected": _("Not connected"),
        "delivered": _("Delivered"),
        "undelivered": _("Not delivered"),
        "unknown": _("Outcome unknown"),
    },
    Role: {
        "consumer": _("The person who owes"),
        "spouse": _("Spouse"),
        "parent": _("Parent of a minor"),
        "guardian": _("Guardian"),
        "executor": _("Executor of the estate"),
        "successor": _("Successor"),
        "guarantor": _("Guarantor"),
        "consumer_attorney": _("The person's attorney"),
        "debt_adviser": _("Debt adviser"),
        "representative": _("Representative"),
        "relative": _("Relative"),
        "colleague": _("Colleague"),
        "referee": _("Referee"),
        "employer": _("Employer"),
        "third_party": _("Somebody else"),
        "creditor": _("Creditor"),
        "creditor_attorney": _("The creditor's attorney"),
        "collector_attorney": _("The collector's attorney"),
        "consumer_reporting_agency": _("Credit bureau"),
    },
    Verdict: {
        "allow": _("Allowed"),
        "review": _("A person decides"),
        "guidance_breach": _("Against guidance"),
        "presumed_violation": _("Presumed unlawful"),
        "violation": _("Not allowed"),
    },
    HoldKind: {
        "dispute": _("dispute"),
        "cease": _("request to stop"),
        "attorney": _("attorney"),
        "hardship": _("hardship"),
        "bereavement": _("bereavement"),
        "bankruptcy": _("bankruptcy"),
        "breathing_space": _("breathing space"),
        "plan_preparation": _("a plan is being prepared"),
        "plan": _("plan"),
        "statute_barred_refusal": _("refused as time-barred"),
        "complaint": _("complaint"),
        "litigation": _("litigation"),
        "balance_unverified": _("balance not verified"),
        "credential_lapsed": _("licence lapsed"),
        "other": _("other reason"),
    },
    Place: {"home": _("at home"), "workplace": _("at work")},
    OfferState: {
        "offered": _("Waiting for an answer"),
        "accepted": _("Accepted"),
        "declined": _("Declined"),
        "lapsed": _("Lapsed"),
    },
    PromiseState: {
        "active": _("Promise running"),
        "kept": _("Promise kept"),
        "partial": _("Promise partly kept"),
        "broken": _("Promise broken"),
        "cancelled": _("Promise cancelled"),
        "superseded": _("Promise replaced"),
    },
    PlanState: {
        "asked": _("Plan asked for"),
        "active": _("On a plan"),
        "in_cure": _("Plan: instalment missed"),
        "paused": _("Plan paused"),
        "defaulted": _("Plan ended unpaid"),
        "completed": _("Plan completed"),
        "cancelled": _("Plan stopped"),
        "renegotiated": _("Plan renegotiated"),
    },
    InstalmentState: {
        "due": _("To be paid"),
        "part_paid": _("Partly paid"),
        "paid": _("Paid"),
        "missed": _("Missed"),
        "cancelled": _("Cancelled"),
    },
    Frequency: {
        "weekly": _("Every week"),
        "fortnightly": _("Every two weeks"),
        "monthly": _("Every month"),
    },
    RecoveryState: {
        "reported": _("Waiting for the bank"),
        "verified": _("Verified by the bank"),
        "disputed": _("Disputed"),
        "rejected": _("Rejected by the bank"),
    },
    Recipient: {
        "agency": _("Paid to the agency"),
        "bank": _("Paid to the bank"),
        "platform": _("Paid through the portal"),
    },
    LetterKind: {
        "notice": _("Notice"),
        "agreement": _("Agreement on a plan"),
        "receipt": _("Receipt"),
    },
}


def label(value: StrEnum) -> str:
    """Return the word for a value of one of the domain's closed lists."""
    return str(LABELS[type(value)][value.value])


def language_name(code: str) -> str:
    """Return a language's own name by its code or locale, or the code of one we do not speak."""
    short = code.replace("-", "_").split("_")[0]
    return next((known.name for known in LANGUAGES if known.code == short), code)
