"""A whole portal over HTTP for the journeys: web, worker, mail and the demo's identity provider.

Each is a process of its own, started as `portal run` would, on free ports and a database that only
the journeys of this test process use. All of them live at the same instant, so that a page says
the same whenever the tests run.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psycopg

from portal.config import ROOT, Settings
from portal.processes import HttpProbe, Probe, TcpProbe
from portal.sandbox.identity import DEMO_USERS, to_json
from portal.sandbox.outbox import Letter, Outbox
from tests.support.database import Database

T = TypeVar("T")

#: Tuesday morning on the east coast of America and evening in China: calls are allowed in both,
#: and not yet further west.
STARTS_AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
PATIENCE_SECONDS = 60
_LOCALHOST = "127.0.0.1"


def eventually(ask: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Ask until there is an answer, or fail saying what was waited for."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while (answer := ask()) is None:
        assert time.monotonic() < deadline, f"waited {seconds:g} seconds for {what}"
        pause.wait(0.05)
    return answer


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_LOCALHOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One process and what it says."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """Return the end of what it said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-60:])

    def end(self) -> None:
        """End it and its children the hard way, which must lose nothing."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Portal:
    """A running portal: where it is, what it mailed, what time it has."""

    database: Database = field(repr=False)
    folder: Path
    data: Path
    web_port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    identity_port: int = field(default_factory=free_port)
    shift: timedelta = field(default_factory=lambda: STARTS_AT - datetime.now(UTC))
    running: dict[str, Running] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The portal's address."""
        return f"http://{_LOCALHOST}:{self.web_port}"

    @property
    def identity_url(self) -> str:
        """The identity provider's address, which is its issuer's name too."""
        return f"http://{_LOCALHOST}:{self.identity_port}"

    @property
    def outbox(self) -> Outbox:
        """What was mailed and texted, as the demo's outbox keeps it."""
        return Outbox(self.data / "outbox")

    def now(self) -> datetime:
        """Return the instant the portal lives at."""
        return datetime.now(UTC) + self.shift

    def settings(self) -> Settings:
        """Return the portal's settings, for an application in this process beside it."""
        return Settings(
            _env_file=None,
            portal_environment="test",
            database_url=self.database.app_url,
            database_admin_url=self.database.admin_url,
            portal_data_dir=self.data,
            portal_base_url=self.url,
            smtp_port=self.smtp_port,
            oidc_allow_loopback=True,
        )

    def start(self) -> None:
        """Move the database's clock, then start everything that does not need organisations."""
        with psycopg.connect(self.database.admin_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE installation SET demo = true, clock_shift = %s", [self.shift]
            )
        outbox = ["-m", "portal.sandbox.outbox", _LOCALHOST, str(self.smtp_port), "0"]
        self._run("outbox", [*outbox, str(self.data / "outbox")])
        self._run(
            "identity",
            [
                *("-m", "tests.support.identity_clock", str(self.shift.total_seconds())),
                *(_LOCALHOST, str(self.identity_port), to_json(DEMO_USERS)),
            ],
        )
        self._run("worker", ["-m", "portal.cli", "jobs", "work"])
        self.start_web()
        self._await("outbox", TcpProbe(_LOCALHOST, self.smtp_port))
        self._await("identity", TcpProbe(_LOCALHOST, self.identity_port))

    def start_web(self, **environment: str) -> None:
        """Start the web server, with more environment if a test wants to break it."""
        self._run("web", ["-m", "portal.cli", "web"], **environment)
        self._await("web", HttpProbe(f"{self.url}/readyz"))

    def web_has_died(self) -> bool | None:
        """Tell, for `eventually`, whether the web server ended by itself."""
        return None if self.running["web"].process.poll() is None else True

    def end_web(self) -> None:
        """End the web server, if it runs."""
        self.running.pop("web").end()

    def stop(self) -> None:
        """End everything."""
        for one in self.running.values():
            one.end()
        self.running.clear()

    def mail(self, to: str, containing: str = "", newer_than: Collection[str] = ()) -> Letter:
        """Return the newest message to an address, once there is one with these words.

        `newer_than` names the messages that were there before.
        """

        def look() -> Letter | None:
            letters = [one for one in self.outbox.list_newest(to) if one.name not in newer_than]
            return next((one for one in letters if containing in one.text), None)

        return eventually(look, f"mail to {to}")

    def _run(self, name: str, arguments: list[str], **environment: str) -> None:
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env={**self._environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[name] = Running(name, process, log)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": self.database.app_url,
            "PORTAL_ENVIRONMENT": "test",
            "PORTAL_DATA_DIR": str(self.data),
            "PORTAL_BASE_URL": self.url,
            "PORTAL_PORT": str(self.web_port),
            "PORTAL_WEB_WORKERS": "1",
            "SMTP_PORT": str(self.smtp_port),
            "OIDC_ALLOW_LOOPBACK": "true",
        }

    def _await(self, name: str, probe: Probe) -> None:
        one = self.running[name]

        def answer() -> bool | None:
            assert one.process.poll() is None, f"{name} ended:\n{one.last_words()}"
            return True if probe.answers() else None

        eventually(answer, f"{name} at {probe}")


def six_digits(text: str) -> str:
    """Return the one-time code of a message."""
    found = re.search(r"(?<!\d)(\d{6})(?!\d)", text)
    assert found is not None, text
    return found[1]
