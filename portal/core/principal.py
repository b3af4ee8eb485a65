"""Principal: who is acting; `bind_principal()` tells Postgres, for one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.errors import PermissionDenied
from portal.core.permissions import ROLE_PERMISSIONS, Permission, Role, Side

OPERATOR_ORG = UUID("00000000-0000-7000-8000-000000000001")


@dataclass(frozen=True)
class Principal:
    """The signed-in actor for one party.

    `org_id` is the bank, agency or operator a member of staff belongs to. `bank_id` is set only
    for who may see a whole bank; a debtor's bank is `home_bank_id`, so that the two can never be
    mistaken for each other in a policy.
    """

    side: Side
    user_id: UUID
    role: Role
    org_id: UUID | None = None
    bank_id: UUID | None = None
    agency_id: UUID | None = None
    home_bank_id: UUID | None = None
    debtor_id: UUID | None = None

    @classmethod
    def staff(cls, side: Side, org_id: UUID, user_id: UUID, role: Role) -> Principal:
        """Return a member of staff of a bank, an agency or the operator."""
        return cls(
            side=side,
            user_id=user_id,
            role=role,
            org_id=org_id,
            bank_id=org_id if side is Side.BANK else None,
            agency_id=org_id if side is Side.AGENCY else None,
        )

    @classmethod
    def debtor(cls, bank_id: UUID, debtor_id: UUID) -> Principal:
        """Return a person in debt who has proven to be that person."""
        return cls(Side.DEBTOR, debtor_id, Role.DEBTOR, home_bank_id=bank_id, debtor_id=debtor_id)

    @classmethod
    def proving(cls, bank_id: UUID, debtor_id: UUID) -> Principal:
        """Return a visitor who holds a letter's code and has yet to prove who they are."""
        return cls(Side.PROVING, debtor_id, Role.NONE, home_bank_id=bank_id, debtor_id=debtor_id)

    @classmethod
    def entering(cls, org_id: UUID, user_id: UUID) -> Principal:
        """Return a member of staff who has yet to prove who they are: sees their own row only."""
        return cls(Side.ENTERING, user_id, Role.NONE, org_id=org_id)

    @classmethod
    def system(cls, bank_id: UUID) -> Principal:
        """Return the machine acting for one bank: hooks, jobs and commands only."""
        return cls(Side.SYSTEM, bank_id, Role.SYSTEM, org_id=bank_id, bank_id=bank_id)

    @classmethod
    def machine_of(cls, org_id: UUID) -> Principal:
        """Return the machine acting for an organisation's own rows: its messages, its staff."""
        return cls(Side.SYSTEM, org_id, Role.NONE, org_id=org_id)

    @classmethod
    def operator_machine(cls) -> Principal:
        """Return the machine acting for the operator: commands only, no debtor data."""
        return cls(Side.OPERATOR, OPERATOR_ORG, Role.OPERATOR, org_id=OPERATOR_ORG)

    def may(self, permission: Permission) -> bool:
        """Tell whether the role holds the permission."""
        return permission in ROLE_PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Let the principal pass, or refuse.

        Raises:
            PermissionDenied: the role does not hold the permission.
        """
        if not self.may(permission):
            raise PermissionDenied


def bind_principal(session: Session, principal: Principal) -> None:
    """Tell Postgres who acts, until this transaction ends.

    `SET LOCAL` and not `set_config()`: only the former travels to the nodes of a distributed
    server. Every value is an enum member or a UUID, so the literals need no quoting.
    """
    values = {
        "side": principal.side.value,
        "user_id": principal.user_id,
        "org_id": principal.org_id,
        "bank_id": principal.bank_id,
        "agency_id": principal.agency_id,
        "home_bank_id": principal.home_bank_id,
        "debtor_id": principal.debtor_id,
    }
    statements = []
    for name, value in values.items():
        if value is not None and not isinstance(value, (UUID, str)):
            raise TypeError(f"{name} is not an id")
        statements.append(f"SET LOCAL portal.{name} = '{value if value is not None else ''}'")
    session.connection().exec_driver_sql("; ".join(statements))
