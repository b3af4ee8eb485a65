"""Offers: seen without a person in them, answered once, opened by a job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.selection import AccountFilter
from portal.core.permissions import Role
from portal.core.placements.models import Offer, OfferState
from portal.core.placements.offers import open_offer
from portal.core.placements.refer import make_referral, propose_referral
from portal.core.principal import Principal
from tests.support.factories import NOON, TODAY

USD = AccountFilter("USD")


@pytest.fixture
def offered(make, agency, acting_as):
    """Offer three accounts of one bank to the agency; return the accounts and the offer's id."""
    bank = make.bank()
    make.panel(bank, agency, tail_days=30)
    accounts = [make.account(bank=bank, principal=100_000 * n) for n in (1, 2, 4)]
    manager, shares = make.vendor_manager(bank), {agency.id: 100}
    with acting_as(manager) as session:
        proposal = propose_referral(session, manager, USD, shares, seed="1", today=TODAY)
        make_referral(
            session,
            manager,
            USD,
            shares,
            seed="1",
            expected=proposal.fingerprint,
            at=NOON,
            today=TODAY,
        )
    with acting_as(make.agent(agency)) as session:
        return accounts, session.scalars(select(Offer.id)).one()


def state_of(acting_as, make, agency, offer_id) -> tuple[OfferState, str]:
    with acting_as(make.agent(agency)) as session:
        row = session.execute(select(Offer.state, Offer.reason).where(Offer.id == offer_id)).one()
        return row.state, row.reason


def test_an_offer_states_its_terms_and_its_clock(browse, offered):
    accounts, offer_id = offered
    visitor = browse()

    listed = visitor.get("/agency/offers").text
    page = visitor.get(f"/agency/offers/{offer_id}").text

    assert f"/agency/offers/{offer_id}" in listed
    assert "46 hours left" in listed
    for text in ("$8,402.11", "22%", "180 days", "30 days", "46 hours", accounts[0].bank.name):
        assert text in page
    for amount in ("$1,467.37", "$2,467.37", "$4,467.37"):
        assert amount in page


def test_before_acceptance_nobody_is_named(browse, offered):
    accounts, offer_id = offered
    visitor = browse()

    pages = [
        visitor.get(path).text
        for path in ("/agency/", "/agency/offers", f"/agency/offers/{offer_id}", "/agency/accounts")
    ]

    for made in accounts:
        for told in (made.name, made.account_ref, made.email):
            assert not any(told in page for page in pages)
        assert visitor.get(f"/agency/accounts/{made.id}").status_code == 404


def test_an_accepted_offer_is_being_opened_until_the_job_has_run(
    browse, offered, acting_as, make, agency
):
    accounts, offer_id = offered
    visitor = browse()

    answer = visitor.post(f"/agency/offers/{offer_id}/accept")
    waiting = visitor.get(f"/agency/offers/{offer_id}").text
    system = Principal.system(accounts[0].bank_id)
    with acting_as(system) as session:
        open_offer(session, system, offer_id, at=NOON, today=TODAY)
    opened = visitor.get(f"/agency/offers/{offer_id}").text

    assert (answer.status_code, answer.location) == (303, f"/agency/offers/{offer_id}")
    assert "Being opened: 0 of 3" in waiting
    assert "All accounts are open" in opened
    assert accounts[0].name in visitor.get("/agency/accounts").text
    assert visitor.get("/agency/offers?view=answered").text.count("Accepted") >= 1


def test_the_part_that_is_looked_at_again_comes_alone(browse, offered):
    _, offer_id = offered
    visitor = browse()
    visitor.post(f"/agency/offers/{offer_id}/accept")

    part = visitor.get(f"/agency/offers/{offer_id}", headers={"HX-Request": "true"}).text

    assert "Being opened: 0 of 3" in part
    assert "<html" not in part


@pytest.mark.parametrize("reason", ["capacity", "terms", "other"])
def test_an_offer_is_declined_with_a_reason(browse, offered, acting_as, make, agency, reason):
    _, offer_id = offered

    answer = browse().post(f"/agency/offers/{offer_id}/decline", {"reason": reason})

    assert answer.status_code == 303
    assert state_of(acting_as, make, agency, offer_id) == (OfferState.DECLINED, reason)


@pytest.mark.parametrize("reason", ["", "because"])
def test_without_a_reason_it_is_not_declined(browse, offered, acting_as, make, agency, reason):
    _, offer_id = offered

    answer = browse().post(f"/agency/offers/{offer_id}/decline", {"reason": reason})

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert state_of(acting_as, make, agency, offer_id)[0] is OfferState.OFFERED


def test_an_offer_is_answered_once(browse, offered):
    _, offer_id = offered
    visitor = browse()
    visitor.post(f"/agency/offers/{offer_id}/accept")

    again = visitor.post(f"/agency/offers/{offer_id}/accept")
    other = visitor.post(f"/agency/offers/{offer_id}/decline", {"reason": "terms"})

    assert (again.status_code, other.status_code) == (409, 409)
    assert "answered already" in again.text


def test_after_its_time_an_offer_is_lapsed_and_cannot_be_answered(browse, offered, stand_still):
    _, offer_id = offered
    stand_still(NOON + timedelta(hours=49))
    visitor = browse()

    page = visitor.get(f"/agency/offers/{offer_id}").text

    assert "Lapsed" in page
    assert "Accept the offer" not in page
    assert "No offer is waiting for you" in visitor.get("/agency/offers").text
    assert visitor.post(f"/agency/offers/{offer_id}/accept").status_code == 409


def test_a_collector_reads_offers_and_does_not_answer_them(browse, offered):
    _, offer_id = offered
    visitor = browse(Role.COLLECTOR)

    page = visitor.get(f"/agency/offers/{offer_id}")

    assert page.status_code == 200
    assert "Accept the offer" not in page.text
    assert visitor.post(f"/agency/offers/{offer_id}/accept").status_code == 403
    assert visitor.post(f"/agency/offers/{offer_id}/decline").status_code == 403
