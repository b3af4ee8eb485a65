"""The formal demand of the ladder: checked as printed, stored sealed, logged, announced after."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.core import faults
from portal.core.accounts.models import Effort
from portal.core.actions.ladder import DEFAULT_STEPS
from portal.core.actions.models import Action, Permit
from portal.core.actions.service import open_text
from portal.core.db import uuid7
from portal.core.parties import proof
from portal.core.parties.proof import NOBODY
from portal.core.placements.letters import open_letter
from portal.core.placements.models import Letter
from portal.core.principal import Principal
from portal.jobs import letters as letter_jobs
from portal.web.letter_snapshots import DemandSnapshot, from_json
from tests.support import reminders as ladder
from tests.support.factories import NOON, TODAY

LETTER, ANNOUNCED = DEFAULT_STEPS[3:]
NEXT_DAY = NOON + timedelta(days=1)


@pytest.fixture
def made(make):
    return make.account()


@pytest.fixture
def sent(make, acting_as):
    """Send the formal demand on an account, and return the letter with what it says."""

    def send(made, *steps):
        ladder.start(make, made.bank, steps=steps or (LETTER,))
        ladder.run(made.bank, NOON)
        system = Principal.system(made.bank_id)
        with acting_as(system) as session:
            letter = session.scalars(select(Letter).where(Letter.account_id == made.id)).one()
            snapshot = from_json(open_letter(session, system, letter.id).snapshot)
            session.expunge_all()
        assert isinstance(snapshot, DemandSnapshot)
        return letter, snapshot

    return send


def states(made):
    return [(each.step, each.state, each.reason) for each in ladder.reminders(made.bank)]


def test_it_states_what_the_ledger_says_and_leaves_two_weeks(made, sent):
    letter, demand = sent(made)

    assert states(made) == [("letter-1", "sent", "")]
    assert (letter.kind, letter.language, letter.agency_id) == ("demand", "en", None)
    assert letter.template_version == "demand/1"
    assert demand.balance.total.minor == 246_737
    assert demand.balance.fees.minor == 16_737
    assert (demand.sent_on, demand.pay_by) == (TODAY, date(2026, 12, 8))
    assert (demand.person.name, demand.contract) == (made.name, "the credit card agreement")
    (reminder,) = ladder.reminders(made.bank)
    assert (letter.subject_id, reminder.answer_by) == (reminder.id, date(2026, 12, 8))


def test_it_is_an_action_of_the_bank_with_a_permit_and_the_words_that_were_printed(
    made, sent, acting_as
):
    sent(made)

    with acting_as(Principal.system(made.bank_id)) as session:
        (action,) = session.scalars(select(Action).where(Action.account_id == made.id))
        text = open_text(session, action)
        permit = session.get_one(Permit, (made.bank_id, action.permit_id))
        effort = session.get_one(Effort, (made.bank_id, made.id, "demand_letter"))
        assert (action.channel, action.made_by_agency_id, action.breach_count) == (
            "letter",
            None,
            0,
        )
        assert (effort.times, effort.last_on) == (2, TODAY)
        assert permit.facts["message"]["conveys_debt"] is True
    assert "this letter comes from the credit and legal departments" in text
    assert "Please pay $2,467.37 by 8 December 2026" in text


def test_its_file_is_made_like_any_letters(made, sent, acting_as):
    letter, _ = sent(made)

    letter_jobs.render_letter.func(str(made.bank_id), str(letter.id))

    with acting_as(made.debtor) as session:
        found = open_letter(session, made.debtor, letter.id)
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(found.pdf)).pages)
    assert "Formal demand for payment" in words
    assert made.name in words


def test_the_code_on_it_lets_its_person_in_beyond_the_day_it_asks_for(made, sent, acting_as):
    letter, demand = sent(made)
    hashed, network = proof.code_hash(demand.access.code), f"10.9.{uuid7().hex}"

    with acting_as(NOBODY) as session:
        answer = proof.try_code(session, hashed, network=network, at=NOON + timedelta(days=20))

    assert answer.visit.letter_id == letter.id
    with acting_as(Principal.system(made.bank_id)) as session:
        (action,) = session.scalars(select(Action).where(Action.account_id == made.id))
        assert demand.access.code not in open_text(session, action)


@pytest.mark.parametrize(
    ("language", "country", "currency", "said"),
    [
        ("es", "US", "USD", "Le pedimos pagar $2,467.37 a más tardar el 8 de diciembre de 2026"),
        ("zh", "CN", "CNY", "请您在2026年12月8日前支付¥2,467.37"),
        ("en", "CN", "CNY", "Business seal"),
        ("de", "DE", "EUR", "Please pay €2,467.37 by 8 December 2026"),
    ],
)
def test_it_speaks_the_persons_language_and_says_what_their_law_asks_for(
    make, sent, acting_as, language, country, currency, said
):
    made = make.account(
        language=language, country=country, currency=currency, state="", zones=("Asia/Shanghai",)
    )
    sent(made)

    with acting_as(Principal.system(made.bank_id)) as session:
        (action,) = session.scalars(select(Action).where(Action.account_id == made.id))
        assert said in open_text(session, action)
        assert action.breach_count == 0


def test_the_message_that_announces_it_goes_the_day_after_and_names_its_day(
    make, made, sent, acting_as
):
    sent(made, LETTER, ANNOUNCED)

    ladder.run(made.bank, NOON)
    assert [step for step, _, _ in states(made)] == ["letter-1"]
    ladder.run(made.bank, NEXT_DAY)

    assert states(made)[1] == ("sms-3", "sent", "")
    with acting_as(Principal.system(made.bank_id)) as session:
        texts = [open_text(session, each) for each in session.scalars(select(Action))]
    assert any("pay $2,467.37 by 8 December 2026" in text and len(text) < 400 for text in texts)


def test_a_letter_that_was_never_sent_is_not_announced(make, admin, made):
    admin.execute(
        "DELETE FROM contact_points WHERE debtor_id = %s AND kind = 'address'", [made.debtor_id]
    )
    admin.execute(
        "UPDATE debtors SET city = '', state = '', postcode = '' WHERE id = %s", [made.debtor_id]
    )
    ladder.start(make, made.bank, steps=(LETTER, ANNOUNCED))

    ladder.run(made.bank, NOON)
    ladder.run(made.bank, NEXT_DAY)

    assert states(made) == [
        ("letter-1", "refused", "no_address"),
        ("sms-3", "skipped", "no_letter"),
    ]


def test_while_the_balance_is_being_checked_it_waits(make, admin, made):
    ladder.start(make, made.bank, steps=(LETTER,))
    admin.execute(
        "UPDATE balances SET fees_minor = fees_minor + 1 WHERE account_id = %s", [made.id]
    )

    ladder.run(made.bank, NOON)

    assert states(made) == [("letter-1", "waiting", "balance_checked")]


@pytest.mark.parametrize("point", ["reminder.letter.stored", "reminder.taken"])
def test_a_crash_leaves_no_letter_and_the_next_try_one(make, acting_as, made, point):
    ladder.start(make, made.bank, steps=(LETTER,))
    ladder.plan(made.bank, NOON)

    def crash():
        raise RuntimeError("the power went")

    faults.arm(point, crash)
    try:
        with pytest.raises(RuntimeError):
            ladder.take(made.bank, NOON)
    finally:
        faults.disarm_all()
    ladder.take(made.bank, NOON + timedelta(minutes=10))

    with acting_as(Principal.system(made.bank_id)) as session:
        assert len(session.scalars(select(Letter)).all()) == 1
        assert len(session.scalars(select(Action)).all()) == 1


def test_its_person_reads_it_on_their_own_page(made, sent, visit):
    letter, _ = sent(made)
    person = visit(made.debtor)

    listed = person.get(f"/debtor/accounts/{made.id}/letters").get_data(as_text=True)
    read = person.get(f"/debtor/letters/{letter.id}").get_data(as_text=True)

    assert "Formal demand for payment" in listed
    assert "Please pay $2,467.37 by 8 December 2026" in read
    assert "How to check, pay and object" in read
