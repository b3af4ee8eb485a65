"""What this side calls the states and kinds it shows, and the tone of each badge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from portal.bank.permit_states import Shown
from portal.core.accounts.models import AccountState, ImportState
from portal.core.actions.models import BreachState
from portal.core.ledger.models import Book, PostingKind
from portal.core.payments.models import PaymentState
from portal.core.placements.models import OfferState, PlacementState
from portal.core.plans.models import InstalmentState, PlanState, PromiseState
from portal.core.recoveries.models import RecoveryState
from portal.core.rules import Verdict
from portal.web import labels
from portal.web.filters import minutes


class Word(NamedTuple):
    """A label in the reader's language and the tone of its badge."""

    text: Any
    tone: str = "neutral"


_WORDS: dict[type[StrEnum], dict[Any, Word]] = {
    AccountState: {
        AccountState.READY: Word(_l("Not referred")),
        AccountState.OFFERED: Word(_l("Offered"), "info"),
        AccountState.PLACED: Word(_l("With an agency"), "accent"),
        AccountState.CLOSED: Word(_l("Closed"), "good"),
    },
    ImportState: {
        ImportState.UPLOADED: Word(_l("Waiting for its columns"), "warn"),
        ImportState.CHECKED: Word(_l("Checked, not imported"), "warn"),
        ImportState.COMMITTED: Word(_l("Imported"), "good"),
        ImportState.REFUSED: Word(_l("Refused"), "bad"),
    },
    Shown: {
        Shown.DENIED: Word(_l("Denied by a rule"), "bad"),
        Shown.ASKED: Word(_l("A person decides"), "warn"),
        Shown.REFUSED: Word(_l("Refused by a person"), "bad"),
        Shown.GRANTED: Word(_l("Granted"), "good"),
        Shown.USED: Word(_l("Used"), "info"),
        Shown.LAPSED: Word(_l("Lapsed")),
        Shown.RETURNED: Word(_l("Given back")),
        Shown.VOID: Word(_l("Taken away")),
    },
    PlacementState: {
        PlacementState.OFFERED: Word(_l("Offered"), "info"),
        PlacementState.QUERIED: Word(_l("Question asked"), "warn"),
        PlacementState.ACCEPTED: Word(_l("Accepted, not contacted yet"), "accent"),
        PlacementState.WORKING: Word(_l("Being worked"), "good"),
        PlacementState.PENDING_RECALL: Word(_l("Recall pending"), "warn"),
        PlacementState.OBJECTED: Word(_l("Recall objected to"), "warn"),
        PlacementState.FINAL_RECALL: Word(_l("Recalled"), "bad"),
        PlacementState.CLOSE_REQUESTED: Word(_l("Return asked for"), "warn"),
        PlacementState.RETURNED: Word(_l("Returned")),
        PlacementState.CLOSED: Word(_l("Closed")),
        PlacementState.DECLINED: Word(_l("Declined"), "bad"),
        PlacementState.LAPSED: Word(_l("Lapsed"), "bad"),
    },
    RecoveryState: {
        RecoveryState.REPORTED: Word(_l("To verify"), "warn"),
        RecoveryState.VERIFIED: Word(_l("Verified"), "good"),
        RecoveryState.DISPUTED: Word(_l("Disputed"), "warn"),
        RecoveryState.REJECTED: Word(_l("Rejected"), "bad"),
    },
    PlanState: {
        PlanState.ASKED: Word(_l("Waiting for the bank"), "warn"),
        PlanState.ACTIVE: Word(_l("Running"), "good"),
        PlanState.IN_CURE: Word(_l("An instalment was missed"), "warn"),
        PlanState.PAUSED: Word(_l("Paused")),
        PlanState.DEFAULTED: Word(_l("Ended after missed instalments"), "bad"),
        PlanState.COMPLETED: Word(_l("Paid off"), "good"),
        PlanState.CANCELLED: Word(_l("Cancelled")),
        PlanState.RENEGOTIATED: Word(_l("Replaced")),
    },
    PaymentState: {
        PaymentState.INITIATED: Word(_l("Started"), "info"),
        PaymentState.OPEN: Word(_l("On the payment page"), "info"),
        PaymentState.UNKNOWN: Word(_l("Being looked into"), "warn"),
        PaymentState.CAPTURED: Word(_l("Received by the provider"), "info"),
        PaymentState.CLEARED: Word(_l("Booked"), "good"),
        PaymentState.FAILED: Word(_l("Failed"), "bad"),
        PaymentState.ABANDONED: Word(_l("Given up")),
        PaymentState.REVERSED: Word(_l("Taken back"), "bad"),
    },
    Book: {
        Book.PRINCIPAL: Word(_l("Principal")),
        Book.INTEREST: Word(_l("Interest")),
        Book.FEES: Word(_l("Fees")),
        Book.COSTS: Word(_l("Costs")),
        Book.ORIGIN: Word(_l("Owed before the import")),
        Book.CLEARING: Word(_l("Payment provider")),
        Book.BANK: Word(_l("Bank’s account")),
        Book.AGENCY_TRUST: Word(_l("Agency’s trust account")),
        Book.COMMISSION: Word(_l("Commission")),
        Book.UNAPPLIED: Word(_l("Not applied yet")),
        Book.WRITTEN_OFF: Word(_l("Written off")),
    },
    PostingKind: {
        PostingKind.OPENING: Word(_l("Opening balance")),
        PostingKind.PAYMENT: Word(_l("Payment")),
        PostingKind.SETTLEMENT: Word(_l("Settlement")),
        PostingKind.RECOVERY: Word(_l("Recovery")),
        PostingKind.ADJUSTMENT: Word(_l("Adjustment")),
        PostingKind.REVERSAL: Word(_l("Reversal")),
        PostingKind.ACCRUAL: Word(_l("Interest or fee added")),
    },
}

