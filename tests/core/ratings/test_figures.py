"""First figures against numbers worked out by hand; every rate says what it is a part of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from portal.core.actions.models import Action, Breach
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.payments.models import Payment, PaymentState
from portal.core.placements.models import Offer, OfferState, Placement
from portal.core.plans.models import Promise, PromiseState
from portal.core.principal import Principal
from portal.core.ratings.curves import list_curves, month_on_book
from portal.core.ratings.figures import list_figures
from portal.core.ratings.measures import AgencyFigures, Share
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from tests.support.factories import NOON, TODAY


@pytest.fixture
def placed(make):
    """Return an account of 80,000.00 placed with an agency on TODAY."""
    return make.account(agency=make.agency(), principal=8_000_000, interest=0, fees=0)


def _system(made):
    return Principal.system(made.bank_id)


def _figures(acting_as, made, *, at=NOON) -> AgencyFigures:
    with acting_as(_system(made)) as session:
        return list_figures(session, made.bank_id, at=at, agency_id=made.agency.id)[made.agency.id]


def _curve(acting_as, made, today):
    with acting_as(_system(made)) as session:
        [curve] = list_curves(session, made.bank_id, made.agency.id, today=today)
        return curve


def _recover(acting_as, made, minor, on, *, state=RecoveryState.VERIFIED, payment_id=None):
    with acting_as(_system(made)) as session:
        session.add(
            Recovery(
                bank_id=made.bank_id,
                id=uuid7(),
                account_id=made.id,
                debtor_id=made.debtor_id,
                placement_id=made.placement_id,
                agency_id=made.agency.id,
                recipient=Recipient.PLATFORM if payment_id else Recipient.BANK,
                external_ref=str(uuid7()),
                amount_minor=minor,
                currency=made.currency,
                received_on=on,
                state=state,
                fee_bps=2200,
                fee_minor=Money(minor, made.currency).share_bps(2200).minor,
                payment_id=payment_id,
                reported_by=uuid7(),
                reported_at=NOON,
            )
        )


def _payment(acting_as, made, minor, *, cleared, taken_back):
    payment_id = uuid7()
    with acting_as(_system(made)) as session:
        session.add(
            Payment(
                bank_id=made.bank_id,
                id=payment_id,
                ref=f"PAY-{payment_id.hex[-8:]}",
                account_id=made.id,
                debtor_id=made.debtor_id,
                purpose="some",
                amount_minor=minor,
                currency=made.currency,
                state=PaymentState.REVERSED,
                gateway_account="acct_x",
                initiated_at=cleared,
                expires_at=cleared,
                cleared_at=cleared,
                ended_at=taken_back,
            )
        )
    return payment_id


def _act(acting_as, made, *, count=1, outcome="no_answer", direction="outbound", at=NOON, **more):
    ids = [uuid7() for _ in range(count)]
    with acting_as(_system(made)) as session:
        session.add_all(
            Action(
                **{
                    "bank_id": made.bank_id,
                    "id": action_id,
                    "account_id": made.id,
                    "debtor_id": made.debtor_id,
                    "placement_id": made.placement_id,
                    "agency_id": made.agency.id,
                    "made_by_agency_id": made.agency.id,
                    "made_by": uuid7(),
                    "channel": "call",
                    "direction": direction,
                    "outcome": outcome,
                    "made_at": at,
                    **more,
                }
            )
            for action_id in ids
        )
    return ids


def _break(acting_as, made, action_id, *, verdict="violation", state="open"):
    with acting_as(_system(made)) as session:
        session.add(
            Breach(
                bank_id=made.bank_id,
                id=uuid7(),
                action_id=action_id,
                account_id=made.id,
                debtor_id=made.debtor_id,
                agency_id=made.agency.id,
                made_by_agency_id=made.agency.id,
                rule_id="US-REGF-6B1-HOURS",
                code="outside_window",
                citation="12 CFR 1006.6(b)(1)(i)",
                severity="hard",
                verdict=verdict,
                facts={},
                pack="us",
                pack_version="1",
                pack_hash="0",
                state=state,
                found_at=NOON,
            )
        )


def _promise(acting_as, made, state, count):
    with acting_as(_system(made)) as session:
        session.add_all(
            Promise(
                bank_id=made.bank_id,
                id=uuid7(),
                account_id=made.id,
                debtor_id=made.debtor_id,
                placement_id=made.placement_id,
                agency_id=made.agency.id,
                made_by_agency_id=made.agency.id,
                amount_minor=10_000,
                currency=made.currency,
                due_on=TODAY,
                state=state,
                made_at=NOON,
                recorded_by=uuid7(),
            )
            for _ in range(count)
        )


@pytest.mark.parametrize(
    ("part", "whole", "bps"),
    [(0, 0, None), (0, 5, 0), (1, 3, 3333), (2, 3, 6667), (175, 240, 7292)],
)
def test_a_share_is_rounded_half_up_and_nothing_of_nothing_is_no_data(part, whole, bps):
    assert Share(part, whole).bps == bps


@pytest.mark.parametrize(
    ("days", "month"), [(0, 1), (29, 1), (30, 2), (59, 2), (60, 3), (89, 3), (90, 4)]
)
def test_a_month_on_book_has_thirty_days_and_the_first_is_one(days, month):
    assert month_on_book(TODAY, TODAY + timedelta(days)) == month


def test_an_agency_without_accounts_or_actions_has_no_rates(make, acting_as):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)

    with acting_as(Principal.system(bank.id)) as session:
        figures = list_figures(session, bank.id, at=NOON)

    assert figures == {}
    nothing = AgencyFigures()
    assert nothing.effort.per_ten_thousand is None
    assert nothing.promises.kept_share.bps is None
    assert nothing.offers.acceptance.bps is None


def test_liquidation_is_what_came_back_and_stayed_of_what_was_placed(acting_as, placed):
    _recover(acting_as, placed, 120_000, TODAY)
    _recover(acting_as, placed, 160_000, TODAY + timedelta(31))
    _recover(acting_as, placed, 80_000, TODAY + timedelta(62))
    taken_back_at = NOON + timedelta(70)
    payment_id = _payment(
        acting_as, placed, 20_000, cleared=NOON + timedelta(61), taken_back=taken_back_at
    )
    _recover(acting_as, placed, 20_000, TODAY + timedelta(61), payment_id=payment_id)
    _recover(acting_as, placed, 70_000, TODAY, state=RecoveryState.REPORTED)
    _recover(acting_as, placed, 60_000, TODAY, state=RecoveryState.REJECTED)

    money = _figures(acting_as, placed).money["USD"]

    assert (money.accounts, money.placed) == (1, Money(8_000_000, "USD"))
    assert money.gross == Money(380_000, "USD")
    assert money.reversed == Money(20_000, "USD")
    assert money.net == Money(360_000, "USD")
    assert money.liquidation == Share(360_000, 8_000_000)
    assert money.liquidation.bps == 450
    assert money.reversal.bps == 526
    assert money.fee == Money(79_200, "USD")
    assert money.reported == Money(70_000, "USD")


def test_the_curve_adds_up_month_by_month_and_a_reversal_counts_when_it_happens(acting_as, placed):
    """The worked example of the measures, in cents: 1.5 %, 3.5 %, 4.5 %."""
    _recover(acting_as, placed, 120_000, TODAY)
    _recover(acting_as, placed, 140_000, TODAY + timedelta(31))
    payment_id = _payment(
        acting_as,
        placed,
        20_000,
        cleared=NOON + timedelta(32),
        taken_back=NOON + timedelta(75),
    )
    _recover(acting_as, placed, 20_000, TODAY + timedelta(32), payment_id=payment_id)
    _recover(acting_as, placed, 100_000, TODAY + timedelta(62))

    curve = _curve(acting_as, placed, TODAY + timedelta(95))

    assert [point.liquidation.bps for point in curve.points] == [150, 350, 450, 450]
    assert [point.net.minor for point in curve.points] == [120_000, 280_000, 360_000, 360_000]
    assert [point.complete for point in curve.points] == [True, True, True, False]
    assert (curve.accounts, curve.placed) == (1, Money(8_000_000, "USD"))


def test_a_batch_that_just_began_has_one_running_month(acting_as, placed):
    curve = _curve(acting_as, placed, TODAY)

    assert [(point.month, point.liquidation.bps, point.complete) for point in curve.points] == [
        (1, 0, False)
    ]


def test_a_curve_ends_with_the_term(acting_as, placed):
    curve = _curve(acting_as, placed, TODAY + timedelta(900))

    assert curve.points[-1].month == month_on_book(TODAY, TODAY + timedelta(180))
    assert curve.points[-1].complete


def test_offers_that_wait_count_neither_way(make, acting_as):
    bank, agency = make.bank(), make.agency()
    made = [make.account(bank=bank, agency=agency) for _ in range(5)]
    states = [OfferState.ACCEPTED] * 2 + [
        OfferState.DECLINED,
        OfferState.LAPSED,
        OfferState.OFFERED,
    ]
    with acting_as(Principal.system(bank.id)) as session:
        for account, state, hours in zip(made, states, (2, 6, 1, 48, 0), strict=True):
            placement = session.get_one(Placement, (bank.id, account.placement_id))
            session.execute(
                update(Offer)
                .where(Offer.bank_id == bank.id, Offer.id == placement.offer_id)
                .values(
                    state=state,
                    answered_at=NOON + timedelta(hours=hours) if hours else None,
                )
            )

    offers = _figures(acting_as, made[0]).offers

    assert offers.acceptance == Share(2, 4)
    assert offers.acceptance.bps == 5000
    assert offers.median_answer == timedelta(hours=4)


def test_breaches_are_counted_by_attempt_and_a_doubt_or_a_waiver_is_none(acting_as, placed):
    attempts = _act(acting_as, placed, count=7) + _act(
        acting_as, placed, count=3, outcome="conversation", target="consumer"
    )
    _act(acting_as, placed, count=5, outcome="conversation", direction="inbound")
    _break(acting_as, placed, attempts[0])
    _break(acting_as, placed, attempts[0], verdict="presumed_violation")
    _break(acting_as, placed, attempts[1], verdict="guidance_breach")
    _break(acting_as, placed, attempts[2], verdict="review")
    _break(acting_as, placed, attempts[3], state="waived")

    effort = _figures(acting_as, placed).effort

    assert effort.attempts == 10
    assert effort.accounts_worked == 1
    assert effort.breach_rate == Share(2, 10)
    assert effort.per_ten_thousand == 2_000
    assert effort.right_party == Share(3, 10)


def test_a_conversation_with_somebody_else_is_no_right_party(acting_as, placed):
    _act(acting_as, placed, outcome="conversation", target="relative")

    assert _figures(acting_as, placed).effort.right_party == Share(0, 1)


def test_promises_kept_are_of_those_that_came_due(acting_as, placed):
    """175 kept, 20 in part, 45 broken of 250, scaled down by five: 35, 4, 9 of 50."""
    for state, count in (
        (PromiseState.KEPT, 35),
        (PromiseState.PARTIAL, 4),
        (PromiseState.BROKEN, 9),
        (PromiseState.SUPERSEDED, 2),
    ):
        _promise(acting_as, placed, state, count)
    _act(acting_as, placed, count=100, outcome="conversation", target="consumer")

    figures = _figures(acting_as, placed)

    assert figures.promises.kept_share == Share(35, 48)
    assert figures.promises.kept_share.bps == 7292
    assert figures.promise_rate == Share(50, 100)


def test_an_account_counts_as_tried_in_time_up_to_the_tenth_day(make, acting_as):
    bank, agency = make.bank(), make.agency()
    tried, late, untried = (make.account(bank=bank, agency=agency) for _ in range(3))
    _act(acting_as, tried, at=NOON + timedelta(days=9))
    _act(acting_as, late, at=NOON + timedelta(days=10))

    before = _figures(acting_as, untried, at=NOON + timedelta(days=9)).effort
    after = _figures(acting_as, untried, at=NOON + timedelta(days=10)).effort

    assert before.penetration == Share(0, 0)
    assert after.penetration == Share(1, 3)


def test_figures_of_one_agency_know_nothing_of_another(make, acting_as):
    bank = make.bank()
    one = make.account(bank=bank, agency=make.agency())
    other = make.account(bank=bank, agency=make.agency())
    _recover(acting_as, other, 50_000, TODAY)
    _act(acting_as, other)

    figures = _figures(acting_as, one)

    assert figures.money["USD"].net == Money(0, "USD")
    assert figures.effort.attempts == 0


@pytest.mark.abuse("A1")
def test_figures_stop_at_the_banks_own_accounts(make, acting_as):
    agency = make.agency()
    one, other = make.account(agency=agency), make.account(agency=agency)
    _recover(acting_as, other, 50_000, TODAY)

    with acting_as(make.vendor_manager(one.bank)) as session:
        foreign = list_figures(session, other.bank_id, at=NOON)

    assert foreign == {}
    assert _figures(acting_as, one).money["USD"].net == Money(0, "USD")


def test_currencies_are_kept_apart(make, acting_as):
    bank, agency = make.bank(), make.agency()
    dollars = make.account(bank=bank, agency=agency)
    yuan = make.account(bank=bank, agency=agency, currency="CNY", country="CN", state="")
    _recover(acting_as, yuan, 10_000, TODAY)

    money = _figures(acting_as, dollars).money

    assert money["USD"].net == Money(0, "USD")
    assert money["CNY"].net == Money(10_000, "CNY")


def test_months_are_counted_from_the_day_the_term_began(acting_as, placed):
    _recover(acting_as, placed, 100, date(2026, 12, 24))

    curve = _curve(acting_as, placed, date(2026, 12, 31))

    assert [point.net.minor for point in curve.points] == [0, 100]
