"""Sending a notice: a letter is refused when a rule forbids it, and logged when it goes out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.holds import open_hold
from portal.core.actions.models import Action
from portal.core.actions.notices import send_notice
from portal.core.actions.permits import ask_permit
from portal.core.errors import Conflict
from portal.core.placements.letters import Document
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)


def _compose(facts):
    return [Document(snapshot="{}", language=facts.language, template="notice_us/1")]


def _send(acting_as, made):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        return send_notice(session, system, made.id, at=AT, compose=_compose)


def test_a_notice_on_a_held_account_is_refused(make, acting_as):
    made = make.account(agency=make.agency())
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        open_hold(session, manager, made.debtor_id, kind=HoldKind.COMPLAINT, at=NOON)

    with pytest.raises(Conflict):
        _send(acting_as, made)


def test_a_colleagues_permit_to_call_does_not_stop_a_letter(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        ask_permit(session, agent, made.id, Channel.CALL, at=AT)

    _send(acting_as, made)

    with acting_as(agent) as session:
        logged = session.scalars(select(Action.channel).where(Action.account_id == made.id)).all()
        assert logged == ["letter"]
