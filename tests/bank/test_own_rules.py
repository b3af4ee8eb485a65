"""The bank's own rules on its pages: the editor without a script, the look back, taking effect."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from portal.bank.forms_own_rules import read_draft, write_draft
from portal.core.actions.own_rules import list_versions, settings_of
from portal.core.actions.own_settings_reading import read_settings
from portal.core.actions.service import log_call
from portal.core.errors import Invalid
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON, TODAY
from tests.support.own_rules import own_rules

LIST = "/bank/compliance/own-rules"
EDIT = f"{LIST}/edit"
FORM = {
    "based_on": "0",
    "do": "preview",
    "balance_days": "90",
    "caps-0-channels": ["call", "sms"],
    "caps-0-most": "3",
    "caps-0-days": "7",
    "caps-0-count": "attempts",
    "caps-0-over": "everybody",
    "caps-0-per": "person",
}
THREE = read_settings({"caps": [{"channels": ["call", "sms"], "most": 3, "days": 7}]})


def _versions(acting_as, bank):
    with acting_as(Principal.system(bank.id)) as session:
        return list_versions(session, bank.id)


def _draft(answer):
    """Return the settings an answer's address carries on to the preview."""
    return read_draft(answer.location.split("draft=")[1].split("&")[0])


def _values(page, name):
    """Return the values of the fields of a page by a part of their name."""
    found = []
    for part in page.get_data(as_text=True).split("<input")[1:]:
        field = part.split(">")[0]
        if f'name="{name}' in field:
            found.append(field.split('value="')[1].split('"')[0] if 'value="' in field else "")
    return found


def test_a_bank_without_own_rules_is_shown_the_way_to_some(browse):
    text = text_of(browse().get(LIST))

    assert "No rules of your own" in text
    assert "Set rules of your own" in text
    assert "Withdraw" not in text
    assert "History" not in text


def test_from_the_editor_through_the_preview_rules_take_effect(acting_as, bank, browse):
    visitor = browse()

    edited = visitor.post(EDIT, FORM)
    preview = visitor.get(edited.location)
    done = visitor.post(edited.location, {"effective_from": TODAY.isoformat(), "note": "Trial."})

    assert edited.status_code == 303
    assert _draft(edited) == THREE
    assert "No contact that month" in text_of(preview)
    assert f'value="{TODAY.isoformat()}"' in preview.get_data(as_text=True)
    assert done.status_code == 303
    text = text_of(visitor.get(done.location))
    assert "The bank's own rules are set." in text
    assert "In force since 24 November 2026" in text
    assert "Phone call, Text message: at most 3 contacts in 7 days." in text
    assert "Why: Trial." in text
    assert "Added: Phone call, Text message: at most 3 contacts" in text
    [version] = _versions(acting_as, bank)
    assert settings_of(version) == THREE


def test_rows_are_added_and_removed_by_buttons_and_nothing_typed_is_lost(browse):
    visitor = browse()
    typed = {**FORM, "caps-0-most": "not yet", "hours-0-channels": ["call"], "rest_days": "x"}

    more = visitor.post(EDIT, {**typed, "do": "add-caps"})
    day = visitor.post(EDIT, {**typed, "do": "add-days_off"})
    fewer = visitor.post(
        EDIT,
        {**typed, "caps-1-channels": ["visit"], "caps-1-most": "1", "do": "drop-caps-0"},
    )

    assert more.status_code == 200
    assert _values(more, "caps-0-most") == ["not yet"]
    assert _values(more, "caps-1-most") == [""]
    assert _values(more, "caps-1-days") == ["7"]
    assert _values(more, "rest_days") == ["x"]
    assert _values(day, "days_off-0-name") == [""]
    assert _values(fewer, "caps-0-most") == ["1"]
    assert _values(fewer, "caps-1-most") == []


@pytest.mark.parametrize("deed", ["drop-caps-9", "drop-caps-x", "add-", "drop", "add-days", ""])
def test_a_button_nobody_made_changes_no_row(browse, deed):
    answer = browse().post(EDIT, {**FORM, "do": deed})

    assert answer.status_code in (200, 303)


