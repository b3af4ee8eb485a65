"""Letters as complete HTML documents, made from a snapshot alone and in the letter's language.

Each letter is one whole document per language and version in `templates/letters/`. A version that
has been sent is not edited any more: new words are a new version beside it, so that a stored
snapshot gives the letter that was sent. No request, no session and no Flask is needed here.
"""

from __future__ import annotations

import base64
import io
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import segno
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from portal.core.money import Money
from portal.web.letter_snapshots import (
    AgreementSnapshot,
    Language,
    NoticeSnapshot,
    ReceiptSnapshot,
    Snapshot,
)

# Babel's locale, the day, and the day with the time; days are long so that none can be misread.
_FORMATS: Final[dict[Language, tuple[str, str, str]]] = {
    "en": ("en_US", "d MMMM y", "d MMMM y, HH:mm (zzzz)"),
    "es": ("es_US", "d 'de' MMMM 'de' y", "d 'de' MMMM 'de' y, HH:mm (zzzz)"),
    "zh_Hans_CN": ("zh_Hans_CN", "y年M月d日", "y年M月d日HH:mm（zzzz）"),
}

_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def notice_html(snapshot: NoticeSnapshot) -> str:
    """Return the notice that an agency is now working on the account, ready to be printed."""
    return letter_html(snapshot)


def agreement_html(snapshot: AgreementSnapshot) -> str:
    """Return the agreement on a plan, ready to be printed."""
    return letter_html(snapshot)


def receipt_html(snapshot: ReceiptSnapshot) -> str:
    """Return the receipt for a payment, ready to be printed."""
    return letter_html(snapshot)


def letter_html(snapshot: Snapshot) -> str:
    """Return any letter as a complete document for the renderer."""
    template = _environment(snapshot.language).get_template(template_name(snapshot))
    return template.render(letter=snapshot)


def letter_body(snapshot: Snapshot) -> Markup:
    """Return the same words as the letter for a web page: its body without address, code and QR.

    It begins with the page's only `h1`. Everything in it is escaped, so a page may show it as is.
    """
    template = _environment(snapshot.language).get_template(template_name(snapshot))
    context = template.new_context({"letter": snapshot})
    # S704: the block was rendered by an environment that escapes.
    return Markup("".join(template.blocks["body"](context)))  # noqa: S704


def template_name(snapshot: Snapshot) -> str:
    """Return which template, by kind, version and language, the snapshot is a letter of."""
    return f"letters/{snapshot.kind}/{snapshot.version}/{snapshot.language}.html"


def group_code(code: str) -> str:
    """Return a letter code as it is printed: `7F3K9QXM4` in groups, `7F3K-9QXM-4`."""
    plain = re.sub(r"[\s-]", "", code)
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def qr_data_uri(text: str) -> str:
    """Return the text as a QR code: an SVG picture in a `data:` address, for an `img`."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", xmldecl=False, border=4)
    return "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()


@cache
def _environment(language: Language) -> Environment:
    locale, day_pattern, instant_pattern = _FORMATS[language]

    def money(amount: Money) -> str:
        return format_money(amount, locale)

    def day(value: date) -> str:
        return format_date(value, day_pattern, locale=locale)

    def instant(value: datetime, zone: str) -> str:
        return format_datetime(value, instant_pattern, tzinfo=ZoneInfo(zone), locale=locale)

    environment = Environment(
        loader=PackageLoader("portal.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_controls,
    )
    environment.globals.update(
        money=money, day=day, instant=instant, group_code=group_code, qr=qr_data_uri
    )
    return environment


def format_money(amount: Money, locale: str) -> str:
    """Return the amount to the last minor unit with its currency as the locale writes it."""
    return format_currency(Decimal(amount.decimal_text()), amount.currency, locale=locale)


def _without_controls(value: object) -> object:
    """Drop control and direction marks from a value, so that a name cannot turn an amount round."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _CONTROLS.sub("", value)
    return value
