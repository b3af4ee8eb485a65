"""Sending a notice: a letter, and an action like any other contact with the person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.accounts.locks import lock_account
from portal.core.actions.contact import may_contact
from portal.core.actions.service import Told, log_action
from portal.core.errors import Conflict
from portal.core.placements.models import Letter
from portal.core.placements.notices import (
    ComposeNotice,
    find_notice,
    issue_notice,
    refuse_unready,
)
from portal.core.principal import Principal
from portal.core.rules import Channel, Finding, Outcome, Verdict


def send_notice(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    at: datetime,
    compose: ComposeNotice,
    language: str | None = None,
    letter_id: UUID | None = None,
    issued_by: UUID | None = None,
) -> Letter:
    """Write the notice on a placed account and log it as a letter that goes out.

    A letter is about to happen, so a rule that forbids it stops it. The same `letter_id` again
    returns the letter that was written.

    Raises:
        PermissionDenied, NotFound: as for `issue_notice`.
        Conflict: as for `issue_notice`, or a contact rule forbids a letter now.
    """
    written = find_notice(session, account_id, letter_id)
    if written is not None:
        return written
    refuse_unready(session, lock_account(session, account_id), at)
    judgement = may_contact(session, [account_id], Channel.LETTER, at=at).get(account_id)
    if judgement is not None and any(_forbids(finding) for finding in judgement.breaches):
        raise Conflict("A contact rule forbids a letter on this account now.")
    letter = issue_notice(
        session,
        actor,
        account_id,
        at=at,
        compose=compose,
        language=language,
        letter_id=letter_id,
        issued_by=issued_by,
    )
    told = Told(channel=Channel.LETTER, outcome=Outcome.DELIVERED, made_at=at)
    log_action(session, actor, account_id, told, now=at)
    return letter


def _forbids(finding: Finding) -> bool:
    """Tell whether a finding stops a letter: a call somebody is about to make does not."""
    return finding.verdict is not Verdict.REVIEW and finding.code != "permit_held"
