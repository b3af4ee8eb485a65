from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.core.money import Money
from portal.web import filters
from tests.web.pages import make_app

HALF_PAST_THREE_UTC = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


@pytest.fixture(params=["en", "zh_Hans_CN", "es_US"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("language", "amount", "words"),
    [
        ("en", Money(246737, "USD"), "$2,467.37"),
        ("en", Money(246737, "CNY"), "CN¥2,467.37"),
        ("en", Money(-1230, "USD"), "-$12.30"),
        ("en", Money(2467, "JPY"), "¥2,467"),
        ("en", Money(1234567, "KWD"), "KWD1,234.567"),
        ("en", Money(10**15, "USD"), "$10,000,000,000,000.00"),
        ("zh_Hans_CN", Money(246737, "USD"), "US$2,467.37"),
        ("zh_Hans_CN", Money(246737, "CNY"), "¥2,467.37"),
        ("es_US", Money(246737, "USD"), "$2,467.37"),
        ("en", Money(0, "USD"), "$0.00"),
    ],
)
def test_money_is_exact_and_its_currency_clear(
    app: Flask, language: str, amount: Money, words: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert filters.money(amount) == words
        assert filters.money(amount.minor, amount.currency) == words


def test_minor_units_without_a_currency_are_refused(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(TypeError):
        filters.money(246737)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "24 November 2026"),
        ("zh_Hans_CN", "2026年11月24日"),
        ("es_US", "24 de noviembre de 2026"),
    ],
)
def test_a_day_is_written_in_long_form(app: Flask, language: str, words: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert filters.day(date(2026, 11, 24)) == words


def test_an_instant_is_no_day(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(TypeError):
        filters.day(HALF_PAST_THREE_UTC)


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "America/Chicago", "24 November 2026, 9:30\u00a0PM CST"),
        ("en", "America/New_York", "24 November 2026, 10:30\u00a0PM EST"),
        ("en", "Asia/Shanghai", "25 November 2026, 11:30\u00a0AM China Standard Time"),
        ("zh_Hans_CN", "Asia/Shanghai", "2026年11月25日 11:30（中国标准时间）"),
        ("zh_Hans_CN", "America/Chicago", "2026年11月24日 21:30（北美中部标准时间）"),
    ],
)
def test_an_instant_names_its_zone(app: Flask, language: str, zone: str, words: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert filters.instant(HALF_PAST_THREE_UTC, zone) == words


def test_an_instant_without_a_zone_is_told_in_the_readers_own(app: Flask) -> None:
    with app.test_request_context():
        assert filters.instant(HALF_PAST_THREE_UTC).endswith("9:30\u00a0PM CST")


def test_an_instant_that_does_not_know_its_zone_is_refused(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(TypeError):
        filters.instant(datetime(2026, 11, 24, 12, 0))


@pytest.mark.parametrize(
    ("bps", "words"), [(1234, "12.34%"), (500, "5%"), (1, "0.01%"), (0, "0%"), (12500, "125%")]
)
def test_basis_points_are_a_percentage(app: Flask, bps: int, words: str) -> None:
    with app.test_request_context():
        assert filters.percent(bps) == words


@pytest.mark.parametrize(
    ("language", "length", "words"),
    [
        ("en", 1, "1 minute"),
        ("en", 45, "45 minutes"),
        ("en", 60, "1 hour"),
        ("en", 90, "1 h 30 min"),
        ("en", 0, "0 minutes"),
        ("zh_Hans_CN", 90, "1小时30分钟"),
        ("es_US", 120, "2 horas"),
    ],
)
def test_a_length_of_time_is_told_in_hours_and_minutes(
    app: Flask, language: str, length: int, words: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert filters.minutes(length) == words


def test_what_is_not_known_is_left_empty(app: Flask, locale: str) -> None:
    with app.test_request_context(), force_locale(locale):
        empty = [
            filters.money(None),
            filters.day(None),
            filters.instant(None),
            filters.percent(None),
            filters.minutes(None),
            filters.count(None),
        ]

    assert empty == [""] * 6


def test_a_static_address_changes_with_the_file(tmp_path: Path) -> None:
    app = Flask("portal", static_folder=str(tmp_path))
    filters.register(app)
    (tmp_path / "a.css").write_text("a")
    with app.test_request_context():
        first = filters.static_url("a.css")
        again = filters.static_url("a.css")
        (tmp_path / "a.css").write_text("bb")
        second = filters.static_url("a.css")

    assert first == again
    assert first != second
    assert "/a.css?v=" in first


def test_a_static_file_that_is_not_there_has_no_hash(app: Flask) -> None:
    with app.test_request_context():
        assert filters.static_url("nothing.css") == "/static/nothing.css"
