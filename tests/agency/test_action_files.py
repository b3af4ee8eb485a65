"""Uploading a day by clicks: file, columns, check, log, result; and every way it goes wrong."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask_babel import force_locale, gettext
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.agency.views import action_files as views
from portal.core.accounts.reasons import FILE_REASONS
from portal.core.actions import file_runs, files
from portal.core.actions.file_mapping import ACTION_TARGETS
from portal.core.actions.file_progress import RunState, Step, find_run
from portal.core.actions.file_reasons import ACTION_ROW_REASONS
from portal.core.actions.models import Action
from portal.core.actions.models_files import ActionFile
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.jobs.action_files import run_action_file
from portal.web.action_files import run_file
from portal.web.sessions import parse_user_id
from tests.bank.conftest import text_of
from tests.core.actions.test_file_plan import BAD_ROWS
from tests.support.action_files import CALLED, NOW, day_file, receive, ref_of
from tests.support.columns_page import chosen_on
from tests.support.sign_in import Visitor

HOUR = timedelta(hours=1)
LIST = "/agency/action-files"
#: Two words of Latin letters with a space between them: no name of a format or code is that.
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")


@pytest.fixture(autouse=True)
def _a_day_later(stand_still):
    stand_still(NOW)


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def calls(made):
    """Return two good calls, one of them at night, and a row about nobody."""
    ref = ref_of(made)
    return [
        {"placement_ref": ref, "external_id": "X-1", "note": "rang out"},
        {"placement_ref": ref, "at": (CALLED + 10 * HOUR).isoformat(), "external_id": "X-2"},
        {"placement_ref": "P-nobody"},
    ]


def _upload(visitor, made, data, name="day.csv", **changed):
    visitor.get(f"{LIST}/new")
    fields = {
        "csrf_token": visitor.token,
        "bank": str(made.bank_id),
        "file": FileStorage(io.BytesIO(data), name),
        **changed,
    }
    # The test client leaves the file open that it writes a large body to; this makes none.
    boundary, body = encode_multipart(fields)
    return visitor.client.post(
        f"{LIST}/new", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def _id_of(answer):
    return answer.location.split("/action-files/")[1].split("/")[0]


def _checked(visitor, made, data, **changed):
    """Upload a file, take its columns as they are suggested, and check it; return its id."""
    file_id = _id_of(_upload(visitor, made, data))
    page = visitor.get(f"{LIST}/{file_id}/map")
    answer = visitor.post(f"{LIST}/{file_id}/map", {**chosen_on(page), **changed})
    assert answer.status_code == 303
    return file_id


def _actions(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(select(Action).where(Action.account_id == made.id)).all()


def test_a_day_goes_from_upload_to_actions_by_clicks(acting_as, browse, made, calls):
    visitor = browse(Role.COLLECTOR)

    file_id = _checked(visitor, made, day_file(calls, trailer="TRAILER,3,0"))
    check = text_of(visitor.get(f"{LIST}/{file_id}/check"))
    before = len(_actions(acting_as, made))
    done = visitor.post(f"{LIST}/{file_id}/check")

    assert "Can be logged 2 Rejected 1 On record already 0 Would break a rule 1" in check
    assert "Control totals Agree" in check
    assert "Inconvenient time US-REGF-6B1-HOURS 1" in check
    assert "P-nobody is not a placement of this bank's with you." in check
    assert before == 0
    assert (done.status_code, done.location) == (303, f"{LIST}/{file_id}")
    result = text_of(visitor.get(done.location))
    assert "Logged 2 Rejected 1" in result
    assert "Inconvenient time US-REGF-6B1-HOURS 1" in result
    assert len(_actions(acting_as, made)) == 2
    assert "day.csv" in text_of(visitor.get(LIST))


def test_the_result_leads_to_the_actions_and_to_those_that_broke_a_rule(browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file(calls))
    visitor.post(f"{LIST}/{file_id}/check")

    everything = text_of(visitor.get(f"{LIST}/{file_id}/actions"))
    broken = text_of(visitor.get(f"{LIST}/{file_id}/actions?rule=US-REGF-6B1-HOURS"))
    nonsense = text_of(visitor.get(f"{LIST}/{file_id}/actions?rule=%00&after=%00~1"))

    assert everything.count(made.account_ref) == 2
    assert broken.count(made.account_ref) == 1
    assert "Those that broke the rule: Inconvenient time" in broken
    assert nonsense.count(made.account_ref) == 2


def test_the_actions_of_a_file_page_by_key(browse, made, monkeypatch):
    monkeypatch.setattr("portal.agency.queries_action_file_actions.PAGE", 2)
    ref = ref_of(made)
    rows = [
        {"placement_ref": ref, "at": (CALLED + number * HOUR).isoformat()} for number in range(3)
    ]
    visitor = browse()
    file_id = _checked(visitor, made, day_file(rows))
    visitor.post(f"{LIST}/{file_id}/check")

    first = visitor.get(f"{LIST}/{file_id}/actions").get_data(as_text=True)
    after = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")

    assert text_of(visitor.get(after)).count(made.account_ref) == 1


def test_both_timelines_say_that_an_action_came_by_file(make, visit, browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file(calls))
    visitor.post(f"{LIST}/{file_id}/check")
    bank = visit(make.vendor_manager(made.bank))

    for page in (
        visitor.get(f"/agency/accounts/{made.id}"),
        bank.get(f"/bank/accounts/{made.id}"),
    ):
        assert text_of(page).count("Came with the file day.csv") == 2


def test_rejected_rows_come_back_as_they_were_with_code_and_reason(browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file([*calls, {"note": "=1+1"}]))
    visitor.post(f"{LIST}/{file_id}/check")

    answer = visitor.get(f"{LIST}/{file_id}/rejects.csv")

    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert rows[0][-2:] == ["code", "reason"]
    assert [row[-2] for row in rows[1:]] == ["unknown_placement", "no_account"]
    assert rows[1][0] == "P-nobody"
    assert rows[2][rows[0].index("note")] == "'=1+1"
    again = _checked(visitor, made, answer.get_data())
    assert "Rejected 2" in text_of(visitor.get(f"{LIST}/{again}/check"))


@pytest.mark.abuse("F4")
def test_the_same_file_again_leads_to_the_first_time(browse, made, calls):
    visitor = browse()
    data = day_file(calls)
    file_id, other = _checked(visitor, made, data), _checked(visitor, made, data)
    visitor.post(f"{LIST}/{file_id}/check")

    again = _upload(visitor, made, data, name="renamed.csv")
    late = visitor.post(f"{LIST}/{other}/check")

    for answer in (again, late):
        assert (answer.status_code, answer.location) == (303, f"{LIST}/{file_id}")
    assert "This file was logged before; nothing was changed." in text_of(
        visitor.get(again.location)
    )


def test_columns_that_are_not_mapped_are_asked_for(browse, made):
    row = {"Ref": ref_of(made), "When": "11/25/2026 12:00", "How": "phone", "Result": "busy"}
    data = day_file([row], headings=tuple(row))
    visitor = browse()
    file_id = _id_of(_upload(visitor, made, data))

    first = visitor.get(f"{LIST}/{file_id}/map")
    missing = visitor.post(f"{LIST}/{file_id}/map", chosen_on(first))
    chosen = {
        **chosen_on(first),
        "column-0": "placement_ref",
        "column-1": "at",
        "column-2": "channel",
        "constant-zone": "Nowhere/Land",
    }
    bad_zone = visitor.post(f"{LIST}/{file_id}/map", chosen)
    no_zone = visitor.post(f"{LIST}/{file_id}/map", {**chosen, "constant-zone": ""})
    rejected = text_of(visitor.get(no_zone.location))
    good = visitor.post(f"{LIST}/{file_id}/map", {**chosen, "constant-zone": "America/New_York"})

    assert missing.status_code == 422
    assert "Placement number is required, and no column gives it." in text_of(missing)
    assert bad_zone.status_code == 422
    assert "Nowhere/Land cannot be Time zone of every row." in text_of(bad_zone)
    assert "does not say in which time zone" in rejected
    assert good.status_code == 303
    assert "Can be logged 1" in text_of(visitor.get(good.location))


def test_the_page_of_columns_warns_of_times_that_say_no_zone(browse, made):
    data = day_file([{"placement_ref": ref_of(made), "at": "2026-11-25 12:00"}])
    visitor = browse()
    file_id = _id_of(_upload(visitor, made, data))

    page = visitor.get(f"{LIST}/{file_id}/map")

    assert "The times do not say their time zone" in text_of(page)
    assert '<option value="America/Chicago">' in page.get_data(as_text=True)


@pytest.mark.abuse("F2")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"at,channel\r\n", "The file has headings but no rows."),
        (b"%PDF-1.7", "The file is a PDF document, not a table."),
        (b'at,note\r\nx,"open\r\ny,z\r\n', "A quote opened in row 2 is not closed there"),
        (b"at,at\r\nx,y\r\n", "have the same heading"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_cure(browse, made, data, words):
    answer = _upload(browse(), made, data)

    assert answer.status_code == 422
    assert words in text_of(answer)


def test_a_trailer_that_is_off_refuses_the_file_on_a_page_of_its_own(browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file(calls, trailer="TRAILER,9,0"))

    page = visitor.get(f"{LIST}/{file_id}/check")

    assert page.status_code == 422
    assert "The trailer counts 9 rows, the file has 3." in text_of(page)
    assert "Refused" in text_of(visitor.get(LIST))


@pytest.mark.abuse("F6")
def test_a_file_named_for_another_bank_is_not_taken_for_this_one(make, browse, agency, made):
    other = make.account(agency=agency)
    name = f"{other.bank.code}_AG_ACT_20261125_01.csv"

    answer = _upload(browse(), made, day_file([{"placement_ref": "P-1"}]), name=name)

    assert answer.status_code == 422
    assert f"The file's name says that it is for {other.bank.name}." in text_of(answer)


def test_a_bank_the_agency_does_not_work_for_cannot_bechosen_on(make, browse, made):
    stranger = make.bank()

    answer = _upload(browse(), made, b"x", bank=str(stranger.id))

    assert answer.status_code == 422


def test_a_large_file_is_left_to_a_job_that_can_be_followed(
    acting_as, make, visit, agency, made, calls, admin, monkeypatch
):
    monkeypatch.setattr(views, "SMALL_FILE", 2)
    person = make.staff(agency, Role.COLLECTOR)
    visitor = visit(Principal.staff(person.side, agency.id, person.id, Role.COLLECTOR))
    file_id = _checked(visitor, made, day_file(calls))

    waiting = visitor.get(f"{LIST}/{file_id}/progress")
    assert "Waiting for its turn" in text_of(waiting)
    assert visitor.get(f"{LIST}/{file_id}/check").location == f"{LIST}/{file_id}/progress"
    _run_jobs(admin, file_id)
    assert visitor.get(f"{LIST}/{file_id}/progress").location == f"{LIST}/{file_id}/check"
    answer = visitor.post(f"{LIST}/{file_id}/check")
    assert answer.location == f"{LIST}/{file_id}/progress"
    assert "Stop after the part under way" in text_of(visitor.get(answer.location))
    part = visitor.get(answer.location, headers={"HX-Request": "true"})
    assert "<html" not in part.get_data(as_text=True)
    assert "Waiting for its turn" in text_of(part)
    _run_jobs(admin, file_id)
    over = visitor.get(answer.location, headers={"HX-Request": "true"})

    assert f'href="{LIST}/{file_id}"' in over.get_data(as_text=True)
    assert "hx-get" not in over.get_data(as_text=True)
    assert len(_actions(acting_as, made)) == 2


def _run_jobs(admin, file_id):
    """Run what was asked last of the worker for a file, as it would."""
    asked = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'run_action_file'"
        " AND args ->> 'file_id' = %s ORDER BY id DESC LIMIT 1",
        [file_id],
    ).fetchone()
    run_action_file(**asked[0])


def test_a_run_can_be_stopped_and_gone_on_with(acting_as, browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file(calls))
    agent = _principal_of(visitor)
    with acting_as(agent) as session:
        file_runs.ask_run(session, agent, file_id, Step.COMMIT, at=NOW)

    again = visitor.post(f"{LIST}/{file_id}/check")
    stopped = visitor.post(f"{LIST}/{file_id}/stop")
    page = text_of(visitor.get(stopped.location))
    nothing = visitor.post(f"{LIST}/{file_id}/stop")
    on = visitor.post(f"{LIST}/{file_id}/check")

    assert again.location == f"{LIST}/{file_id}/progress"
    assert stopped.location == f"{LIST}/{file_id}/progress"
    assert "Stopped" in page
    assert "Go on with the rest" in page
    assert nothing.status_code == 409
    assert on.location == f"{LIST}/{file_id}"
    assert len(_actions(acting_as, made)) == 2


def _principal_of(visitor: Visitor) -> Principal:
    """Return who a browser is signed in as."""
    with visitor.client.session_transaction() as session:
        return parse_user_id(session["_user_id"])


def test_a_file_of_nothing_but_bad_rows_offers_no_button(browse, made):
    visitor = browse()
    file_id = _checked(visitor, made, day_file([{"placement_ref": "P-nobody"}]))

    page = visitor.get(f"{LIST}/{file_id}/check")
    answer = visitor.post(f"{LIST}/{file_id}/check")

    assert "No row can be logged" in text_of(page)
    assert answer.location == f"{LIST}/{file_id}/check"
    assert "No row of this file can be logged." in text_of(visitor.get(answer.location))


def test_a_file_of_rows_on_record_says_so(acting_as, browse, made, calls):
    visitor = browse()
    file_id = _checked(visitor, made, day_file(calls[:2]))
    visitor.post(f"{LIST}/{file_id}/check")

    again = _checked(visitor, made, day_file(calls[:2]) + b"\r\n")

    page = text_of(visitor.get(f"{LIST}/{again}/check"))
    assert "Everything in this file is on record already" in page


@pytest.mark.abuse("A1")
def test_another_agencys_file_is_not_there(make, visit, browse, agency, made, calls):
    agent = make.agent(agency)
    file_id = receive(agent, made.bank_id, day_file(calls))
    stranger = visit(make.agent(make.agency()))

    for way in ("map", "check", "progress", "actions", "rejects.csv"):
        assert stranger.get(f"{LIST}/{file_id}/{way}").status_code == 404
    assert stranger.get(f"{LIST}/{file_id}").status_code == 404
    for way in ("map", "check", "stop"):
        assert stranger.post(f"{LIST}/{file_id}/{way}").status_code == 404
    assert "day.csv" not in text_of(stranger.get(LIST))


def test_an_administrator_sees_the_files_and_uploads_none(browse, make, agency, made, calls):
    agent = make.agent(agency)
    file_id = receive(agent, made.bank_id, day_file(calls))
    run_file(agent, file_id, Step.COMMIT)
    clerk = browse(Role.AGENCY_ADMIN)

    assert "day.csv" in text_of(clerk.get(LIST))
    assert "Logged 2" in text_of(clerk.get(f"{LIST}/{file_id}"))
    assert clerk.get(f"{LIST}/new").status_code == 403
    assert clerk.get(f"{LIST}/{file_id}/rejects.csv").status_code == 403


def test_the_template_is_a_file_that_can_be_uploaded(browse, made):
    visitor = browse()
    template = visitor.get(f"{LIST}/template.csv").get_data()

    file_id = _checked(visitor, made, template)

    page = text_of(visitor.get(f"{LIST}/{file_id}/check"))
    assert "Rejected 2" in page
    assert "Control totals Agree" in page


def test_an_agency_without_a_placement_is_told_what_comes_first(make, visit):
    visitor = visit(make.agent(make.agency()))

    assert "No file was uploaded yet" in text_of(visitor.get(LIST))
    assert "No bank has placed accounts with you yet" in text_of(visitor.get(f"{LIST}/new"))


def test_every_bad_row_is_explained_in_chinese(browse, made):
    visitor = browse()
    visitor.client.set_cookie("language", "zh")
    ref = ref_of(made)
    rows = [{"placement_ref": ref, **cells} for cells, _code in BAD_ROWS.values()]
    file_id = _checked(visitor, made, day_file(rows))

    page = visitor.get(f"{LIST}/{file_id}/check")
    body = page.get_data(as_text=True)
    page.set_data(body[body.index("<main") : body.index("</main>")])

    told = text_of(page)
    for cells, _code in BAD_ROWS.values():
        for text in sorted(cells.values(), key=len, reverse=True):
            told = told.replace(text[:79], "") if text else told
    assert ENGLISH.findall(told) == []
    assert "“2026-11-25”没有时刻。" in text_of(page)


def test_every_reason_and_every_field_has_its_words_in_chinese(app):
    texts = [target.label for target in ACTION_TARGETS]
    for reason in (*ACTION_ROW_REASONS.values(), *FILE_REASONS.values()):
        texts += [reason.message, reason.cure]
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert [text for text in texts if gettext(text) == text] == []


def test_the_file_list_pages_and_names_each_state(acting_as, browse, agency, make, made, calls):
    agent = make.agent(agency)
    visitor = browse()
    waiting = receive(agent, made.bank_id, day_file(calls), name="waiting.csv")
    failed = receive(agent, made.bank_id, day_file(calls[:1]), name="failed.csv")
    with acting_as(agent) as session:
        file_runs.ask_run(session, agent, waiting, Step.CHECK, at=NOW)
        kept = session.scalars(select(ActionFile).where(ActionFile.id == failed)).one()
        kept.report = {
            "check": {
                "state": "failed",
                "asked_at": NOW.isoformat(),
                "seen_at": NOW.isoformat(),
                "fault": ["This was not begun.", {}],
            }
        }

    page = text_of(visitor.get(LIST))
    progress = text_of(visitor.get(f"{LIST}/{failed}/progress"))

    assert "waiting.csv" in page
    assert "Being checked" in page
    assert "Could not go on" in page
    assert "This was not begun." in progress
    with acting_as(agent) as session:
        run = find_run(files.get_file(session, agent, waiting), Step.CHECK)
    assert run.state is RunState.WAITING
