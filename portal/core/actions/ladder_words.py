"""The words of a ladder's steps: which text a step speaks, and whether it may be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actions.ladder import LadderStep
from portal.core.parties.models import Bank, Debtor
from portal.core.rules import Channel, Purpose, jurisdictions_for
from portal.core.rules.wording import (
    Filled,
    Sender,
    SenderKind,
    Template,
    WordCheck,
    check_words,
    fill,
    get_template,
)

#: What stands for a person's own values where a text is checked before anybody is written to.
_SAMPLE = {
    "account": "4821",
    "amount": "1234.50",
    "due_on": "2026-11-24",
    "name": "Alex Lee",
    "page": "https://portal.example",
    "optout": "https://portal.example",
}
_CONTRACT = {"zh": "信用卡合约", "es": "su contrato de tarjeta de crédito"}


@dataclass(frozen=True)
class StepText:
    """What a step says in one language to people of one place, with what was found in it."""

    step: LadderStep
    channel: Channel
    language: str
    places: tuple[str, ...]
    text: str
    subject: str
    check: WordCheck


def template_of(
    step: LadderStep, channel: Channel, language: str, places: Iterable[str]
) -> Template:
    """Return the words of a step, complete for some places: the bank's own or the library's.

    Own words end with the sentences the law of the places asks for, like every template's. Through
    another channel than the step's own the library speaks.
    """
    where = tuple(places)
    template_id = f"{step.template}.{SenderKind.BANK}.{channel}.{language}"
    whole = get_template(template_id, jurisdictions=where)
    own = step.text_in(language) if channel is step.channel else None
    if own is None:
        return whole
    closing = whole.text.removeprefix(get_template(template_id, jurisdictions=()).text)
    if closing.strip() in own.text:
        closing = ""
    return replace(
        whole,
        id=f"own.{step.key}.{language}",
        version=0,
        text=own.text + closing,
        subject=own.subject,
    )


def fill_words(template: Template, values: Mapping[str, str]) -> Filled:
    """Fill a template with those of some values that it has a place for."""
    return fill(template, {slot: values.get(slot, "") for slot in template.slots})


def check_step(
    step: LadderStep,
    channel: Channel,
    language: str,
    places: tuple[str, ...],
    *,
    bank: Bank,
    values: Mapping[str, str],
    on: date,
) -> StepText:
    """Fill the words of a step and check them, as they are checked before they are sent.

    Raises:
        Invalid: a value is missing.
    """
    filled = fill_words(template_of(step, channel, language, places), values)
    check = check_words(
        filled.text,
        channel=channel,
        language=language,
        jurisdictions=places,
        sender=bank_sender(bank),
        subject=filled.subject,
        purpose=Purpose.PAYMENT_REQUEST,
        confirmed=step.confirmed,
        on=on,
    )
    return StepText(step, channel, language, places, filled.text, filled.subject, check)


def check_own_texts(
    session: Session,
    bank: Bank,
    steps: Iterable[LadderStep],
    *,
    on: date,
    values: Callable[[LadderStep, str], Mapping[str, str]] | None = None,
) -> list[StepText]:
    """Check every own text of a ladder by the rules of each place the bank's people live in.

    `values` give what fills a step's slots in a language, where it is to be shown as it arrives.
    """
    steps = tuple(steps)
    if not any(step.texts for step in steps):
        return []
    every_place = list_places(session, bank)
    return [
        check_step(
            step,
            step.channel,
            own.language,
            places,
            bank=bank,
            values=values(step, own.language) if values else sample_values(bank, own.language),
            on=on,
        )
        for step in steps
        for own in step.texts
        for places in every_place
    ]


def list_places(session: Session, bank: Bank) -> list[tuple[str, ...]]:
    """Return the sets of rule packs that protect the bank's people, its own country's first."""
    home = jurisdictions_for(bank.country)
    rows = session.execute(
        select(Debtor.country, Debtor.state).where(Debtor.bank_id == bank.id).distinct()
    )
    found = {jurisdictions_for(row.country, row.state) for row in rows} - {(), home}
    return [home, *sorted(found)]


def sample_values(bank: Bank, language: str) -> dict[str, str]:
    """Return values for every slot, those of the bank as they are."""
    return {
        **_SAMPLE,
        "bank": bank.name_in(language),
        "phone": bank.phone or "+1 212 555 0100",
        "address": bank.address.replace("\n", ", ") or "1 Example Plaza",
        "contract": _CONTRACT.get(language, "the credit card agreement"),
    }


def bank_sender(bank: Bank) -> Sender:
    """Return the bank as the check of words has to know it."""
    names = tuple(name for name in (bank.name, bank.name_zh) if name)
    return Sender(kind=SenderKind.BANK, names=names, phones=(bank.phone,) if bank.phone else ())


def bank_of(session: Session, bank_id: UUID) -> Bank:
    """Return the bank a ladder is of."""
    return session.get_one(Bank, bank_id)
