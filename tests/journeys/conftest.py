"""A running portal and a Chromium to walk through it.

pytest-playwright's fixtures live here for one module, not for the session: while Playwright's
loop is open, no other test of the process could run an event loop of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Playwright, expect, sync_playwright

from portal.adapters.schema import MIGRATIONS, migrate
from portal.app import create_app
from portal.core.parties.staff import get_staff_by_email, resend_invitation
from portal.core.principal import Principal
from portal.demo.moments import moment
from portal.demo.parties import agency_by_code, bank_by_code, make_organisations
from portal.extensions import db
from portal.web.organisation.invitations import mail_invitation
from portal.web.uow import transaction
from tests.journeys.browser import launch_options
from tests.journeys.watch import Watch
from tests.support.database import Database
from tests.support.identity import set_up
from tests.support.servers import Portal

#: Pictures take the demo's whole history, so they are made when they are asked for.
collect_ignore = [] if "PICTURES" in os.environ else ["test_pictures.py"]
OpenPage = Callable[..., Page]
PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def portal(
    database: Database, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal with banks, agencies and their staff, and without accounts."""
    own = Database.clone(database.server_url, MIGRATIONS, migrate, suffix="_journeys")
    running = Portal(own, tmp_path_factory.mktemp("servers"), data_dir)
    try:
        running.start()
        _found_organisations(running)
        yield running
    finally:
        running.stop()
        own.drop()


def _found_organisations(portal: Portal) -> None:
    """Make the demo's parties; all but Cedarlane sign in through the demo's provider."""
    app = create_app(portal.settings())
    with app.test_request_context(base_url=portal.url), moment(portal.now()) as now:
        make_organisations(now.date())
        connect_to_provider(portal.identity_url)
        for email in ("pat.doyle@cedarlane.example", "operator@portal.example"):
            _invite_by_mail(email, now)
        db.engine.dispose()


def connect_to_provider(url: str) -> None:
    """Let the demo's organisations but Cedarlane sign their people in through a provider."""
    for code in ("HARBOUR", "YUANSHAN"):
        set_up(bank_by_code(code).id, url)
    for code in ("NORTHGATE", "ANHE"):
        set_up(agency_by_code(code).id, url)


def _invite_by_mail(email: str, now: datetime) -> None:
    actor = Principal.operator_machine()
    with transaction(actor) as session:
        staff = get_staff_by_email(session, actor, email)
        invitation = resend_invitation(session, actor, staff.org_id, staff.id, now=now)
        mail_invitation(session, invitation)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Open Playwright's loop for one module."""
    with sync_playwright() as opened:
        yield opened


@pytest.fixture(scope="module")
def browser_type(playwright: Playwright) -> BrowserType:
    """Return Chromium: the browser the system has."""
    return playwright.chromium


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    """Return what every context is opened with."""
    return {"locale": "en-US", "timezone_id": "America/New_York", "reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def browser(
    browser_type: BrowserType, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Start the browser for one module."""
    expect.set_options(timeout=PATIENCE_MS)
    started = browser_type.launch(**launch_options(tmp_path_factory.mktemp("chromium")))
    yield started
    started.close()


@pytest.fixture
def watch(portal: Portal) -> Iterator[Watch]:
    """Listen behind every page of the test, and fail it if anything went wrong."""
    hosts = {url.removeprefix("http://") for url in (portal.url, portal.identity_url)}
    listening = Watch(hosts)
    yield listening
    listening.assert_quiet(portal.running["web"].last_words)


@pytest.fixture
def open_page(new_context: Callable[..., Any], portal: Portal, watch: Watch) -> OpenPage:
    """Open a browser of somebody's own: `open_page(viewport=PHONE, color_scheme="dark")`."""

    def opened(**options: Any) -> Page:
        context = new_context(base_url=portal.url, **options)
        context.set_default_timeout(PATIENCE_MS)
        watch.over(context, scripts=options.get("java_script_enabled", True))
        page: Page = context.new_page()
        return page

    return opened
