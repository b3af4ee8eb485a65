"""Decisions made again: hundreds, of many places and a bank's own rules, from what was kept."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from portal.core.actions import rejudging
from portal.core.actions.own_rules import set_rules
from portal.core.actions.own_settings_reading import read_settings
from portal.core.actions.permits import ask_permit
from portal.core.actions.rejudging import NO_ANSWER, replay
from portal.core.actions.service import Told, log_action
from portal.core.errors import NotFound
from portal.core.rules import Channel, Outcome
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY, Factory

pytestmark = pytest.mark.abuse("T8")

AT = NOON + timedelta(hours=1)
LATER = NOON + timedelta(days=20)
PLACES = (
    ("US", "NY", ("America/New_York", "America/Los_Angeles")),
    ("US", "MA", ("America/New_York",)),
    ("CN", "", ("Asia/Shanghai",)),
    ("GB", "", ("Europe/London",)),
    ("IN", "", ("Asia/Kolkata",)),
    ("AU", "NSW", ("Australia/Sydney",)),
    ("DE", "", ("Europe/Berlin",)),
    ("BR", "", ("America/Sao_Paulo",)),  # no pack
    ("US", "", ()),  # no zone
)
OUTCOMES = (Outcome.NO_ANSWER, Outcome.CONVERSATION, Outcome.VOICEMAIL_LEFT, Outcome.UNKNOWN)


@pytest.fixture(scope="module")
def decided(app):
    """Return a bank's manager after 270 decisions; its own rules changed half way."""
    with app.app_context():
        make = Factory()
        bank, agency = make.bank(), make.agency()
        manager, agent = make.vendor_manager(bank), make.agent(agency)
        people = [
            make.account(bank=bank, agency=agency, country=country, state=state, zones=zones)
            for country, state, zones in PLACES
        ]
        for version, cap in enumerate((4, 2)):
            _set_cap(manager, cap, effective_from=TODAY + timedelta(days=3 * version))
        for number in range(15):
            for made in people:
                _decide(agent, made, number)
    return manager


def _set_cap(manager, cap, *, effective_from):
    settings = read_settings({"caps": [{"channels": ["call"], "most": cap, "days": 7}]})
    days = {"effective_from": effective_from, "at": NOON, "today": TODAY}
    with transaction(manager) as session:
        set_rules(session, manager, settings, note="", **days)


def _decide(agent, made, number):
    at = AT + timedelta(hours=7 * number)
    channel, outcome = (Channel.CALL, Channel.SMS)[number % 2], OUTCOMES[number % 4]
    told = Told(channel=channel, outcome=outcome, made_at=at)
    with transaction(agent) as session:
        log_action(session, agent, made.id, told, now=LATER)
        ask_permit(session, agent, made.id, Channel.CALL, at=at + timedelta(hours=1))


@contextmanager
def tampered(admin, table, where, values):
    """Change rows behind the portal's back for a while: `values` by column."""
    columns = ", ".join(values)
    rows = admin.execute(f"SELECT id, {columns} FROM {table} WHERE {where}").fetchall()
    assert rows
    ids = [row[0] for row in rows]
    sets = ", ".join(f"{column} = {value}" for column, value in values.items())
    admin.execute(f"UPDATE {table} SET {sets} WHERE id = ANY (%s)", (ids,))
    try:
        yield len(rows)
    finally:
        back = ", ".join(f"{column} = %s" for column in values)
        for row_id, *kept in rows:
            old = [
                Jsonb(value) if column in ("facts", "packs") else value
                for column, value in zip(values, kept, strict=True)
            ]
            admin.execute(f"UPDATE {table} SET {back} WHERE id = %s", (*old, row_id))


def _one(manager, table, verdict):
    return (
        f"id = (SELECT id FROM {table} WHERE bank_id = '{manager.bank_id}'"
        f" AND verdict = '{verdict}' ORDER BY id DESC LIMIT 1)"
    )


def _replay(acting_as, manager, limit=500):
    with acting_as(manager) as session:
        return replay(session, manager, limit=limit)


def _differing(acting_as, manager):
    return Counter(each.kind for each in _replay(acting_as, manager) if not each.is_same)


