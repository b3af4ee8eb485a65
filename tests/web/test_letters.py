from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
import segno

from portal.adapters.weasyprint import WeasyPrintRenderer
from portal.core.money import Money
from portal.web.letter_snapshots import (
    Buckets,
    Instalment,
    Itemisation,
    Snapshot,
    from_json,
    to_json,
)
from portal.web.letters import (
    agreement_html,
    format_money,
    group_code,
    letter_body,
    letter_html,
    notice_html,
    qr_data_uri,
    receipt_html,
    template_name,
)
from tests.adapters.pdf_check import accessibility_faults, fonts, hanzi, read, tags, text
from tests.web.letter_samples import (
    AGREEMENT,
    AGREEMENT_ZH,
    CN_NOTICE,
    LETTERS,
    RECEIPT,
    RECEIPT_ZH,
    US_NOTICE,
    US_NOTICE_ES,
    usd,
)

MM = 72 / 25.4
every_letter = pytest.mark.parametrize("name", LETTERS)


@cache
def pdf_of(snapshot: Snapshot) -> bytes:
    return WeasyPrintRenderer().render(letter_html(snapshot))


def flat(html: str) -> str:
    """Return the words of an HTML text as a reader sees them."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def assert_in_order(words: str, *parts: str) -> None:
    at = 0
    for part in parts:
        found = words.find(part, at)
        assert found >= 0, f"missing or out of order: {part!r}"
        at = found + len(part)


def _window(letter: Snapshot) -> str:
    """Return what a window can show when the folded sheet slides in its envelope."""
    page = read(pdf_of(letter)).pages[0]
    height = float(page.mediabox.height)
    seen = []

    def visit(words: str, cm: list[float], tm: list[float], *_: object) -> None:
        x = tm[4] * cm[0] + cm[4]
        y = height - (tm[5] * cm[3] + cm[5])
        if words.strip() and 52 * MM <= y <= 92 * MM and x < 137 * MM:
            seen.append(words)

    page.extract_text(visitor_text=visit)
    return "".join("".join(seen).splitlines()).strip()


@every_letter
def test_a_letter_is_accessible_and_written_with_our_fonts_alone(name: str) -> None:
    letter = LETTERS[name]
    pdf = pdf_of(letter)

    assert accessibility_faults(pdf) == []
    assert read(pdf).root_object["/Lang"] == letter.language.replace("_", "-")
    assert {font.removesuffix("-Bold") for font in fonts(pdf)} <= {"Letter-Latin", "Letter-Hanzi"}
    assert ("Figure" in tags(pdf)) == (letter.access is not None)


@every_letter
def test_a_stored_snapshot_gives_the_same_letter_again(name: str) -> None:
    letter = LETTERS[name]

    again = from_json(to_json(letter))

    assert again == letter
    assert to_json(again) == to_json(letter)
    assert letter_html(again) == letter_html(letter)


def test_the_same_snapshot_gives_the_same_file() -> None:
    again = from_json(to_json(AGREEMENT))

    assert WeasyPrintRenderer().render(agreement_html(again)) == pdf_of(AGREEMENT)


def test_each_kind_of_letter_has_its_own_door() -> None:
    assert notice_html(US_NOTICE) == letter_html(US_NOTICE)
    assert receipt_html(RECEIPT) == letter_html(RECEIPT)


@every_letter
def test_every_page_names_the_parties_and_its_number(name: str) -> None:
    letter = LETTERS[name]
    pages = [" ".join(page.extract_text().split()) for page in read(pdf_of(letter)).pages]
    number = {"en": "Page {} of {}", "es": "Página {} de {}", "zh_Hans_CN": "第{}页，共{}页"}

    for at, words in enumerate(pages, start=1):
        assert number[letter.language].format(at, len(pages)) in words
        assert letter.bank.name in words
        assert getattr(letter, "agency", letter.bank).name in words
        assert letter.reference in words


@every_letter
def test_letters_are_set_in_twelve_points_or_more(name: str) -> None:
    sizes = set()

    def visit(words: str, cm: list[float], tm: list[float], _: object, size: float) -> None:
        if words.strip():
            sizes.add(round(abs(size * tm[3] * cm[3]), 1))

    for page in read(pdf_of(LETTERS[name])).pages:
        page.extract_text(visitor_text=visit)

    assert min(sizes) >= 12


@every_letter
@pytest.mark.abuse("C1")
def test_the_window_of_the_envelope_shows_name_and_address_alone(name: str) -> None:
    letter = LETTERS[name]

    assert _window(letter) == letter.person.name + "".join(letter.person.address)


@pytest.mark.abuse("C1")
def test_long_names_stay_out_of_the_window_and_on_the_sheet() -> None:
    long = "Northgate Interstate Consumer Receivables and Recovery Services Incorporated " * 2
    agency = replace(US_NOTICE.agency, name=long.strip(), hours="at all hours of the day " * 9)
    person = replace(US_NOTICE.person, address=("1842 Sycamore Avenue, Building Twelve",) * 9)
    letter = replace(US_NOTICE, agency=agency, person=person)

    seen = _window(letter)

    assert seen.startswith(US_NOTICE.person.name + "1842")
    assert "Northgate" not in seen
    assert "hours" not in seen
    assert "Reference" not in seen


@every_letter
@pytest.mark.abuse("C1")
def test_the_title_tells_nobody_about_a_debt(name: str) -> None:
    title = str(read(pdf_of(LETTERS[name])).metadata.title).lower()

    for word in ("debt", "owe", "collect", "deuda", "cobro", "欠", "催收", "$", "¥"):
        assert word not in title


@every_letter
def test_the_web_page_says_the_same_as_the_letter_but_shows_no_code(name: str) -> None:
    letter = LETTERS[name]
    body = letter_body(letter)

    assert flat(body) in flat(letter_html(letter))
    assert body.count("<h1") == 1
    assert "7F3K" not in body
    assert "<html" not in body
    assert "data:" not in body


@every_letter
@pytest.mark.abuse("P1")
def test_markup_in_a_name_or_a_note_is_shown_as_typed(name: str) -> None:
    hostile = '"><img src="http://127.0.0.1/x" onerror=1><style>*{color:red}</style>{{ 7*7 }}'
    person = replace(LETTERS[name].person, name=hostile)
    named = "contract" if name.startswith("formal demand") else "product"
    letter = replace(LETTERS[name], person=person, **{named: hostile})

    html = letter_html(letter)

    assert "<style>" not in html
    assert "<img src" not in html
    assert "{{ 7*7 }}" in html


@pytest.mark.abuse("P2")
def test_markup_in_a_name_is_printed_as_typed() -> None:
    hostile = (
        '<link rel=attachment href="file:///etc/passwd"><style>@import "http://127.0.0.1"</style>'
    )
    letter = replace(RECEIPT, person=replace(RECEIPT.person, name=hostile))

    assert "<link rel=attachment" in text(pdf_of(letter))


@pytest.mark.abuse("P4")
def test_direction_and_control_marks_in_a_name_are_dropped() -> None:
    person = replace(US_NOTICE.person, name="Ann\u202e 73.764,2$\x07 Lee")

    html = letter_html(replace(US_NOTICE, person=person))

    assert "Ann 73.764,2$ Lee" in html


def test_the_us_notice_has_every_item_of_the_rule_in_the_order_of_the_model_form() -> None:
    words = text(pdf_of(US_NOTICE))

    assert_in_order(
        words,
        "Northgate Recovery LLC P.O. Box 4410, Columbus, OH 43216",  # (c)(2)(i)
        "Phone (614) 555-0142",
        "María Ángeles O’Neill-Peña 1842 Sycamore Avenue, Apt. 12B Springfield, IL 62704",  # (ii)
        "Reference MB-0058-4345",
        "is a debt collector. We are trying to collect a debt",  # (c)(1)
        "We will use any information we get from you for that purpose.",
        "with Meridian Savings",  # (iii)
        "account number ending in 6789",  # (iv)
        "You now owe this debt to Meridian Bank",  # (v)
        "On 2 January 2026, the date of your last statement, you owed $2,234.56",  # (vi), (vii)
        "Interest added from then until today + $207.81",  # (viii)
        "Fees added from then until today + $50.00",
        "Payments you made from then until today − $20.00",
        "Credits you were given from then until today − $5.00",
        "You owe now $2,467.37",  # (ix)
        "by 2 January 2027 to dispute all or part of the debt",
        "we will assume that the debt is valid",  # (c)(3)(iii)
        "Write to us by 2 January 2027 to say that you dispute",
        "We must then stop collecting what you dispute until we have sent you proof",  # (i)
        "a copy of a court judgment",
        "Write to us by 2 January 2027 to ask for the name and address of the original creditor",
        "We must then stop collecting until we have sent them to you",  # (ii)
        "www.cfpb.gov/debt-collection",  # (iv)
        "Consumer Financial Protection Bureau",
        "stop or limit how we contact you",
        "How do you want to respond?",  # (c)(4)
        "Mail this form to Northgate Recovery LLC P.O. Box 4410 Columbus, OH 43216",
        "From María Ángeles O’Neill-Peña 1842 Sycamore Avenue",
        "Check all that apply:",
        "I want to dispute the debt because I think:",
        "This is not my debt.",
        "The amount is wrong.",
        "Other (please describe on reverse or attach additional information).",
        "I want you to send me the name and address of the original creditor.",
    )


def test_the_spanish_notice_has_the_same_items_in_the_same_order() -> None:
    words = text(pdf_of(US_NOTICE_ES))

    assert_in_order(
        words,
        "es una agencia de cobro de deudas. Intentamos cobrar una deuda",
        "Usaremos con ese fin toda la información que usted nos dé.",
        "con Meridian Savings",
        "número de cuenta terminado en 6789",
        "Ahora debe esta deuda a Meridian Bank",
        "El 2 de enero de 2026, fecha de su último estado de cuenta, usted debía $2,234.56",
        "Intereses añadidos desde entonces hasta hoy + $207.81",
        "Cargos añadidos desde entonces hasta hoy + $50.00",
        "Pagos que usted hizo desde entonces hasta hoy − $20.00",
        "Créditos a su favor desde entonces hasta hoy − $5.00",
        "Usted debe ahora $2,467.37",
        "a más tardar el 2 de enero de 2027 para disputar",
        "supondremos que la deuda es válida",
        "debemos dejar de cobrar lo que usted disputa hasta que le hayamos enviado una prueba",
        "pedir el nombre y la dirección del acreedor original",
        "debemos dejar de cobrar hasta que se los hayamos enviado",
        "www.cfpb.gov/debt-collection",
        "¿Cómo desea responder?",
        "Marque todo lo que corresponda:",
        "Quiero disputar la deuda porque creo que:",
        "Esta deuda no es mía.",
        "El monto es incorrecto.",
        "Otro motivo (descríbalo al dorso o adjunte información adicional).",
        "Quiero que me envíen el nombre y la dirección del acreedor original.",
    )


def test_nothing_since_the_itemisation_date_is_printed_as_zero_not_left_out() -> None:
    none = usd(0)
    item = US_NOTICE.itemisation
    item = replace(item, interest=none, fees=none, payments=none, credits=none, now=item.amount)
    letter = replace(US_NOTICE, itemisation=item)

    assert flat(letter_html(letter)).count("$0.00") == 4


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("last_statement", "the date of your last statement"),
        ("charge_off", "when the bank charged off the account"),
        ("last_payment", "the date of your last payment"),
        ("transaction", "the date of the purchase or loan"),
        ("judgment", "the date of the court judgment"),
    ],
)
def test_the_notice_says_why_the_itemisation_starts_where_it_does(event: str, words: str) -> None:
    letter = replace(US_NOTICE, itemisation=replace(US_NOTICE.itemisation, event=event))

    assert f"On 2 January 2026, {words}, you owed" in flat(letter_html(letter))


def test_a_disclosure_of_the_rule_pack_is_printed_before_the_form() -> None:
    old = "The law limits how long you can be sued on a debt. We will not sue you for this one."
    words = flat(letter_html(replace(US_NOTICE, disclosures=(old,))))

    assert_in_order(words, "Other information for you", old, "How do you want to respond?")


def test_the_us_notice_names_no_day_to_pay_by() -> None:
    days = set(re.findall(r"\d{1,2} \w+ 20\d\d", flat(letter_html(US_NOTICE))))

    assert days == {"24 November 2026", "23 November 2026", "2 January 2026", "2 January 2027"}


def test_the_chinese_notice_says_who_for_whom_how_much_and_where_to_turn() -> None:
    words = hanzi(pdf_of(CN_NOTICE))

    assert_in_order(
        words,
        "江海银行股份有限公司",
        "查询码：7F3K-9QXM-4",
        "欧阳雨桐",
        "委托催收通知",
        "已委托北辰信用管理有限公司",
        "委托期限为2026年11月25日至2027年5月24日",
        "2026年11月23日核对",
        "本金¥18,500.00",
        "利息（含罚息）¥2,137.45",
        "费用（含违约金）¥460.00",
        "诉讼等其他费用¥0.00",
        "您目前欠款¥21,097.45",
        "《江海银行信用卡领用合约》",
        "《中华人民共和国民法典》",
        "查询：",
        "还款：",
        "异议：",
        "您的权利和义务",
        "22:00至次日8:00",
        "无关的人催收",
        "怎样核实受托机构",
        "委托码K4T7-WM2P",
        "投诉渠道",
        "江海银行客户服务热线",
        "业务专用章",
    )


def test_the_agreement_states_parties_balance_instalments_misses_and_how_to_stop() -> None:
    words = text(pdf_of(AGREEMENT))

    assert_in_order(
        words,
        "You María Ángeles O’Neill-Peña",
        "The bank you owe Meridian Bank",
        "The bank checked this balance on 23 November 2026.",
        "Principal $2,034.56",
        "Interest $382.81",
        "Fees $50.00",
        "Costs $0.00",
        "You owe $2,467.37",
        "The bank adds no interest and no fees while you keep to this plan.",
        "1 15 December 2026 $205.61 $2,261.76",
        "12 15 November 2027 $205.62 $0.00",
        "All payments together $2,467.37",
        "If you miss a payment",
        "7 days after it was due",
        "If 2 payments in a row are missed, the plan ends.",
        "How to stop",
        "You can stop this plan at any time.",
        "online, on 24 November 2026, 20:42 (Central Standard Time)",
        "This letter is from a debt collector.",
    )


def test_every_instalment_is_on_the_agreement_to_the_cent() -> None:
    words = hanzi(pdf_of(AGREEMENT_ZH))

    for number, part in enumerate(AGREEMENT_ZH.instalments, start=1):
        day = f"{part.due_on.year}年{part.due_on.month}月{part.due_on.day}日"
        amount = format_money(part.amount, "zh_Hans_CN")
        assert f"{number}{day}{amount}{format_money(part.left, 'zh_Hans_CN')}" in words
    assert "您承诺不向任何银行申请信用卡" in words


def test_interest_that_goes_on_is_said_in_the_agreement() -> None:
    words = flat(letter_html(replace(AGREEMENT, charges_paused=False)))

    assert "The bank goes on adding interest and fees" in words
    assert "adds no interest" not in words


def test_the_receipt_states_what_came_in_what_it_paid_off_and_what_is_left() -> None:
    words = text(pdf_of(RECEIPT))

    assert_in_order(
        words,
        "Thank you. We have your payment of $205.61.",
        "Paid to Meridian Bank",
        "Received on 24 November 2026",
        "Paid with Card",
        "Payment reference P-2026-1124-0931",
        "You owed before this payment $2,467.37",
        "This payment − $205.61",
        "of which interest $155.61",
        "of which fees $50.00",
        "You owe now $2,261.76",
        "The next payment of your plan is $205.61, due on 15 January 2027.",
        "This letter is from a debt collector.",
    )
    assert "谢谢您。我们已收到您支付的¥586.04。" in hanzi(pdf_of(RECEIPT_ZH))


def test_the_last_payment_is_answered_with_nothing_more_is_owed() -> None:
    last = replace(
        RECEIPT,
        owed_before=RECEIPT.amount,
        owed_after=usd(0),
        next_instalment=None,
    )

    assert "You owe nothing more on this account." in flat(letter_html(last))


def test_a_snapshot_whose_figures_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="the amount now"):
        replace(US_NOTICE.itemisation, now=usd(246738))
    with pytest.raises(ValueError, match="what was paid off"):
        replace(RECEIPT, paid_off=Buckets(usd(1), usd(15561), usd(5000), usd(0)))
    with pytest.raises(ValueError, match="what is owed"):
        replace(RECEIPT, owed_after=usd(226175))
    with pytest.raises(ValueError, match="what is left"):
        replace(AGREEMENT, instalments=(Instalment(date(2026, 12, 15), usd(100), usd(1)),))
    with pytest.raises(ValueError, match="cannot mix"):
        replace(RECEIPT, owed_before=Money(246737, "CNY"))
    with pytest.raises(ValueError, match="aware"):
        replace(AGREEMENT, accepted_at=datetime(2026, 11, 24, 10, 42))


def test_a_stored_text_that_was_altered_is_not_a_snapshot() -> None:
    stored = json.loads(to_json(US_NOTICE))

    for change in (
        {"version": 2},
        {"kind": "notice"},
        {"note": "x"},
        {"itemisation": stored["itemisation"] | {"now": {"minor": 1, "currency": "USD"}}},
    ):
        with pytest.raises(ValueError):
            from_json(json.dumps(stored | change))


def test_the_code_is_printed_in_groups_and_kept_out_of_logs() -> None:
    assert group_code("7F3K9QXM4") == group_code("7F3K-9QXM-4") == "7F3K-9QXM-4"
    assert "7F3K-9QXM-4" in text(pdf_of(US_NOTICE))
    assert "7F3K" not in repr(US_NOTICE)


def test_the_qr_holds_the_address_with_the_code() -> None:
    uri = qr_data_uri(US_NOTICE.access.url)

    assert uri in letter_html(US_NOTICE)
    assert uri != qr_data_uri("https://portal.example/l/OTHER")
    assert segno.make(US_NOTICE.access.url, error="m").error == "M"


def test_each_template_of_a_letter_belongs_to_a_snapshot() -> None:
    folder = Path(__file__).parents[2] / "portal" / "web" / "templates"
    found = {str(path.relative_to(folder)) for path in folder.glob("letters/*/*/*.html")}

    assert found == {template_name(letter) for letter in LETTERS.values()}


@pytest.mark.parametrize(
    ("amount", "locale", "words"),
    [
        (Money(246737, "USD"), "en_US", "$2,467.37"),
        (Money(246737, "USD"), "es_US", "$2,467.37"),
        (Money(246737, "USD"), "zh_Hans_CN", "US$2,467.37"),
        (Money(246737, "CNY"), "zh_Hans_CN", "¥2,467.37"),
        (Money(246737, "CNY"), "en_US", "CN¥2,467.37"),
        (Money(2467, "JPY"), "en_US", "¥2,467"),
        (Money(10**15, "USD"), "en_US", "$10,000,000,000,000.00"),
    ],
)
def test_money_is_written_to_the_last_unit_with_its_currency(
    amount: Money, locale: str, words: str
) -> None:
    assert format_money(amount, locale) == words


def test_an_itemisation_in_two_currencies_cannot_be_made() -> None:
    item = US_NOTICE.itemisation

    with pytest.raises(ValueError, match="cannot mix"):
        Itemisation(
            on=item.on,
            event=item.event,
            creditor=item.creditor,
            amount=item.amount,
            interest=Money(1, "CNY"),
            fees=item.fees,
            payments=item.payments,
            credits=item.credits,
            now=item.now,
        )
