"""Answering an offer, and opening or closing what was answered.

The agency answers its own row. What the answer opens is the bank's (accounts, people, contact
points), so a job does that as the bank's machine, in one transaction, once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox
from portal.core.accounts.models import Account, AccountState
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.models import PanelMember
from portal.core.permissions import Permission
from portal.core.placements.models import Offer, OfferState, Placement, PlacementState
from portal.core.principal import Principal

DECLINE_REASONS = ("capacity", "place", "language", "terms", "conflict_of_interest", "other")


def lock_offer(session: Session, offer_id: UUID) -> Offer:
    """Lock an offer this principal may see.

    Raises:
        NotFound: there is none.
    """
    offer = session.scalars(
        select(Offer).where(Offer.id == offer_id).with_for_update()
    ).one_or_none()
    if offer is None:
        raise NotFound
    return offer


def accept_offer(session: Session, actor: Principal, offer_id: UUID, *, at: datetime) -> Offer:
    """Accept an offer for the acting agency; a job opens its accounts right after.

    Raises:
        PermissionDenied: the actor answers no offers.
        NotFound: no such offer was made to this agency.
        Conflict: it was answered already, or its time is over.
    """
    offer = _answer(session, actor, offer_id, OfferState.ACCEPTED, at)
    audit.record(session, actor, "offer.accepted", offer.id, chain_id=offer.bank_id)
    outbox.enqueue(session, "open_offer", bank_id=str(offer.bank_id), offer_id=str(offer.id))
    return offer


def decline_offer(
    session: Session, actor: Principal, offer_id: UUID, *, reason: str, at: datetime
) -> Offer:
    """Decline an offer with a reason; a job gives its accounts back to the bank.

    Raises:
        PermissionDenied, NotFound, Conflict: as when accepting.
        Invalid: the reason is not one of `DECLINE_REASONS`.
    """
    if reason not in DECLINE_REASONS:
        raise Invalid("Choose a reason from the list.")
    offer = _answer(session, actor, offer_id, OfferState.DECLINED, at)
    offer.reason = reason
    audit.record(session, actor, "offer.declined", offer.id, chain_id=offer.bank_id)
    outbox.enqueue(session, "close_offer", bank_id=str(offer.bank_id), offer_id=str(offer.id))
    return offer


def _answer(
    session: Session, actor: Principal, offer_id: UUID, state: OfferState, at: datetime
) -> Offer:
    actor.require(Permission.OFFER_ANSWER)
    offer = lock_offer(session, offer_id)
    if offer.state is not OfferState.OFFERED:
        raise Conflict("This offer was answered already.")
    if at > offer.answer_by:
        raise Conflict("The time to answer this offer is over. Ask the bank to offer it again.")
    offer.state, offer.answered_at, offer.answered_by = state, at, actor.user_id
    session.flush()
    return offer


def open_offer(
    session: Session, actor: Principal, offer_id: UUID, *, at: datetime, today: date
) -> int:
    """Open an accepted offer's accounts to the agency, and return how many. A repeat opens none.

    From here the agency sees the person, and the term runs.

    Raises:
        NotFound: no such offer at the acting bank.
        Conflict: the offer was not accepted.
    """
    offer = lock_offer(session, offer_id)
    if offer.state is not OfferState.ACCEPTED:
        raise Conflict("This offer was not accepted.")
    placements = _waiting(session, offer)
    if not placements:
        return 0
    session.execute(
        update(Placement)
        .where(
            Placement.bank_id == offer.bank_id,
            Placement.offer_id == offer.id,
            Placement.state == PlacementState.OFFERED,
        )
        .values(
            state=PlacementState.ACCEPTED,
            accepted_at=offer.answered_at or at,
            term_start=today,
            term_end=today + timedelta(days=offer.term_days),
        ),
        execution_options={"synchronize_session": False},
    )
    _give(session, offer)
    faults.point("offer.opened")
    audit.record(session, actor, "offer.opened", offer.id, facts={"count": len(placements)})
    return len(placements)


def _waiting(session: Session, offer: Offer) -> list[UUID]:
    return list(
        session.scalars(
            select(Placement.id)
            .where(
                Placement.bank_id == offer.bank_id,
                Placement.offer_id == offer.id,
                Placement.state == PlacementState.OFFERED,
            )
            .with_for_update()
        )
    )


_GIVE = (
    """UPDATE accounts a SET state = 'placed', agency_id = p.agency_id, placement_id = p.id,
        contact_closes_at = '1970-01-01 00:00+00'
    FROM placements p
    WHERE p.bank_id = :bank AND p.offer_id = :offer AND p.state = 'accepted'
      AND a.bank_id = p.bank_id AND a.id = p.account_id""",
    """UPDATE balances b SET agency_id = p.agency_id
    FROM placements p
    WHERE p.bank_id = :bank AND p.offer_id = :offer AND p.state = 'accepted'
      AND b.bank_id = p.bank_id AND b.account_id = p.account_id""",
    """UPDATE debtors d SET agency_ids = array_append(d.agency_ids, :agency)
    WHERE d.bank_id = :bank AND NOT (:agency = ANY (d.agency_ids)) AND d.id IN (
        SELECT p.debtor_id FROM placements p
        WHERE p.bank_id = :bank AND p.offer_id = :offer AND p.state = 'accepted')""",
    *(
        # The names are our own, no values.
        f"""UPDATE {table} c SET agency_ids = d.agency_ids
    FROM debtors d
    WHERE c.bank_id = :bank AND d.bank_id = :bank AND d.id = c.debtor_id
      AND c.agency_ids <> d.agency_ids AND :agency = ANY (d.agency_ids)
      AND c.debtor_id IN (
        SELECT p.debtor_id FROM placements p
        WHERE p.bank_id = :bank AND p.offer_id = :offer AND p.state = 'accepted')"""  # noqa: S608
        for table in ("contact_points", "holds", "contact_wishes", "contact_statements")
    ),
    """UPDATE plans t SET agency_id = a.agency_id FROM accounts a
    WHERE a.bank_id = :bank AND t.bank_id = :bank AND t.account_id = a.id
      AND a.agency_id = :agency AND t.agency_id IS DISTINCT FROM a.agency_id""",
    """UPDATE instalments t SET agency_id = a.agency_id FROM accounts a
    WHERE a.bank_id = :bank AND t.bank_id = :bank AND t.account_id = a.id
      AND a.agency_id = :agency AND t.agency_id IS DISTINCT FROM a.agency_id""",
)


def _give(session: Session, offer: Offer) -> None:
    """Let the agency see each account and its person; a running plan goes with its account."""
    values = {"bank": offer.bank_id, "offer": offer.id, "agency": offer.agency_id}
    for statement in _GIVE:
        session.execute(text(statement), values)


def close_offer(session: Session, actor: Principal, offer_id: UUID, *, at: datetime) -> int:
    """Give a declined or lapsed offer's accounts back to the bank; return how many.

    Raises:
        NotFound: no such offer at the acting bank.
        Conflict: the offer was neither declined nor has it lapsed.
    """
    offer = lock_offer(session, offer_id)
    ended = {
        OfferState.DECLINED: PlacementState.DECLINED,
        OfferState.LAPSED: PlacementState.LAPSED,
    }.get(offer.state)
    if ended is None:
        raise Conflict("This offer was not declined.")
    waiting = _waiting(session, offer)
    if not waiting:
        return 0
    accounts = session.scalars(
        update(Placement)
        .where(Placement.bank_id == offer.bank_id, Placement.id.in_(waiting))
        .values(state=ended, ended_at=at, reason=offer.reason)
        .returning(Placement.account_id),
        execution_options={"synchronize_session": False},
    ).all()
    session.execute(
        update(Account)
        .where(Account.bank_id == offer.bank_id, Account.id.in_(accounts))
        .values(state=AccountState.READY),
        execution_options={"synchronize_session": False},
    )
    member = session.get_one(PanelMember, (offer.bank_id, offer.agency_id))
    member.placed = max(member.placed - len(waiting), 0)
    session.flush()
    audit.record(session, actor, "offer.closed", offer.id, facts={"count": len(waiting)})
    return len(waiting)


def lapse_offers(session: Session, actor: Principal, *, at: datetime) -> int:
    """End the offers of the acting bank that nobody answered in time; return how many."""
    overdue = session.scalars(
        select(Offer)
        .where(
            Offer.bank_id == actor.bank_id,
            Offer.state == OfferState.OFFERED,
            Offer.answer_by < at,
        )
        .order_by(Offer.id)
        .with_for_update(skip_locked=True)
    ).all()
    for offer in overdue:
        offer.state, offer.answered_at = OfferState.LAPSED, at
        session.flush()
        close_offer(session, actor, offer.id, at=at)
    return len(overdue)


def count_waiting(session: Session, offer: Offer) -> int:
    """Return how many accounts of an offer are still to be opened."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Placement)
            .where(
                Placement.bank_id == offer.bank_id,
                Placement.offer_id == offer.id,
                Placement.state == PlacementState.OFFERED,
            )
        )
        or 0
    )
