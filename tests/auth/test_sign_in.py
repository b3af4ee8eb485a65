"""The way in by address, password and authenticator."""

from __future__ import annotations

import pytest

from portal.core.parties import organisations, staff
from portal.core.parties.staff import Reason
from portal.core.permissions import Role, Side
from portal.core.principal import OPERATOR_ORG, Principal
from tests.support.people import Browser, hire, invite, reasons, text_of


def test_a_person_signs_in_with_address_password_and_code(app, make):
    member = hire(make.bank(), Role.VENDOR_MANAGER)
    browser = Browser(app)

    named = browser.name(member.email)
    known = browser.give_password(member.password)
    inside = browser.give_code(member.code())

    assert (named.status_code, named.location) == (303, "/sign-in/password")
    assert (known.status_code, known.location) == (303, "/sign-in/code")
    assert (inside.status_code, inside.location) == (303, "/bank/")
    assert browser.get("/bank/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "role", "home"),
    [
        ("bank", Role.BANK_ADMIN, "/bank/"),
        ("agency", Role.COLLECTOR, "/agency/"),
        (None, Role.OPERATOR, "/operator/"),
    ],
)
def test_each_side_comes_home(app, make, kind, role, home):
    org = getattr(make, kind)() if kind else None
    browser = Browser(app)

    answer = browser.sign_in(hire(org, role))

    assert answer.location == home
    assert browser.get(home).status_code == 200


def test_the_page_asked_for_first_is_shown_after_sign_in(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN)
    browser = Browser(app)

    asked = browser.get("/bank/staff")
    answer = browser.sign_in(member)

    assert asked.location == "/sign-in"
    assert answer.location == "/bank/staff"


def test_the_frame_shows_name_and_organisation(app, make):
    bank = make.bank()
    browser = Browser(app)
    browser.sign_in(hire(bank, Role.BANK_ADMIN, name="Robin Marsh"))

    page = text_of(browser.get("/bank/staff"))

    assert "Robin Marsh" in page
    assert bank.name in page


def test_a_recovery_code_lets_in_once(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN)
    code = member.recovery_codes[0]
    first, second = Browser(app), Browser(app)
    for browser in (first, second):
        browser.name(member.email)
        browser.give_password(member.password)

    accepted = first.give_code(code.lower().replace("-", " "))
    refused = second.give_code(code)

    assert accepted.status_code == 303
    assert refused.status_code == 422
    assert len(member.row().recovery_hashes) == len(member.recovery_codes) - 1


@pytest.mark.abuse("B8")
def test_a_code_lets_in_once(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN)
    code = member.code()
    first, second = Browser(app), Browser(app)
    for browser in (first, second):
        browser.name(member.email)
        browser.give_password(member.password)

    assert first.give_code(code).status_code == 303
    assert second.give_code(code).status_code == 422


@pytest.mark.abuse("B8")
def test_after_five_wrong_codes_none_is_looked_at(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN)
    browser = Browser(app)
    browser.name(member.email)
    browser.give_password(member.password)
    wrong = "000000" if member.code() != "000000" else "000001"

    statuses = [browser.give_code(wrong).status_code for _ in range(5)]
    right = browser.give_code(member.code())

    assert statuses == [422] * 5
    assert right.status_code == 429
    assert "Too many attempts" in text_of(right)
    assert not browser.is_signed_in()


@pytest.mark.abuse("B7")
def test_a_burst_of_passwords_is_checked_only_in_part_and_the_wait_is_told(app, make):
    bank = make.bank()
    member = hire(bank, Role.BANK_ADMIN)

    answers = []
    for _ in range(12):
        browser = Browser(app)
        browser.name(member.email)
        answers.append(browser.give_password("not the password at all"))
    late = Browser(app)
    late.name(member.email)
    right_but_late = late.give_password(member.password)

    checked = [answer for answer in answers if answer.status_code == 422]
    assert 5 <= len(checked) <= 10
    assert reasons(bank.id) == ["wrong_password"] * len(checked)
    assert {answer.status_code for answer in answers} == {422, 429}
    assert right_but_late.status_code == 429
    assert "try again in" in text_of(right_but_late)


@pytest.mark.abuse("B7")
def test_one_network_cannot_try_many_names(app):
    browser = Browser(app)

    statuses = []
    for number in range(63):
        with browser.client.session_transaction() as session:
            session["entering"] = _named(f"nobody{number}@example.com")
        statuses.append(browser.post("/sign-in/password", {"password": "x"}).status_code)

    assert statuses[:60] == [422] * 60
    assert statuses[60:] == [429] * 3


