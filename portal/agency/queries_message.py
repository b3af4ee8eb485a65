"""Read model of the page on which a message is written, and of what stands against sending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.drafts import Beginning, Facts, gather_facts, list_beginnings
from portal.agency.permits import LocalTime, Reason, local_times, reason_found
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.queries_permits import PermitLine, own_permits
from portal.agency.queries_points import PointLine, list_points, points_for
from portal.core.actions.messages import Checked
from portal.core.parties.models import Debtor
from portal.core.principal import Principal
from portal.core.rules import Channel, Verdict, jurisdictions_for
from portal.core.rules.wording import CONSEQUENCES, SmsLength, WordKind
from portal.web.shell import language_by_code
from portal.web.word_marks import Piece, WordLine, pieces_of, word_line


@dataclass(frozen=True)
class MessagePage:
    """The account, the addresses a message can go to, and the texts it can begin with."""

    head: AccountHead
    channel: Channel
    points: list[PointLine]
    held: PermitLine | None
    language: str
    jurisdictions: tuple[str, ...]
    beginnings: list[Beginning]
    facts: Facts


@dataclass(frozen=True)
class CheckPage:
    """What stands against a message, as its writer sees it."""

    pieces: list[Piece]
    words: list[WordLine]
    reasons: list[Reason]
    opens: tuple[LocalTime, ...]
    length: SmsLength | None
    is_blocked: bool
    is_forbidden: bool
    is_for_person: bool
    named: list[WordKind]


def message_page(
    session: Session,
    actor: Principal,
    account_id: UUID,
    channel: Channel,
    *,
    agency_id: UUID,
    language: str,
    at: datetime,
) -> MessagePage:
    """Return what stands around a message; without a language it is the person's own.

    Raises:
        NotFound: no such account is placed with the acting agency.
    """
    head = account_head(session, account_id)
    person = session.execute(
        select(Debtor.country, Debtor.state, Debtor.language).where(
            Debtor.bank_id == head.bank_id, Debtor.id == head.debtor_id
        )
    ).one()
    chosen = language_by_code(language) or language_by_code(person.language[:2])
    code = chosen.code if chosen else "en"
    places = jurisdictions_for(person.country, person.state)
    facts = gather_facts(session, agency_id, head, code)
    held = [each for each in own_permits(session, actor, head, at=at) if each.channel is channel]
    return MessagePage(
        head=head,
        channel=channel,
        points=points_for(channel, list_points(session, head)),
        held=next((each for each in held if each.is_granted), None),
        language=code,
        jurisdictions=places,
        beginnings=list_beginnings(facts, channel, code, places),
        facts=facts,
    )


def check_page(checked: Checked, text: str, head: AccountHead, viewer_zone: ZoneInfo) -> CheckPage:
    """Return what was found against a message, in words."""
    judgement = checked.judgement
    opens = (
        ()
        if judgement.is_allowed
        else local_times(judgement.next_allowed_at, head.zones, viewer_zone)
    )
    return CheckPage(
        pieces=pieces_of(text, checked.words),
        words=[word_line(finding) for finding in checked.words.findings],
        reasons=[reason_found(finding) for finding in judgement.breaches],
        opens=opens,
        length=checked.words.length,
        is_blocked=checked.words.is_blocked,
        is_forbidden=judgement.verdict not in (Verdict.ALLOW, Verdict.REVIEW),
        is_for_person=judgement.verdict is Verdict.REVIEW,
        named=sorted(checked.words.mentions & CONSEQUENCES),
    )
