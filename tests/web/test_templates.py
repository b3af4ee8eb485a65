import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask, flash, render_template, render_template_string
from flask_wtf import FlaskForm
from jinja2 import Environment
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from portal.config import ROOT
from portal.core.money import Money
from tests.web.pages import TEMPLATES, html_files, make_app

FORBIDDEN = {
    "a style attribute": re.compile(r"""<[^>]*\sstyle\s*=""", re.I),
    "an event attribute": re.compile(r"""<[^>]*\son[a-z]+\s*=""", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "code in an address": re.compile(r"""["']\s*javascript:""", re.I),
    "htmx code": re.compile(r"""\shx-(on|vals|vars|headers)|js:|hx-trigger="[^"]*\[""", re.I),
    "another site": re.compile(r"""(?:href|src|action|url)\s*[=(]\s*["']?(?:https?:)?//""", re.I),
    "safe on data": re.compile(r"\|\s*safe\b|autoescape\s+false", re.I),
}
PAYLOAD = "<script>alert(1)</script>\"' onload=x"


def pages() -> list[Path]:
    """Every template of a page; letters are documents for the PDF renderer and have own rules."""
    return [path for path in html_files() if "letters" not in path.parts]


class PlanForm(FlaskForm):
    amount = StringField("Amount", [DataRequired("Enter an amount, like 150.00")])
    reason = RadioField(
        "What is wrong?",
        [DataRequired("Choose one")],
        choices=[SelectChoice("mine", "This is not my debt"), SelectChoice("paid", "Paid")],
    )
    how = SelectField("How often", choices=[SelectChoice("m", "Monthly")])
    note = TextAreaField("Note")
    proof = FileField("Proof")
    texts = BooleanField("Text me")
    day = IntegerField("Day", [DataRequired("Enter the day")])
    month = IntegerField("Month")
    year = IntegerField("Year")


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def render(app: Flask, source: str, **values: object) -> str:
    heads = (
        "{% import 'macros/ui.html' as ui %}{% import 'macros/forms.html' as forms %}"
        "{% import 'macros/tables.html' as tables %}"
    )
    with app.test_request_context("/somewhere?a=1"):
        return render_template_string(heads + source, **values)


def sent(app: Flask, source: str) -> str:
    with app.test_request_context("/plan", method="POST", data={"amount": "", "how": "m"}):
        form = PlanForm(meta={"csrf": False})
        form.validate()
        return render_template_string(
            "{% import 'macros/forms.html' as forms %}" + source, form=form
        )


@pytest.mark.abuse("P1")
@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_more_than_the_content_policy_gives(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)

    found = [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]

    assert found == []


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color:red">',
        '<a onclick="x()">',
        "<script>x()</script>",
        "<style>p{}</style>",
        '<img src="https://elsewhere.example/x.png">',
        '<link href="//elsewhere.example/x.css">',
        "{{ note|safe }}",
        '<div hx-on:click="x()">',
        '<div hx-trigger="click[ctrlKey]">',
    ],
)
def test_the_guard_over_templates_sees_each_kind_of_fault(bad: str) -> None:
    assert any(pattern.search(bad) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("path", html_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_compiles(path: Path) -> None:
    Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(path.read_text())


@pytest.mark.parametrize("base", ["base_console.html", "base_debtor.html", "base_public.html"])
@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_each_face_stands_without_anything_from_its_page(
    app: Flask, base: str, language: str
) -> None:
    with app.test_request_context("/", headers={"Cookie": f"language={language}"}):
        page = render_template(base)

    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert 'href="#main"' in page
    assert f'lang="{ {"en": "en", "zh": "zh-Hans", "es": "es"}[language] }"' in page
    assert not any(
        pattern.search(page) for name, pattern in FORBIDDEN.items() if name != "another site"
    )


def test_the_console_marks_where_one_is() -> None:
    app = make_app()
    app.add_url_rule("/accounts", "bank.accounts")
    app.add_url_rule("/import", "bank.import")
    nav = [("bank.accounts", "Accounts", "list-check", "a"), ("bank.import", "Import", "upload")]
    values = {"nav": nav, "organisation_name": PAYLOAD, "viewer_name": PAYLOAD}

    with app.test_request_context("/accounts"):
        by_address = render_template("base_console.html", **values)
    with app.test_request_context("/accounts"):
        by_name = render_template("base_console.html", active_nav="bank.import", **values)

    assert re.findall(r'href="([^"]+)" aria-current="page"', by_address) == ["/accounts"]
    assert re.findall(r'href="([^"]+)" aria-current="page"', by_name) == ["/import"]
    assert 'data-dp-key="a"' in by_address
    assert "<script>alert" not in by_address


def test_a_debtors_title_names_the_collector_and_nothing_of_the_debt(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template(
            "base_debtor.html",
            collector_name="Northgate Recovery",
            bank_name="Meridian Bank",
            collector_notice=True,
        )

    title = re.search(r"<title>(.*?)</title>", page, re.S)
    assert title is not None
    assert title[1] == "Your account – Northgate Recovery"
    assert "Northgate Recovery for Meridian Bank" in page
    assert "This is from a debt collector." in page
    assert 'rel="noreferrer nofollow" data-dp-exit' in page


def test_a_theme_the_reader_chose_is_written_into_the_page(app: Flask) -> None:
    with app.test_request_context("/", headers={"Cookie": "theme=dark"}):
        chosen = render_template("base_console.html")
    with app.test_request_context("/", headers={"Cookie": "theme=purple"}):
        unknown = render_template("base_console.html")

    assert 'data-bs-theme="dark"' in chosen
    assert 'class="auto"' in unknown
    assert "data-bs-theme" not in unknown


def test_forms_of_the_frame_carry_a_token(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template("base_console.html", sign_out_url="/sign-out", viewer_name="A")

    posts = re.findall(r'<form[^>]*method="post".*?</form>', page, re.S)
    assert len(posts) == 3
    assert all('name="csrf_token"' in form for form in posts)


def test_messages_are_shown_as_text(app: Flask) -> None:
    with app.test_request_context("/"):
        flash(PAYLOAD, "success")
        page = render_template("base_public.html")

    assert "dp-good" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503])
def test_an_error_page_tells_what_happened_and_where_to_go(app: Flask, status: int) -> None:
    with app.test_request_context("/"):
        page = render_template("error.html", status=status, message="Words.", error_id="3F9A")
        fragment = render_template("error_fragment.html", status=status, message="Words.")

    assert re.search(r"<h1>\S.*?</h1>", page)
    assert "Words." in page
    assert "3F9A" in page
    assert f"Status {status}" in page
    assert "Words." in fragment
    assert "<html" not in fragment


def test_a_field_ties_its_hint_and_its_error_to_the_control(app: Flask) -> None:
    html = sent(app, "{{ forms.field(form.amount, hint='Any amount is fine', prefix='$') }}")

    assert '<label class="form-label" for="amount">Amount' in html
    assert 'aria-describedby="amount-hint amount-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="amount-hint"' in html
    assert re.search(r'id="amount-error".*Enter an amount, like 150.00', html)


def test_a_field_without_faults_says_nothing_of_errors(app: Flask) -> None:
    html = sent(app, "{{ forms.field(form.note, optional=true, rows=3) }}")

    assert "aria-invalid" not in html
    assert "aria-describedby" not in html
    assert "(optional)" in html
    assert 'rows="3"' in html


def test_radio_buttons_stand_in_a_named_group(app: Flask) -> None:
    html = sent(app, "{{ forms.choices(form.reason, hints={'mine': 'You do not know it.'}) }}")

    assert re.search(r"<fieldset[^>]*aria-describedby=\"reason-error\"", html)
    assert "<legend" in html
    assert 'aria-describedby="reason-0-note"' in html
    assert 'id="reason-0-note"' in html


@pytest.mark.parametrize("name", ["how", "proof", "texts"])
def test_every_kind_of_field_has_a_visible_label(app: Flask, name: str) -> None:
    html = sent(app, f"{{{{ forms.field(form.{name}) }}}}")

    assert f'for="{name}"' in html
    assert f'id="{name}"' in html


def test_the_summary_links_each_problem_to_its_field_and_takes_the_focus(app: Flask) -> None:
    html = sent(app, "{{ forms.error_summary(form) }}")

    assert re.findall(r'<a href="#([\w-]+)">', html) == ["amount", "reason-0", "day"]
    assert "autofocus" in html
    assert 'role="alert"' in html


def test_a_page_with_problems_says_so_in_its_title_and_above_its_heading(app: Flask) -> None:
    html = sent(app, "{% extends 'base_public.html' %}{% block title %}Plan{% endblock %}")

    assert "<title>Error: Plan" in html
    assert html.index("There is a problem") < html.index("<h1>")


def test_a_date_is_asked_in_three_boxes(app: Flask) -> None:
    html = sent(
        app,
        "{{ forms.date_boxes(form.day, form.month, form.year, 'Born', autocomplete='bday') }}",
    )

    assert re.findall(r'<label for="(\w+)">', html) == ["day", "month", "year"]
    assert 'autocomplete="bday-year"' in html
    assert html.count('inputmode="numeric"') == 3
    assert 'aria-describedby="day-error"' in html


def test_a_form_carries_its_token_and_leaves_the_checks_to_us(app: Flask) -> None:
    html = render(app, "{% call forms.form(multipart=true) %}x{% endcall %}")

    assert 'name="csrf_token"' in html
    assert "novalidate" in html
    assert 'enctype="multipart/form-data"' in html


MACROS = [
    "{{ ui.badge(x, 'warn', 'flag') }}",
    "{% call ui.alert('bad', x) %}{{ x }}{% endcall %}",
    "{{ ui.crumbs([('/a', x)]) }}",
    "{{ ui.back('/a', x) }}",
    "{% call ui.card(x, note=x, href='/a', href_label=x) %}{{ x }}{% endcall %}",
    "{% call ui.stats() %}{{ ui.stat(x, x, note=x) }}{% endcall %}",
    "{% call ui.empty_state('inbox', x, x) %}{{ x }}{% endcall %}{{ ui.empty_state('inbox', x) }}",
    "{{ ui.summary_list([(x, x, '/a', x), (x, x)]) }}",
    "{% call ui.facts() %}{{ ui.fact(x, x, x) }}{% endcall %}",
    "{% call ui.timeline() %}{% call ui.event(at, x, who=x) %}{{ x }}{% endcall %}"
    "{{ ui.event(at, x) }}{% endcall %}",
    "{{ ui.figure(x, x, [x, x], [[x, x]], '/a.csv') }}",
    "{{ ui.progress(1, 3, x) }}{{ ui.progress(0, none, x) }}",
    "{{ ui.tabs([('/a', x, 3), ('/b', x)], '/a') }}",
    "{{ ui.steps([x, x, x], 2) }}",
    "{{ ui.choice('/a', x, x, 'flag') }}",
    "{{ ui.verified(on, x) }}",
    "{% call tables.table(x, [x, {'label': x, 'num': true, 'sort_url': '/a',"
    " 'sorted': 'ascending'}], select=true) %}"
    "<tr>{{ tables.select_cell('a', x, x) }}{{ tables.num(x) }}</tr>{% endcall %}",
    "{{ tables.pager(50, 3130, '/a', '/b') }}{{ tables.pager(1) }}{{ tables.pager(1, x) }}",
    "{% call tables.filters(reset_url='/a') %}{{ x }}{% endcall %}",
    "{% call tables.bulk_bar() %}{{ x }}{% endcall %}",
    "{{ forms.confirm_bar(x, '/a', 'danger', note=x) }}",
    "{{ forms.submit(x, '/a', x) }}",
    "{{ forms.post_button('/a', x, fields={'k': x}) }}",
]


@pytest.mark.abuse("P1")
@pytest.mark.parametrize("source", MACROS)
def test_macros_show_data_as_text(app: Flask, source: str) -> None:
    html = render(
        app, source, x=PAYLOAD, at=datetime(2026, 11, 24, 3, 30, tzinfo=UTC), on=date(2026, 11, 24)
    )

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<[^>]*\"' onload", html)


def test_money_days_and_instants_are_marked_up(app: Flask) -> None:
    html = render(
        app,
        "{{ ui.money(m, large=true) }}{{ ui.day(on) }}{{ ui.instant(at) }}{{ ui.day(none) }}",
        m=Money(246737, "USD"),
        on=date(2026, 11, 24),
        at=datetime(2026, 11, 24, 3, 30, tzinfo=UTC),
    )

    assert "dp-amount" in html
    assert "$2,467.37" in html
    assert '<time datetime="2026-11-24">24 November 2026</time>' in html
    assert html.endswith("–")


def test_the_tab_one_is_on_is_told_to_screen_readers(app: Flask) -> None:
    html = render(app, "{{ ui.tabs([('/a', 'All', 3130), ('/b', 'Paid')], '/a') }}")

    assert html.count('aria-current="page"') == 1
    assert "3,130" in html


def test_macros_keep_to_class_names_both_faces_know() -> None:
    bootstrap = (ROOT / "static/vendor/bootstrap/bootstrap.min.css").read_text()
    used = {
        name
        for path in (TEMPLATES / "macros").glob("*.html")
        for value in re.findall(r'class="([^"]*)"', path.read_text())
        for name in re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", value).split()
    }

    ours = {name for name in used if name.startswith("dp-")}
    unknown = {name for name in used - ours if f".{name}" not in bootstrap}

    assert unknown - {"btn-"} == set()
