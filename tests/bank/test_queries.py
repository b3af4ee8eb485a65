"""How many queries a page costs: a bounded number, however much there is to show."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.bank.test_languages import PAGES, PROPOSAL, world

__all__ = ["world"]
#: What a page may ask of its own tables; binding the principal and reading the session come first.
MOST = 6


@contextmanager
def _counting(engine):
    asked = []

    def note(_connection, _cursor, statement, *_more):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and "doors." not in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_few_queries(engine, world, browse, path):
    visitor = browse()

    with _counting(engine) as asked:
        answer = visitor.get(f"/bank/{path.format(**world)}")

    assert answer.status_code == 200
    assert len(asked) <= MOST, "\n\n".join(asked)


def test_a_list_costs_the_same_for_one_row_and_for_many(engine, make, bank, browse):
    visitor = browse()
    make.account(bank=bank)
    with _counting(engine) as once:
        visitor.get("/bank/accounts")
    for _ in range(10):
        make.account(bank=bank)

    with _counting(engine) as again:
        visitor.get("/bank/accounts")

    assert len(again) == len(once)


def test_a_proposal_costs_the_same_for_one_account_and_for_many(engine, make, bank, world, browse):
    visitor = browse()
    url = PROPOSAL.format(agency=world["agency"].hex)
    with _counting(engine) as once:
        visitor.get(url)
    for _ in range(10):
        make.account(bank=bank)

    with _counting(engine) as again:
        visitor.get(url)

    assert len(again) == len(once)