def test_there_is_an_end_to_rows(browse):
    many = {
        key.replace("caps-0", f"caps-{n}"): value for n in range(12) for key, value in FORM.items()
    }

    page = browse().post(EDIT, {**many, "do": "add-caps"})

    assert len(_values(page, "caps-11-most")) == 1
    assert _values(page, "caps-12-most") == []


def test_the_editor_begins_with_what_is_in_force(make, bank, browse):
    own_rules(
        make,
        bank,
        hours=[{"channels": ["call"], "week": {"mon": ["09:00", "19:00"]}}],
        days_off=[{"on": "2026-12-25", "name": "Christmas Day"}],
        weekdays_off=["sun"],
        rest_days=2,
        balance_days=60,
    )

    page = browse().get(EDIT)

    assert _values(page, "hours-0-mon_opens") == ["09:00"]
    assert _values(page, "hours-0-tue_opens") == [""]
    assert _values(page, "days_off-0-on") == ["2026-12-25"]
    assert _values(page, "rest_days") == ["2"]
    assert _values(page, "balance_days") == ["60"]
    assert _values(page, "based_on") == ["1"]
    assert 'checked class="form-check-input" id="weekdays_off-6"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"caps-0-most": "many"}, "Limits, row 1: Enter a whole number from 1 to 100."),
        ({"caps-0-channels": []}, "Limits, row 1: Choose at least one channel."),
        ({"caps-0-count": "conversations"}, "Only calls and visits are conversations."),
        (
            {"hours-0-channels": ["call"], "hours-0-mon_opens": "9"},
            "Hours, row 1: Enter both times, like 09:00 and 20:00, or neither.",
        ),
        (
            {
                "hours-0-channels": ["call"],
                "hours-0-mon_opens": "20:00",
                "hours-0-mon_closes": "9:00",
            },
            "The closing time has to be later than the opening time.",
        ),
        ({"hours-0-channels": ["call"]}, "Open at least one day"),
        ({"days_off-0-on": "soon"}, "Days off, row 1: Give the day a name"),
        ({"balance_days": "91"}, "Enter a whole number from 1 to 90."),
        ({"balance_days": ""}, "Enter a whole number from 1 to 90."),
        ({"rest_days": "-1"}, "Enter a whole number from 1 to 30."),
        ({"channels_off": ["call", "fax"]}, "Name channels from this list"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(acting_as, bank, browse, changes, said):
    page = browse().post(EDIT, {**FORM, **changes})

    assert page.status_code == 422
    assert text_of(page).startswith("Error: Change the bank’s own rules")
    assert "There is a problem" in text_of(page)
    assert said in text_of(page)
    summary = page.get_data(as_text=True).split('class="alert dp-problems"')[1].split("</ul>")[0]
    target = summary.split('href="#')[1].split('"')[0]
    assert f'id="{target}"' in page.get_data(as_text=True)
    assert _versions(acting_as, bank) == []


def _december(make, acting_as, bank, stand_still):
    """Let an agency call somebody on the first six days of December, and be it January."""
    agency = make.agency()
    made, agent = make.account(bank=bank, agency=agency), make.agent(agency)
    for day in range(1, 7):
        at = datetime(2026, 12, day, 17, tzinfo=UTC)
        with acting_as(agent) as session:
            log_call(session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=at)
    stand_still(datetime(2027, 1, 4, 17, tzinfo=UTC))
    return agency, made


def test_the_preview_says_what_last_month_would_have_been_like(
    make, acting_as, bank, browse, stand_still
):
    agency, made = _december(make, acting_as, bank, stand_still)
    visitor = browse()

    text = text_of(visitor.get(f"{LIST}/preview?draft={write_draft(THREE)}&based_on=0"))
    before = text_of(visitor.get(f"{LIST}/preview?draft={write_draft(THREE)}&month=2026-11"))

    assert "Every contact of December 2026" in text
    assert "Contacts looked at 6 of 6 that month" in text
    assert "Forbidden that were not 3 0 were forbidden already" in text
    assert "The bank's own limit BANK-CAP-1 3" in text
    assert f"{agency.name} 3" in text
    assert "Phone call 3" in text
    assert "4 December 2026 1 5 December 2026 1 6 December 2026 1" in text
    assert f"{made.account_ref} 4 December 2026" in text
    assert "Contact number 4 within 7 days. The limit is 3." in text
    assert "5 January 2027 at the earliest" not in text  # a bank's first may hold at once
    assert "No contact that month" in before


def test_the_preview_says_where_the_law_is_stricter(make, bank, browse):
    make.account(bank=bank)
    week = {day: ["07:00", "22:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    draft = write_draft(read_settings({"hours": [{"channels": ["call"], "week": week}]}))

    text = text_of(browse().get(f"{LIST}/preview?draft={draft}"))

    assert "changes nothing where this rule holds" in text
    assert "Inconvenient time, 12 CFR 1006.6(b)(1)(i)" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"effective_from": "2026-11-23"}, "New rules take effect on 2026-11-24 at the earliest."),
        ({"effective_from": ""}, "Enter the day the rules take effect."),
        ({"effective_from": "soon"}, "Enter a day, like 2026-11-24."),
        ({"note": "x" * 501}, "Shorten the note to 500 characters."),
    ],
)
def test_a_day_or_note_that_cannot_be_is_said(acting_as, bank, browse, changes, said):
    form = {"effective_from": TODAY.isoformat(), "note": "", **changes}

    page = browse().post(f"{LIST}/preview?draft={write_draft(THREE)}&based_on=0", form)

    assert page.status_code == 422
    assert said in text_of(page)
    assert _versions(acting_as, bank) == []


