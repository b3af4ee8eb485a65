"""One's own profile: password, authenticator, recovery codes, language; proving oneself again."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Role
from portal.web.fresh import FRESH_SECONDS
from tests.support.identity import round_trip, set_up
from tests.support.people import PASSWORD, Browser, address, hire, invite, reasons, row_of, text_of


@pytest.fixture
def member(make):
    """Return an administrator of an agency."""
    return hire(make.agency(), Role.AGENCY_ADMIN)


@pytest.fixture
def desk(app, member):
    """Return the administrator's browser, signed in."""
    desk = Browser(app)
    desk.sign_in(member)
    return desk


def test_the_profile_shows_the_person_in_the_frame_of_their_own_side(desk, member):
    page = text_of(desk.get("/profile"))

    assert member.email in page
    assert "8 left" in page


def test_nobody_and_debtors_have_no_profile(app, make):
    account = make.account()

    assert Browser(app).get("/profile").location == "/sign-in"
    assert Browser(app, account.debtor).get("/profile").status_code == 404


def test_language_and_theme_are_kept_for_the_person_and_this_browser(desk, member):
    desk.get("/profile")

    desk.post("/profile", {"language": "zh", "theme": "dark"})

    page = text_of(desk.get("/profile"))
    assert 'lang="zh-Hans"' in page
    assert 'data-bs-theme="dark"' in page
    assert (member.row().language, member.row().theme) == ("zh", "dark")


def test_a_new_browser_takes_the_persons_language_and_theme(app, desk, member):
    desk.get("/profile")
    desk.post("/profile", {"language": "zh", "theme": "dark"})
    elsewhere = Browser(app)

    elsewhere.sign_in(member)

    assert 'lang="zh-Hans"' in text_of(elsewhere.get("/profile"))


def test_a_password_is_changed_with_the_present_one_only(desk, member):
    new = "copper lantern orbit seven"
    desk.get("/profile/password")

    wrong = desk.post("/profile/password", {"present": "not it", "password": new, "repeated": new})
    differs = desk.post(
        "/profile/password", {"present": PASSWORD, "password": new, "repeated": new + "x"}
    )
    poor = desk.post(
        "/profile/password",
        {"present": PASSWORD, "password": "qwertyuiop", "repeated": "qwertyuiop"},
    )

    assert [answer.status_code for answer in (wrong, differs, poor)] == [422] * 3
    assert "not your present password" in text_of(wrong)
    assert "differ" in text_of(differs)
    assert "Too many people" in text_of(poor)


@pytest.mark.abuse("B7")
def test_guessing_the_present_password_is_counted_as_at_the_door(desk, member):
    desk.get("/profile/password")
    guess = {"present": "a guess", "password": "x", "repeated": "x"}

    pages = [text_of(desk.post("/profile/password", guess)) for _ in range(12)]

    assert "Too many attempts" in pages[-1]


def test_a_new_authenticator_replaces_the_old_one_and_ends_other_sessions(app, desk, member):
    elsewhere = Browser(app)
    elsewhere.sign_in(member)
    desk.get("/profile/authenticator")
    asked = desk.post("/profile/authenticator", {"password": PASSWORD})
    page = text_of(desk.get(asked.location))
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")

    answer = desk.post(
        asked.location, {"code": pyotp.TOTP(secret).at(int(clock.now().timestamp()))}
    )

    assert answer.location == "/recovery-codes"
    assert desk.is_signed_in()
    assert not elsewhere.is_signed_in()
    old_code = Browser(app)
    old_code.name(member.email)
    old_code.give_password(PASSWORD)
    member.forget_used_codes()
    assert old_code.give_code(member.code()).status_code == 422


def test_new_recovery_codes_need_a_code_and_end_the_old_ones(app, desk, member):
    desk.get("/profile/recovery-codes/new")
    member.forget_used_codes()

    refused = desk.post("/profile/recovery-codes/new", {"code": "000000"})
    renewed = desk.post("/profile/recovery-codes/new", {"code": member.code()})

    assert refused.status_code == 422
    assert renewed.location == "/recovery-codes"
    elsewhere = Browser(app)
    elsewhere.name(member.email)
    elsewhere.give_password(PASSWORD)
    assert elsewhere.give_code(member.recovery_codes[0]).status_code == 422


# -- proving oneself again


def _let_time_pass(desk):
    with desk.client.session_transaction() as session:
        session["proved_at"] -= FRESH_SECONDS + 1


def test_what_could_do_harm_asks_again_after_ten_minutes_and_then_goes_on(desk, member):
    assert desk.get("/agency/staff/invite").status_code == 200
    _let_time_pass(desk)

    asked = desk.get("/agency/staff/invite")
    page = desk.get(asked.location)
    member.forget_used_codes()
    answer = desk.post("/prove-again", {"code": member.code()})

    assert asked.location == "/prove-again"
    assert "Is it still you?" in text_of(page)
    assert answer.location == "/agency/staff/invite"
    assert desk.get(answer.location).status_code == 200


def test_an_old_proof_does_not_carry_out_what_was_sent(desk, member):
    desk.get("/agency/staff/invite")
    _let_time_pass(desk)
    email = address()

    answer = desk.post(
        "/agency/staff/invite",
        {"name": "Kim", "email": email, "role": "collector", "language": "en"},
    )

    assert answer.location == "/prove-again"
    with pytest.raises(NotFound):
        row_of(email)


def test_a_proof_from_the_future_does_not_count(desk):
    with desk.client.session_transaction() as session:
        session["proved_at"] += 3600

    assert desk.get("/agency/staff/invite").location == "/prove-again"


def test_a_wrong_code_proves_nothing(desk, member):
    _let_time_pass(desk)
    desk.get("/prove-again")

    assert desk.post("/prove-again", {"code": "000000"}).status_code == 422
    assert desk.get("/agency/staff/invite").location == "/prove-again"


@pytest.fixture
def linked(app, make, provider):
    """Return an administrator who came through their organisation, and their browser."""
    agency = make.agency()
    email = address()
    invite(agency, Role.AGENCY_ADMIN, email=email)
    provider.person = {"sub": "boss", "email": email, "email_verified": True}
    set_up(agency.id, provider)
    desk = Browser(app)
    round_trip(desk, agency.id)
    _let_time_pass(desk)
    return agency, desk


def test_who_came_through_the_organisation_proves_themselves_there(linked, provider):
    agency, desk = linked
    desk.get("/agency/staff/invite")

    page = text_of(desk.get("/prove-again"))
    answer = round_trip(desk, agency.id, "/prove-again/organisation")

    assert 'href="/prove-again/organisation"' in page
    assert answer.location == "/agency/staff/invite"
    assert desk.get(answer.location).status_code == 200


def test_a_proof_of_another_person_or_an_old_one_does_not_count(linked, provider):
    agency, desk = linked
    other = address()
    invite(agency, Role.COLLECTOR, email=other)
    boss = dict(provider.person)
    provider.person = {"sub": "clerk", "email": other, "email_verified": True}
    another = round_trip(desk, agency.id, "/prove-again/organisation")
    provider.person = boss

    def forge(draft):
        draft.claims["auth_time"] -= int(timedelta(minutes=6).total_seconds())
        return draft.sign()

    provider.forge = forge
    old = round_trip(desk, agency.id, "/prove-again/organisation")

    assert (another.status_code, old.status_code) == (403, 403)
    assert reasons(agency.id) == ["proof_of_another_person", "proof_too_old"]
    assert desk.get("/agency/staff/invite").location == "/prove-again"
