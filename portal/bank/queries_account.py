"""Read models of one account's pages: its head, and what each tab adds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from portal.bank import words
from portal.core.accounts.models import Account, AccountState, Effort, ImportFile
from portal.core.actions.models import Action, Breach
from portal.core.audit import AuditRow
from portal.core.errors import NotFound
from portal.core.ledger.models import OWED_BOOKS, Balance, Book, LedgerLine, Posting, PostingKind
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank, Debtor, Staff
from portal.core.parties.persons import masked, open_contacts, person_key
from portal.core.payments.models import Payment, PaymentState
from portal.core.placements.models import Letter, LetterKind, Placement, PlacementState
from portal.core.plans.models import (
    Frequency,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    Promise,
    PromiseState,
)
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.rules import Channel, Direction, Outcome, Verdict
from portal.web import findings


@dataclass(frozen=True)
class PlacedWith:
    """The placement an account is in now, or is offered for."""

    ref: str
    referral_id: UUID
    agency_id: UUID
    agency: str
    state: PlacementState
    placed: Money
    fee_bps: int
    offered_at: datetime
    term_start: date | None
    term_end: date | None


@dataclass(frozen=True)
class AccountHead:
    """What stands above every tab of an account."""

    id: UUID
    account_ref: str
    product: str
    state: AccountState
    debtor: Debtor
    bank: str
    bank_zone: str
    balance: Money
    parts: list[tuple[Book, Money]]
    verified_on: date | None
    past_due_since: date
    months_past_due: int
    itemisation_on: date
    credit_limit: Money | None
    last_payment: Money | None
    import_id: UUID | None
    file_name: str | None
    placement: PlacedWith | None

    def days_overdue(self, today: date) -> int:
        """Return for how many days something has been overdue."""
        return (today - self.past_due_since).days


_LIVE = (
    PlacementState.OFFERED,
    PlacementState.QUERIED,
    PlacementState.ACCEPTED,
    PlacementState.WORKING,
    PlacementState.PENDING_RECALL,
    PlacementState.OBJECTED,
)


def get_head(session: Session, bank_id: UUID, account_id: UUID) -> AccountHead:
    """Return the head of one of the bank's accounts, in one query.

    Raises:
        NotFound: there is none.
    """
    live = and_(
        Placement.bank_id == Account.bank_id,
        Placement.account_id == Account.id,
        Placement.state.in_(_LIVE),
    )
    row = session.execute(
        select(
            Account,
            Debtor,
            Balance,
            Placement,
            Agency.name,
            Agency.name_zh,
            Bank.name.label("bank"),
            Bank.name_zh.label("bank_zh"),
            Bank.timezone,
            ImportFile.file_name,
        )
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .join(Bank, Bank.id == Account.bank_id)
        .outerjoin(Placement, live)
        .outerjoin(Agency, Agency.id == Placement.agency_id)
        .outerjoin(
            ImportFile,
            and_(ImportFile.bank_id == Account.bank_id, ImportFile.id == Account.import_id),
        )
        .where(Account.bank_id == bank_id, Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _head(row)


def _head(row: Any) -> AccountHead:
    account, balance, currency = row.Account, row.Balance, row.Account.currency

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    return AccountHead(
        id=account.id,
        account_ref=account.account_ref,
        product=account.product,
        state=account.state,
        debtor=row.Debtor,
        bank=words.organisation(row.bank, row.bank_zh),
        bank_zone=row.timezone,
        balance=Money(balance.total_minor, currency),
        parts=[
            (book, Money(getattr(balance, f"{book.value}_minor"), currency)) for book in OWED_BOOKS
        ],
        verified_on=balance.verified_as_of,
        past_due_since=account.past_due_since,
        months_past_due=account.months_past_due,
        itemisation_on=account.itemisation_on,
        credit_limit=money(account.credit_limit_minor),
        last_payment=money(account.last_payment_minor),
        import_id=account.import_id,
        file_name=row.file_name,
        placement=None if row.Placement is None else _placed_with(row),
    )


def _placed_with(row: Any) -> PlacedWith:
    placement = row.Placement
    return PlacedWith(
        ref=placement.ref,
        referral_id=placement.referral_id,
        agency_id=placement.agency_id,
        agency=words.organisation(row.name, row.name_zh),
        state=placement.state,
        placed=Money(placement.placed_minor, placement.currency),
        fee_bps=placement.fee_bps,
        offered_at=placement.offered_at,
        term_start=placement.term_start,
        term_end=placement.term_end,
    )


@dataclass(frozen=True)
class ContactLine:
    """One way to reach the person, masked or in the clear."""

    kind: str
    value: str


def list_masked_contacts(session: Session, debtor: Debtor) -> list[ContactLine]:
    """Return a person's contact points as anybody at the bank may see them."""
    return [
        ContactLine(str(words.CONTACT_KINDS[each.kind]), masked(each))
        for each in open_contacts(session, debtor)
    ]