def test_of_two_authors_the_second_sees_what_the_first_set(make, acting_as, bank, browse):
    visitor = browse()
    address = f"{LIST}/preview?draft={write_draft(THREE)}&based_on=0"
    own_rules(make, bank, rest_days=5)

    page = visitor.get(address)
    answer = visitor.post(address, {"effective_from": "2026-12-01", "note": ""})

    assert "Somebody set version 1 meanwhile" in text_of(page)
    assert "left alone for 5 days" in text_of(page)
    assert answer.status_code == 422
    assert "Somebody set another version meanwhile." in text_of(answer)
    assert len(_versions(acting_as, bank)) == 1
    go_on = f"{LIST}/preview?draft={write_draft(THREE)}&based_on=1"
    assert visitor.post(go_on, {"effective_from": "2026-12-01", "note": ""}).status_code == 303


def test_versions_to_come_and_before_are_shown_with_what_they_changed(make, bank, browse):
    own_rules(make, bank, rest_days=2)
    own_rules(make, bank, effective_from=TODAY + timedelta(days=7), rest_days=4)

    text = text_of(browse().get(LIST))

    assert "From 1 December 2026 takes effect on 1 December 2026, 12:00" in text.replace(
        "\u00a0", " "
    )
    assert "In force since 24 November 2026" in text
    assert "Version 2, from 1 December 2026" in text
    assert "Added: After a conversation the person is left alone for 4 days" in text
    assert "Dropped: After a conversation the person is left alone for 2 days" in text


def test_rules_are_withdrawn_from_a_day_on(make, acting_as, bank, browse):
    own_rules(make, bank, rest_days=2)
    visitor = browse()
    form = {"based_on": "1", "effective_from": "2026-12-01", "note": "Over."}

    asked = text_of(visitor.get(f"{LIST}/withdraw"))
    done = visitor.post(f"{LIST}/withdraw", form)
    text = text_of(visitor.get(LIST))
    again = visitor.post(f"{LIST}/withdraw", form)

    assert "left alone for 2 days" in asked
    assert done.status_code == 303
    assert "The bank's own rules end on that day." in text
    assert "This version asks for nothing beyond the law." in text
    assert again.status_code == 422
    assert "Somebody set another version meanwhile." in text_of(again)
    assert settings_of(_versions(acting_as, bank)[0]).asks_nothing


