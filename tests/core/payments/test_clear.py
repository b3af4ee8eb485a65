"""Clearing: what a paid page books, once, and what it makes of plan, recovery and balance."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.errors import Conflict, PermissionDenied
from portal.core.ledger.models import Book, LedgerLine, Posting, PostingKind
from portal.core.ledger.service import allocate, lock_balance, post
from portal.core.money import Money
from portal.core.payments import clear
from portal.core.payments.models import PaymentState
from portal.core.payments.receipts import issue_receipt
from portal.core.placements.letters import open_letter
from portal.core.placements.models import Placement, PlacementState
from portal.core.plans.models import InstalmentState, PlanState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from portal.jobs.letters import letter_maker
from portal.web import payments as provider
from portal.web.letter_snapshots import from_json
from portal.web.letters import letter_html
from tests.support.factories import NOON, TODAY
from tests.support.parallel import at_once
from tests.support.payments import open_page, owed, reread, start, take_payments
from tests.support.plans import accept, list_parts, read_plan


def _pay(made, gateway, minor, at=NOON):
    payment = open_page(made, start(made, minor, at=at), at=at)
    gateway.pay(payment.id)
    provider.look_up(made.bank_id, payment.id, at=at)
    return reread(made, payment)


def _recoveries(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(select(Recovery).where(Recovery.account_id == made.id)).all()


def test_a_paid_page_clears_the_payment_and_lowers_the_balance(made, gateway):
    payment = _pay(made, gateway, 5_000)

    assert payment.state is PaymentState.CLEARED
    assert (payment.applied_minor, payment.cleared_at) == (5_000, NOON)
    assert owed(made) == 241_737


def test_the_money_passes_through_clearing_to_the_bank(acting_as, made, gateway):
    payment = _pay(made, gateway, 20_000)

    with acting_as(Principal.system(made.bank_id)) as session:
        lines = session.execute(
            select(Posting.cause, LedgerLine.from_book, LedgerLine.to_book, LedgerLine.amount_minor)
            .join(LedgerLine, LedgerLine.posting_id == Posting.id)
            .where(Posting.cause.in_([f"payment:{payment.id}", f"settlement:{payment.id}"]))
            .order_by(Posting.id, LedgerLine.id)
        ).all()
    assert [tuple(line) for line in lines] == [
        (f"payment:{payment.id}", Book.FEES, Book.CLEARING, 16_737),
        (f"payment:{payment.id}", Book.INTEREST, Book.CLEARING, 3_263),
        (f"settlement:{payment.id}", Book.CLEARING, Book.BANK, 20_000),
    ]


def test_looking_a_cleared_payment_up_again_books_nothing_more(made, gateway):
    payment = _pay(made, gateway, 5_000)

    for _ in range(3):
        provider.look_up(made.bank_id, payment.id, at=NOON + timedelta(hours=1))

    assert owed(made) == 241_737
    assert reread(made, payment).cleared_at == NOON


def test_the_agency_is_credited_with_the_fee_of_its_placement(acting_as, made, gateway):
    payment = _pay(made, gateway, 5_005)

    [recovery] = _recoveries(acting_as, made)
    assert recovery.recipient is Recipient.PLATFORM
    assert recovery.state is RecoveryState.VERIFIED
    assert (recovery.amount_minor, recovery.fee_bps) == (5_005, 2_200)
    assert recovery.fee_minor == 1_101
    assert (recovery.payment_id, recovery.received_on) == (payment.id, TODAY)


@pytest.mark.abuse("M12")
@pytest.mark.parametrize(
    ("paid_after", "tail_days", "earns"),
    [
        (timedelta(seconds=-1), 0, True),
        (timedelta(0), 0, True),
        (timedelta(seconds=1), 0, False),
        (timedelta(seconds=1), 30, True),
        (timedelta(days=30), 30, True),
        (timedelta(days=31), 30, False),
    ],
)
def test_money_after_a_recall_is_the_banks_and_follows_the_tail_rule(
    acting_as, made, gateway, paid_after, tail_days, earns
):
    recalled_at = NOON
    with acting_as(Principal.system(made.bank_id)) as session:
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        placement.state, placement.ended_at = PlacementState.FINAL_RECALL, recalled_at
        placement.tail_days = tail_days
    payment = _pay(made, gateway, 5_000, at=recalled_at + paid_after)

    assert payment.state is PaymentState.CLEARED
    assert owed(made) == 241_737
    assert bool(_recoveries(acting_as, made)) is earns


def test_money_after_the_term_earns_nothing_without_a_tail(acting_as, made, gateway):
    with acting_as(Principal.system(made.bank_id)) as session:
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        placement.term_end = TODAY - timedelta(days=1)

    _pay(made, gateway, 5_000)

    assert _recoveries(acting_as, made) == []


def test_an_account_that_no_agency_works_is_paid_all_the_same(make, acting_as, gateway):
    made = make.account()
    take_payments(made.bank)

    payment = _pay(made, gateway, 5_000)

    assert payment.state is PaymentState.CLEARED
    assert _recoveries(acting_as, made) == []


@pytest.mark.abuse("M13")
def test_what_is_more_than_owed_is_kept_as_an_unapplied_credit(acting_as, made, gateway):
    payment = open_page(made, start(made, 246_737))
    gateway.pay(payment.id)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        moves, _ = allocate(balance, Money(100_000, "USD"), Book.BANK)
        post(
            session,
            system,
            balance,
            kind=PostingKind.RECOVERY,
            cause="recovery:elsewhere",
            effective_on=TODAY,
            moves=moves,
        )
    provider.look_up(made.bank_id, payment.id, at=NOON)

    paid = reread(made, payment)
    assert owed(made) == 0
    assert (paid.state, paid.applied_minor) == (PaymentState.CLEARED, 146_737)
    with acting_as(system) as session:
        unapplied = session.scalars(
            select(LedgerLine.amount_minor).where(LedgerLine.from_book == Book.UNAPPLIED)
        ).all()
    assert unapplied == [100_000]
    [recovery] = _recoveries(acting_as, made)
    assert recovery.amount_minor == 146_737


@pytest.mark.abuse("M13")
def test_twenty_looks_at_one_paid_page_at_once_book_it_once(app, made, gateway):
    payment = open_page(made, start(made, 148_000))
    gateway.pay(payment.id)

    answers = at_once(app, 20, lambda _: provider.look_up(made.bank_id, payment.id, at=NOON).state)

    assert set(answers) == {PaymentState.CLEARED}
    assert owed(made) == 246_737 - 148_000


def test_a_payment_closes_the_instalments_of_the_plan_oldest_first(make, made, gateway):
    make.plan_policy(made.bank)
    plan = accept(made, 20_000)

    _pay(made, gateway, 25_000)

    assert [(part.paid_minor, part.state) for part in list_parts(made, plan)[:3]] == [
        (20_000, InstalmentState.PAID),
        (5_000, InstalmentState.PART_PAID),
        (0, InstalmentState.DUE),
    ]
    assert read_plan(made, plan).state is PlanState.ACTIVE


def test_the_last_payment_completes_the_plan(make, made, gateway):
    make.plan_policy(made.bank)
    plan = accept(made, 20_000)

    _pay(made, gateway, 246_737)

    assert owed(made) == 0
    assert read_plan(made, plan).state is PlanState.COMPLETED
    assert {part.state for part in list_parts(made, plan)} == {InstalmentState.PAID}


def test_a_closed_page_abandons_the_payment(made, gateway):
    payment = open_page(made, start(made, 5_000))
    gateway.change(payment.id, {"status": "expired", "url": None})

    provider.look_up(made.bank_id, payment.id, at=NOON)

    assert reread(made, payment).state is PaymentState.ABANDONED
    assert owed(made) == 246_737


def test_money_on_a_payment_that_was_given_up_is_booked_all_the_same(made, gateway):
    gateway.fail("open_checkout", when="before")
    payment = open_page(made, start(made, 5_000))
    provider.look_up(made.bank_id, payment.id, at=NOON)
    assert reread(made, payment).state is PaymentState.ABANDONED
    request = open_page(made, reread(made, payment))
    gateway.pay(request.id)

    provider.look_up(made.bank_id, payment.id, at=NOON)

    assert reread(made, payment).state is PaymentState.CLEARED
    assert owed(made) == 241_737


def test_only_the_banks_machine_clears_a_payment(acting_as, made, gateway):
    payment = open_page(made, start(made, 5_000))
    checkout = gateway.pay(payment.id)

    with acting_as(made.debtor) as session, pytest.raises(PermissionDenied):
        clear.settle_checkout(session, made.debtor, payment.id, checkout, at=NOON)


def test_the_receipt_of_too_large_a_payment_says_what_is_kept_for_the_person(
    acting_as, made, gateway
):
    payment = open_page(made, start(made, 246_737))
    gateway.pay(payment.id)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        moves, _ = allocate(balance, Money(100_000, "USD"), Book.BANK)
        post(
            session,
            system,
            balance,
            kind=PostingKind.RECOVERY,
            cause="recovery:elsewhere",
            effective_on=TODAY,
            moves=moves,
        )
    provider.look_up(made.bank_id, payment.id, at=NOON)

    with acting_as(system) as session:
        letter = issue_receipt(session, system, payment.id, compose=letter_maker().receipt, at=NOON)
    with acting_as(made.debtor) as session:
        receipt = from_json(open_letter(session, made.debtor, letter.id).snapshot)

    assert receipt.amount == Money(246_737, "USD")
    assert receipt.unapplied == Money(100_000, "USD")
    assert (receipt.owed_before.minor, receipt.owed_after.minor) == (146_737, 0)
    assert "kept for you" in letter_html(receipt)


def test_a_receipt_states_what_was_owed_then_even_when_it_is_written_later(
    acting_as, made, gateway
):
    first = _pay(made, gateway, 5_000)
    _pay(made, gateway, 7_000)
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        letters = [
            issue_receipt(session, system, first.id, compose=letter_maker().receipt, at=NOON)
            for _ in range(2)
        ]
    with acting_as(made.debtor) as session:
        receipt = from_json(open_letter(session, made.debtor, letters[0].id).snapshot)

    assert letters[0].id == letters[1].id
    assert (receipt.owed_before.minor, receipt.owed_after.minor) == (246_737, 241_737)


def test_there_is_no_receipt_before_the_payment_is_cleared(acting_as, made, gateway):
    payment = open_page(made, start(made, 5_000))
    system = Principal.system(made.bank_id)

    with acting_as(system) as session, pytest.raises(Conflict):
        issue_receipt(session, system, payment.id, compose=letter_maker().receipt, at=NOON)
