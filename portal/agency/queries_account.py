"""Read model of one account as its agency sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy.orm import Session

from portal.agency.permits import ChannelPermit, channel_permits
from portal.agency.queries_head import AccountHead, Facts, account_row, facts_of, head_of
from portal.agency.queries_lines import (
    LetterLine,
    PlanLines,
    PromiseLine,
    RecoveryLine,
    find_plan,
    list_letters,
    list_promises,
    list_recoveries,
)
from portal.core.actions.contact import may_contact_by_channel
from portal.core.parties.persons import get_debtor, open_contacts
from portal.core.plans.models import PromiseState


@dataclass(frozen=True)
class ContactLines:
    """A contact point in the clear, as it is read aloud or written on an envelope."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class AccountPage:
    """All that the account's page shows, apart from its timeline."""

    head: AccountHead
    facts: Facts
    permits: list[ChannelPermit]
    contacts: list[ContactLines]
    promises: list[PromiseLine]
    plan: PlanLines | None
    recoveries: list[RecoveryLine]
    letters: list[LetterLine]

    @property
    def running(self) -> PromiseLine | None:
        """Return the promise that is neither judged nor replaced."""
        return next((each for each in self.promises if each.state is PromiseState.ACTIVE), None)


def account_page(
    session: Session, account_id: UUID, *, at: datetime, viewer_zone: ZoneInfo
) -> AccountPage:
    """Return an account with its person's contact points in the clear.

    Raises:
        NotFound: there is none, or it is with another agency or with none.
    """
    row = account_row(session, account_id)
    head = head_of(row)
    judgements = may_contact_by_channel(session, head.id, at=at)
    return AccountPage(
        head=head,
        facts=facts_of(row),
        permits=channel_permits(judgements, head.zones, at=at, viewer_zone=viewer_zone),
        contacts=_contacts(session, head),
        promises=list_promises(session, head),
        plan=find_plan(session, head),
        recoveries=list_recoveries(session, head),
        letters=list_letters(session, head),
    )


def _contacts(session: Session, head: AccountHead) -> list[ContactLines]:
    debtor = get_debtor(session, head.bank_id, head.debtor_id)
    return [
        ContactLines(
            each.kind,
            (_spaced(each.value),) if each.kind == "phone" else tuple(each.value.splitlines()),
        )
        for each in open_contacts(session, debtor)
    ]


def _spaced(telephone: str) -> str:
    """Return a telephone number with the spaces people read it by."""
    try:
        number = phonenumbers.parse(telephone)
    except phonenumbers.NumberParseException:
        return telephone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
