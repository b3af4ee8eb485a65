"""PostgreSQL dies while payments are being booked: what was acknowledged is there, once."""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlalchemy.exc import OperationalError

from portal.adapters import embedded_postgres
from portal.adapters.schema import MIGRATIONS, migrate
from portal.app import create_app
from portal.config import Settings
from portal.core import faults
from portal.core.ledger.check import check_ledger
from portal.core.ledger.models import Posting, PostingKind
from portal.core.payments.models import Payment, PaymentState
from portal.core.principal import Principal
from portal.extensions import db
from portal.web import payments as provider
from portal.web.uow import transaction
from tests.support.database import Database
from tests.support.factories import NOON, Factory
from tests.support.gateway import FakeGateway, paying_through
from tests.support.payments import open_page, start, take_payments

PAYMENTS = 24


class _Server:
    """A server of this test alone, which can be made to die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = embedded_postgres.start(folder)

    def die(self) -> None:
        """End the postmaster and all its processes at once, without a checkpoint."""
        [note] = self.folder.rglob("postmaster.pid")
        pid = int(note.read_text().splitlines()[0])
        watch = os.pidfd_open(pid)
        os.kill(pid, signal.SIGQUIT)
        gone, _, _ = select.select([watch], [], [], 60)
        os.close(watch)
        assert gone

    def come_back(self) -> None:
        """Start again, which recovers what was committed."""
        self.running = embedded_postgres.start(self.folder)


class _Gate:
    """Lets the first workers through a step, and holds the others in the middle of it."""

    def __init__(self, *, free: int) -> None:
        self.free = threading.Semaphore(free)
        self.somebody_waits, self.open = threading.Event(), threading.Event()

    def pass_or_wait(self) -> None:
        """Go on, or wait until the server is dead."""
        if not self.free.acquire(blocking=False):
            self.somebody_waits.set()
            assert self.open.wait(timeout=60)


@pytest.fixture(scope="module")
def server() -> Iterator[_Server]:
    folder = Path(tempfile.mkdtemp(prefix="portal-death-"))
    # As root the server runs as a user of its own, who has to get into this folder.
    folder.chmod(0o755)
    own = _Server(folder)
    yield own
    own.die()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def dying(server: _Server, data_dir: Path) -> Iterator[Flask]:
    """Return an application on that server, with the keys of this run."""
    database = Database.clone(server.running.admin_url(), MIGRATIONS, migrate)
    settings = Settings(
        _env_file=None,
        portal_environment="test",
        database_url=database.app_url,
        database_admin_url=database.admin_url,
        portal_data_dir=data_dir,
        portal_base_url="http://localhost",
    )
    application = create_app(settings)
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


def _paid_payments(make: Factory, gateway: FakeGateway) -> list[Payment]:
    bank = make.bank()
    take_payments(bank)
    agency = make.agency()
    payments = []
    for _ in range(PAYMENTS):
        made = make.account(bank=bank, agency=agency)
        payment = open_page(made, start(made, 5_000))
        gateway.pay(payment.id)
        payments.append(payment)
    return payments


def _book(app: Flask, payment: Payment) -> bool:
    """Book one payment as a worker does; False when the server was gone."""
    with app.app_context():
        try:
            provider.look_up(payment.bank_id, payment.id, at=NOON)
        except OperationalError:
            return False
        finally:
            db.session.remove()
    return True


def _booked(payments: list[Payment]) -> tuple[set[object], int]:
    bank_id = payments[0].bank_id
    with transaction(Principal.system(bank_id)) as session:
        cleared = session.scalars(
            sql_select(Payment.id).where(Payment.state == PaymentState.CLEARED)
        ).all()
        postings = session.scalar(
            sql_select(func.count())
            .select_from(Posting)
            .where(Posting.bank_id == bank_id, Posting.kind == PostingKind.PAYMENT)
        )
        assert check_ledger(session, bank_id).faults == ()
    return set(cleared), int(postings or 0)


@pytest.mark.abuse("M10")
@pytest.mark.parametrize(
    "point", ["ledger.post.posting", "payments.settle.marked", "payments.settle.done"]
)
def test_what_was_acknowledged_before_the_server_died_is_there_once(server, dying, point):
    gate = _Gate(free=PAYMENTS // 3)
    with paying_through(dying, FakeGateway()) as gateway:
        payments = _paid_payments(Factory(), gateway)
        faults.arm(point, gate.pass_or_wait)
        with ThreadPoolExecutor(max_workers=4) as pool:
            asked = [pool.submit(_book, dying, payment) for payment in payments]
            assert gate.somebody_waits.wait(timeout=60)
            server.die()
            gate.open.set()
            acknowledged = {
                payment.id
                for payment, answer in zip(payments, asked, strict=True)
                if answer.result()
            }
        faults.disarm_all()

        server.come_back()
        before, postings_before = _booked(payments)
        again = [_book(dying, payment) for payment in payments]
        after, postings_after = _booked(payments)

    assert acknowledged <= before
    assert acknowledged
    assert len(before) == postings_before < PAYMENTS
    assert all(again)
    assert after == {payment.id for payment in payments}
    assert postings_after == PAYMENTS
