"""Short words for the closed lists of the domain, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _

from portal.core.actions.models import BreachState, PermitState
from portal.core.placements.models import LetterKind, OfferState
from portal.core.plans.models import Frequency, InstalmentState, PlanState, PromiseState
from portal.core.recoveries.models import Recipient, RecoveryState
from portal.core.rules import (
    Channel,
    Direction,
    HoldKind,
    Outcome,
    Place,
    Purpose,
    Role,
    Severity,
    Verdict,
)
from portal.core.rules.kinds import Confidence
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
    Purpose: {
        "payment_request": _("To ask for payment"),
        "first_assertion": _("First word about the debt"),
        "location_information": _("To ask where the person can be reached"),
        "locate_or_relay": _("To find the person, or have a message passed on"),
        "advise_terminated": _("To say that collection has ended"),
        "notify_possible_remedy": _("To say which steps are possible"),
        "notify_intended_remedy": _("To say which step will be taken"),
        "optout_confirmation": _("To confirm an opt-out"),
        "legally_required": _("Required by law"),
        "at_debtor_request": _("The person asked for it"),
        "reply_to_query_or_complaint": _("To answer a question or complaint"),
        "permitted_proceedings": _("Proceedings that are allowed"),
        "discuss_moratorium_debt": _("About a debt under a moratorium"),
        "threaten_suit": _("To announce a lawsuit"),
        "file_suit": _("To file a lawsuit"),
        "bankruptcy_proof_of_claim": _("Proof of claim in a bankruptcy"),
        "formal_pleading": _("Formal pleading in court"),
        "discount_offer": _("To offer a discount"),
        "better_alternative": _("To offer something better for the person"),
        "account_statement": _("Statement of the account"),
        "required_by_law_loss_mitigation": _("Help with the loan, as the law requires"),
        "reconnect_dropped_settlement_call": _("To resume a call that was cut off"),
        "warn_external_late_fee_next_day": _("To warn of a fee due tomorrow"),
        "active_litigation": _("Part of a running lawsuit"),
        "validation_notice": _("Notice of the debt"),
        "verification": _("Proof of the debt"),
        "original_creditor_reply": _("Name of the first creditor"),
        "duplicative_dispute_reply": _("Answer to a repeated dispute"),
        "transfer_notice": _("To say that the debt was sold"),
        "deposit_notice": _("To say when a payment is deposited"),
        "other": _("Another purpose"),
    },
    Confidence: {
        "official": _("read in the official text"),
        "secondary": _("read in a secondary source"),
        "general": _("general knowledge, not checked"),
        "own": _("own rule, not law"),
    },
    Severity: {
        "hard": _("binding law"),
        "presumption": _("legal presumption"),
        "standard": _("standard or guidance"),
        "judgement": _("no number in law: a person decides"),
        "procedure": _("procedure"),
    },
    PermitState: {
        "granted": _("Granted"),
        "denied": _("Denied by a rule"),
        "asked": _("A person decides"),
        "refused": _("Refused by a person"),
        "used": _("Used"),
        "returned": _("Given back"),
        "void": _("Taken away"),
    },
    BreachState: {
        "open": _("Open"),
        "explained": _("Explained by the agency"),
        "upheld": _("Upheld"),
        "waived": _("Waived"),
        "remedied": _("Remedied"),
        "cleared": _("Cleared"),
    },
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
        "demand": _("Formal demand for payment"),
    },
}


def label(value: StrEnum) -> str:
    """Return the word for a value of one of the domain's closed lists."""
    return str(LABELS[type(value)][value.value])


def language_name(code: str) -> str:
    """Return a language's own name by its code or locale, or the code of one we do not speak."""
    short = code.replace("-", "_").split("_")[0]
    return next((known.name for known in LANGUAGES if known.code == short), code)
