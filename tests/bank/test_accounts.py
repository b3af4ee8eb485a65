"""The accounts list: what a filter finds, its count and total, its pages, and its export."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from sqlalchemy import select, update

from portal.bank import paging, queries_accounts
from portal.core.accounts.models import Account, AccountState
from portal.core.audit import AuditRow
from portal.core.parties.models import Debtor
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.bank.conftest import text_of

SOME_ID = "00000000-0000-7000-8000-000000000001"


def _rename(acting_as, made, **values):
    with acting_as(Principal.system(made.bank_id)) as session:
        session.execute(
            update(Debtor)
            .where(Debtor.bank_id == made.bank_id, Debtor.id == made.debtor_id)
            .values(**values)
        )


def _change(acting_as, made, **values):
    with acting_as(Principal.system(made.bank_id)) as session:
        session.execute(
            update(Account)
            .where(Account.bank_id == made.bank_id, Account.id == made.id)
            .values(**values)
        )


def _refs(answer, accounts):
    body = answer.get_data(as_text=True)
    return [made.account_ref for made in accounts if f">{made.account_ref}</a>" in body]


def test_the_list_states_count_and_total_of_the_filter_not_of_the_page(
    make, bank, browse, monkeypatch
):
    accounts = [make.account(bank=bank, principal=minor) for minor in (100_01, 200_02, 300_03)]
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)

    page = browse().get("/bank/accounts")

    assert page.status_code == 200
    # 100.01 + 200.02 + 300.03 in principal, and 300.00 + 167.37 each in interest and fees.
    assert "3 accounts · $2,002.17" in text_of(page)
    assert len(accounts) == 3


def test_a_page_shows_person_state_agency_balance_and_stamp(make, bank, browse):
    agency = make.agency()
    made = make.account(bank=bank, agency=agency)

    text = text_of(browse().get("/bank/accounts"))

    for shown in (
        made.account_ref,
        made.name,
        "With an agency",
        agency.name,
        "$2,467.37",
        "24 November 2026",
        "NY",
    ):
        assert shown in text


def test_an_empty_list_offers_the_import(browse):
    page = browse().get("/bank/accounts")

    assert "There are no accounts yet" in text_of(page)
    assert "/bank/imports/new" in page.get_data(as_text=True)


def test_a_filter_that_finds_nothing_says_so_and_leads_back(make, bank, browse):
    make.account(bank=bank)

    page = browse().get("/bank/accounts?q=Nobody")

    assert "No account matches" in text_of(page)
    assert "0 accounts" in text_of(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=Zebra", [0]),
        ("q=zEBR", [0]),
        ("q=%25", []),
        ("q=_", []),
        ("q=ZZ-", [1]),
        ("q=Z-1", []),
        ("state=closed", [1]),
        ("state=nonsense", [0, 1, 2]),
        ("currency=CNY", [2]),
        ("currency=EUR", [0, 1, 2]),
        ("currency=USD&least=2,467.37", [0, 1]),
        ("currency=USD&least=2467.38", []),
        ("currency=USD&most=%242467.37", [0, 1]),
        ("currency=USD&most=2467.36", []),
        ("months_from=4", [1]),
        ("months_to=3", [0, 2]),
        ("country=cn", [2]),
        ("region=MA", [0]),
        ("confirmed=no", [1]),
        ("confirmed=yes", [0, 2]),
        ("import_id=nonsense", [0, 1, 2]),
        ("agency=00000000-0000-7000-8000-00000000000f", []),
        ("q=a%00b", [0]),
    ],
)
def test_each_filter_finds_what_it_says(make, acting_as, bank, browse, query, found):
    accounts = [
        make.account(bank=bank, state="MA"),
        make.account(bank=bank, verified_on=None),
        make.account(bank=bank, currency="CNY", country="CN", state="SH"),
    ]
    _rename(acting_as, accounts[0], name="Abel Zebra")
    _change(
        acting_as,
        accounts[1],
        account_ref=f"ZZ-{accounts[1].id.hex[-8:]}",
        state=AccountState.CLOSED,
        months_past_due=4,
    )
    accounts[1].account_ref = f"ZZ-{accounts[1].id.hex[-8:]}"

    page = browse().get(f"/bank/accounts?{query}")

    assert page.status_code == 200
    assert _refs(page, accounts) == [accounts[index].account_ref for index in found]


def test_an_agency_filter_finds_the_accounts_it_works(make, bank, browse):
    agency = make.agency()
    placed, ready = make.account(bank=bank, agency=agency), make.account(bank=bank)

    page = browse().get(f"/bank/accounts?agency={agency.id}")

    assert _refs(page, [placed, ready]) == [placed.account_ref]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("least=abc", "abc is not an amount. Write it like 1234.50."),
        ("most=-5", "-5 is negative. Amounts here are positive."),
        ("least=1.234", "1.234 has more decimals than USD has."),
        ("months_from=-1", "Enter a number of months, like 3."),
        ("months_to=99999", "Enter a number of months, like 3."),
        ("months_to=%E5%9B%9B", "Enter a number of months, like 3."),
    ],
)
def test_a_filter_that_makes_no_sense_is_answered_by_name(make, bank, browse, query, said):
    make.account(bank=bank)

    page = browse().get(f"/bank/accounts?{query}")

    assert page.status_code == 422
    assert said in text_of(page)
    assert "Error:" in page.get_data(as_text=True).split("</title>")[0]


def test_an_amount_needs_its_currency_where_there_are_several(make, bank, browse):
    make.account(bank=bank)
    make.account(bank=bank, currency="CNY", country="CN")

    page = browse().get("/bank/accounts?least=5")

    assert page.status_code == 422
    assert "Choose a currency to compare amounts in." in text_of(page)


@pytest.mark.parametrize("sort", ["", "ref", "-ref", "name", "-name", "balance", "-balance"])
def test_pages_by_key_go_forwards_and_back_over_every_account_once(
    make, bank, browse, monkeypatch, sort
):
    accounts = [make.account(bank=bank, principal=1_000 + index // 2) for index in range(5)]
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)
    visitor = browse()
    url, seen, pages = f"/bank/accounts?sort={sort}", [], []

    while url:
        page = visitor.get(url)
        pages.append(_listed(page))
        seen += pages[-1]
        url = _link(page, "next")
    back = [_listed(page)]
    while url := _link(page, "prev"):
        page = visitor.get(url)
        back.append(_listed(page))

    assert sorted(seen) == sorted(made.account_ref for made in accounts)
    assert [len(part) for part in pages] == [2, 2, 1]
    assert back == pages[::-1]


def _listed(page):
    body = page.get_data(as_text=True)
    return [part.split("</a>")[0].split(">")[-1] for part in body.split('<th scope="row">')[1:]]


def _link(page, rel):
    body = page.get_data(as_text=True)
    if f'rel="{rel}"' not in body:
        return ""
    return body.split(f'rel="{rel}" href="')[1].split('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize(
    "cursor",
    [
        "after=nonsense",
        "after=~",
        "before=1~2",
        f"sort=balance&after=x~{SOME_ID}",
        f"sort=balance&after={2**63}~{SOME_ID}",
        f"after=%00~{SOME_ID}",
    ],
)
def test_a_cursor_that_makes_no_sense_begins_at_the_beginning(make, bank, browse, cursor):
    made = make.account(bank=bank)

    page = browse().get(f"/bank/accounts?{cursor}")

    assert page.status_code == 200
    assert _refs(page, [made]) == [made.account_ref]


def test_beyond_what_is_counted_the_list_says_more_than(make, bank, browse, monkeypatch):
    for _ in range(3):
        make.account(bank=bank)
    monkeypatch.setattr(queries_accounts, "COUNTED", 2)

    text = text_of(browse().get("/bank/accounts"))

    assert "More than 2 accounts" in text
    assert "3 of more than 2" in text


def test_links_of_the_list_keep_the_filter_and_nothing_else_of_the_address(make, bank, browse):
    make.account(bank=bank)

    page = browse().get("/bank/accounts?region=NY&_external=1&_scheme=javascript&other=1")

    body = page.get_data(as_text=True)
    assert "region=NY" in body
    assert "/bank/accounts?_" not in body
    assert "javascript" not in body.replace("full_path", "").split("<main")[1]


@pytest.mark.abuse("A13")
def test_no_search_finds_another_banks_person(make, bank, browse):
    foreign = make.account()
    make.account(bank=bank)

    page = browse().get(f"/bank/accounts?q={foreign.name}")

    assert "0 accounts" in text_of(page)
    assert foreign.account_ref not in page.get_data(as_text=True)


@pytest.mark.abuse("A2")
def test_a_foreign_agency_or_import_in_the_filter_finds_nothing(make, bank, browse):
    foreign = make.account(agency=make.agency())
    make.account(bank=bank)

    page = browse().get(f"/bank/accounts?agency={foreign.agency.id}")

    assert "0 accounts" in text_of(page)
    assert foreign.agency.name not in page.get_data(as_text=True)


# -- export ---------------------------------------------------------------------------------------


def _table(answer):
    body = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body, newline="")))


def test_the_export_has_the_same_cents_as_the_pages_and_leaves_a_record(
    make, acting_as, bank, browse
):
    made = make.account(bank=bank, principal=123_456, interest=789, fees=1)
    make.account(bank=bank, state="MA")
    visitor = browse()

    answer = visitor.get("/bank/accounts.csv?region=NY")

    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=accounts-20261124-1900.csv"
    )
    headings, row = _table(answer)
    cells = dict(zip(headings, row, strict=True))
    assert cells["Account number"] == made.account_ref
    assert cells["Balance"] == "1242.46"
    assert [cells[part] for part in ("Principal", "Interest", "Fees", "Costs")] == [
        "1234.56",
        "7.89",
        "0.01",
        "0.00",
    ]
    assert "$1,242.46" in text_of(visitor.get("/bank/accounts?region=NY"))
    with acting_as(Principal.system(bank.id)) as session:
        [record] = session.scalars(select(AuditRow).where(AuditRow.verb == "account.exported"))
    assert record.facts == {
        "count": 1,
        "filter": {"region": "NY"},
        "sha256": hashlib.sha256(answer.get_data()).hexdigest(),
    }


@pytest.mark.abuse("F10")
def test_the_record_of_an_export_does_not_keep_the_name_searched_for(make, acting_as, bank, browse):
    made = make.account(bank=bank)

    browse().get(f"/bank/accounts.csv?q={made.name}&least=5")

    with acting_as(Principal.system(bank.id)) as session:
        [record] = session.scalars(select(AuditRow).where(AuditRow.verb == "account.exported"))
    assert record.facts["filter"] == {"text": True, "least_minor": 500}
    assert record.facts["count"] == 1


@pytest.mark.abuse("F1")
@pytest.mark.parametrize(
    "payload", ["=1+1", "+1", "-1", "@SUM(1)", " =1", "＝1", '=HYPERLINK("http://x","y")']
)
def test_what_a_spreadsheet_could_run_leaves_as_text(make, acting_as, bank, browse, payload):
    made = make.account(bank=bank)
    _rename(acting_as, made, name=payload)
    _change(acting_as, made, product=payload)

    [_, row] = _table(browse().get("/bank/accounts.csv"))

    assert row[2] == f"'{payload}"
    assert row[3] == f"'{payload}"


@pytest.mark.abuse("F10")
@pytest.mark.parametrize(("role", "status"), [(Role.BANK_ANALYST, 403), (Role.BANK_ADMIN, 200)])
def test_only_who_may_export_gets_the_file(make, bank, browse, role, status):
    make.account(bank=bank)
    visitor = browse(role)

    assert visitor.get("/bank/accounts.csv").status_code == status
    offered = "Download as CSV" in text_of(visitor.get("/bank/accounts"))
    assert offered == (status == 200)


def test_an_export_with_a_wrong_filter_is_refused_and_not_recorded(make, acting_as, bank, browse):
    make.account(bank=bank)

    answer = browse().get("/bank/accounts.csv?least=abc")

    assert answer.status_code == 422
    with acting_as(Principal.system(bank.id)) as session:
        assert session.scalars(select(AuditRow)).all() == []


@pytest.mark.abuse("F10")
def test_an_export_carries_no_contact_point(make, bank, browse):
    made = make.account(bank=bank)

    body = browse().get("/bank/accounts.csv").get_data(as_text=True)

    assert made.email not in body
    assert made.phone not in body
