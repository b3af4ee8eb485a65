"""Codes and recovery codes: good once, whoever tries at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyotp
import pytest

from portal.core import clock
from portal.core.parties import factors, sign_in, staff
from portal.core.permissions import Role
from portal.web.uow import transaction
from tests.support.people import PASSWORD, Browser, hire

AT = datetime(2026, 11, 24, 17, 0, 10, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _code(steps):
    return pyotp.TOTP(SECRET).at(int(AT.timestamp()) + 30 * steps)


@pytest.mark.parametrize(
    ("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_fits_in_its_own_half_minute_and_its_neighbours(steps, fits):
    found = factors.matching_step(SECRET, _code(steps), now=AT)

    assert (found is not None) is fits


@pytest.mark.abuse("B8")
def test_a_step_that_was_used_and_all_before_it_never_count_again():
    used = factors.matching_step(SECRET, _code(0), now=AT)

    assert factors.matching_step(SECRET, _code(0), now=AT, after=used) is None
    assert factors.matching_step(SECRET, _code(-1), now=AT, after=used) is None
    assert factors.matching_step(SECRET, _code(1), now=AT, after=used) == used + 1


@pytest.mark.parametrize("typed", ["7f3k-9qxm", " 7F3K 9QXM ", "７Ｆ３Ｋ９ＱＸＭ", "7f3k–9qxm"])
def test_codes_are_read_as_people_write_them(typed):
    assert factors.read_code(typed) == "7F3K9QXM"


def test_recovery_codes_are_eight_and_long_enough_to_need_no_slow_hash():
    codes = factors.new_recovery_codes()

    assert len(set(codes)) == 8
    assert all(len(factors.read_code(code)) * 5 >= 128 for code in codes)
    assert not set(codes) & {kept.decode("latin-1") for kept in factors.hash_recovery_codes(codes)}


@pytest.mark.abuse("B8")
def test_the_same_code_twenty_times_at_once_is_accepted_once(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    now = clock.now()
    code = pyotp.TOTP(member.secret).at(int(now.timestamp()))

    def use(_):
        with app.app_context(), transaction(member.candidate.principal) as session:
            row = staff.lock_staff(session, member.org_id, member.id)
            return factors.accept_code(session, row, code, now=now)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(use, range(20)))

    assert sorted(map(str, answers)) == ["None"] * 19 + ["authenticator"]


@pytest.mark.abuse("B8")
def test_the_same_recovery_code_twenty_times_at_once_is_accepted_once(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    now = clock.now()

    def use(_):
        with app.app_context(), transaction(member.candidate.principal) as session:
            row = staff.lock_staff(session, member.org_id, member.id)
            return factors.accept_code(session, row, member.recovery_codes[3], now=now)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(use, range(20)))

    assert sorted(map(str, answers)) == ["None"] * 19 + ["recovery_code"]
    assert len(member.row().recovery_hashes) == 7


@pytest.mark.abuse("B8")
def test_of_many_wrong_tries_at_once_only_five_are_looked_at(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    now = datetime(2026, 11, 24, 17, 0, 1, tzinfo=UTC)

    def guess(_):
        with app.app_context(), transaction(member.candidate.principal) as session:
            return sign_in.check_code(session, member.candidate, "000000", now=now)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(20)))

    assert sum(answer.wait_seconds == 0 for answer in answers) == 5
    assert {answer.wait_seconds for answer in answers if answer.wait_seconds} == {299}


@pytest.mark.abuse("B8")
def test_twenty_browsers_with_the_same_code_are_one_session(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    browsers = [_at_the_code(app, member) for _ in range(5)]
    code = member.code()

    with ThreadPoolExecutor(5) as pool:
        answers = list(
            pool.map(lambda browser: browser.post("/sign-in/code", {"code": code}), browsers)
        )

    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422, 422]
    assert sum(browser.is_signed_in() for browser in browsers) == 1


def _at_the_code(app, member):
    browser = Browser(app)
    browser.name(member.email)
    browser.give_password(PASSWORD)
    browser.get("/sign-in/code")
    return browser
