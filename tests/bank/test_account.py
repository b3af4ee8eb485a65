"""One account's pages: what each tab shows, who sees it, and what is written down."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.models import Account
from portal.core.actions.service import log_call
from portal.core.audit import AuditRow
from portal.core.db import uuid7
from portal.core.ledger.models import Book, PostingKind
from portal.core.ledger.service import Move, lock_balance, post
from portal.core.money import Money
from portal.core.parties.persons import get_debtor, person_key
from portal.core.payments.models import Payment, PaymentState
from portal.core.permissions import Role
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.models import (
    Frequency,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    Promise,
)
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery, verify_recovery
from portal.core.rules import Outcome
from tests.bank.conftest import NOW, bare, text_of
from tests.support.factories import NOON, TODAY

TABS = ("overview", "ledger", "actions", "money", "letters", "audit")


@pytest.fixture
def placed(make, bank):
    """Return an account of this test's bank, placed with an agency."""
    return make.account(bank=bank, agency=make.agency())


def _system(made):
    return Principal.system(made.bank_id)


def _address(made, tab=""):
    return f"/bank/accounts/{made.id}" + (f"?tab={tab}" if tab else "")


def _late_call(make, acting_as, made, note=""):
    agent = make.agent(made.agency)
    half_past_nine_pm = NOON.replace(day=25, hour=2, minute=30)
    with acting_as(agent) as session:
        return log_call(
            session,
            agent,
            made.id,
            outcome=Outcome.NO_ANSWER,
            made_at=half_past_nine_pm,
            now=half_past_nine_pm,
            note=note,
        )


def _recover(make, acting_as, made, minor=10_000, ref="CHEQUE-1"):
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        return report_recovery(
            session,
            agent,
            made.id,
            Money(minor, made.currency),
            received_on=TODAY,
            recipient=Recipient.AGENCY,
            external_ref=ref,
            at=NOON,
            today=TODAY,
        )


def _add(acting_as, made, row, **values):
    own = {
        "bank_id": made.bank_id,
        "id": uuid7(),
        "account_id": made.id,
        "debtor_id": made.debtor_id,
    }
    with acting_as(_system(made)) as session:
        added = row(**{**own, **values})
        session.add(added)
    return added


def _letter(acting_as, made, *, pdf=b"%PDF-1.7 canary"):
    letter_id = uuid7()
    with acting_as(_system(made)) as session:
        key = person_key(session, get_debtor(session, made.bank_id, made.debtor_id))
        session.add(
            Letter(
                bank_id=made.bank_id,
                id=letter_id,
                account_id=made.id,
                debtor_id=made.debtor_id,
                agency_id=made.agency.id if made.agency else None,
                kind=LetterKind.NOTICE,
                language="en",
                template_version="notice_us/1",
                snapshot_sealed=key.seal("letters.snapshot", letter_id, "{}"),
                snapshot_sha256=b"0" * 32,
                pdf_sealed=None if pdf is None else key.seal("letters.pdf", letter_id, pdf),
                pdf_sha256=None if pdf is None else b"0" * 32,
                issued_at=NOON,
                issued_by=uuid7(),
            )
        )
    return letter_id


def test_the_head_shows_person_balance_stamp_days_overdue_agency_and_term(placed, browse):
    text = text_of(browse().get(_address(placed)))

    for shown in (
        placed.name,
        placed.account_ref,
        "$2,467.37",
        f"Checked by {placed.bank.name} on 24 November 2026",
        "113 days since 3 August 2026",
        placed.agency.name,
        "until 23 May 2027",
        "With an agency",
    ):
        assert shown in text


def test_an_unconfirmed_balance_says_so(make, bank, browse):
    made = make.account(bank=bank, verified_on=None)

    text = text_of(browse().get(_address(made)))

    assert "Nobody confirmed this balance yet" in text
    assert "Checked by" not in text


def test_the_balance_is_itemised_by_bucket(placed, browse):
    text = text_of(browse().get(_address(placed)))

    assert "Principal $2,000.00 Interest $300.00 Fees $167.37 Balance $2,467.37" in text


def test_the_timeline_tells_what_happened_newest_first(make, acting_as, placed, browse):
    _late_call(make, acting_as, placed)
    recovery = _recover(make, acting_as, placed)
    with acting_as(_system(placed)) as session:
        verify_recovery(session, _system(placed), recovery.id, at=NOON + timedelta(hours=1))
    _add(
        acting_as,
        placed,
        Promise,
        made_by_agency_id=placed.agency.id,
        amount_minor=5_000,
        currency="USD",
        due_on=date(2026, 12, 1),
        made_at=NOON + timedelta(hours=2),
        recorded_by=uuid7(),
    )

    text = text_of(browse().get(_address(placed)))

    told = [
        "Phone call · No answer",
        "9:30 PM in New York is outside the hours allowed there",
        "Promised $50.00 by 1 December 2026",
        "Recovery of $100.00 verified",
        "Recovery of $100.00 reported",
        f"Accepted by {placed.agency.name}",
    ]
    places = [text.find(part) for part in told]
    assert -1 not in places
    assert places == sorted(places)
    assert "12 CFR 1006.6(b)(1)(i)" in text
    assert "Balance of $2,467.37 confirmed as of 24 November 2026" in text


