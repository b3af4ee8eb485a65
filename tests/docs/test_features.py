"""docs/features.md says of every feature whether it works, and where to see that."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.cli import COMMANDS
from portal.config import ROOT
from tests.docs.documents import DOCS, Row, code, rows

FEATURES = DOCS / "features.md"
GROUPS = {"BK": 33, "AG": 23, "DB": 28, "OV": 29, "PL": 15, "X": 24}
IDS = tuple(f"{group}{n}" for group, most in GROUPS.items() for n in range(1, most + 1))
ID, NAME, STATE, SHOWN_BY, MISSING = range(5)
STATES = ("works", "partly", "not yet")
NOTHING = "–"


def feature_rows() -> list[Row]:
    return [row for row in rows(FEATURES) if re.fullmatch(r"(BK|AG|DB|OV|PL|X)\d+", row.cells[ID])]


def named(kind: str) -> list[tuple[str, str]]:
    """Return where each page, command or file is named: `page`, `command` or `file`."""
    found = []
    for row in feature_rows():
        for name in code(row.cells[SHOWN_BY]):
            first = name.split()[0]
            is_what = (
                "page"
                if name.startswith("/")
                else "command"
                if first in ("portal", "make")
                else "file"
            )
            if is_what == kind:
                found.append((row.place, name))
    return found


def test_every_feature_has_exactly_one_row():
    assert [row.cells[ID] for row in feature_rows()] == list(IDS)


def test_every_feature_is_in_one_of_three_states():
    odd = [f"{row.place} {row.cells}" for row in feature_rows() if row.cells[STATE] not in STATES]

    assert odd == []


def test_what_works_is_shown_and_what_does_not_is_said():
    wrong = []
    for row in feature_rows():
        shown, missing = (row.cells[at] not in ("", NOTHING) for at in (SHOWN_BY, MISSING))
        if row.cells[STATE] in ("works", "partly") and not shown:
            wrong.append(f"{row.place} {row.cells[ID]}: name a page, a command or a test")
        if row.cells[STATE] in ("partly", "not yet") and not missing:
            wrong.append(f"{row.place} {row.cells[ID]}: say what is missing")
        if row.cells[STATE] == "works" and missing:
            wrong.append(f"{row.place} {row.cells[ID]}: something is missing, so it is partly")

    assert wrong == []


def test_every_file_that_is_named_exists():
    missing = [f"{place} {name}" for place, name in named("file") if not (ROOT / name).is_file()]

    assert missing == []


def test_every_command_that_is_named_exists():
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    known = {"portal": COMMANDS, "make": targets}

    missing = [
        f"{place} {name}"
        for place, name in named("command")
        if name.split()[1] not in known[name.split()[0]]
    ]

    assert missing == []


def test_every_page_that_is_named_exists(app: Flask):
    pages = {_page(rule.rule) for rule in app.url_map.iter_rules()}

    missing = [f"{place} {name}" for place, name in named("page") if _page(name) not in pages]

    assert missing == [], f"none of these is a page; there are {sorted(pages)}"


def _page(address: str) -> str:
    """Return an address with its ids left open: `/bank/accounts/…`."""
    return re.sub(r"<[^>]+>|…", "…", address).rstrip("/") or "/"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/bank/accounts/<uuid:account_id>", "/bank/accounts/…"),
        ("/bank/letters/<uuid:id>.pdf", "/bank/letters/….pdf"),
        ("/bank/", "/bank"),
        ("/", "/"),
    ],
)
def test_addresses_are_compared_without_their_ids(address, page):
    assert _page(address) == page
