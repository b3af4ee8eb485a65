"""Writing to a person: a template or one's own words, checked, marked, sent or kept back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.permits import grant_asked
from portal.core.outbox import Message
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.agency.conftest import NOW
from tests.support.factories import NOON

NIGHT = datetime.fromisoformat("2026-11-24T22:00-05:00")
FIRST = "agency_first.agency.{channel}.{language}"


@pytest.fixture
def made(make, agency, admin):
    """Return an account whose person agreed to texts and wrote an e-mail about the debt."""
    made = make.account(agency=agency)
    for kind, basis in (
        ("phone", '{"route": "consent", "opted_out": false, "consented_on": "2026-11-10"}'),
        ("email", '{"route": "consumer_used"}'),
    ):
        admin.execute(
            "UPDATE contact_points SET basis = %s WHERE debtor_id = %s AND kind = %s",
            [basis, made.debtor_id, kind],
        )
    return made


@pytest.fixture
def visitor(browse):
    return browse(Role.COLLECTOR)


def address(made, channel="sms", language="en", template=True) -> str:
    begun = f"&template={FIRST.format(channel=channel, language=language)}" if template else ""
    return f"/agency/accounts/{made.id}/messages/new?channel={channel}&language={language}{begun}"


def typed(page: str) -> dict[str, str]:
    """Return what the form of a page would send as it stands."""
    text = re.search(r'<textarea[^>]*name="text"[^>]*>\s*(.*?)</textarea>', page, re.S).group(1)
    values = {
        "text": text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"),
        "contact_point": re.search(r'<select[^>]*id="contact_point".*?value="([^"]+)"', page, re.S)[
            1
        ],
        "language": re.search(r'id="language".*?selected value="([^"]+)"', page, re.S)[1],
        "purpose": re.search(r'id="purpose".*?selected value="([^"]+)"', page, re.S)[1],
    }
    for name in ("request_key", "mandate_code", "subject"):
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        values[name] = found.group(1) if found else ""
    return values


@pytest.fixture
def write(visitor, made):
    """Open the page with a template and press a button, with some values changed."""

    def press(step="send", channel="sms", template="en", **changed):
        path = address(made, channel, template)
        values = {**typed(visitor.get(path).get_data(as_text=True)), "step": step, **changed}
        return visitor.post(path, values)

    return press


@pytest.fixture
def rows(acting_as, make, agency, made):
    """Return the rows of a table about the account."""

    def read(table):
        with acting_as(make.agent(agency)) as session:
            return list(
                session.scalars(select(table).where(table.account_id == made.id).order_by(table.id))
            )

    return read


@pytest.fixture
def posted(acting_as, agency):
    """Return how many messages wait to leave for the agency, by channel."""

    def read():
        with acting_as(Principal.machine_of(agency.id)) as session:
            return [row.channel for row in session.scalars(select(Message).order_by(Message.id))]

    return read


@pytest.mark.parametrize("language", ["en", "zh", "es"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_template_is_filled_with_what_is_on_record_and_can_be_sent_as_it_is(
    write, rows, posted, made, channel, language
):
    answer = write(channel=channel, template=language)

    assert answer.status_code == 303, answer.get_data(as_text=True)
    (action,) = rows(Action)
    assert (action.channel, action.outcome) == (channel, "unknown")
    assert action.permit_id == rows(Permit)[0].id
    assert posted() == ["email" if channel == "email" else "text"]


def test_after_sending_the_account_shows_what_was_written(write, visitor, made):
    answer = write()

    page = visitor.get(answer.location).get_data(as_text=True)
    assert "The message is on its way." in page
    assert "Text message: sent from here" in page
    assert "With a permit" in page
    assert "Reply STOP to opt out." in page


def test_a_message_sent_twice_leaves_once(visitor, made, posted, rows):
    path = address(made)
    values = {**typed(visitor.get(path).get_data(as_text=True)), "step": "send"}

    answers = [visitor.post(path, values) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert posted() == ["text"]
    assert len(rows(Action)) == 1


def test_words_at_fault_are_marked_with_the_rule_and_how_to_put_it_right(write, posted, rows):
    answer = write(text="You will be arrested if you do not pay.")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(r'<mark class="dp-mark-bad">[^<]*arrested[^<]*</mark>', page)
    assert "owing money does not lead to this. Leave these words out." in page
    assert "The message does not say how to stop such messages." in page
    assert "You will be arrested if you do not pay.</textarea>" in page
    assert posted() == []
    assert rows(Permit) == []


def test_checking_sends_nothing_and_asks_for_no_permit(write, posted, rows):
    answer = write("check")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "As it would arrive" in page
    assert "Nothing stands against sending it" in page
    assert re.search(r"\d text messages?<", page)
    assert (posted(), rows(Permit), rows(Action)) == ([], [], [])


def test_a_consequence_is_sent_only_by_somebody_who_answers_for_it(visitor, made, posted):
    path = address(made)
    values = {**typed(visitor.get(path).get_data(as_text=True)), "step": "send"}
    values["text"] += " Otherwise we will sue you."

    first = visitor.post(path, values)
    second = visitor.post(path, {**values, "confirmed": "legal_action"})

    assert first.status_code == 422
    assert "Legal steps are lawful here and will be taken" in first.get_data(as_text=True)
    assert second.status_code == 303
    assert posted() == ["text"]


def test_a_rule_that_forbids_it_is_named_with_the_next_time_and_the_denial_is_kept(
    browse, made, posted, rows, stand_still
):
    stand_still(NIGHT)
    visitor, path = browse(Role.COLLECTOR), address(made)
    values = {**typed(visitor.get(path).get_data(as_text=True)), "step": "send"}

    answer = visitor.post(path, values)

    page = answer.get_data(as_text=True).replace("\u00a0", " ")
    (permit,) = rows(Permit)
    assert answer.status_code == 422
    assert permit.state is PermitState.DENIED
    assert "Not sent: a rule forbids it" in page
    assert "outside the hours allowed there" in page
    assert "25 November 2026, 8:00 AM EST" in page
    assert f"/agency/permits/{permit.id}" in page
    assert posted() == []


def test_what_a_person_decides_keeps_the_page_and_leaves_once_granted(
    make, agency, acting_as, admin, visitor, made, posted, rows
):
    admin.execute("UPDATE contact_points SET basis = NULL WHERE debtor_id = %s", [made.debtor_id])
    path = address(made)
    values = {**typed(visitor.get(path).get_data(as_text=True)), "step": "send"}

    asked = visitor.post(path, values)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 200
    assert "Not sent: a person has to decide" in page
    (permit,) = rows(Permit)
    manager = make.agent(agency)
    with acting_as(manager) as session:
        grant_asked(session, manager, permit.id, reason="The bank has it.", at=NOW)
    again = visitor.post(path, {**typed(page), "step": "send"})

    assert again.status_code == 303
    assert posted() == ["text"]
    assert rows(Action)[0].permit_id == permit.id


def test_an_email_needs_a_subject_that_gives_nothing_away(write, posted):
    missing = write(channel="email", subject="")
    revealing = write(channel="email", subject="Your overdue debt")

    assert (missing.status_code, revealing.status_code) == (422, 422)
    assert "The e-mail has no subject." in missing.get_data(as_text=True)
    assert "in the subject shows others that there is a debt" in revealing.get_data(as_text=True)
    assert posted() == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": ""}, "Write something, or choose a template."),
        ({"text": "x" * 5001}, "Shorten the text to 5000 characters."),
        ({"subject": "x" * 151}, "Shorten the subject to 150 characters."),
        ({"language": "fr"}, "valid choice"),
        ({"purpose": "file_suit"}, "valid choice"),
        ({"contact_point": "01a21067-1c04-74c1-ac2f-b48a9dbd495f"}, "valid choice"),
        ({"confirmed": "murder"}, "valid choice"),
    ],
)
def test_what_cannot_be_is_answered_and_nothing_leaves(write, posted, changed, message):
    answer = write(**changed)

    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert posted() == []


@pytest.mark.parametrize("template", ["nothing", "bank_reminder_1.bank.sms.en", "plan_missed"])
def test_a_template_that_is_not_there_or_not_ours_begins_nothing(visitor, made, template):
    path = f"/agency/accounts/{made.id}/messages/new?template={template}"

    answer = visitor.get(path)

    assert answer.status_code == 200
    assert re.search(
        r'<textarea[^>]*name="text"[^>]*>\s*</textarea>', answer.get_data(as_text=True)
    )


def test_without_an_address_there_is_nothing_to_write_to(
    acting_as, make, agency, visitor, made, admin
):
    agent = make.agent(agency)
    with acting_as(agent) as session:
        phone = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()
        session.add(
            ContactStatement(
                bank_id=made.bank_id,
                debtor_id=made.debtor_id,
                agency_ids=[agency.id],
                kind=StatementKind.WRONG_NUMBER,
                contact_point_id=phone,
                received_at=NOON,
                told_side=agent.side,
                told_by=agent.user_id,
            )
        )

    page = visitor.get(address(made)).get_data(as_text=True)
    account = visitor.get(f"/agency/accounts/{made.id}").get_data(as_text=True)

    assert "There is nowhere to send it" in page
    assert 'name="text"' not in page
    assert ">wrong</span>" in account


def test_who_does_not_collect_writes_nothing(browse, made):
    assert browse(Role.AGENCY_ADMIN).get(address(made)).status_code == 403


def test_what_somebody_types_is_only_text(write):
    answer = write("check", text="<script>alert(1)</script> <b>pay</b>")

    page = answer.get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_long_while_later_the_same_words_need_a_permit_of_their_own(
    browse, made, rows, posted, stand_still
):
    for hours in (0, 30):
        stand_still(NOW + timedelta(hours=hours))
        visitor, path = browse(Role.COLLECTOR), address(made)
        values = {**typed(visitor.get(path).get_data(as_text=True)), "step": "send"}
        assert visitor.post(path, values).status_code == 303

    assert [permit.state for permit in rows(Permit)] == [PermitState.USED] * 2
    assert posted() == ["text"] * 2
