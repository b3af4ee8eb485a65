"""A bank's referral file from real delinquency figures and made-up people.

    python -m portal.demo.referral_file --country US --min-months 2 > referrals-us.csv
    python -m portal.demo.referral_file --country CN --rows 1000000 > million.csv
    python -m portal.demo.referral_file --as-of 2026-11-20 --trailer > with-trailer.csv

Amounts, limits and months past due are those of the data set in `data/` (see its ATTRIBUTION.md),
in the currency asked for, without conversion. It names nobody, so people and the split of a balance
into principal, interest and fees are made up. The same arguments always give the same bytes. The
headings are a bank's own on purpose, not the portal's words for its fields.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

DATA = Path(__file__).parent / "data" / "uci-credit-default.csv.gz"
AS_OF = date(2026, 10, 31)
CURRENCIES = {"US": "USD", "CN": "CNY"}
_SHARE_OF_KNOWN_PEOPLE = 1 / 12
_PEOPLE_REMEMBERED = 500
# City, state, ZIP and the telephone's area code. The last few are in another time zone than the
# home on purpose: a contact rule has to hold in both.
_US_PLACES = (
    ("New York", "NY", "10001", "212"),
    ("Boston", "MA", "02108", "617"),
    ("Miami", "FL", "33101", "305"),
    ("Chicago", "IL", "60601", "312"),
    ("Houston", "TX", "77002", "713"),
    ("Denver", "CO", "80202", "303"),
    ("Phoenix", "AZ", "85003", "602"),
    ("Seattle", "WA", "98101", "206"),
    ("Los Angeles", "CA", "90012", "213"),
    ("Honolulu", "HI", "96813", "808"),
    ("Anchorage", "AK", "99501", "907"),
    ("Nashville", "TN", "37201", "310"),
    ("Portland", "OR", "97201", "917"),
    ("Boise", "ID", "83702", "208"),
    ("El Paso", "TX", "79901", "915"),
)
_US_GIVEN = (
    "Avery",
    "Jordan",
    "Casey",
    "Riley",
    "Morgan",
    "Quinn",
    "Rowan",
    "Emery",
    "Harper",
    "Skyler",
    "Dana",
    "Reese",
    "Finley",
    "Marlow",
    "Sage",
    "Ellis",
)
_US_FAMILY = (
    "Alder",
    "Birch",
    "Cedarwood",
    "Dunmore",
    "Eastlake",
    "Fairweather",
    "Glenn",
    "Hartwell",
    "Iverson",
    "Juniper",
    "Kestrel",
    "Larkin",
    "Marsh",
    "Northway",
)
_US_LANGUAGES = ("en", "en", "en", "es")
_CN_PLACES = (
    ("北京市朝阳区", "100020"),
    ("上海市浦东新区", "200120"),
    ("广州市天河区", "510630"),
    ("深圳市南山区", "518052"),
    ("成都市武侯区", "610041"),
    ("乌鲁木齐市天山区", "830002"),
    ("哈尔滨市南岗区", "150001"),
    ("西安市雁塔区", "710061"),
)
_CN_FAMILY = "赵钱孙李周吴郑王冯陈褚卫"
_CN_GIVEN = "安宁和平清远明德文博思源若水子轩雨桐"


@dataclass(frozen=True)
class _RealAccount:
    """What the data set knows of one account, amounts in whole units of the currency."""

    credit_limit: int
    age: int
    months_past_due: int
    bill: int
    last_payment: int


def _real_accounts(min_months: int) -> list[_RealAccount]:
    with gzip.open(DATA, "rt", encoding="ascii", newline="") as text:
        everyone = [
            _RealAccount(
                credit_limit=int(float(row["X1"])),
                age=int(row["X5"]),
                months_past_due=int(row["X6"]),
                bill=int(float(row["X12"])),
                last_payment=int(float(row["X18"])),
            )
            for row in csv.DictReader(text)
        ]
    return [real for real in everyone if real.months_past_due >= min_months and real.bill > 0]


def _us_person(rng: random.Random, n: int) -> dict[str, str]:
    city, state, postcode, area = rng.choice(_US_PLACES)
    return {
        "Customer Name": f"{rng.choice(_US_GIVEN)} {rng.choice(_US_FAMILY)}",
        "Home Phone": f"({area}) 555-01{n % 100:02d}",
        "E-mail": f"customer{n}@example.com",
        "Addr 1": f"{100 + n % 900} Example St",
        "City": city,
        "St": state,
        "Zip": postcode,
        "Lang": rng.choice(_US_LANGUAGES),
    }


def _cn_person(rng: random.Random, n: int) -> dict[str, str]:
    place, postcode = rng.choice(_CN_PLACES)
    return {
        "Customer Name": rng.choice(_CN_FAMILY)
        + "".join(rng.sample(_CN_GIVEN, rng.choice((1, 2)))),
        "Home Phone": f"+86 170 0000 {n % 10000:04d}",
        "E-mail": f"customer{n}@example.com",
        "Addr 1": f"示例路{1 + n % 300}号",
        "City": place,
        "St": "",
        "Zip": postcode,
        "Lang": "zh",
    }


_PERSON = {"US": _us_person, "CN": _cn_person}


def _new_person(
    rng: random.Random, country: str, seed: int, n: int, real: _RealAccount
) -> dict[str, str]:
    contacts = _PERSON[country](rng, n)
    birth_on = date(2026 - real.age, 1, 1) + timedelta(days=rng.randrange(365))
    return {
        "Cust No": f"C{seed:02d}{n:09d}",
        **contacts,
        "DOB": _day(birth_on),
        "Natl ID Last4": f"{rng.randrange(10000):04d}",
    }


def _day(day: date) -> str:
    return day.strftime("%m/%d/%Y")


def _amount(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"


def _debt(
    rng: random.Random, real: _RealAccount, *, currency: str, as_of: date, due_since: date
) -> dict[str, str]:
    months, balance = real.months_past_due, real.bill * 100
    fees = min(months * 3500, balance // 5)
    interest = min(balance * 2 * months // 100, (balance - fees) // 3)
    return {
        "Product": "Credit card",
        "Ccy": currency,
        "Credit Limit": _amount(real.credit_limit * 100),
        "Curr Bal": _amount(balance),
        "Principal": _amount(balance - interest - fees),
        "Int": _amount(interest),
        "Late Fees": _amount(fees),
        "Itemization Dt": _day(as_of),
        "Past Due Since": _day(due_since),
        "Mths Past Due": str(months),
        "Last Pmt Amt": _amount(real.last_payment * 100),
        "SMS Sent": str(rng.randrange(1, 6)),
        "Calls Made": str(rng.randrange(1, 8)),
        "Demand Ltr Dt": _day(as_of - timedelta(days=rng.randrange(5, 30))) if months >= 3 else "",
    }


def referral_rows(
    *,
    country: str = "US",
    min_months: int = 2,
    rows: int | None = None,
    seed: int = 1,
    as_of: date = AS_OF,
) -> Iterator[dict[str, str]]:
    """Yield the file's rows by heading: the real accounts first, then real ones drawn again.

    About one account in twelve belongs to a person who already had one.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data that must repeat, not a secret
    real_accounts = _real_accounts(min_months)
    people: deque[dict[str, str]] = deque(maxlen=_PEOPLE_REMEMBERED)
    for n in range(rows or len(real_accounts)):
        real = real_accounts[n] if n < len(real_accounts) else rng.choice(real_accounts)
        due_since = as_of - timedelta(days=30 * real.months_past_due + rng.randrange(30))
        if people and rng.random() < _SHARE_OF_KNOWN_PEOPLE:
            person = rng.choice(people)
        else:
            person = _new_person(rng, country, seed, n, real)
            people.append(person)
        debt = _debt(rng, real, currency=CURRENCIES[country], as_of=as_of, due_since=due_since)
        yield {"Acct No": f"{country}{seed:02d}{n:09d}", **person, **debt}


