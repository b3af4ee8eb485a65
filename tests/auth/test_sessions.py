"""Sessions of staff: where they lead, when they end, and whose they are."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import pytest

from portal.auth import admit as admitting
from portal.core import clock, faults
from portal.core.parties import organisations, staff
from portal.core.parties.staff import Reason
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from tests.support.people import Browser, hire

# -- B3: nobody is sent to a strange site

STRANGE = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%5C%5Cevil.example",
    "/%2f%2fevil.example",
    "/%2F/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/ /evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/bank/..//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "https:///evil.example",
    "HTTPS://evil.example",
    "http:evil.example",
    "http:\\\\evil.example",
    "http://localhost@evil.example",
    "http://localhost:80@evil.example/",
    "http://localhost%2f@evil.example",
    "//localhost@evil.example",
    "//localhost:80@evil.example",
    "https://localhost.evil.example",
    "https://evil.example#localhost",
    "https://evil.example?localhost",
    "https://evil.example\\localhost",
    "https://evil.example;localhost",
    "//evil.example:443",
    "//[::1]",
    "//[::ffff:127.0.0.1]",
    "//127.0.0.1",
    "//2130706433",
    "//0x7f000001",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://evil.example",
    "mailto:x@evil.example",
    "//еvil.example",
    "https://xn--vil-5cd.example",
    "//evil。example",
    "／／evil.example",
    "//evil%E3%80%82example",
    "//evil.example\u2028",
    "\u00a0//evil.example",
    "/\u0000/evil.example",
    "?next=//evil.example",
    "#//evil.example",
    ".evil.example",
    "@evil.example",
    ":80",
]


@pytest.mark.abuse("B3")
def test_nothing_that_comes_with_a_request_decides_where_sign_in_leads(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    assert len(STRANGE) >= 60

    for payload in STRANGE:
        browser = Browser(app)
        query = {"next": payload, "target": payload, "return_to": payload}
        locations = [
            browser.get("/sign-in", query_string=query).headers.get("Location"),
            browser.post(
                "/sign-in", {"email": "x@example.com", **query}, query_string=query
            ).location,
            browser.get("/signed-out", query_string=query).headers.get("Location"),
        ]
        signed_in = Browser(app, member.principal)
        signed_in.get("/profile")
        locations.append(signed_in.get("/sign-in", query_string=query).location)
        locations.append(signed_in.post("/sign-out", query, query_string=query).location)
        for location in locations:
            assert location is None or _stays(location), (payload, location)


@pytest.mark.abuse("B3")
def test_the_whole_way_in_ends_on_the_persons_own_side(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    browser.get("/sign-in?next=//evil.example")
    browser.get("/operator/organisations")

    answer = browser.sign_in(member)

    assert answer.location == "/agency/"


def _stays(location: str) -> bool:
    parts = urlsplit(location)
    return (
        not parts.scheme
        and not parts.netloc
        and location.startswith("/")
        and "evil" not in parts.path
    )


# -- B4: a session id somebody planted is nobody's


@pytest.mark.abuse("B4")
def test_the_session_id_is_new_after_the_password_and_after_sign_in(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    browser.name(member.email)
    planted = browser.cookie

    browser.give_password(member.password)
    half_way = browser.cookie
    browser.give_code(member.code())
    inside = browser.cookie

    assert len({planted, half_way, inside}) == 3
    for old in (planted, half_way):
        assert not _with_cookie(app, old).is_signed_in()
    assert _with_cookie(app, inside).is_signed_in()


@pytest.mark.abuse("B4")
def test_an_id_the_server_does_not_know_is_never_adopted(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    invented = "A" * 43
    browser = _with_cookie(app, invented)

    browser.sign_in(member)

    assert browser.cookie != invented
    assert not _with_cookie(app, invented).is_signed_in()


@pytest.mark.abuse("B4")
def test_proving_again_gives_a_new_id(app, make):
    member = hire(make.agency(), Role.AGENCY_ADMIN)
    browser = Browser(app)
    browser.sign_in(member)
    before = browser.cookie
    member.forget_used_codes()

    browser.get("/prove-again")
    browser.post("/prove-again", {"code": member.code()})

    assert browser.cookie != before
    assert not _with_cookie(app, before).is_signed_in()
    assert browser.is_signed_in()


def _with_cookie(app, token):
    browser = Browser(app)
    browser.client.set_cookie("portal", token, domain="localhost")
    return browser


# -- B5: what ended has ended


@pytest.mark.abuse("B5")
def test_a_copied_cookie_is_worth_nothing_after_sign_out(app, make):
    browser = Browser(app)
    browser.sign_in(hire(make.agency(), Role.COLLECTOR))
    copied = browser.cookie
    browser.get("/profile")

    answer = browser.post("/sign-out")

    assert (answer.status_code, answer.location) == (303, "/signed-out?staff=1")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not _with_cookie(app, copied).is_signed_in()


def _disable(actor, member, session):
    staff.disable_staff(session, actor, member.org_id, member.id, reason=Reason.LEFT)


def _demote(actor, member, session):
    staff.change_staff(
        session, actor, member.org_id, member.id, name=member.name, role=Role.COLLECTOR
    )


def _reset(actor, member, session):
    staff.reset_sign_in(
        session, actor, member.org_id, member.id, reason=Reason.LOST_DEVICE, now=clock.now()
    )


def _suspend(actor, member, session):
    organisations.suspend_organisation(
        session, Principal.operator_machine(), member.side, member.org_id
    )


@pytest.mark.abuse("B5")
@pytest.mark.parametrize("deed", [_disable, _demote, _reset])
def test_every_session_of_a_person_ends_with_the_deed(app, make, acting_as, deed):
    agency = make.agency()
    administrator, member = (
        hire(agency, Role.AGENCY_ADMIN),
        hire(agency, Role.AGENCY_MANAGER),
    )
    browsers = [Browser(app), Browser(app)]
    for browser in browsers:
        browser.sign_in(member)
        assert browser.is_signed_in()

    with acting_as(administrator.principal) as session:
        deed(administrator.principal, member, session)

    for browser in browsers:
        assert browser.get("/agency/staff").location == "/sign-in"


@pytest.mark.abuse("B5")
def test_suspending_an_organisation_ends_the_sessions_of_all_its_people(app, make, acting_as):
    agency = make.agency()
    browsers = []
    for role in (Role.AGENCY_ADMIN, Role.COLLECTOR):
        browser = Browser(app)
        browser.sign_in(hire(agency, role))
        browsers.append(browser)
    operator = Principal.operator_machine()

    with acting_as(operator) as session:
        organisations.suspend_organisation(session, operator, Side.AGENCY, agency.id)

    assert [browser.is_signed_in() for browser in browsers] == [False, False]


@pytest.mark.abuse("B5")
def test_nothing_ends_when_the_deed_is_rolled_back(app, make, acting_as):
    agency = make.agency()
    administrator, member = hire(agency, Role.AGENCY_ADMIN), hire(agency, Role.COLLECTOR)
    browser = Browser(app)
    browser.sign_in(member)

    def fail_after_disabling():
        with acting_as(administrator.principal) as session:
            _disable(administrator.principal, member, session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_disabling()

    assert browser.is_signed_in()


@pytest.mark.abuse("B5")
def test_changing_the_password_ends_every_other_session(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    here, elsewhere = Browser(app), Browser(app)
    here.sign_in(member)
    elsewhere.sign_in(member)
    copied = here.cookie
    here.get("/profile/password")

    answer = here.post(
        "/profile/password",
        {
            "present": member.password,
            "password": "copper lantern orbit seven",
            "repeated": "copper lantern orbit seven",
        },
    )

    assert (answer.status_code, answer.location) == (303, "/profile")
    assert here.is_signed_in()
    assert not elsewhere.is_signed_in()
    assert not _with_cookie(app, copied).is_signed_in()


@pytest.mark.abuse("B5")
def test_ending_the_other_sessions_ends_them_and_not_this_one(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    here, elsewhere = Browser(app), Browser(app)
    here.sign_in(member)
    elsewhere.sign_in(member)
    here.get("/profile")

    here.post("/profile/end-other-sessions")

    assert here.is_signed_in()
    assert not elsewhere.is_signed_in()


@pytest.mark.abuse("B5")
def test_who_is_disabled_between_password_and_code_is_not_let_in(app, make, acting_as):
    agency = make.agency()
    administrator, member = hire(agency, Role.AGENCY_ADMIN), hire(agency, Role.COLLECTOR)
    browser = Browser(app)
    browser.name(member.email)
    browser.give_password(member.password)
    with acting_as(administrator.principal) as session:
        _disable(administrator.principal, member, session)

    answer = browser.give_code(member.code())

    assert answer.status_code == 403
    assert not browser.is_signed_in()


@pytest.mark.abuse("B5")
def test_a_sign_in_at_the_moment_of_disabling_waits_and_is_refused(app, make, admin):
    """The person's row is locked by whoever disables: the sign-in may not slip past it."""
    member = hire(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    browser.name(member.email)
    browser.give_password(member.password)
    browser.get("/sign-in/code")
    answers = []
    entering = threading.Thread(
        target=lambda: answers.append(browser.post("/sign-in/code", {"code": member.code()}))
    )

    with admin.transaction():
        admin.execute("SELECT 1 FROM staff WHERE id = %s FOR UPDATE", [member.id])
        entering.start()
        entering.join(0.3)
        admin.execute("UPDATE staff SET status = 'disabled' WHERE id = %s", [member.id])
    entering.join(10)

    assert [answer.status_code for answer in answers] == [403]
    assert not browser.is_signed_in()


@pytest.mark.abuse("B5")
def test_the_session_is_stored_before_the_persons_row_is_let_go(app, make, admin):
    """Whoever waits to disable a person who is signing in finds the session and ends it."""
    member = hire(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    browser.name(member.email)
    browser.give_password(member.password)
    found = []
    faults.arm(
        admitting.STORED,
        lambda: found.append(
            (
                _count(admin, "doors.sessions WHERE user_id = %s", member.id),
                _is_locked(admin, member.id),
            )
        ),
    )
    try:
        browser.give_code(member.code())
    finally:
        faults.disarm_all()

    assert found == [(1, True)]


def _count(admin, what, value):
    return admin.execute(f"SELECT count(*) FROM {what}", [value]).fetchone()[0]


def _is_locked(admin, staff_id):
    row = admin.execute(
        "SELECT 1 FROM staff WHERE id = %s FOR UPDATE SKIP LOCKED", [staff_id]
    ).fetchone()
    return row is None
