"""The agency's worklist against the same server's static page: requests a second, same load."""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

from bench.ground import BenchGround
from bench.placed import place_accounts
from bench.result import Result
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.support.servers import free_port
from tests.support.sign_in import Visitor

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
ACCOUNTS = 3_000
CONNECTIONS = 4
WORKLIST, STATIC = "/agency/accounts", "/help"
REQUESTS = {WORKLIST: 200, STATIC: 1_000}


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    """Serve a worklist of some thousand accounts; ask for it and for the static page in turn."""
    cookie = _placed_accounts(ground)
    ours, baseline = [], []
    with serving(ground) as port:
        for path in (WORKLIST, STATIC):
            _rate(port, path, cookie, 20)
        for _ in range(rounds):
            ours.append(_rate(port, WORKLIST, cookie, REQUESTS[WORKLIST]))
            baseline.append(_rate(port, STATIC, cookie, REQUESTS[STATIC]))
    return [
        Result(
            "worklist page, against the same server's static page",
            statistics.median(ours),
            statistics.median(baseline),
            "requests/s",
            0.1,
        )
    ]


def _placed_accounts(ground: BenchGround) -> str:
    """Place accounts with an agency, and return the cookie of somebody there."""
    placed = place_accounts(ground, ACCOUNTS, at=AT)
    agent = placed.agent
    visitor = Visitor(
        ground.app, Principal.staff(agent.side, placed.agency.id, agent.user_id, Role.COLLECTOR)
    )
    cookie = visitor.client.get_cookie("portal", domain="127.0.0.1") or visitor.client.get_cookie(
        "portal"
    )
    if cookie is None:
        raise RuntimeError("no session cookie")
    return f"portal={cookie.value}"


@contextmanager
def serving(ground: BenchGround) -> Iterator[int]:
    """Run the production web server on a free port, on the same database and keys."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": ground.settings.database_url or "",
        "PORTAL_DATA_DIR": str(ground.settings.portal_data_dir),
        "PORTAL_ENVIRONMENT": "test",
        "PORTAL_PORT": str(port),
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
    }
    process = subprocess.Popen([sys.executable, "-m", "portal.cli", "web"], env=environment)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            if (
                _get(http.client.HTTPConnection("127.0.0.1", port, timeout=2), "/healthz", "")
                == 200
            ):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not answer")


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> int:
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _rate(port: int, path: str, cookie: str, requests: int) -> float:
    """Ask for a page over a few kept connections; return requests a second."""

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(number):
            status = _get(connection, path, cookie)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(ask, [requests // CONNECTIONS] * CONNECTIONS))
    return requests / (time.perf_counter() - started)
