"""Accounts imported, referred, offered and accepted: what an agency works on."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from bench.ground import BenchGround
from portal.core.accounts.deliveries import (
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.imports import commit_file
from portal.core.accounts.selection import AccountFilter
from portal.core.parties.models import Agency, Bank
from portal.core.placements.models import Offer
from portal.core.placements.offers import accept_offer, open_offer
from portal.core.placements.refer import make_referral, propose_referral
from portal.core.principal import Principal
from portal.demo.referral_file import write_referral_file
from portal.web.uow import transaction
from tests.support.factories import Factory


@dataclass(frozen=True)
class Placed:
    """A bank and the agency that works its accounts, with somebody of each."""

    bank: Bank
    agency: Agency
    vendor: Principal
    agent: Principal


def place_accounts(ground: BenchGround, accounts: int, *, at: datetime, seed: int = 7) -> Placed:
    """Import accounts into a fresh bank and place them all with a fresh agency."""
    make = Factory()
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency, capacity=10**6)
    placed = Placed(bank, agency, make.vendor_manager(bank), make.agent(agency))
    _import(placed, accounts, at, seed)
    _analyze(ground)
    _refer(placed, at)
    _analyze(ground)
    system, today = Principal.system(bank.id), at.date()
    with transaction(placed.agent) as session:
        offer = session.query(Offer).filter_by(agency_id=agency.id).one()
        accept_offer(session, placed.agent, offer.id, at=at)
    with transaction(system) as session:
        open_offer(session, system, offer.id, at=at, today=today)
    _analyze(ground)
    return placed


def _import(placed: Placed, accounts: int, at: datetime, seed: int) -> None:
    text = io.StringIO()
    as_of = at.date() - timedelta(days=4)
    write_referral_file(
        text, country="US", min_months=2, rows=accounts, seed=seed, as_of=as_of, trailer=True
    )
    vendor = placed.vendor
    with transaction(vendor) as session:
        content = io.BytesIO(text.getvalue().encode())
        kept = receive_file(session, vendor, content, file_name="w.csv", at=at)
        mapping = remembered_mapping(session, placed.bank.id, open_delivery(session, kept))
    with transaction(vendor) as session:
        kept = get_import(session, vendor, kept.id)
        commit_file(session, vendor, kept, mapping, at=at, today=at.date(), attested=True)


def _refer(placed: Placed, at: datetime) -> None:
    chosen, shares = AccountFilter("USD"), {placed.agency.id: 1}
    vendor, today = placed.vendor, at.date()
    with transaction(vendor) as session:
        proposal = propose_referral(session, vendor, chosen, shares, seed="1", today=today)
        make_referral(
            session,
            vendor,
            chosen,
            shares,
            seed="1",
            expected=proposal.fingerprint,
            at=at,
            today=today,
        )


def _analyze(ground: BenchGround) -> None:
    """Give the planner its statistics, as time would."""
    with psycopg.connect(ground.database.admin_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
