"""Accepted rows into tables: copied into a temporary table, then inserted under the policies.

`COPY` into a table with row-level security is refused to everybody it applies to, so one wide row
per account goes into a temporary table, and the server spreads it over the real ones. What needs
Python (ids, sealed values, digests) is made here; everything else is made from it in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from psycopg import Connection
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import faults, seals
from portal.core.accounts.account_row import AccountRow
from portal.core.db import uuid7
from portal.core.parties.models import Debtor
from portal.core.principal import Principal
from portal.core.rules.zones import candidate_zones

COLUMNS = {
    "debtor_id": "uuid",
    "new_debtor": "bool",
    "customer_ref": "text",
    "name": "text",
    "language": "text",
    "country": "text",
    "state": "text",
    "postcode": "text",
    "city": "text",
    "zones": "text[]",
    "wrapped_key": "bytea",
    "birth_sealed": "bytea",
    "id_last4_sealed": "bytea",
    "phone_id": "uuid",
    "phone_sealed": "bytea",
    "phone_index": "bytea",
    "email_id": "uuid",
    "email_sealed": "bytea",
    "email_index": "bytea",
    "address_id": "uuid",
    "address_sealed": "bytea",
    "address_index": "bytea",
    "account_ref": "text",
    "product": "text",
    "currency": "text",
    "credit_limit_minor": "int8",
    "itemisation_on": "date",
    "past_due_since": "date",
    "months_past_due": "int4",
    "last_payment_minor": "int8",
    "sms_sent": "int4",
    "calls_made": "int4",
    "demand_letter_on": "date",
    "principal_minor": "int8",
    "interest_minor": "int8",
    "fees_minor": "int8",
}
#: Ids that nothing is sealed under: the server makes them as the rows arrive.
_MADE_BY_SERVER = ("account_id", "posting_id", "principal_line", "interest_line", "fees_line")
_CREATE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS staged_accounts ("
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + "".join(f", {name} uuid DEFAULT uuidv7()" for name in _MADE_BY_SERVER)
    + ") ON COMMIT DROP"
)
_COPY = f"COPY staged_accounts ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_LINES = """LATERAL (VALUES
        (s.principal_line, 'principal', s.principal_minor),
        (s.interest_line, 'interest', s.interest_minor),
        (s.fees_line, 'fees', s.fees_minor)) AS l (id, book, minor)"""
_CONTACTS = """INSERT INTO contact_points (bank_id, id, debtor_id, kind, value_sealed, value_index)
    SELECT %(bank)s, c.id, s.debtor_id, c.kind, c.sealed, c.hash
    FROM staged_accounts s, LATERAL (VALUES
        (s.phone_id, 'phone', s.phone_sealed, s.phone_index),
        (s.email_id, 'email', s.email_sealed, s.email_index),
        (s.address_id, 'address', s.address_sealed, s.address_index)) AS c (id, kind, sealed, hash)
    WHERE c.id IS NOT NULL"""
_NO_CONTACT = (None, None, None)
_SPREAD = (
    """INSERT INTO debtors (bank_id, id, customer_ref, name, language, country, state, postcode,
        city, zones, wrapped_key, birth_sealed, id_last4_sealed)
    SELECT %(bank)s, debtor_id, customer_ref, name, language, country, state, postcode,
        city, zones, wrapped_key, birth_sealed, id_last4_sealed
    FROM staged_accounts WHERE new_debtor""",
    f"{_CONTACTS} AND s.new_debtor",
    # Somebody known before may bring a contact point that is known too.
    f"{_CONTACTS} AND NOT s.new_debtor"
    " ON CONFLICT (bank_id, debtor_id, kind, value_index) DO NOTHING",
    """INSERT INTO accounts (bank_id, id, debtor_id, account_ref, product, currency,
        credit_limit_minor, itemisation_on, past_due_since, months_past_due, last_payment_minor,
        import_id)
    SELECT %(bank)s, account_id, debtor_id, account_ref, product, currency,
        credit_limit_minor, itemisation_on, past_due_since, months_past_due, last_payment_minor,
        %(import)s
    FROM staged_accounts""",
    """INSERT INTO efforts (bank_id, account_id, kind, times, last_on)
    SELECT %(bank)s, s.account_id, e.kind, e.times, e.last_on
    FROM staged_accounts s, LATERAL (VALUES
        ('sms', s.sms_sent, NULL::date), ('call', s.calls_made, NULL),
        ('demand_letter', (s.demand_letter_on IS NOT NULL)::int, s.demand_letter_on))
        AS e (kind, times, last_on)
    WHERE e.times > 0""",
    # The digest is what `digest.py` makes of the same values.
    f"""INSERT INTO postings (bank_id, id, account_id, debtor_id, kind, cause, effective_on, made_by,
        sha256)
    SELECT %(bank)s, s.posting_id, s.account_id, s.debtor_id, 'opening',
        'opening:' || s.account_ref, s.itemisation_on, %(actor)s, sha256(convert_to(
            concat_ws('|', %(bank)s::uuid, s.posting_id, s.account_id, s.debtor_id, 'opening',
                'opening:' || s.account_ref, s.itemisation_on, '-', '', %(actor)s::uuid)
            || E'\\n' || (
                SELECT string_agg(concat_ws('|', %(bank)s::uuid, l.id, s.posting_id, s.account_id,
                    s.debtor_id, 'origin', l.book, l.minor, s.currency), E'\\n' ORDER BY l.id)
                FROM (SELECT 1) AS one, {_LINES} WHERE l.minor > 0), 'UTF8'))
    FROM staged_accounts s""",
    f"""INSERT INTO ledger_lines (bank_id, id, posting_id, account_id, debtor_id, from_book, to_book,
        amount_minor, currency)
    SELECT %(bank)s, l.id, s.posting_id, s.account_id, s.debtor_id, 'origin', l.book, l.minor,
        s.currency
    FROM staged_accounts s, {_LINES}
    WHERE l.minor > 0""",
    """INSERT INTO balances (bank_id, account_id, debtor_id, currency, principal_minor,
        interest_minor, fees_minor, verified_as_of, verified_by)
    SELECT %(bank)s, account_id, debtor_id, currency, principal_minor, interest_minor, fees_minor,
        CASE WHEN %(attested)s THEN itemisation_on END,
        CASE WHEN %(attested)s THEN %(actor)s::uuid END
    FROM staged_accounts""",
    """INSERT INTO verifications (bank_id, account_id, debtor_id, as_of, principal_minor,
        interest_minor, fees_minor, currency, source, attested_by)
    SELECT %(bank)s, account_id, debtor_id, itemisation_on, principal_minor, interest_minor,
        fees_minor, currency, %(source)s, %(actor)s
    FROM staged_accounts WHERE %(attested)s""",
)


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
        self, session: Session, actor: Principal, bank_id: UUID, import_id: UUID, *, attested: bool
    ) -> None:
        """Prepare the temporary table."""
        self._session = session
        self._actor = actor
        self._bank_id = bank_id
        self._outer = seals.owner_key(session, bank_id)
        self._values = {
            "bank": bank_id,
            "import": import_id,
            "actor": actor.user_id,
            "attested": attested,
            "source": f"import:{import_id}",
        }
        self._met: dict[str, tuple[UUID, bytes]] = {}
        self._contacts: dict[UUID, set[bytes]] = {}
        self.new_people = 0
        self.known_people = 0
        self._raw().execute(_CREATE)

    def _raw(self) -> Connection[tuple[object, ...]]:
        raw = self._session.connection().connection.driver_connection
        if not isinstance(raw, Connection):
            raise TypeError("the import needs a psycopg connection")
        return raw

    def write(self, accounts: list[AccountRow]) -> None:
        """Write a batch: one COPY, then one INSERT for each table."""
        people = self._people(accounts)
        raw = self._raw()
        with raw.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types(list(COLUMNS.values()))
                for account in accounts:
                    copy.write_row(self._row(account, people[account.customer_ref]))
            faults.point("import.staged")
            for statement in _SPREAD:
                cursor.execute(statement, self._values)
            cursor.execute("TRUNCATE staged_accounts")
        faults.point("import.spread")

    def _people(self, accounts: Iterable[AccountRow]) -> dict[str, Person]:
        refs = {account.customer_ref for account in accounts}
        unknown = refs - self._met.keys()
        rows = self._session.execute(
            select(Debtor.customer_ref, Debtor.id, Debtor.wrapped_key).where(
                Debtor.bank_id == self._bank_id, Debtor.customer_ref.in_(unknown)
            )
        )
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
