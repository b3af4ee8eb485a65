"""The way in by letter, page by page: neutral before proof, counted, not used up by looking."""

from __future__ import annotations

import re

import pytest

from portal.core import clock
from portal.core.parties.letter_codes import new_code
from tests.support.door import LetterHolder
from tests.support.letters import send

DOOR_PAGES = ("/enter", "/enter/person", "/enter/contact", "/enter/passcode", "/enter/other-ways")
FORBIDDEN_WORDS = (
    "debt",
    "owe",
    "collect",
    "balance",
    "overdue",
    "deuda",
    "cobr",
    "欠款",
    "催收",
    "逾期",
)


@pytest.fixture
def holder(app, make):
    made = make.account(agency=make.agency())
    return LetterHolder(app, made, send(made, at=clock.now()))


def _text(answer):
    return answer.get_data(as_text=True)


def _words(page):
    """Return what a reader sees: the title and the text, without tags and addresses."""
    return re.sub(r"<[^>]*>", " ", page).lower()


def test_code_birthday_and_passcode_open_the_persons_page(holder):
    assert holder.type_code().headers["Location"] == "/enter/person"
    assert holder.give_birthday().headers["Location"] == "/enter/contact"
    assert holder.ask_for_passcode().headers["Location"] == "/enter/passcode"
    assert holder.enter_passcode().headers["Location"] == "/debtor/"

    assert "$2,467.37" in _text(holder.get("/debtor/"))


def test_the_last_four_digits_do_instead_of_the_birthday(holder):
    holder.type_code()
    holder.get("/enter/person?fact=digits")

    answer = holder.post("/enter/person?fact=digits", {"digits": " 48-21 "})

    assert answer.headers["Location"] == "/enter/contact"


@pytest.mark.parametrize("written", ["{0}-{1}-{2}", "{0} {1} {2}", " {0}{1}{2} "])
def test_the_code_may_be_written_as_people_write(holder, written):
    code = holder.sent.code
    typed = written.format(code[:4], code[4:8], code[8:]).lower()

    assert holder.type_code(typed).headers["Location"] == "/enter/person"


def test_a_slip_is_told_from_a_wrong_code_and_what_was_typed_stays(holder):
    code = holder.sent.code
    slip = ("A" if code[0] != "A" else "B") + code[1:]
    wrong = new_code()

    slipped, missed = holder.type_code(slip), holder.type_code(wrong)

    assert (slipped.status_code, missed.status_code) == (422, 422)
    assert "does not seem right" in _text(slipped)
    assert "We do not know this code" in _text(missed)
    assert slip in _text(slipped)
    assert _text(slipped).count("<title>Error:") == 1


@pytest.mark.abuse("C3")
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_opened_by_machines_before_the_person_still_works(app, holder, method):
    path = holder.sent.snapshot.access.url.removeprefix("http://localhost")
    for _ in range(10):
        getattr(app.test_client(), method)(path, follow_redirects=True)

    holder.get(path)
    holder.get("/enter")

    assert holder.post("/enter").headers["Location"] == "/enter/person"


@pytest.mark.abuse("C8")
def test_the_code_leaves_the_address_and_no_later_page_shows_it(holder):
    path = holder.sent.snapshot.access.url.removeprefix("http://localhost")

    answer = holder.get(path)
    page = holder.get("/enter")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/enter")
    assert holder.sent.code[:4] not in _text(page)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_another_code_may_be_typed_than_the_one_a_link_brought(holder):
    holder.get(f"/l/{new_code()}")

    assert holder.type_code().headers["Location"] == "/enter/person"


def test_a_link_with_no_code_in_it_leads_to_the_box(holder):
    assert holder.get("/l/nonsense").headers["Location"] == "/enter"
    assert 'name="code"' in _text(holder.get("/enter"))


@pytest.mark.parametrize("path", DOOR_PAGES[1:4])
def test_no_step_can_be_reached_before_the_one_before_it(holder, path):
    answer = holder.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/enter")


@pytest.mark.abuse("C1")
@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_before_the_passcode_no_page_shows_name_bank_agency_or_amount(holder, language):
    holder.client.set_cookie("language", language)
    pages = [_text(holder.get("/enter"))]
    holder.type_code()
    pages.append(_text(holder.get("/enter/person")))
    pages.append(_text(holder.give_birthday(month=6)))
    holder.give_birthday()
    pages.append(_text(holder.get("/enter/contact")))
    holder.ask_for_passcode()
    pages.append(_text(holder.get("/enter/passcode")))
    pages.append(_text(holder.get("/enter/other-ways")))

    made = holder.made
    secrets = (
        made.name,
        made.bank.name,
        made.bank.name_zh,
        made.agency.name,
        made.phone,
        made.email,
        made.account_ref,
        "2,467",
    )
    for page in pages:
        for secret in secrets:
            assert secret not in page
        for word in FORBIDDEN_WORDS:
            assert word not in _words(page)


