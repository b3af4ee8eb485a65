"""Letters: asked for with a click, taken as PDF, refused when a rule forbids them."""

from __future__ import annotations

import pytest

from portal.core.accounts.locks import get_account
from portal.core.permissions import Role
from portal.core.placements.letters import Document, gather_facts, store_letter, store_pdf
from portal.core.placements.models import LetterKind
from portal.core.principal import Principal
from tests.support.factories import NOON

PDF = b"%PDF-1.7 the letter"


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def letter(made, acting_as):
    """Issue a letter on the account, with or without its PDF, and return its id."""

    def issue(*, printed: bool):
        system = Principal.system(made.bank_id)
        with acting_as(system) as session:
            facts = gather_facts(session, get_account(session, made.id), at=NOON)
            kept = store_letter(
                session,
                facts,
                Document(snapshot="{}", language="en", template="notice/1"),
                kind=LetterKind.NOTICE,
                issued_by=system.user_id,
            )
            if printed:
                store_pdf(session, system, kept.id, PDF)
            return kept.id

    return issue


def test_asking_for_the_notice_leaves_it_to_a_job(browse, made, admin):
    answer = browse(Role.COLLECTOR).post(f"/agency/accounts/{made.id}/notices")

    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    job = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs"
        " WHERE task_name = 'issue_notice' AND args->>'account_id' = %s",
        [str(made.id)],
    ).fetchone()
    assert job is not None


def test_an_unchecked_balance_stops_the_notice(make, agency, browse):
    made = make.account(agency=agency, verified_on=None)

    answer = browse().post(f"/agency/accounts/{made.id}/notices")

    assert answer.status_code == 409
    assert "not confirmed this balance" in answer.text


def test_who_does_not_collect_sends_no_notice(browse, made):
    answer = browse(Role.AGENCY_ADMIN).post(f"/agency/accounts/{made.id}/notices")

    assert answer.status_code == 403


def test_a_letter_is_handed_out_as_it_was_printed_and_on_record(browse, letter, admin):
    letter_id = letter(printed=True)

    answer = browse().get(f"/agency/letters/{letter_id}.pdf")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data == PDF
    assert "attachment; filename=notice-2026-11-24.pdf" in answer.headers["Content-Disposition"]
    opened = admin.execute(
        "SELECT count(*) FROM audit_rows WHERE verb = 'letter.opened' AND subject_id = %s",
        [letter_id],
    ).fetchone()
    assert opened == (1,)


def test_a_letter_that_is_being_printed_says_so(browse, made, letter):
    letter_id = letter(printed=False)
    visitor = browse()

    assert "being printed" in visitor.get(f"/agency/accounts/{made.id}").text
    assert visitor.get(f"/agency/letters/{letter_id}.pdf").status_code == 409
