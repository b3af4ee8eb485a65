"""The whole path by clicks: a file becomes a referral, a call, a letter, a plan and a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import door
from tests.journeys.agency_desk import AgencyDesk
from tests.journeys.axe import DESKTOP, PHONE, Inspector
from tests.journeys.bank_desk import BankDesk
from tests.journeys.conftest import OpenPage
from tests.journeys.debtor_page import DebtorPage
from tests.journeys.people import Staff, Visitor
from tests.journeys.referral import ReferralFile, write_file
from tests.journeys.words import CHINESE, ENGLISH, Words, amounts
from tests.support.servers import STARTS_AT, Portal

pytestmark = pytest.mark.journey
TODAY = STARTS_AT.date()
BANK_PAGES = (
    *("/bank/accounts", "/bank/imports", "/bank/referrals", "/bank/recoveries?state=verified"),
    *("/bank/breaches", "/bank/plan-policy", "/bank/agencies/new", "/profile"),
)
ACCOUNT_TABS = ("actions", "letters")
AGENCY_PAGES = ("/agency/", "/agency/recoveries", "/agency/offers?view=answered")
DEBTOR_PAGES = ("letters", "payments", "talk", "plan", "plan/stop", "pay")
RECOVERED, INSTALMENT = 20_000, 30_000


@dataclass(frozen=True)
class Cast:
    """Who takes part, in which language, at which size of screen."""

    country: str
    seed: int
    bank_staff: str
    agency_staff: str
    agency: str
    by_password: bool = False
    say: Words = ENGLISH
    switch_to: str | None = None
    money: str = "${:,.2f}"
    on_telephone: bool = False
    debtor_has_scripts: bool = True
    theme: str = "light"

    def shown(self, cents: int) -> str:
        """Return an amount as pages show it."""
        return self.money.format(cents / 100)


ON_A_DESK = Cast(
    country="US",
    seed=21,
    bank_staff="jamie.ortiz@harbour.example",
    agency_staff="kim.tran@northgate.example",
    agency="Northgate Recovery",
)
ON_A_TELEPHONE = Cast(
    country="US",
    seed=22,
    bank_staff="jamie.ortiz@harbour.example",
    agency_staff="pat.doyle@cedarlane.example",
    agency="Cedar Lane Associates",
    by_password=True,
    on_telephone=True,
    debtor_has_scripts=False,
    theme="dark",
)
IN_CHINESE = Cast(
    country="CN",
    seed=23,
    bank_staff="lin.xiao@yuanshan.example",
    agency_staff="zhou.ning@anhe.example",
    agency="安和服务",
    say=CHINESE,
    switch_to="简体中文",
    money="¥{:,.2f}",
    theme="dark",
)


class Journey:
    """The steps in order; each says on every side what it changed."""

    def __init__(
        self,
        cast: Cast,
        portal: Portal,
        open_page: OpenPage,
        folder: Path,
        inspector: Inspector | None,
    ) -> None:
        self.cast = cast
        self.file: ReferralFile = write_file(folder, country=cast.country, seed=cast.seed)
        self.person = self.file.person

        screen = PHONE if cast.on_telephone else DESKTOP

        def page(**options: Any) -> Page:
            return open_page(viewport=screen, color_scheme=cast.theme, **options)

        def staff(email: str) -> Staff:
            return Staff(portal, page(), cast.say, inspector, email=email)

        self.bank = BankDesk(staff(cast.bank_staff))
        self.agency = AgencyDesk(staff(cast.agency_staff))
        at_home = page(java_script_enabled=cast.debtor_has_scripts)
        self.debtor = DebtorPage(Visitor(portal, at_home, cast.say, inspector))

    def walk(self) -> None:
        """Go the whole way."""
        self.import_and_refer()
        self.accept_and_ask()
        code = self.work_the_account()
        self.bank.verify_recovery(self.person, RECOVERED)
        self.owed = self.person.balance - RECOVERED
        self.enter_and_plan(code)
        self.pay()
        self.compare()

    def import_and_refer(self) -> None:
        staff = self.bank.staff
        door.sign_in_through_organisation(staff, self.cast.switch_to)
        staff.at("Home")
        self.bank.import_file(self.file)
        self.count, self.placed = self.bank.refer(self.file, self.cast.agency, "500")

    def accept_and_ask(self) -> None:
        staff = self.agency.staff
        if self.cast.by_password:
            door.join_by_invitation(staff)
        else:
            door.sign_in_through_organisation(staff, self.cast.switch_to)
        self.agency.accept_offer(self.count, self.placed)
        answers = self.agency.see_worklist(self.count, self.placed)
        may = self.cast.say("Yes, now")
        assert may in answers
        if self.cast.country == "US":
            assert any(answer != may for answer in answers), "it is early in the west"

    def work_the_account(self) -> str:
        agency, say = self.agency, self.cast.say
        agency.open_account(self.person)
        expect(agency.permit("Phone call")).to_contain_text(say("Yes, now"))
        agency.log_conversation("Will pay by instalments.")
        if self.cast.country == "US":
            expect(agency.permit("Phone call")).not_to_contain_text(say("Yes, now"))
        agency.record_promise("150.00", TODAY + timedelta(days=10))
        agency.report_recovery("200.00", TODAY, f"T-{self.cast.seed}")
        return agency.send_notice()

    def enter_and_plan(self, code: str) -> None:
        debtor = self.debtor
        door.enter_with_letter(debtor.visitor, code, self.person, self.cast.switch_to)
        assert debtor.owed() == self.owed
        opening, *_, total = debtor.see_itemisation()
        assert (opening, total) == (self.person.balance, self.owed)
        debtor.build_plan("300", TODAY + timedelta(days=3))
        parts = debtor.accept_plan()
        assert parts[0] == INSTALMENT
        assert sum(parts) == self.owed

    def pay(self) -> None:
        debtor = self.debtor
        shown = self.cast.shown(INSTALMENT)
        debtor.pay_instalment(shown)
        debtor.see_payment_cleared(shown)
        assert INSTALMENT in amounts(debtor.see_receipt())
        self.owed -= INSTALMENT

    def compare(self) -> None:
        """Every side and every file says the same cents."""
        bank, agency, staff = self.bank, self.agency, self.bank.staff
        assert self.debtor.owed() == self.owed
        agency.open_account(self.person)
        assert amounts(agency.staff.page.locator(".dp-amount").inner_text()) == [self.owed]
        assert agency.exported_balance(self.person) == self.owed
        assert bank.exported_balance(self.person) == self.owed
        bank.open_account(self.person)
        assert amounts(staff.page.locator(".dp-amount").inner_text()) == [self.owed]
        staff.look("account")
        expect(staff.page.get_by_text(self.cast.say("Spoke")).first).to_be_visible()
        staff.follow("Plan and payments")
        staff.look("plan and payments")
        self._see_plan_and_payment()
        staff.follow("Ledger")
        staff.look("ledger")
        self._see_agency()

    def look_around(self) -> None:
        """Let the pages be inspected that lie beside the path."""
        account = self.debtor.visitor.page.get_by_role("link", name=self.cast.say("See your plan"))
        base = (account.get_attribute("href") or "").removesuffix("/plan")
        self.debtor.visitor.visit(*(f"{base}/{part}" for part in DEBTOR_PAGES))
        self.debtor.visitor.page.goto(f"{base}/letters")
        self.debtor.visitor.follow("Notice")
        self.debtor.visitor.look("the notice")
        self.bank.open_account(self.person)
        here = self.bank.staff.page.url
        self.bank.staff.visit(*BANK_PAGES, *(f"{here}?tab={tab}" for tab in ACCOUNT_TABS))
        self.agency.staff.visit(*AGENCY_PAGES)

    def _see_plan_and_payment(self) -> None:
        page, say = self.bank.staff.page, self.cast.say
        parts = page.get_by_role("table", name=say("Instalments")).get_by_role("row")
        assert amounts(parts.nth(1).inner_text()) == [INSTALMENT, INSTALMENT]
        paid = page.get_by_role("table", name=say("Payments through the portal"))
        assert amounts(paid.inner_text()) == [INSTALMENT]
        recoveries = page.get_by_role("table", name=say("Recoveries")).inner_text()
        assert {RECOVERED, INSTALMENT} <= set(amounts(recoveries))

    def _see_agency(self) -> None:
        staff = self.bank.staff
        staff.go("Agencies")
        staff.at("Agencies")
        staff.follow(self.cast.agency)
        expect(staff.title).to_have_text(self.cast.agency)
        staff.look("agency")
        assert amounts(staff.figure("Placed")) == [self.placed]
        assert amounts(staff.figure("Recovered, net")) == [RECOVERED + INSTALMENT]


@pytest.mark.parametrize(
    "cast",
    [
        pytest.param(ON_A_DESK, id="on-a-desk"),
        pytest.param(ON_A_TELEPHONE, id="on-a-telephone-debtor-without-scripts"),
        pytest.param(IN_CHINESE, id="in-chinese"),
    ],
)
def test_a_file_becomes_a_payment_and_every_side_shows_the_same_cents(
    cast, portal, open_page, tmp_path
):
    inspector = Inspector() if cast is not ON_A_TELEPHONE else None

    journey = Journey(cast, portal, open_page, tmp_path, inspector)
    journey.walk()

    if inspector is not None:
        journey.look_around()
        inspector.assert_clean()
