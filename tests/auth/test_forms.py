"""Forms of sign-in, people and operator: posted by strangers, and with more than asked."""

from __future__ import annotations

from uuid import uuid4

import pytest

from portal.core.parties.models import SignInProvider, Staff
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.web.access import PUBLIC_ENDPOINTS
from portal.web.uow import transaction
from tests.support.people import Browser, hire

OURS = ("auth.", "operator.")
PEOPLE = {
    "invite_staff",
    "edit_staff",
    "disable_staff",
    "enable_staff",
    "reset_staff",
    "resend_invitation",
    "sign_in_provider",
    "enable_sign_in_provider",
    "disable_sign_in_provider",
}
DOOR = {"enter_code", "confirm_person", "choose_contact", "enter_passcode", "cannot_use"}


def _posts(app):
    """Return every address of ours that takes a POST, filled with ids of nobody."""
    found = []
    for rule in app.url_map.iter_rules():
        side, _, name = rule.endpoint.partition(".")
        own = side == "operator" or (side == "auth" and name not in DOOR)
        if "POST" in (rule.methods or ()) and (own or name in PEOPLE):
            values = {
                argument: {"kind": "bank", "job_id": 1}.get(argument, uuid4())
                for argument in rule.arguments
            }
            with app.test_request_context():
                found.append((rule.endpoint, app.url_for(rule.endpoint, **values)))
    return found


def _people_of(app, make):
    agency, bank = make.agency(), make.bank()
    return {
        "operator": hire(None, Role.OPERATOR).principal,
        "agency": hire(agency, Role.AGENCY_ADMIN).principal,
        "bank": hire(bank, Role.BANK_ADMIN).principal,
        "auth": hire(agency, Role.AGENCY_ADMIN).principal,
    }


@pytest.mark.abuse("B9")
def test_no_form_is_taken_without_its_token(app, make):
    people = _people_of(app, make)
    posts = _posts(app)
    assert len(posts) > 30

    for endpoint, path in posts:
        browser = Browser(app, people[endpoint.split(".")[0]])
        answer = browser.client.post(path, data={})
        assert answer.status_code == 400, endpoint


@pytest.mark.abuse("B9")
def test_no_form_is_taken_with_another_sessions_token(app, make):
    people = _people_of(app, make)
    stranger = Browser(app)
    stranger.get("/sign-in")

    for endpoint, path in _posts(app):
        browser = Browser(app, people[endpoint.split(".")[0]])
        answer = browser.client.post(path, data={"csrf_token": stranger.token})
        assert answer.status_code == 400, endpoint


@pytest.mark.abuse("B9")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_is_taken_from_another_site_even_with_its_token(app, make, site):
    people = _people_of(app, make)

    for endpoint, path in _posts(app):
        browser = Browser(app, people[endpoint.split(".")[0]])
        browser.get("/profile")
        answer = browser.post(path, {}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403, endpoint


@pytest.mark.abuse("B9")
def test_only_listed_addresses_of_sign_in_are_open(app):
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith(OURS)}
    private = ours - PUBLIC_ENDPOINTS

    for endpoint in private:
        assert "portal_permission" in app.view_functions[endpoint].__dict__, endpoint
    assert "operator.organisations" in private


@pytest.mark.abuse("B10")
def test_more_fields_than_asked_change_nothing_more(app, make):
    agency, other = make.agency(), make.agency()
    administrator = hire(agency, Role.AGENCY_ADMIN)
    member = hire(agency, Role.COLLECTOR)
    before = _columns(member.row())
    browser = Browser(app, administrator.principal)
    extra = {
        column: str(value)
        for column, value in {
            **dict.fromkeys(before, "x"),
            "org_id": other.id,
            "bank_id": other.id,
            "agency_id": other.id,
            "id": administrator.id,
            "side": "operator",
            "status": "disabled",
        }.items()
    }
    path = f"/agency/staff/{member.id}"
    browser.get(path)

    answer = browser.post(path, {**extra, "name": "New Name", "role": "collector"})

    after = _columns(member.row())
    assert answer.status_code == 303
    assert {key for key in after if after[key] != before[key]} == {"name"}


@pytest.mark.abuse("B10")
@pytest.mark.parametrize(
    "role", ["operator", "bank_admin", "system", "debtor", "none", "", "ADMIN"]
)
def test_a_role_of_another_side_is_refused(app, make, role):
    agency = make.agency()
    member = hire(agency, Role.COLLECTOR)
    browser = Browser(app, hire(agency, Role.AGENCY_ADMIN).principal)
    path = f"/agency/staff/{member.id}"
    browser.get(path)

    answer = browser.post(path, {"name": "Robin", "role": role})

    assert answer.status_code == 422
    assert member.row().role is Role.COLLECTOR


@pytest.mark.abuse("B10")
def test_ones_own_profile_takes_language_and_theme_and_no_more(app, make):
    member = hire(make.agency(), Role.COLLECTOR)
    before = _columns(member.row())
    browser = Browser(app)
    browser.sign_in(member)
    browser.get("/profile")

    browser.post(
        "/profile",
        {
            **dict.fromkeys(before, "agency_admin"),
            "language": "es",
            "theme": "light",
        },
    )

    changed = {key for key, value in _columns(member.row()).items() if value != before[key]}
    assert changed <= {"language", "theme", "last_sign_in_at", "totp_last_step"}


@pytest.mark.abuse("B10")
def test_the_providers_form_takes_three_fields(app, make, provider):
    agency, other = make.agency(), make.agency()
    browser = Browser(app, hire(agency, Role.AGENCY_ADMIN).principal)
    browser.get("/agency/sign-in-provider")

    browser.post(
        "/agency/sign-in-provider",
        {
            "issuer": provider.issuer,
            "client_id": "portal",
            "client_secret": "secret",
            "enabled": "true",
            "tested_at": "2026-01-01",
            "org_id": str(other.id),
            "version": "9",
            "metadata": "{}",
        },
    )

    with transaction(Principal.operator_machine()) as session:
        assert session.get(SignInProvider, other.id) is None
        row = session.get_one(SignInProvider, agency.id)
        assert (row.enabled, row.tested_at, row.version) == (False, None, 1)


def _columns(row):
    return {column.key: getattr(row, column.key) for column in Staff.__table__.columns}
