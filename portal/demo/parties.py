"""The demo's banks, agencies and people: made through the same services as a user's clicks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import uuid7
from portal.core.parties.models import Agency, Bank, PanelMember, Staff
from portal.core.parties.organisations import ensure_operator_key
from portal.core.parties.service import (
    OrganisationDetails,
    PanelTerms,
    approve_agency,
    create_agency,
    create_bank,
)
from portal.core.parties.staff import invite_staff
from portal.core.permissions import Role, Side
from portal.core.plans.models import PlanPolicy
from portal.core.principal import OPERATOR_ORG, Principal
from portal.demo.merchants import set_up_sandbox_merchant
from portal.web.uow import transaction

OPERATOR = Principal.operator_machine()


@dataclass(frozen=True)
class Person:
    """Somebody who signs in: at an organisation by its code, or at the operator."""

    org: str
    name: str
    email: str
    role: Role
    language: str = "en"


BANKS = (
    OrganisationDetails(
        code="HARBOUR",
        name="Harbour Bank",
        name_zh="港湾银行",
        country="US",
        timezone="America/New_York",
        languages=["en", "es"],
        phone="+1 212 555 0140",
        phone_hours="Mon–Fri 8:00–18:00 ET",
        email="service@harbour.example",
        address="40 Example Plaza, New York NY 10001",
    ),
    OrganisationDetails(
        code="YUANSHAN",
        name="Yuanshan Bank",
        name_zh="远山银行",
        country="CN",
        timezone="Asia/Shanghai",
        languages=["zh"],
        phone="+86 10 5555 0150",
        phone_hours="周一至周五 9:00–18:00",
        email="service@yuanshan.example",
        address="北京市朝阳区示例路50号",
    ),
)
AGENCIES = (
    OrganisationDetails(
        code="NORTHGATE",
        name="Northgate Recovery",
        country="US",
        timezone="America/Chicago",
        languages=["en", "es"],
        phone="+1 312 555 0160",
        phone_hours="Mon–Fri 8:00–19:00 CT",
        email="help@northgate.example",
        address="60 Example Street, Chicago IL 60601",
    ),
    OrganisationDetails(
        code="CEDARLANE",
        name="Cedar Lane Associates",
        country="US",
        timezone="America/New_York",
        phone="+1 617 555 0170",
        phone_hours="Mon–Fri 9:00–17:00 ET",
        email="help@cedarlane.example",
        address="70 Example Street, Boston MA 02108",
    ),
    OrganisationDetails(
        code="ANHE",
        name="Anhe Services",
        name_zh="安和服务",
        country="CN",
        timezone="Asia/Shanghai",
        languages=["zh"],
        phone="+86 21 5555 0180",
        phone_hours="周一至周五 9:00–18:00",
        email="help@anhe.example",
        address="上海市浦东新区示例路80号",
    ),
)
#: Bank, agency, fee in basis points, term in days, room.
PANEL = (
    ("HARBOUR", "NORTHGATE", 2200, 180, 4_000),
    ("HARBOUR", "CEDARLANE", 1900, 120, 1_500),
    ("YUANSHAN", "ANHE", 2500, 180, 2_000),
)
PEOPLE = (
    Person("", "Robin Operator", "operator@portal.example", Role.OPERATOR),
    Person("HARBOUR", "Morgan Lee", "morgan.lee@harbour.example", Role.BANK_ADMIN),
    Person("HARBOUR", "Jamie Ortiz", "jamie.ortiz@harbour.example", Role.VENDOR_MANAGER),
    Person("YUANSHAN", "林晓", "lin.xiao@yuanshan.example", Role.VENDOR_MANAGER, "zh"),
    Person("NORTHGATE", "Sasha Reed", "sasha.reed@northgate.example", Role.AGENCY_ADMIN),
    Person("NORTHGATE", "Kim Tran", "kim.tran@northgate.example", Role.AGENCY_MANAGER),
    Person("CEDARLANE", "Pat Doyle", "pat.doyle@cedarlane.example", Role.AGENCY_MANAGER),
    Person("ANHE", "周宁", "zhou.ning@anhe.example", Role.AGENCY_MANAGER, "zh"),
)


def make_organisations(today: date) -> None:
    """Make every organisation, its panel, its policies and its people, unless they are there."""
    with transaction(OPERATOR) as session:
        ensure_operator_key(session)
        for details in BANKS:
            if _find(session, Bank, details.code) is None:
                create_bank(session, OPERATOR, details)
        for details in AGENCIES:
            if _find(session, Agency, details.code) is None:
                create_agency(session, OPERATOR, details)
    for bank_code, agency_code, fee_bps, term_days, capacity in PANEL:
        _approve(bank_code, agency_code, fee_bps, term_days, capacity, today)
    for details in BANKS:
        _set_policy(details)
        _open_merchant(details.code)
    for person in PEOPLE:
        _invite(person)


def _find(session: Session, kind: type[Bank] | type[Agency], code: str) -> UUID | None:
    return session.scalar(select(kind.id).where(kind.code == code))


def bank_by_code(code: str) -> Bank:
    """Return one of the demo's banks."""
    with transaction(OPERATOR) as session:
        return session.scalars(select(Bank).where(Bank.code == code)).one()


