"""A bank's file for a journey: real figures, one row spoiled, and whom the journey follows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.demo.referral_file import referral_rows

ROWS = 60
SPOILED = 7
AS_OF = date(2026, 11, 20)
#: Where it is late enough for a call when the journeys begin.
EASTERN = ("New York", "Boston", "Miami")


@dataclass(frozen=True)
class Person:
    """Whom the journey follows, as the bank's file has them."""

    account_ref: str
    name: str
    phone: str
    birth: date
    balance: int

    @property
    def digits(self) -> str:
        """The telephone number as the text gateway is given it."""
        digits = re.sub("[^0-9]", "", self.phone)
        return digits if self.phone.startswith("+") else f"1{digits}"


@dataclass(frozen=True)
class ReferralFile:
    """A file on disk and what is in it."""

    path: Path
    rows: list[dict[str, str]]
    person: Person

    @property
    def good(self) -> list[dict[str, str]]:
        """The rows that can be imported."""
        return [row for number, row in enumerate(self.rows) if number != SPOILED]

    @property
    def total(self) -> int:
        """The balances of the good rows together, in cents."""
        return sum(cents(row["Curr Bal"]) for row in self.good)

    def from_balance(self, least: int) -> list[dict[str, str]]:
        """The good rows that owe at least so many cents."""
        return [row for row in self.good if cents(row["Curr Bal"]) >= least]


def write_file(folder: Path, *, country: str, seed: int, rows: int = ROWS) -> ReferralFile:
    """Write a bank's file; one row has a day of birth that never was."""
    content = list(referral_rows(country=country, rows=rows, seed=seed, as_of=AS_OF))
    content[SPOILED]["DOB"] = "31/02/1980"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(content[0]))
    writer.writeheader()
    writer.writerows(content)
    path = folder / f"overdue-{country.lower()}-{seed}.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return ReferralFile(path, content, person_of(content))


def cents(amount: str) -> int:
    """Return an amount of the file in cents."""
    return int(amount.replace(",", "").replace(".", ""))


def person_of(rows: list[dict[str, str]], among: Collection[str] | None = None) -> Person:
    """Pick somebody with one account of a middling balance, who may be called at this hour.

    `among` leaves those with one of these account numbers.
    """
    customers = Counter(row["Cust No"] for row in rows)
    chosen = next(
        row
        for row in rows
        if customers[row["Cust No"]] == 1
        and 100_000 <= cents(row["Curr Bal"]) <= 800_000
        and row["Lang"] != "es"
        and (row["City"] in EASTERN or row["Lang"] == "zh")
        and (among is None or row["Acct No"] in among)
    )
    month, day, year = map(int, chosen["DOB"].split("/"))
    return Person(
        account_ref=chosen["Acct No"],
        name=chosen["Customer Name"],
        phone=chosen["Home Phone"],
        birth=date(year, month, day),
        balance=cents(chosen["Curr Bal"]),
    )
