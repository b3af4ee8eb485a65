from __future__ import annotations

import pytest

from portal.core.accounts.mapping import TARGETS
from portal.core.accounts.suggest import possible_orders, suggest
from portal.core.accounts.values import DateOrder
from tests.support import referral_files as files

MDY, DMY, YMD = DateOrder.MDY, DateOrder.DMY, DateOrder.YMD


def test_every_column_of_the_real_file_is_guessed_right():
    headings, *rows = files.read_table(files.real_file(rows=200))

    mapping = suggest(headings, rows)

    assert dict(mapping.columns) == {
        "account_ref": "Acct No",
        "customer_ref": "Cust No",
        "name": "Customer Name",
        "phone": "Home Phone",
        "email": "E-mail",
        "address_line": "Addr 1",
        "city": "City",
        "state": "St",
        "postcode": "Zip",
        "birth_on": "DOB",
        "national_id_last4": "Natl ID Last4",
        "language": "Lang",
        "product": "Product",
        "currency": "Ccy",
        "credit_limit": "Credit Limit",
        "balance": "Curr Bal",
        "principal": "Principal",
        "interest": "Int",
        "fees": "Late Fees",
        "itemisation_on": "Itemization Dt",
        "past_due_since": "Past Due Since",
        "months_past_due": "Mths Past Due",
        "last_payment_amount": "Last Pmt Amt",
        "sms_sent": "SMS Sent",
        "calls_made": "Calls Made",
        "demand_letter_on": "Demand Ltr Dt",
    }
    assert mapping.constants == {"country": "US"}
    assert set(mapping.dates.values()) == {MDY}
    assert mapping.faults(headings) == []


def test_chinese_headings_are_guessed_too():
    headings = [
        "账号",
        "客户号",
        "姓名",
        "手机号码",
        "地址",
        "邮编",
        "出生日期",
        "产品名称",
        "币种",
    ]
    headings += ["欠款总额", "本金", "利息", "违约金", "截止日期", "逾期日期", "短信次数", "备注"]
    row = [
        "A1",
        "C1",
        "张三",
        "17000000000",
        "示例路1号",
        "100020",
        "1990年1月5日",
        "信用卡",
        "人民币",
    ]
    row += ["100.00", "80.00", "10.00", "10.00", "2026-10-31", "2026/8/1", "3", ""]

    mapping = suggest(headings, [row])

    assert mapping.faults(headings) == []
    assert mapping.constants == {"country": "CN"}
    assert mapping.columns["fees"] == "违约金"
    assert mapping.columns["balance"] == "欠款总额"
    assert "备注" not in mapping.columns.values()


def test_a_heading_counts_without_case_spaces_and_signs():
    mapping = suggest(["ACCOUNT_NUMBER", "Full  Name", "ｅｍａｉｌ"], [["1", "x", "y"]])

    assert mapping.columns["account_ref"] == "ACCOUNT_NUMBER"
    assert mapping.columns["name"] == "Full  Name"
    assert mapping.columns["email"] == "ｅｍａｉｌ"


def test_no_heading_is_guessed_for_two_fields():
    headings = [name for target in TARGETS for name in (target.label, target.field)]

    mapping = suggest(headings, [["x"] * len(headings)])

    assert len(set(mapping.columns.values())) == len(mapping.columns)


@pytest.mark.parametrize(
    ("texts", "orders"),
    [
        (["10/31/2026", "01/02/2026"], {MDY}),
        (["31/10/2026", "01/02/2026"], {DMY}),
        (["01/02/2026", "03/04/2026"], {MDY, DMY}),
        (["10/31/2026", "31/10/2026"], set()),
        (["10/31/2026"] * 20 + ["31/10/2026"], {MDY}),
        (["31/31/2026", "31/10/2026"], {DMY}),
        (["2026-10-31", "20261031"], {YMD}),
        (["", "soon"], {YMD}),
    ],
)
def test_the_order_of_day_and_month_is_what_the_dates_allow(texts, orders):
    assert possible_orders(texts) == orders


def test_an_ambiguous_column_follows_the_files_other_dates():
    headings = ["DOB", "Itemization Date"]

    agreed = suggest(headings, [["13/02/1990", "10/10/2026"], ["01/02/1990", "10/10/2026"]])
    open_question = suggest(headings, [["01/02/1990", "10/10/2026"]])

    assert agreed.dates == {"birth_on": DMY, "itemisation_on": DMY}
    assert open_question.dates == {}


def test_one_bad_currency_does_not_undo_the_guess_of_the_country():
    rows = [["USD"]] * 20 + [["???"]]

    assert suggest(["Ccy"], rows).constants == {"country": "US"}
    assert suggest(["Ccy"], [["USD"], ["CNY"]]).constants == {}
    assert suggest(["Ccy", "Country"], [["USD", "CN"]]).constants == {}
    assert suggest(["Ccy"], []).constants == {}
