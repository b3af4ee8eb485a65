"""Writing to a person: words and rules first, then permit, action and message in one go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import seals
from portal.core.actions.messages import (
    Draft,
    WordsRefused,
    check_message,
    send_message,
)
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.permits import ask_permit, grant_asked
from portal.core.actions.service import open_text
from portal.core.errors import Invalid, NotFound, PermissionDenied
from portal.core.outbox import Message
from portal.core.parties.letter_codes import new_code
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.permissions import Role, Side
from portal.core.placements.notices import try_mandate
from portal.core.principal import Principal
from portal.core.rules import Channel, Purpose
from portal.core.rules.wording import WordKind
from portal.web.letters import group_code
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
SOON = AT + timedelta(minutes=2)
LATE = datetime.fromisoformat("2026-11-24T22:00-05:00")
WORDS = (
    "{agency} for {bank}: please call +1 312 555 0100 about your account. Verify us: "
    "https://portal.example, code {code}. We are glad to help. We are trying to collect a debt and "
    "will use any information we get for that purpose. Reply STOP to opt out."
)


@pytest.fixture
def placed(make):
    """An account placed with an agency, and a collector of it."""
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency, Role.COLLECTOR)


@pytest.fixture
def point(acting_as, placed):
    """Return the id of a contact point of a kind."""
    made, agent = placed

    def find(kind: str):
        with acting_as(agent) as session:
            return session.scalars(
                select(ContactPoint.id).where(
                    ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == kind
                )
            ).one()

    return find


@pytest.fixture
def consent(admin, point):
    """Put on file that the person agreed to texts, so that no person has to decide."""
    admin.execute(
        "UPDATE contact_points SET basis = %s WHERE id = %s",
        ['{"route": "consent", "opted_out": false, "consented_on": "2026-11-10"}', point("phone")],
    )


@pytest.fixture
def draft(placed, point):
    """A text message with everything it has to say, some of it changed."""
    made, _ = placed

    def write(**changed):
        code = group_code(new_code())
        text = WORDS.format(agency=made.agency.name, bank=made.bank.name, code=code)
        values = {
            "channel": Channel.SMS,
            "contact_point_id": point("phone"),
            "language": "en",
            "text": text,
            "purpose": Purpose.PAYMENT_REQUEST,
            "mandate_code": code,
        }
        return Draft(**{**values, **changed})

    return write


@pytest.fixture
def send(acting_as, placed):
    """Send a draft as the collector."""
    made, agent = placed

    def send_it(draft, *, at=AT):
        with acting_as(agent) as session:
            return send_message(session, agent, made.id, draft, at=at)

    return send_it


@pytest.fixture
def posted(acting_as, placed):
    """Return what was posted for the agency, in the clear."""
    made, _ = placed

    def read():
        with acting_as(Principal.machine_of(made.agency.id)) as session:
            key = seals.owner_key(session, made.agency.id)
            return [
                (
                    row.channel,
                    row.kind,
                    key.open("messages.to", row.id, row.to_sealed),
                    key.open("messages.body", row.id, row.body_sealed),
                )
                for row in session.scalars(select(Message).order_by(Message.id))
            ]

    return read


def count_of(acting_as, agent, table, made):
    with acting_as(agent) as session:
        return len(session.scalars(select(table.id).where(table.account_id == made.id)).all())


def test_a_message_takes_a_permit_is_logged_with_its_words_and_leaves(
    acting_as, placed, draft, send, posted, consent
):
    made, agent = placed
    text = draft()

    sent = send(text)

    assert sent.permit.state is PermitState.USED
    assert sent.action.permit_id == sent.permit.id
    assert sent.permit.facts["message"]["optout_present"] is True
    with acting_as(agent) as session:
        action = session.get_one(Action, (made.bank_id, sent.action.id))
        assert open_text(session, action) == text.text
        assert (action.channel, action.outcome, action.purpose, action.breach_count) == (
            "sms",
            "unknown",
            "payment_request",
            0,
        )
    assert posted() == [("text", "contact", made.phone, text.text)]


def test_the_code_in_a_message_works_once_the_message_has_left(
    acting_as, placed, draft, send, consent
):
    made, _ = placed
    text = draft()
    visitor = Principal(side=Side.ENTERING, user_id=made.id, role=Role.NONE)

    def ask():
        with acting_as(visitor) as session:
            code = text.mandate_code.replace("-", "")
            return try_mandate(session, code, network=f"203.0.113.{made.id.int % 250}", at=SOON)

    before = ask().mandate
    send(text)

    assert before is None
    assert ask().mandate.agency_id == made.agency.id


def test_a_code_that_was_given_before_goes_on_working(acting_as, placed, draft, send, consent):
    text = draft()
    send(text)

    again = send(text, at=AT + timedelta(hours=30))

    assert again.action is not None


@pytest.mark.parametrize("code", ["7F3K", "7F3K-9QXM-A", "' OR 1=1"])
def test_a_code_that_is_none_stops_the_message(draft, send, posted, consent, code):
    text = draft().text.split("code ")[0] + f"code {code}. " + WORDS.split("{code}. ")[1]

    with pytest.raises(Invalid):
        send(draft(text=text, mandate_code=code))

    assert posted() == []


def test_words_that_must_not_be_sent_send_nothing_and_leave_no_trace(
    acting_as, placed, draft, send, posted, consent
):
    made, agent = placed
    bad = draft()
    bad = draft(text=bad.text + " You will be arrested.", mandate_code=bad.mandate_code)

    with pytest.raises(WordsRefused) as refused:
        send(bad)

    (block,) = refused.value.words.blocks
    assert bad.text[block.start : block.end] == block.words
    assert "arrested" in block.words
    assert posted() == []
    assert count_of(acting_as, agent, Permit, made) == 0
    assert count_of(acting_as, agent, Action, made) == 0


def test_a_rule_that_forbids_it_keeps_the_message_here_and_the_denial_on_record(
    acting_as, placed, draft, send, posted, consent
):
    made, agent = placed

    sent = send(draft(), at=LATE)

    assert (sent.action, sent.permit.state) == (None, PermitState.DENIED)
    assert sent.permit.next_allowed_at == datetime.fromisoformat("2026-11-25T08:00-05:00")
    assert posted() == []
    assert count_of(acting_as, agent, Action, made) == 0
    with acting_as(agent) as session:
        kept = session.get_one(Permit, (made.bank_id, sent.permit.id))
        assert kept.state is PermitState.DENIED


def test_what_a_person_has_to_decide_waits_and_leaves_once_they_did(
    acting_as, placed, make, draft, send, posted
):
    made, _ = placed
    text, manager = draft(), make.agent(made.agency)

    asked = send(text)
    assert (asked.action, asked.permit.state, posted()) == (None, PermitState.ASKED, [])
    with acting_as(manager) as session:
        grant_asked(session, manager, asked.permit.id, reason="The bank has it.", at=SOON)
    sent = send(text, at=SOON)

    assert sent.permit.id == asked.permit.id
    assert sent.action.permit_id == asked.permit.id
    assert len(posted()) == 1


def test_one_permit_lets_one_message_leave(acting_as, placed, make, draft, send, posted):
    made, _ = placed
    text, manager = draft(), make.agent(made.agency)
    asked = send(text)
    with acting_as(manager) as session:
        grant_asked(session, manager, asked.permit.id, reason="The bank has it.", at=SOON)

    first, second = send(text, at=SOON), send(text, at=SOON + timedelta(seconds=1))

    assert first.action is not None
    assert (second.action, second.permit.state) == (None, PermitState.ASKED)
    assert len(posted()) == 1


def test_a_person_somebody_else_holds_a_permit_on_is_not_written_to(
    acting_as, placed, make, draft, send, posted, consent
):
    made, _ = placed
    colleague = make.agent(made.agency, Role.COLLECTOR)
    with acting_as(colleague) as session:
        ask_permit(session, colleague, made.id, Channel.CALL, at=AT)

    sent = send(draft(), at=SOON)

    assert sent.permit.state is PermitState.DENIED
    assert posted() == []


def test_who_confirmed_what_a_message_announces_is_on_record(
    acting_as, placed, draft, send, consent, admin
):
    first = draft()
    text = first.text + " Otherwise we will sue you."
    announced = draft(text=text, mandate_code=first.mandate_code)
    with pytest.raises(WordsRefused):
        send(announced)
    confirmed = frozenset({WordKind.LEGAL_ACTION})

    sent = send(draft(text=text, mandate_code=first.mandate_code, confirmed=confirmed))

    _made, agent = placed
    kept = admin.execute(
        "SELECT actor_id, facts ->> 'confirmed' FROM audit_rows"
        " WHERE verb = 'message.sent' AND subject_id = %s",
        [sent.action.id],
    ).fetchone()
    assert kept == (agent.user_id, '["legal_action"]')


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"channel": Channel.EMAIL}, "contact_point"), ({"channel": Channel.LETTER}, None)],
)
def test_a_message_goes_only_where_its_channel_reaches(draft, send, changed, field):
    with pytest.raises(Invalid) as refused:
        send(draft(**changed))

    assert refused.value.values.get("field") == field


def test_a_number_known_to_be_somebody_elses_is_not_written_to(
    acting_as, placed, draft, send, point
):
    made, agent = placed
    phone = point("phone")
    with acting_as(agent) as session:
        session.add(
            ContactStatement(
                bank_id=made.bank_id,
                debtor_id=made.debtor_id,
                agency_ids=[made.agency.id],
                kind=StatementKind.WRONG_NUMBER,
                contact_point_id=phone,
                received_at=NOON,
                told_side=agent.side,
                told_by=agent.user_id,
            )
        )

    with pytest.raises(Invalid, match="known not to be the person's"):
        send(draft())


def test_another_persons_number_is_no_place_to_write_to(make, acting_as, placed, draft, send):
    made, agent = placed
    other = make.account(bank=made.bank, agency=made.agency)
    with acting_as(agent) as session:
        strange = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == other.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()

    with pytest.raises(Invalid):
        send(draft(contact_point_id=strange))


def test_only_who_collects_writes_and_only_about_their_accounts(
    make, acting_as, placed, draft, consent
):
    made, _ = placed
    text = draft()
    stranger, admin = make.agent(make.agency()), make.agent(made.agency, Role.AGENCY_ADMIN)

    with pytest.raises(NotFound), acting_as(stranger) as session:
        send_message(session, stranger, made.id, text, at=AT)
    with pytest.raises(PermissionDenied), acting_as(admin) as session:
        send_message(session, admin, made.id, text, at=AT)
    with pytest.raises(NotFound), acting_as(stranger) as session:
        check_message(session, stranger, made.id, text, at=AT)


def test_looking_at_a_draft_asks_nobody_and_writes_nothing(acting_as, placed, draft, consent):
    made, agent = placed
    text = draft()

    with acting_as(agent) as session:
        checked = check_message(session, agent, made.id, text, at=AT)

    assert not checked.words.is_blocked
    assert checked.judgement.is_allowed
    assert count_of(acting_as, agent, Permit, made) == 0


def test_the_second_message_need_not_say_everything_the_first_had_to(draft, send, consent):
    later = draft()
    words = later.text.replace(
        "We are trying to collect a debt and will use any information we get for that purpose.",
        "This is from a debt collector.",
    )
    later = draft(text=words, mandate_code=later.mandate_code)
    with pytest.raises(WordsRefused):
        send(later)

    send(draft())

    assert send(later, at=SOON).action is not None