def list_open_contacts(session: Session, debtor: Debtor) -> list[ContactLine]:
    """Return a person's contact points in the clear; whoever asks is written down first."""
    return [
        ContactLine(str(words.CONTACT_KINDS[each.kind]), each.value)
        for each in open_contacts(session, debtor)
    ]


@dataclass(frozen=True)
class Aside:
    """What stands beside the timeline: what the bank tried itself, and the person's other debts."""

    efforts: list[tuple[str, int, date | None]]
    others: list[tuple[UUID, str, Money, AccountState]]


def list_efforts(
    session: Session, bank_id: UUID, account_id: UUID
) -> list[tuple[str, int, date | None]]:
    """Return what the bank tried before it referred the account."""
    rows = session.execute(
        select(Effort.kind, Effort.times, Effort.last_on)
        .where(Effort.bank_id == bank_id, Effort.account_id == account_id)
        .order_by(Effort.kind)
    )
    return [(str(words.EFFORTS[kind]), times, last_on) for kind, times, last_on in rows]


def list_other_accounts(
    session: Session, head: AccountHead
) -> list[tuple[UUID, str, Money, AccountState]]:
    """Return the same person's other accounts at this bank."""
    rows = session.execute(
        select(
            Account.id,
            Account.account_ref,
            Balance.total_minor,
            Balance.currency,
            Account.state,
        )
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(
            Account.bank_id == head.debtor.bank_id,
            Account.debtor_id == head.debtor.id,
            Account.id != head.id,
        )
        .order_by(Account.account_ref, Account.id)
        .limit(20)
    )
    return [
        (row.id, row.account_ref, Money(row.total_minor, row.currency), row.state) for row in rows
    ]


@dataclass(frozen=True)
class LedgerRow:
    """One ledger line: what was booked, from where to where, and what was owed after it."""

    on: date
    recorded_at: datetime
    kind: PostingKind
    cause: str
    reason: str
    first: bool
    from_book: Book
    to_book: Book
    amount: Money
    owed_after: Money


def list_ledger(session: Session, bank_id: UUID, account_id: UUID) -> list[LedgerRow]:
    """Return an account's ledger lines, oldest first, each with what was owed after it."""
    rows = session.execute(
        select(
            Posting.id,
            Posting.effective_on,
            Posting.recorded_at,
            Posting.kind,
            Posting.cause,
            Posting.reason,
            LedgerLine.from_book,
            LedgerLine.to_book,
            LedgerLine.amount_minor,
            LedgerLine.currency,
        )
        .join(
            LedgerLine,
            and_(LedgerLine.bank_id == Posting.bank_id, LedgerLine.posting_id == Posting.id),
        )
        .where(Posting.bank_id == bank_id, Posting.account_id == account_id)
        .order_by(Posting.recorded_at, Posting.id, LedgerLine.id)
    )
    found: list[LedgerRow] = []
    owed, previous = 0, None
    for row in rows:
        owed += row.amount_minor * ((row.to_book in OWED_BOOKS) - (row.from_book in OWED_BOOKS))
        found.append(
            LedgerRow(
                on=row.effective_on,
                recorded_at=row.recorded_at,
                kind=row.kind,
                cause=row.cause,
                reason=row.reason,
                first=row.id != previous,
                from_book=row.from_book,
                to_book=row.to_book,
                amount=Money(row.amount_minor, row.currency),
                owed_after=Money(owed, row.currency),
            )
        )
        previous = row.id
    return found


@dataclass(frozen=True)
class BreachNote:
    """A rule an action broke, in words."""

    sentence: str
    citation: str
    verdict: Verdict
    state: str


@dataclass(frozen=True)
class ActionRow:
    """Something an agency did, with its note and the rules it broke."""

    made_at: datetime
    recorded_at: datetime
    agency: str
    channel: Channel
    direction: Direction
    outcome: Outcome
    note: str
    breaches: list[BreachNote]


def list_actions(session: Session, head: AccountHead, *, limit: int = 200) -> list[ActionRow]:
    """Return what was done on an account, newest first."""
    rows = session.execute(
        select(Action, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == Action.made_by_agency_id)
        .where(Action.bank_id == head.debtor.bank_id, Action.account_id == head.id)
        .order_by(Action.made_at.desc(), Action.id.desc())
        .limit(limit)
    ).all()
    breaches = breaches_by_action(session, head)
    noted = any(row.Action.note_sealed is not None for row in rows)
    key = person_key(session, head.debtor) if noted else None
    return [
        ActionRow(
            made_at=row.Action.made_at,
            recorded_at=row.Action.recorded_at,
            agency=words.organisation(row.name, row.name_zh),
            channel=Channel(row.Action.channel),
            direction=Direction(row.Action.direction),
            outcome=Outcome(row.Action.outcome),
            note=(
                key.open("actions.note", row.Action.id, row.Action.note_sealed)
                if key is not None and row.Action.note_sealed is not None
                else ""
            ),
            breaches=breaches.get(row.Action.id, []),
        )
        for row in rows
    ]


