"""Joining by invitation, by password and through one's organisation."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from portal.core import clock, seals
from portal.core.outbox import Message
from portal.core.parties import factors, staff
from portal.core.parties.invitations import INVITATION_LIFE
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.identity import round_trip
from tests.support.people import PASSWORD, Browser, address, hire, invite, reasons, row_of, text_of


def _open(browser, token):
    answer = browser.get(f"/invitation/{token}")
    assert answer.location == "/invitation"
    return browser.get("/invitation")


def _choose(browser, password="ladder violet cider nine"):
    return browser.post("/invitation", {"password": password, "repeated": password})


def _secret(browser):
    page = text_of(browser.get("/sign-in/authenticator/new"))
    return re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")


def _present(secret):
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()))


def test_an_invited_person_joins_and_is_let_in(app, make):
    email = address()
    invitation = invite(make.agency(), Role.AGENCY_MANAGER, email=email)
    browser = Browser(app)

    welcome = text_of(_open(browser, invitation.token))
    chosen = _choose(browser)
    secret = _secret(browser)
    joined = browser.post("/sign-in/authenticator/new", {"code": _present(secret)})
    noted = browser.get(joined.location)
    onward = browser.post("/recovery-codes")

    assert "Welcome, Robin Marsh" in welcome
    assert email in welcome
    assert chosen.location == "/sign-in/authenticator/new"
    assert joined.location == "/recovery-codes"
    codes = re.findall(r"<code[^>]*>((?:[0-9A-Z]{4}-){6}[0-9A-Z]{4})</code>", text_of(noted))
    assert len(set(codes)) == factors.RECOVERY_CODES
    assert onward.location == "/agency/"
    assert browser.is_signed_in()
    assert row_of(email).status == "active"
    assert browser.get("/recovery-codes").location == "/profile"


def test_the_picture_is_an_image_with_words_and_no_inline_code(app, make):
    invitation = invite(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    _open(browser, invitation.token)
    _choose(browser)

    page = browser.get("/sign-in/authenticator/new").get_data(as_text=True)

    assert re.search(r'<img src="data:image/svg\+xml[^"]+" alt="QR code', page)
    assert "<svg" not in page.split("dp-panel")[1].split("</div>")[0]


def test_joining_uses_the_invitation_up(app, make):
    invitation = invite(make.agency(), Role.COLLECTOR)
    first, second = Browser(app), Browser(app)
    for browser in (first, second):
        _open(browser, invitation.token)
        _choose(browser)
    secrets = [_secret(first), _secret(second)]

    joined = first.post("/sign-in/authenticator/new", {"code": _present(secrets[0])})
    late = second.post("/sign-in/authenticator/new", {"code": _present(secrets[1])})

    assert joined.status_code == 303
    assert late.status_code == 409
    assert not second.is_signed_in()
    assert "does not work" in text_of(_open(Browser(app), invitation.token))


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_uses_nothing_up(app, make, method):
    invitation = invite(make.agency(), Role.COLLECTOR)
    for _ in range(5):
        getattr(Browser(app).client, method)(f"/invitation/{invitation.token}")

    assert "Welcome" in text_of(_open(Browser(app), invitation.token))


@pytest.mark.abuse("B6")
def test_used_ended_and_invented_invitations_are_answered_alike(app, make, acting_as):
    agency = make.agency()
    administrator = hire(agency, Role.AGENCY_ADMIN)
    ended = invite(agency, Role.COLLECTOR)
    with acting_as(administrator.principal) as session:
        staff.resend_invitation(
            session, administrator.principal, agency.id, ended.staff_id, now=clock.now()
        )
    with acting_as(administrator.principal) as session:
        expired = staff.invite_staff(
            session,
            administrator.principal,
            Side.AGENCY,
            agency.id,
            name="Late",
            email=address(),
            role=Role.COLLECTOR,
            now=clock.now() - INVITATION_LIFE - timedelta(seconds=1),
        )

    pages = [
        text_of(_open(Browser(app), token)) for token in (ended.token, expired.token, "x" * 43, "y")
    ]

    assert len(set(pages)) == 1
    assert "does not work" in pages[0]


def test_the_token_leaves_the_address_and_is_kept_as_a_hash(app, make):
    invitation = invite(make.agency(), Role.COLLECTOR)
    browser = Browser(app)

    page = _open(browser, invitation.token)

    assert invitation.token not in page.get_data(as_text=True)
    assert invitation.token not in str(browser.stored())


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 8"),
        ("Password123!", "Too many people"),
        ("12345678", "Too many people"),
        ("aaaaaaaaaaaa", "Too many people"),
        ("robinmarsh1", "too close to your name"),
    ],
)
def test_a_poor_password_is_sent_back_with_the_cure(app, make, password, why):
    invitation = invite(make.agency(), Role.COLLECTOR)
    browser = Browser(app)
    _open(browser, invitation.token)

    answer = _choose(browser, password)

    assert answer.status_code == 422
    assert why in text_of(answer)


def test_a_wrong_code_from_the_new_authenticator_joins_nobody(app, make):
    email = address()
    invitation = invite(make.agency(), Role.COLLECTOR, email=email)
    browser = Browser(app)
    _open(browser, invitation.token)
    _choose(browser)
    secret = _secret(browser)
    wrong = "000000" if _present(secret) != "000000" else "000001"

    answer = browser.post("/sign-in/authenticator/new", {"code": wrong})

    assert answer.status_code == 422
    assert row_of(email).status == "invited"
    assert _secret(browser) == secret


def test_the_authenticators_secret_is_sealed_wherever_it_is_kept(app, make):
    email = address()
    invitation = invite(make.agency(), Role.COLLECTOR, email=email)
    browser = Browser(app)
    _open(browser, invitation.token)
    _choose(browser)
    secret = _secret(browser)
    half_way = str(browser.stored())

    browser.post("/sign-in/authenticator/new", {"code": _present(secret)})

    assert secret not in half_way
    assert secret.encode() not in (row_of(email).totp_sealed or b"")


def test_with_a_provider_the_invitation_leads_to_the_organisation(app, bank, provider):
    email = address()
    invitation = invite(bank, Role.BANK_ANALYST, email=email)
    provider.person = {"sub": "p-9", "email": email, "email_verified": True}
    browser = Browser(app)

    page = text_of(_open(browser, invitation.token))
    password = browser.post("/invitation", {"password": PASSWORD, "repeated": PASSWORD})
    answer = round_trip(browser, bank.id)

    assert f'href="/auth/sso/{bank.id}"' in page
    assert 'name="password"' not in page
    assert password.status_code == 200
    assert answer.location == "/bank/"
    assert row_of(email).sso_subject == "p-9"
    assert row_of(email).password_hash is None


def test_an_opened_link_stands_in_for_a_provider_that_says_nothing_about_the_address(
    app, bank, provider
):
    email = address()
    invitation = invite(bank, Role.BANK_ANALYST, email=email)
    provider.person = {"sub": "p-9", "email": email}
    with_link = Browser(app)
    with_link.get(f"/invitation/{invitation.token}")

    without = round_trip(Browser(app), bank.id)
    answer = round_trip(with_link, bank.id)

    assert without.status_code == 403
    assert answer.status_code == 303
    assert row_of(email).sso_subject == "p-9"


def test_an_opened_link_does_not_stand_in_for_a_provider_that_denies_the_address(
    app, bank, provider
):
    email = address()
    invitation = invite(bank, Role.BANK_ANALYST, email=email)
    provider.person = {"sub": "p-9", "email": email, "email_verified": False}
    browser = Browser(app)
    browser.get(f"/invitation/{invitation.token}")

    assert round_trip(browser, bank.id).status_code == 403


def test_somebody_elses_link_joins_nobody_but_the_invited(app, bank, provider):
    invitation = invite(bank, Role.BANK_ADMIN)
    provider.person = {"sub": "p-9", "email": address()}
    browser = Browser(app)
    browser.get(f"/invitation/{invitation.token}")

    assert round_trip(browser, bank.id).status_code == 403
    assert reasons(bank.id) == ["person_unknown"]


def test_an_administrator_invites_and_the_mail_carries_the_link(app, make):
    agency = make.agency()
    administrator = Browser(app, hire(agency, Role.AGENCY_ADMIN).principal)
    email = address()
    administrator.get("/agency/staff/invite")

    answer = administrator.post(
        "/agency/staff/invite",
        {"name": "Kim Reed", "email": email, "role": "collector", "language": "en"},
    )

    to, subject, body = _last_mail(agency.id)
    assert answer.location == "/agency/staff"
    assert (to, subject) == (email, f"Your invitation to {agency.name}")
    token = re.search(r"http://localhost/invitation/(\S+)", body).group(1)
    assert "Welcome, Kim Reed" in text_of(_open(Browser(app), token))


def test_the_mail_is_in_the_language_of_whoever_is_invited(app, make):
    agency = make.agency()
    administrator = Browser(app, hire(agency, Role.AGENCY_ADMIN).principal)
    administrator.get("/agency/staff/invite")

    administrator.post(
        "/agency/staff/invite",
        {"name": "王芳", "email": address(), "role": "collector", "language": "zh"},
    )

    _, subject, body = _last_mail(agency.id)
    assert agency.name_zh in subject
    assert "邀请" in subject
    assert "王芳" in body


def _last_mail(org_id):
    with transaction(Principal.machine_of(org_id)) as session:
        message = (
            session.query(Message).filter_by(org_id=org_id).order_by(Message.id.desc()).first()
        )
        key = seals.owner_key(session, org_id)
        return (
            key.open("messages.to", message.id, message.to_sealed),
            message.subject,
            key.open("messages.body", message.id, message.body_sealed),
        )
