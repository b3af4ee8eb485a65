"""A first guess at a mapping: what a bank's headings usually mean, in English and in Chinese."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as ReadOnlyDict

from portal.core.accounts.mapping import TARGETS, Kind, Mapping
from portal.core.accounts.text import clean
from portal.core.accounts.values import DateOrder, year_last_numbers

# Headings as banks write them, without case, spaces and signs; the likelier first.
_HEADINGS = {
    "account_ref": "acctno accountno accountnumber acctnumber accountref accountid acct account"
    " loanno loannumber contractno 账号 账户号 账户编号 合同号 合同编号 借据号 案件编号 贷款账号",
    "customer_ref": "custno customerno customernumber customerid custid cifno cif clientno clientid"
    " personref partyid 客户号 客户编号 客户代码 客户id",
    "name": "customername custname fullname name debtorname borrowername cardholdername"
    " 姓名 客户姓名 客户名称 借款人 借款人姓名 持卡人姓名",
    "phone": "homephone phone mobile mobilephone cellphone cell telephone phonenumber phoneno tel"
    " contactnumber mobileno 手机 手机号 手机号码 电话 电话号码 联系电话 本人电话",
    "email": "email emailaddress mail 邮箱 电子邮箱 电子邮件 邮件地址",
    "address_line": "addr1 address1 addressline1 addressline address addr street streetaddress"
    " 地址 家庭地址 居住地址 通讯地址 联系地址 户籍地址",
    "city": "city town 城市 市 所在城市",
    "state": "st state province region stateprovince 省 省份 州",
    "postcode": "zip zipcode postcode postalcode 邮编 邮政编码",
    "country": "country countrycode ctry nation 国家 国家代码 国别",
    "birth_on": "dob dateofbirth birthdate birthday birthdt 出生日期 生日",
    "national_id_last4": "natlidlast4 ssnlast4 last4ssn ssn4 last4 nationalidlast4 idlast4"
    " 身份证后四位 证件号后四位 身份证尾号",
    "language": "lang language preferredlanguage languagecode 语言 语种",
    "product": "product producttype productname prod loantype 产品 产品名称 产品类型 业务品种",
    "currency": "ccy currency currencycode curr cur 币种 货币",
    "credit_limit": "creditlimit limit creditline 信用额度 额度 授信额度",
    "balance": "currbal currentbalance balance bal amountdue totaldue outstanding totalbalance"
    " outstandingbalance totalamountdue 欠款总额 余额 欠款金额 委托金额 逾期金额 应还总额 总欠款",
    "principal": "principal prin principalbalance principalamount 本金 本金余额 剩余本金 欠款本金",
    "interest": "int interest interestbalance accruedinterest 利息 欠息 利息余额",
    "fees": "latefees fees fee feebalance charges latecharges 违约金 费用 滞纳金 手续费",
    "itemisation_on": "itemizationdt itemizationdate itemisationdate asof asofdate balancedate"
    " statementdate 截止日期 余额日期 数据日期 账单日期 基准日",
    "past_due_since": "pastduesince delinquentsince delinquencydate firstdelinquencydate"
    " dateoffirstdelinquency overduesince defaultdate 逾期日期 逾期起始日 逾期开始日期 首次逾期日",
    "months_past_due": "mthspastdue monthspastdue monthsoverdue 逾期期数 逾期月数",
    "last_payment_amount": "lastpmtamt lastpaymentamount lastpayment lastpaidamt"
    " 最近还款金额 上次还款金额 最后还款金额",
    "sms_sent": "smssent textssent sms smscount 短信次数 已发短信 短信",
    "calls_made": "callsmade calls callcount 电话次数 拨打次数 已拨电话",
    "demand_letter_on": "demandltrdt demandletterdate demandletter demandletteron"
    " 催告函日期 催收函日期 律师函日期",
}
_COUNTRY_OF = {"USD": "US", "CNY": "CN", "RMB": "CN", "人民币": "CN"}
_CLEAR_MAJORITY = 0.9


def suggest(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Mapping:
    """Guess which column is which from its heading, and the rest from the values in `rows`.

    What cannot be guessed is left out, for a person to choose: a column whose dates can be read
    in two ways stays without an order unless the file's other dates agree on one.
    """
    sample = [list(map(clean, cells)) for cells in rows]
    columns = find_columns(headings, _HEADINGS)
    constants = {} if "country" in columns else _guess_country(sample, columns.get("currency"))
    dates = _date_orders(sample, columns)
    return Mapping({name: headings[place] for name, place in columns.items()}, constants, dates)


def find_columns(headings: Sequence[str], names: ReadOnlyDict[str, str]) -> dict[str, int]:
    """Return the place of each field that has a column; `names` are its usual headings, bare."""
    places = {bare(heading): place for place, heading in reversed(list(enumerate(headings)))}
    columns = {}
    for field, usual in names.items():
        found = next((places[name] for name in usual.split() if name in places), None)
        if found is not None:
            columns[field] = found
    return columns


def bare(text: str) -> str:
    """Return a text's letters and digits alone, so that ways of writing it compare equal."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(mark for mark in folded if mark.isalnum())


def _guess_country(sample: list[list[str]], place: int | None) -> dict[str, str]:
    if place is None:
        return {}
    currencies = Counter(cells[place].upper() for cells in sample if cells[place])
    if not currencies:
        return {}
    currency, rows = currencies.most_common(1)[0]
    country = _COUNTRY_OF.get(currency)
    clear = rows >= _CLEAR_MAJORITY * currencies.total()
    return {"country": country} if country and clear else {}


def _date_orders(sample: list[list[str]], columns: dict[str, int]) -> dict[str, DateOrder]:
    days = [target.field for target in TARGETS if target.kind is Kind.DATE]
    possible = {
        name: possible_orders([cells[columns[name]] for cells in sample])
        for name in days
        if name in columns
    }
    certain = {name: min(orders) for name, orders in possible.items() if len(orders) == 1}
    spoken = set(certain.values()) - {DateOrder.YMD}
    for name, orders in possible.items():
        if len(orders) == 2 and len(spoken) == 1:
            certain[name] = min(spoken)
    return certain


def possible_orders(texts: Iterable[str]) -> frozenset[DateOrder]:
    """Return the orders a column's dates can be in: one is certain, two ambiguous, none mixed.

    Dates with the year first, or none at all, need no choice and are YMD. A few slips among many
    dates do not make a column mixed.
    """
    pairs = [pair for text in texts if (pair := year_last_numbers(text)) is not None]
    if not pairs:
        return frozenset({DateOrder.YMD})
    month_first = sum(first <= 12 < second for first, second in pairs)
    day_first = sum(second <= 12 < first for first, second in pairs)
    told = month_first + day_first
    if not told:
        return frozenset({DateOrder.MDY, DateOrder.DMY})
    if month_first >= _CLEAR_MAJORITY * told:
        return frozenset({DateOrder.MDY})
    return frozenset({DateOrder.DMY} if day_first >= _CLEAR_MAJORITY * told else ())
