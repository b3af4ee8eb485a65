"""Two of everything: a bank, its agency, its person in debt, and a row of each kind."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import audit, idempotency, outbox
from portal.core.accounts.deliveries import open_delivery, receive_file, remembered_mapping
from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.imports import commit_file
from portal.core.accounts.said import Said
from portal.core.accounts.statements import record_statement
from portal.core.actions import file_runs
from portal.core.actions.breaches import explain_breach
from portal.core.actions.file_progress import Step
from portal.core.actions.ladder import DEFAULT_STEPS
from portal.core.actions.ladders import set_ladder
from portal.core.actions.models import Breach
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.parties.models import (
    Agency,
    Bank,
    OrgSecret,
    SignInProvider,
    Staff,
    StatementKind,
)
from portal.core.parties.persons import get_debtor, person_key
from portal.core.parties.wishes import set_wishes
from portal.core.payments.models import EventState, Payment, PaymentState, ProviderEvent
from portal.core.permissions import Role
from portal.core.placements.models import Letter, LetterKind, Placement
from portal.core.plans.models import Frequency, Instalment, Plan, PlanState
from portal.core.plans.promises import record_promise
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery
from portal.core.rules import Channel, Outcome
from portal.demo.referral_file import write_referral_file
from portal.web.uow import transaction
from tests.support.action_files import day_file, receive, ref_of
from tests.support.factories import NOON, TODAY, Factory, MadeAccount
from tests.support.own_rules import own_rules

LATE = NOON + timedelta(hours=10)


@dataclass
class World:
    """One bank's side of things, and everybody who may rightfully look at some of it."""

    bank: Bank
    agency: Agency
    account: MadeAccount
    ids: dict[str, UUID] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)

    @property
    def markers(self) -> list[str]:
        """Texts that may be read by this world's principals alone."""
        return [self.account.name, self.account.account_ref, self.account.email]


def make_world(make: Factory) -> World:
    """Make a bank, an agency and a person, and one row of every kind."""
    bank, agency = make.bank(), make.agency()
    make.plan_policy(bank)
    own_rules(make, bank, days_off=[{"on": "2030-01-01", "name": "New Year"}])
    account = make.account(bank=bank, agency=agency)
    manager = make.staff(bank, Role.VENDOR_MANAGER)
    admin = make.staff(bank, Role.BANK_ADMIN)
    agent = make.staff(agency, Role.AGENCY_MANAGER)
    agency_admin = make.staff(agency, Role.AGENCY_ADMIN)
    world = World(bank, agency, account)
    world.principals = {
        "vendor manager": _principal(manager),
        "bank administrator": _principal(admin),
        "agency manager": _principal(agent),
        "agency administrator": _principal(agency_admin),
        "debtor": account.debtor,
    }
    world.ids = {
        "account_id": account.id,
        "agency_id": agency.id,
        "org_id": bank.id,
        "bank_staff_id": admin.id,
        "agency_staff_id": agency_admin.id,
    }
    _add_agency_rows(world)
    _add_breach(world)
    _add_action_file(world)
    _add_limits(world)
    _add_bank_rows(world)
    _add_money_rows(world)
    _add_reminder(world)
    _add_visits(world)
    return world


def _principal(staff: Staff) -> Principal:
    return Principal.staff(staff.side, staff.org_id, staff.id, staff.role)


def _add_agency_rows(world: World) -> None:
    agent, account = world.principals["agency manager"], world.account
    with transaction(agent) as session:
        log_call(
            session,
            agent,
            account.id,
            outcome=Outcome.CONVERSATION,
            made_at=LATE,
            now=LATE,
            note="a private note",
        )
        record_promise(
            session,
            agent,
            account.id,
            Money(5_000, "USD"),
            due_on=TODAY + timedelta(days=5),
            at=LATE,
            today=TODAY,
        )
        recovery = report_recovery(
            session,
            agent,
            account.id,
            Money(1_000, "USD"),
            received_on=TODAY,
            recipient=Recipient.AGENCY,
            external_ref=f"REF-{account.account_ref}",
            at=LATE,
            today=TODAY,
        )
        world.ids["recovery_id"] = recovery.id
        permit = ask_permit(session, agent, account.id, Channel.SMS, at=NOON)
        world.ids["permit_id"] = permit.id
        placement = session.scalars(select(Placement)).one()
        world.ids["offer_id"] = placement.offer_id
        world.ids["referral_id"] = placement.referral_id


