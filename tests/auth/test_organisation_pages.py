"""The pages every organisation has: its people, and its own sign-in provider."""

from __future__ import annotations

import pytest

from portal.core.parties.models import SignInProvider
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.identity import CLIENT_SECRET, leave, round_trip
from tests.support.people import Browser, address, hire, invite, text_of


@pytest.fixture
def agency(make):
    """Return an agency."""
    return make.agency()


@pytest.fixture
def boss(agency):
    """Return the agency's administrator."""
    return hire(agency, Role.AGENCY_ADMIN, name="Alex Boss")


@pytest.fixture
def desk(app, boss):
    """Return the administrator's browser, signed in."""
    desk = Browser(app)
    desk.sign_in(boss)
    return desk


# -- people


def test_the_list_shows_everybody_with_role_state_and_way_in(agency, desk):
    hire(agency, Role.COLLECTOR, name="Kim Reed")
    invite(agency, Role.AGENCY_MANAGER, name="Sam Wood")

    page = text_of(desk.get("/agency/staff"))

    for words in ("Kim Reed", "Sam Wood", "Collector", "Manager", "Invited", "Active"):
        assert words in page
    assert page.count("Password and authenticator") == 2


@pytest.mark.abuse("A1")
def test_the_list_shows_nobody_of_another_organisation(make, desk):
    stranger = hire(make.agency(), Role.COLLECTOR, name="Secret Stranger")

    assert "Secret Stranger" not in text_of(desk.get("/agency/staff"))
    for path in ("", "/disable", "/reset"):
        assert desk.get(f"/agency/staff/{stranger.id}{path}").status_code == 404
    for path in ("/enable", "/invitation"):
        assert desk.post(f"/agency/staff/{stranger.id}{path}").status_code == 404


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AGENCY_MANAGER])
def test_others_than_administrators_do_not_see_the_team(app, agency, role):
    desk = Browser(app)
    desk.sign_in(hire(agency, role))

    for path in ("/agency/staff", "/agency/staff/invite", "/agency/sign-in-provider"):
        assert desk.get(path).status_code == 403


def test_a_person_is_shut_out_after_a_reason_is_given_and_let_in_again(app, agency, desk):
    member = hire(agency, Role.COLLECTOR, name="Kim Reed")
    theirs = Browser(app)
    theirs.sign_in(member)
    path = f"/agency/staff/{member.id}/disable"
    asked = desk.get(path)

    without_reason = desk.post(path, {})
    done = desk.post(path, {"reason": "left"})

    assert "Shut out Kim Reed?" in text_of(asked)
    assert without_reason.status_code == 422
    assert done.location == "/agency/staff"
    assert not theirs.is_signed_in()
    assert "Kim Reed is shut out." in text_of(desk.get("/agency/staff"))
    desk.post(f"/agency/staff/{member.id}/enable")
    assert member.row().status == "active"


def test_a_person_starts_over_with_a_new_invitation(agency, desk):
    member = hire(agency, Role.COLLECTOR, name="Kim Reed")
    path = f"/agency/staff/{member.id}/reset"
    desk.get(path)

    desk.post(path, {"reason": "lost_device"})

    assert member.row().status == "invited"
    assert "Kim Reed is invited anew." in text_of(desk.get("/agency/staff"))


def test_a_role_is_changed_and_ones_own_is_not(agency, boss, desk):
    member = hire(agency, Role.COLLECTOR)
    desk.get(f"/agency/staff/{member.id}")

    changed = desk.post(
        f"/agency/staff/{member.id}", {"name": "Kim Reed", "role": "agency_manager"}
    )
    own = desk.post(f"/agency/staff/{boss.id}", {"name": "Alex", "role": "collector"})

    assert changed.status_code == 303
    assert member.row().role is Role.AGENCY_MANAGER
    assert own.status_code == 422
    assert "Ask another administrator" in text_of(own)


def test_an_address_that_cannot_be_invited_is_said_at_the_field(make, desk):
    taken = hire(make.bank(), Role.BANK_ADMIN)
    desk.get("/agency/staff/invite")
    form = {"name": "Kim", "role": "collector", "language": "en"}

    answer = desk.post("/agency/staff/invite", {**form, "email": taken.email})
    no_address = desk.post("/agency/staff/invite", {**form, "email": "kim"})

    assert (answer.status_code, no_address.status_code) == (422, 422)
    assert "cannot be invited" in text_of(answer)
    assert "name@example.com" in text_of(no_address)


def test_an_invited_person_is_invited_again_with_one_press(agency, desk):
    email = address()
    invitation = invite(agency, Role.COLLECTOR, email=email)
    desk.get("/agency/staff")

    answer = desk.post(f"/agency/staff/{invitation.staff_id}/invitation")
    joined = desk.post(f"/agency/staff/{hire(agency, Role.COLLECTOR).id}/invitation")

    assert answer.location == "/agency/staff"
    assert joined.status_code == 409


@pytest.mark.parametrize(("kind", "role"), [("bank", Role.BANK_ADMIN), (None, Role.OPERATOR)])
def test_the_other_sides_have_the_same_pages(app, make, kind, role):
    org = getattr(make, kind)() if kind else None
    member = hire(org, role)
    desk = Browser(app)
    desk.sign_in(member)
    side = kind or "operator"

    for path in ("staff", "staff/invite", f"staff/{member.id}", "sign-in-provider"):
        assert desk.get(f"/{side}/{path}").status_code == 200, path