def test_a_machine_gets_every_version_with_its_settings_and_pack(make, bank, browse):
    own_rules(make, bank, rest_days=2)

    [version] = browse().get(LIST, headers={"Accept": "application/json"}).json["versions"]

    assert version["settings"]["rest_days"] == 2
    assert version["pack"]["rules"][0]["id"] == "BANK-REST"
    assert len(version["hash"]) == 64


@pytest.mark.parametrize(
    "draft", ["", "x", "AAAA", "%00", write_draft(THREE)[:-8], "eJwDAAAAAAE", "é"]
)
def test_a_draft_nobody_made_is_refused_without_a_fault(browse, draft):
    visitor = browse()

    for path in (f"{LIST}/preview?draft={draft}", f"{EDIT}?draft={draft or 'x'}"):
        assert visitor.get(path).status_code == 422


def test_a_draft_survives_its_address_and_does_not_unfold_without_end():
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000, 9)).decode()
    deep = base64.urlsafe_b64encode(zlib.compress(b"[" * 60_000)).decode()

    assert read_draft(write_draft(THREE)) == THREE
    for text in (bomb, deep):
        with pytest.raises(Invalid):
            read_draft(text)


@pytest.mark.parametrize("role", [Role.BANK_ANALYST, Role.BANK_ADMIN])
def test_only_who_sets_policies_changes_rules(make, acting_as, bank, browse, role):
    own_rules(make, bank, rest_days=2)
    visitor = browse(role)
    preview = f"{LIST}/preview?draft={write_draft(THREE)}"

    page = visitor.get(LIST)

    assert page.status_code == 200
    assert "Change the rules" not in text_of(page)
    for path in (EDIT, preview, f"{LIST}/withdraw"):
        assert visitor.get(path).status_code == 403
        assert visitor.post(path, {"effective_from": "2026-12-01"}).status_code == 403
    assert len(_versions(acting_as, bank)) == 1


@pytest.mark.abuse("A1")
def test_another_banks_rules_are_not_there(make, browse):
    own_rules(make, make.bank(), rest_days=2)

    assert "No rules of your own" in text_of(browse().get(LIST))


@pytest.mark.parametrize(
    "path",
    [
        *("packs", "packs/cn", "packs/bank", "try", "own-rules", "own-rules/edit"),
        *("own-rules/withdraw", f"own-rules/preview?draft={write_draft(THREE)}&month=2026-10"),
        "try?on=2026-11-24&clock=22:30&channel=call&country=CN",
    ],
)
def test_each_page_is_in_chinese(make, bank, browse, path):
    make.account(bank=bank)
    own_rules(make, bank, rest_days=2, caps=[{"channels": ["call"], "most": 2, "days": 7}])

    page = browse(language="zh").get(f"/bank/compliance/{path}").get_data(as_text=True)

    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert page.count("<h1>") == 1
    assert any("\u4e00" <= letter <= "\u9fff" for letter in heading)
    main = page.split("<main")[1].split("</main>")[0]
    for english in ("The bank", "Every attempt", "Channels", "Hours", "contacts in", "person is"):
        assert english not in main


def test_the_shown_numbers_are_those_of_the_deed(make, acting_as, bank, browse):
    """A draft is judged by the pack it becomes: what it forbids in the preview it forbids after."""
    agency = make.agency()
    made, agent = make.account(bank=bank, agency=agency), make.agent(agency)
    visitor = browse()
    visitor.post(f"{LIST}/preview?draft={write_draft(THREE)}", {"effective_from": "2026-11-24"})

    for hours in range(1, 5):
        at = NOON + timedelta(hours=hours)
        with acting_as(agent) as session:
            action = log_call(
                session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=at
            )

    assert action.breach_count == 1
    assert "BANK-CAP-1" in action.judgement["rules"]