def test_all_of_them_come_out_as_they_were(acting_as, decided):
    found = _replay(acting_as, decided)

    assert Counter(each.kind for each in found) == {"action": 135, "permit": 135}
    assert {each.was for each in found} == {
        *("allow", "review", "guidance_breach", "presumed_violation", "violation"),
    }
    assert any(rule.startswith("BANK") for each in found for rule in each.rules_were)
    assert [each for each in found if not each.is_same] == []


def test_the_packs_of_today_are_not_even_asked(acting_as, decided, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a pack of today was read")

    monkeypatch.setattr(rejudging, "load_packs", refuse)
    monkeypatch.setattr(rejudging, "find_pack", refuse)
    monkeypatch.setattr(rejudging, "_compiled_packs", {})

    assert _differing(acting_as, decided) == {}


@pytest.mark.parametrize(
    ("table", "verdict", "column", "value", "kind"),
    [
        ("judgements", "allow", "facts", "facts - 'zones'", "action"),
        ("judgements", "violation", "verdict", "'allow'", "action"),
        ("judgements", "violation", "rules", "'{}'", "action"),
        (
            *("judgements", "presumed_violation", "facts"),
            "jsonb_set(facts, '{history}', '[]')",
            "action",
        ),
        ("judgements", "violation", "packs", "'[]'", "action"),
        ("permits", "allow", "facts", "facts - 'zones'", "permit"),
        ("permits", "violation", "verdict", "'review'", "permit"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_whatever_was_changed_of_one_decision_shows(
    acting_as, decided, admin, table, verdict, column, value, kind
):
    with tampered(admin, table, _one(decided, table, verdict), {column: value}):
        assert _differing(acting_as, decided) == {kind: 1}

    assert _differing(acting_as, decided) == {}


@pytest.mark.parametrize("facts", ["{}", '{"at": "soon"}', '{"at": "2026-11-24", "x": 1}'])
def test_facts_that_cannot_be_read_are_a_difference_and_no_exception(
    acting_as, decided, admin, facts
):
    for table in ("judgements", "permits"):
        where = _one(decided, table, "allow")
        with tampered(admin, table, where, {"facts": f"'{facts}'"}):
            differing = [each for each in _replay(acting_as, decided) if not each.is_same]

        assert [each.now for each in differing] == [NO_ANSWER]


@pytest.mark.parametrize("changed", [True, False])
def test_a_kept_pack_that_was_changed_or_lost_is_found_by_its_hash(
    acting_as, decided, admin, monkeypatch, changed
):
    digest, document = admin.execute(
        "SELECT r.hash, r.document FROM judgements j, jsonb_array_elements(j.packs) p,"
        " doors.rule_packs r WHERE j.bank_id = %s AND p ->> 'id' = 'in'"
        " AND r.hash = p ->> 'hash' LIMIT 1",
        (decided.bank_id,),
    ).fetchone()
    monkeypatch.setattr(rejudging, "_compiled_packs", {})
    admin.execute("DELETE FROM doors.rule_packs WHERE hash = %s", (digest,))
    if changed:
        _keep(admin, digest, {**document, "title": "Something else"})
    try:
        assert _differing(acting_as, decided) == {"action": 15, "permit": 15}
    finally:
        admin.execute("DELETE FROM doors.rule_packs WHERE hash = %s", (digest,))
        _keep(admin, digest, document)


def _keep(admin, digest, document):
    admin.execute(
        "INSERT INTO doors.rule_packs (hash, document) VALUES (%s, %s)",
        (digest, Jsonb(document)),
    )


def test_a_limit_takes_the_newest(acting_as, decided):
    assert len(_replay(acting_as, decided, limit=10)) == 20


def test_only_a_whole_bank_is_replayed(make, acting_as):
    agent = make.agent(make.agency())

    with acting_as(agent) as session, pytest.raises(NotFound):
        replay(session, agent, limit=1)


def test_another_banks_decisions_are_not_replayed(make, acting_as, decided):
    stranger = make.vendor_manager(make.bank())

    assert _replay(acting_as, stranger) == []
