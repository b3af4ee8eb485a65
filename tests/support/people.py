"""Staff who can really sign in, and the browser they do it with."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

import pyotp
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.core import clock, seals
from portal.core.audit import AuditRow
from portal.core.parties import credentials, factors, passwords, staff
from portal.core.parties.credentials import Authenticator
from portal.core.parties.models import Agency, Bank, Staff
from portal.core.parties.sign_in import Candidate
from portal.core.permissions import Role, Side
from portal.core.principal import OPERATOR_ORG, Principal
from portal.web.uow import transaction
from tests.support.sign_in import Visitor

PASSWORD = "ladder violet cider nine"
_counter = itertools.count(1)
_HASHES: list[str] = []


@dataclass
class Member:
    """A member of staff with a password and an authenticator."""

    org_id: UUID
    id: UUID
    side: Side
    role: Role
    email: str
    name: str
    secret: str
    recovery_codes: list[str]
    password: str = PASSWORD

    @property
    def principal(self) -> Principal:
        """The member, signed in."""
        return Principal.staff(self.side, self.org_id, self.id, self.role)

    @property
    def candidate(self) -> Candidate:
        """The member, on the way in."""
        return Candidate(self.org_id, self.id, self.side)

    def code(self, steps: int = 0) -> str:
        """Return what the authenticator shows, or will show some steps later."""
        moment = int(clock.now().timestamp()) + steps * factors.STEP_SECONDS
        return pyotp.TOTP(self.secret).at(moment)

    def row(self) -> Staff:
        """Return the member's row as it stands."""
        with transaction(Principal.operator_machine()) as session:
            return session.get_one(Staff, (self.org_id, self.id))

    def forget_used_codes(self) -> None:
        """Let a code be used that was used before."""
        with transaction(Principal.operator_machine()) as session:
            session.get_one(Staff, (self.org_id, self.id)).totp_last_step = 0


def address() -> str:
    """Return an e-mail address nobody has yet."""
    return f"staff{next(_counter)}-{os.getpid()}@example.com"


def invite(
    org: Bank | Agency | None, role: Role, *, email: str | None = None, name: str = "Robin Marsh"
) -> staff.Invitation:
    """Invite somebody into a bank or an agency, or to the operator."""
    operator = Principal.operator_machine()
    with transaction(operator) as session:
        return staff.invite_staff(
            session,
            operator,
            _side(org),
            org.id if org is not None else OPERATOR_ORG,
            name=name,
            email=email or address(),
            role=role,
            now=clock.now(),
        )


def hire(
    org: Bank | Agency | None, role: Role, *, email: str | None = None, name: str = "Robin Marsh"
) -> Member:
    """Make somebody who has joined by password and authenticator."""
    email = email or address()
    invitation = invite(org, role, email=email, name=name)
    candidate = Candidate(invitation.org_id, invitation.staff_id, _side(org))
    secret = factors.new_secret()
    if not _HASHES:
        _HASHES.append(passwords.hash_password(PASSWORD))
    with transaction(candidate.principal) as session:
        row = session.get_one(Staff, (invitation.org_id, invitation.staff_id))
        codes = credentials.join(
            session,
            candidate,
            seals.token_hash(invitation.token),
            password_hash=_HASHES[0],
            authenticator=Authenticator(factors.seal_secret(session, row, secret), 0),
            now=clock.now(),
        )
    return Member(
        invitation.org_id, invitation.staff_id, _side(org), role, email, name, secret, codes
    )


def _side(org: Bank | Agency | None) -> Side:
    if org is None:
        return Side.OPERATOR
    return Side.BANK if isinstance(org, Bank) else Side.AGENCY


class Browser(Visitor):
    """A visitor from a network of its own, so that tests do not use up each other's attempts."""

    def __init__(self, app: Flask, principal: Principal | None = None) -> None:
        """Open a fresh browser somewhere else."""
        super().__init__(app, principal)
        self.app = app
        number = next(_counter)
        self.client.environ_base["REMOTE_ADDR"] = (
            f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        )

    @property
    def cookie(self) -> str | None:
        """The session's token, as the browser keeps it."""
        found = self.client.get_cookie("portal", domain="localhost")
        return None if found is None else found.value

    def name(self, email: str) -> TestResponse:
        """Give an address on the sign-in page."""
        self.get("/sign-in")
        return self.post("/sign-in", {"email": email})

    def give_password(self, password: str) -> TestResponse:
        """Give a password for the address given before."""
        self.get("/sign-in/password")
        return self.post("/sign-in/password", {"password": password})

    def give_code(self, code: str) -> TestResponse:
        """Give a code after the password."""
        self.get("/sign-in/code")
        return self.post("/sign-in/code", {"code": code})

    def sign_in(self, member: Member) -> TestResponse:
        """Sign in by password and authenticator, all the way."""
        member.forget_used_codes()
        self.name(member.email)
        self.give_password(member.password)
        return self.give_code(member.code())

    def stored(self) -> dict[str, Any]:
        """Return what the server keeps of this browser's session."""
        with self.client.session_transaction() as session:
            return dict(session)

    def is_signed_in(self) -> bool:
        """Tell whether this browser is anybody's."""
        return self.client.get("/profile").status_code == 200


def text_of(answer: TestResponse) -> str:
    """Return a page without its form tokens, which differ from visit to visit."""
    page = answer.get_data(as_text=True)
    return unescape(re.sub(r'name="csrf_token"[^>]*', "", page))


def reasons(org_id: UUID, verb: str = "sign-in.refused") -> list[str]:
    """Return the reasons noted in an organisation's record, oldest first."""
    with transaction(Principal.machine_of(org_id)) as session:
        rows = session.scalars(
            select(AuditRow)
            .where(AuditRow.chain_id == org_id, AuditRow.verb == verb)
            .order_by(AuditRow.id)
        )
        return [str(row.facts.get("reason", "")) for row in rows]


def row_of(email: str) -> Staff:
    """Return the row of whoever has an address."""
    operator = Principal.operator_machine()
    with transaction(operator) as session:
        return staff.get_staff_by_email(session, operator, email)
