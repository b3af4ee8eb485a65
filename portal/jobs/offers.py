"""What follows an offer and its answer."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.outbox import queue
from portal.core.parties.models import Bank, Staff
from portal.core.permissions import Role
from portal.core.placements import offers
from portal.core.placements.models import Offer
from portal.core.principal import Principal
from portal.web.shell import language_by_code
from portal.web.uow import in_transaction, transaction


@queue.task(name="tell_agency_of_offer")
def tell_agency_of_offer(bank_id: str, offer_id: str) -> None:
    """Tell an agency's people who answer offers that one is waiting. No name, no amount."""
    with transaction(Principal.system(UUID(bank_id))) as session:
        offer = session.get_one(Offer, (UUID(bank_id), UUID(offer_id)))
        bank = session.get_one(Bank, UUID(bank_id))
    link = f"{current_app.config['PORTAL_SETTINGS'].portal_base_url}/agency/offers/{offer.id}"
    with transaction(Principal.machine_of(offer.agency_id)) as session:
        people = session.scalars(
            select(Staff)
            .where(
                Staff.org_id == offer.agency_id,
                Staff.status == "active",
                Staff.role.in_((Role.AGENCY_MANAGER, Role.AGENCY_ADMIN)),
            )
            .order_by(Staff.email)
        ).all()
        for person in people:
            language = language_by_code(person.language)
            with force_locale(language.locale if language else "en"):
                outbox.post_message(
                    session,
                    offer.agency_id,
                    channel="email",
                    kind="offer",
                    to=person.email,
                    subject=gettext("A referral is waiting for your answer"),
                    text=gettext(
                        "%(bank)s offers you a referral of %(count)d accounts. Please answer by"
                        " %(by)s UTC.\n\n%(link)s",
                        bank=bank.name_in(person.language),
                        count=offer.account_count,
                        by=f"{offer.answer_by:%Y-%m-%d %H:%M}",
                        link=link,
                    ),
                )


@queue.task(name="open_offer", retry=5)
def open_offer(bank_id: str, offer_id: str) -> None:
    """Open an accepted offer's accounts to its agency."""
    system = Principal.system(UUID(bank_id))
    now = clock.now()

    def work(session: Session) -> int:
        bank = session.get_one(Bank, UUID(bank_id))
        today = now.astimezone(ZoneInfo(bank.timezone)).date()
        return offers.open_offer(session, system, UUID(offer_id), at=now, today=today)

    in_transaction(system, work)


@queue.task(name="close_offer", retry=5)
def close_offer(bank_id: str, offer_id: str) -> None:
    """Give a declined offer's accounts back to the bank."""
    system = Principal.system(UUID(bank_id))
    now = clock.now()
    in_transaction(
        system, lambda session: offers.close_offer(session, system, UUID(offer_id), at=now)
    )
