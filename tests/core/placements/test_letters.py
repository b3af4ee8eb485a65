"""Letters: issued once from what the ledger says, sealed, and true for ever after."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.core.actions.models import Action
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound, PermissionDenied
from portal.core.money import Money
from portal.core.parties import proof
from portal.core.parties.proof import NOBODY, Step
from portal.core.permissions import Role
from portal.core.placements.letters import open_letter, store_pdf
from portal.core.placements.models import Letter, LetterKind, Placement, PlacementState
from portal.core.placements.notices import issue_notice, request_notice, try_mandate
from portal.core.principal import Principal
from portal.core.seals import SealBroken
from portal.jobs import letters as jobs
from portal.jobs.letters import letter_maker
from portal.web.letter_making import dispute_by, product_name
from portal.web.letter_snapshots import from_json
from portal.web.letters import letter_html
from tests.support.factories import NOON
from tests.support.letters import send


@pytest.fixture
def made(make):
    return make.account(agency=make.agency())


def _letters(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(
            select(Letter).where(Letter.account_id == made.id).order_by(Letter.id)
        ).all()


def test_a_notice_states_what_the_ledger_says(made):
    notice = send(made).snapshot

    item = notice.itemisation
    assert (item.amount, item.now) == (Money(246_737, "USD"), Money(246_737, "USD"))
    assert (item.interest, item.fees, item.payments, item.credits) == (Money(0, "USD"),) * 4
    assert item.on == date(2026, 10, 31)
    assert notice.verified_on == date(2026, 11, 24)
    assert notice.person.name == made.name
    assert notice.account_ending == made.account_ref[-4:]


def test_the_notice_is_a_whole_document_with_its_code_and_the_address_of_its_page(made):
    sent = send(made)

    html = letter_html(sent.snapshot)

    grouped = f"{sent.code[:4]}-{sent.code[4:8]}-{sent.code[8:]}"
    assert grouped in html
    assert sent.snapshot.access.url == f"http://localhost/l/{grouped}"
    assert sent.mandate_code in html


def test_the_code_on_the_letter_opens_the_door_for_21_days(acting_as, made):
    sent = send(made)
    hashed = proof.code_hash(sent.code)

    with acting_as(NOBODY) as session:
        network = f"10.9.{uuid7().hex}"
        last = NOON + timedelta(days=21) - timedelta(seconds=1)
        open_ = proof.try_code(session, hashed, network=network, at=last)
        over = proof.try_code(session, hashed, network=network, at=NOON + timedelta(days=21))

    assert open_.visit.letter_id == sent.letter.id
    assert over.step is Step.MISSED


def test_the_code_itself_is_nowhere_in_the_database(admin, made):
    sent = send(made)
    needle = sent.code.encode()

    tables = admin.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN"
        " ('public', 'doors', 'jobs') AND table_type = 'BASE TABLE'"
    ).fetchall()
    for schema, table in tables:
        rows = admin.execute(f'SELECT t::text FROM {schema}."{table}" t').fetchall()
        for (row,) in rows:
            assert sent.code not in row
            assert needle.hex() not in row


def test_a_letter_does_not_change_when_the_ledger_does(admin, acting_as, made):
    sent = send(made)
    admin.execute("UPDATE debtors SET name = 'Somebody Else' WHERE id = %s", [made.debtor_id])

    with acting_as(made.debtor) as session:
        found = open_letter(session, made.debtor, sent.letter.id)

    assert from_json(found.snapshot) == sent.snapshot
    assert hashlib.sha256(found.snapshot.encode()).digest() == found.letter.snapshot_sha256


@pytest.mark.abuse("V7")
def test_a_sealed_letter_moved_to_another_row_does_not_open(acting_as, admin, make, made):
    sent = send(made)
    other = make.account(bank=made.bank, agency=made.agency)
    theirs = send(other)
    admin.execute(
        "UPDATE letters SET snapshot_sealed = (SELECT snapshot_sealed FROM letters WHERE id = %s)"
        " WHERE id = %s",
        [theirs.letter.id, sent.letter.id],
    )

    with acting_as(made.debtor) as session, pytest.raises(SealBroken):
        open_letter(session, made.debtor, sent.letter.id)


def test_sending_a_notice_is_an_action_on_the_account(acting_as, made):
    send(made)

    with acting_as(Principal.system(made.bank_id)) as session:
        [action] = session.scalars(select(Action).where(Action.account_id == made.id)).all()
    assert (action.channel, action.direction, action.made_at) == ("letter", "outbound", NOON)


def test_a_notice_in_spanish_comes_with_the_english_one_under_the_same_code(acting_as, make):
    made = make.account(agency=make.agency(), language="es")

    sent = send(made)

    letters = {letter.language: letter for letter in _letters(acting_as, made)}
    assert sorted(letters) == ["en", "es"]
    assert sent.letter.language == "es"
    with acting_as(made.debtor) as session:
        english = from_json(open_letter(session, made.debtor, letters["en"].id).snapshot)
    assert english.access.code == sent.code


def test_a_person_in_china_gets_the_chinese_notice_with_the_term_of_the_mandate(make):
    made = make.account(
        bank=make.bank(country="CN", timezone="Asia/Shanghai"),
        agency=make.agency(country="CN"),
        country="CN",
        currency="CNY",
        language="zh",
        zones=("Asia/Shanghai",),
        state="",
    )

    notice = send(made).snapshot

    assert notice.kind == "notice_cn"
    assert notice.product == "信用卡"
    assert notice.balance.total == Money(246_737, "CNY")
    assert notice.mandate_from == date(2026, 11, 24)


def test_a_second_notice_within_a_day_is_a_slip(make, made):
    send(made)

    with pytest.raises(Conflict, match="within the last day"):
        send(made, at=NOON + timedelta(hours=23))
    assert send(made, at=NOON + timedelta(hours=24)).letter.kind is LetterKind.NOTICE


def test_an_account_without_an_agency_or_a_checked_balance_gets_no_notice(make):
    with pytest.raises(Conflict, match="once an agency works"):
        send(make.account())
    with pytest.raises(Conflict, match="not confirmed"):
        send(make.account(agency=make.agency(), verified_on=None))


def test_a_job_that_runs_twice_writes_one_letter(acting_as, make, made):
    system = Principal.system(made.bank_id)
    letter_id = uuid7()
    for _ in range(2):
        with acting_as(system) as session:
            issue_notice(
                session,
                system,
                made.id,
                at=NOON,
                compose=letter_maker().notice,
                letter_id=letter_id,
            )

    assert [letter.id for letter in _letters(acting_as, made)] == [letter_id]


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AGENCY_MANAGER])
def test_agency_staff_ask_for_a_notice_and_a_job_writes_it(acting_as, admin, make, made, role):
    agent = make.agent(made.agency, role)

    with acting_as(agent) as session:
        letter_id = request_notice(session, agent, made.id, at=NOON)

    [(arguments,)] = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE args ->> 'letter_id' = %s",
        [str(letter_id)],
    ).fetchall()
    jobs.issue_notice.func(**arguments)
    [letter] = _letters(acting_as, made)
    assert (letter.id, letter.issued_by, letter.issued_at) == (letter_id, agent.user_id, NOON)


def test_another_agency_cannot_ask_for_a_notice(acting_as, make, made):
    stranger = make.agent(make.agency())

    with acting_as(stranger) as session, pytest.raises(NotFound):
        request_notice(session, stranger, made.id, at=NOON)


def test_a_person_in_debt_issues_no_letters(acting_as, made):
    with acting_as(made.debtor) as session, pytest.raises(PermissionDenied):
        request_notice(session, made.debtor, made.id, at=NOON)


def test_bank_agency_and_person_open_a_letter_and_strangers_do_not(acting_as, make, made):
    sent = send(made)
    readers = (make.vendor_manager(made.bank), make.agent(made.agency), made.debtor)
    strangers = (
        make.vendor_manager(make.bank()),
        make.agent(make.agency()),
        make.account(bank=made.bank).debtor,
    )

    for reader in readers:
        with acting_as(reader) as session:
            assert open_letter(session, reader, sent.letter.id).letter.id == sent.letter.id
    for stranger in strangers:
        with acting_as(stranger) as session, pytest.raises(NotFound):
            open_letter(session, stranger, sent.letter.id)


def test_a_pdf_is_stored_sealed_once_with_its_hash(acting_as, admin, made):
    sent = send(made)
    system = Principal.system(made.bank_id)

    for pdf in (b"%PDF-first", b"%PDF-second"):
        with acting_as(system) as session:
            store_pdf(session, system, sent.letter.id, pdf)

    with acting_as(made.debtor) as session:
        found = open_letter(session, made.debtor, sent.letter.id)
    assert found.pdf == b"%PDF-first"
    assert found.letter.pdf_sha256 == hashlib.sha256(b"%PDF-first").digest()
    assert b"%PDF" not in found.letter.pdf_sealed


def test_the_job_makes_a_real_tagged_pdf(acting_as, made):
    sent = send(made)

    jobs.render_letter.func(bank_id=str(made.bank_id), letter_id=str(sent.letter.id))
    jobs.render_letter.func(bank_id=str(made.bank_id), letter_id=str(sent.letter.id))

    with acting_as(made.debtor) as session:
        pdf = open_letter(session, made.debtor, sent.letter.id).pdf
    assert pdf.startswith(b"%PDF-")
    assert "/StructTreeRoot" in PdfReader(io.BytesIO(pdf)).trailer["/Root"]


@pytest.mark.abuse("C9")
def test_the_mandate_code_says_who_works_for_whom_while_that_holds(acting_as, made):
    code = send(made).mandate_code.replace("-", "")
    network = f"10.8.{uuid7().hex}"

    def ask(at=NOON):
        with acting_as(NOBODY) as session:
            return try_mandate(session, code, network=network, at=at)

    now = ask()
    after_term = ask(NOON + timedelta(days=400))
    with acting_as(Principal.system(made.bank_id)) as session:
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        placement.state = PlacementState.FINAL_RECALL
    after_recall = ask()

    assert (now.mandate.bank_id, now.mandate.agency_id) == (made.bank_id, made.agency.id)
    assert (after_term.mandate, after_recall.mandate) == (None, None)
    assert after_term == after_recall


@pytest.mark.parametrize(
    ("sent_on", "until"),
    [
        # Five working days, then thirty days: Thanksgiving and a weekend lie between.
        (date(2026, 11, 24), date(2027, 1, 1)),
        (date(2026, 6, 1), date(2026, 7, 8)),
    ],
)
def test_the_validation_period_is_counted_from_receipt(sent_on, until):
    assert dispute_by(sent_on) == until


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Credit card"), ("es", "tarjeta de crédito"), ("zh_Hans_CN", "信用卡")],
)
def test_a_common_product_is_named_in_the_language_of_the_letter(language, name):
    assert product_name("Credit card", language) == name
