"""Money an agency collected pays the instalments of a plan too, once the bank has verified it."""

from __future__ import annotations

from portal.core.money import Money
from portal.core.plans.models import InstalmentState, PlanState
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery, verify_recovery
from tests.support.factories import NOON, TODAY
from tests.support.plans import accept, list_parts, read_plan


def _collect(make, acting_as, made, minor):
    agent, manager = make.agent(made.agency), make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        recovery = report_recovery(
            session,
            agent,
            made.id,
            Money(minor, "USD"),
            received_on=TODAY,
            recipient=Recipient.AGENCY,
            external_ref=f"cheque {minor}",
            at=NOON,
            today=TODAY,
        )
    reported = list_parts(made, made.plan)
    with acting_as(manager) as session:
        verify_recovery(session, manager, recovery.id, at=NOON)
    return reported


def test_a_verified_recovery_pays_the_oldest_instalments(make, acting_as):
    made = make.account(agency=make.agency())
    make.plan_policy(made.bank)
    made.plan = accept(made, 20_000)

    reported = _collect(make, acting_as, made, 30_000)

    assert {part.state for part in reported} == {InstalmentState.DUE}
    assert [(part.state, part.paid_minor) for part in list_parts(made, made.plan)[:3]] == [
        (InstalmentState.PAID, 20_000),
        (InstalmentState.PART_PAID, 10_000),
        (InstalmentState.DUE, 0),
    ]


def test_a_recovery_of_all_that_is_owed_completes_the_plan(make, acting_as):
    made = make.account(agency=make.agency())
    make.plan_policy(made.bank)
    made.plan = accept(made, 20_000)

    _collect(make, acting_as, made, 246_737)

    assert read_plan(made, made.plan).state is PlanState.COMPLETED
