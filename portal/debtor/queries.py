"""Read models of the debtor's pages: who is who, what is owed, what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.accounts.models import Account
from portal.core.errors import NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank, Debtor
from portal.core.payments.lookup import find_unsettled
from portal.core.payments.models import Payment
from portal.core.permissions import Permission
from portal.core.placements.models import Letter, LetterKind, Placement
from portal.core.plans.models import Instalment, Plan, PlanState
from portal.core.plans.proposals import find_live_plan
from portal.core.principal import Principal
from portal.web.letter_making import dispute_by, product_name

#: A balance the bank has not checked for this long is shown with a warning.
STALE_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Frame:
    """What stands around every page of an account: who collects, for whom, how to reach them."""

    account_id: UUID
    bank: str
    bank_phone: str
    collector: str
    collector_phone: str
    collector_hours: str
    collector_address: str
    collector_notice: bool
    has_agency: bool
    product: str
    ending: str

    def context(self) -> dict[str, object]:
        """Return the frame by the names the base template knows."""
        return {
            "frame": self,
            "collector_name": self.collector,
            "bank_name": self.bank if self.has_agency else None,
            "collector_phone": self.collector_phone,
            "collector_hours": self.collector_hours,
            "collector_address": self.collector_address,
            "collector_notice": self.collector_notice,
        }


@dataclass(frozen=True)
class NextStep:
    """What happens next, by when, and whose turn it is: `you`, `bank` or `agency`."""

    kind: str
    turn: str
    by: date | None = None
    amount: Money | None = None


@dataclass(frozen=True)
class OtherAccount:
    """Another account of the same person at the same bank."""

    id: UUID
    product: str
    ending: str
    owed: Money


@dataclass(frozen=True)
class HomePage:
    """The first page: what is owed, how sure that is, and what happens next."""

    frame: Frame
    owed: Money
    verified_on: date | None
    is_stale: bool
    term_start: date | None
    term_end: date | None
    next_step: NextStep
    plan: Plan | None
    open_payment: Payment | None
    notice_id: UUID | None
    others: tuple[OtherAccount, ...]


def choose_account(session: Session, actor: Principal, remembered: str | None) -> UUID:
    """Return the account a person sees first: the letter's, else the one that owes most.

    Raises:
        NotFound: the person has no account.
    """
    accounts = session.execute(
        select(Account.id)
        .join(
            Balance,
            and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id),
        )
        .where(Account.bank_id == actor.home_bank_id, Account.debtor_id == actor.debtor_id)
        .order_by(Balance.total_minor.desc(), Account.id)
    ).scalars()
    own = list(accounts)
    if not own:
        raise NotFound
    return next((one for one in own if str(one) == remembered), own[0])


def find_frame(session: Session, account_id: UUID, language: str) -> Frame:
    """Return what stands around the pages of an account.

    Raises:
        NotFound: no such account for this person.
    """
    account = get_account(session, account_id)
    bank = session.get_one(Bank, account.bank_id)
    agency = session.get(Agency, account.agency_id) if account.agency_id else None
    debtor = session.get_one(Debtor, (account.bank_id, account.debtor_id))
    collector = agency or bank
    return Frame(
        account_id=account.id,
        bank=bank.name_in(language),
        bank_phone=bank.phone,
        collector=collector.name_in(language),
        collector_phone=collector.phone,
        collector_hours=collector.phone_hours,
        collector_address=", ".join(
            line.strip() for line in collector.address.splitlines() if line.strip()
        ),
        collector_notice=agency is not None and debtor.country == "US",
        has_agency=agency is not None,
        product=product_name(account.product, language),
        ending=account.account_ref[-4:],
    )


def home_page(
    session: Session, actor: Principal, account_id: UUID, language: str, *, at: datetime
) -> HomePage:
    """Return the first page of an account.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.ACCOUNT_READ)
    account = get_account(session, account_id)
    balance = session.get_one(Balance, (account.bank_id, account.id))
    placement = (
        session.get(Placement, (account.bank_id, account.placement_id))
        if account.placement_id
        else None
    )
    today = local_day(session, account.bank_id, at)
    plan = find_live_plan(session, account.bank_id, account.id)
    payment = find_unsettled(session, account)
    notice = _newest_notice(session, account, language)
    owed = Money(balance.total_minor, balance.currency)
    return HomePage(
        frame=find_frame(session, account_id, language),
        owed=owed,
        verified_on=balance.verified_as_of,
        is_stale=balance.verified_as_of is None or today - balance.verified_as_of > STALE_AFTER,
        term_start=placement.term_start if placement else None,
        term_end=placement.term_end if placement else None,
        next_step=_next_step(session, account, owed, plan, payment, notice, placement, today),
        plan=plan,
        open_payment=payment,
        notice_id=notice.id if notice else None,
        others=_others(session, account, language),
    )


