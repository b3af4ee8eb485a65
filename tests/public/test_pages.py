"""The pages for anyone: what is on them, and what must never be."""

from __future__ import annotations

import pytest

from portal.core import clock
from portal.core.parties.letter_codes import new_code
from tests.support.letters import send

PAGES = {
    "/": {
        "en": "You have a letter from us?",
        "zh": "您收到了我们的信函？",
        "es": "¿Recibió una carta",
    },
    "/check": {"en": "Check a collector", "zh": "核实催收机构", "es": "Verificar una agencia"},
    "/help": {
        "en": "How to open your page",
        "zh": "怎样打开您的页面",
        "es": "Cómo abrir su página",
    },
    "/rights": {"en": "You can complain", "zh": "您可以投诉", "es": "Puede quejarse"},
    "/privacy": {"en": "What is kept", "zh": "保存哪些信息", "es": "Qué se guarda"},
    "/accessibility": {"en": "keyboard alone", "zh": "只用键盘", "es": "solo con el teclado"},
}


@pytest.mark.parametrize("language", ["en", "zh", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_for_anyone_in_each_language(visit, path, language):
    visitor = visit()
    visitor.client.set_cookie("language", language)

    answer = visitor.get(path)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 200
    assert PAGES[path][language] in page
    assert page.count("<h1>") == 1
    assert f'lang="{ {"zh": "zh-Hans"}.get(language, language) }"'.replace(" ", "") in page


def test_the_start_page_sends_the_code_to_the_door(visit):
    page = visit().get("/").get_data(as_text=True)

    assert 'action="/enter"' in page
    assert 'name="code"' in page
    assert 'href="/sign-in"' in page


@pytest.fixture
def sent(make):
    made = make.account(agency=make.agency())
    return made, send(made, at=clock.now())


@pytest.mark.abuse("C9")
def test_a_genuine_letters_code_says_who_works_for_whom_and_nothing_of_the_debt(visit, sent):
    made, notice = sent

    page = visit().post("/check", {"code": notice.mandate_code}).get_data(as_text=True)

    assert made.bank.name in page
    assert made.agency.name in page
    for secret in (made.name, made.account_ref, "2,467", made.phone, made.email):
        assert secret not in page


@pytest.mark.abuse("C9")
def test_unknown_and_ended_codes_are_answered_alike(visit, admin, sent):
    made, notice = sent
    admin.execute("UPDATE placements SET state = 'final_recall' WHERE id = %s", [made.placement_id])

    ended = visit().post("/check", {"code": notice.mandate_code})
    unknown_code = new_code()
    unknown = visit().post("/check", {"code": unknown_code})

    assert (ended.status_code, unknown.status_code) == (422, 422)
    one = ended.get_data(as_text=True).replace(notice.mandate_code, "")
    other = unknown.get_data(as_text=True).replace(unknown_code, "")
    assert _without_token(one) == _without_token(other)
    assert "Nobody may collect with it" in one


@pytest.mark.abuse("C9")
def test_the_code_that_opens_a_persons_page_tells_the_public_nothing(visit, sent):
    made, notice = sent

    page = visit().post("/check", {"code": notice.code}).get_data(as_text=True)

    assert made.bank.name not in page
    assert made.agency.name not in page


@pytest.mark.abuse("C9")
def test_guessing_is_paused(visit):
    visitor = visit()
    visitor.client.environ_base["REMOTE_ADDR"] = "198.51.100.77"

    statuses = [visitor.post("/check", {"code": new_code()}).status_code for _ in range(12)]

    assert statuses == [422] * 10 + [429] * 2


def _without_token(page):
    return [line for line in page.splitlines() if "csrf_token" not in line]