def _add_breach(world: World) -> None:
    """Let the agency explain the rule its late call broke."""
    agent = world.principals["agency manager"]
    with transaction(agent) as session:
        found = session.scalars(select(Breach).order_by(Breach.id)).first()
        assert found is not None
        explain_breach(session, agent, found.id, text="A wrong clock.", at=LATE)
        world.ids["breach_id"] = found.id


def _add_action_file(world: World) -> None:
    """Log one action by a file that bears the account's number in its name."""
    agent, account = world.principals["agency manager"], world.account
    row = {"placement_ref": ref_of(account), "at": LATE.isoformat(), "outcome_code": "busy"}
    name = f"{account.account_ref}.csv"
    file_id = world.ids["file_id"] = receive(agent, world.bank.id, day_file([row]), name=name)
    with transaction(agent) as session:
        file_runs.ask_run(session, agent, file_id, Step.COMMIT, at=LATE)
    with transaction(agent) as session:
        plan = file_runs.open_run(session, agent, file_id, Step.COMMIT, now=LATE)
        file_runs.commit_part(session, agent, file_id, plan.parts[0], now=LATE)
        file_runs.close_run(session, agent, file_id, Step.COMMIT, now=LATE)


def _add_limits(world: World) -> None:
    """Leave what limits contact: what the person wishes, what they said, and a hold."""
    debtor = world.principals["debtor"]
    with transaction(debtor) as session:
        set_wishes(session, debtor, world.account.debtor_id, weekly_maximum=2, at=LATE)
        said = Said(kind=StatementKind.DISPUTE, account_id=world.account.id, note="a private note")
        statement = record_statement(session, debtor, world.account.debtor_id, said, at=LATE)
        world.ids["statement_id"] = statement.id
        world.ids["hold_id"] = list_holds(session)[0].id


def _add_bank_rows(world: World) -> None:
    manager = world.principals["vendor manager"]
    file = io.StringIO()
    write_referral_file(
        file,
        country="US",
        min_months=2,
        rows=3,
        seed=abs(hash(world.bank.code)) % 9_999,
        as_of=date(2026, 11, 20),
        trailer=True,
    )
    with transaction(manager) as session:
        kept = receive_file(
            session, manager, io.BytesIO(file.getvalue().encode()), file_name="w.csv", at=NOON
        )
        mapping = remembered_mapping(session, world.bank.id, open_delivery(session, kept))
        commit_file(session, manager, kept, mapping, at=NOON, today=TODAY, attested=True)
        world.ids["import_id"] = kept.id


