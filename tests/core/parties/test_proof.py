"""The debtor's proof: what opens the door, what does not, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from portal.core import seals
from portal.core.db import uuid7
from portal.core.errors import NotFound
from portal.core.outbox import Message
from portal.core.parties import door_counters, passcodes, proof
from portal.core.parties.letter_codes import new_code
from portal.core.parties.models import ContactPoint, Debtor
from portal.core.parties.passcodes import Note
from portal.core.parties.proof import NOBODY, Fact, Step, Visit
from portal.core.principal import Principal
from tests.support.factories import NOON
from tests.support.letters import send
from tests.support.parallel import at_once

BIRTH = date(1980, 5, 17)


class _Words:
    def passcode(self, language, code):
        return Note(text=f"{language} {code}", subject="subject")

    def somebody_asked(self, language):
        return Note(text=f"{language} somebody", subject="subject")


@dataclass
class _Door:
    made: object
    code_hash: bytes
    acting_as: object
    network: str

    def visit(self) -> Visit:
        with self.acting_as(NOBODY) as session:
            answer = proof.try_code(session, self.code_hash, network=self.network, at=NOON)
        assert answer.visit is not None
        return answer.visit

    def give(self, fact, *, at=NOON, network=None):
        visit = self._named()
        with self.acting_as(visit.principal) as session:
            return proof.try_fact(session, visit, fact, network=network or self.network, at=at)

    def choices(self, *, at=NOON):
        visit = self._named()
        with self.acting_as(visit.principal) as session:
            return passcodes.contact_choices(session, visit, at=at)

    def send(self, *, browser="browser-1", at=NOON, contact_id=None):
        visit = self._named()
        chosen = contact_id or self.choices(at=at)[0].id
        with self.acting_as(visit.principal) as session:
            return passcodes.send_passcode(
                session, visit, chosen, browser=browser, at=at, words=_Words()
            )

    def enter(self, digits, *, browser="browser-1", at=NOON):
        visit = self._named()
        with self.acting_as(visit.principal) as session:
            return passcodes.try_passcode(
                session, visit, digits, browser=browser, network=self.network, at=at
            )

    def _named(self) -> Visit:
        made = self.made
        return Visit(self.code_hash, made.bank_id, made.id, made.debtor_id, self.letter_id)

    letter_id: object = None


@pytest.fixture
def door(make, acting_as):
    made = make.account(agency=make.agency())
    sent = send(made)
    return _Door(made, proof.code_hash(sent.code), acting_as, f"10.0.{uuid7().hex}", sent.letter.id)


def _messages(acting_as, made):
    machine = Principal.machine_of(made.bank_id)
    with acting_as(machine) as session:
        key = seals.owner_key(session, made.bank_id)
        rows = session.query(Message).order_by(Message.id).all()
        return [
            (
                row.channel,
                key.open("messages.to", row.id, row.to_sealed),
                key.open("messages.body", row.id, row.body_sealed),
            )
            for row in rows
        ]


def _newest_digits(acting_as, made):
    texts = [text for channel, _, text in _messages(acting_as, made) if channel == "text"]
    return texts[-1].split()[-1]


def test_code_fact_and_passcode_together_prove_the_person(door, acting_as):
    visit = door.visit()

    assert visit.debtor_id == door.made.debtor_id
    assert door.give(Fact(birth=BIRTH)) is Step.PASSED
    assert door.send() is Step.PASSED
    assert door.enter(_newest_digits(acting_as, door.made)) is Step.PASSED


def test_the_last_four_digits_do_as_well_as_the_birthday(door):
    assert door.give(Fact(last_digits="4821")) is Step.PASSED


@pytest.mark.abuse("C2")
def test_unknown_expired_and_voided_codes_are_answered_alike(door, acting_as):
    unknown = proof.code_hash(new_code())
    for _ in range(5):
        door.give(Fact(birth=date(1990, 1, 1)))

    with acting_as(NOBODY) as session:
        answers = [
            proof.try_code(session, hashed, network=f"10.1.{uuid7().hex}", at=at)
            for hashed, at in (
                (unknown, NOON),
                (door.code_hash, NOON + timedelta(days=21)),
                (door.code_hash, NOON),
            )
        ]

    assert {(answer.step, answer.visit) for answer in answers} == {(Step.MISSED, None)}


@pytest.mark.abuse("C2")
def test_the_fifth_wrong_fact_voids_the_code_and_the_right_one_comes_too_late(door):
    steps = [door.give(Fact(birth=date(1990, 1, 1))) for _ in range(5)]

    assert steps == [Step.MISSED] * 5
    assert door.give(Fact(birth=BIRTH), at=NOON + timedelta(hours=2)) is Step.SPENT


@pytest.mark.abuse("C2")
def test_twenty_guesses_at_once_are_five_guesses(app, door):
    steps = at_once(app, 20, lambda n: door.give(Fact(last_digits=f"{n:04d}")))

    assert steps.count(Step.MISSED) == 5
    assert Step.PASSED not in steps


@pytest.mark.abuse("C2")
def test_a_network_that_misses_ten_codes_waits_and_others_do_not(door, acting_as):
    guesser = f"10.2.{uuid7().hex}"
    with acting_as(NOBODY) as session:
        steps = [
            proof.try_code(session, proof.code_hash(new_code()), network=guesser, at=NOON).step
            for _ in range(12)
        ]
        theirs = proof.try_code(session, door.code_hash, network=guesser, at=NOON)
        ours = proof.try_code(session, door.code_hash, network=door.network, at=NOON)
        later = proof.try_code(
            session, door.code_hash, network=guesser, at=NOON + timedelta(minutes=15)
        )

    assert steps == [Step.MISSED] * 10 + [Step.PAUSED] * 2
    assert (theirs.step, ours.step, later.step) == (Step.PAUSED, Step.PASSED, Step.PASSED)


@pytest.mark.abuse("C2")
def test_a_spray_from_two_hundred_networks_closes_the_door_within_its_budget(door, acting_as):
    day = NOON + timedelta(days=4)
    looked_up = 0
    with acting_as(NOBODY) as session:
        for number in range(2_000):
            answer = proof.try_code(
                session,
                proof.code_hash(new_code()),
                network=f"spray-{number % 200}",
                at=day,
            )
            looked_up += answer.step is Step.MISSED
        closed = proof.try_code(session, door.code_hash, network=door.network, at=day)
        session.rollback()

    assert looked_up == door_counters.MOST_MISSES_OF_THE_SITE
    assert (closed.step, closed.site_paused) == (Step.PAUSED, True)


@pytest.mark.abuse("C4")
def test_a_fact_alone_shows_nothing_and_the_other_channel_is_told(door, acting_as):
    door.give(Fact(birth=BIRTH))
    door.send()

    channels = [(channel, to) for channel, to, _ in _messages(acting_as, door.made)]

    assert channels == [("text", door.made.phone), ("email", door.made.email)]


@pytest.mark.abuse("C1")
def test_a_passcode_goes_to_telephones_and_to_mailboxes_only_without_any(door, acting_as, admin):
    with_phone = door.choices()
    admin.execute(
        "UPDATE contact_points SET kind = 'address' WHERE debtor_id = %s AND kind = 'phone'",
        [door.made.debtor_id],
    )

    without_phone = door.choices()

    assert [choice.kind for choice in with_phone] == ["phone"]
    assert [choice.kind for choice in without_phone] == ["email"]
    assert door.made.phone not in str(with_phone)
    assert door.made.email not in str(without_phone)


@pytest.mark.abuse("C5")
@pytest.mark.parametrize(
    ("received_at", "counts"),
    [
        (NOON - timedelta(days=14), True),
        (NOON - timedelta(days=14) + timedelta(seconds=1), False),
        (NOON + timedelta(seconds=1), False),
    ],
)
def test_a_number_that_came_later_than_the_person_counts_once_it_is_old_enough(
    door, acting_as, admin, received_at, counts
):
    made = door.made
    admin.execute(
        "UPDATE debtors SET created_at = %s WHERE id = %s",
        [NOON - timedelta(days=400), made.debtor_id],
    )
    with acting_as(Principal.system(made.bank_id)) as session:
        debtor = session.get_one(Debtor, (made.bank_id, made.debtor_id))
        key = seals.owner_key(session, made.bank_id).inner_key(debtor.id, debtor.wrapped_key)
        point_id = uuid7()
        session.add(
            ContactPoint(
                bank_id=made.bank_id,
                id=point_id,
                debtor_id=made.debtor_id,
                kind="phone",
                value_sealed=key.seal("contact_points.value", point_id, "+12125559999"),
                value_index=seals.lookup_hash("contact.phone", "+12125559999", made.bank_id),
                received_at=received_at,
            )
        )

    assert (point_id in [choice.id for choice in door.choices()]) is counts


@pytest.mark.abuse("C5")
def test_a_passcode_works_only_in_the_browser_that_asked(door, acting_as):
    door.send(browser="browser-1")
    digits = _newest_digits(acting_as, door.made)

    assert door.enter(digits, browser="browser-2") is Step.SPENT
    assert door.enter(digits, browser="browser-1") is Step.PASSED


@pytest.mark.abuse("C5")
def test_a_passcode_works_once_and_for_ten_minutes(door, acting_as):
    door.send()
    digits = _newest_digits(acting_as, door.made)

    assert door.enter(digits, at=NOON + timedelta(minutes=10)) is Step.SPENT
    assert door.enter(digits, at=NOON + timedelta(minutes=9, seconds=59)) is Step.PASSED
    assert door.enter(digits) is Step.SPENT


@pytest.mark.abuse("C5")
def test_the_sixth_try_is_refused_even_when_it_is_right(door, acting_as):
    door.send()
    digits = _newest_digits(acting_as, door.made)
    wrong = "000000" if digits != "000000" else "111111"

    steps = [door.enter(wrong) for _ in range(5)]

    assert steps == [Step.MISSED] * 4 + [Step.SPENT]
    assert door.enter(digits) is Step.SPENT


@pytest.mark.abuse("C5")
def test_twenty_tries_at_once_let_in_one(app, door, acting_as):
    door.send()
    digits = _newest_digits(acting_as, door.made)

    steps = at_once(app, 20, lambda _: door.enter(digits))

    assert steps.count(Step.PASSED) == 1
    assert set(steps) == {Step.PASSED, Step.SPENT}


@pytest.mark.abuse("C5")
def test_an_earlier_passcode_stops_working_when_a_new_one_is_sent(door, acting_as):
    door.send()
    earlier = _newest_digits(acting_as, door.made)
    assert door.send(at=NOON + timedelta(seconds=59)) is Step.SPENT
    assert door.send(at=NOON + timedelta(seconds=60)) is Step.PASSED
    newer = _newest_digits(acting_as, door.made)

    at = NOON + timedelta(seconds=61)
    assert earlier == newer or door.enter(earlier, at=at) is Step.MISSED
    assert door.enter(newer, at=at) is Step.PASSED


def test_no_more_than_five_passcodes_go_out_in_an_hour(door):
    steps = [door.send(at=NOON + timedelta(minutes=number)) for number in range(6)]

    assert steps == [Step.PASSED] * 5 + [Step.PAUSED]


def test_a_passcode_goes_to_no_contact_point_but_the_choices(door, make, acting_as):
    with acting_as(Principal.system(door.made.bank_id)) as session:
        mailbox = (
            session.query(ContactPoint)
            .filter_by(debtor_id=door.made.debtor_id, kind="email")
            .one()
            .id
        )

    for contact_id in (mailbox, uuid7()):
        with pytest.raises(NotFound):
            door.send(contact_id=contact_id)


def test_a_person_without_the_fact_on_file_is_answered_like_a_wrong_fact(door, admin):
    admin.execute("UPDATE debtors SET birth_sealed = NULL WHERE id = %s", [door.made.debtor_id])

    assert door.give(Fact(birth=BIRTH)) is Step.MISSED


def test_a_visitor_who_is_proving_sees_no_other_person(make, acting_as, door):
    other = make.account(bank=door.made.bank)
    visit = replace(door._named(), debtor_id=other.debtor_id)

    with acting_as(door._named().principal) as session, pytest.raises(NotFound):
        passcodes.contact_choices(session, visit, at=NOON)


def test_counts_whose_time_is_over_are_forgotten(door, acting_as):
    guesser = f"10.4.{uuid7().hex}"
    with acting_as(NOBODY) as session:
        proof.try_code(session, proof.code_hash(new_code()), network=guesser, at=NOON)
        door_counters.sweep(session, NOON)
        kept = door_counters.misses(session, "door.network", guesser.encode(), NOON)
        door_counters.sweep(session, NOON + timedelta(minutes=15))
        gone = door_counters.misses(session, "door.network", guesser.encode(), NOON)

    assert (kept, gone) == (1, 0)