@pytest.mark.abuse("C1")
@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_messages_name_neither_debt_nor_amount_nor_anybody(app, make, language):
    made = make.account(agency=make.agency(), language=language)
    holder = LetterHolder(app, made, send(made, at=clock.now()))
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()

    messages = holder.messages()

    assert [channel for channel, _, _ in messages] == ["text", "email"]
    for _, subject, text in messages:
        for word in (*FORBIDDEN_WORDS, made.name, made.bank.name, made.agency.name, "2,467"):
            assert word not in (subject + text).lower()
    if language == "zh":
        assert "验证码" in messages[0][2]
    if language == "es":
        assert "código" in messages[0][2]


@pytest.mark.abuse("C4")
def test_letter_and_facts_without_the_passcode_show_nothing(holder):
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()

    answer = holder.get("/debtor/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.abuse("C2")
def test_the_fifth_wrong_fact_ends_the_code_and_the_answer_stays_neutral(holder):
    holder.type_code()
    answers = [holder.give_birthday(month=6) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {422}
    assert len({_text(answer).split("<main")[1] for answer in answers}) <= 5
    assert all("does not match our record" in _text(answer) for answer in answers)
    paused = holder.give_birthday()
    assert paused.status_code == 429
    assert "call the number on the letter" in _text(paused)
    assert "We do not know this code" in _text(holder.type_code())


@pytest.mark.abuse("C2")
def test_a_network_that_guesses_codes_is_paused_and_told_to_call(holder):
    answers = [holder.type_code(new_code()).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


@pytest.mark.abuse("C5")
def test_a_passcode_of_one_browser_does_not_work_in_another(app, holder):
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()
    digits = holder.newest_digits()
    other = LetterHolder(app, holder.made, holder.sent)
    other.type_code()
    other.give_birthday()
    with other.client.session_transaction() as session, holder.client.session_transaction() as own:
        session["door"] = {**session["door"], "contact": own["door"]["contact"]}

    refused = other.enter_passcode(digits)

    assert refused.status_code == 422
    assert holder.enter_passcode(digits).headers["Location"] == "/debtor/"


def test_a_wrong_passcode_says_so_and_a_spent_one_asks_for_a_new_one(holder):
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()
    right = holder.newest_digits()
    wrong = "000000" if right != "000000" else "111111"

    answers = [_text(holder.enter_passcode(wrong)) for _ in range(5)]

    assert "This is not the code we sent" in answers[0]
    assert "Ask for a new one" in answers[4]


def test_asking_again_within_a_minute_sends_nothing_new(holder):
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()

    again = holder.ask_for_passcode()

    assert again.headers["Location"] == "/enter/passcode"
    assert [channel for channel, _, _ in holder.messages()] == ["text", "email"]


def test_digits_may_be_pasted_with_spaces_and_in_full_width(holder):
    holder.type_code()
    holder.give_birthday()
    holder.ask_for_passcode()
    digits = holder.newest_digits()
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)

    assert holder.enter_passcode(f" {full_width[:3]} {full_width[3:]} ").status_code == 303


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        ("31", "2", "1980"),
        ("", "", ""),
        ("17", "May", "1980"),
        ("1_7", "5", "1980"),
        ("17", "5", "0"),
    ],
)
def test_what_is_no_date_is_told_how_to_write_one_and_not_counted(holder, day, month, year):
    holder.type_code()

    answers = [holder.give_birthday(day, month, year) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {422}
    assert "like 17 5 1980" in _text(answers[0])
    assert holder.give_birthday().headers["Location"] == "/enter/contact"


@pytest.mark.abuse("B4")
def test_the_session_is_another_one_after_the_code_and_after_the_passcode(holder):
    holder.get("/enter")
    ids = [holder.client.get_cookie("portal").value]
    holder.type_code()
    ids.append(holder.client.get_cookie("portal").value)
    holder.give_birthday()
    holder.ask_for_passcode()
    holder.enter_passcode()
    ids.append(holder.client.get_cookie("portal").value)

    assert len(set(ids)) == 3


def test_the_page_is_in_the_persons_language_unless_they_chose_another(app, make):
    made = make.account(agency=make.agency(), language="es")
    spanish = LetterHolder(app, made, send(made, at=clock.now()))
    spanish.go_in()
    chosen = LetterHolder(app, made, spanish.sent)
    chosen.client.set_cookie("language", "zh")

    assert "Usted debe" in _text(spanish.get("/debtor/"))
    chosen.type_code()
    assert "确认是您本人" in _text(chosen.get("/enter/person"))


@pytest.mark.abuse("C11")
def test_after_signing_out_the_page_is_gone_and_the_browser_forgets(holder):
    holder.go_in()
    holder.get("/debtor/")

    answer = holder.post("/sign-out")

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"]
    assert holder.get("/debtor/").headers["Location"] == "/"


def test_without_a_usable_contact_point_other_ways_are_shown(holder, admin):
    admin.execute(
        "UPDATE contact_points SET kind = 'address' WHERE debtor_id = %s", [holder.made.debtor_id]
    )
    holder.type_code()
    holder.give_birthday()

    answer = holder.get("/enter/contact")

    assert answer.headers["Location"] == "/enter/other-ways"
    assert "Call the number on your letter" in _text(holder.get("/enter/other-ways"))
