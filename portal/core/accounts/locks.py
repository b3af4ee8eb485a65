"""The account's lock: always the first one taken, before plan and payment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.errors import NotFound


def lock_account(session: Session, account_id: UUID) -> Account:
    """Lock an account this principal may change until the transaction ends, and return it.

    Rows that refer to the account may still be written: whoever has locked the person writes some.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if account is None:
        raise NotFound
    return account


def get_account(session: Session, account_id: UUID) -> Account:
    """Return an account this principal may see.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    account = session.scalars(select(Account).where(Account.id == account_id)).one_or_none()
    if account is None:
        raise NotFound
    return account


def keep_account(session: Session, account_id: UUID) -> Account:
    """Return an account a row will refer to, kept until the transaction ends.

    The row's foreign key would take this lock later, after the person's, which is out of order.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if account is None:
        raise NotFound
    return account
