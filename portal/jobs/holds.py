"""What follows a hold: telling whom it concerns, ending it on its day, lifting one's own stop."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.accounts import hold_ends
from portal.core.accounts.models import Account, Hold
from portal.core.outbox import queue
from portal.core.parties import guarding
from portal.core.parties.models import Bank, Staff
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.jobs.upkeep import list_bank_ids
from portal.web.shell import language_by_code
from portal.web.uow import transaction


@queue.task(name="tell_of_hold", retry=5)
def tell_of_hold(bank_id: str, hold_id: str, deed: str) -> None:
    """Tell bank and agencies that a hold was opened or released. No name, no reason, no amount.

    Whoever opened it is not told of it; the bank releases holds itself.
    """
    with transaction(Principal.system(UUID(bank_id))) as session:
        hold = session.get_one(Hold, (UUID(bank_id), UUID(hold_id)))
        if deed == "opened" and hold.opened_side is not Side.BANK:
            _tell_bank(session, session.get_one(Bank, hold.bank_id), hold)
        placed = _placed(session, hold)
        told = hold.opened_org if deed == "opened" else None
    for agency_id, account_id in placed.items():
        if agency_id != told:
            _tell_agency(agency_id, account_id, deed)


@queue.task(name="share_person", retry=5)
def share_person(bank_id: str, debtor_id: str) -> None:
    """Let every agency that works for a person see what one of them wrote about contacting them."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        guarding.share_with_agencies(session, system, UUID(debtor_id), at=clock.now())


@queue.task(name="lift_own_stop", retry=5)
def lift_own_stop(bank_id: str, debtor_id: str) -> None:
    """Release the stop a person took back on their own page."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        hold_ends.lift_own_stop(session, system, UUID(debtor_id), at=clock.now())


@queue.periodic(cron="*/5 * * * *")
@queue.task(name="end_holds", queueing_lock="end_holds")
def end_holds(timestamp: int) -> None:
    """Close the holds whose last day is over."""
    del timestamp
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        with transaction(system) as session:
            hold_ends.end_holds(session, system, at=clock.now())


def _placed(session: Session, hold: Hold) -> dict[UUID, UUID]:
    """Return the agencies a hold binds now, each with an account of the person to look at."""
    rows = session.execute(
        select(Account.agency_id, Account.id)
        .where(
            Account.bank_id == hold.bank_id,
            Account.debtor_id == hold.debtor_id,
            Account.agency_id.is_not(None),
            *([Account.id == hold.account_id] if hold.account_id else []),
        )
        .order_by(Account.id.desc())
    )
    return {row.agency_id: row.id for row in rows}


def _tell_bank(session: Session, bank: Bank, hold: Hold) -> None:
    if not bank.email:
        return
    language = language_by_code(bank.languages[0] if bank.languages else "en")
    with force_locale(language.locale if language else "en"):
        outbox.post_message(
            session,
            bank.id,
            channel="email",
            kind="hold",
            to=bank.email,
            subject=gettext("A hold was opened and waits for you"),
            text=gettext(
                "There is a reason not to contact a person. Until you release the hold nobody may"
                " contact them about it. Please look at it by %(day)s.\n\n%(link)s",
                day=hold.due_on.isoformat() if hold.due_on else "–",
                link=f"{_base_url()}/bank/holds/{hold.id}",
            ),
        )


def _tell_agency(agency_id: UUID, account_id: UUID, deed: str) -> None:
    with transaction(Principal.machine_of(agency_id)) as session:
        people = session.scalars(
            select(Staff)
            .where(
                Staff.org_id == agency_id,
                Staff.status == "active",
                Staff.role.in_((Role.AGENCY_MANAGER, Role.AGENCY_ADMIN)),
            )
            .order_by(Staff.email)
        ).all()
        for person in people:
            language = language_by_code(person.language)
            with force_locale(language.locale if language else "en"):
                subject, text = _words(deed, f"{_base_url()}/agency/accounts/{account_id}")
                outbox.post_message(
                    session,
                    agency_id,
                    channel="email",
                    kind="hold",
                    to=person.email,
                    subject=subject,
                    text=text,
                )


def _words(deed: str, link: str) -> tuple[str, str]:
    if deed == "opened":
        return gettext("An account was put on hold"), gettext(
            "An account you work is on hold. Look at it before anybody contacts the person: permits"
            " given for them no longer hold.\n\n%(link)s",
            link=link,
        )
    return gettext("A hold was released"), gettext(
        "A hold on an account you work was released. What the account's page allows you may do"
        " again.\n\n%(link)s",
        link=link,
    )


def _base_url() -> str:
    return str(current_app.config["PORTAL_SETTINGS"].portal_base_url)
