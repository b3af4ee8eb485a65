"""Parties, people and accounts for tests: everything filled in, a marker in every text field."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.accounts.models import Account, AccountState, Effort, Hold
from portal.core.db import uuid7
from portal.core.ledger.models import Balance, Book, PostingKind, Verification
from portal.core.ledger.service import Move, post
from portal.core.money import Money
from portal.core.parties.models import (
    Agency,
    Bank,
    ContactPoint,
    ContactStatement,
    ContactWish,
    Debtor,
    PanelMember,
    Staff,
)
from portal.core.parties.service import (
    OrganisationDetails,
    PanelTerms,
    approve_agency,
    create_agency,
    create_bank,
)
from portal.core.permissions import Role, Side
from portal.core.placements.models import Offer, OfferState, Placement, PlacementState, Referral
from portal.core.plans.models import PlanPolicy
from portal.core.principal import Principal
from portal.web.uow import transaction

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
_counter = itertools.count(1)


def marker(kind: str) -> str:
    """Return a text that occurs nowhere else: a leak is this string in the wrong place."""
    return f"Canary{kind}{os.getpid()}x{next(_counter)}z"


@dataclass
class MadeAccount:
    """What a test needs to know of an account it asked for."""

    bank: Bank
    id: UUID
    debtor_id: UUID
    account_ref: str
    name: str
    phone: str
    email: str
    birth: date
    last4: str
    currency: str
    agency: Agency | None = None
    placement_id: UUID | None = None
    markers: list[str] = field(default_factory=list)

    @property
    def bank_id(self) -> UUID:
        """The bank's id."""
        return self.bank.id

    @property
    def debtor(self) -> Principal:
        """The person in debt, proven."""
        return Principal.debtor(self.bank.id, self.debtor_id)


