"""The compliance engine: a million contacts judged in one batch, and one contact decided alone.

    .venv/bin/python -m bench.rules 10000000

judges so many made-up contacts without keeping them, and says what each cost and how much memory
the largest process took.
"""

from __future__ import annotations

import csv
import gc
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import zen

from bench.crowd import ACTS, last_day, people
from bench.ground import BenchGround
from bench.result import Result
from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Direction,
    Outcome,
    PastContact,
    judge,
    load_packs,
)
from portal.core.rules.batch import Log, judge_all, judge_in_parallel

MANY, FEW = 1_000_000, 10_000
PROCESSES = 2
PART = 500  # people
DAY = last_day()
LOGS: list[Log] = []  # filled before processes are forked, so that they need not be sent there

Cost = tuple[int, float]  # contacts judged, and the processor's seconds it took


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    """Judge a million contacts and let DuckDB count over them in turn; then decide one contact."""
    del ground  # neither reads a database
    LOGS.extend(people(0, MANY // ACTS))
    _judge_kept((0, PART))  # so that what is worked out once is worked out before
    gc.freeze()
    contacts = sum(len(log.contacts) for log in LOGS)
    ours, baseline, many, few = [], [], [], []
    with duckdb.connect() as database:
        _load(database)
        for _ in range(rounds):
            few.append(_cost([_judge_kept((0, FEW // ACTS))]))
            started = time.perf_counter()
            costs = _judge_parts(_judge_kept, len(LOGS))
            ours.append(contacts / (time.perf_counter() - started))
            many.append(_cost(costs))
            baseline.append(contacts / _count(database))
    LOGS.clear()
    return [
        Result(
            "logged contacts judged on two processors, against DuckDB's two windows over them",
            statistics.median(ours),
            statistics.median(baseline),
            "contacts/s",
            1 / 200,
        ),
        Result(
            "contacts judged by a processor, a million of them against ten thousand",
            1 / statistics.median(many),
            1 / statistics.median(few),
            "contacts/s",
            0.8,
        ),
        _alone(rounds),
    ]


def _judge_parts(judge_part: Callable[[tuple[int, int]], Cost], number: int) -> list[Cost]:
    parts = ((first, min(first + PART, number)) for first in range(0, number, PART))
    fork = multiprocessing.get_context("fork")
    return list(judge_in_parallel(parts, judge_part, processes=PROCESSES, context=fork))


def _judge_kept(part: tuple[int, int]) -> Cost:
    return _judge(LOGS[slice(*part)])


def _judge_made(part: tuple[int, int]) -> Cost:
    return _judge(list(people(*part)))


def _judge(logs: list[Log]) -> Cost:
    contacts, started = 0, time.process_time()
    for log in logs:
        packs = load_packs(log.person.jurisdictions, DAY)
        for _judged in judge_all(log, lambda _day, packs=packs: packs):
            contacts += 1
    return contacts, time.process_time() - started


def _cost(costs: list[Cost]) -> float:
    return sum(seconds for _, seconds in costs) / sum(contacts for contacts, _ in costs)


def _load(database: duckdb.DuckDBPyConnection) -> None:
    """Give DuckDB the same contacts, with the local day already worked out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["agency", "person", "debt", "day", "is_call", "talked"])
            writer.writerows(row for log in LOGS for row in _rows(log))
        database.execute(f"SET threads = {PROCESSES}")
        database.execute("CREATE TABLE contacts AS FROM read_csv(?)", [str(path)])


def _rows(log: Log) -> Iterator[tuple[object, ...]]:
    for contact in log.contacts:
        is_call = contact.channel is Channel.CALL and contact.direction is Direction.OUTBOUND
        yield (
            contact.agency_id,
            contact.person_id,
            contact.placed_ids[0],
            contact.at.astimezone(log.person.zones[0]).date().toordinal(),
            is_call,
            is_call and contact.outcome is Outcome.CONVERSATION,
        )


_WINDOWS = """
SELECT count(*) FILTER (calls > 7), count(*) FILTER (talks > 0) FROM (
    SELECT count(*) FILTER (is_call) OVER (one_debt RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)
               AS calls,
           count(*) FILTER (talked) OVER (one_debt RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)
               AS talks
      FROM contacts
    WINDOW one_debt AS (PARTITION BY agency, person, debt ORDER BY day)
)
"""


def _count(database: duckdb.DuckDBPyConnection) -> float:
    started = time.perf_counter()
    database.execute(_WINDOWS).fetchall()
    return time.perf_counter() - started


def _alone(rounds: int) -> Result:
    """Decide a call by everything the pack asks, and evaluate a table of one window of hours."""
    facts, packs = _call(), load_packs(("us",), DAY)
    table = zen.ZenEngine().create_decision(json.dumps(_hours_table()))
    local = [facts.at.astimezone(zone) for zone in facts.zones]
    minutes = {f"zone_{n}": at.hour * 60 + at.minute for n, at in enumerate(local)}
    if not judge(facts, packs).is_allowed or table.evaluate(minutes)["result"] != {"open": True}:
        raise RuntimeError("both should have nothing against the call")
    ours, baseline = [], []
    with _one_processor():
        for _ in range(rounds):
            ours.append(_rate(lambda: judge(facts, packs)))
            baseline.append(_rate(lambda: table.evaluate(minutes)))
    return Result(
        "a call decided by the whole US pack, against one window of hours in a zen-engine table",
        statistics.median(ours),
        statistics.median(baseline),
        "decisions/s",
        1.0,
    )


def _rate(decide: Callable[[], object], times: int = 3_000) -> float:
    """Return how often something is decided in a second of the processor, whatever else runs."""
    started = time.process_time()
    for _ in range(times):
        decide()
    return times / (time.process_time() - started)


@contextmanager
def _one_processor() -> Iterator[None]:
    """Keep this process to one processor, also threads that a library may start."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _call() -> ContactFacts:
    """Return a call to somebody in two zones who was contacted on each of the last 15 days."""
    at = datetime(2026, 9, 10, 18, tzinfo=UTC)
    return ContactFacts(
        at=at,
        channel=Channel.CALL,
        person_id="P1",
        agency_id="A1",
        zones=(ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")),
        account_ids=("D1",),
        accounts=(AccountFacts(id="D1", kind="credit_card", creditor_id="B1"),),
        history=tuple(
            PastContact(
                id=f"E{day}",
                at=at - timedelta(days=day),
                channel=Channel.CALL if day % 3 else Channel.SMS,
                outcome=Outcome.NO_ANSWER if day % 3 else Outcome.DELIVERED,
                agency_id="A1",
                person_id="P1",
                placed_ids=("D1",),
            )
            for day in range(1, 16)
        ),
    )


def _hours_table() -> dict[str, object]:
    """Return, as zen-engine reads it, that it must be between 08:00 and 21:00 in both zones."""
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": f"i{n}", "name": f"zone {n}", "field": f"zone_{n}"} for n in range(2)],
        "outputs": [{"id": "o", "name": "open", "field": "open"}],
        "rules": [
            {"_id": "inside", "i0": "[480..1260]", "i1": "[480..1260]", "o": "true"},
            {"_id": "outside", "i0": "", "i1": "", "o": "false"},
        ],
    }
    place = {"x": 0, "y": 0}
    return {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": place},
            {
                "id": "hours",
                "name": "hours",
                "type": "decisionTableNode",
                "position": place,
                "content": content,
            },
            {"id": "out", "name": "out", "type": "outputNode", "position": place},
        ],
        "edges": [
            {"id": "first", "type": "edge", "sourceId": "in", "targetId": "hours"},
            {"id": "second", "type": "edge", "sourceId": "hours", "targetId": "out"},
        ],
    }


def main() -> None:
    """Judge as many contacts as asked for; they are made in the processes that judge them."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    started = time.perf_counter()
    costs = _judge_parts(_judge_made, number // ACTS)
    largest = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"{sum(contacts for contacts, _ in costs):,} contacts,"
        f" {_cost(costs) * 1e6:.1f} µs of a processor each to judge,"
        f" {time.perf_counter() - started:.0f} s with making them,"
        f" at most {largest / 1024:.0f} MB in a process"
    )


if __name__ == "__main__":
    main()
