"""An account as a bank delivers it, and what can be wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from portal.core.accounts.reasons import ROW_REASONS, Reason
from portal.core.accounts.values import CellError
from portal.core.money import MAX_MINOR, Money

Minor = Annotated[int, Field(ge=0, le=MAX_MINOR)]
Count = Annotated[int, Field(ge=0, le=9999)]
Reference = Annotated[str, Field(min_length=1, max_length=64)]


class AccountRow(BaseModel):
    """An overdue account as a bank delivers it, whatever the way: file today, interface later.

    Amounts are whole minor units of `currency`; principal, interest and fees make the balance.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    account_ref: Reference
    customer_ref: Reference
    name: Annotated[str, Field(min_length=1, max_length=200)]
    phone: Annotated[str, Field(max_length=16)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    address_line: Annotated[str, Field(max_length=200)] | None = None
    city: Annotated[str, Field(max_length=100)] | None = None
    state: Annotated[str, Field(max_length=64)] | None = None
    postcode: Annotated[str, Field(max_length=16)] | None = None
    country: Annotated[str, Field(min_length=2, max_length=2)]
    birth_on: date | None = None
    national_id_last4: Annotated[str, Field(min_length=4, max_length=4)] | None = None
    language: Annotated[str, Field(max_length=3)] | None = None
    product: Annotated[str, Field(min_length=1, max_length=100)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    credit_limit_minor: Minor | None = None
    balance_minor: Minor
    principal_minor: Minor
    interest_minor: Minor = 0
    fees_minor: Minor = 0
    itemisation_on: date
    past_due_since: date
    months_past_due: Annotated[int, Field(ge=0, le=2400)]
    last_payment_minor: Minor | None = None
    sms_sent: Count = 0
    calls_made: Count = 0
    demand_letter_on: date | None = None

    @model_validator(mode="after")
    def _amounts_make_sense(self) -> AccountRow:
        fault = amounts_fault(self.__dict__)
        if fault is not None:
            raise PydanticCustomError(fault.code, "the amounts do not add up", fault.values)
        return self

    @property
    def balance(self) -> Money:
        """Return what is owed."""
        return Money(self.balance_minor, self.currency)


def amounts_fault(values: Mapping[str, Any]) -> CellError | None:
    """Tell whether something is owed and its parts add up to it, or return why not."""
    balance, currency = values["balance_minor"], values["currency"]
    if not balance:
        return CellError("nothing_owed")
    parts = (
        values["principal_minor"] + values.get("interest_minor", 0) + values.get("fees_minor", 0)
    )
    if parts == balance:
        return None
    return CellError(
        "buckets_differ",
        sum=Money(parts, currency).decimal_text(),
        balance=Money(balance, currency).decimal_text(),
    )


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong with one row. `field` is ours, `column` the bank's heading.

    Both are empty when it is the whole row that is wrong.
    """

    row: int
    column: str
    value: str
    code: str
    values: Mapping[str, object]
    field: str = ""

    @property
    def reason(self) -> Reason:
        """Return message and cure, with placeholders for `values`."""
        return ROW_REASONS[self.code]

    def __str__(self) -> str:
        return f"{self.reason.message % self.values} {self.reason.cure % self.values}"