class Factory:
    """Makes what a test asks for, each time for parties of its own."""

    def bank(self, *, country: str = "US", timezone: str = "America/New_York") -> Bank:
        """Make a bank."""
        number = next(_counter)
        details = OrganisationDetails(
            code=f"BANK-{os.getpid()}-{number}",
            name=f"Bank {number} of {os.getpid()}",
            name_zh=f"第{number}银行",
            country=country,
            timezone=timezone,
            phone="+1 212 555 0100",
            email=f"bank{number}@example.com",
            address="1 Example Plaza",
        )
        with transaction(Principal.operator_machine()) as session:
            return create_bank(session, Principal.operator_machine(), details)

    def agency(self, *, country: str = "US") -> Agency:
        """Make an agency."""
        number = next(_counter)
        details = OrganisationDetails(
            code=f"AG-{os.getpid()}-{number}",
            name=f"Agency {number} of {os.getpid()}",
            name_zh=f"第{number}催收机构",
            country=country,
            timezone="America/Chicago",
            phone="+1 312 555 0100",
            email=f"agency{number}@example.com",
            address="2 Example Street",
        )
        with transaction(Principal.operator_machine()) as session:
            return create_agency(session, Principal.operator_machine(), details)

    def panel(self, bank: Bank, agency: Agency, **terms: object) -> PanelMember:
        """Put an agency on a bank's panel."""
        actor = self.vendor_manager(bank)
        values = {"fee_bps": 2200, "term_days": 180, "capacity": 10_000, "approved_on": TODAY}
        with transaction(actor) as session:
            return approve_agency(session, actor, agency.id, PanelTerms(**{**values, **terms}))

    def vendor_manager(self, bank: Bank) -> Principal:
        """Return a vendor manager of a bank, without a row of their own."""
        return Principal.staff(Side.BANK, bank.id, uuid7(), Role.VENDOR_MANAGER)

    def agent(self, agency: Agency, role: Role = Role.AGENCY_MANAGER) -> Principal:
        """Return a member of an agency's staff, without a row of their own."""
        return Principal.staff(Side.AGENCY, agency.id, uuid7(), role)

    def staff(self, org: Bank | Agency, role: Role, *, email: str | None = None) -> Staff:
        """Make a member of staff with a row, active and without a password."""
        side = Side.BANK if isinstance(org, Bank) else Side.AGENCY
        staff = Staff(
            org_id=org.id,
            id=uuid7(),
            side=side,
            email=email or f"person{next(_counter)}-{os.getpid()}@example.com",
            name=marker("Staff"),
            role=role,
            status="active",
        )
        with transaction(Principal.operator_machine()) as session:
            session.add(staff)
        return staff

    def account(
        self,
        *,
        bank: Bank | None = None,
        agency: Agency | None = None,
        principal: int = 200_000,
        interest: int = 30_000,
        fees: int = 16_737,
        currency: str = "USD",
        zones: tuple[str, ...] = ("America/New_York",),
        country: str = "US",
        state: str = "NY",
        language: str = "en",
        verified_on: date | None = TODAY,
        person: MadeAccount | None = None,
    ) -> MadeAccount:
        """Make an account with its person, its opening balance and the bank's verification.

        With an agency, the account is placed with it and accepted. `person` is an account whose
        person owes this one too.
        """
        bank = person.bank if person else bank or self.bank(country=country)
        system = Principal.system(bank.id)
        name, number = marker("Name"), next(_counter)
        made = MadeAccount(
            bank=bank,
            id=uuid7(),
            debtor_id=person.debtor_id if person else uuid7(),
            account_ref=f"ACC{os.getpid()}-{number}",
            name=name,
            phone=f"+1212555{number % 10000:04d}",
            email=f"{marker('mail').lower()}@example.com",
            birth=date(1980, 5, 17),
            last4="4821",
            currency=currency,
        )
        with transaction(system) as session:
            if person is None:
                self._person(session, made, zones, country, state, language, number)
            else:
                made.name, made.phone, made.email = person.name, person.phone, person.email
            session.add(
                Account(
                    bank_id=bank.id,
                    id=made.id,
                    debtor_id=made.debtor_id,
                    account_ref=made.account_ref,
                    product="Credit card",
                    currency=currency,
                    credit_limit_minor=500_000,
                    itemisation_on=date(2026, 10, 31),
                    past_due_since=date(2026, 8, 3),
                    months_past_due=3,
                    state=AccountState.READY,
                )
            )
            session.flush()
            session.add_all(
                Effort(bank_id=bank.id, account_id=made.id, kind=kind, times=times)
                for kind, times in (("sms", 3), ("call", 2), ("demand_letter", 1))
            )
            balance = Balance(
                bank_id=bank.id,
                account_id=made.id,
                debtor_id=made.debtor_id,
                currency=currency,
                principal_minor=0,
                interest_minor=0,
                fees_minor=0,
                costs_minor=0,
                verified_as_of=verified_on,
            )
            session.add(balance)
            session.flush()
            amounts = (
                (Book.PRINCIPAL, principal),
                (Book.INTEREST, interest),
                (Book.FEES, fees),
            )
            post(
                session,
                system,
                balance,
                kind=PostingKind.OPENING,
                cause=f"opening:{made.account_ref}",
                effective_on=date(2026, 10, 31),
                moves=[
                    Move(Book.ORIGIN, book, Money(minor, currency))
                    for book, minor in amounts
                    if minor
                ],
            )
            if verified_on is not None:
                session.add(
                    Verification(
                        bank_id=bank.id,
                        account_id=made.id,
                        debtor_id=made.debtor_id,
                        as_of=verified_on,
                        principal_minor=principal,
                        interest_minor=interest,
                        fees_minor=fees,
                        currency=currency,
                        source="test",
                        attested_by=system.user_id,
                    )
                )
        made.markers = [name, made.email]
        if agency is not None:
            self.place(made, agency)
        return made

    def _person(
        self,
        session: Session,
        made: MadeAccount,
        zones: tuple[str, ...],
        country: str,
        state: str,
        language: str,
        number: int,
    ) -> None:
        """Add a person and how to reach them."""
        outer = seals.owner_key(session, made.bank_id)
        key, wrapped = outer.new_inner_key(made.debtor_id)
        session.add(
            Debtor(
                bank_id=made.bank_id,
                id=made.debtor_id,
                customer_ref=f"CUST{os.getpid()}-{number}",
                name=made.name,
                language=language,
                country=country,
                state=state,
                postcode="10001",
                city=marker("City"),
                zones=list(zones),
                wrapped_key=wrapped,
                birth_sealed=key.seal("debtors.birth", made.debtor_id, made.birth.isoformat()),
                id_last4_sealed=key.seal("debtors.id_last4", made.debtor_id, made.last4),
            )
        )
        session.flush()
        for kind, value in (
            ("phone", made.phone),
            ("email", made.email),
            ("address", f"{marker('Street')}\nNew York NY 10001"),
        ):
            point_id = uuid7()
            session.add(
                ContactPoint(
                    bank_id=made.bank_id,
                    id=point_id,
                    debtor_id=made.debtor_id,
                    kind=kind,
                    value_sealed=key.seal("contact_points.value", point_id, value),
                    value_index=seals.lookup_hash(f"contact.{kind}", value, made.bank_id),
                    received_at=NOON - timedelta(days=400),
                )
            )

    def place(self, made: MadeAccount, agency: Agency) -> None:
        """Place an account with an agency, as an accepted offer leaves it."""
        system = Principal.system(made.bank_id)
        with transaction(system) as session:
            if session.get(PanelMember, (made.bank_id, agency.id)) is None:
                session.add(
                    PanelMember(
                        bank_id=made.bank_id,
                        agency_id=agency.id,
                        fee_bps=2200,
                        term_days=180,
                        capacity=10_000,
                        approved_on=TODAY,
                    )
                )
                session.flush()
            balance = session.get_one(Balance, (made.bank_id, made.id))
            number = next(_counter)
            referral = Referral(
                bank_id=made.bank_id,
                id=uuid7(),
                ref=f"R{number}",
                filter={},
                shares={},
                seed="1",
                account_count=1,
                total_minor=balance.total_minor,
                currency=made.currency,
                made_by=system.user_id,
                made_at=NOON,
            )
            session.add(referral)
            session.flush()
            offer = Offer(
                bank_id=made.bank_id,
                id=uuid7(),
                referral_id=referral.id,
                referral_ref=referral.ref,
                agency_id=agency.id,
                state=OfferState.ACCEPTED,
                account_count=1,
                total_minor=balance.total_minor,
                currency=made.currency,
                fee_bps=2200,
                term_days=180,
                offered_at=NOON,
                answer_by=NOON + timedelta(days=2),
            )
            session.add(offer)
            session.flush()
            placement = Placement(
                bank_id=made.bank_id,
                id=uuid7(),
                ref=f"P{number}",
                account_id=made.id,
                debtor_id=made.debtor_id,
                referral_id=referral.id,
                offer_id=offer.id,
                agency_id=agency.id,
                state=PlacementState.ACCEPTED,
                placed_minor=balance.total_minor,
                currency=made.currency,
                fee_bps=2200,
                offered_at=NOON,
                accepted_at=NOON,
                term_start=TODAY,
                term_end=TODAY + timedelta(days=180),
            )
            session.add(placement)
            account = session.get_one(Account, (made.bank_id, made.id))
            account.state = AccountState.PLACED
            account.agency_id = agency.id
            account.placement_id = placement.id
            balance.agency_id = agency.id
            debtor = session.get_one(Debtor, (made.bank_id, made.debtor_id))
            debtor.agency_ids = sorted({*debtor.agency_ids, agency.id})
            self._tell_agencies(session, debtor)
        made.agency = agency
        made.placement_id = placement.id

    def take_back(self, made: MadeAccount) -> None:
        """End an account's placement, as a returned account leaves it."""
        system = Principal.system(made.bank_id)
        with transaction(system) as session:
            account = session.get_one(Account, (made.bank_id, made.id))
            placement = session.get_one(Placement, (made.bank_id, account.placement_id))
            placement.state, placement.ended_at = PlacementState.RETURNED, NOON
            account.state, account.agency_id = AccountState.READY, None
            account.placement_id = None
            session.get_one(Balance, (made.bank_id, made.id)).agency_id = None
            debtor = session.get_one(Debtor, (made.bank_id, made.debtor_id))
            debtor.agency_ids = [each for each in debtor.agency_ids if each != placement.agency_id]
            self._tell_agencies(session, debtor)
        made.agency = None

    def _tell_agencies(self, session: Session, debtor: Debtor) -> None:
        for kind in (ContactPoint, Hold, ContactWish, ContactStatement):
            for row in session.query(kind).filter_by(bank_id=debtor.bank_id, debtor_id=debtor.id):
                row.agency_ids = list(debtor.agency_ids)
        session.flush()

    def plan_policy(self, bank: Bank, *, currency: str = "USD") -> PlanPolicy:
        """Give a bank a plan policy: 25.00 at least, 24 months at most, bands by balance."""
        policy = PlanPolicy(
            bank_id=bank.id,
            id=uuid7(),
            currency=currency,
            effective_from=date(2026, 1, 1),
            bands=[
                {"up_to_minor": 100_000, "minimum_minor": 2_500, "most_months": 12},
                {"up_to_minor": 500_000, "minimum_minor": 5_000, "most_months": 24},
                {"up_to_minor": None, "minimum_minor": 10_000, "most_months": 60},
            ],
            start_within_days=31,
            minimum_payment_minor=500,
            made_by=uuid7(),
        )
        with transaction(Principal.system(bank.id)) as session:
            session.add(policy)
        return policy
