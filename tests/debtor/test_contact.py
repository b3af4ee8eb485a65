"""How we may contact you: chosen by the person, seen by them, and stopped altogether."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.accounts.hold_ends import lift_own_stop
from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.holds import open_hold
from portal.core.accounts.models import HoldState
from portal.core.actions.models import PermitState
from portal.core.actions.permits import ask_permit
from portal.core.parties.wishes import Wish, find_wish, set_wishes, wish_of
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind
from tests.support.factories import NOON

EVERYTHING = {
    "channels": ["call", "sms", "email", "letter", "visit", "in_app"],
    "days": [str(day) for day in range(7)],
}


@pytest.fixture(autouse=True)
def stand_still(monkeypatch):
    """Stop the clock that views read."""
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=1))


def _path(made, rest=""):
    return f"/debtor/accounts/{made.id}/contact{rest}"


def _page(person, path):
    answer = person.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _wish(acting_as, made):
    with acting_as(made.debtor) as session:
        row = find_wish(session, made.bank_id, made.debtor_id)
        return None if row is None else wish_of(row)


def _holds(acting_as, made):
    with acting_as(made.debtor) as session:
        return [(hold.kind, hold.state) for hold in list_holds(session)]


def _permit(make, acting_as, made):
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        return ask_permit(session, agent, made.id, Channel.CALL, at=NOON + timedelta(hours=2))


def test_the_page_is_found_from_home_and_from_the_choices(made, person):
    for path in (f"/debtor/accounts/{made.id}", f"/debtor/accounts/{made.id}/choices"):
        assert _path(made) in _page(person, path)


def test_without_limits_the_page_says_so_and_offers_each_one(made, person):
    page = _page(person, _path(made))

    assert "You have set no limits" in page
    for name in ("channels", "days", "hours", "weekly_maximum", "no_work"):
        assert f"{_path(made, '/edit')}#{name}" in page


def test_choices_are_saved_shown_and_bind_the_agency(make, acting_as, made, person):
    answer = person.post(
        _path(made, "/edit"),
        {
            "channels": ["sms", "email", "letter"],
            "days": ["0", "1"],
            "opens": "600",
            "closes": "720",
            "weekly_maximum": "2",
            "no_work": "y",
        },
    )

    assert (answer.status_code, answer.location) == (303, _path(made))
    assert _wish(acting_as, made) == Wish(
        channels=frozenset({Channel.SMS, Channel.EMAIL, Channel.LETTER}),
        days=frozenset({0, 1}),
        opens_minute=600,
        closes_minute=720,
        weekly_maximum=2,
        no_work=True,
    )
    page = _page(person, _path(made)).replace("\u00a0", " ")
    for text in (
        "Text messages, e-mail, and letters",
        "Monday and Tuesday",
        "10:00 AM to 12:00 PM",
        "2 contacts a week",
        "Never",
        "You set this on 24 November 2026.",
        "Everybody who collects from you has to keep to this.",
    ):
        assert text in page
    assert _permit(make, acting_as, made).state is PermitState.DENIED


def test_the_form_begins_with_what_is_wished_and_keeps_odd_hours(acting_as, made, person):
    with acting_as(made.debtor) as session:
        set_wishes(
            session,
            made.debtor,
            made.debtor_id,
            at=NOON,
            channels={Channel.SMS},
            opens_minute=615,
            closes_minute=720,
            weekly_maximum=4,
        )

    page = _page(person, _path(made, "/edit"))

    ticked = re.findall(r'<input[^>]*checked[^>]*value="(\w+)"', page)
    assert [value for value in ticked if value.isalpha()] == ["sms"]
    assert re.search(r'<option selected value="615">10:15', page)
    assert re.search(r'<option selected value="4">4 contacts', page)


def test_everything_ticked_is_no_limit(acting_as, made, person):
    person.post(_path(made, "/edit"), {**EVERYTHING, "weekly_maximum": "1"})
    person.post(_path(made, "/edit"), {**EVERYTHING, "weekly_maximum": ""})

    assert _wish(acting_as, made) == Wish()


@pytest.mark.parametrize(
    ("typed", "says", "target"),
    [
        ({"days": ["1"]}, "Choose at least one way to be contacted", "channels"),
        ({"channels": ["sms"]}, "Choose at least one day", "days"),
        ({**EVERYTHING, "channels": ["call"], "write_only": "y"}, "at least one way", "channels"),
        ({**EVERYTHING, "opens": "600"}, "Choose both times", "opens"),
        ({**EVERYTHING, "opens": "720", "closes": "600"}, "has to be earlier", "opens"),
    ],
)
def test_a_choice_that_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    acting_as, made, person, typed, says, target
):
    answer = person.post(_path(made, "/edit"), typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert page.count(says) == 2
    assert f'href="#{target}"' in page
    assert f'id="{target}"' in page
    assert _wish(acting_as, made) is None


def test_what_no_list_offers_is_refused(acting_as, made, person):
    answer = person.post(_path(made, "/edit"), {**EVERYTHING, "channels": ["fax"]})

    assert answer.status_code == 422
    assert _wish(acting_as, made) is None


def test_limits_are_lifted_with_one_press(acting_as, made, person):
    person.post(_path(made, "/edit"), {**EVERYTHING, "weekly_maximum": "1"})

    answer = person.post(_path(made, "/clear"))

    assert (answer.status_code, answer.location) == (303, _path(made))
    assert _wish(acting_as, made) is None
    assert "Your limits are lifted" in _page(person, _path(made))


def test_all_contact_is_stopped_at_once_and_shown_with_its_date(make, acting_as, made, person):
    before = _page(person, _path(made, "/stop"))
    answer = person.post(_path(made, "/stop"))

    assert "You still owe what you owe" in before
    assert (answer.status_code, answer.location) == (303, _path(made))
    assert "All contact has been stopped since 24 November 2026" in _page(person, _path(made))
    home = _page(person, f"/debtor/accounts/{made.id}")
    assert "Nobody contacts you about this account" in home
    assert "may contact you about it" not in home
    assert _holds(acting_as, made) == [(HoldKind.CEASE, HoldState.OPENED)]
    assert _permit(make, acting_as, made).state is PermitState.DENIED


def test_a_stop_pressed_twice_is_one_stop(acting_as, made, person):
    person.post(_path(made, "/stop"))
    again = person.post(_path(made, "/stop"))

    assert again.status_code == 303
    assert len(_holds(acting_as, made)) == 1


def test_a_stop_is_taken_back_on_the_same_page(make, acting_as, made, person):
    person.post(_path(made, "/stop"))

    asked = _page(person, _path(made, "/allow"))
    answer = person.post(_path(made, "/allow"))
    waiting = _page(person, _path(made))
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        lift_own_stop(session, system, made.debtor_id, at=NOON + timedelta(hours=1))

    assert "You stopped all contact on 24 November 2026" in asked
    assert answer.status_code == 303
    assert "ends within a minute" in waiting
    assert "All contact has been stopped" not in _page(person, _path(made))
    assert "Nobody contacts you" not in _page(person, f"/debtor/accounts/{made.id}")
    permit = _permit(make, acting_as, made)
    assert not {"ceased", "on_hold"} & {each["code"] for each in permit.judgement["findings"]}


def test_nothing_is_allowed_again_that_was_not_stopped(made, person):
    assert person.get(_path(made, "/allow")).location == _path(made)


def test_a_hold_of_the_bank_is_shown_with_whose_turn_it_is_and_by_when(
    make, acting_as, made, person
):
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        open_hold(session, manager, made.debtor_id, kind=HoldKind.COMPLAINT, at=NOON)

    page = _page(person, _path(made))

    assert "Your complaint" in page
    assert "Since 24 November 2026: no contact" in page
    assert "no contact and no payment is demanded" in page
    assert f"It is the turn of {made.bank.name}, by 4 December 2026." in page


@pytest.mark.parametrize("rest", ["", "/edit", "/stop", "/allow", "/clear"])
def test_the_pages_of_somebody_else_do_not_exist(make, visit, made, rest):
    own = make.account(bank=made.bank)
    stranger = visit(own.debtor)
    stranger.get(_path(own, "/edit"))

    assert stranger.get(_path(made, rest)).status_code in (404, 405)
    if rest:
        assert stranger.post(_path(made, rest), EVERYTHING).status_code == 404


@pytest.mark.parametrize(
    ("language", "says"),
    [("zh", "我们可以怎样联系您"), ("es", "Cómo podemos comunicarnos con usted")],
)
def test_the_page_speaks_the_persons_language(made, person, language, says):
    person.client.set_cookie("language", language)

    assert says in _page(person, _path(made))