def _named(email):
    from portal.core import clock

    nobody = "00000000-0000-0000-0000-000000000000"
    return {
        "email": email,
        "org": nobody,
        "staff": nobody,
        "side": "bank",
        "at": clock.now().timestamp(),
        "proven": False,
    }


@pytest.mark.abuse("B6")
def test_an_unknown_address_is_answered_like_a_known_one(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN, email="known.person@example.com")
    known, unknown = Browser(app), Browser(app)

    pairs = [
        (known.name(member.email), unknown.name("other.person@example.com")),
        (known.get("/sign-in/password"), unknown.get("/sign-in/password")),
        (known.give_password("wrong password"), unknown.give_password("wrong password")),
        (known.get("/sign-in/code"), unknown.get("/sign-in/code")),
    ]

    for ours, theirs in pairs:
        assert ours.status_code == theirs.status_code
        assert _headers(ours) == _headers(theirs)
        assert text_of(ours).replace("known.person", "X") == text_of(theirs).replace(
            "other.person", "X"
        )
    assert set(known.stored()["entering"]) == set(unknown.stored()["entering"])
    assert reasons(OPERATOR_ORG)[-1] == "wrong_password"


@pytest.mark.abuse("B6")
@pytest.mark.parametrize("state", ["invited", "disabled", "suspended"])
def test_who_may_not_come_in_is_answered_like_an_unknown_address(app, make, acting_as, state):
    bank = make.bank()
    email = f"{state}.person@example.com"
    if state == "invited":
        invite(bank, Role.BANK_ADMIN, email=email)
    else:
        member = hire(bank, Role.BANK_ADMIN, email=email)
        hire(bank, Role.BANK_ADMIN)
    operator = Principal.operator_machine()
    with acting_as(operator) as session:
        if state == "disabled":
            staff.disable_staff(session, operator, bank.id, member.id, reason=Reason.LEFT)
        if state == "suspended":
            organisations.suspend_organisation(session, operator, Side.BANK, bank.id)
    browser, unknown = Browser(app), Browser(app)
    browser.name(email)
    unknown.name("unknown.person@example.com")

    wrong = browser.give_password("wrong password")

    theirs = unknown.give_password("wrong password")
    assert text_of(wrong).replace(state, "X") == text_of(theirs).replace("unknown", "X")
    assert (wrong.status_code, _headers(wrong)) == (theirs.status_code, _headers(theirs))


@pytest.mark.abuse("B6")
def test_the_right_password_of_a_disabled_person_is_answered_like_a_wrong_one(app, make, acting_as):
    agency = make.agency()
    member = hire(agency, Role.COLLECTOR)
    operator = Principal.operator_machine()
    with acting_as(operator) as session:
        staff.disable_staff(session, operator, agency.id, member.id, reason=Reason.LEFT)
    browser = Browser(app)
    browser.name(member.email)

    right, wrong = browser.give_password(member.password), browser.give_password("a guess")

    assert (right.status_code, text_of(right)) == (422, text_of(wrong))


def _headers(answer):
    return {
        key: value
        for key, value in answer.headers
        if key not in {"Set-Cookie", "Content-Length", "Date"}
    }


def test_what_is_no_address_is_sent_back_with_the_cure(app):
    answer = Browser(app).name("not an address")

    assert answer.status_code == 422
    assert "name@example.com" in text_of(answer)


@pytest.mark.parametrize("path", ["/sign-in/password", "/sign-in/code", "/sign-in/organisation"])
def test_no_step_can_be_entered_from_the_side(app, path):
    assert Browser(app).get(path).location == "/sign-in"


def test_the_code_is_not_asked_before_the_password(app, make):
    member = hire(make.bank(), Role.BANK_ADMIN)
    browser = Browser(app)
    browser.name(member.email)

    answer = browser.post("/sign-in/code", {"code": member.code()})

    assert answer.location == "/sign-in"
    assert not browser.is_signed_in()


def test_an_old_hash_is_made_anew_at_sign_in(app, make, admin):
    from argon2 import PasswordHasher

    member = hire(make.bank(), Role.BANK_ADMIN)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(member.password)
    admin.execute("UPDATE staff SET password_hash = %s WHERE id = %s", [weak, member.id])

    Browser(app).sign_in(member)

    assert "m=19456,t=2,p=1" in (member.row().password_hash or "")


def test_who_has_a_password_and_no_authenticator_adds_one_first(app, make, admin):
    member = hire(make.bank(), Role.BANK_ADMIN)
    admin.execute("UPDATE staff SET totp_sealed = NULL WHERE id = %s", [member.id])
    browser = Browser(app)
    browser.name(member.email)

    answer = browser.give_password(member.password)

    assert answer.location == "/sign-in/authenticator/new"
    assert not browser.is_signed_in()
