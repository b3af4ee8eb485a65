"""The ladder's pages: what each step says, and an editor that needs no script."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from portal.core.actions.ladders import find_ladder, list_versions
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules.wording import WordKind
from tests.bank.conftest import text_of
from tests.support import reminders as ladder
from tests.support.factories import TODAY

EDIT = "/bank/reminders/ladder/edit"
KIND = "{bank}: hello {name}. Call {phone} and we will find a way together."


@pytest.fixture
def holds(acting_as, bank):
    """Return what holds at the bank on a day."""

    def on(day=TODAY):
        with acting_as(Principal.system(bank.id)) as session:
            return find_ladder(session, bank.id, day)

    return on


def fields_of(answer):
    """Return a page's main form as a browser would send it, without any button."""
    body = answer.get_data(as_text=True)
    form = body[body.index('<form method="post" novalidate>') :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]+>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        is_box = 'type="checkbox"' in tag
        if name and (not is_box or "checked" in tag):
            found[name.group(1)] = html.unescape(value.group(1)) if value else ""
    for name, content in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        found[name] = html.unescape(content).removeprefix("\r\n")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        first = re.search(r'<option[^>]*value="([^"]*)"', options)
        found[name] = (chosen or first).group(1)
    return found


def send(visitor, deed, **changed):
    """Open the editor, change some fields, and press a button."""
    fields = fields_of(visitor.get(EDIT))
    return visitor.post(EDIT, {**fields, **changed, "do": deed})


def test_each_step_is_shown_as_it_would_arrive_in_every_language(browse, bank):
    text = text_of(browse().get("/bank/reminders/ladder"))

    assert "The steps to start from. Nobody changed them yet." in text
    assert f"{bank.name}: a friendly note about your account. $1,234.50 was due on" in text
    assert "2 text messages" in text
    assert f"【{bank.name_zh}】您好" in text
    assert "Si necesita ayuda, llame al" in text
    assert "It asks for an answer within 14 days" in text
    assert text.count("Nothing stands against these words") == 9


def test_versions_stand_below_with_who_set_them(make, browse, bank):
    ladder.start(make, bank)
    ladder.start(make, bank, steps=ladder.DEFAULT_STEPS[:2], day=TODAY + timedelta(days=3))

    text = text_of(browse().get("/bank/reminders/ladder"))

    assert "Version 1, in force since 24 November 2026." in text
    assert "Another version holds from 27 November 2026" in text
    assert "Version 2, from 27 November 2026" in text


def test_the_editor_starts_with_what_holds_and_sets_it_anew(browse, holds, bank, acting_as):
    answer = send(browse(), "save", **{"steps-0-after_days": "3", "steps-3-answer_days": "21"})

    assert (answer.status_code, answer.location) == (303, "/bank/reminders/ladder")
    found = holds()
    assert (found.version, found.is_running) == (1, False)
    assert [step.after_days for step in found.steps] == [3, 7, 15, 30, 31]
    assert [step.key for step in found.steps] == ["sms-1", "sms-2", "call-1", "letter-1", "sms-3"]
    assert found.find("letter-1").answer_days == 21
    with acting_as(Principal.system(bank.id)) as session:
        assert len(list_versions(session, bank.id)) == 1


def test_changing_the_steps_leaves_them_running(make, browse, bank, holds):
    ladder.start(make, bank)

    send(browse(), "save", **{"steps-0-after_days": "2"})

    assert (holds().version, holds().is_running) == (2, True)


def test_buttons_add_and_remove_steps_without_setting_anything(browse, holds):
    visitor = browse()

    more = send(visitor, "add")
    fewer = send(visitor, "drop-2")

    assert more.status_code == fewer.status_code == 200
    added = fields_of(more)
    assert (added["steps-5-key"], added["steps-5-after_days"]) == ("step-1", "38")
    assert [fields_of(fewer)[f"steps-{number}-key"] for number in range(4)] == [
        "sms-1",
        "sms-2",
        "letter-1",
        "sms-3",
    ]
    assert holds().version == 0


def test_a_new_step_has_a_name_no_version_had(make, browse, bank):
    visitor = browse()
    fields = fields_of(send(visitor, "add"))
    visitor.post(EDIT, {**fields, "do": "save"})
    send(visitor, "drop-5")
    fields = fields_of(send(visitor, "drop-5"))
    visitor.post(EDIT, {**fields, "do": "save"})

    assert fields_of(send(visitor, "add"))["steps-5-key"] == "step-2"


def test_no_more_steps_are_added_than_a_ladder_can_have(browse):
    visitor = browse()
    fields = fields_of(visitor.get(EDIT))
    for _ in range(9):
        fields = fields_of(visitor.post(EDIT, {**fields, "do": "add"}))

    assert "steps-11-key" in fields
    assert "steps-12-key" not in fields


