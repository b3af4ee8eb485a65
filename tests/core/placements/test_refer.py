"""From filter to opened accounts: what may be referred, who sees what, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core.accounts.models import Account, AccountState
from portal.core.accounts.selection import AccountFilter
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.parties.models import ContactPoint, Debtor
from portal.core.permissions import Role
from portal.core.placements.models import Offer, Placement, PlacementState
from portal.core.placements.offers import (
    accept_offer,
    close_offer,
    decline_offer,
    lapse_offers,
    open_offer,
)
from portal.core.placements.refer import make_referral, propose_referral
from portal.core.principal import Principal
from tests.support.factories import NOON, TODAY

USD = AccountFilter("USD")


@pytest.fixture
def market(make):
    bank = make.bank()
    agencies = [make.agency(), make.agency()]
    for agency in agencies:
        make.panel(bank, agency)
    accounts = [make.account(bank=bank) for _ in range(6)]
    return bank, agencies, accounts


def _refer(acting_as, make, bank, shares, chosen=USD):
    vm = make.vendor_manager(bank)
    with acting_as(vm) as session:
        proposal = propose_referral(session, vm, chosen, shares, seed="1", today=TODAY)
    with acting_as(vm) as session:
        return make_referral(
            session,
            vm,
            chosen,
            shares,
            seed="1",
            expected=proposal.fingerprint,
            at=NOON,
            today=TODAY,
        )


def _offer_of(acting_as, agent):
    with acting_as(agent) as session:
        return session.scalars(select(Offer)).one()


def test_equal_shares_give_each_agency_half(make, acting_as, market):
    bank, agencies, _ = market
    vm = make.vendor_manager(bank)

    with acting_as(vm) as session:
        proposal = propose_referral(
            session, vm, USD, {agency.id: 50 for agency in agencies}, seed="1", today=TODAY
        )

    assert [part.accounts for part in proposal.parts] == [3, 3]
    assert proposal.total.minor == 6 * 246_737


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"verified_on": None}, "not_verified"),
        ({"verified_on": TODAY - timedelta(days=31)}, "verified_too_long_ago"),
        ({"principal": 0, "interest": 0, "fees": 0}, "nothing_owed"),
    ],
)
def test_an_account_that_may_not_be_referred_is_left_out_with_its_reason(
    make, acting_as, options, reason
):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)
    make.account(bank=bank, **options)
    vm = make.vendor_manager(bank)

    with acting_as(vm) as session:
        proposal = propose_referral(session, vm, USD, {agency.id: 1}, seed="1", today=TODAY)

    assert proposal.accounts == 0
    assert proposal.left_out == {reason: 1}


def test_until_the_agency_accepts_it_sees_the_placement_and_no_person(make, acting_as, market):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agencies[0].id: 1})

    with acting_as(make.agent(agencies[0])) as session:
        assert session.scalar(select(func.count()).select_from(Placement)) == 6
        assert session.scalar(select(func.count()).select_from(Account)) == 0
        assert session.scalar(select(func.count()).select_from(Debtor)) == 0


def test_accepting_opens_account_person_and_contact_points_to_that_agency_alone(
    make, acting_as, market
):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agency.id: 1 for agency in agencies})
    agent = make.agent(agencies[0])
    offer = _offer_of(acting_as, agent)

    with acting_as(agent) as session:
        accept_offer(session, agent, offer.id, at=NOON)
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        opened = open_offer(session, system, offer.id, at=NOON, today=TODAY)
    with acting_as(system) as session:
        again = open_offer(session, system, offer.id, at=NOON, today=TODAY)

    assert (opened, again) == (3, 0)
    with acting_as(agent) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 3
        assert session.scalar(select(func.count()).select_from(Debtor)) == 3
        assert session.scalar(select(func.count()).select_from(ContactPoint)) == 9
        placement = session.scalars(select(Placement).limit(1)).one()
        assert placement.state is PlacementState.ACCEPTED
        assert placement.term_end == TODAY + timedelta(days=180)
    with acting_as(make.agent(agencies[1])) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_a_declined_offer_gives_its_accounts_back(make, acting_as, market):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agencies[0].id: 1})
    agent = make.agent(agencies[0])
    offer = _offer_of(acting_as, agent)

    with acting_as(agent) as session:
        decline_offer(session, agent, offer.id, reason="capacity", at=NOON)
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        close_offer(session, system, offer.id, at=NOON)

    with acting_as(system) as session:
        states = set(session.scalars(select(Account.state)))
    assert states == {AccountState.READY}


def test_an_offer_nobody_answers_lapses(make, acting_as, market):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agencies[0].id: 1})
    agent = make.agent(agencies[0])
    offer = _offer_of(acting_as, agent)
    late = NOON + timedelta(hours=49)

    with pytest.raises(Conflict), acting_as(agent) as session:
        accept_offer(session, agent, offer.id, at=late)
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        assert lapse_offers(session, system, at=late) == 1
    with acting_as(system) as session:
        assert set(session.scalars(select(Account.state))) == {AccountState.READY}


def test_a_proposal_that_is_out_of_date_is_not_carried_out(make, acting_as, market):
    bank, agencies, _ = market
    vm = make.vendor_manager(bank)
    with acting_as(vm) as session:
        proposal = propose_referral(session, vm, USD, {agencies[0].id: 1}, seed="1", today=TODAY)
    make.account(bank=bank)

    with pytest.raises(Conflict), acting_as(vm) as session:
        make_referral(
            session,
            vm,
            USD,
            {agencies[0].id: 1},
            seed="1",
            expected=proposal.fingerprint,
            at=NOON,
            today=TODAY,
        )


def test_an_agency_that_is_not_on_the_panel_gets_nothing(make, acting_as, market):
    bank, _, _ = market
    vm, stranger = make.vendor_manager(bank), make.agency()

    with pytest.raises(Invalid), acting_as(vm) as session:
        propose_referral(session, vm, USD, {stranger.id: 1}, seed="1", today=TODAY)


def test_another_agency_cannot_answer(make, acting_as, market):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agencies[0].id: 1})
    offer = _offer_of(acting_as, make.agent(agencies[0]))
    stranger = make.agent(make.agency())

    with pytest.raises(NotFound), acting_as(stranger) as session:
        accept_offer(session, stranger, offer.id, at=NOON)


def test_a_collector_answers_no_offers(make, acting_as, market):
    bank, agencies, _ = market
    _refer(acting_as, make, bank, {agencies[0].id: 1})
    collector = make.agent(agencies[0], Role.COLLECTOR)
    offer = _offer_of(acting_as, collector)

    with pytest.raises(PermissionDenied), acting_as(collector) as session:
        accept_offer(session, collector, offer.id, at=NOON)
