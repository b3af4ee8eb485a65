"""Where a message begins: a template of the portal, filled with what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import current_app, url_for
from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from portal.agency.queries_head import AccountHead
from portal.agency.queries_lines import PlanLines, find_plan
from portal.core.money import Money
from portal.core.parties.letter_codes import new_code
from portal.core.parties.models import Agency, Bank
from portal.core.plans.models import InstalmentState
from portal.core.rules import Channel
from portal.core.rules.wording import SenderKind, Template, fill, get_template, list_templates
from portal.web import filters
from portal.web.letters import group_code
from portal.web.shell import language_by_code


@dataclass(frozen=True)
class Beginning:
    """A template by its name, for the list somebody chooses from."""

    id: str
    name: str


@dataclass(frozen=True)
class Begun:
    """A text to go on from, and the code in it by which the sender can be checked."""

    text: str = ""
    subject: str = ""
    purpose: str = ""
    mandate_code: str = ""


@dataclass(frozen=True)
class Facts:
    """What is on record for a template's slots, in the message's language.

    In a template about a plan, amount and day are those of the part money is still to come for.
    """

    general: Mapping[str, str]
    plan: Mapping[str, str]

    def values(self, template: Template) -> dict[str, str]:
        """Return what there is for the slots of a template."""
        about_plan = template.kind.startswith("plan_")
        known = {**self.general, **self.plan} if about_plan else dict(self.general)
        return {name: known[name] for name in template.slots if known.get(name)}


def list_beginnings(
    facts: Facts, channel: Channel, language: str, jurisdictions: tuple[str, ...]
) -> list[Beginning]:
    """Return the agency's templates whose slots can all be filled, in their usual order."""
    return [
        Beginning(template.id, _name(template))
        for template in list_templates(
            channel, language, SenderKind.AGENCY, jurisdictions=jurisdictions
        )
        if set(facts.values(template)) == template.slots
    ]


def _name(template: Template) -> str:
    names = {
        "agency_first": gettext("First message"),
        "agency_follow_up": gettext("Later message"),
        "plan_due_soon": gettext("An instalment is due soon"),
        "plan_missed": gettext("An instalment has not come"),
        "optout_confirmation": gettext("Confirm an opt-out"),
    }
    return str(names.get(template.kind, template.kind))


def begin(facts: Facts, template_id: str, jurisdictions: tuple[str, ...]) -> Begun:
    """Fill a template; a code in it is fresh, and works once the message has left.

    Raises:
        NotFound: there is no such template.
        Invalid: something it needs is not on record.
    """
    template = get_template(template_id, jurisdictions=jurisdictions)
    values = facts.values(template)
    filled = fill(template, values)
    purpose, code = template.purpose.value, values.get("mandate", "")
    return Begun(filled.text, filled.subject, purpose, code)


def gather_facts(session: Session, agency_id: UUID, head: AccountHead, language: str) -> Facts:
    """Return what is on record about an account, its agency and its bank."""
    agency, bank = session.get_one(Agency, agency_id), session.get_one(Bank, head.bank_id)
    known = language_by_code(language)
    site = current_app.config["PORTAL_SETTINGS"].portal_base_url.rstrip("/")
    with force_locale(known.locale if known else "en"):
        general = {
            "account": head.ref[-4:],
            "agency": agency.name_in(language),
            "bank": bank.name_in(language),
            "name": head.name,
            "amount": filters.money(head.owed),
            "phone": agency.phone,
            "address": agency.address.replace("\n", ", "),
            "page": site,
            "optout": f"{site}{url_for('debtor.show_contact', account_id=head.id)}",
            "mandate": group_code(new_code()),
        }
        return Facts(general, _next_part(find_plan(session, head)))


def _next_part(plan: PlanLines | None) -> dict[str, str]:
    """Return the part of a plan that money is still to come for."""
    awaited = (InstalmentState.DUE, InstalmentState.PART_PAID, InstalmentState.MISSED)
    for part in plan.parts if plan else ():
        if part.state in awaited:
            left = Money(part.amount.minor - part.paid.minor, part.amount.currency)
            return {"due_on": filters.day(part.due_on), "amount": filters.money(left)}
    return {"due_on": "", "amount": ""}