def local_day(session: Session, bank_id: UUID, at: datetime) -> date:
    """Return the day it is at the bank, by which plans and payments are dated."""
    bank = session.get_one(Bank, bank_id)
    return at.astimezone(ZoneInfo(bank.timezone)).date()


def own_day(session: Session, actor: Principal, at: datetime) -> date:
    """Return the day it is at a person's own bank."""
    if actor.home_bank_id is None:
        raise NotFound
    return local_day(session, actor.home_bank_id, at)


def _newest_notice(session: Session, account: Account, language: str) -> Letter | None:
    """Return the newest notice; of two that went out together, the one in the page's language."""
    return session.scalars(
        select(Letter)
        .where(
            Letter.bank_id == account.bank_id,
            Letter.account_id == account.id,
            Letter.kind == LetterKind.NOTICE,
        )
        .order_by(
            Letter.issued_at.desc(),
            Letter.language.startswith(language[:2]).desc(),
            Letter.id.desc(),
        )
        .limit(1)
    ).one_or_none()


def _next_step(
    session: Session,
    account: Account,
    owed: Money,
    plan: Plan | None,
    payment: Payment | None,
    notice: Letter | None,
    placement: Placement | None,
    today: date,
) -> NextStep:
    if not owed:
        return NextStep("nothing_owed", "nobody")
    if payment is not None:
        return NextStep("payment", "you", amount=Money(payment.amount_minor, payment.currency))
    if plan is not None and plan.state is PlanState.ASKED:
        return NextStep("asked", "bank", by=plan.answer_by)
    if plan is not None:
        part = next_instalment(session, plan)
        if part is not None:
            left = Money(part.amount_minor - part.paid_minor, part.currency)
            return NextStep("instalment", "you", by=part.due_on, amount=left)
    return _without_plan(session, account, notice, placement, today)


def _without_plan(
    session: Session,
    account: Account,
    notice: Letter | None,
    placement: Placement | None,
    today: date,
) -> NextStep:
    debtor = session.get_one(Debtor, (account.bank_id, account.debtor_id))
    if notice is not None and debtor.country == "US":
        until = dispute_by(local_day(session, account.bank_id, notice.issued_at))
        if until >= today:
            return NextStep("answer_notice", "you", by=until)
    if placement is not None and placement.term_end is not None:
        return NextStep("agency_works", "agency", by=placement.term_end)
    return NextStep("with_bank", "bank")


def next_instalment(session: Session, plan: Plan) -> Instalment | None:
    """Return the instalment of a plan that is due next."""
    return session.scalars(
        select(Instalment)
        .where(
            Instalment.bank_id == plan.bank_id,
            Instalment.plan_id == plan.id,
            Instalment.state.in_(("due", "part_paid")),
        )
        .order_by(Instalment.number)
        .limit(1)
    ).one_or_none()


def _others(session: Session, account: Account, language: str) -> tuple[OtherAccount, ...]:
    rows = session.execute(
        select(
            Account.id, Account.product, Account.account_ref, Balance.total_minor, Balance.currency
        )
        .join(
            Balance,
            and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id),
        )
        .where(
            Account.bank_id == account.bank_id,
            Account.debtor_id == account.debtor_id,
            Account.id != account.id,
        )
        .order_by(Balance.total_minor.desc(), Account.id)
    )
    return tuple(
        OtherAccount(
            row.id,
            product_name(row.product, language),
            row.account_ref[-4:],
            Money(row.total_minor, row.currency),
        )
        for row in rows
    )