#: Tones of the states whose words every side shares.
_TONES: dict[type[StrEnum], dict[Any, str]] = {
    OfferState: {
        OfferState.OFFERED: "warn",
        OfferState.ACCEPTED: "good",
        OfferState.DECLINED: "bad",
        OfferState.LAPSED: "bad",
    },
    PromiseState: {
        PromiseState.ACTIVE: "info",
        PromiseState.KEPT: "good",
        PromiseState.PARTIAL: "warn",
        PromiseState.BROKEN: "bad",
    },
    InstalmentState: {
        InstalmentState.PART_PAID: "warn",
        InstalmentState.PAID: "good",
        InstalmentState.MISSED: "bad",
    },
    BreachState: {
        BreachState.OPEN: "warn",
        BreachState.EXPLAINED: "info",
        BreachState.UPHELD: "bad",
        BreachState.REMEDIED: "good",
    },
    Verdict: {
        Verdict.ALLOW: "good",
        Verdict.REVIEW: "info",
        Verdict.GUIDANCE_BREACH: "warn",
        Verdict.PRESUMED_VIOLATION: "bad",
        Verdict.VIOLATION: "bad",
    },
}
_SIDES = {
    "bank": _l("Bank"),
    "agency": _l("Agency"),
    "debtor": _l("The person"),
    "operator": _l("Operator"),
    "system": _l("Portal"),
}
_VERBS = {
    "account.exported": _l("Accounts downloaded"),
    "action.logged": _l("Action logged"),
    "balance.verified": _l("Balances confirmed"),
    "breach.explained": _l("Breach explained"),
    "breach.remedied": _l("Breach put right"),
    "breach.upheld": _l("Breach upheld"),
    "breach.waived": _l("Breach waived"),
    "breaches.exported": _l("Breaches downloaded"),
    "breaches.upheld": _l("Many breaches upheld"),
    "breaches.waived": _l("Many breaches waived"),
    "contact.revealed": _l("Contact card opened"),
    "hold.confirmed": _l("Hold confirmed"),
    "hold.extended": _l("Hold extended"),
    "hold.opened": _l("Hold opened"),
    "hold.released": _l("Hold released"),
    "holds.exported": _l("Holds downloaded"),
    "import.committed": _l("File imported"),
    "import.received": _l("File received"),
    "instalment.missed": _l("Instalment missed"),
    "letter.issued": _l("Letter issued"),
    "letter.requested": _l("Letter asked for"),
    "payment.cleared": _l("Payment booked"),
    "payment.started": _l("Payment started"),
    "plan.accepted": _l("Plan accepted"),
    "plan.asked": _l("Plan asked for"),
    "plan.defaulted": _l("Plan ended after missed instalments"),
    "plan.stopped": _l("Plan stopped"),
    "permit.asked": _l("Permit asked for: a person decides"),
    "permit.denied": _l("Permit denied by a rule"),
    "permit.granted": _l("Permit granted"),
    "permit.refused": _l("Permit refused by a person"),
    "permit.returned": _l("Permit given back"),
    "permits.exported": _l("Permits downloaded"),
    "contacts.exported": _l("Contacts of a person downloaded"),
    "statement.answered": _l("Dispute answered"),
    "statement.ended": _l("What the person said was withdrawn"),
    "statement.recorded": _l("What the person said was recorded"),
    "wish.ended": _l("Wishes lifted"),
    "wish.set": _l("Wishes recorded"),
    "offer.accepted": _l("Offer accepted"),
    "offer.closed": _l("Accounts taken back"),
    "offer.declined": _l("Offer declined"),
    "offer.opened": _l("Accounts opened to the agency"),
    "referral.made": _l("Referral made"),
    "promise.recorded": _l("Promise recorded"),
    "recovery.credited": _l("Recovery credited"),
    "recovery.rejected": _l("Recovery rejected"),
    "recovery.reported": _l("Recovery reported"),
    "recovery.verified": _l("Recovery verified"),
    "reminder.refused": _l("Reminder refused"),
    "reminder.sent": _l("Reminder sent"),
    "reminder.skipped": _l("Reminder passed over"),
    "reminder.waiting": _l("Reminder kept waiting"),
    "reminders.exported": _l("Reminders downloaded"),
    "reminders.planned": _l("Reminders planned"),
    "reminders.set": _l("Ladder of reminders set"),
    "rules.set": _l("The bank’s own rules set"),
}
#: Why an open permit ended before it was used.
VOID_REASONS = {
    "asked anew": _l("Asked anew for another contact."),
    "given back": _l("Given back by whoever held it."),
    "hold opened": _l("A hold was opened."),
    "hold extended": _l("A hold was extended."),
    "hold shared": _l("A hold came with the account."),
    "wishes changed": _l("The person’s wishes changed."),
    "statement recorded": _l("Something the person said was recorded."),
    "statement withdrawn": _l("Something the person had said was withdrawn."),
}
PANEL_STATES = {
    "active": Word(_l("On the panel"), "good"),
    "suspended": Word(_l("Suspended"), "bad"),
    "ended": Word(_l("Ended")),
}
EFFORTS = {
    "sms": _l("Text messages"),
    "email": _l("E-mails"),
    "call": _l("Calls"),
    "demand_letter": _l("Formal demand"),
}
CONTACT_KINDS = {"phone": _l("Telephone"), "email": _l("E-mail"), "address": _l("Address")}
LANGUAGES = {"en": _l("English"), "zh": _l("Chinese"), "es": _l("Spanish")}
#: Why an account was left out of a referral, and what would let it in.
HINDRANCES = {
    "placed_already": (
        _l("Offered or with an agency already"),
        _l("It comes back when the placement ends."),
    ),
    "closed": (_l("Closed"), _l("Nothing is left to collect.")),
    "nothing_owed": (_l("Nothing is owed"), _l("Nothing is left to collect.")),
    "on_hold": (
        _l("On hold"),
        _l("It can be referred once the hold is released."),
    ),
    "not_verified": (
        _l("Nobody confirmed the balance"),
        _l("Confirm the balances on the import’s page."),
    ),
    "verified_too_long_ago": (
        _l("The balance was confirmed more than 30 days ago"),
        _l("Send a file with today’s balances and confirm them."),
    ),
    "nothing_tried": (
        _l("The bank itself has tried nothing yet"),
        _l("Remind the person first; the next file carries what was tried."),
    ),
}
#: Why an account found no agency, and what would find it one.
REFUSALS = {
    "capacity": (_l("No room left"), _l("Raise the room of an agency or choose fewer accounts.")),
    "place": (
        _l("No chosen agency works where the person lives"),
        _l("Give a share to an agency that does."),
    ),
    "language": (
        _l("No chosen agency speaks the person’s language"),
        _l("Give a share to an agency that does."),
    ),
    "elsewhere": (
        _l("Another account of the person is with an agency not chosen here"),
        _l("Give that agency a share: accounts of one person stay together."),
    ),
    "share": (_l("No share above zero was left"), _l("Give an agency a share above zero.")),
}
DECLINE_REASONS = {
    "capacity": _l("No room"),
    "place": _l("Does not work there"),
    "language": _l("Does not speak the language"),
    "terms": _l("The terms"),
    "conflict_of_interest": _l("Conflict of interest"),
    "other": _l("Another reason"),
}