def agency_by_code(code: str) -> Agency:
    """Return one of the demo's agencies."""
    with transaction(OPERATOR) as session:
        return session.scalars(select(Agency).where(Agency.code == code)).one()


def principal_of(email: str) -> Principal:
    """Return somebody of the demo's staff, to act through the same services as their clicks."""
    person = next(each for each in PEOPLE if each.email == email)
    with transaction(OPERATOR) as session:
        staff = session.scalars(select(Staff).where(Staff.email == email)).one()
    return Principal.staff(staff.side, staff.org_id, staff.id, person.role)


def _approve(
    bank_code: str, agency_code: str, fee_bps: int, term_days: int, capacity: int, today: date
) -> None:
    bank, agency = bank_by_code(bank_code), agency_by_code(agency_code)
    system = Principal.system(bank.id)
    with transaction(system) as session:
        if session.get(PanelMember, (bank.id, agency.id)) is None:
            terms = PanelTerms(
                fee_bps=fee_bps,
                term_days=term_days,
                capacity=capacity,
                tail_days=30,
                answer_hours=72,
                approved_on=today - timedelta(days=400),
            )
            approve_agency(session, system, agency.id, terms)


def _set_policy(details: OrganisationDetails) -> None:
    bank = bank_by_code(details.code)
    currency = "CNY" if details.country == "CN" else "USD"
    with transaction(Principal.system(bank.id)) as session:
        if session.scalar(select(PlanPolicy.id).where(PlanPolicy.bank_id == bank.id)) is None:
            session.add(
                PlanPolicy(
                    bank_id=bank.id,
                    id=uuid7(),
                    currency=currency,
                    effective_from=date(2026, 1, 1),
                    bands=[
                        {"up_to_minor": 500_000, "minimum_minor": 2_500, "most_months": 24},
                        {"up_to_minor": 5_000_000, "minimum_minor": 5_000, "most_months": 36},
                        {"up_to_minor": None, "minimum_minor": 10_000, "most_months": 60},
                    ],
                    start_within_days=31,
                    minimum_payment_minor=500,
                    made_by=bank.id,
                )
            )


def _open_merchant(code: str) -> None:
    """Give a bank its account at the payment sandbox, and the sandbox the bank's address."""
    settings = current_app.config["PORTAL_SETTINGS"]
    if settings.sandbox_enabled:
        set_up_sandbox_merchant(bank_by_code(code).id, settings.portal_base_url)


def _invite(person: Person) -> None:
    org_id, side = OPERATOR_ORG, Side.OPERATOR
    if person.org:
        is_bank = any(details.code == person.org for details in BANKS)
        side = Side.BANK if is_bank else Side.AGENCY
        org_id = (bank_by_code if is_bank else agency_by_code)(person.org).id
    with transaction(OPERATOR) as session:
        known = session.scalar(
            select(Staff.id).where(Staff.org_id == org_id, Staff.email == person.email)
        )
        if known is None:
            invite_staff(
                session,
                OPERATOR,
                side,
                org_id,
                name=person.name,
                email=person.email,
                role=person.role,
                now=clock.now(),
                language=person.language,
            )
