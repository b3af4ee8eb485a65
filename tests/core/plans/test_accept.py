"""Accepting a plan: as it was shown, once, with the evidence; asking a person; stopping."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.idempotency import new_key
from portal.core.ledger.models import Book, PostingKind
from portal.core.ledger.service import allocate, lock_balance, post
from portal.core.money import Money
from portal.core.plans.accept import accept_plan
from portal.core.plans.ask import ask_person
from portal.core.plans.instalments import stop_plan
from portal.core.plans.models import InstalmentState, Plan, PlanState
from portal.core.plans.proposals import propose_plan
from portal.core.principal import Principal
from portal.core.rules.plans import Accepted, Ask, Nearest, Person
from tests.support.factories import NOON, TODAY
from tests.support.parallel import at_once
from tests.support.plans import EVIDENCE, accept, ask_for, list_parts, read_plan, version_of


@pytest.fixture
def made(make):
    account = make.account(agency=make.agency())
    make.plan_policy(account.bank)
    return account


def _live(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalar(
            select(func.count())
            .select_from(Plan)
            .where(Plan.account_id == made.id, Plan.state.in_(("asked", "active", "in_cure")))
        )


def _take_off(acting_as, made, minor):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        moves, _ = allocate(balance, Money(minor, made.currency), Book.BANK)
        post(
            session,
            system,
            balance,
            kind=PostingKind.RECOVERY,
            cause=f"recovery:{new_key()}",
            effective_on=TODAY,
            moves=moves,
        )


def _ask(acting_as, made, minor, **values):
    with acting_as(made.debtor) as session:
        return ask_person(
            session,
            made.debtor,
            made.id,
            ask_for(made, minor, **values),
            key=new_key(),
            at=NOON,
            today=TODAY,
        )


def test_an_accepted_plan_has_instalments_that_add_up_to_the_balance(made):
    plan = accept(made, 20_000)

    parts = list_parts(made, plan)
    assert plan.state is PlanState.ACTIVE
    assert (plan.total_minor, plan.instalment_count) == (246_737, 13)
    assert sum(part.amount_minor for part in parts) == 246_737
    assert [part.amount_minor for part in parts[-2:]] == [20_000, 6_737]
    assert parts[0].due_on == TODAY + timedelta(days=7)
    assert {part.agency_id for part in parts} == {made.agency.id}


def test_the_evidence_holds_what_was_shown_to_whom_when_and_on_which_text(made):
    plan = accept(made, 20_000)

    evidence = plan.evidence
    assert evidence["by"] == str(made.debtor_id)
    assert evidence["at"] == NOON.isoformat()
    assert (evidence["text"], evidence["language"]) == ("accept_plan/1", "en")
    assert evidence["network"] == "01" * 32
    assert evidence["shown"]["verified_on"] == "2026-11-24"
    assert evidence["shown"]["balance"] == {
        "principal": 200_000,
        "interest": 30_000,
        "fees": 16_737,
        "costs": 0,
    }
    assert sum(minor for _, minor in evidence["shown"]["parts"]) == 246_737


@pytest.mark.abuse("M2")
def test_fifty_acceptances_at_once_make_one_plan_and_the_others_are_told(app, acting_as, made):
    version = version_of(made, ask_for(made, 20_000))

    answers = at_once(app, 50, lambda _: accept(made, 20_000, version=version))

    plans = [answer for answer in answers if isinstance(answer, Plan)]
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert (len(plans), len(refused)) == (1, 49)
    assert _live(acting_as, made) == 1


@pytest.mark.abuse("M2")
def test_one_form_sent_fifty_times_is_one_plan_for_all_of_them(app, acting_as, made):
    version = version_of(made, ask_for(made, 20_000))

    answers = at_once(
        app, 50, lambda _: accept(made, 20_000, version=version, key="the-same-form").id
    )

    assert len(set(answers)) == 1
    assert _live(acting_as, made) == 1


@pytest.mark.abuse("M2")
def test_an_old_offer_is_refused_once_the_balance_has_changed(acting_as, made):
    shown = version_of(made, ask_for(made, 20_000))
    _take_off(acting_as, made, 1)

    with pytest.raises(Conflict, match="changed since"):
        accept(made, 20_000, version=shown)
    assert _live(acting_as, made) == 0


@pytest.mark.abuse("M3")
@pytest.mark.parametrize(
    "change",
    [
        lambda ask: Ask(Money(19_999, "USD"), ask.frequency, ask.starts_on),
        lambda ask: Ask(Money(100, "USD"), ask.frequency, ask.starts_on),
        lambda ask: Ask(ask.amount, "weekly", ask.starts_on),
        lambda ask: Ask(ask.amount, ask.frequency, ask.starts_on + timedelta(days=1)),
    ],
)
def test_a_plan_that_was_not_shown_is_refused(acting_as, made, change):
    asked = ask_for(made, 20_000)

    with pytest.raises(Conflict, match="changed since"):
        accept(made, 0, ask=change(asked), version=version_of(made, asked))
    assert _live(acting_as, made) == 0


def test_what_is_not_a_yes_at_once_cannot_be_accepted_even_with_its_own_version(made):
    asked = ask_for(made, 1_000)

    with pytest.raises(Conflict):
        accept(made, 0, ask=asked, version=version_of(made, asked))


def test_the_answer_is_worked_out_on_the_ledger_and_not_on_the_balance_row(admin, acting_as, made):
    admin.execute(
        "UPDATE balances SET principal_minor = principal_minor - 1 WHERE account_id = %s",
        [made.id],
    )

    with acting_as(made.debtor) as session, pytest.raises(Conflict, match="being checked"):
        propose_plan(session, made.debtor, made.id, ask_for(made, 20_000), today=TODAY)


def test_a_person_answers_where_the_bank_has_not_confirmed_the_balance(make, acting_as):
    made = make.account(agency=make.agency(), verified_on=None)
    make.plan_policy(made.bank)

    with acting_as(made.debtor) as session:
        found = propose_plan(session, made.debtor, made.id, ask_for(made, 20_000), today=TODAY)

    assert found.answer == Person(answer_by=date(2026, 11, 27))


def test_the_bands_of_the_bank_decide(acting_as, made):
    with acting_as(made.debtor) as session:
        enough = propose_plan(session, made.debtor, made.id, ask_for(made, 10_281), today=TODAY)
        short = propose_plan(session, made.debtor, made.id, ask_for(made, 10_000), today=TODAY)

    assert isinstance(enough.answer, Accepted)
    assert isinstance(short.answer, Nearest)


def test_a_person_may_be_asked_and_answers_by_a_day(acting_as, made):
    plan = _ask(acting_as, made, 2_500)

    assert plan.state is PlanState.ASKED
    assert plan.answer_by == date(2026, 11, 27)
    assert list_parts(made, plan) == []


def test_a_plan_of_more_than_ten_years_is_not_even_put_to_a_person(acting_as, made):
    with pytest.raises(Invalid, match="more than ten years"):
        _ask(acting_as, made, 2_000)


def test_a_second_wish_waits_for_the_first(acting_as, made):
    _ask(acting_as, made, 2_500)

    with pytest.raises(Conflict, match="a plan on this account already"):
        _ask(acting_as, made, 3_000)


def test_a_plan_that_is_a_yes_takes_the_place_of_one_that_waits(acting_as, made):
    waiting = _ask(acting_as, made, 2_500)

    plan = accept(made, 20_000)

    assert plan.state is PlanState.ACTIVE
    assert read_plan(made, waiting).state is PlanState.CANCELLED
    assert _live(acting_as, made) == 1


def test_a_plan_can_be_stopped_at_any_time_and_another_one_made(acting_as, made):
    plan = accept(made, 20_000)

    with acting_as(made.debtor) as session:
        stop_plan(session, made.debtor, made.id)

    assert read_plan(made, plan).state is PlanState.CANCELLED
    assert {part.state for part in list_parts(made, plan)} == {InstalmentState.CANCELLED}
    assert accept(made, 30_000).state is PlanState.ACTIVE


def test_there_is_nothing_to_stop_without_a_plan(acting_as, made):
    with acting_as(made.debtor) as session, pytest.raises(NotFound):
        stop_plan(session, made.debtor, made.id)


def test_only_the_person_who_owes_accepts_a_plan(acting_as, make, made):
    agent = make.agent(made.agency)

    with acting_as(agent) as session, pytest.raises(PermissionDenied):
        accept_plan(
            session,
            agent,
            made.id,
            ask_for(made, 20_000),
            version="",
            key=new_key(),
            evidence=EVIDENCE,
            at=NOON,
            today=TODAY,
        )


def test_somebody_elses_account_does_not_exist(acting_as, make, made):
    stranger = make.account().debtor

    with acting_as(stranger) as session, pytest.raises(NotFound):
        propose_plan(session, stranger, made.id, ask_for(made, 20_000), today=TODAY)


def test_the_agreement_and_the_wish_are_handed_to_the_worker(acting_as, admin, made):
    plan = accept(made, 20_000)

    rows = admin.execute(
        "SELECT task_name FROM jobs.procrastinate_jobs WHERE args ->> 'plan_id' = %s",
        [str(plan.id)],
    ).fetchall()

    assert rows == [("issue_agreement",)]


def test_the_database_itself_allows_one_live_plan_per_account(acting_as, made):
    accept(made, 20_000)

    with (
        pytest.raises(Exception, match="plans_one_live_key"),
        acting_as(Principal.system(made.bank_id)) as session,
    ):
        session.execute(
            text(
                "INSERT INTO plans (bank_id, account_id, debtor_id, state, amount_minor,"
                " total_minor, currency, frequency, instalment_count, starts_on, created_at)"
                " SELECT bank_id, account_id, debtor_id, 'asked', 1, 1, 'USD', 'weekly', 1,"
                " starts_on, now() FROM plans WHERE account_id = :account"
            ),
            {"account": made.id},
        )
