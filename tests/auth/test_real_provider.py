"""The way in through a provider written by others, in a process of its own, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
import tenacity

from portal.core.permissions import Role
from tests.support.identity import path_of, set_up
from tests.support.people import Browser, address, hire, invite, reasons, row_of, text_of


@dataclass(frozen=True)
class RunningProvider:
    """The address of a provider that runs."""

    issuer: str

    def knows(self, subject: str, **claims: object) -> None:
        """Tell the provider what to say about somebody."""
        answer = requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5)
        assert answer.status_code == 204, answer.text

    def signs_in(self, url: str, subject: str) -> str:
        """Fill in the provider's own form, and return where it sends the browser back to."""
        answer = requests.post(url, data={"sub": subject}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return path_of(answer.headers["Location"])

    def denies(self, url: str) -> str:
        """Press Deny on the provider's form."""
        answer = requests.post(url, data={"action": "deny"}, allow_redirects=False, timeout=5)
        return path_of(answer.headers["Location"])


@pytest.fixture(scope="module")
def real() -> Iterator[RunningProvider]:
    """Run oidc-provider-mock; plain http is allowed in its own environment only."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    running = RunningProvider(f"http://127.0.0.1:{port}")
    try:
        _wait_until_it_answers(running)
        yield running
    finally:
        process.terminate()
        process.wait(10)


@tenacity.retry(
    stop=tenacity.stop_after_delay(30),
    wait=tenacity.wait_fixed(0.1),
    retry=tenacity.retry_if_exception_type(requests.ConnectionError),
)
def _wait_until_it_answers(running: RunningProvider) -> None:
    requests.get(running.issuer, timeout=5)


def test_a_person_joins_through_a_real_provider_and_comes_back(app, make, real):
    bank, email = make.bank(), address()
    invite(bank, Role.BANK_ANALYST, email=email)
    set_up(bank.id, real)
    real.knows("analyst-7", email=email, email_verified=True)
    first, second = Browser(app), Browser(app)

    joined = first.get(real.signs_in(first.get(f"/auth/sso/{bank.id}").location, "analyst-7"))
    again = second.get(real.signs_in(second.get(f"/auth/sso/{bank.id}").location, "analyst-7"))

    assert (joined.status_code, joined.location) == (303, "/bank/")
    assert (again.status_code, again.location) == (303, "/bank/")
    assert row_of(email).sso_subject == "analyst-7"
    assert os.environ.get("AUTHLIB_INSECURE_TRANSPORT") is None


def test_an_administrator_tests_a_real_provider_and_switches_it_on(app, make, real):
    agency = make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN)
    browser = Browser(app)
    browser.sign_in(boss)
    browser.get("/agency/sign-in-provider")

    saved = browser.post(
        "/agency/sign-in-provider",
        {"issuer": real.issuer, "client_id": "agency", "client_secret": "any"},
    )
    away = browser.get("/agency/sign-in-provider/test")
    tested = browser.get(real.signs_in(away.location, "somebody@example.com"))
    page = text_of(browser.get("/agency/sign-in-provider"))
    switched = browser.post("/agency/sign-in-provider/enable")

    assert saved.status_code == 303
    assert tested.location == "/agency/sign-in-provider"
    assert "confirmed somebody@example.com" in page
    assert switched.status_code == 303
    assert Browser(app).name(boss.email).location == "/sign-in/organisation"


def test_two_organisations_at_one_provider_are_two_doors(app, make, real):
    bank, other, email = make.bank(), make.bank(), address()
    invite(bank, Role.BANK_ANALYST, email=email)
    set_up(bank.id, real)
    set_up(other.id, real)
    real.knows("analyst-8", email=email, email_verified=True)
    ours, theirs = Browser(app), Browser(app)

    inside = ours.get(real.signs_in(ours.get(f"/auth/sso/{bank.id}").location, "analyst-8"))
    outside = theirs.get(real.signs_in(theirs.get(f"/auth/sso/{other.id}").location, "analyst-8"))

    assert inside.status_code == 303
    assert outside.status_code == 403
    assert reasons(other.id) == ["person_unknown"]


def test_denying_at_a_real_provider_is_told_kindly(app, make, real):
    bank = make.bank()
    set_up(bank.id, real)
    browser = Browser(app)

    answer = browser.get(real.denies(browser.get(f"/auth/sso/{bank.id}").location))

    # This provider drops the state when somebody denies, so the answer belongs to no request.
    assert reasons(bank.id) == ["state_unknown"]
    assert answer.status_code == 403
    assert "Start again" in text_of(answer)
    assert not browser.is_signed_in()
