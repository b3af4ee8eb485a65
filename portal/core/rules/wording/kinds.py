"""The closed lists that checks of outgoing words are written in."""

from __future__ import annotations

from enum import StrEnum


class WordSeverity(StrEnum):
    """What a finding means for sending: it stops the message, or somebody should look first."""

    BLOCK = "block"
    WARN = "warn"


class WordKind(StrEnum):
    """What is wrong with words that are found, by the harm they do."""

    THREAT = "threat"
    FALSE_CONSEQUENCE = "false_consequence"
    FALSE_AUTHORITY = "false_authority"
    INSULT = "insult"
    SHAMING = "shaming"
    INFLATED_CONSEQUENCE = "inflated_consequence"
    NEW_BORROWING = "new_borrowing"
    FALSE_PROMISE = "false_promise"
    PRIVATE_PAYMENT = "private_payment"
    ASKS_SECRET = "asks_secret"  # noqa: S105  a kind of words, no secret
    LEGAL_ACTION = "legal_action"
    CREDIT_REPORT = "credit_report"
    SEIZURE = "seizure"
    REFERRAL = "referral"
    EXTRA_COST = "extra_cost"
    PRESSURE = "pressure"


#: Consequences that may be named once somebody has confirmed that they are lawful and intended.
CONSEQUENCES = frozenset(
    {
        WordKind.LEGAL_ACTION,
        WordKind.CREDIT_REPORT,
        WordKind.SEIZURE,
        WordKind.REFERRAL,
        WordKind.EXTRA_COST,
    }
)


class Statement(StrEnum):
    """Something a message has to say."""

    NAMES_SENDER = "names_sender"
    NAMES_CREDITOR = "names_creditor"
    WHO_TO_CALL = "who_to_call"
    CHECK_LINE = "check_line"
    COLLECTOR_FIRST = "collector_first"
    COLLECTOR_LATER = "collector_later"
    OPTOUT = "optout"
    OFFERS_HELP = "offers_help"
    HOLDER_NAME_AND_BALANCE = "holder_name_and_balance"
    REASON_AND_LEGAL_BASIS = "reason_and_legal_basis"
    RIGHTS_AND_DUTIES = "rights_and_duties"
    HOW_TO_CHECK_REPAY_OBJECT = "how_to_check_repay_object"
    ISSUER_CONTACT = "issuer_contact"
    BUSINESS_SEAL = "business_seal"


#: The labelled parts of a Chinese collection letter, by the names their rule knows them under.
LETTER_PARTS = (
    Statement.HOLDER_NAME_AND_BALANCE,
    Statement.REASON_AND_LEGAL_BASIS,
    Statement.RIGHTS_AND_DUTIES,
    Statement.HOW_TO_CHECK_REPAY_OBJECT,
    Statement.ISSUER_CONTACT,
    Statement.BUSINESS_SEAL,
)


class WordCode(StrEnum):
    """What a finding says; `web` has the sentence."""

    FORBIDDEN_WORDS = "forbidden_words"
    CONSEQUENCE_UNCONFIRMED = "consequence_unconfirmed"
    CONSEQUENCE_NAMED = "consequence_named"
    STATEMENT_MISSING = "statement_missing"
    OPTOUT_NOT_SIMPLE = "optout_not_simple"
    OPTOUT_NEEDS_MORE = "optout_needs_more"
    SUBJECT_MISSING = "subject_missing"
    SUBJECT_REVEALS = "subject_reveals"
    SENDER_REVEALS = "sender_reveals"
    PREVIEW_REVEALS = "preview_reveals"
    CARD_NUMBER = "card_number"
    SLOT_UNFILLED = "slot_unfilled"
    EMPTY = "empty"
    TOO_MANY_SEGMENTS = "too_many_segments"
    TOO_LONG_TO_CHECK = "too_long_to_check"
    LANGUAGE_UNKNOWN = "language_unknown"
    OTHER_LANGUAGE = "other_language"
    NO_RULES_FOR_PLACE = "no_rules_for_place"


class Where(StrEnum):
    """Which part of a message a finding's offsets count in."""

    TEXT = "text"
    SUBJECT = "subject"
    SENDER = "sender"


class SenderKind(StrEnum):
    """Who a message comes from: the bank in its own name, or an agency for it."""

    BANK = "bank"
    AGENCY = "agency"
