"""The SQL of an import: one wide temporary table, and how it is spread over the real ones."""

from __future__ import annotations

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
MADE_BY_SERVER = ("account_id", "posting_id", "principal_line", "interest_line", "fees_line")
CREATE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS staged_accounts ("
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + "".join(f", {name} uuid DEFAULT uuidv7()" for name in MADE_BY_SERVER)
    + ") ON COMMIT DROP"
)
COPY = f"COPY staged_accounts ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
LINES = """LATERAL (VALUES
        (s.principal_line, 'principal', s.principal_minor),
        (s.interest_line, 'interest', s.interest_minor),
        (s.fees_line, 'fees', s.fees_minor)) AS l (id, book, minor)"""
CONTACTS = """INSERT INTO contact_points (bank_id, id, debtor_id, kind, value_sealed, value_index,
        received_at)
    SELECT %(bank)s, c.id, s.debtor_id, c.kind, c.sealed, c.hash, %(at)s
    FROM staged_accounts s, LATERAL (VALUES
        (s.phone_id, 'phone', s.phone_sealed, s.phone_index),
        (s.email_id, 'email', s.email_sealed, s.email_index),
        (s.address_id, 'address', s.address_sealed, s.address_index)) AS c (id, kind, sealed, hash)
    WHERE c.id IS NOT NULL"""
SPREAD = (
    """INSERT INTO debtors (bank_id, id, customer_ref, name, language, country, state, postcode,
        city, zones, wrapped_key, birth_sealed, id_last4_sealed, created_at)
    SELECT %(bank)s, debtor_id, customer_ref, name, language, country, state, postcode,
        city, zones, wrapped_key, birth_sealed, id_last4_sealed, %(at)s
    FROM staged_accounts WHERE new_debtor""",
    f"{CONTACTS} AND s.new_debtor",
    # Somebody known before may bring a contact point that is known too.
    f"{CONTACTS} AND NOT s.new_debtor"
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
    f"""INSERT INTO postings (bank_id, id, account_id, debtor_id, kind, cause, effective_on,
        made_by, sha256)
    SELECT %(bank)s, s.posting_id, s.account_id, s.debtor_id, 'opening',
        'opening:' || s.account_ref, s.itemisation_on, %(actor)s, sha256(convert_to(
            concat_ws('|', %(bank)s::uuid, s.posting_id, s.account_id, s.debtor_id, 'opening',
                'opening:' || s.account_ref, s.itemisation_on, '-', '', %(actor)s::uuid)
            || E'\\n' || (
                SELECT string_agg(concat_ws('|', %(bank)s::uuid, l.id, s.posting_id, s.account_id,
                    s.debtor_id, 'origin', l.book, l.minor, s.currency), E'\\n' ORDER BY l.id)
                FROM (SELECT 1) AS one, {LINES} WHERE l.minor > 0), 'UTF8'))
    FROM staged_accounts s""",  # noqa: S608 -- nothing but constants of this module
    f"""INSERT INTO ledger_lines (bank_id, id, posting_id, account_id, debtor_id, from_book,
        to_book, amount_minor, currency)
    SELECT %(bank)s, l.id, s.posting_id, s.account_id, s.debtor_id, 'origin', l.book, l.minor,
        s.currency
    FROM staged_accounts s, {LINES}
    WHERE l.minor > 0""",  # noqa: S608 -- nothing but constants of this module
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
