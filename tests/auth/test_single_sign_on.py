"""The way in through one's own organisation, with an honest provider."""

from __future__ import annotations

import pytest

from portal.core.parties import organisations, staff
from portal.core.parties.staff import Reason
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from tests.support.identity import KEYS, Draft, leave, round_trip, set_up
from tests.support.people import Browser, address, hire, reasons, row_of, text_of


def test_an_address_leads_to_a_link_to_the_organisation_and_no_form_leads_there(app, bank, invited):
    browser = Browser(app)

    named = browser.name(invited)
    page = browser.get(named.location)

    assert (named.status_code, named.location) == (303, "/sign-in/organisation")
    assert f'href="/auth/sso/{bank.id}"' in text_of(page)
    assert f"Continue to {bank.name}" in text_of(page)


def test_the_first_round_trip_joins_the_invited_person_and_the_second_knows_them(
    app, bank, provider, invited
):
    first = round_trip(Browser(app), bank.id)
    provider.person = {"sub": "person-1", "email": "renamed@example.com"}
    second_browser = Browser(app)
    second = round_trip(second_browser, bank.id)

    person = row_of(invited)
    assert (first.status_code, first.location) == (303, "/bank/")
    assert (second.status_code, second.location) == (303, "/bank/")
    assert second_browser.is_signed_in()
    assert (person.status, person.sso_issuer, person.sso_subject) == (
        "active",
        provider.issuer,
        "person-1",
    )


def test_the_request_carries_state_nonce_and_a_challenge(app, bank, provider, invited):
    round_trip(Browser(app), bank.id)

    assert provider.refused == []


@pytest.mark.parametrize(("algorithm", "key"), [("PS256", "first"), ("ES256", "curve")])
def test_other_sound_signatures_are_accepted(app, bank, provider, invited, algorithm, key):
    provider.algorithm, provider.key = algorithm, KEYS[key]
    provider.published = [KEYS[key]]

    assert round_trip(Browser(app), bank.id).status_code == 303


def test_a_clock_that_is_half_a_minute_off_is_forgiven(app, bank, provider, invited):
    def forge(draft: Draft) -> str:
        draft.claims["iat"] += 25
        draft.claims["exp"] = draft.claims["iat"] - 45
        return draft.sign()

    provider.forge = forge

    assert round_trip(Browser(app), bank.id).status_code == 303


def test_rotated_keys_are_fetched_once_without_a_restart(app, bank, provider, invited):
    assert round_trip(Browser(app), bank.id).status_code == 303
    provider.key, provider.published = KEYS["second"], [KEYS["second"]]
    _let_refetch(app, bank)

    assert round_trip(Browser(app), bank.id).status_code == 303
    assert provider.key_fetches == 2


def test_rotated_keys_without_names_are_fetched_too(app, bank, provider, invited):
    provider.names_keys = False
    assert round_trip(Browser(app), bank.id).status_code == 303
    provider.key, provider.published = KEYS["second"], [KEYS["strangers"], KEYS["second"]]
    _let_refetch(app, bank)

    assert round_trip(Browser(app), bank.id).status_code == 303


def test_bad_signatures_do_not_make_us_fetch_keys_again_and_again(app, bank, provider, invited):
    assert round_trip(Browser(app), bank.id).status_code == 303
    provider.key = KEYS["strangers"]

    statuses = {round_trip(Browser(app), bank.id).status_code for _ in range(4)}

    assert statuses == {403}
    assert provider.key_fetches <= 2


def _let_refetch(app, bank):
    """Let time pass for the limit on fetching keys, without waiting."""
    _, client = app.extensions["portal.single_sign_on"]._known[bank.id]
    client._refetched_at = float("-inf")


def test_a_changed_provider_is_used_at_once(app, bank, provider, other_provider, invited):
    assert round_trip(Browser(app), bank.id).status_code == 303
    other_provider.person = {"sub": "elsewhere", "email": invited, "email_verified": True}

    set_up(bank.id, other_provider)
    answer = round_trip(Browser(app), bank.id)

    assert answer.status_code == 403
    assert reasons(bank.id) == ["bound_to_another_identity"]


