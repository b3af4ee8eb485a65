"""The demo's outbox: a mail server that keeps every message, and pages that show them.

The demo's stand-in for mailboxes and phones; text messages arrive here as the gateway would get
them. It accepts anything from anybody who reaches it, so it listens on this machine only.
"""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import uuid_utils
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, render_template, request
from werkzeug.serving import make_server

from portal.config import ROOT

NEWEST = 200
NAME = re.compile(r"[0-9a-f-]{36}")
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """One kept message as the pages show it."""

    name: str
    to: str
    sender: str
    subject: str | None
    sent_at: datetime | None
    text: str


@dataclass(frozen=True)
class Outbox:
    """A folder with one file for each message; names sort by arrival."""

    folder: Path

    def keep(self, content: bytes) -> None:
        """Store one message, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{uuid_utils.uuid7()}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def list_newest(self, to: str = "") -> list[Letter]:
        """Return the latest messages, newest first; `to` leaves those whose address has it."""
        names = sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)
        letters = (letter for name in names if (letter := self.find(name)) is not None)
        return _first(NEWEST, (letter for letter in letters if to.lower() in letter.to.lower()))

    def find(self, name: str) -> Letter | None:
        """Return one message, or None if there is none of that name."""
        if not NAME.fullmatch(name):
            return None
        try:
            content = (self.folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None
        message = message_from_bytes(content, policy=policy.default)
        body = message.get_body(("plain",))
        date = message["Date"]
        return Letter(
            name=name,
            to=str(message["To"] or ""),
            sender=str(message["From"] or ""),
            subject=message["Subject"],
            sent_at=date.datetime if date is not None else None,
            text=str(body.get_content()) if isinstance(body, EmailMessage) else "",
        )

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep what a client sent."""
        content = envelope.content or b""
        self.keep(content if isinstance(content, bytes) else content.encode())
        return "250 Kept"


def _first(count: int, letters: Iterable[Letter]) -> list[Letter]:
    return [letter for letter, _ in zip(letters, range(count), strict=False)]


def make_viewer(outbox: Outbox, host: str = "127.0.0.1") -> Flask:
    """Make the pages: the list, and one message. They only read, and run no scripts."""
    app = Flask(__name__, template_folder="templates/outbox", static_folder=str(ROOT / "static"))
    if host in LOOPBACK:  # a web site must not read passcodes by naming itself this machine
        app.config["TRUSTED_HOSTS"] = LOOPBACK

    @app.get("/")
    def index() -> str:
        to = request.args.get("to", "").strip()
        return render_template("list.html", letters=outbox.list_newest(to), to=to)

    @app.get("/messages/<name>")
    def message(name: str) -> str:
        letter = outbox.find(name)
        if letter is None:
            abort(404)
        return render_template("message.html", letter=letter)

    @app.after_request
    def close(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app


def serve(host: str, smtp_port: int, http_port: int, folder: Path) -> None:
    """Run mail server and pages until a signal asks to stop; port 0 takes a free one."""
    for noisy in ("mail.log", "werkzeug"):  # no line for each request
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(_serve(host, smtp_port, http_port, Outbox(folder)))


async def _serve(host: str, smtp_port: int, http_port: int, outbox: Outbox) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pages = make_server(host, http_port, make_viewer(outbox, host), threaded=True)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    mail = await loop.create_server(
        lambda: SMTP(outbox, loop=loop, hostname=host, enable_SMTPUTF8=True), host, smtp_port
    )
    port = mail.sockets[0].getsockname()[1]
    log.info("takes mail at %s:%d, shows it at http://%s:%d/", host, port, host, pages.port)
    await stop.wait()
    mail.close()
    pages.shutdown()


def main() -> None:
    """Run as `python -m portal.sandbox.outbox HOST SMTP_PORT HTTP_PORT FOLDER`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    host, smtp_port, http_port, folder = sys.argv[1:]
    serve(host, int(smtp_port), int(http_port), Path(folder))


if __name__ == "__main__":
    main()
