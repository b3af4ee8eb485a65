"""`portal refer`: accounts to agencies, from the shell."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from portal.commands.support import act_as, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.accounts.selection import AccountFilter
from portal.core.errors import Invalid
from portal.core.money import parse_money
from portal.core.parties.models import Agency, PanelMember
from portal.core.placements.refer import Proposal, make_referral, propose_referral
from portal.web.uow import transaction


@click.command("refer")
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    required=True,
    metavar="AGENCY=SHARE",
    help="An agency's code and its share; once for each agency.",
)
@click.option("--currency", default="USD", show_default=True)
@click.option("--least", help="Smallest balance, such as 150.00.")
@click.option("--most", help="Largest balance.")
@click.option("--least-months", type=int, help="Fewest months past due.")
@click.option("--most-months", type=int, help="Most months past due.")
@click.option("--country", help="Country of the debtor, such as US.")
@click.option("--state", help="State of the debtor, such as MA.")
@click.option("--seed", required=True, help="Any text; the same one gives the same split.")
@click.option("--as", "email", help="E-mail of the member of the bank's staff who acts.")
@click.option("--dry-run", is_flag=True, help="Show the proposal, refer nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def refer(
    bank_code: str,
    shares: tuple[str, ...],
    seed: str,
    email: str | None,
    *,
    dry_run: bool,
    as_json: bool,
    **bounds: Any,
) -> None:
    """Refer the accounts a filter matches, split by share; accounts of a person stay together."""
    with application():
        bank = find_bank(bank_code)
        actor = act_as(bank, email)
        now = clock.now()
        today = now.astimezone(ZoneInfo(bank.timezone)).date()
        chosen = _filter(**bounds)
        with transaction(actor) as session:
            agencies = {
                agency.code: agency
                for agency in session.query(Agency)
                .join(PanelMember, PanelMember.agency_id == Agency.id)
                .filter(PanelMember.bank_id == bank.id)
            }
            named = _shares(shares, agencies)
            proposal = propose_referral(session, actor, chosen, named, seed=seed, today=today)
        data = _as_data(proposal, agencies)
        if not dry_run:
            with transaction(actor) as session:
                referral = make_referral(
                    session,
                    actor,
                    chosen,
                    named,
                    seed=seed,
                    expected=proposal.fingerprint,
                    at=now,
                    today=today,
                )
            data["referral"] = referral.ref
        answer(data, as_json=as_json, lines=_as_lines(data))


def _filter(currency: str, least: str | None, most: str | None, **others: Any) -> AccountFilter:
    return AccountFilter(
        currency=currency,
        least_minor=parse_money(least, currency).minor if least else None,
        most_minor=parse_money(most, currency).minor if most else None,
        **others,
    )


def _shares(texts: tuple[str, ...], agencies: dict[str, Agency]) -> dict[Any, int]:
    shares = {}
    for text in texts:
        code, _, number = text.partition("=")
        if code not in agencies or not number.isdecimal():
            raise Invalid(
                "%(text)s is not a share. Write AGENCY=50 with one of: %(codes)s.",
                text=text,
                codes=", ".join(sorted(agencies)) or "(no agency is on the panel)",
            )
        shares[agencies[code].id] = int(number)
    return shares


def _as_data(proposal: Proposal, agencies: dict[str, Agency]) -> dict[str, Any]:
    codes = {agency.id: code for code, agency in agencies.items()}
    return {
        "accounts": proposal.accounts,
        "total": proposal.total.decimal_text(),
        "currency": proposal.total.currency,
        "seed": proposal.seed,
        "agencies": [
            {
                "agency": codes[part.agency_id],
                "share": part.share,
                "accounts": part.accounts,
                "people": part.people,
                "total": part.total.decimal_text(),
            }
            for part in proposal.parts
        ],
        "left_out": proposal.left_out,
        "refused": proposal.refused,
    }


def _as_lines(data: dict[str, Any]) -> list[str]:
    verb = f"referred as {data['referral']}" if "referral" in data else "would be referred"
    lines = [f"{data['accounts']} accounts, {data['currency']} {data['total']}, {verb}"]
    lines += [
        f"  {part['agency']}: {part['accounts']} accounts of {part['people']} people,"
        f" {part['total']}"
        for part in data["agencies"]
    ]
    for title in ("left_out", "refused"):
        lines += [f"  {reason}: {count} not referred" for reason, count in data[title].items()]
    return lines
