"""What rules need of acts that are not contacts: placing, sharing, crediting, keeping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from portal.core.rules.kinds import Form
from portal.core.rules.objects import Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A debt, or data about it, handed to somebody. `to_owner` and the like are why it may pass."""

    to: Id
    exception: str | None = None
    for_consideration: bool | None = None
    published_agencies: frozenset[Id] | None = None
    controller_consents: bool | None = None
    impact_assessed_at: datetime | None = None
    frivolous_with_proof: bool = False
    debtor_told: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """Data an agency still holds after a mandate."""

    mandate_ended_at: datetime | None = None
    returned_or_deleted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How one payment is divided over debts, and what the payer asked for. Amounts in one unit."""

    amounts: Mapping[Id, int]
    directions: Mapping[Id, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A payment instrument about to be deposited, and the notices given of it."""

    instrument_on: date | None = None
    accepted_at: datetime | None = None
    notices: tuple[tuple[datetime, Form], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """The terms of an instalment agreement being offered or signed."""

    months: int | None = None
    form: Form | None = None
    recorded: bool | None = None
    content: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record that may be purged. `made_at` is when the thing it records happened."""

    kind: str
    made_at: datetime | None = None
    regime: str | None = None
    last_activity_at: datetime | None = None
    on_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A person about to work an account, and the certificates held."""

    collector_id: Id
    certificate: str | None = None
    certificate_ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An amount other than principal about to be asked for."""

    kind: str
    permitted: frozenset[str] = field(default_factory=frozenset)


Step: TypeAlias = (
    Placement | KeptData | Allocation | Deposit | PlanTerms | StoredRecord | Assignment | Charge
)
