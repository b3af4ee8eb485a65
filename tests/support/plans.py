"""Plans for tests: accepted as a person does, and read as the database has them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from portal.core.idempotency import new_key
from portal.core.money import Money
from portal.core.plans.accept import Evidence, accept_plan
from portal.core.plans.models import Instalment, Plan
from portal.core.plans.proposals import propose_plan
from portal.core.principal import Principal
from portal.core.rules.plans import Ask
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY, MadeAccount

EVIDENCE = Evidence(network_hash=b"\x01" * 32, text_version="accept_plan/1", language="en")


def ask_for(
    made: MadeAccount, minor: int, *, frequency: str = "monthly", starts_on: date | None = None
) -> Ask:
    """Return what a person says they can manage, from a week on."""
    return Ask(Money(minor, made.currency), frequency, starts_on or TODAY + timedelta(days=7))


def version_of(made: MadeAccount, ask: Ask) -> str:
    """Return the version of the answer that the check page would show."""
    with transaction(made.debtor) as session:
        return propose_plan(session, made.debtor, made.id, ask, today=TODAY).version


def accept(
    made: MadeAccount,
    minor: int,
    *,
    ask: Ask | None = None,
    version: str | None = None,
    key: str | None = None,
) -> Plan:
    """Accept a plan of so much a month."""
    asked = ask or ask_for(made, minor)
    shown = version if version is not None else version_of(made, asked)
    with transaction(made.debtor) as session:
        return accept_plan(
            session,
            made.debtor,
            made.id,
            asked,
            version=shown,
            key=key or new_key(),
            evidence=EVIDENCE,
            at=NOON,
            today=TODAY,
        )


def read_plan(made: MadeAccount, plan: Plan) -> Plan:
    """Return a plan as the database has it now."""
    with transaction(Principal.system(made.bank_id)) as session:
        return session.get_one(Plan, (plan.bank_id, plan.id))


def list_parts(made: MadeAccount, plan: Plan) -> list[Instalment]:
    """Return a plan's instalments as the database has them now."""
    with transaction(Principal.system(made.bank_id)) as session:
        return list(
            session.scalars(
                select(Instalment).where(Instalment.plan_id == plan.id).order_by(Instalment.number)
            )
        )
