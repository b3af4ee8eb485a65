"""What happened in the demo before you came: files, referrals, calls, promises, payments.

Everything goes through the services a user's clicks go through, with the process's clock moved to
the day it happened. Dice are seeded, so that every demo tells the same story.
"""

from __future__ import annotations

import hashlib
import io
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import ROOT
from portal.core.accounts.deliveries import (
    AlreadyImported,
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.imports import commit_file
from portal.core.accounts.models import Account
from portal.core.accounts.selection import AccountFilter
from portal.core.actions.notices import send_notice
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Debtor
from portal.core.payments.promises import judge_promises
from portal.core.payments.start import start_payment
from portal.core.placements.models import Offer, OfferState, Referral
from portal.core.placements.offers import accept_offer, open_offer
from portal.core.placements.refer import make_referral, propose_referral
from portal.core.plans.accept import Evidence, accept_plan
from portal.core.plans.instalments import judge_instalments
from portal.core.plans.promises import record_promise
from portal.core.plans.proposals import propose_plan
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery
from portal.core.recoveries.service import report_recovery, verify_recovery
from portal.core.rules import Outcome
from portal.core.rules import plans as plan_rules
from portal.demo.conduct import contact
from portal.demo.moments import moment
from portal.demo.parties import agency_by_code, bank_by_code, principal_of
from portal.demo.referral_file import write_referral_file
from portal.extensions import db
from portal.sandbox.blueprint import make_blueprint
from portal.web import payments
from portal.web.letter_making import LetterMaker
from portal.web.uow import transaction

OUTCOMES = (
    [Outcome.NO_ANSWER] * 5
    + [Outcome.VOICEMAIL_LEFT] * 2
    + [Outcome.CONVERSATION] * 4
    + [Outcome.BUSY, Outcome.ANSWERED_TERMINATED]
)
GOOD_CARD = "4242424242424242"


def import_days_ago(
    bank_code: str,
    email: str,
    *,
    country: str,
    days: int,
    rows: int | None,
    seed: int,
    now: datetime,
) -> None:
    """Import a file of real delinquency figures as a vendor manager would, and attest it."""
    bank, actor = bank_by_code(bank_code), principal_of(email)
    at = now - timedelta(days=days)
    today = at.astimezone(ZoneInfo(bank.timezone)).date()
    text = io.StringIO()
    write_referral_file(
        text,
        country=country,
        min_months=2,
        rows=rows,
        seed=seed,
        as_of=today - timedelta(days=3),
        trailer=True,
    )
    name = f"overdue-{country.lower()}-{today:%Y%m%d}.csv"
    with moment(at):
        try:
            with transaction(actor) as session:
                content = io.BytesIO(text.getvalue().encode())
                kept = receive_file(session, actor, content, file_name=name, at=at)
                mapping = remembered_mapping(session, bank.id, open_delivery(session, kept))
        except AlreadyImported:
            return
        with transaction(actor) as session:
            kept = get_import(session, actor, kept.id)
            commit_file(session, actor, kept, mapping, at=at, today=today, attested=True)


def refer_days_ago(
    bank_code: str,
    email: str,
    shares: dict[str, tuple[int, str]],
    *,
    currency: str,
    days: int,
    now: datetime,
) -> None:
    """Refer everything eligible by share, and let each agency accept the day after."""
    bank, actor = bank_by_code(bank_code), principal_of(email)
    with transaction(actor) as session:
        if session.scalar(select(Referral.id).where(Referral.bank_id == bank.id).limit(1)):
            return
    at = now - timedelta(days=days)
    today = at.astimezone(ZoneInfo(bank.timezone)).date()
    chosen = AccountFilter(currency)
    by_id = {agency_by_code(code).id: share for code, (share, _) in shares.items()}
    with moment(at):
        with transaction(actor) as session:
            proposal = propose_referral(session, actor, chosen, by_id, seed="demo", today=today)
        with transaction(actor) as session:
            make_referral(
                session,
                actor,
                chosen,
                by_id,
                seed="demo",
                expected=proposal.fingerprint,
                at=at,
                today=today,
            )
    for code, (_, manager) in shares.items():
        _accept(bank.id, agency_by_code(code).id, principal_of(manager), at + timedelta(hours=20))


def _accept(bank_id: UUID, agency_id: UUID, manager: Principal, at: datetime) -> None:
    system = Principal.system(bank_id)
    with moment(at):
        with transaction(manager) as session:
            offers = session.scalars(
                select(Offer.id).where(
                    Offer.agency_id == agency_id,
                    Offer.bank_id == bank_id,
                    Offer.state == OfferState.OFFERED,
                )
            ).all()
            for offer_id in offers:
                accept_offer(session, manager, offer_id, at=at)
        with transaction(system) as session:
            for offer_id in offers:
                open_offer(session, system, offer_id, at=at, today=at.date())


def work_accounts(email: str, *, accounts: int, since_days: int, now: datetime, seed: int) -> None:
    """Let a collector work some accounts: calls, mostly lawful, promises, recoveries."""
    agent, dice = principal_of(email), Random(seed)  # noqa: S311 -- a story, not a secret
    with transaction(agent) as session:
        rows = session.execute(
            select(Account.id, Account.bank_id, Account.currency, Debtor.zones, Balance.total_minor)
            .join(Debtor, (Debtor.bank_id == Account.bank_id) & (Debtor.id == Account.debtor_id))
            .join(
                Balance,
                (Balance.bank_id == Account.bank_id) & (Balance.account_id == Account.id),
            )
            .where(Account.last_action_at.is_(None))
            .order_by(Account.account_ref)
            .limit(accounts)
        ).all()
    for row in rows:
        day = now - timedelta(days=dice.randrange(2, since_days))
        for number in range(dice.randrange(1, 4)):
            _call(agent, row.id, row.zones, day + timedelta(days=3 * number), dice, now)
        fate = dice.random()
        if fate < 0.35:
            _promise(agent, row, day, dice, now)
        if fate < 0.22:
            _recover(agent, row, day, dice, now)


def _call(
    agent: Principal,
    account_id: UUID,
    zones: list[str],
    day: datetime,
    dice: Random,
    now: datetime,
) -> None:
    """Call at a time of the working day where the person is."""
    zone = ZoneInfo(zones[0] if zones else "UTC")
    at = datetime.combine(day.date(), time(dice.randrange(11, 18), dice.randrange(60)), zone)
    contact(agent, account_id, dice.choice(OUTCOMES), at, now, dice)


def _promise(agent: Principal, row: object, day: datetime, dice: Random, now: datetime) -> None:
    amount = Money(_part(row.total_minor, dice), row.currency)  # type: ignore[attr-defined]
    at = min(day + timedelta(hours=1), now)
    with moment(at), transaction(agent) as session:
        record_promise(
            session,
            agent,
            row.id,  # type: ignore[attr-defined]
            amount,
            due_on=at.date() + timedelta(days=dice.randrange(5, 20)),
            at=at,
            today=at.date(),
        )


def _recover(agent: Principal, row: object, day: datetime, dice: Random, now: datetime) -> None:
    bank_id: UUID = row.bank_id  # type: ignore[attr-defined]
    account_id: UUID = row.id  # type: ignore[attr-defined]
    amount = Money(_part(row.total_minor, dice), row.currency)  # type: ignore[attr-defined]
    at = min(day + timedelta(days=dice.randrange(1, 9)), now - timedelta(hours=2))
    ref = f"T{hashlib.sha256(str(account_id).encode()).hexdigest()[:8].upper()}"
    with moment(at), transaction(agent) as session:
        recovery = report_recovery(
            session,
            agent,
            account_id,
            amount,
            received_on=at.date(),
            recipient=Recipient.AGENCY,
            external_ref=ref,
            at=at,
            today=at.date(),
        )
    if dice.random() < 0.8:
        system = Principal.system(bank_id)
        with moment(at + timedelta(hours=1)), transaction(system) as session:
            verify_recovery(session, system, recovery.id, at=at + timedelta(hours=1))


def _part(total_minor: int, dice: Random) -> int:
    """Return a round amount somebody might manage, never more than is owed."""
    return min(max(total_minor * dice.randrange(3, 25) // 100 // 1000 * 1000, 2_000), total_minor)


def let_debtors_act(bank_code: str, *, people: int, now: datetime) -> None:
    """Send some notices, and let some people accept a plan and pay its first instalment."""
    bank = bank_by_code(bank_code)
    system = Principal.system(bank.id)
    with transaction(system) as session:
        rows = session.execute(
            select(Account.id, Account.debtor_id, Account.currency)
            .where(Account.bank_id == bank.id, Account.agency_id.is_not(None))
            .order_by(Account.account_ref.desc())
            .limit(people)
        ).all()
    for number, row in enumerate(rows):
        at = now - timedelta(days=20 - number % 10, hours=3)
        with moment(at):
            _send_notice(system, row.id, at)
            if number % 3 == 0:
                debtor = Principal.debtor(bank.id, row.debtor_id)
                _accept_and_pay(debtor, row.id, row.currency, at + timedelta(hours=1))


def _send_notice(system: Principal, account_id: UUID, at: datetime) -> None:
    maker = LetterMaker(current_app.config["PORTAL_SETTINGS"].portal_base_url)
    with transaction(system) as session:
        send_notice(session, system, account_id, at=at, compose=maker.notice)


def _accept_and_pay(debtor: Principal, account_id: UUID, currency: str, at: datetime) -> None:
    with transaction(debtor) as session:
        plan = _accept_plan(session, debtor, account_id, currency, at)
    if plan is None:
        return
    with transaction(debtor) as session:
        payment = start_payment(
            session,
            debtor,
            account_id,
            plan,
            key=f"demo-payment-{account_id}",
            at=at,
            today=at.date(),
        )
    base = current_app.config["PORTAL_SETTINGS"].portal_base_url
    opened = payments.open_page(
        debtor, payment, back_to=f"{base}/", cancel_to=f"{base}/", locale="en", at=at
    )
    _pay_on_page(opened.checkout_id or "")
    payments.look_up(payment.bank_id, payment.id, at=at)


def _accept_plan(
    session: Session, debtor: Principal, account_id: UUID, currency: str, at: datetime
) -> Money | None:
    balance = session.scalars(select(Balance).where(Balance.account_id == account_id)).one()
    amount = Money(max(balance.total_minor // 10, 12_000), currency)
    ask = plan_rules.Ask(amount, "monthly", at.date() + timedelta(days=2))
    proposal = propose_plan(session, debtor, account_id, ask, today=at.date())
    if not isinstance(proposal.answer, plan_rules.Accepted):
        return None
    accept_plan(
        session,
        debtor,
        account_id,
        ask,
        version=proposal.version,
        key=f"demo-plan-{account_id}",
        evidence=Evidence(hashlib.sha256(b"demo").digest(), "demo", "en"),
        at=at,
        today=at.date(),
    )
    return amount


def _pay_on_page(checkout_id: str) -> None:
    """Pay on the sandbox's own page, as somebody with a good card would."""
    engine = db.engine
    pages = Flask("sandbox-pages", static_folder=str(ROOT / "static"))
    pages.register_blueprint(make_blueprint(lambda: engine))
    path = f"/sandbox/pay/{checkout_id}"
    pages.test_client().post(path, data={"action": "pay", "card_number": GOOD_CARD})


def judge_all(bank_code: str, *, now: datetime) -> None:
    """Let the nightly monitor judge promises and instalments once."""
    bank = bank_by_code(bank_code)
    system = Principal.system(bank.id)
    today = now.astimezone(ZoneInfo(bank.timezone)).date()
    with transaction(system) as session:
        judge_promises(session, system, today=today)
    with transaction(system) as session:
        judge_instalments(session, system, today=today)


def count_recoveries(bank_code: str) -> int:
    """Return how many recoveries the demo has at a bank, to tell what was loaded."""
    bank = bank_by_code(bank_code)
    with transaction(Principal.system(bank.id)) as session:
        return len(session.scalars(select(Recovery.id).where(Recovery.bank_id == bank.id)).all())
