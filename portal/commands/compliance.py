"""`portal rules replay`, and a bank's answers to what the rules leave to a person."""

from __future__ import annotations

import sys
from uuid import UUID

import click
from sqlalchemy import select

from portal.commands.support import act_as, application, find_bank, told_plainly
from portal.core import clock
from portal.core.actions.permits import grant_asked, refuse_asked
from portal.core.actions.rejudging import replay as replay_decisions
from portal.core.parties.models import Bank
from portal.core.principal import Principal
from portal.web.uow import transaction

_MOST = 10_000


@click.command("replay")
@click.option("--bank", "code", help="Only this bank; left out, every bank.")
@click.option("--limit", default=_MOST, show_default=True, help="So many of each kind, newest.")
@told_plainly
def replay(code: str | None, limit: int) -> None:
    """Make stored decisions again from their own facts and packs; exit with 1 when one differs."""
    replayed = differing = 0
    with application():
        for bank_id, bank_code in _banks(code):
            actor = Principal.system(bank_id)
            with transaction(actor) as session:
                for each in replay_decisions(session, actor, limit=limit):
                    replayed += 1
                    if not each.is_same:
                        differing += 1
                        click.echo(
                            f"{bank_code} {each.kind} {each.id}: was {each.was}"
                            f" {_rules(each.rules_were)}, now {each.now} {_rules(each.rules_now)}"
                        )
    click.echo(f"{replayed} replayed, {differing} differ")
    if differing:
        sys.exit(1)


def _banks(code: str | None) -> list[tuple[UUID, str]]:
    if code is not None:
        bank = find_bank(code)
        return [(bank.id, bank.code)]
    with transaction(Principal.operator_machine()) as session:
        rows = session.execute(select(Bank.id, Bank.code).order_by(Bank.code)).all()
    return [(row.id, row.code) for row in rows]


def _rules(ids: tuple[str, ...]) -> str:
    return f"({', '.join(ids)})" if ids else "(no rule)"


@click.command("answer")
@click.argument("permit", type=click.UUID)
@click.option("--grant/--refuse", "grants", required=True, default=None)
@click.option("--reason", required=True, help="Why; it is kept beside the permit.")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of its staff.")
@told_plainly
def answer_permit(permit: UUID, reason: str, code: str, email: str, *, grants: bool) -> None:
    """Answer, for a bank, a question the rules leave to a person."""
    decide = grant_asked if grants else refuse_asked
    with application():
        actor = act_as(find_bank(code), email)
        with transaction(actor) as session:
            decide(session, actor, permit, reason=reason, at=clock.now())
    click.echo("Granted, for ten minutes." if grants else "Refused.")