def label(value: StrEnum) -> str:
    """Return what a state or kind is called in the reader's language."""
    own = _WORDS.get(type(value))
    return str(own[value].text) if own is not None else labels.label(value)


def tone(value: StrEnum) -> str:
    """Return the tone of a state's badge."""
    own = _WORDS.get(type(value))
    return own[value].tone if own else _TONES.get(type(value), {}).get(value, "neutral")


def worst(verdicts: Iterable[Verdict]) -> str:
    """Return the tone of the strictest of several verdicts; of none, neutral."""
    ranked = sorted(verdicts, key=list(Verdict).index)
    return tone(ranked[-1]) if ranked else "neutral"


def organisation(name: str | None, name_zh: str | None) -> str:
    """Return an organisation's name in the reader's language; empty when there is none."""
    locale = get_locale()
    return (name_zh if locale and locale.language == "zh" and name_zh else name) or ""


def language(code: str) -> str:
    """Return a person's language by its name."""
    return str(LANGUAGES.get(code.split("-")[0].split("_")[0], code))


def place(country: str, state: str = "") -> str:
    """Return where somebody lives, as far as rules tell places apart."""
    locale = get_locale()
    name = locale.territories.get(country, country) if locale else country
    if not state:
        return str(name)
    return str(gettext("%(country)s, %(state)s", country=name, state=state))


def span(length: timedelta | None) -> str:
    """Return a length of time in the largest unit that says it well; none is no data."""
    if length is None:
        return str(gettext("no data"))
    if length >= timedelta(hours=48):
        return str(ngettext("%(num)d day", "%(num)d days", length.days))
    return minutes(int(length.total_seconds()) // 60)


def yes_or_no(value: bool) -> str:
    """Return whether something is so, in a word."""
    return str(gettext("yes") if value else gettext("no"))


def void_reason(code: str) -> str:
    """Return why an open permit was taken away; a reason without a word stays as it is."""
    return str(VOID_REASONS.get(code, code))


def side(code: str) -> str:
    """Return which side somebody acted for."""
    return str(_SIDES.get(code, code))


def verb(code: str) -> str:
    """Return what an audit row says was done; a deed without a word keeps its code."""
    return str(_VERBS.get(code, code))


def by_whom(name: str | None) -> str:
    """Return who did something: a colleague by name, else the portal itself."""
    return name or str(gettext("Portal"))
