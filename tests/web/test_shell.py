import pytest
from flask import Flask, render_template_string
from flask_babel import get_locale, gettext

from portal.web import shell
from tests.web.pages import make_app


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "en"),
        ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}, "zh"),
        ({"Accept-Language": "es-MX"}, "es"),
        ({"Accept-Language": "fr"}, "en"),
        ({"Accept-Language": "zh-CN", "Cookie": "language=es"}, "es"),
        ({"Accept-Language": "zh-CN", "Cookie": "language=tlh"}, "zh"),
    ],
)
def test_the_readers_choice_comes_before_the_browsers(
    app: Flask, headers: dict[str, str], code: str
) -> None:
    with app.test_request_context("/", headers=headers):
        assert shell.select_language().code == code
        assert shell.page_language().code == code


def test_spanish_counts_in_the_way_of_the_united_states(app: Flask) -> None:
    with app.test_request_context("/", headers={"Cookie": "language=es"}):
        assert str(get_locale()) == "es_US"
        assert gettext("Your account") == "Su cuenta"


def test_the_page_says_which_language_it_is_in(app: Flask) -> None:
    with app.test_request_context("/", headers={"Cookie": "language=zh"}):
        assert render_template_string("{{ page_language }} {{ _('Help') }}") == "zh-Hans 帮助"


def test_outside_a_request_the_portal_speaks_english(app: Flask) -> None:
    with app.app_context():
        assert shell.select_language().code == "en"


def test_a_signed_in_persons_language_comes_first() -> None:
    app = Flask("portal")
    shell.register(app, demo=False, test_mode=False, locale_selector=lambda: "zh_Hans_CN")

    with app.test_request_context("/", headers={"Cookie": "language=es"}):
        assert shell.page_language().code == "zh"


@pytest.mark.parametrize(("demo", "test_mode"), [(True, False), (False, True), (False, False)])
def test_banners_say_when_data_or_money_is_not_real(demo: bool, test_mode: bool) -> None:
    app = Flask("portal")
    shell.register(app, demo=demo, test_mode=test_mode)

    with app.test_request_context("/"):
        flags = render_template_string("{{ demo }} {{ test_mode }}")

    assert flags == f"{demo} {test_mode}"
