"""Composing letters: the facts of the domain become the snapshot a letter is made from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.core.actions.reminder_words import DemandFacts
from portal.core.errors import Conflict
from portal.core.ledger.models import Book
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank
from portal.core.payments.receipts import ReceiptFacts
from portal.core.placements.agreements import AgreementFacts
from portal.core.placements.letters import Document, LetterFacts
from portal.core.placements.notices import NoticeFacts
from portal.core.rules.calendars import add_working_days
from portal.web.letter_snapshots import (
    Access,
    AgreementSnapshot,
    Buckets,
    CnNoticeSnapshot,
    Correspondent,
    DemandSnapshot,
    Instalment,
    Itemisation,
    Language,
    ReceiptSnapshot,
    Sender,
    Snapshot,
    UsNoticeSnapshot,
    to_json,
)
from portal.web.letters import group_code

#: Source: 12 CFR 1006.34(b)(5): 30 days from receipt, which may be taken to be five working days
#: after sending.
_POST_DAYS, _VALIDATION_DAYS = 5, 30
_US_HOLIDAYS = "us-6103a"
_LANGUAGES: dict[str, Language] = {"en": "en", "es": "es", "zh": "zh_Hans_CN"}
_PRODUCTS = {
    "credit card": {"es": "tarjeta de crédito", "zh": "信用卡"},
    "personal loan": {"es": "préstamo personal", "zh": "个人贷款"},
}
_CN_COMPLAINTS = ("{bank}客户服务：{phone}", "网页{site}上的“帮助”", "金融消费者投诉热线：12363")


class LetterMaker:
    """Composes the letters of one installation, whose address is printed on them."""

    def __init__(self, base_url: str) -> None:
        """Take the address people reach the portal at."""
        self._base_url = base_url.rstrip("/")
        self._site = urlsplit(base_url).netloc

    def notice(self, facts: NoticeFacts) -> list[Document]:
        """Compose the notice in the form of the person's country.

        In Spanish the English one comes first, under the same code.

        Source: 12 CFR 1006.34(e).
        """
        if facts.debtor.country == "CN":
            return [document_of(self._cn_notice(facts))]
        languages: list[Literal["en", "es"]] = ["en"]
        if facts.language == "es":
            languages.append("es")
        return [document_of(self._us_notice(facts, language)) for language in languages]

    def agreement(self, facts: AgreementFacts) -> Document:
        """Compose the agreement on a plan, in the language it was accepted in."""
        language = _language(facts.language)
        plan, policy = facts.plan, facts.policy
        if plan.accepted_at is None or plan.balance_verified_on is None:
            raise Conflict("Nobody accepted this plan.")
        return document_of(
            AgreementSnapshot(
                language=language,
                country=_country(facts),
                reference=_reference(facts),
                person=_person(facts),
                agency=_collector(facts, language),
                bank=_sender(facts.bank, language),
                product=product_name(facts.account.product, language),
                account_ending=facts.account.account_ref[-4:],
                balance=_buckets(facts.balance),
                verified_on=plan.balance_verified_on,
                frequency=plan.frequency.value,
                instalments=tuple(
                    Instalment(part.due_on, part.amount, part.left) for part in facts.parts
                ),
                charges_paused=policy.charges_paused if policy else False,
                grace_days=policy.grace_days if policy else 5,
                misses_that_end=policy.misses_that_end if policy else 2,
                accepted_at=plan.accepted_at,
                zone=_zone_of(facts),
                site=self._site,
                card_undertaking=facts.debtor.country == "CN",
            )
        )

    def receipt(self, facts: ReceiptFacts) -> Document:
        """Compose the receipt for a cleared payment, in the person's language."""
        language = _language(facts.debtor.language)
        payment = facts.payment
        if payment.cleared_at is None:
            raise Conflict("There is no receipt for a payment that is not cleared.")
        zone = ZoneInfo(facts.bank.timezone)
        following = facts.next_instalment
        left = facts.owed_after
        return document_of(
            ReceiptSnapshot(
                language=language,
                country=_country(facts),
                reference=_reference(facts),
                person=_person(facts),
                agency=_collector(facts, language),
                bank=_sender(facts.bank, language),
                product=product_name(facts.account.product, language),
                account_ending=facts.account.account_ref[-4:],
                payment_reference=payment.ref,
                amount=Money(payment.amount_minor, payment.currency),
                received_on=payment.cleared_at.astimezone(zone).date(),
                method="card",
                paid_off=_buckets(facts.paid_off),
                owed_before=facts.owed_before,
                owed_after=left,
                unapplied=(
                    Money(payment.amount_minor - payment.applied_minor, payment.currency) or None
                ),
                issued_on=facts.at.astimezone(zone).date(),
                site=self._site,
                next_instalment=(
                    Instalment(
                        following.due_on,
                        due := Money(
                            following.amount_minor - following.paid_minor, following.currency
                        ),
                        left - due,
                    )
                    if following is not None
                    else None
                ),
            )
        )

    def demand(self, facts: DemandFacts) -> DemandSnapshot:
        """Compose the formal demand of a bank's credit and legal departments."""
        language = _language(facts.language)
        return DemandSnapshot(
            language=language,
            country=_country(facts),
            reference=facts.account.account_ref,
            person=_person(facts),
            bank=_sender(facts.bank, language),
            contract=contract_name(facts.account.product, language),
            account_ending=facts.account.account_ref[-4:],
            balance=_buckets({book: facts.itemisation.owed_in(book) for book in Book}),
            due_on=facts.account.past_due_since,
            verified_on=_verified_on(facts),
            pay_by=facts.pay_by,
            sent_on=_sent_on(facts),
            access=self._access(facts.code),
        )

    def _us_notice(self, facts: NoticeFacts, language: Literal["en", "es"]) -> UsNoticeSnapshot:
        sent_on = _sent_on(facts)
        found = facts.itemisation
        return UsNoticeSnapshot(
            language=language,
            reference=_reference(facts),
            person=_person(facts),
            agency=_collector(facts, language),
            bank=_sender(facts.bank, language),
            product=product_name(facts.account.product, language),
            account_ending=facts.account.account_ref[-4:],
            itemisation=Itemisation(
                on=found.on,
                event="last_statement",
                creditor=facts.bank.name_in(language),
                amount=found.amount,
                interest=found.interest,
                fees=found.fees,
                payments=found.payments,
                credits=found.credits,
                now=found.now,
            ),
            verified_on=_verified_on(facts),
            sent_on=sent_on,
            dispute_by=dispute_by(sent_on),
            mandate_code=group_code(facts.mandate_code),
            access=self._access(facts.code),
        )

    def _cn_notice(self, facts: NoticeFacts) -> CnNoticeSnapshot:
        language: Literal["zh_Hans_CN"] = "zh_Hans_CN"
        placement, bank = facts.placement, _sender(facts.bank, language)
        if placement is None or placement.term_start is None or placement.term_end is None:
            raise Conflict("A notice can be sent once an agency works this account.")
        product = product_name(facts.account.product, language)
        return CnNoticeSnapshot(
            reference=_reference(facts),
            person=_person(facts),
            agency=_collector(facts, language),
            bank=bank,
            product=product,
            account_ending=facts.account.account_ref[-4:],
            contract=f"{product}合约",
            due_on=facts.account.past_due_since,
            balance=_buckets({book: facts.itemisation.owed_in(book) for book in Book}),
            verified_on=_verified_on(facts),
            mandate_from=placement.term_start,
            mandate_to=placement.term_end,
            sent_on=_sent_on(facts),
            mandate_code=group_code(facts.mandate_code),
            complaints=tuple(
                line.format(bank=bank.name, phone=bank.phone, site=self._site)
                for line in _CN_COMPLAINTS
            ),
            access=self._access(facts.code),
        )

    def _access(self, code: str) -> Access:
        return Access(site=self._site, code=code, url=f"{self._base_url}/l/{group_code(code)}")


