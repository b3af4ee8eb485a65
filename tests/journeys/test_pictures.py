"""The pictures README shows, from the demo's data: `PICTURES=docs/pictures` asks for them.

A picture shows what a test walked through, so that it never promises what is not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from portal.adapters.schema import MIGRATIONS, migrate
from portal.app import JOB_TIMEOUTS, create_app
from portal.config import ROOT
from portal.demo.loading import ensure_demo
from portal.demo.moments import moment
from portal.demo.referral_file import referral_rows
from portal.extensions import db
from tests.journeys import door
from tests.journeys.agency_desk import AgencyDesk
from tests.journeys.axe import DESKTOP, PHONE
from tests.journeys.bank_desk import BankDesk
from tests.journeys.conftest import OpenPage, connect_to_provider
from tests.journeys.debtor_page import DebtorPage
from tests.journeys.people import Staff, Visitor
from tests.journeys.pictures import Album
from tests.journeys.referral import Person, ReferralFile, person_of, write_file
from tests.journeys.words import CHINESE, ENGLISH, amounts
from tests.support.database import Database
from tests.support.servers import STARTS_AT, Portal

pytestmark = pytest.mark.journey
TODAY = STARTS_AT.date()
LARGER_FILE = {"country": "US", "seed": 31, "rows": 240}


@pytest.fixture(scope="module")
def portal(
    database: Database, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal with the demo's whole history."""
    own = Database.clone(database.server_url, MIGRATIONS, migrate, suffix="_pictures")
    running = Portal(own, tmp_path_factory.mktemp("servers"), data_dir)
    try:
        with create_app(running.settings(), timeouts=JOB_TIMEOUTS).app_context():
            with moment(running.now()):
                for _ in ensure_demo():
                    pass
            running.start()
            with moment(running.now()):
                connect_to_provider(running.identity_url)
            db.engine.dispose()
        yield running
    finally:
        running.stop()
        own.drop()


@pytest.fixture
def album() -> Album:
    """Return the folder the pictures are asked for in."""
    folder = ROOT / os.environ["PICTURES"]
    folder.mkdir(parents=True, exist_ok=True)
    return Album(folder)


class Stage:
    """Opens a window for everybody who is in a picture."""

    def __init__(self, portal: Portal, open_page: OpenPage, language: str | None = None) -> None:
        self.portal, self._open_page, self.language = portal, open_page, language
        self.say = ENGLISH if language is None else CHINESE

    def staff(self, email: str) -> Staff:
        """Sign somebody in at a large screen."""
        person = Staff(self.portal, self._open_page(viewport=DESKTOP), self.say, email=email)
        door.sign_in_through_organisation(person, self.language)
        return person

    def debtor(self) -> Visitor:
        """Hand somebody a telephone."""
        telephone = self._open_page(viewport=PHONE, device_scale_factor=2)
        return Visitor(self.portal, telephone, self.say)


def test_pictures_in_english(portal, open_page, album, tmp_path):
    stage = Stage(portal, open_page)

    bank = BankDesk(stage.staff("jamie.ortiz@harbour.example"))
    count, total = _pictures_of_the_bank(bank, album, write_file(tmp_path, **LARGER_FILE))
    agency = AgencyDesk(stage.staff("kim.tran@northgate.example"))
    agency.accept_offer(count, total)
    person = _somebody(portal, "NORTHGATE")
    agency.open_account(person)
    code = agency.send_notice()
    agency.log_conversation("Asked for a plan; will open the letter's page tonight.")
    album.take(agency.staff.page, "agency-account")
    agency.staff.go("Worklist")
    agency.staff.at("Worklist")
    album.take(agency.staff.page, "agency-worklist")
    _pictures_of_a_person_in_debt(DebtorPage(stage.debtor()), album, code, person)


def test_a_picture_in_chinese(portal, open_page, album, tmp_path):
    stage = Stage(portal, open_page, "简体中文")
    file = write_file(tmp_path, country="CN", seed=41, rows=60)

    bank = BankDesk(stage.staff("lin.xiao@yuanshan.example"))
    bank.import_file(file)
    count, total = bank.refer(file, "安和服务", "500")
    agency = AgencyDesk(stage.staff("zhou.ning@anhe.example"))
    agency.accept_offer(count, total)
    agency.open_account(file.person)
    debtor = DebtorPage(stage.debtor())
    door.enter_with_letter(debtor.visitor, agency.send_notice(), file.person, "简体中文")
    debtor.owed()
    album.take(debtor.visitor.page, "debtor-home-zh")


def _pictures_of_the_bank(desk: BankDesk, album: Album, file: ReferralFile) -> tuple[int, int]:
    """Walk through the bank's pages up to a referral; return what Northgate is offered."""
    staff, page = desk.staff, desk.staff.page
    staff.at("Home")
    album.take(page, "bank-home")
    page.emulate_media(color_scheme="dark")
    album.take(page, "bank-home-dark")
    page.emulate_media(color_scheme="light")
    desk.check_file(file)
    album.take(page, "bank-import")
    staff.go("Agencies")
    staff.follow("Northgate Recovery")
    staff.at("Northgate Recovery")
    album.take(page, "bank-agency")
    staff.go("Compliance")
    staff.at("Compliance")
    album.take(page, "bank-compliance")
    staff.go("Referrals")
    staff.follow("Refer accounts")
    staff.fill_name("Northgate Recovery", "60")
    staff.fill_name("Cedar Lane Associates", "40")
    staff.fill("Seed of the split", "autumn")
    staff.press("Show the proposal")
    staff.at("Proposal")
    album.take(page, "bank-referral")
    offered = page.get_by_role("row").filter(has_text="Northgate Recovery")
    cells = offered.get_by_role("cell").all_inner_texts()
    staff.press_main(staff.figure("Accounts to offer"))
    return int(cells[1]), amounts(cells[3])[0]


def _pictures_of_a_person_in_debt(
    pages: DebtorPage, album: Album, code: str, person: Person
) -> None:
    visitor = pages.visitor
    visitor.page.goto("/")
    album.take(visitor.page, "debtor-start")
    door.enter_with_letter(visitor, code, person)
    pages.owed()
    album.take(visitor.page, "debtor-home")
    pages.build_plan("300", TODAY + timedelta(days=7))
    visitor.at("Check your plan")
    album.take(visitor.page, "debtor-plan")
    pages.accept_plan()
    pages.pay_instalment("$300.00")
    pages.see_payment_cleared("$300.00")
    pages.see_receipt()
    album.take(visitor.page, "debtor-receipt")


def _somebody(portal: Portal, agency: str) -> Person:
    """Pick somebody of the demo's fresh file whom an agency just took on."""
    with psycopg.connect(portal.database.admin_url) as connection:
        untouched = connection.execute(
            "SELECT a.account_ref FROM accounts a JOIN agencies g ON g.id = a.agency_id"
            " WHERE g.code = %s AND a.last_action_at IS NULL",
            [agency],
        ).fetchall()
    return person_of(list(referral_rows(seed=2, rows=240)), {ref for (ref,) in untouched})
