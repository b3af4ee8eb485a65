"""`portal offers` and `portal recoveries`: an agency's answers and a bank's, from the shell."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from portal.commands.support import (
    act_as,
    act_as_agent,
    answer,
    application,
    find_bank,
    told_plainly,
)
from portal.core import clock
from portal.core.money import Money
from portal.core.parties.models import Bank
from portal.core.placements.models import Offer
from portal.core.placements.offers import DECLINE_REASONS, accept_offer, decline_offer, open_offer
from portal.core.principal import Principal
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.recoveries.service import reject_recovery, verify_recovery
from portal.web.uow import transaction


@click.group()
def offers() -> None:
    """What banks offer an agency; the agency's code and a person of its staff answer."""


@offers.command("list")
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@click.option("--agency", "code", required=True, help="The agency's code.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_offers(code: str, email: str, *, as_json: bool) -> None:
    """List the offers made to an agency, newest first."""
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            found = session.scalars(select(Offer).order_by(Offer.offered_at.desc())).all()
    rows = [
        {
            "offer": str(offer.id),
            "referral": offer.referral_ref,
            "state": offer.state.value,
            "accounts": offer.account_count,
            "total": Money(offer.total_minor, offer.currency).decimal_text(),
            "currency": offer.currency,
            "answer_by": offer.answer_by.isoformat(),
        }
        for offer in found
    ]
    lines = [" ".join(str(value) for value in row.values()) for row in rows]
    answer({"offers": rows}, as_json=as_json, lines=lines or ["No offers."])


@offers.command("accept")
@click.argument("offer", type=click.UUID)
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@click.option("--agency", "code", required=True, help="The agency's code.")
@told_plainly
def accept(offer: UUID, code: str, email: str) -> None:
    """Accept an offer and open its accounts."""
    with application():
        actor, now = act_as_agent(code, email), clock.now()
        with transaction(actor) as session:
            accepted = accept_offer(session, actor, offer, at=now)
        system = Principal.system(accepted.bank_id)
        with transaction(system) as session:
            bank = session.get_one(Bank, accepted.bank_id)
            today = now.astimezone(ZoneInfo(bank.timezone)).date()
            opened = open_offer(session, system, offer, at=now, today=today)
    click.echo(f"Accepted; {opened} accounts are open to the agency.")


@offers.command("decline")
@click.argument("offer", type=click.UUID)
@click.option("--reason", required=True, type=click.Choice(DECLINE_REASONS))
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@click.option("--agency", "code", required=True, help="The agency's code.")
@told_plainly
def decline(offer: UUID, code: str, email: str, reason: str) -> None:
    """Decline an offer; a job gives its accounts back to the bank."""
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            decline_offer(session, actor, offer, reason=reason, at=clock.now())
    click.echo("Declined.")


@click.group()
def recoveries() -> None:
    """What agencies report to have recovered, and the bank's verdict."""


@recoveries.command("list")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--all", "everything", is_flag=True, help="Also the decided ones.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_recoveries(code: str, *, everything: bool, as_json: bool) -> None:
    """List reported recoveries that wait for the bank."""
    with application():
        bank = find_bank(code)
        query = select(Recovery).order_by(Recovery.reported_at, Recovery.id)
        if not everything:
            query = query.where(Recovery.state == RecoveryState.REPORTED)
        with transaction(Principal.system(bank.id)) as session:
            found = session.scalars(query).all()
    rows = [
        {
            "recovery": str(one.id),
            "state": one.state.value,
            "amount": Money(one.amount_minor, one.currency).decimal_text(),
            "currency": one.currency,
            "received_on": one.received_on.isoformat(),
            "reference": one.external_ref,
        }
        for one in found
    ]
    lines = [" ".join(str(value) for value in row.values()) for row in rows]
    answer({"recoveries": rows}, as_json=as_json, lines=lines or ["Nothing waits."])


@recoveries.command("verify")
@click.argument("recovery", type=click.UUID)
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@told_plainly
def verify(recovery: UUID, code: str, email: str) -> None:
    """Confirm a recovery: the balance falls, the fee is fixed."""
    with application():
        actor = act_as(find_bank(code), email)
        with transaction(actor) as session:
            verify_recovery(session, actor, recovery, at=clock.now())
    click.echo("Verified.")


@recoveries.command("reject")
@click.argument("recovery", type=click.UUID)
@click.option("--reason", required=True, help="What the agency has to put right.")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@told_plainly
def reject(recovery: UUID, code: str, email: str, reason: str) -> None:
    """Reject a recovery with a reason; nothing is booked."""
    with application():
        actor = act_as(find_bank(code), email)
        with transaction(actor) as session:
            reject_recovery(session, actor, recovery, reason=reason, at=clock.now())
    click.echo("Rejected.")
