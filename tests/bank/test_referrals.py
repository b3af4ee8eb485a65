"""Referring by clicks: choose, proposal, confirm, result; and what changed in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.bank import queries_proposals
from portal.core.accounts.models import Account, AccountState
from portal.core.db import uuid7
from portal.core.permissions import Role
from portal.core.placements.models import Offer, OfferState, Placement, Referral
from portal.core.placements.offers import accept_offer, open_offer
from portal.core.principal import Principal
from tests.bank.conftest import NOW, bare, text_of
from tests.support.factories import TODAY


@pytest.fixture
def market(make, bank):
    """Return two agencies of the bank's panel and six accounts to refer."""
    agencies = [make.agency(), make.agency()]
    for agency in agencies:
        make.panel(bank, agency)
    return agencies, [make.account(bank=bank) for _ in range(6)]


def _query(agencies, shares=(50, 50), **more):
    named = {
        f"share_{agency.id.hex}": str(share)
        for agency, share in zip(agencies, shares, strict=False)
    }
    return {"currency": "USD", "seed": "spring", **named, **more}


def _propose(visitor, values):
    return visitor.get("/bank/referrals/proposal", query_string=values)


def _hidden(page):
    """Return the confirm form's hidden fields as a browser would send them."""
    body = page.get_data(as_text=True).split('action="/bank/referrals/confirm"')[1]
    fields = {}
    for part in body.split("</form>")[0].split('<input type="hidden" ')[1:]:
        tag = part.split(">")[0]
        fields[tag.split('name="')[1].split('"')[0]] = tag.split('value="')[1].split('"')[0]
    return fields


def _refer(visitor, agencies, shares=(50, 50), **more):
    page = _propose(visitor, _query(agencies, shares, **more))
    return visitor.post("/bank/referrals/confirm", _hidden(page))


def _count(acting_as, bank, what=Referral):
    with acting_as(Principal.system(bank.id)) as session:
        return session.scalar(select(func.count()).select_from(what))


def _accept(make, acting_as, bank, agency):
    agent = make.agent(agency)
    with acting_as(agent) as session:
        offer = session.scalars(select(Offer)).one()
        accept_offer(session, agent, offer.id, at=NOW)
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        open_offer(session, system, offer.id, at=NOW, today=TODAY)


def test_the_form_says_what_can_be_referred_and_to_whom(make, bank, market, browse):
    agencies, _ = market
    make.account(bank=bank, verified_on=None)

    page = browse().get("/bank/referrals/new")

    text = text_of(page)
    assert "Can be referred now 6 accounts $14,804.22" in text
    assert "Nobody confirmed the balance 1 Confirm the balances on the import’s page." in text
    for agency in agencies:
        assert f"{agency.name}" in text
    assert "10,000 0 22% 180 days 48 hours" in text


def test_beyond_what_is_summed_the_form_still_offers_every_choice(
    bank, market, browse, monkeypatch
):
    agencies, _ = market
    monkeypatch.setattr(queries_proposals, "SUMMED", 5)

    page = browse().get("/bank/referrals/new")

    assert "Can be referred now" not in text_of(page)
    assert f"share_{agencies[0].id.hex}" in page.get_data(as_text=True)


def test_without_accounts_or_panel_the_form_says_what_comes_first(make, bank, browse):
    visitor = browse()

    assert "There are no accounts to refer" in text_of(visitor.get("/bank/referrals/new"))
    make.account(bank=bank)
    assert "No agency is on your panel" in text_of(visitor.get("/bank/referrals/new"))


def test_the_proposal_shows_who_would_get_what_and_changes_nothing(acting_as, bank, market, browse):
    agencies, _ = market

    page = _propose(browse(), _query(agencies))

    text = text_of(page)
    assert page.status_code == 200
    assert "Accounts to offer 6" in text
    assert "People 6" in text
    assert "Total balance $14,804.22" in text
    for agency in agencies:
        assert f"{agency.name} 50 3 3 $7,402.11 22% 180 days 9,997" in text
    assert _count(acting_as, bank) == 0


def test_what_stays_behind_is_told_with_what_would_change_that(make, bank, market, browse):
    agencies, _ = market
    make.account(bank=bank, verified_on=None)
    make.account(bank=bank, verified_on=TODAY - timedelta(31))
    make.account(bank=bank, agency=agencies[0])

    text = text_of(_propose(browse(), _query(agencies)))

    assert "Stay behind 3" in text
    for line in (
        "Nobody confirmed the balance 1 Confirm the balances on the import’s page.",
        "The balance was confirmed more than 30 days ago 1 Send a file with today’s balances",
        "Offered or with an agency already 1 It comes back when the placement ends.",
    ):
        assert line in text


def test_what_finds_no_agency_is_told_with_what_would_find_one(make, bank, browse):
    small = make.agency()
    make.panel(bank, small, capacity=1, languages=["en"])
    make.account(bank=bank)
    make.account(bank=bank)
    make.account(bank=bank, language="es")

    text = text_of(_propose(browse(), _query([small], (1,))))

    assert "Accounts to offer 1" in text
    assert "No room left 2 Raise the room of an agency" in text or (
        "No room left 1" in text and "No chosen agency speaks the person’s language 1" in text
    )


def test_confirming_offers_exactly_what_was_shown(acting_as, bank, market, browse):
    agencies, accounts = market
    visitor = browse()

    answer = _refer(visitor, agencies, (2, 1), least="100")

    assert answer.status_code == 303
    assert answer.location.startswith("/bank/referrals/")
    text = text_of(visitor.get(answer.location))
    assert "Referral R-202611-0001" in text
    assert f"{agencies[0].name} Waiting for an answer 4 $9,869.48 $0.00 by" in text
    assert f"{agencies[1].name} Waiting for an answer 2 $4,934.74 $0.00 by" in text
    assert "Balance from $100.00" in text
    assert "Seed of the split spring" in text
    with acting_as(Principal.system(bank.id)) as session:
        states = set(session.scalars(select(Account.state)))
        assert session.scalar(select(func.count()).select_from(Placement)) == len(accounts)
    assert states == {AccountState.OFFERED}


