"""Read model of accounts leaving as a file: every account of a filter, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_accounts import AccountSearch, matching
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account, AccountState
from portal.core.accounts.selection import joined
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, Debtor

_READ_AT_ONCE = 2_000

EXPORTED = (
    *(_l("Account number"), _l("Customer number"), _l("Name"), _l("Product"), _l("State")),
    *(_l("Agency"), _l("Currency"), _l("Balance"), _l("Principal"), _l("Interest"), _l("Fees")),
    *(_l("Costs"), _l("Balance confirmed as of"), _l("Past due since"), _l("Months past due")),
    *(_l("Itemisation date"), _l("Country"), _l("State or province")),
)


def list_exported(session: Session, bank_id: UUID, chosen: AccountSearch) -> Iterator[list[Cell]]:
    """Yield every account a filter matches, by account number, as cells under `EXPORTED`."""
    statement = (
        joined(
            Account.account_ref,
            Debtor.customer_ref,
            Debtor.name,
            Account.product,
            Account.state,
            Agency.name,
            Balance.currency,
            Balance.total_minor,
            Balance.principal_minor,
            Balance.interest_minor,
            Balance.fees_minor,
            Balance.costs_minor,
            Balance.verified_as_of,
            Account.past_due_since,
            Account.months_past_due,
            Account.itemisation_on,
            Debtor.country,
            Debtor.state,
        )
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .where(matching(bank_id, chosen))
        .order_by(Account.account_ref, Account.id)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    states = {state: words.label(state) for state in AccountState}
    for row in session.execute(statement):
        cells = list(row)
        cells[4] = states[row[4]]
        currency = row[6]
        cells[7:12] = [Money(minor, currency) for minor in row[7:12]]
        yield cells
