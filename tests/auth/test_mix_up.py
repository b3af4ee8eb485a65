"""One provider for another, and answers brought twice or to the wrong place."""

from __future__ import annotations

import pytest

from portal.core.permissions import Role
from tests.support.identity import leave, round_trip, set_up, with_query
from tests.support.people import Browser, address, invite, reasons


@pytest.fixture
def rival(make, other_provider):
    """Return another bank with a provider of its own."""
    rival = make.bank()
    set_up(rival.id, other_provider)
    return rival


@pytest.mark.abuse("B1")
def test_a_code_of_one_provider_is_worth_nothing_at_the_other(
    app, bank, rival, provider, other_provider, invited
):
    other_provider.person = dict(provider.person)
    victim, attacker = Browser(app), Browser(app)
    honest = leave(victim, bank.id)
    foreign = leave(attacker, rival.id)
    code = foreign.split("code=")[1].split("&")[0]

    answer = victim.get(with_query(honest, code=code))

    assert answer.status_code == 403
    assert reasons(bank.id) == ["code_refused"]
    assert not victim.is_signed_in()


@pytest.mark.abuse("B1")
def test_an_answer_brought_to_the_other_banks_address_is_refused(
    app, bank, rival, provider, other_provider, invited
):
    other_provider.person = dict(provider.person)
    browser = Browser(app)
    back = leave(browser, rival.id)

    answer = browser.get(back.replace(str(rival.id), str(bank.id)))

    assert answer.status_code == 403
    assert reasons(bank.id) == ["state_unknown"]
    assert not browser.is_signed_in()


@pytest.mark.abuse("B1")
@pytest.mark.parametrize(
    ("answer_issuer", "reason"),
    [("http://127.0.0.1:9", "answer_issuer_differs"), (None, "answer_issuer_missing")],
)
def test_the_answer_has_to_name_its_issuer(app, bank, provider, invited, answer_issuer, reason):
    browser = Browser(app)
    back = with_query(leave(browser, bank.id), iss=answer_issuer)

    answer = browser.get(back)

    assert answer.status_code == 403
    assert reasons(bank.id) == [reason]
    assert provider.grants, "the code must not have been sent anywhere"


@pytest.mark.abuse("B1")
def test_a_provider_that_never_promised_to_name_itself_is_still_held_to_what_it_says(
    app, make, provider
):
    provider.promises_issuer = False
    bank = make.bank()
    set_up(bank.id, provider)
    email = address()
    invite(bank, Role.BANK_ADMIN, email=email)
    provider.person = {"sub": "1", "email": email, "email_verified": True}
    silent, lying = Browser(app), Browser(app)

    assert round_trip(silent, bank.id).status_code == 303
    assert lying.get(with_query(leave(lying, bank.id), iss="http://127.0.0.1:9")).status_code == 403
    assert reasons(bank.id) == ["answer_issuer_differs"]


@pytest.mark.abuse("B1")
def test_the_same_address_at_both_providers_is_two_people(
    app, bank, rival, provider, other_provider, invited
):
    other_provider.person = dict(provider.person)

    assert round_trip(Browser(app), bank.id).status_code == 303
    assert round_trip(Browser(app), rival.id).status_code == 403
    assert reasons(rival.id) == ["person_unknown"]


@pytest.mark.abuse("B1")
def test_metadata_that_names_another_issuer_is_refused_at_set_up(make, provider, other_provider):
    from portal.core.errors import Invalid

    provider.metadata_changes = {"issuer": other_provider.issuer}

    with pytest.raises(Invalid, match="another name"):
        set_up(make.bank().id, provider)


@pytest.mark.abuse("B1")
def test_swapped_metadata_does_not_make_one_provider_speak_for_the_other(
    app, make, provider, other_provider
):
    """Whoever controls the token endpoint still has to sign as the configured issuer."""
    bank = make.bank()
    other_provider.grants = provider.grants
    provider.metadata_changes = {"token_endpoint": f"{other_provider.issuer}/token"}
    set_up(bank.id, provider)
    email = address()
    invite(bank, Role.BANK_ADMIN, email=email)
    provider.person = {"sub": "1", "email": email, "email_verified": True}

    assert round_trip(Browser(app), bank.id).status_code == 403
    assert reasons(bank.id) == ["issuer_differs"]


@pytest.mark.abuse("B1")
def test_an_answer_is_good_once(app, bank, provider, invited):
    browser = Browser(app)
    back = leave(browser, bank.id)

    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403
    assert reasons(bank.id) == ["state_unknown"]


@pytest.mark.abuse("B1")
def test_an_answer_is_good_only_in_the_browser_that_asked(app, bank, provider, invited):
    back = leave(Browser(app), bank.id)
    stranger = Browser(app)

    assert stranger.get(back).status_code == 403
    assert reasons(bank.id) == ["state_unknown"]
    assert not stranger.is_signed_in()


@pytest.mark.abuse("B1")
def test_a_refused_answer_is_used_up_too(app, bank, provider, invited):
    browser = Browser(app)
    back = leave(browser, bank.id)

    assert browser.get(with_query(back, iss="http://127.0.0.1:9")).status_code == 403
    assert browser.get(back).status_code == 403
    assert reasons(bank.id) == ["answer_issuer_differs", "state_unknown"]


@pytest.mark.abuse("B1")
@pytest.mark.parametrize("repeated", ["state", "iss", "code"])
def test_an_answer_that_says_something_twice_is_refused(app, bank, provider, invited, repeated):
    browser = Browser(app)
    back = leave(browser, bank.id)

    assert browser.get(f"{back}&{repeated}=another").status_code == 403
    assert not browser.is_signed_in()


def test_a_stray_visit_to_the_finish_is_refused_and_changes_nothing(app, bank):
    browser = Browser(app)

    for path in (
        f"/auth/sso/{bank.id}/finish",
        f"/auth/sso/{bank.id}/finish?code=1",
        f"/auth/sso/{bank.id}/finish?state=1&code=1",
    ):
        assert browser.get(path).status_code == 403
