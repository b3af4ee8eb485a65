"""Permission and Role, and which role holds which permission."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Which audience a principal belongs to. The last three never sign in to a console."""

    BANK = "bank"
    AGENCY = "agency"
    DEBTOR = "debtor"
    OPERATOR = "operator"
    SYSTEM = "system"
    ENTERING = "entering"  # staff between naming themselves and proving it
    PROVING = "proving"  # a debtor between the letter's code and the passcode


class Permission(StrEnum):
    """One thing a role may do, as `noun:verb`."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_EXPORT = "account:export"
    ACCOUNT_IMPORT = "account:import"
    ACTION_LOG = "action:log"
    ACTION_READ = "action:read"
    AGENCY_READ = "agency:read"
    BALANCE_VERIFY = "balance:verify"
    BREACH_EXPLAIN = "breach:explain"
    BREACH_DECIDE = "breach:decide"
    HOLD_OPEN = "hold:open"
    HOLD_RELEASE = "hold:release"
    LETTER_ISSUE = "letter:issue"
    LETTER_READ = "letter:read"
    OFFER_ANSWER = "offer:answer"
    OFFER_READ = "offer:read"
    ORGANISATION_MANAGE = "organisation:manage"
    PAYMENT_MAKE = "payment:make"
    PAYMENT_READ = "payment:read"
    PERMIT_DECIDE = "permit:decide"
    PERMIT_READ = "permit:read"
    PLAN_ACCEPT = "plan:accept"
    PLAN_READ = "plan:read"
    POLICY_SET = "policy:set"
    PROMISE_RECORD = "promise:record"
    RECOVERY_REPORT = "recovery:report"
    RECOVERY_VERIFY = "recovery:verify"
    RECOVERY_READ = "recovery:read"
    REFERRAL_MAKE = "referral:make"
    REMINDER_SEND = "reminder:send"
    REFERRAL_READ = "referral:read"
    SIGN_IN_MANAGE = "sign-in:manage"
    STAFF_MANAGE = "staff:manage"
    STAFF_READ = "staff:read"
    AUDIT_READ = "audit:read"
    WISH_SET = "wish:set"


class Role(StrEnum):
    """A role within one organisation, or the debtor's or machine's own."""

    BANK_ADMIN = "bank_admin"
    VENDOR_MANAGER = "vendor_manager"
    BANK_ANALYST = "bank_analyst"
    AGENCY_ADMIN = "agency_admin"
    AGENCY_MANAGER = "agency_manager"
    COLLECTOR = "collector"
    OPERATOR = "operator"
    DEBTOR = "debtor"
    SYSTEM = "system"
    NONE = "none"


P = Permission

_BANK_READS = frozenset(
    {
        P.ACCOUNT_READ,
        P.ACTION_READ,
        P.AGENCY_READ,
        P.LETTER_READ,
        P.PAYMENT_READ,
        P.PERMIT_READ,
        P.PLAN_READ,
        P.RECOVERY_READ,
        P.REFERRAL_READ,
    }
)
_AGENCY_READS = frozenset(
    {P.ACCOUNT_READ, P.ACTION_READ, P.LETTER_READ, P.OFFER_READ, P.PAYMENT_READ, P.PLAN_READ}
    | {P.PERMIT_READ, P.RECOVERY_READ}
)
_COLLECTS = frozenset(
    {P.ACTION_LOG, P.HOLD_OPEN, P.LETTER_ISSUE, P.PROMISE_RECORD, P.RECOVERY_REPORT, P.WISH_SET}
)
_ADMINISTERS = frozenset({P.STAFF_MANAGE, P.STAFF_READ, P.SIGN_IN_MANAGE, P.AUDIT_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.BANK_ADMIN: _BANK_READS | _ADMINISTERS | {P.ACCOUNT_EXPORT},
    Role.VENDOR_MANAGER: _BANK_READS
    | {P.ACCOUNT_EXPORT, P.ACCOUNT_IMPORT, P.BALANCE_VERIFY, P.RECOVERY_VERIFY, P.REFERRAL_MAKE}
    | {P.LETTER_ISSUE, P.AUDIT_READ, P.POLICY_SET, P.PERMIT_DECIDE, P.BREACH_DECIDE}
    | {P.ACTION_LOG, P.HOLD_OPEN, P.HOLD_RELEASE, P.REMINDER_SEND, P.WISH_SET},
    Role.BANK_ANALYST: _BANK_READS,
    Role.AGENCY_ADMIN: _AGENCY_READS | _ADMINISTERS | {P.OFFER_ANSWER},
    Role.AGENCY_MANAGER: _AGENCY_READS
    | _COLLECTS
    | {P.OFFER_ANSWER, P.ACCOUNT_EXPORT, P.PERMIT_DECIDE, P.BREACH_EXPLAIN},
    Role.COLLECTOR: _AGENCY_READS | _COLLECTS,
    Role.OPERATOR: frozenset({P.ORGANISATION_MANAGE, P.STAFF_MANAGE, P.STAFF_READ, P.AUDIT_READ})
    | {P.SIGN_IN_MANAGE},
    Role.DEBTOR: frozenset(
        {P.ACCOUNT_READ, P.LETTER_READ, P.PLAN_READ, P.PLAN_ACCEPT, P.PAYMENT_MAKE, P.PAYMENT_READ}
        | {P.HOLD_OPEN, P.WISH_SET}
    ),
    Role.SYSTEM: frozenset(Permission),
    Role.NONE: frozenset(),
}

SIDE_ROLES: dict[Side, tuple[Role, ...]] = {
    Side.BANK: (Role.BANK_ADMIN, Role.VENDOR_MANAGER, Role.BANK_ANALYST),
    Side.AGENCY: (Role.AGENCY_ADMIN, Role.AGENCY_MANAGER, Role.COLLECTOR),
    Side.OPERATOR: (Role.OPERATOR,),
}
