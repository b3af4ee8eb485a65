"""The closed lists of words the rules are written in."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says about a contact, from mild to strict."""

    ALLOW = "allow"
    REVIEW = "review"
    GUIDANCE_BREACH = "guidance_breach"
    PRESUMED_VIOLATION = "presumed_violation"
    VIOLATION = "violation"


STRICTNESS: dict[Verdict, int] = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Severity(StrEnum):
    """What kind of rule it is; the verdict of a breach follows from it."""

    HARD = "hard"
    PRESUMPTION = "presumption"
    STANDARD = "standard"
    JUDGEMENT = "judgement"
    PROCEDURE = "procedure"


BREACH_OF: dict[Severity, Verdict] = {
    Severity.HARD: Verdict.VIOLATION,
    Severity.PRESUMPTION: Verdict.PRESUMED_VIOLATION,
    Severity.STANDARD: Verdict.GUIDANCE_BREACH,
    Severity.JUDGEMENT: Verdict.REVIEW,
    Severity.PROCEDURE: Verdict.REVIEW,
}


class Confidence(StrEnum):
    """How well the wording behind a rule was verified."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    GENERAL = "general"
    OWN = "own"  # the portal's or a bank's own rule, not law


class Act(StrEnum):
    """What is about to be done, or was done."""

    CONTACT = "contact"
    FURNISH = "furnish"
    PLACE = "place"
    SHARE_DATA = "share_data"
    KEEP_DATA = "keep_data"
    ALLOCATE_PAYMENT = "allocate_payment"
    DEPOSIT = "deposit"
    OFFER_PLAN = "offer_plan"
    LEGAL_STEP = "legal_step"
    ASSIGN_COLLECTOR = "assign_collector"
    CHARGE = "charge"
    PURGE = "purge"
    RETAIN = "retain"
    COUNT = "count"
    OMIT_NOTICE = "omit_notice"


class Channel(StrEnum):
    """The medium of a contact. A ringless voicemail is a call whose outcome is voicemail_left."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"
    IN_APP = "in_app"
    SOCIAL = "social"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Who started the contact, seen from the collector."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Outcome(StrEnum):
    """How a contact ended."""

    CONVERSATION = "conversation"
    ANSWERED_DROPPED = "answered_dropped"
    ANSWERED_TERMINATED = "answered_terminated"
    NO_ANSWER = "no_answer"
    VOICEMAIL_LEFT = "voicemail_left"
    VOICEMAIL_FULL = "voicemail_full"
    LIMITED_CONTENT_MESSAGE = "limited_content_message"
    BUSY = "busy"
    NOT_IN_SERVICE = "not_in_service"
    NOT_CONNECTED = "not_connected"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """Who the person contacted is to the debt."""

    CONSUMER = "consumer"
    SPOUSE = "spouse"
    PARENT = "parent"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    SUCCESSOR = "successor"
    GUARANTOR = "guarantor"
    CONSUMER_ATTORNEY = "consumer_attorney"
    DEBT_ADVISER = "debt_adviser"
    REPRESENTATIVE = "representative"
    RELATIVE = "relative"
    COLLEAGUE = "colleague"
    REFEREE = "referee"
    EMPLOYER = "employer"
    THIRD_PARTY = "third_party"
    CREDITOR = "creditor"
    CREDITOR_ATTORNEY = "creditor_attorney"
    COLLECTOR_ATTORNEY = "collector_attorney"
    CONSUMER_REPORTING_AGENCY = "consumer_reporting_agency"


class Purpose(StrEnum):
    """Why the contact is made; unknown is None, never OTHER."""

    PAYMENT_REQUEST = "payment_request"
    FIRST_ASSERTION = "first_assertion"
    LOCATION_INFORMATION = "location_information"
    LOCATE_OR_RELAY = "locate_or_relay"
    ADVISE_TERMINATED = "advise_terminated"
    NOTIFY_POSSIBLE_REMEDY = "notify_possible_remedy"
    NOTIFY_INTENDED_REMEDY = "notify_intended_remedy"
    OPTOUT_CONFIRMATION = "optout_confirmation"
    LEGALLY_REQUIRED = "legally_required"
    AT_DEBTOR_REQUEST = "at_debtor_request"
    REPLY_TO_QUERY_OR_COMPLAINT = "reply_to_query_or_complaint"
    PERMITTED_PROCEEDINGS = "permitted_proceedings"
    DISCUSS_MORATORIUM_DEBT = "discuss_moratorium_debt"
    THREATEN_SUIT = "threaten_suit"
    FILE_SUIT = "file_suit"
    BANKRUPTCY_PROOF_OF_CLAIM = "bankruptcy_proof_of_claim"
    FORMAL_PLEADING = "formal_pleading"
    DISCOUNT_OFFER = "discount_offer"
    BETTER_ALTERNATIVE = "better_alternative"
    ACCOUNT_STATEMENT = "account_statement"
    REQUIRED_BY_LAW_LOSS_MITIGATION = "required_by_law_loss_mitigation"
    RECONNECT_DROPPED_SETTLEMENT_CALL = "reconnect_dropped_settlement_call"
    WARN_EXTERNAL_LATE_FEE_NEXT_DAY = "warn_external_late_fee_next_day"
    ACTIVE_LITIGATION = "active_litigation"
    VALIDATION_NOTICE = "validation_notice"
    VERIFICATION = "verification"
    ORIGINAL_CREDITOR_REPLY = "original_creditor_reply"
    DUPLICATIVE_DISPUTE_REPLY = "duplicative_dispute_reply"
    TRANSFER_NOTICE = "transfer_notice"
    DEPOSIT_NOTICE = "deposit_notice"
    OTHER = "other"


class AddressKind(StrEnum):
    """What a number or address is tied to."""

    MOBILE = "mobile"
    HOME_LANDLINE = "home_landline"
    HOME_ADDRESS = "home_address"
    WORKPLACE = "workplace"
    EMAIL = "email"
    OTHER = "other"


class Place(StrEnum):
    """A place a person may not want to be reached at."""

    HOME = "home"
    WORKPLACE = "workplace"


class Form(StrEnum):
    """How something was put to the collector or by it."""

    WRITING = "writing"
    ACCEPTED_ELECTRONIC = "accepted_electronic"
    TEXT_FORM = "text_form"
    ORAL = "oral"
    UNKNOWN = "unknown"


class ConsentScope(StrEnum):
    """What a consent opens."""

    CALLBACK_CALLS = "callback_calls"
    MEDIUM = "medium"
    ADDRESS = "address"
    TIME = "time"
    THIRD_PARTY = "third_party"


class PlanState(StrEnum):
    """Where an agreed plan stands; no plan is None."""

    PERFORMING = "performing"
    BROKEN = "broken"
    COMPLETED = "completed"


class HoldKind(StrEnum):
    """Why an account or a person is held; the portal's own list."""

    DISPUTE = "dispute"
    CEASE = "cease"
    ATTORNEY = "attorney"
    HARDSHIP = "hardship"
    BEREAVEMENT = "bereavement"
    BANKRUPTCY = "bankruptcy"
    BREATHING_SPACE = "breathing_space"
    PLAN_PREPARATION = "plan_preparation"
    PLAN = "plan"
    STATUTE_BARRED_REFUSAL = "statute_barred_refusal"
    COMPLAINT = "complaint"
    LITIGATION = "litigation"
    BALANCE_UNVERIFIED = "balance_unverified"
    CREDENTIAL_LAPSED = "credential_lapsed"
    OTHER = "other"