def test_the_ledger_shows_every_line_with_what_was_owed_after_it(make, acting_as, placed, browse):
    with acting_as(_system(placed)) as session:
        balance = lock_balance(session, placed.bank_id, placed.id)
        post(
            session,
            _system(placed),
            balance,
            kind=PostingKind.PAYMENT,
            cause="payment:x",
            effective_on=TODAY,
            moves=[
                Move(Book.FEES, Book.CLEARING, Money(16_737, "USD")),
                Move(Book.PRINCIPAL, Book.CLEARING, Money(3_263, "USD")),
            ],
        )

    text = text_of(browse().get(_address(placed, "ledger")))

    for line in (
        "Opening balance Owed before the import Principal $2,000.00 $2,000.00",
        "Owed before the import Interest $300.00 $2,300.00",
        "Owed before the import Fees $167.37 $2,467.37",
        "Payment Fees Payment provider $167.37 $2,300.00",
        "Principal Payment provider $32.63 $2,267.37",
    ):
        assert line in text


def test_actions_are_shown_with_their_note_and_the_rules_they_broke(
    make, acting_as, placed, browse
):
    _late_call(make, acting_as, placed, note="Rang for a long time")

    text = text_of(browse().get(_address(placed, "actions")))

    assert "Rang for a long time" in text
    assert "Not allowed 9:30 PM in New York is outside the hours allowed there" in text
    assert placed.agency.name in text


def test_plan_instalments_payments_and_recoveries_are_on_one_tab(make, acting_as, placed, browse):
    plan = _add(
        acting_as,
        placed,
        Plan,
        state=PlanState.ACTIVE,
        amount_minor=10_000,
        total_minor=246_737,
        currency="USD",
        frequency=Frequency.MONTHLY,
        instalment_count=25,
        starts_on=TODAY,
        accepted_at=NOON,
        created_at=NOON,
    )
    _add(
        acting_as,
        placed,
        Instalment,
        plan_id=plan.id,
        number=1,
        due_on=date(2026, 12, 1),
        amount_minor=10_000,
        paid_minor=2_500,
        currency="USD",
        state=InstalmentState.PART_PAID,
    )
    _add(
        acting_as,
        placed,
        Payment,
        ref="PAY-CANARY",
        purpose="some",
        amount_minor=2_500,
        currency="USD",
        state=PaymentState.CLEARED,
        gateway_account="acct_x",
        initiated_at=NOON,
        expires_at=NOON,
        cleared_at=NOON,
    )
    _recover(make, acting_as, placed, ref="CHEQUE-CANARY")

    page = browse().get(_address(placed, "money"))

    text = text_of(page)
    assert "1 1 December 2026 $100.00 $25.00 Partly paid" in text
    assert "PAY-CANARY $25.00 Booked" in text
    assert "CHEQUE-CANARY $100.00 – To verify" in text
    assert "/verify" in page.get_data(as_text=True)


def test_the_persons_other_accounts_are_linked(make, acting_as, placed, browse):
    other = make.account(bank=placed.bank)
    with acting_as(_system(placed)) as session:
        session.get_one(Account, (placed.bank_id, other.id)).debtor_id = placed.debtor_id

    page = browse().get(_address(placed))

    assert f"/bank/accounts/{other.id}" in page.get_data(as_text=True)


def test_the_contact_card_is_masked_until_somebody_asks_and_that_is_written_down(
    acting_as, placed, browse
):
    visitor = browse()
    masked = visitor.get(_address(placed)).get_data(as_text=True)

    answer = visitor.post(f"/bank/accounts/{placed.id}/contacts")

    assert placed.phone not in masked
    assert placed.email not in masked
    assert f"••• •• {placed.phone[-2:]}" in masked
    assert answer.status_code == 200
    assert placed.phone in text_of(answer)
    assert placed.email in text_of(answer)
    with acting_as(_system(placed)) as session:
        [row] = session.scalars(select(AuditRow).where(AuditRow.verb == "contact.revealed"))
    assert row.subject_id == placed.id
    assert row.at == NOW


def test_the_contact_card_is_not_opened_by_a_link(acting_as, placed, browse):
    page = browse().get(f"/bank/accounts/{placed.id}/contacts")

    # At the same address stands the calendar of contacts, which shows no way to reach anybody.
    assert page.status_code == 200
    assert placed.phone not in page.get_data(as_text=True)
    assert placed.email not in page.get_data(as_text=True)
    with acting_as(_system(placed)) as session:
        assert not session.scalars(
            select(AuditRow).where(AuditRow.verb == "contact.revealed")
        ).all()