# -- the organisation's own provider


def _save(desk, provider, **changes):
    desk.get("/agency/sign-in-provider")
    form = {"issuer": provider.issuer, "client_id": "portal", "client_secret": CLIENT_SECRET}
    return desk.post("/agency/sign-in-provider", {**form, **changes})


def _stored(agency):
    with transaction(Principal.operator_machine()) as session:
        return session.get(SignInProvider, agency.id)


def test_a_provider_is_saved_tested_and_switched_on(app, agency, boss, desk, provider):
    provider.person = {"sub": "boss", "email": boss.email, "email_verified": True}

    saved = _save(desk, provider)
    early = desk.post("/agency/sign-in-provider/enable")
    tested = round_trip(desk, agency.id, "/agency/sign-in-provider/test")
    page = text_of(desk.get("/agency/sign-in-provider"))
    switched = desk.post("/agency/sign-in-provider/enable")

    assert saved.location == "/agency/sign-in-provider"
    assert early.status_code == 409
    assert tested.location == "/agency/sign-in-provider"
    assert f"confirmed {boss.email}" in page
    assert switched.status_code == 303
    assert _stored(agency).enabled
    assert Browser(app).name(boss.email).location == "/sign-in/organisation"


def test_a_test_signs_nobody_in_and_links_nobody(app, agency, boss, desk, provider):
    provider.person = {"sub": "another", "email": address(), "email_verified": True}
    _save(desk, provider)
    before = desk.stored()["_user_id"]

    round_trip(desk, agency.id, "/agency/sign-in-provider/test")

    assert desk.stored()["_user_id"] == before
    assert boss.row().sso_subject is None


def test_a_failed_test_says_why_and_does_not_count(agency, desk, provider):
    provider.person = {"sub": "boss"}
    provider.forge = lambda draft: draft.unsigned()
    _save(desk, provider)

    answer = round_trip(desk, agency.id, "/agency/sign-in-provider/test")
    page = text_of(desk.get("/agency/sign-in-provider"))

    assert answer.location == "/agency/sign-in-provider"
    assert "token_unsigned" in page
    assert _stored(agency).tested_at is None
    assert desk.post("/agency/sign-in-provider/enable").status_code == 409


def test_a_test_of_settings_that_changed_meanwhile_does_not_count(agency, desk, provider):
    provider.person = {"sub": "boss"}
    _save(desk, provider)
    back = leave(desk, agency.id, "/agency/sign-in-provider/test")
    _save(desk, provider, client_id="another")

    desk.get(back)

    assert _stored(agency).tested_at is None


def test_a_stranger_cannot_finish_somebodys_test(app, agency, desk, provider):
    provider.person = {"sub": "boss"}
    _save(desk, provider)
    back = leave(desk, agency.id, "/agency/sign-in-provider/test")

    assert Browser(app).get(back).status_code == 404
    assert _stored(agency).tested_at is None


def test_new_settings_switch_the_provider_off_until_tested(agency, boss, desk, provider):
    provider.person = {"sub": "boss", "email": boss.email, "email_verified": True}
    _save(desk, provider)
    round_trip(desk, agency.id, "/agency/sign-in-provider/test")
    desk.post("/agency/sign-in-provider/enable")

    _save(desk, provider, client_secret="")

    stored = _stored(agency)
    assert (stored.enabled, stored.tested_at, stored.version) == (False, None, 2)


def test_the_secret_is_sealed_and_never_shown(agency, desk, provider):
    _save(desk, provider)

    page = desk.get("/agency/sign-in-provider").get_data(as_text=True)

    assert CLIENT_SECRET not in page
    assert CLIENT_SECRET.encode() not in _stored(agency).secret_sealed


@pytest.mark.abuse("B11")
def test_a_stored_secret_never_goes_to_another_provider(agency, desk, provider, other_provider):
    _save(desk, provider)

    moved = _save(desk, other_provider, client_secret="")

    assert moved.status_code == 422
    assert "for another provider" in text_of(moved)
    assert _stored(agency).issuer == provider.issuer


@pytest.mark.abuse("B11")
@pytest.mark.parametrize(
    "address",
    ["https://10.0.0.1", "https://169.254.169.254", "ftp://x", "nonsense", "https://[fd00::1]"],
)
def test_an_address_inside_is_refused_at_the_field(agency, desk, provider, address):
    answer = _save(desk, provider, issuer=address)

    assert answer.status_code == 422
    assert "address" in text_of(answer)
    assert _stored(agency) is None


def test_the_redirect_address_to_register_is_shown(agency, desk):
    page = text_of(desk.get("/agency/sign-in-provider"))

    assert f"http://localhost/auth/sso/{agency.id}/finish" in page


def test_switching_back_lets_people_use_their_passwords_again(app, agency, boss, desk, provider):
    member = hire(agency, Role.COLLECTOR)
    provider.person = {"sub": "boss", "email": boss.email, "email_verified": True}
    _save(desk, provider)
    round_trip(desk, agency.id, "/agency/sign-in-provider/test")
    desk.post("/agency/sign-in-provider/enable")
    assert Browser(app).name(member.email).location == "/sign-in/organisation"

    desk.post("/agency/sign-in-provider/disable")

    assert Browser(app).sign_in(member).location == "/agency/"