def write_referral_file(
    out: TextIO,
    *,
    country: str = "US",
    min_months: int = 2,
    rows: int | None = None,
    seed: int = 1,
    as_of: date = AS_OF,
    trailer: bool = False,
) -> None:
    """Write the file; with `trailer`, close it with a control line of count and sum of balances.

    `out` has to be opened with `newline=""`, as for the csv module.
    """
    writer: csv.DictWriter[str] | None = None
    count = total = 0
    for row in referral_rows(
        country=country, min_months=min_months, rows=rows, seed=seed, as_of=as_of
    ):
        if writer is None:
            writer = csv.DictWriter(out, fieldnames=list(row))
            writer.writeheader()
        writer.writerow(row)
        count += 1
        total += int(row["Curr Bal"].replace(",", "").replace(".", ""))
    if trailer:
        out.write(f"TRAILER,{count},{total // 100}.{total % 100:02d}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a referral file to standard output, for a shell."""
    cli = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cli.add_argument("--country", choices=sorted(CURRENCIES), default="US")
    cli.add_argument("--min-months", type=int, default=2, help="fewest months past due")
    cli.add_argument("--rows", type=int, help="draw from the real accounts up to this many rows")
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument(
        "--as-of", type=date.fromisoformat, default=AS_OF, help=f"itemisation date ({AS_OF})"
    )
    cli.add_argument("--trailer", action="store_true", help="close with a control line")
    chosen = cli.parse_args(arguments)
    with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
        write_referral_file(out, **vars(chosen))


if __name__ == "__main__":
    main()
