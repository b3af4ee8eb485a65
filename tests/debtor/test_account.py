"""The pages of an account: one number everywhere, with its proof, and what happens next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.ledger.models import Book, PostingKind
from portal.core.ledger.service import Move, allocate, lock_balance, post, reverse
from portal.core.money import Money
from portal.core.principal import Principal
from tests.support.factories import TODAY
from tests.support.letters import send
from tests.support.plans import accept


def _page(person, path):
    answer = person.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _post(acting_as, made, kind, moves, cause, reason=""):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        return post(
            session,
            system,
            balance,
            kind=kind,
            cause=cause,
            effective_on=TODAY,
            moves=moves,
            reason=reason,
        )


def test_home_says_what_is_owed_who_checked_it_and_who_collects_for_whom(made, person):
    page = _page(person, f"/debtor/accounts/{made.id}")

    assert "$2,467.37" in page
    assert f"Checked by {made.bank.name} on 24 November 2026" in page
    assert f"{made.agency.name} for {made.bank.name}" in page
    assert "This is from a debt collector." in page
    assert "Exit this page" in page


def test_the_first_page_is_the_letters_account_and_the_others_are_listed(make, made, person):
    with person.client.session_transaction() as session:
        session["account_id"] = str(made.id)

    page = _page(person, "/debtor/")

    assert "$2,467.37" in page
    assert "Your other accounts" not in page


def test_a_person_sees_each_account_they_have_at_the_bank(admin, make, made, person):
    other = make.account(bank=made.bank, principal=50_000, interest=0, fees=0)
    for table in ("ledger_lines", "postings", "balances", "verifications", "accounts"):
        admin.execute(
            f"UPDATE {table} SET debtor_id = %s WHERE debtor_id = %s",
            [made.debtor_id, other.debtor_id],
        )

    page = _page(person, f"/debtor/accounts/{made.id}")

    assert "Your other accounts" in page
    assert f"/debtor/accounts/{other.id}" in page
    assert "$500.00" in page


def test_what_happens_next_is_the_notice_then_the_plan_then_nothing(acting_as, made, person):
    path = f"/debtor/accounts/{made.id}"
    before = _page(person, path)
    send(made, at=clock.now())
    noticed = _page(person, path)
    accept(made, 20_000)
    planned = _page(person, path)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        moves, _ = allocate(balance, Money(246_737, "USD"), Book.BANK)
        post(
            session,
            system,
            balance,
            kind=PostingKind.RECOVERY,
            cause="recovery:all",
            effective_on=TODAY,
            moves=moves,
        )
    paid = _page(person, path)

    assert "looks after this account for" in before
    assert "you can say that the debt or the amount is wrong" in noticed
    assert "The next payment of your plan is $200.00, due on 1 December 2026" in planned
    assert "Nothing is owed on this account" in paid
    assert "What do you want to do?" not in paid


def test_an_amount_nobody_checked_lately_carries_a_warning(make, visit):
    old = make.account(verified_on=clock.now().date() - timedelta(days=40))
    fresh = make.account(verified_on=clock.now().date())

    for made, warned in ((old, True), (fresh, False)):
        page = _page(visit(made.debtor), f"/debtor/accounts/{made.id}")
        assert ("has not checked this amount lately" in page) is warned


def test_the_itemisation_is_an_addition_that_ends_at_the_same_cents(acting_as, made, person):
    usd = "USD"
    _post(
        acting_as,
        made,
        PostingKind.ACCRUAL,
        [Move(Book.ORIGIN, Book.INTEREST, Money(1_234, usd))],
        "accrual:1",
    )
    _post(
        acting_as,
        made,
        PostingKind.ADJUSTMENT,
        [Move(Book.FEES, Book.WRITTEN_OFF, Money(737, usd))],
        "adjustment:1",
        reason="Late fee taken back",
    )
    paid = _post(
        acting_as,
        made,
        PostingKind.RECOVERY,
        [Move(Book.PRINCIPAL, Book.BANK, Money(5_000, usd))],
        "recovery:1",
    )
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        reverse(session, system, balance, paid, on=TODAY, reason="Bounced")

    page = _page(person, f"/debtor/accounts/{made.id}/balance")

    assert "On 31 October 2026 you owed" in page
    for figure in ("$2,467.37", "+ $12.34", "+ $0.00", "− $0.00", "− $7.37", "= $2,472.34"):
        assert figure in page
    assert "Late fee taken back" in page
    assert "Bounced" in page
    assert "$2,472.34" in _page(person, f"/debtor/accounts/{made.id}")


def test_each_line_opens_to_its_entries_with_their_days(made, person):
    page = _page(person, f"/debtor/accounts/{made.id}/balance")

    assert page.count("<details") == 5
    for part in ("Principal", "Interest", "Fees"):
        assert f"As the bank gave it to us: {part}" in page
    assert "$2,000.00" in page


def test_all_choices_have_the_same_weight_and_paying_is_not_first(made, person):
    page = _page(person, f"/debtor/accounts/{made.id}/choices")

    choices = page.split('class="dp-choice"')[1:]
    assert len(choices) == 6
    assert "I think this is wrong" in choices[0]
    assert "btn-primary" not in page.split("<main")[1]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/choices",
        "/talk",
        "/balance",
        "/pay",
        "/pay/check?amount=50",
        "/plan",
        "/plan/new",
        "/letters",
        "/payments",
    ],
)
@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_every_page_has_one_heading_a_neutral_title_and_is_never_stored(
    made, person, path, language
):
    person.client.set_cookie("language", language)

    answer = person.get(f"/debtor/accounts/{made.id}{path}", follow_redirects=True)
    page = answer.get_data(as_text=True)
    title = page.split("<title>")[1].split("</title>")[0]

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.count("<h1") == 1
    assert "2,467" not in title
    assert made.bank.name not in title
    assert made.name not in title


@pytest.mark.abuse("C7")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/choices",
        "/talk",
        "/balance",
        "/pay",
        "/pay/check?amount=5",
        "/plan",
        "/plan/new",
        "/plan/accept",
        "/plan/answer",
        "/plan/stop",
        "/letters",
        "/payments",
    ],
)
def test_another_persons_account_is_not_there(make, made, visit, path):
    stranger = visit(make.account(bank=made.bank).debtor)

    answer = stranger.get(f"/debtor/accounts/{made.id}{path}")

    assert answer.status_code == 404
    for marker in made.markers:
        assert marker not in answer.get_data(as_text=True)


@pytest.mark.abuse("C7")
def test_staff_do_not_get_into_the_persons_pages(make, made, visit):
    for principal in (make.vendor_manager(made.bank), make.agent(made.agency)):
        assert visit(principal).get(f"/debtor/accounts/{made.id}").status_code == 404