def test_own_words_are_shown_as_they_would_arrive_before_anything_is_set(browse, bank, holds):
    answer = send(browse(), "check", **{"steps-0-text_en": KIND})

    text = text_of(answer)
    assert answer.status_code == 200
    assert f"{bank.name}: hello Alex Lee. Call {bank.phone}" in text
    assert "Reply STOP to opt out." in text
    assert "1 text message · " in text
    assert "Nothing stands against these words" in text
    assert holds().version == 0


def test_words_that_must_not_be_sent_are_marked_and_not_set(browse, holds):
    answer = send(browse(), "save", **{"steps-0-text_en": KIND + " Or you will be arrested."})

    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert '<mark class="dp-mark-bad">be arrested</mark>' in body
    assert "Step 1: This text must not be sent as it is." in text_of(answer)
    assert "owing money does not lead to this. Leave these words out." in text_of(answer)
    assert holds().version == 0


def test_a_consequence_is_set_once_somebody_answers_for_it(browse, holds):
    visitor = browse()
    words = {"steps-0-text_en": KIND + " If we hear nothing we will take legal action."}

    refused = send(visitor, "save", **words)
    assert "Legal steps are lawful here and will be taken" in text_of(refused)
    set_ = send(visitor, "save", **words, **{"steps-0-confirmed": "legal_action"})

    assert set_.status_code == 303
    assert holds().find("sms-1").confirmed == {WordKind.LEGAL_ACTION}


def test_an_email_step_has_a_subject_and_a_call_no_words(browse, holds):
    answer = send(
        browse(),
        "save",
        **{
            "steps-0-channel": "email",
            "steps-0-text_zh": "{bank}：请致电{phone}，我们愿意和您一起想办法。",
            "steps-0-subject_zh": "关于您账户的一则消息",
            "steps-1-channel": "call",
            "steps-1-text_en": "never kept",
        },
    )

    assert answer.status_code == 303
    first, second = holds().steps[:2]
    assert first.text_in("zh").subject == "关于您账户的一则消息"
    assert (second.template, second.texts) == ("", ())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"steps-1-after_days": "x"}, "Step 2: Enter a number of days from 1 to 365."),
        ({"steps-1-after_days": "1"}, "Step 2: Another step is on this day."),
        ({"steps-0-text_en": "{bank} {iban}"}, "Step 1: Nothing is on record for {iban}."),
        (
            {"steps-0-channel": "email", "steps-0-text_en": KIND},
            "Step 1: Give the e-mail a neutral subject.",
        ),
        ({"steps-0-channel": "pigeon"}, "Step 1: Choose one of the list."),
        ({"steps-0-template": "agency_first"}, "Step 1: Choose a template that fits the channel."),
        ({"effective_from": "2026-11-23"}, "This day is over. Choose today or a later day."),
        ({"effective_from": "soon"}, "Enter a day, like 2026-11-24."),
        ({"effective_from": ""}, "Choose the day it holds from."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(browse, holds, changed, said):
    answer = send(browse(), "save", **changed)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert holds().version == 0


def test_of_two_who_edit_at_once_the_second_is_told(browse):
    first, second = browse(), browse()
    fields = fields_of(second.get(EDIT))

    send(first, "save", **{"steps-0-after_days": "2"})
    answer = second.post(EDIT, {**fields, "do": "save"})

    assert answer.status_code == 409
    assert "Somebody set another version meanwhile." in text_of(answer)


def test_a_form_without_its_token_sets_nothing(browse, holds):
    visitor = browse()
    fields = fields_of(visitor.get(EDIT))
    fields.pop("csrf_token")

    answer = visitor.client.post(EDIT, data={**fields, "do": "save"})

    assert answer.status_code in (400, 422)
    assert holds().version == 0


def test_only_who_sets_policies_edits(browse):
    analyst = browse(Role.BANK_ANALYST)

    assert analyst.get("/bank/reminders/ladder").status_code == 200
    assert "Change the ladder" not in text_of(analyst.get("/bank/reminders/ladder"))
    assert analyst.get(EDIT).status_code == 403
    assert analyst.post(EDIT, {"do": "save"}).status_code == 403


def test_the_pages_are_whole_in_chinese(make, browse, bank):
    make.account(bank=bank)
    ladder.start(make, bank, steps=(ladder.DEFAULT_STEPS[2],))
    ladder.run(bank, ladder.NOON)
    (due,) = ladder.reminders(bank)
    visitor = browse(language="zh")
    english = re.compile(r">\s*[A-Z]?[a-z]+( [a-z]+){2,}")

    for path in ("", "/tomorrow", "/ladder/edit", f"/{due.id}/call", "?state=all"):
        body = visitor.get(f"/bank/reminders{path}").get_data(as_text=True)
        assert '<html lang="zh-Hans"' in body
        assert english.findall(body) == []
