"""A file of actions, logged and judged, against a bare COPY of the rows it leaves."""

from __future__ import annotations

import io
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest import mock

from sqlalchemy import select

from bench.ground import BenchGround
from bench.importing import copy_again
from bench.placed import Placed, place_accounts
from bench.result import Result
from portal.core import clock
from portal.core.actions import files
from portal.core.actions.file_progress import Step
from portal.core.placements.models import Placement
from portal.web.action_files import run_file
from portal.web.uow import transaction

ROWS, ACCOUNTS = 20_000, 10_000
PLACED_AT = datetime(2026, 11, 2, 17, tzinfo=UTC)
NOW = PLACED_AT + timedelta(days=9)
#: In the order their foreign keys allow.
TABLES = ("actions", "judgements", "breaches")
ENDINGS = (
    ("call", "no answer"),
    ("call", "RPC-promise"),
    ("call", "busy"),
    ("call", "left limited message"),
    ("sms", "delivered"),
    ("email", "bounced"),
)


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    """Upload and log a day each round, copy its rows out, remove them, copy them in."""
    ours, baseline = [], []
    for seed in range(1, rounds + 1):
        placed = place_accounts(ground, ACCOUNTS, at=PLACED_AT, seed=seed)
        content = "\n".join(_day(placed, seed)).encode()
        with mock.patch.object(clock, "now", return_value=NOW):
            ours.append(ROWS / _log(placed, content))
        seconds = copy_again(ground.database.admin_url, placed.bank.id, TABLES)
        baseline.append(ROWS / seconds)
    return [
        Result(
            "a file of actions read, judged and logged, against a bare COPY as superuser",
            statistics.median(ours),
            statistics.median(baseline),
            "rows/s",
            0.06,
        )
    ]


def _day(placed: Placed, seed: int) -> Iterator[str]:
    """Yield the lines of a file: contacts of a week, at any hour, every third with a note."""
    dice = random.Random(seed)
    with transaction(placed.agent) as session:
        refs = session.scalars(select(Placement.ref).order_by(Placement.ref)).all()
    yield "placement_ref,at,collector_ref,channel,outcome_code,note,external_id"
    for number in range(ROWS):
        at = PLACED_AT + timedelta(seconds=dice.randrange(60, 8 * 86_400))
        channel, ending = dice.choice(ENDINGS)
        note = "spoke of the balance and when to call again" if number % 3 == 0 else ""
        yield (
            f"{dice.choice(refs)},{at.isoformat()},C-{number % 40},{channel},{ending},{note}"
            f",X-{number}"
        )
    yield f"TRAILER,{ROWS},0"


def _log(placed: Placed, content: bytes) -> float:
    """Log a day as the worker does; return the seconds from upload to the last row."""
    agent = placed.agent
    started = time.perf_counter()
    with transaction(agent) as session:
        kept = files.receive_file(
            session, agent, placed.bank.id, io.BytesIO(content), file_name="day.csv", at=NOW
        )
    run = run_file(agent, kept.id, Step.COMMIT, at_once=2)
    seconds = time.perf_counter() - started
    if run.logged != ROWS:
        raise RuntimeError(f"{run.logged} of {ROWS} rows were logged")
    return seconds
