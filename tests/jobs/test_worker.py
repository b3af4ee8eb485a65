"""The worker, run until no job is left: jobs of jobs, messages, offers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.core import outbox as core_outbox
from portal.core.accounts.selection import AccountFilter
from portal.core.outbox import Message
from portal.core.permissions import Role
from portal.core.placements.models import Offer, Placement, PlacementState
from portal.core.placements.offers import accept_offer
from portal.core.placements.refer import make_referral, propose_referral
from portal.core.principal import Principal
from portal.jobs.worker import work
from tests.support.factories import NOON, TODAY


@pytest.fixture
def run_jobs(app, settings):
    return lambda: work(app, settings, wait=False, concurrency=1)


def test_a_referral_is_told_to_the_agency_and_its_acceptance_opens_the_accounts(
    make, acting_as, run_jobs, outbox
):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)
    accounts = [make.account(bank=bank) for _ in range(2)]
    manager = make.staff(agency, Role.AGENCY_MANAGER)
    vendor, agent = make.vendor_manager(bank), make.agent(agency)
    shares, chosen = {agency.id: 1}, AccountFilter("USD")
    with acting_as(vendor) as session:
        proposal = propose_referral(session, vendor, chosen, shares, seed="1", today=TODAY)
    with acting_as(vendor) as session:
        make_referral(
            session,
            vendor,
            chosen,
            shares,
            seed="1",
            expected=proposal.fingerprint,
            at=NOON,
            today=TODAY,
        )

    run_jobs()

    told = [sent for sent in outbox.sent if sent.to == manager.email]
    assert len(told) == 1
    assert not any(made.name in told[0].text for made in accounts)
    with acting_as(agent) as session:
        offer = session.scalars(select(Offer)).one()
        accept_offer(session, agent, offer.id, at=NOON)

    run_jobs()

    with acting_as(agent) as session:
        states = set(session.scalars(select(Placement.state)))
    assert states == {PlacementState.ACCEPTED}


def test_a_message_is_sent_once_however_often_its_job_runs(make, acting_as, run_jobs, outbox):
    bank = make.bank()
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        message_id = core_outbox.post_message(
            session, bank.id, channel="text", kind="test", to="+12125550100", text="Hello"
        )
        core_outbox.enqueue(
            session, "deliver_message", org_id=str(bank.id), message_id=str(message_id)
        )

    run_jobs()

    assert [sent.text for sent in outbox.texts.sent if sent.key == str(message_id)] == ["Hello"]
    with acting_as(system) as session:
        assert session.get_one(Message, (bank.id, message_id)).state == "sent"


def test_a_job_of_a_transaction_that_failed_does_not_exist(make, acting_as, run_jobs, outbox):
    bank = make.bank()
    system = Principal.system(bank.id)

    def post_and_fail() -> None:
        with acting_as(system) as session:
            core_outbox.post_message(
                session, bank.id, channel="text", kind="test", to="+12125550101", text="Never"
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post_and_fail()
    run_jobs()

    assert not any(sent.text == "Never" for sent in outbox.texts.sent)
