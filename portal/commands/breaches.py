"""`portal breaches`: what was broken, explained by agencies and decided by banks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy.orm import Session

from portal.commands.support import (
    act_as,
    act_as_agent,
    answer,
    application,
    find_bank,
    told_plainly,
)
from portal.core import clock
from portal.core.accounts.models import Account
from portal.core.actions import breaches as core
from portal.core.actions.breach_selection import BreachFilter, Kind, joined, matching
from portal.core.actions.breaches import Deed
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.parties.organisations import find_organisation_by_code
from portal.core.principal import Principal
from portal.web.findings import say
from portal.web.uow import transaction

F = TypeVar("F", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d"])
_MOST = 10_000


def _filtered(command: F) -> F:
    """Add the options that choose among a bank's breaches."""
    for option in (
        click.option("--bank", "code", required=True, help="The bank's code."),
        click.option("--agency", "agency_code", help="Only what this agency did."),
        click.option("--rule", default="", help="Only this rule, such as US-REGF-6B1-HOURS."),
        click.option(
            "--state",
            type=click.Choice([each.value for each in BreachState]),
            help="Only this state.",
        ),
        click.option(
            "--kind",
            type=click.Choice([*(each.value for each in Kind), "all"]),
            default=Kind.BROKEN.value,
            help="Rules broken, those a person has to judge, or both.",
        ),
        click.option("--from", "from_on", type=_DAY, help="From this day, where the bank is."),
        click.option("--to", "to_on", type=_DAY, help="Up to this day."),
    ):
        command = option(command)
    return command


def _chosen(
    agency_code: str | None,
    rule: str,
    state: str | None,
    kind: str,
    from_on: datetime | None,
    to_on: datetime | None,
) -> BreachFilter:
    return BreachFilter(
        kind=None if kind == "all" else Kind(kind),
        rule=rule,
        agency_id=_agency_id(agency_code) if agency_code else None,
        state=BreachState(state) if state else None,
        from_on=_day(from_on),
        to_on=_day(to_on),
    )


def _day(typed: datetime | None) -> date | None:
    return typed.date() if typed else None


def _agency_id(code: str) -> UUID:
    with transaction(Principal.operator_machine()) as session:
        return find_organisation_by_code(session, code.upper()).id


@click.group()
def breaches() -> None:
    """Rules that were broken: list them, explain them for an agency, decide them for a bank."""


@breaches.command("list")
@_filtered
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_breaches(code: str, *, as_json: bool, **filters: Any) -> None:
    """List a bank's breaches, newest first, each in words."""
    # Sentences are put into words as for a page.
    with application() as app, app.test_request_context():
        bank, chosen = find_bank(code), _chosen(**filters)
        with transaction(Principal.system(bank.id)) as session:
            rows = _rows(session, bank.id, chosen)
    lines = [" ".join(str(value) for value in row.values()) for row in rows]
    answer({"breaches": rows}, as_json=as_json, lines=lines or ["No breach matches."])


def _rows(session: Session, bank_id: UUID, chosen: BreachFilter) -> list[dict[str, Any]]:
    found = session.execute(
        joined(Breach, Action.made_at, Account.account_ref)
        .join(Account, Account.id == Breach.account_id)
        .where(matching(bank_id, chosen), Account.bank_id == bank_id)
        .order_by(Action.made_at.desc(), Breach.id.desc())
        .limit(_MOST)
    )
    return [
        {
            "breach": str(row.Breach.id),
            "state": row.Breach.state.value,
            "made_at": row.made_at.isoformat(),
            "account": row.account_ref,
            "rule": row.Breach.rule_id,
            "verdict": row.Breach.verdict,
            "sentence": say(row.Breach.code, row.Breach.facts.get("values", {})),
            "citation": row.Breach.citation,
        }
        for row in found
    ]


@breaches.command("explain")
@click.argument("breach", type=click.UUID)
@click.option("--text", required=True, help="How it came about.")
@click.option("--agency", "code", required=True, help="The agency's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of its staff.")
@told_plainly
def explain(breach: UUID, text: str, code: str, email: str) -> None:
    """Say, for the agency that acted, how a breach came about."""
    with application():
        _carry_out(act_as_agent(code, email), breach, Deed.EXPLAIN, text)
    click.echo("Explained.")


@breaches.command("uphold")
@click.argument("breach", type=click.UUID)
@click.option("--reason", required=True, help="Why; the agency reads it.")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of its staff.")
@told_plainly
def uphold(breach: UUID, reason: str, code: str, email: str) -> None:
    """Decide, for the bank, that a rule was broken."""
    with application():
        _carry_out(act_as(find_bank(code), email), breach, Deed.UPHOLD, reason)
    click.echo("Upheld.")


@breaches.command("waive")
@click.argument("breach", type=click.UUID)
@click.option("--reason", required=True, help="Why; the agency reads it.")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of its staff.")
@told_plainly
def waive(breach: UUID, reason: str, code: str, email: str) -> None:
    """Decide, for the bank, that nothing follows from a breach."""
    with application():
        _carry_out(act_as(find_bank(code), email), breach, Deed.WAIVE, reason)
    click.echo("Waived.")


@breaches.command("remedy")
@click.argument("breach", type=click.UUID)
@click.option("--what", required=True, help="What was done to put it right.")
@click.option("--bank", "bank_code", help="The bank's code, when the bank says so.")
@click.option("--agency", "agency_code", help="The agency's code, when the agency says so.")
@click.option("--as", "email", required=True, help="E-mail of the member of its staff.")
@told_plainly
def remedy(
    breach: UUID, what: str, bank_code: str | None, agency_code: str | None, email: str
) -> None:
    """Record what was done to put an upheld breach right."""
    with application():
        if bank_code and not agency_code:
            actor = act_as(find_bank(bank_code), email)
        elif agency_code and not bank_code:
            actor = act_as_agent(agency_code, email)
        else:
            raise click.UsageError("Name the bank with --bank, or the agency with --agency.")
        _carry_out(actor, breach, Deed.REMEDY, what)
    click.echo("Put right.")


def _carry_out(actor: Principal, breach: UUID, deed: Deed, words: str) -> None:
    with transaction(actor) as session:
        core.carry_out(session, actor, breach, deed, words=words, at=clock.now())


@breaches.command("decide-all")
@click.argument("deed", type=click.Choice([Deed.UPHOLD.value, Deed.WAIVE.value]))
@_filtered
@click.option("--expected", required=True, type=int, help="How many undecided ones you saw.")
@click.option("--reason", required=True, help="Why; the same for all of them.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@told_plainly
def decide_all(
    deed: str, code: str, expected: int, reason: str, email: str, **filters: Any
) -> None:
    """Uphold or waive every undecided breach of a filter, if as many match as you expect."""
    with application():
        actor, chosen = act_as(find_bank(code), email), _chosen(**filters)
        with transaction(actor) as session:
            count = core.decide_breaches(
                session,
                actor,
                chosen,
                Deed(deed),
                expected=expected,
                reason=reason,
                at=clock.now(),
            )
    click.echo(f"{count} decided.")