def _add_money_rows(world: World) -> None:
    account, system = world.account, Principal.system(world.bank.id)
    ids = {name: uuid7() for name in ("plan_id", "instalment_id", "payment_id", "letter_id")}
    world.ids |= ids
    common = {
        "bank_id": world.bank.id,
        "account_id": account.id,
        "debtor_id": account.debtor_id,
    }
    with transaction(system) as session:
        session.add(
            Plan(
                **common,
                id=ids["plan_id"],
                agency_id=world.agency.id,
                state=PlanState.ACTIVE,
                amount_minor=10_000,
                total_minor=20_000,
                currency="USD",
                frequency=Frequency.MONTHLY,
                instalment_count=2,
                starts_on=TODAY,
                balance_verified_on=TODAY,
                accepted_at=NOON,
                created_at=NOON,
            )
        )
        session.flush()
        session.add(
            Instalment(
                **common,
                id=ids["instalment_id"],
                plan_id=ids["plan_id"],
                agency_id=world.agency.id,
                number=1,
                due_on=TODAY + timedelta(days=9),
                amount_minor=10_000,
                currency="USD",
            )
        )
        session.flush()
        session.add(
            Payment(
                **common,
                id=ids["payment_id"],
                ref=f"PAY-{account.account_ref}",
                purpose="part",
                amount_minor=2_000,
                currency="USD",
                state=PaymentState.ABANDONED,
                gateway_account=world.bank.payment_account,
                initiated_at=NOON,
                expires_at=NOON + timedelta(minutes=35),
                ended_at=NOON,
            )
        )
        session.add(
            ProviderEvent(
                bank_id=world.bank.id,
                gateway_account=world.bank.payment_account,
                event_id=f"evt_{account.account_ref}",
                kind="checkout.session.completed",
                object_id="cs_1",
                livemode=False,
                body=b"{}",
                created_at=NOON,
                state=EventState.IGNORED,
            )
        )
        session.flush()
        _add_letter(world, session)
        _add_secrets(world, session)
        outbox.post_message(
            session, world.bank.id, channel="text", kind="test", to="+12125550100", text="Hi"
        )
        audit.record(session, system, "world.made", world.bank.id)


def _add_reminder(world: World) -> None:
    """Leave the bank's ladder, and a call that waits for somebody on the account."""
    manager, account = world.principals["vendor manager"], world.account
    world.ids["reminder_id"] = uuid7()
    with transaction(manager) as session:
        set_ladder(session, manager, DEFAULT_STEPS, running=False, effective_from=TODAY, at=NOON)
        session.add(
            Reminder(
                bank_id=world.bank.id,
                id=world.ids["reminder_id"],
                account_id=account.id,
                debtor_id=account.debtor_id,
                step="call-1",
                channel=Channel.CALL,
                department="collections",
                due_on=TODAY,
                state=ReminderState.DUE,
                ladder_version=1,
            )
        )


def _add_letter(world: World, session: Session) -> None:
    account = world.account
    debtor = get_debtor(session, world.bank.id, account.debtor_id)
    key = person_key(session, debtor)
    letter_id = world.ids["letter_id"]
    session.add(
        Letter(
            bank_id=world.bank.id,
            id=letter_id,
            account_id=account.id,
            debtor_id=account.debtor_id,
            agency_id=world.agency.id,
            kind=LetterKind.RECEIPT,
            language="en",
            template_version="receipt/1",
            snapshot_sealed=key.seal("letters.snapshot", letter_id, "{}"),
            snapshot_sha256=hashlib.sha256(b"{}").digest(),
            pdf_sealed=key.seal("letters.pdf", letter_id, b"%PDF-1.7 test"),
            pdf_sha256=hashlib.sha256(b"%PDF-1.7 test").digest(),
            issued_at=NOON,
            issued_by=world.bank.id,
        )
    )


def _add_secrets(world: World, session: Session) -> None:
    session.add(OrgSecret(org_id=world.bank.id, kind="test", sealed=b"\x00"))
    session.add(
        SignInProvider(
            org_id=world.bank.id,
            discovery_url="https://id.example.com",
            issuer="https://id.example.com",
            client_id="portal",
            secret_sealed=b"\x00",
            provider_metadata={},
        )
    )
    session.flush()


def _add_visits(world: World) -> None:
    """Leave what a debtor's visit leaves: a passcode and the key of a form."""
    debtor = world.principals["debtor"]
    point = text("SELECT id FROM contact_points WHERE kind = 'phone' LIMIT 1")
    with transaction(debtor) as session:
        session.execute(
            text(
                "INSERT INTO passcodes (bank_id, debtor_id, code_hash, browser_hash,"
                " contact_point_id, made_at, expires_at)"
                " VALUES (:bank, :debtor, '\\x00', '\\x00', :point, now(), now())"
            ),
            {
                "bank": world.bank.id,
                "debtor": world.account.debtor_id,
                "point": session.scalar(point),
            },
        )
        idempotency.claim(session, debtor, endpoint="test", key="k" * 20, request={})
