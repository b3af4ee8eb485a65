"""Judging the rows of a file in one go: one look at what is known of all people they are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.contact import Questions
from portal.core.actions.file_plan import PlannedRow
from portal.core.actions.judging import deed_of
from portal.core.actions.knowledge import HISTORY, Knowledge, gather, past_contact
from portal.core.actions.models import Action
from portal.core.actions.service import Told, action_values
from portal.core.principal import Principal
from portal.core.rules import ContactFacts, Finding, Judgement, Pack, judge_done


@dataclass(slots=True)
class JudgedRow:
    """A row as the action it becomes, with what the rules say of it and why.

    `broken` is what was found against it, each thing once.
    """

    planned: PlannedRow
    action: Action
    facts: ContactFacts
    packs: tuple[Pack, ...]
    judgement: Judgement
    broken: tuple[Finding, ...]


@dataclass
class JudgedPart:
    """Some people's rows judged.

    `overtaken` leads from whoever was contacted after one of their rows to since when that is.
    """

    rows: list[JudgedRow]
    overtaken: dict[UUID, datetime] = field(default_factory=dict)

    def rules(self) -> Counter[str]:
        """Count the rows that break each rule."""
        return Counter(
            rule for row in self.rows for rule in {finding.rule_id for finding in row.broken}
        )

    def tidings(self) -> Counter[str]:
        """Count the rows that tell of a dispute, of hardship or of a wrong number."""
        told = (row.planned.row.tells for row in self.rows)
        return Counter(each.value for each in told if each is not None)

    def breaking(self) -> int:
        """Count the rows that break any rule."""
        return sum(bool(row.broken) for row in self.rows)


def judge_part(
    session: Session,
    actor: Principal,
    planned: Sequence[PlannedRow],
    accounts: Mapping[UUID, Account],
) -> JudgedPart:
    """Judge rows of one bank against all that is on record, and against each other.

    Nothing is written. All rows of a person have to be among them.
    """
    if not planned:
        return JudgedPart([])
    bank_id = planned[0].subject.bank_id
    made = [
        (each, _stand_in(actor, accounts[each.subject.account_id], each.told)) for each in planned
    ]
    instants = [action.made_at for _, action in made]
    known = gather(
        session,
        bank_id,
        {action.debtor_id for _, action in made},
        since=min(instants) - HISTORY,
        until=max(instants) + HISTORY,
    )
    overtaken = _overtaken(known, (action for _, action in made))
    _add_to_history(known, (action for _, action in made), str(bank_id))
    questions = Questions(
        session, {(bank_id, debtor_id): theirs for debtor_id, theirs in known.items()}
    )
    rows = []
    for each, action in made:
        facts, packs = questions.asked(each.subject, deed_of(action))
        judgement = judge_done(facts, packs)
        broken = {(one.rule_id, one.prong, one.code): one for one in judgement.breaches}
        rows.append(JudgedRow(each, action, facts, packs, judgement, tuple(broken.values())))
    return JudgedPart(rows, overtaken)


def _stand_in(actor: Principal, account: Account, told: Told) -> Action:
    """Return an action that is written by its values: the mapper's own objects cost three times."""
    return cast(Action, SimpleNamespace(**_UNTOLD, **action_values(actor, account, told)))


#: What an action has before it is judged and its words are sealed.
_UNTOLD: dict[str, Any] = {"permit_id": None, "note_sealed": None, "text_sealed": None}


def _overtaken(known: Mapping[UUID, Knowledge], actions: Iterable[Action]) -> dict[UUID, datetime]:
    first: dict[UUID, datetime] = {}
    for action in actions:
        before = first.get(action.debtor_id)
        if before is None or action.made_at < before:
            first[action.debtor_id] = action.made_at
    return {
        debtor_id: since
        for debtor_id, since in first.items()
        if known[debtor_id].history and known[debtor_id].history[-1].at > since
    }


def _add_to_history(
    known: Mapping[UUID, Knowledge], actions: Iterable[Action], creditor_id: str
) -> None:
    added: defaultdict[UUID, list[Action]] = defaultdict(list)
    for action in actions:
        added[action.debtor_id].append(action)
    for debtor_id, theirs in added.items():
        history = known[debtor_id].history
        history.extend(past_contact(action, known[debtor_id], creditor_id) for action in theirs)
        history.sort(key=attrgetter("at", "id"))