def test_accounts_that_changed_in_between_are_shown_again_and_nothing_is_offered(
    make, acting_as, bank, market, browse
):
    agencies, _ = market
    visitor = browse()
    seen = _hidden(_propose(visitor, _query(agencies)))
    make.account(bank=bank)

    answer = visitor.post("/bank/referrals/confirm", seen)

    text = text_of(answer)
    assert answer.status_code == 409
    assert "The accounts changed since you looked." in text
    assert "Accounts to offer 7" in text
    assert _count(acting_as, bank) == 0
    again = visitor.post("/bank/referrals/confirm", _hidden(answer))
    assert again.status_code == 303


def test_a_second_click_on_confirm_offers_nothing_twice(acting_as, bank, market, browse):
    agencies, _ = market
    visitor = browse()
    seen = _hidden(_propose(visitor, _query(agencies)))
    visitor.post("/bank/referrals/confirm", seen)

    answer = visitor.post("/bank/referrals/confirm", seen)

    assert answer.status_code == 409
    assert "No account is left to refer." in text_of(answer)
    assert _count(acting_as, bank) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"currency": "XXX"}, "Choose the currency of the accounts."),
        ({"least": "many"}, "many is not an amount. Write it like 1234.50."),
        ({"months_to": "x"}, "Enter a number of months, like 3."),
        ({"seed": " "}, "Enter any text as the seed."),
        ({"share": "half"}, "Enter a share as a whole number, like 50."),
        ({"share": "-1"}, "Enter a share as a whole number, like 50."),
        ({"share": "99999"}, "Enter a share as a whole number, like 50."),
        ({"share": ""}, "Give at least one agency of your panel a share above zero."),
    ],
)
def test_a_form_that_makes_no_sense_is_answered_by_name(
    acting_as, bank, market, browse, changes, said
):
    agencies, _ = market
    values = _query(agencies[:1], (changes.pop("share", "50"),), **changes)
    visitor = browse()

    proposal = _propose(visitor, values)
    confirmed = visitor.post("/bank/referrals/confirm", {**values, "fingerprint": "x"})

    for page in (proposal, confirmed):
        assert page.status_code == 422
        assert said in text_of(page)
    assert _count(acting_as, bank) == 0


@pytest.mark.abuse("A2")
def test_an_agency_that_is_not_on_the_panel_gets_nothing(make, acting_as, bank, market, browse):
    agencies, _ = market
    stranger = make.agency()
    visitor = browse()

    page = _propose(visitor, _query([stranger]))
    mixed = visitor.post(
        "/bank/referrals/confirm",
        {**_hidden(_propose(visitor, _query(agencies[:1]))), f"share_{stranger.id.hex}": "90"},
    )

    assert page.status_code == 422
    assert stranger.name not in text_of(page)
    with acting_as(Principal.system(bank.id)) as session:
        offered = set(session.scalars(select(Offer.agency_id)))
    assert stranger.id not in offered
    assert mixed.status_code == 303


@pytest.mark.abuse("A2")
def test_a_foreign_import_in_the_filter_is_no_choice(make, bank, market, browse):
    agencies, _ = market

    text = text_of(_propose(browse(), _query(agencies, import_id=str(uuid7()))))

    assert "Accounts to offer 6" in text
    assert "Imported with" not in text.split("Proposal")[-1]


def test_a_referral_follows_its_offers_and_what_came_back(make, acting_as, bank, market, browse):
    agencies, _ = market
    visitor = browse()
    location = _refer(visitor, agencies).location
    _accept(make, acting_as, bank, agencies[0])
    with acting_as(Principal.system(bank.id)) as session:
        session.execute(
            update(Offer)
            .where(Offer.bank_id == bank.id, Offer.agency_id == agencies[1].id)
            .values(state=OfferState.DECLINED, reason="capacity", answered_at=NOW)
        )

    text = text_of(visitor.get(location))

    assert f"{agencies[0].name} Accepted 3 $7,402.11 $0.00 24 November 2026" in text
    assert "Accepted, not contacted yet: 3" in text
    assert f"{agencies[1].name} Declined No room 3" in text
    listed = text_of(visitor.get("/bank/referrals"))
    assert "R-202611-0001" in listed
    assert "Accepted · 1" in listed
    assert "Declined · 1" in listed


def test_an_analyst_sees_referrals_and_makes_none(market, browse):
    agencies, _ = market
    visitor = browse(Role.BANK_ANALYST)

    assert visitor.get("/bank/referrals").status_code == 200
    assert "Refer accounts" not in text_of(visitor.get("/bank/referrals"))
    assert visitor.get("/bank/referrals/new").status_code == 403
    assert _propose(visitor, _query(agencies)).status_code == 403
    assert visitor.post("/bank/referrals/confirm", _query(agencies)).status_code == 403


@pytest.mark.abuse("A1")
def test_another_banks_referral_answers_like_one_that_never_existed(make, market, browse):
    other = make.bank()
    agency = make.agency()
    make.panel(other, agency)
    make.account(bank=other)
    location = _refer(browse(at=other), [agency], (1,)).location
    foreign, never = location.rsplit("/", 1)[1], uuid7()
    visitor = browse()

    theirs = visitor.get(location)
    nobodys = visitor.get(f"/bank/referrals/{never}")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, foreign) == bare(nobodys, never)
    assert agency.name not in text_of(visitor.get("/bank/referrals"))
