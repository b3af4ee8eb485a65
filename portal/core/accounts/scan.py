"""What only the whole file can tell: its control totals, accounts and people that contradict."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from portal.core.accounts.amounts import read_figure
from portal.core.accounts.files import Delivery, Trailer
from portal.core.accounts.mapping import Mapping
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.text import clean
from portal.core.accounts.values import CellError, past_date_parser


@dataclass(frozen=True)
class Scan:
    """The file as a whole. The two tables lead from a row to another that contradicts it.

    `total` adds up the figures of the balance column, whatever their currency; None when the
    balance in `unreadable_row` is not a figure.
    """

    count: int
    total: Decimal | None
    unreadable_row: int | None
    trailer: Trailer | None
    duplicates: dict[int, int]
    differing_people: dict[int, int]


def scan(delivery: Delivery, mapping: Mapping) -> Scan:
    """Read the file once, quickly, and hold it against its own trailer.

    Forty bytes a row are kept while it lasts.

    Raises:
        FileRefused: the file cannot be cut into rows, goes beyond a cap, or its trailer is off.
    """
    keys = _Keys(delivery.headings, mapping)
    balance_at = delivery.headings.index(mapping.columns["balance"])
    rows = delivery.rows()
    ten_thousandths = unreadable = 0
    for row in rows:
        figure = read_figure(row.cells[balance_at].strip()) if row.fault is None else None
        if figure is None:
            unreadable = unreadable or row.number
        else:
            ten_thousandths += figure
        if row.fault is None:
            keys.add(row.number, row.cells)
    found = Scan(
        count=rows.count,
        total=None if unreadable else Decimal(ten_thousandths).scaleb(-4),
        unreadable_row=unreadable or None,
        trailer=rows.trailer,
        duplicates=keys.duplicates(),
        differing_people=keys.differing_people(),
    )
    _prove_trailer(found)
    return found


def _prove_trailer(found: Scan) -> None:
    trailer = found.trailer
    if trailer is None:
        return
    if trailer.count != found.count:
        raise FileRefused("trailer_count", stated=trailer.count, found=found.count)
    if found.total is None:
        raise FileRefused("trailer_unproved", row=found.unreadable_row)
    if trailer.total != found.total:
        stated, added_up = f"{trailer.total:,.2f}", f"{found.total:,.2f}"
        raise FileRefused("trailer_sum", stated=stated, found=added_up)


class _Keys:
    """Hashes of what identifies each row, in arrays: a dict of a million strings is too large."""

    def __init__(self, headings: Sequence[str], mapping: Mapping) -> None:
        self._account_at = headings.index(mapping.columns["account_ref"])
        self._customer_at = headings.index(mapping.columns["customer_ref"])
        self._name_at = headings.index(mapping.columns["name"])
        birth = mapping.columns.get("birth_on")
        self._birth_at = None if birth is None else headings.index(birth)
        self._parse_birth = past_date_parser(mapping.dates.get("birth_on"), date.max)
        self._rows = array("q")
        self._accounts = array("q")
        self._customers = array("q")
        self._names = array("q")
        self._births = array("q")

    def add(self, number: int, cells: Sequence[str]) -> None:
        self._rows.append(number)
        # An empty number is its own row's fault and equals no other: minus the row is no hash
        # a text would have.
        self._accounts.append(hash(clean(cells[self._account_at])) or -number)
        self._customers.append(hash(clean(cells[self._customer_at])) or -number)
        self._names.append(hash(clean(cells[self._name_at]).casefold()))
        self._births.append(self._birth_hash(cells))

    def _birth_hash(self, cells: Sequence[str]) -> int:
        text = "" if self._birth_at is None else clean(cells[self._birth_at])
        if not text:
            return 0
        try:
            day: date | str = self._parse_birth(text)
        except CellError:
            day = text
        return hash(day)

    def duplicates(self) -> dict[int, int]:
        """Lead from each row of an account that comes twice to another row of it."""
        found = {}
        for places in _groups(self._accounts):
            first, second = self._rows[places[0]], self._rows[places[1]]
            found.update({self._rows[place]: first for place in places})
            found[first] = second
        return found

    def differing_people(self) -> dict[int, int]:
        """Lead from each row of a customer with two names or birth dates to a row that differs.

        A row without a birth date contradicts none by that, but is not taken either: whose it
        is cannot be told.
        """
        found = {}
        for places in _groups(self._customers):
            for facts in (self._names, self._births):
                found.update(self._contradictions(places, facts))
        return found

    def _contradictions(self, places: list[int], facts: array[int]) -> dict[int, int]:
        known = [place for place in places if facts[place]]
        one = next(iter(known), None)
        other = next((place for place in known if facts[place] != facts[known[0]]), None)
        if one is None or other is None:
            return {}
        return {
            self._rows[place]: self._rows[other if facts[place] in (0, facts[one]) else one]
            for place in places
        }


def _groups(keys: array[int]) -> Iterator[list[int]]:
    """Yield the places that share a key, for each key that has more than one."""
    if len(set(keys)) == len(keys):
        return
    order = sorted(range(len(keys)), key=keys.__getitem__)
    for _, group in groupby(order, key=keys.__getitem__):
        places = list(group)
        if len(places) > 1:
            yield places
