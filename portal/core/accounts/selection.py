"""Choosing accounts by what is known of them: a filter as data, kept with what was done to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from portal.core.accounts.hold_reading import open_on
from portal.core.accounts.models import Account, AccountState, Effort, Hold
from portal.core.ledger.models import Balance
from portal.core.parties.models import Debtor

#: A balance confirmed longer ago than this is no basis for a referral. Days.
VERIFIED_WITHIN_DAYS = 30


@dataclass(frozen=True)
class AccountFilter:
    """Which of a bank's accounts are meant; a bound left out does not bind. Amounts are minor."""

    currency: str
    least_minor: int | None = None
    most_minor: int | None = None
    least_months: int | None = None
    most_months: int | None = None
    country: str | None = None
    state: str | None = None
    product: str | None = None
    language: str | None = None
    import_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without the bounds left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> AccountFilter:
        """Read what `to_dict` wrote."""
        return cls(**values)


def matching(bank_id: UUID, chosen: AccountFilter) -> ColumnElement[bool]:
    """Return the condition on Account joined with Debtor and Balance that a filter stands for."""
    bounds: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (chosen.least_minor, lambda value: Balance.total_minor >= value),
        (chosen.most_minor, lambda value: Balance.total_minor <= value),
        (chosen.least_months, lambda value: Account.months_past_due >= value),
        (chosen.most_months, lambda value: Account.months_past_due <= value),
        (chosen.country, lambda value: Debtor.country == value),
        (chosen.state, lambda value: Debtor.state == value),
        (chosen.product, lambda value: Account.product == value),
        (chosen.language, lambda value: Debtor.language == value),
        (chosen.import_id, lambda value: Account.import_id == UUID(value)),
    ]
    return and_(
        Account.bank_id == bank_id,
        Account.currency == chosen.currency,
        *(condition(value) for value, condition in bounds if value not in (None, "")),
    )


def joined(*columns: Any) -> Select[Any]:
    """Select columns of accounts with their person and balance."""
    return (
        select(*columns)
        .select_from(Account)
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(
            Balance,
            and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id),
        )
    )


def hindrances(today: date) -> dict[str, ColumnElement[bool]]:
    """Return why an account may not be referred, each reason as a condition, worst first.

    Source: domain.md, placement draft → offered: no live placement, no open hold, verified
    balance, and the bank's own reminders tried first.
    """
    held = exists().where(
        Hold.bank_id == Account.bank_id,
        Hold.debtor_id == Account.debtor_id,
        or_(Hold.account_id.is_(None), Hold.account_id == Account.id),
        open_on(today),
    )
    tried = exists().where(Effort.bank_id == Account.bank_id, Effort.account_id == Account.id)
    fresh = today - timedelta(days=VERIFIED_WITHIN_DAYS)
    return {
        "placed_already": Account.state.in_((AccountState.OFFERED, AccountState.PLACED)),
        "closed": Account.state == AccountState.CLOSED,
        "nothing_owed": Balance.total_minor <= 0,
        "on_hold": held,
        "not_verified": Balance.verified_as_of.is_(None),
        "verified_too_long_ago": Balance.verified_as_of < fresh,
        "nothing_tried": ~tried,
    }
