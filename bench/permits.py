"""One permit end to end, HTTP to database and back, against the same server's static page."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from bench.ground import BenchGround
from bench.pages import STATIC, serving
from bench.result import Result
from portal.core import clock
from portal.core.actions.service import log_call
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Outcome
from portal.web.uow import transaction
from tests.support.factories import Factory
from tests.support.sign_in import Visitor

ACCOUNTS, BARE, WARM_UP = 400, 1_000, 40
CALLS_BEFORE = 3
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    """Ask for a permit on hundreds of people, each with calls on record, one after the other.

    Every question is another person's, so none is answered from what a former one left behind;
    whether the answer is yes or no depends on the hour, and either way all of it is done.
    """
    ours, baseline = [], []
    for _ in range(rounds):
        cookie, account_ids = _people(ground)
        with serving(ground) as port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            token = _token(connection, account_ids[0], cookie)
            bare = [_timed(connection, "GET", STATIC, "", cookie) for _ in range(BARE)]
            asked = [
                _timed(
                    connection,
                    "POST",
                    f"/agency/accounts/{account_id}/permits",
                    urlencode({"csrf_token": token, "channel": "call", "role": "consumer"}),
                    cookie,
                )
                for account_id in account_ids
            ]
            connection.close()
        ours.append(1 / _p99(asked))
        baseline.append(1 / _p99(bare))
    return [
        Result(
            "one permit, against the same server's static page, at the 99th percentile",
            statistics.median(ours),
            statistics.median(baseline),
            "requests/s",
            1 / 6,
        )
    ]


def _p99(times: list[float]) -> float:
    settled = sorted(times[WARM_UP:])
    return settled[int(len(settled) * 0.99)]


def _people(ground: BenchGround) -> tuple[str, list[UUID]]:
    """Place accounts with an agency, log calls on each, and return a collector's cookie."""
    make = Factory()
    bank, agency = make.bank(), make.agency()
    agent = make.agent(agency)
    now = clock.now()
    made = [make.account(bank=bank, agency=agency, verified_on=now.date()) for _ in range(ACCOUNTS)]
    for account in made:
        with transaction(agent) as session:
            for number in range(CALLS_BEFORE):
                log_call(
                    session,
                    agent,
                    account.id,
                    outcome=Outcome.NO_ANSWER,
                    made_at=now - timedelta(minutes=10 * (number + 1)),
                    now=now,
                )
    collector = Principal.staff(agent.side, agency.id, agent.user_id, Role.COLLECTOR)
    visitor = Visitor(ground.app, collector)
    cookie = visitor.client.get_cookie("portal", domain="127.0.0.1") or visitor.client.get_cookie(
        "portal"
    )
    if cookie is None:
        raise RuntimeError("no session cookie")
    return f"portal={cookie.value}", [account.id for account in made]


def _token(connection: http.client.HTTPConnection, account_id: UUID, cookie: str) -> str:
    connection.request("GET", f"/agency/accounts/{account_id}/permits", headers={"Cookie": cookie})
    found = _TOKEN.search(connection.getresponse().read())
    if found is None:
        raise RuntimeError("no form token on the page")
    return found.group(1).decode()


def _timed(
    connection: http.client.HTTPConnection, method: str, path: str, body: str, cookie: str
) -> float:
    headers = {"Cookie": cookie}
    if method == "POST":
        headers["Accept"] = "application/json"
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    started = time.perf_counter()
    connection.request(method, path, body=body or None, headers=headers)
    answer = connection.getresponse()
    answer.read()
    spent = time.perf_counter() - started
    if answer.status not in (200, 201):
        raise RuntimeError(f"{path} answered {answer.status}")
    return spent
