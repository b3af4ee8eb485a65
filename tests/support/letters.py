"""Letters for tests: sent as a job sends them, and the code a person reads off them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.core.actions.notices import send_notice
from portal.core.placements.letters import open_letter
from portal.core.placements.models import Letter
from portal.core.principal import Principal
from portal.jobs.letters import letter_maker
from portal.web.letter_snapshots import CnNoticeSnapshot, UsNoticeSnapshot, from_json
from portal.web.uow import transaction
from tests.support.factories import NOON, MadeAccount


@dataclass(frozen=True)
class SentNotice:
    """A notice and what is printed on it."""

    letter: Letter
    code: str
    mandate_code: str
    snapshot: UsNoticeSnapshot | CnNoticeSnapshot


def send(made: MadeAccount, *, at: datetime = NOON, language: str | None = None) -> SentNotice:
    """Send a notice on a placed account, and read it as its person does."""
    system = Principal.system(made.bank_id)
    with transaction(system) as session:
        letter = send_notice(
            session, system, made.id, at=at, compose=letter_maker().notice, language=language
        )
    with transaction(system) as session:
        snapshot = from_json(open_letter(session, system, letter.id).snapshot)
    assert isinstance(snapshot, (UsNoticeSnapshot, CnNoticeSnapshot))
    return SentNotice(letter, snapshot.access.code, snapshot.mandate_code, snapshot)
