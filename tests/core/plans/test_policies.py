"""Setting a bank's plan policy: what it may say, from when it holds, who may set it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.core.audit import AuditRow
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.permissions import Role, Side
from portal.core.plans.models import PlanPolicy
from portal.core.plans.policies import PolicyTerms, list_policies, set_plan_policy
from portal.core.plans.proposals import find_policy
from portal.core.principal import Principal
from portal.core.rules.plans import Band
from tests.support.factories import TODAY

TERMS = PolicyTerms(
    currency="USD",
    bands=(Band(100_000, 2_500, 12), Band(None, 10_000, 60)),
    start_within_days=31,
    minimum_payment_minor=500,
)


def _set(acting_as, actor, terms=TERMS, *, effective_from=TODAY):
    with acting_as(actor) as session:
        return set_plan_policy(session, actor, terms, effective_from=effective_from, today=TODAY)


def test_a_policy_holds_from_its_day_and_the_one_before_until_then(make, acting_as):
    bank = make.bank()
    actor = make.vendor_manager(bank)
    tomorrow = TODAY + timedelta(1)

    first = _set(acting_as, actor)
    second = _set(
        acting_as, actor, replace(TERMS, minimum_payment_minor=900), effective_from=tomorrow
    )

    with acting_as(actor) as session:
        assert find_policy(session, bank.id, "USD", on=TODAY - timedelta(1)) is None
        assert find_policy(session, bank.id, "USD", on=TODAY).id == first.id
        assert find_policy(session, bank.id, "USD", on=tomorrow).id == second.id
        assert [policy.id for policy in list_policies(session, bank.id)] == [second.id, first.id]


def test_setting_a_policy_is_written_down(make, acting_as):
    actor = make.vendor_manager(make.bank())

    policy = _set(acting_as, actor)

    with acting_as(actor) as session:
        [row] = session.scalars(select(AuditRow))
    assert (row.verb, row.subject_id, row.actor_id) == ("policy.set", policy.id, actor.user_id)


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, currency="XXX1"),
        replace(TERMS, minimum_payment_minor=0),
        replace(TERMS, bands=()),
        replace(TERMS, bands=(Band(100, 10, 1),)),
        replace(TERMS, bands=(Band(None, 10, 1), Band(None, 10, 1))),
        replace(TERMS, bands=(Band(200, 10, 1), Band(100, 10, 1), Band(None, 10, 1))),
        replace(TERMS, bands=(Band(100, 10, 1), Band(100, 10, 1), Band(None, 10, 1))),
        replace(TERMS, bands=(Band(None, 0, 1),)),
        replace(TERMS, bands=(Band(None, 10, 0),)),
        replace(TERMS, bands=(Band(None, 10, 121),)),
    ],
)
def test_terms_that_make_no_sense_are_refused(make, acting_as, terms):
    with pytest.raises(Invalid):
        _set(acting_as, make.vendor_manager(make.bank()), terms)


def test_a_policy_does_not_begin_in_the_past(make, acting_as):
    with pytest.raises(Invalid):
        _set(
            acting_as,
            make.vendor_manager(make.bank()),
            effective_from=date(2026, 11, 23),
        )


def test_a_policy_of_a_day_stays_as_it_was_set(make, acting_as):
    actor = make.vendor_manager(make.bank())
    _set(acting_as, actor)

    with pytest.raises(Conflict):
        _set(acting_as, actor, replace(TERMS, minimum_payment_minor=900))

    _set(acting_as, actor, replace(TERMS, currency="CNY"))
    with acting_as(actor) as session:
        assert session.scalar(select(func.count()).select_from(PlanPolicy)) == 2


@pytest.mark.parametrize("role", [Role.BANK_ADMIN, Role.BANK_ANALYST])
def test_only_who_sets_policies_may(make, acting_as, role):
    bank = make.bank()
    person = make.staff(bank, role)

    with pytest.raises(PermissionDenied):
        _set(acting_as, Principal.staff(Side.BANK, bank.id, person.id, role))


def test_a_policy_belongs_to_a_bank(make, acting_as):
    agency = make.agency()
    actor = Principal(Side.AGENCY, agency.id, Role.VENDOR_MANAGER, agency_id=agency.id)

    with acting_as(actor) as session, pytest.raises(NotFound):
        set_plan_policy(session, actor, TERMS, effective_from=TODAY, today=TODAY)
