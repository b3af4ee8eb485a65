"""Accepted rows into tables: copied into a temporary table, then inserted under the policies.

`COPY` into a table with row-level security is refused to everybody it applies to, so one wide row
per account goes into a temporary table, and the server spreads it over the real ones. What needs
Python (ids, sealed values, digests) is made here; everything else is made from it in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import faults, seals
from portal.core.accounts.account_row import AccountRow
from portal.core.accounts.spread import COLUMNS, COPY, CREATE, SPREAD
from portal.core.db import uuid7
from portal.core.principal import Principal
from portal.core.rules.zones import candidate_zones

#: Joined, not `= ANY (array)`: that compares every row with every element of a long array.
_KNOWN = text(
    "SELECT d.customer_ref, d.id, d.wrapped_key FROM unnest(CAST(:refs AS text[])) AS wanted (ref)"
    " JOIN debtors d ON d.bank_id = :bank AND d.customer_ref = wanted.ref"
)
_NO_CONTACT = (None, None, None)


@dataclass
class Person:
    """A debtor met in this import, new or known before."""

    id: UUID
    key: seals.Key
    wrapped: bytes
    is_new: bool


class Stager:
    """Writes accepted accounts of one import in batches, inside the caller's transaction."""

    def __init__(
        self,
        session: Session,
        lookups: Session,
        actor: Principal,
        bank_id: UUID,
        import_id: UUID,
        *,
        attested: bool,
        at: datetime,
    ) -> None:
        """Prepare the temporary table; `lookups` reads on a connection of its own.

        `at` is when people and contact points came: who may enter by letter depends on it.
        """
        self._lookups = lookups
        self._actor = actor
        self._bank_id = bank_id
        self._outer = seals.owner_key(session, bank_id)
        self._values = {
            "bank": bank_id,
            "import": import_id,
            "actor": actor.user_id,
            "attested": attested,
            "at": at,
            "source": f"import:{import_id}",
        }
        self._met: dict[str, tuple[UUID, bytes]] = {}
        self._contacts: dict[UUID, set[bytes]] = {}
        self.new_people = 0
        self.known_people = 0
        raw = session.connection().connection.driver_connection
        if not isinstance(raw, Connection):
            raise TypeError("the import needs a psycopg connection")
        self._raw: Connection[tuple[object, ...]] = raw
        self._raw.execute(CREATE)
        # One thread waits for the server while the caller's reads, checks and seals the next rows.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="import")
        self._writing: Future[None] | None = None

    def __enter__(self) -> Stager:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True)

    def write(self, accounts: list[AccountRow]) -> None:
        """Hand a batch to the server; returns while it is written, after the one before it was.

        Until `finish()` nothing else may use the session.
        """
        people = self._people(accounts)
        rows = [self._row(account, people[account.customer_ref]) for account in accounts]
        self.finish()
        self._writing = self._thread.submit(self._send, rows)

    def finish(self) -> None:
        """Wait until the last batch is written; what went wrong with it is raised here."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def _send(self, rows: list[tuple[object, ...]]) -> None:
        """Send one COPY, then one INSERT for each table."""
        with self._raw.cursor() as cursor:
            with cursor.copy(COPY) as copy:
                copy.set_types(list(COLUMNS.values()))
                for row in rows:
                    copy.write_row(row)
            faults.point("import.staged")
            for statement in SPREAD:
                cursor.execute(statement, self._values)
            cursor.execute("TRUNCATE staged_accounts")
        faults.point("import.spread")

    def _people(self, accounts: Iterable[AccountRow]) -> dict[str, Person]:
        refs = {account.customer_ref for account in accounts}
        unknown = refs - self._met.keys()
        rows = self._lookups.execute(_KNOWN, {"bank": self._bank_id, "refs": list(unknown)})
        for row in rows:
            self._met[row.customer_ref] = (row.id, row.wrapped_key)
            self.known_people += 1
        people = {}
        for ref in refs:
            known = self._met.get(ref)
            if known is None:
                debtor_id = uuid7()
                key, wrapped = self._outer.new_inner_key(debtor_id)
                self._met[ref] = (debtor_id, wrapped)
                people[ref] = Person(debtor_id, key, wrapped, is_new=True)
                self.new_people += 1
            else:
                key = self._outer.inner_key(*known)
                people[ref] = Person(known[0], key, known[1], is_new=False)
        return people

    def _row(self, account: AccountRow, person: Person) -> tuple[object, ...]:
        is_new, person.is_new = person.is_new, False
        key = person.key
        birth = account.birth_on.isoformat() if account.birth_on else None
        return (
            person.id,
            is_new,
            account.customer_ref,
            account.name,
            account.language or _language_of(account.country),
            account.country,
            account.state or "",
            account.postcode or "",
            account.city or "",
            _zones(account.phone, account.country, account.state, account.postcode),
            person.wrapped,
            key.seal("debtors.birth", person.id, birth) if birth and is_new else None,
            key.seal("debtors.id_last4", person.id, account.national_id_last4)
            if account.national_id_last4 and is_new
            else None,
            *self._contact(person, "phone", account.phone),
            *self._contact(person, "email", account.email),
            *self._contact(person, "address", _address(account)),
            account.account_ref,
            account.product,
            account.currency,
            account.credit_limit_minor,
            account.itemisation_on,
            account.past_due_since,
            account.months_past_due,
            account.last_payment_minor,
            account.sms_sent,
            account.calls_made,
            account.demand_letter_on,
            account.principal_minor,
            account.interest_minor,
            account.fees_minor,
        )

    def _contact(
        self, person: Person, kind: str, value: str | None
    ) -> tuple[UUID | None, bytes | None, bytes | None]:
        if not value:
            return _NO_CONTACT
        index = seals.lookup_hash(f"contact.{kind}", value, self._bank_id)
        known = self._contacts.setdefault(person.id, set())
        if index in known:
            return _NO_CONTACT
        known.add(index)
        point_id = uuid7()
        return point_id, person.key.seal("contact_points.value", point_id, value), index


def _address(account: AccountRow) -> str | None:
    if not account.address_line:
        return None
    place = " ".join(part for part in (account.city, account.state, account.postcode) if part)
    return f"{account.address_line}\n{place}" if place else account.address_line


def _language_of(country: str) -> str:
    return "zh" if country in {"CN", "HK", "MO", "TW"} else "en"


@lru_cache(maxsize=65_536)
def _zones_of_place(
    area: str, country: str, state: str | None, postcode: str | None
) -> tuple[str, ...]:
    numbers = [area] if area else []
    return tuple(zone.key for zone in candidate_zones(numbers, country, state, postcode))


def _zones(phone: str | None, country: str, state: str | None, postcode: str | None) -> list[str]:
    return list(_zones_of_place(phone or "", country, state, (postcode or "")[:3]))
