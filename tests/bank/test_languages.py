"""Every page of the bank's console in English and in Chinese: whole, and in that language only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Breach
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.placements.models import Placement
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery
from portal.core.rules import Channel, Outcome
from tests.support.factories import NOON, TODAY

PAGES = (
    *("", "accounts", "accounts?q=nobody", "accounts/{account}", "accounts/{account}?tab=ledger"),
    *("accounts/{account}?tab=actions", "accounts/{account}?tab=money"),
    *("accounts/{account}?tab=letters", "accounts/{account}?tab=audit", "imports", "imports/new"),
    *("referrals", "referrals/new", "referrals/{referral}", "agencies", "agencies/{agency}"),
    *("agencies/new", "recoveries", "recoveries?state=verified", "recoveries/{recovery}/verify"),
    *("recoveries/{recovery}/reject", "breaches", "breaches?kind=review", "plan-policy"),
    *("plan-policy/edit", "compliance", "breaches?kind=all&state=open", "breaches/{breach}"),
    *("breaches/{breach}/uphold", "breaches/{breach}/waive", "breaches/{breach}/remedy"),
    *("breaches/decide/waive", "breaches/decide/uphold?state=upheld", "permits"),
    *("permits?state=all", "permits/{permit}", "permits/{permit}/decide"),
    *("accounts/{account}/contacts?month=2026-11", "accounts/{account}/contacts?month=2026-01"),
)
PROPOSAL = "/bank/referrals/proposal?currency=USD&seed=s&share_{agency}=1"
#: A run of English words between tags, as a text nobody translated would be.
ENGLISH = re.compile(r">\s*[A-Z]?[a-z]+( [a-z]+){2,}")


@pytest.fixture
def world(make, acting_as, bank):
    """Return the ids of one of everything."""
    agency = make.agency()
    account = make.account(bank=bank, agency=agency)
    make.account(bank=bank, verified_on=None)
    make.account(bank=bank)
    make.plan_policy(bank)
    make.agency()
    agent = make.agent(agency)
    late = NOON + timedelta(hours=10)
    with acting_as(agent) as session:
        log_call(session, agent, account.id, outcome=Outcome.NO_ANSWER, made_at=late, now=late)
    with acting_as(agent) as session:
        recovery = report_recovery(
            session,
            agent,
            account.id,
            Money(10_000, "USD"),
            received_on=TODAY,
            recipient=Recipient.BANK,
            external_ref="CHEQUE-1",
            at=NOON,
            today=TODAY,
        )
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, account.id, Channel.SMS, at=late)
    with acting_as(Principal.system(bank.id)) as session:
        breach = session.scalars(select(Breach)).one()
        placement = session.get_one(Placement, (bank.id, account.placement_id))
    return {
        "account": account.id,
        "agency": agency.id,
        "breach": breach.id,
        "permit": permit.id,
        "recovery": recovery.id,
        "referral": placement.referral_id,
    }


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_in_english(world, browse, path):
    answer = browse().get(f"/bank/{path.format(**world)}")

    body = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert body.count("<h1>") == 1
    assert body.rstrip().endswith("</html>")
    assert '<html lang="en"' in body


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_in_chinese_and_in_nothing_else(world, browse, path):
    visitor = browse(language="zh")

    answer = visitor.get(f"/bank/{path.format(**world)}")

    body = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert '<html lang="zh-Hans"' in body
    heading = body.split("<h1>")[1].split("</h1>")[0]
    if "accounts/" not in path:
        assert re.search(r"[\u4e00-\u9fff]", heading)
    assert ENGLISH.findall(body.split("<main")[1].split("</main>")[0]) == []


def test_a_proposal_is_in_chinese(world, browse):
    visitor = browse(language="zh")

    body = visitor.get(PROPOSAL.format(agency=world["agency"].hex)).get_data(as_text=True)

    main = body.split("<main")[1].split("</main>")[0]
    assert "分配方案" in main
    assert "余额无人确认" in main
    assert ENGLISH.findall(main) == []


def test_organisations_go_by_their_chinese_names(make, bank, browse):
    account = make.account(bank=bank, agency=make.agency())
    visitor = browse(language="zh")

    for path in ("agencies", "accounts", f"accounts/{account.id}"):
        body = visitor.get(f"/bank/{path}").get_data(as_text=True)
        assert account.agency.name_zh in body
        assert account.agency.name not in body


@pytest.mark.parametrize("role", [Role.VENDOR_MANAGER, Role.BANK_ADMIN, Role.BANK_ANALYST])
def test_no_page_breaks_for_any_role(world, browse, role):
    visitor = browse(role)

    statuses = {path: visitor.get(f"/bank/{path.format(**world)}").status_code for path in PAGES}

    assert set(statuses.values()) <= {200, 403, 404}
    assert {path for path, status in statuses.items() if status == 404} <= {
        "accounts/{account}?tab=audit"
    }