def breaches_by_action(session: Session, head: AccountHead) -> dict[UUID, list[BreachNote]]:
    """Return the rules broken on an account, in words, by the action that broke them."""
    rows = session.execute(
        select(
            Breach.action_id,
            Breach.code,
            Breach.facts,
            Breach.citation,
            Breach.verdict,
            Breach.state,
        )
        .where(Breach.bank_id == head.debtor.bank_id, Breach.account_id == head.id)
        .order_by(Breach.found_at, Breach.id)
    )
    found: defaultdict[UUID, list[BreachNote]] = defaultdict(list)
    for row in rows:
        found[row.action_id].append(
            BreachNote(
                sentence=findings.say(row.code, row.facts.get("values", {})),
                citation=row.citation,
                verdict=Verdict(row.verdict),
                state=row.state,
            )
        )
    return found


@dataclass(frozen=True)
class InstalmentRow:
    """One due part of a plan."""

    number: int
    due_on: date
    amount: Money
    paid: Money
    state: InstalmentState


@dataclass(frozen=True)
class PlanView:
    """A plan with its parts."""

    id: UUID
    state: PlanState
    amount: Money
    total: Money
    frequency: Frequency
    starts_on: date
    accepted_at: datetime | None
    answer_by: date | None
    instalments: list[InstalmentRow]


@dataclass(frozen=True)
class PaymentRow:
    """Money the person sent through the portal."""

    ref: str
    amount: Money
    state: PaymentState
    initiated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PromiseRow:
    """One dated amount the person promised."""

    amount: Money
    due_on: date
    state: PromiseState
    made_at: datetime
    agency: str


@dataclass(frozen=True)
class RecoveryRow:
    """Money credited to a placement."""

    id: UUID
    amount: Money
    fee: Money
    received_on: date
    state: RecoveryState
    agency: str
    external_ref: str
    reason: str


@dataclass(frozen=True)
class MoneyTab:
    """What the person agreed to, sent, and what was recovered."""

    plans: list[PlanView]
    payments: list[PaymentRow]
    promises: list[PromiseRow]
    recoveries: list[RecoveryRow]


def get_money_tab(session: Session, head: AccountHead) -> MoneyTab:
    """Return plans, payments, promises and recoveries of an account, newest first."""
    return MoneyTab(
        plans=_plans(session, head),
        payments=_payments(session, head),
        promises=_promises(session, head),
        recoveries=_recoveries(session, head),
    )


def _plans(session: Session, head: AccountHead) -> list[PlanView]:
    rows = session.execute(
        select(Plan, Instalment)
        .outerjoin(
            Instalment, and_(Instalment.bank_id == Plan.bank_id, Instalment.plan_id == Plan.id)
        )
        .where(Plan.bank_id == head.debtor.bank_id, Plan.account_id == head.id)
        .order_by(Plan.created_at.desc(), Plan.id.desc(), Instalment.number)
    ).all()
    parts: defaultdict[UUID, list[InstalmentRow]] = defaultdict(list)
    plans: dict[UUID, Plan] = {}
    for plan, part in rows:
        plans[plan.id] = plan
        if part is not None:
            parts[plan.id].append(
                InstalmentRow(
                    part.number,
                    part.due_on,
                    Money(part.amount_minor, part.currency),
                    Money(part.paid_minor, part.currency),
                    part.state,
                )
            )
    return [
        PlanView(
            id=plan.id,
            state=plan.state,
            amount=Money(plan.amount_minor, plan.currency),
            total=Money(plan.total_minor, plan.currency),
            frequency=plan.frequency,
            starts_on=plan.starts_on,
            accepted_at=plan.accepted_at,
            answer_by=plan.answer_by,
            instalments=parts[plan.id],
        )
        for plan in plans.values()
    ]


def _payments(session: Session, head: AccountHead) -> list[PaymentRow]:
    rows = session.execute(
        select(
            Payment.ref,
            Payment.amount_minor,
            Payment.currency,
            Payment.state,
            Payment.initiated_at,
            func.coalesce(Payment.cleared_at, Payment.ended_at).label("ended_at"),
        )
        .where(Payment.bank_id == head.debtor.bank_id, Payment.account_id == head.id)
        .order_by(Payment.initiated_at.desc(), Payment.id.desc())
    )
    return [
        PaymentRow(
            row.ref,
            Money(row.amount_minor, row.currency),
            row.state,
            row.initiated_at,
            row.ended_at,
        )
        for row in rows
    ]


