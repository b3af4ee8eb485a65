"""An agency is told not before when, logs the contact anyway, and the bank sees the breach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import update

from portal.app import create_app
from portal.core.actions.service import Told, log_action
from portal.core.placements.models import Placement
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from portal.demo.moments import moment
from portal.extensions import db
from portal.web.uow import transaction
from tests.journeys.axe import DESKTOP, PHONE, Inspector
from tests.journeys.conftest import OpenPage
from tests.journeys.people import Staff
from tests.journeys.watch import Watch
from tests.journeys.words import CHINESE, ENGLISH, Words
from tests.support.factories import Factory, MadeAccount
from tests.support.servers import STARTS_AT, Portal
from tests.support.sign_in import Visitor

pytestmark = pytest.mark.journey


@dataclass(frozen=True)
class Case:
    """Who collects from whom, what stands in the way, and where that stands in law."""

    country: str
    state: str
    zones: tuple[str, ...]
    spoken_before: int
    told: tuple[str, ...]
    citation: str
    say: Words = ENGLISH
    language: str | None = None
    on_telephone: bool = False


IN_TWO_ZONES = Case(
    country="US",
    state="CA",
    zones=("America/Los_Angeles", "America/New_York"),
    spoken_before=0,
    told=("Los Angeles", "New York", "8:00", "Telephone"),
    citation="12 CFR 1006.6(b)(1)(i)",
)
A_FOURTH_CALL = Case(
    country="CN",
    state="",
    zones=("Asia/Shanghai",),
    spoken_before=3,
    told=("08:00",),
    citation="GB/T 45251-2025",
    say=CHINESE,
    language="简体中文",
    on_telephone=True,
)


@dataclass(frozen=True)
class Stage:
    """An account of the case, and cookies of one person on each side who is signed in."""

    case: Case
    made: MadeAccount
    agent: str
    manager: str


@pytest.fixture
def stage(request: pytest.FixtureRequest, portal: Portal) -> Iterator[Stage]:
    """Place an account with an agency three days ago, with what was done since."""
    case: Case = request.param
    app = create_app(portal.settings())
    with app.app_context(), moment(portal.now()):
        make = Factory()
        bank, agency = make.bank(country=case.country), make.agency(country=case.country)
        made = make.account(
            bank=bank,
            agency=agency,
            country=case.country,
            state=case.state,
            zones=case.zones,
            currency="CNY" if case.country == "CN" else "USD",
            language="zh" if case.country == "CN" else "en",
        )
        with transaction(Principal.system(bank.id)) as session:
            since = STARTS_AT - timedelta(days=3)
            session.execute(
                update(Placement)
                .where(Placement.id == made.placement_id)
                .values(accepted_at=since, offered_at=since)
            )
        agent, manager = make.agent(agency), make.vendor_manager(bank)
        for hour in range(case.spoken_before):
            at = STARTS_AT - timedelta(hours=4 - hour)
            told = Told(channel=Channel.CALL, outcome=Outcome.CONVERSATION, made_at=at)
            with transaction(agent) as session:
                log_action(session, agent, made.id, told, now=portal.now())
        yield Stage(case, made, _signed_in(app, agent), _signed_in(app, manager))
        db.engine.dispose()


def _signed_in(app: Flask, principal: Principal) -> str:
    """Return the cookie of somebody who is signed in; how they do it has journeys of its own."""
    cookie = Visitor(app, principal).client.get_cookie("portal")
    assert cookie is not None
    return cookie.value


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(IN_TWO_ZONES, id="not-before-eight-in-los-angeles"),
        pytest.param(A_FOURTH_CALL, id="a-fourth-call-in-chinese"),
    ],
    indirect=True,
)
def test_a_contact_the_rules_forbid_is_logged_and_the_bank_sees_it_at_once(
    stage: Stage, portal: Portal, open_page: OpenPage, watch: Watch
):
    case, made = stage.case, stage.made
    watch.expected.add(422)  # the form comes back once, with the rule that is about to be broken
    inspector = Inspector()
    screen = PHONE if case.on_telephone else DESKTOP

    def staff(cookie: str) -> Staff:
        page = open_page(viewport=screen, color_scheme="light")
        person = Staff(portal, page, case.say, inspector)
        if case.language is not None:
            page.goto("/help")
            person.switch_language(case.language)
        page.context.add_cookies([{"name": "portal", "value": cookie, "url": portal.url}])
        return person

    agent = staff(stage.agent)
    agent.page.goto(f"/agency/accounts/{made.id}")
    agent.look("account that may not be called")
    answer = agent.page.locator("#permits")
    for words in case.told:
        expect(answer).to_contain_text(words)
    expect(answer).to_contain_text(case.citation)

    agent.follow("Log an action")
    agent.look("action that breaks a rule")
    agent.choose("Spoke")
    agent.press("Log the action")
    agent.choose("It has happened: log it")
    agent.press("Log the action")
    expect(agent.page.locator("#timeline")).to_contain_text(case.citation)

    bank = staff(stage.manager)
    bank.page.goto("/bank/breaches")
    row = bank.page.get_by_role("row").filter(has_text=made.account_ref)
    expect(row).to_contain_text(case.citation)
    bank.look("breaches")
    bank.click(row.get_by_role("link").first)
    expect(bank.page.locator("main")).to_contain_text(case.citation)
    bank.look("breach")
    inspector.assert_clean()
