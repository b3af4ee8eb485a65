"""Believable letters of each kind and language. Nobody in them exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from portal.core.money import Money
from portal.web.letter_snapshots import (
    Access,
    AgreementSnapshot,
    Buckets,
    CnNoticeSnapshot,
    Correspondent,
    DemandSnapshot,
    Instalment,
    Itemisation,
    ReceiptSnapshot,
    Sender,
    Snapshot,
    UsNoticeSnapshot,
)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def schedule(total: Money, parts: int, first: date) -> tuple[Instalment, ...]:
    left, instalments = total, []
    for number, amount in enumerate(total.split(parts)):
        left = left - amount
        years, month = divmod(first.month - 1 + number, 12)
        due_on = date(first.year + years, month + 1, first.day)
        instalments.append(Instalment(due_on, amount, left))
    return tuple(instalments)


ACCESS = Access("portal.example", "7F3K9QXM4", "https://portal.example/l/7F3K9QXM4")

MARIA = Correspondent(
    "María Ángeles O’Neill-Peña", ("1842 Sycamore Avenue, Apt. 12B", "Springfield, IL 62704")
)
NORTHGATE = Sender(
    "Northgate Recovery LLC",
    ("P.O. Box 4410", "Columbus, OH 43216"),
    "(614) 555-0142",
    "8 am to 8 pm Eastern, Monday to Saturday",
)
MERIDIAN = Sender(
    "Meridian Bank",
    ("200 Market Street", "Columbus, OH 43215"),
    "(800) 555-0100",
    "8 am to 6 pm Eastern, Monday to Friday",
)
OUYANG = Correspondent("欧阳雨桐", ("上海市徐汇区宛平南路600弄", "12号302室", "200032"))
BEICHEN = Sender(
    "北辰信用管理有限公司",
    ("上海市浦东新区张江路88号6楼", "邮编201203"),
    "021-5555 0142",
    "每天9:00至18:00",
)
JIANGHAI = Sender(
    "江海银行股份有限公司", ("上海市黄浦区中山东一路100号",), "400-555-0100", "每天8:00至20:00"
)

US_NOTICE = UsNoticeSnapshot(
    language="en",
    reference="MB-0058-4345",
    person=MARIA,
    agency=NORTHGATE,
    bank=MERIDIAN,
    product="Meridian Rewards Visa credit card",
    account_ending="6789",
    itemisation=Itemisation(
        on=date(2026, 1, 2),
        event="last_statement",
        creditor="Meridian Savings",
        amount=usd(223456),
        interest=usd(20781),
        fees=usd(5000),
        payments=usd(2000),
        credits=usd(500),
        now=usd(246737),
    ),
    verified_on=date(2026, 11, 23),
    sent_on=date(2026, 11, 24),
    dispute_by=date(2027, 1, 2),
    mandate_code="K4T7-WM2P",
    access=ACCESS,
)
US_NOTICE_ES = replace(
    US_NOTICE,
    language="es",
    product="tarjeta de crédito Meridian Rewards Visa",
    agency=replace(NORTHGATE, hours="de 8 a 20 h (hora del Este), de lunes a sábado"),
    bank=replace(MERIDIAN, hours="de 8 a 18 h (hora del Este), de lunes a viernes"),
)
CN_BALANCE = Buckets(cny(1850000), cny(213745), cny(46000), cny(0))
CN_NOTICE = CnNoticeSnapshot(
    reference="JH-2026-00583",
    person=OUYANG,
    agency=BEICHEN,
    bank=JIANGHAI,
    product="江海信用卡",
    account_ending="6789",
    contract="《江海银行信用卡领用合约》",
    due_on=date(2026, 7, 25),
    balance=CN_BALANCE,
    verified_on=date(2026, 11, 23),
    mandate_from=date(2026, 11, 25),
    mandate_to=date(2027, 5, 24),
    sent_on=date(2026, 11, 24),
    mandate_code="K4T7-WM2P",
    complaints=("江海银行客户服务热线400-555-0100", "网页portal.example的“投诉”"),
    access=ACCESS,
)
US_BALANCE = Buckets(usd(203456), usd(38281), usd(5000), usd(0))
AGREEMENT = AgreementSnapshot(
    language="en",
    country="US",
    reference="MB-0058-4345",
    person=MARIA,
    agency=NORTHGATE,
    bank=MERIDIAN,
    product="Meridian Rewards Visa credit card",
    account_ending="6789",
    balance=US_BALANCE,
    verified_on=date(2026, 11, 23),
    frequency="monthly",
    instalments=schedule(US_BALANCE.total, 12, date(2026, 12, 15)),
    charges_paused=True,
    grace_days=7,
    misses_that_end=2,
    accepted_at=datetime(2026, 11, 25, 2, 42, tzinfo=UTC),
    zone="America/Chicago",
    site="portal.example",
)
AGREEMENT_ES = replace(
    AGREEMENT,
    language="es",
    product=US_NOTICE_ES.product,
    agency=US_NOTICE_ES.agency,
    bank=US_NOTICE_ES.bank,
    access=ACCESS,
)
AGREEMENT_ZH = replace(
    AGREEMENT,
    language="zh_Hans_CN",
    country="CN",
    reference="JH-2026-00583",
    person=OUYANG,
    agency=BEICHEN,
    bank=JIANGHAI,
    product="江海信用卡",
    balance=CN_BALANCE,
    instalments=schedule(CN_BALANCE.total, 36, date(2026, 12, 15)),
    accepted_at=datetime(2026, 11, 24, 14, 42, tzinfo=UTC),
    zone="Asia/Shanghai",
    card_undertaking=True,
)
RECEIPT = ReceiptSnapshot(
    language="en",
    country="US",
    reference="MB-0058-4345",
    person=MARIA,
    agency=NORTHGATE,
    bank=MERIDIAN,
    product="Meridian Rewards Visa credit card",
    account_ending="6789",
    payment_reference="P-2026-1124-0931",
    amount=usd(20561),
    received_on=date(2026, 11, 24),
    method="card",
    paid_off=Buckets(usd(0), usd(15561), usd(5000), usd(0)),
    owed_before=usd(246737),
    owed_after=usd(226176),
    issued_on=date(2026, 11, 24),
    site="portal.example",
    next_instalment=AGREEMENT.instalments[1],
)
RECEIPT_ES = replace(
    RECEIPT, language="es", product=US_NOTICE_ES.product, agency=US_NOTICE_ES.agency
)
RECEIPT_ZH = replace(
    RECEIPT,
    language="zh_Hans_CN",
    country="CN",
    reference="JH-2026-00583",
    person=OUYANG,
    agency=BEICHEN,
    bank=JIANGHAI,
    product="江海信用卡",
    amount=cny(58604),
    paid_off=Buckets(cny(0), cny(58604), cny(0), cny(0)),
    owed_before=CN_BALANCE.total,
    owed_after=CN_BALANCE.total - cny(58604),
    next_instalment=AGREEMENT_ZH.instalments[1],
    access=ACCESS,
)

DEMAND = DemandSnapshot(
    language="en",
    country="US",
    reference="MB-0058-4345",
    person=MARIA,
    bank=MERIDIAN,
    contract="the Meridian Rewards Visa credit card agreement",
    account_ending="6789",
    balance=US_BALANCE,
    due_on=date(2026, 10, 25),
    verified_on=date(2026, 11, 23),
    pay_by=date(2026, 12, 8),
    sent_on=date(2026, 11, 24),
    access=ACCESS,
)
DEMAND_ES = replace(
    DEMAND,
    language="es",
    contract="su contrato de tarjeta de crédito Meridian Rewards Visa",
    bank=US_NOTICE_ES.bank,
)
DEMAND_ZH = replace(
    DEMAND,
    language="zh_Hans_CN",
    country="CN",
    reference="JH-2026-00583",
    person=OUYANG,
    bank=JIANGHAI,
    contract="《江海银行信用卡领用合约》",
    balance=CN_BALANCE,
)

LETTERS: dict[str, Snapshot] = {
    "notice to a person in the US": US_NOTICE,
    "notice to a person in the US, in Spanish": US_NOTICE_ES,
    "notice to a person in China": CN_NOTICE,
    "agreement": AGREEMENT,
    "agreement in Spanish": AGREEMENT_ES,
    "agreement in Chinese": AGREEMENT_ZH,
    "receipt": RECEIPT,
    "receipt in Spanish": RECEIPT_ES,
    "receipt in Chinese": RECEIPT_ZH,
    "formal demand": DEMAND,
    "formal demand in Spanish": DEMAND_ES,
    "formal demand in Chinese": DEMAND_ZH,
}