def _promises(session: Session, head: AccountHead) -> list[PromiseRow]:
    rows = session.execute(
        select(
            Promise.amount_minor,
            Promise.currency,
            Promise.due_on,
            Promise.state,
            Promise.made_at,
            Agency.name,
            Agency.name_zh,
        )
        .outerjoin(Agency, Agency.id == Promise.made_by_agency_id)
        .where(Promise.bank_id == head.debtor.bank_id, Promise.account_id == head.id)
        .order_by(Promise.made_at.desc(), Promise.id.desc())
    )
    return [
        PromiseRow(
            Money(row.amount_minor, row.currency),
            row.due_on,
            row.state,
            row.made_at,
            words.organisation(row.name, row.name_zh),
        )
        for row in rows
    ]


def _recoveries(session: Session, head: AccountHead) -> list[RecoveryRow]:
    rows = session.execute(
        select(
            Recovery.id,
            Recovery.amount_minor,
            Recovery.fee_minor,
            Recovery.currency,
            Recovery.received_on,
            Recovery.state,
            Recovery.external_ref,
            Recovery.reason,
            Agency.name,
            Agency.name_zh,
        )
        .join(Agency, Agency.id == Recovery.agency_id)
        .where(Recovery.bank_id == head.debtor.bank_id, Recovery.account_id == head.id)
        .order_by(Recovery.reported_at.desc(), Recovery.id.desc())
    )
    return [
        RecoveryRow(
            id=row.id,
            amount=Money(row.amount_minor, row.currency),
            fee=Money(row.fee_minor, row.currency),
            received_on=row.received_on,
            state=row.state,
            agency=words.organisation(row.name, row.name_zh),
            external_ref=row.external_ref,
            reason=row.reason,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class LetterRow:
    """A letter as issued; the PDF may still be in the making."""

    id: UUID
    kind: LetterKind
    language: str
    issued_at: datetime
    agency: str
    has_pdf: bool


def list_letters(session: Session, head: AccountHead) -> list[LetterRow]:
    """Return an account's letters, newest first."""
    rows = session.execute(
        select(
            Letter.id,
            Letter.kind,
            Letter.language,
            Letter.issued_at,
            Letter.pdf_sha256.is_not(None).label("has_pdf"),
            Agency.name,
            Agency.name_zh,
        )
        .outerjoin(Agency, Agency.id == Letter.agency_id)
        .where(Letter.bank_id == head.debtor.bank_id, Letter.account_id == head.id)
        .order_by(Letter.issued_at.desc(), Letter.id.desc())
    )
    return [
        LetterRow(
            id=row.id,
            kind=row.kind,
            language=words.language(row.language),
            issued_at=row.issued_at,
            agency=words.organisation(row.name, row.name_zh),
            has_pdf=row.has_pdf,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class AuditLine:
    """Who did what to which row of an account."""

    at: datetime
    side: str
    who: str
    verb: str
    subject_id: UUID


def list_audit(session: Session, head: AccountHead, *, limit: int = 200) -> list[AuditLine]:
    """Return what was written down about an account and what hangs on it, newest first."""
    bank_id, account_id = head.debtor.bank_id, head.id
    subjects = [
        select(kind.id).where(kind.bank_id == bank_id, kind.account_id == account_id)
        for kind in (Action, Letter, Payment, Placement, Plan, Promise, Recovery)
    ] + [
        select(column).where(Placement.bank_id == bank_id, Placement.account_id == account_id)
        for column in (Placement.offer_id, Placement.referral_id)
    ]
    own = [account_id, head.debtor.id] + ([head.import_id] if head.import_id else [])
    agency = aliased(Agency)
    rows = session.execute(
        select(
            AuditRow.at,
            AuditRow.side,
            AuditRow.verb,
            AuditRow.subject_id,
            Staff.name,
            agency.name.label("agency"),
            agency.name_zh.label("agency_zh"),
        )
        .outerjoin(Staff, and_(Staff.org_id == AuditRow.org_id, Staff.id == AuditRow.actor_id))
        .outerjoin(agency, agency.id == AuditRow.org_id)
        .where(
            AuditRow.chain_id == bank_id,
            AuditRow.subject_id.in_(own)
            | AuditRow.subject_id.in_(subjects[0].union_all(*subjects[1:])),
        )
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
        .limit(limit)
    )
    return [
        AuditLine(
            at=row.at,
            side=row.side.value,
            who=row.name or words.organisation(row.agency, row.agency_zh),
            verb=row.verb,
            subject_id=row.subject_id,
        )
        for row in rows
    ]