def test_a_provider_that_does_not_answer_gives_a_page_with_the_cure(app, bank, provider, invited):
    browser = Browser(app)
    back = leave(browser, bank.id)
    provider.stop()

    answer = browser.get(back)

    assert answer.status_code == 503
    assert "try again soon" in text_of(answer)
    assert reasons(bank.id) == ["provider_unreachable"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_answers_with_a_fault_gives_a_page_too(
    app, bank, provider, invited, status
):
    provider.token_status = status

    assert round_trip(Browser(app), bank.id).status_code == 503


def test_somebody_who_cancels_at_the_provider_is_told_so(app, bank, provider, invited):
    provider.error = "access_denied"

    answer = round_trip(Browser(app), bank.id)

    assert answer.status_code == 403
    assert "cancelled" in text_of(answer)
    assert reasons(bank.id) == ["denied_at_provider"]


def test_a_provider_that_is_switched_off_is_no_way_in(app, make, provider):
    bank = make.bank()
    set_up(bank.id, provider, enabled=False)

    assert Browser(app).get(f"/auth/sso/{bank.id}").status_code == 404


def test_an_administrator_can_still_enter_by_password_and_nobody_else(app, make, provider):
    bank = make.bank()
    administrator = hire(bank, Role.BANK_ADMIN)
    manager = hire(bank, Role.VENDOR_MANAGER)
    set_up(bank.id, provider)
    ours, theirs = Browser(app), Browser(app)
    ours.name(administrator.email)
    theirs.name(manager.email)

    assert ours.give_password(administrator.password).status_code == 303
    assert theirs.give_password(manager.password).status_code == 422


@pytest.mark.abuse("B7")
def test_attempts_at_a_password_do_not_close_the_way_through_the_organisation(
    app, bank, provider, invited
):
    for _ in range(12):
        attacker = Browser(app)
        attacker.name(invited)
        attacker.give_password("a guess")

    assert round_trip(Browser(app), bank.id).status_code == 303


def test_an_unknown_address_is_not_let_in(app, bank, provider):
    provider.person = {"sub": "x", "email": address(), "email_verified": True}

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["person_unknown"]


@pytest.mark.parametrize("verified", [False, None, "false", "no", 1, {}])
def test_an_address_the_provider_does_not_vouch_for_links_nobody(
    app, bank, provider, invited, verified
):
    provider.person = {"sub": "x", "email": invited, "email_verified": verified}

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["email_unverified"]
    assert row_of(invited).sso_subject is None


def test_a_token_without_an_address_links_nobody(app, bank, provider, invited):
    provider.person = {"sub": "x"}

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["email_missing"]


@pytest.mark.abuse("B1")
def test_a_person_who_was_linked_is_not_linked_again_by_their_address(app, bank, provider, invited):
    assert round_trip(Browser(app), bank.id).status_code == 303
    provider.person = {"sub": "somebody-else", "email": invited, "email_verified": True}

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["bound_to_another_identity"]


def test_a_disabled_person_is_not_let_in(app, bank, provider, invited, acting_as):
    assert round_trip(Browser(app), bank.id).status_code == 303
    operator = Principal.operator_machine()
    with acting_as(operator) as session:
        person = staff.get_staff_by_email(session, operator, invited)
        staff.disable_staff(session, operator, bank.id, person.id, reason=Reason.LEFT)

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["person_disabled"]


def test_people_of_a_suspended_organisation_are_not_let_in(app, bank, provider, invited, acting_as):
    operator = Principal.operator_machine()
    with acting_as(operator) as session:
        organisations.suspend_organisation(session, operator, Side.BANK, bank.id)

    browser = Browser(app)
    answer = round_trip(browser, bank.id)

    assert answer.status_code == 403
    assert "suspended" in text_of(answer)
    assert not browser.is_signed_in()
