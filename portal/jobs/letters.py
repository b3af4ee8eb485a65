"""Writing letters and making their PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import current_app
from flask_babel import force_locale, gettext

from portal.core import clock, outbox
from portal.core.actions.notices import send_notice
from portal.core.outbox import queue
from portal.core.parties.models import Bank
from portal.core.payments.receipts import issue_receipt as write_receipt
from portal.core.placements.agreements import issue_agreement as write_agreement
from portal.core.placements.letters import open_letter, store_pdf
from portal.core.plans.proposals import get_plan
from portal.core.principal import Principal
from portal.web.gateways import gateways
from portal.web.letter_making import LetterMaker
from portal.web.letter_snapshots import from_json
from portal.web.letters import letter_html
from portal.web.shell import language_by_code
from portal.web.uow import transaction


def letter_maker() -> LetterMaker:
    """Return what composes the letters of this installation."""
    return LetterMaker(current_app.config["PORTAL_SETTINGS"].portal_base_url)


@queue.task(name="issue_notice", retry=5)
def issue_notice(
    bank_id: str,
    account_id: str,
    letter_id: str,
    issued_by: str,
    language: str,
    issued_at: int,
) -> None:
    """Write the notice that bank or agency asked for."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        send_notice(
            session,
            system,
            UUID(account_id),
            at=datetime.fromtimestamp(issued_at, UTC),
            compose=letter_maker().notice,
            language=language or None,
            letter_id=UUID(letter_id),
            issued_by=UUID(issued_by),
        )


@queue.task(name="issue_agreement", retry=5)
def issue_agreement(bank_id: str, plan_id: str, language: str) -> None:
    """Write the agreement on a plan that was accepted."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        write_agreement(
            session,
            system,
            UUID(plan_id),
            language=language,
            compose=letter_maker().agreement,
            at=clock.now(),
        )


@queue.task(name="issue_receipt", retry=5)
def issue_receipt(bank_id: str, payment_id: str) -> None:
    """Write the receipt for a payment that was cleared."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        write_receipt(
            session,
            system,
            UUID(payment_id),
            compose=letter_maker().receipt,
            at=clock.now(),
        )


@queue.task(name="render_letter", retry=5)
def render_letter(bank_id: str, letter_id: str) -> None:
    """Make the PDF of a stored letter; the work is done outside any transaction."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        found = open_letter(session, system, UUID(letter_id))
    if found.pdf is not None:
        return
    pdf = gateways().letters.render(letter_html(from_json(found.snapshot)))
    with transaction(system) as session:
        store_pdf(session, system, UUID(letter_id), pdf)


@queue.task(name="tell_bank_of_ask", retry=5)
def tell_bank_of_ask(bank_id: str, plan_id: str) -> None:
    """Tell a bank that a person waits for an answer about a plan. No name, no amount."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        plan, bank = get_plan(session, UUID(plan_id)), session.get_one(Bank, UUID(bank_id))
        if not bank.email:
            return
        base_url = current_app.config["PORTAL_SETTINGS"].portal_base_url
        language = language_by_code(bank.languages[0] if bank.languages else "en")
        with force_locale(language.locale if language else "en"):
            outbox.post_message(
                session,
                bank.id,
                channel="email",
                kind="plan_asked",
                to=bank.email,
                subject=gettext("Somebody waits for your answer about a plan"),
                text=gettext(
                    "A person asked for a plan that your policy does not say yes to. Please answer"
                    " by %(day)s.\n\n%(link)s",
                    day=plan.answer_by.isoformat() if plan.answer_by else "",
                    link=f"{base_url}/bank/accounts/{plan.account_id}",
                ),
            )
