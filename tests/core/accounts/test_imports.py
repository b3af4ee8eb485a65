"""A bank's file into accounts, on a real server: whole or not at all, once, every bad row named."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core import faults
from portal.core.accounts.attest import attest_import
from portal.core.accounts.deliveries import (
    AlreadyImported,
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.imports import check_file, commit_file, list_rejected
from portal.core.accounts.mapping import Mapping
from portal.core.accounts.models import Account, Effort, ImportChunk, ImportFile
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.rejects import stream_rejects
from portal.core.errors import Conflict, NotFound, PermissionDenied
from portal.core.ledger.check import check_ledger
from portal.core.ledger.models import Balance, Verification
from portal.core.parties.models import ContactPoint, Debtor
from portal.core.parties.persons import open_birthday, open_contacts, open_last_digits
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from tests.support.factories import NOON, TODAY
from tests.support.referral_files import edited, real_file, spoiled_copy

SMALL = real_file(rows=60)


@pytest.fixture
def vendor(make):
    bank = make.bank()
    return make.vendor_manager(bank)


def _receive(acting_as, actor, data, name="file.csv"):
    with acting_as(actor) as session:
        kept = receive_file(session, actor, io.BytesIO(data), file_name=name, at=NOON)
        return kept.id, remembered_mapping(session, actor.bank_id, open_delivery(session, kept))


def _commit(acting_as, actor, data, *, attested=True, mapping=None, name="file.csv"):
    import_id, found = _receive(acting_as, actor, data, name)
    with acting_as(actor) as session:
        kept = get_import(session, actor, import_id)
        return import_id, commit_file(
            session, actor, kept, mapping or found, at=NOON, today=TODAY, attested=attested
        )


def _count(acting_as, actor, table):
    with acting_as(actor) as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_real_file_is_imported_to_the_cent(acting_as, vendor):
    _, report = _commit(acting_as, vendor, real_file(trailer=True))

    assert (report.accepted, report.rejected, report.new_people) == (3130, 0, 2881)
    assert [money.decimal_text() for money in report.sums()] == ["197038144.00"]
    assert report.trailer == "proved"
    with acting_as(vendor) as session:
        proof = check_ledger(session, vendor.bank_id)
        owed = session.scalar(select(func.sum(Balance.total_minor)))
    assert (proof.postings, proof.balances, proof.faults) == (3130, 3130, ())
    assert owed == 19_703_814_400


def test_each_account_comes_with_its_person_contacts_efforts_and_verification(acting_as, vendor):
    _commit(acting_as, vendor, SMALL)

    with acting_as(vendor) as session:
        account = session.scalars(select(Account).order_by(Account.account_ref)).first()
        debtor = session.get_one(Debtor, (account.bank_id, account.debtor_id))
        kinds = {contact.kind for contact in open_contacts(session, debtor)}
        assert kinds == {"phone", "email", "address"}
        assert open_birthday(session, debtor) is not None
        received = set(session.scalars(select(ContactPoint.received_at)))
        assert received == {NOON}
        assert len(open_last_digits(session, debtor)) == 4
        assert debtor.zones
        efforts = set(session.scalars(select(Effort.kind).where(Effort.account_id == account.id)))
        assert {"sms", "call"} <= efforts
        verification = session.scalars(
            select(Verification).where(Verification.account_id == account.id)
        ).one()
        assert verification.attested_by == vendor.user_id


def test_one_customer_number_is_one_person_across_files(acting_as, vendor):
    _commit(acting_as, vendor, SMALL)
    people = _count(acting_as, vendor, Debtor)
    points = _count(acting_as, vendor, ContactPoint)
    more = edited(SMALL, {number: {"Acct No": f"US77{number:09d}"} for number in range(2, 62)})

    _, report = _commit(acting_as, vendor, more)

    assert (report.accepted, report.new_people) == (60, 0)
    assert _count(acting_as, vendor, Debtor) == people
    assert _count(acting_as, vendor, ContactPoint) == points


@pytest.mark.abuse("F4")
def test_the_same_file_again_changes_nothing_whatever_its_name(acting_as, vendor):
    first, _ = _commit(acting_as, vendor, SMALL)

    with pytest.raises(AlreadyImported) as repeat:
        _receive(acting_as, vendor, SMALL, name="renamed.csv")

    assert repeat.value.import_id == first
    assert _count(acting_as, vendor, Account) == 60


def test_accounts_that_are_there_already_are_named_row_by_row(acting_as, vendor):
    _commit(acting_as, vendor, SMALL)
    grown = real_file(rows=61)

    _, report = _commit(acting_as, vendor, grown)

    assert (report.accepted, report.rejected) == (1, 60)
    assert {error.code for error in report.errors} == {"account_exists"}


def test_every_bad_row_is_named_and_every_good_one_imported(acting_as, vendor):
    spoiled = spoiled_copy()

    import_id, report = _commit(acting_as, vendor, spoiled.data)

    found: dict[int, set[str]] = {}
    for error in report.errors:
        found.setdefault(error.row, set()).add(error.code)
    assert found == {row: set(codes) for row, codes in spoiled.rejected.items()}
    assert _count(acting_as, vendor, Account) == report.accepted
    with acting_as(vendor) as session:
        kept = get_import(session, vendor, import_id)
        mapping = Mapping.from_dict(kept.mapping)
        delivery, rejected = list_rejected(session, kept, mapping, today=TODAY)
        body = b"".join(stream_rejects(delivery, rejected)).decode("utf-8-sig")
    assert len(body.splitlines()) == report.rejected + 1


@pytest.mark.abuse("F5")
def test_a_trailer_one_cent_off_refuses_the_whole_file(acting_as, vendor):
    good = real_file(rows=60, trailer=True)
    head, _, last = good.rstrip().rpartition(b"\n")
    count, total = last.split(b",")[1:]
    off = head + b"\nTRAILER," + count + b"," + f"{float(total) + 0.01:.2f}".encode() + b"\n"

    with pytest.raises(FileRefused):
        _commit(acting_as, vendor, off)

    assert _count(acting_as, vendor, Account) == 0


@pytest.mark.parametrize("point", ["import.staged", "import.spread", "import.committing"])
def test_a_crash_at_any_step_leaves_nothing_half_imported(acting_as, vendor, point):
    def crash() -> None:
        raise RuntimeError("power cut")

    faults.arm(point, crash)
    try:
        with pytest.raises(RuntimeError):
            _commit(acting_as, vendor, SMALL)
    finally:
        faults.disarm_all()

    assert _count(acting_as, vendor, Account) == 0
    assert _count(acting_as, vendor, Debtor) == 0
    _, report = _commit(acting_as, vendor, SMALL + b"\n")
    assert report.accepted == 60


def test_a_check_imports_nothing(acting_as, vendor):
    import_id, mapping = _receive(acting_as, vendor, SMALL)

    with acting_as(vendor) as session:
        report = check_file(
            session, vendor, get_import(session, vendor, import_id), mapping, today=TODAY
        )

    assert report.accepted == 60
    assert _count(acting_as, vendor, Account) == 0


def test_balances_nobody_attested_wait_for_a_named_person(acting_as, vendor):
    import_id, _ = _commit(acting_as, vendor, SMALL, attested=False)
    with acting_as(vendor) as session:
        assert session.scalar(select(func.count(Balance.verified_as_of))) == 0

    with acting_as(vendor) as session:
        confirmed = attest_import(session, vendor, import_id)
    with acting_as(vendor) as session:
        again = attest_import(session, vendor, import_id)

    assert (confirmed, again) == (60, 0)
    assert _count(acting_as, vendor, Verification) == 60


def test_a_mapping_is_remembered_for_the_same_headings(acting_as, vendor):
    import_id, found = _receive(acting_as, vendor, SMALL)
    del import_id
    columns = {name: heading for name, heading in found.columns.items() if name != "email"}
    changed = Mapping(columns, found.constants, found.dates)
    _commit(acting_as, vendor, SMALL, mapping=changed)

    _, remembered = _receive(acting_as, vendor, real_file(rows=61))

    assert "email" not in remembered.columns


@pytest.mark.abuse("V6")
def test_the_kept_file_is_sealed(acting_as, vendor, admin):
    import_id, _ = _receive(acting_as, vendor, SMALL)

    sealed = admin.execute(
        "SELECT string_agg(sealed, '') FROM import_chunks WHERE import_id = %s", [import_id]
    ).fetchone()[0]
    stored = admin.execute(
        "SELECT count(*) FROM contact_points WHERE value_sealed LIKE '%%example.com%%'::bytea"
    ).fetchone()[0]

    assert b"example.com" in SMALL
    assert b"example.com" not in bytes(sealed)
    assert stored == 0


def test_another_bank_and_a_reader_get_nowhere(make, acting_as, vendor):
    import_id, _ = _receive(acting_as, vendor, SMALL)
    stranger = make.vendor_manager(make.bank())
    analyst = Principal.staff(Side.BANK, vendor.org_id, vendor.user_id, Role.BANK_ANALYST)

    with pytest.raises(NotFound), acting_as(stranger) as session:
        get_import(session, stranger, import_id)
    assert _count(acting_as, stranger, ImportFile) == 0
    assert _count(acting_as, stranger, ImportChunk) == 0
    with pytest.raises(PermissionDenied):
        _receive(acting_as, analyst, SMALL)


def test_a_file_without_one_good_row_is_no_import(acting_as, vendor):
    bad = edited(SMALL, {number: {"Principal": "NaN"} for number in range(2, 62)})

    with pytest.raises(Conflict):
        _commit(acting_as, vendor, bad)


def test_days_ahead_of_the_banks_own_today_are_refused(acting_as, vendor):
    import_id, mapping = _receive(acting_as, vendor, SMALL)

    with acting_as(vendor) as session:
        kept = get_import(session, vendor, import_id)
        report = check_file(session, vendor, kept, mapping, today=TODAY - timedelta(days=60))

    assert {error.code for error in report.errors} == {"date_in_future"}