def dispute_by(sent_on: date) -> date:
    """Return the last day of the validation period of a US notice sent on a day."""
    return add_working_days(_US_HOLIDAYS, sent_on, _POST_DAYS) + timedelta(days=_VALIDATION_DAYS)


def product_name(product: str, language: str) -> str:
    """Return a product's name in a language, where it is one of the common ones."""
    return _PRODUCTS.get(product.lower(), {}).get(language[:2], product)


def contract_name(product: str, language: str) -> str:
    """Return what the contract behind a product is called, ready to stand in a sentence."""
    name = product_name(product, language)
    if language.startswith("zh"):
        return f"{name}合约"
    if language.startswith("es"):
        return f"su contrato de {name}"
    return f"the {name.lower() if product.lower() in _PRODUCTS else name} agreement"


def document_of(snapshot: Snapshot) -> Document:
    """Return a snapshot as the document that is stored."""
    return Document(
        snapshot=to_json(snapshot),
        language=snapshot.language,
        template=f"{snapshot.kind}/{snapshot.version}",
    )


def _language(code: str) -> Language:
    return _LANGUAGES.get(code.split("_")[0].split("-")[0], "en")


def _country(facts: LetterFacts) -> Literal["US", "CN"]:
    return "CN" if facts.debtor.country == "CN" else "US"


def _reference(facts: LetterFacts) -> str:
    return facts.placement.ref if facts.placement is not None else facts.account.account_ref


def _person(facts: LetterFacts) -> Correspondent:
    return Correspondent(facts.debtor.name, facts.address)


def _collector(facts: LetterFacts, language: Language) -> Sender:
    """Return who looks after the account: the agency, or the bank itself between two agencies."""
    return _sender(facts.agency or facts.bank, language)


def _sender(organisation: Bank | Agency, language: Language) -> Sender:
    return Sender(
        name=organisation.name_in(language),
        address=tuple(line.strip() for line in organisation.address.splitlines() if line.strip()),
        phone=organisation.phone,
        hours=organisation.phone_hours,
    )


def _buckets(amounts: dict[Book, Money]) -> Buckets:
    return Buckets(
        principal=amounts[Book.PRINCIPAL],
        interest=amounts[Book.INTEREST],
        fees=amounts[Book.FEES],
        costs=amounts[Book.COSTS],
    )


def _verified_on(facts: LetterFacts) -> date:
    if facts.verified_on is None:
        raise Conflict("The bank has not confirmed this balance yet.")
    return facts.verified_on


def _sent_on(facts: LetterFacts) -> date:
    return facts.at.astimezone(ZoneInfo(facts.bank.timezone)).date()


def _zone_of(facts: LetterFacts) -> str:
    return facts.debtor.zones[0] if facts.debtor.zones else facts.bank.timezone