def test_the_audit_tab_names_who_did_what(make, acting_as, placed, browse):
    visitor = browse()
    visitor.post(f"/bank/accounts/{placed.id}/contacts")
    _recover(make, acting_as, placed)

    text = text_of(visitor.get(_address(placed, "audit")))

    assert "Contact card opened contact.revealed" in text
    assert f"{placed.agency.name} Agency Recovery reported recovery.reported" in text


@pytest.mark.parametrize(("role", "status"), [(Role.BANK_ANALYST, 404), (Role.BANK_ADMIN, 200)])
def test_the_audit_tab_is_for_who_reads_audits(placed, browse, role, status):
    visitor = browse(role)

    assert visitor.get(_address(placed, "audit")).status_code == status
    assert ("tab=audit" in visitor.get(_address(placed)).get_data(as_text=True)) == (status == 200)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_fresh_account_has_something_to_say(make, bank, browse, tab):
    made = make.account(bank=bank)

    page = browse().get(_address(made, tab))

    assert page.status_code == 200
    assert made.account_ref in text_of(page)


def test_a_tab_that_is_none_is_not_found(placed, browse):
    assert browse().get(_address(placed, "secrets")).status_code == 404


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("tab", TABS)
def test_another_banks_account_answers_like_one_that_never_existed(make, browse, tab):
    foreign, never = make.account(agency=make.agency()), uuid7()
    visitor = browse()

    theirs = visitor.get(_address(foreign, tab))
    nobodys = visitor.get(f"/bank/accounts/{never}?tab={tab}")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, foreign.id) == bare(nobodys, never)


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("deed", ["contacts", "notices"])
def test_deeds_on_another_banks_account_do_nothing(make, acting_as, bank, browse, deed):
    foreign, never = make.account(agency=make.agency()), uuid7()
    visitor = browse()

    theirs = visitor.post(f"/bank/accounts/{foreign.id}/{deed}")
    nobodys = visitor.post(f"/bank/accounts/{never}/{deed}")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, foreign.id) == bare(nobodys, never)
    for owner in (foreign.bank, bank):
        with acting_as(Principal.system(owner.id)) as session:
            assert not session.scalars(
                select(AuditRow).where(AuditRow.subject_id == foreign.id)
            ).all()


def test_a_notice_is_asked_for_and_the_page_comes_back_to_the_letters(acting_as, placed, browse):
    visitor = browse()

    answer = visitor.post(f"/bank/accounts/{placed.id}/notices")

    assert answer.status_code == 303
    assert answer.location == f"/bank/accounts/{placed.id}?tab=letters"
    assert "The notice is being written." in text_of(visitor.get(answer.location))
    with acting_as(_system(placed)) as session:
        assert session.scalars(select(AuditRow.verb)).all() == ["letter.requested"]


def test_no_notice_on_an_account_no_agency_works(make, bank, browse):
    made = make.account(bank=bank)
    visitor = browse()

    answer = visitor.post(f"/bank/accounts/{made.id}/notices")

    assert answer.status_code == 409
    assert "Send the notice" not in text_of(visitor.get(_address(made)))


def test_an_analyst_sends_no_notice(placed, browse):
    visitor = browse(Role.BANK_ANALYST)

    assert visitor.post(f"/bank/accounts/{placed.id}/notices").status_code == 403


def test_a_letter_comes_as_the_pdf_that_was_issued(acting_as, placed, browse):
    letter_id = _letter(acting_as, placed)
    visitor = browse()

    answer = visitor.get(f"/bank/letters/{letter_id}.pdf")

    assert answer.get_data() == b"%PDF-1.7 canary"
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=notice-20261124.pdf"
    listed = text_of(visitor.get(_address(placed, "letters")))
    assert "Notice English 24 November 2026" in listed
    assert "Download the PDF" in listed


def test_a_letter_still_being_made_says_so(acting_as, placed, browse):
    letter_id = _letter(acting_as, placed, pdf=None)
    visitor = browse()

    answer = visitor.get(f"/bank/letters/{letter_id}.pdf")

    assert answer.status_code == 303
    assert "The PDF is still being made." in text_of(visitor.get(answer.location))


@pytest.mark.abuse("A2")
def test_another_banks_letter_answers_like_one_that_never_existed(make, acting_as, browse):
    foreign = make.account(agency=make.agency())
    letter_id, never = _letter(acting_as, foreign), uuid7()
    visitor = browse()

    theirs = visitor.get(f"/bank/letters/{letter_id}.pdf")
    nobodys = visitor.get(f"/bank/letters/{never}.pdf")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, letter_id) == bare(nobodys, never)
