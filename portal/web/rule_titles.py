"""Titles of rules and packs, and where each was read, in the reader's language.

A pack is data in English, and a text of the catalogue only where the code asks for it: here it
does, once for every text of the packs that are shipped. Citations stay as they stand in the source.
"""

from __future__ import annotations

from functools import cache

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.core.rules.pack import PACK_IDS, read_pack

#: The packs, by their ids.
PACKS = {
    "portal": _("Everywhere: a person's wishes and an account's holds"),
    "us": _("United States: Regulation F and federal law beside it"),
    "us-ma": _("Massachusetts"),
    "cn": _("China: post-loan collection of personal credit"),
    "uk": _("United Kingdom: CONC 7 and breathing space"),
    "in": _("India: Reserve Bank of India"),
    "au": _("Australia: ACCC/ASIC debt collection guideline (RG 96)"),
    "eu": _("European Union: credit servicers"),
    "de": _("Germany: legal services act"),
    "bank": _("The bank's own rules"),
}
#: The rules, pack by pack.
RULES = (
    _("Holds"),
    _("Channels the person chose"),
    _("The most contacts in a week the person wished for"),
    _("Times the person asked to be left alone in"),
    _("Places the person does not want to be reached at"),
    _("Media and addresses the person opted out of"),
    _("One collector at a time"),
    _("Inconvenient time"),
    _("Times the consumer called inconvenient"),
    _("Inconvenient place"),
    _("Represented consumer"),
    _("Place of employment"),
    _("Refusal to pay or request to cease"),
    _("Third parties"),
    _("Location information"),
    _("E-mail safe-harbour procedures"),
    _("Text safe-harbour procedures"),
    _("Opt-out line in every electronic message"),
    _("Call frequency"),
    _("Overall pattern"),
    _("Opt-out from a medium or address"),
    _("Saying that a debt collector speaks"),
    _("Amounts beside the debt"),
    _("Postdated instruments"),
    _("Postcards, envelopes, work e-mail, public posts"),
    _("Suits on time-barred debts"),
    _("Before reporting a debt"),
    _("Passing on paid, settled or discharged debts"),
    _("One payment, several debts"),
    _("Validation information in time"),
    _("End of the validation period"),
    _("Content of a validation notice"),
    _("Collecting while a dispute is open"),
    _("Overshadowing the right to dispute"),
    _("Delivery of required disclosures"),
    _("Keeping records"),
    _("Bankruptcy stay"),
    _("Prerecorded calls to homes"),
    _("Two telephone or text communications in seven days"),
    _("Quiet hours"),
    _("Three effective calls a day"),
    _("Six unanswered attempts to a number a day"),
    _("One visit a day, by two collectors"),
    _("Card debts: debtor and guarantors only"),
    _("Contact persons only when the debtor is lost"),
    _("Card debts: a signed plan stops collection"),
    _("Card debts: terms of a personalised plan"),
    _("Card debts: content of collection letters"),
    _("Keeping collection records"),
    _("Published agencies, and no private devices"),
    _("Nothing about a debt where others can see it"),
    _("Entrusting personal information"),
    _("Impact assessment before entrusting, and its retention"),
    _("Reasonable times, and the customer's own"),
    _("Who is listening"),
    _("Visits"),
    _("A repayment plan in preparation"),
    _("Disputed debts"),
    _("Statute-barred debts"),
    _("Breathing space (England and Wales)"),
    _("Recovery calls"),
    _("Microfinance loans"),
    _("Privacy of family, referees and friends"),
    _("No referral while a grievance is pending"),
    _("Certified recovery agents"),
    _("Telling the borrower who collects"),
    _("Contact hours"),
    _("National public holidays"),
    _("Three contacts a week, ten a month"),
    _("What counts as a contact"),
    _("Represented debtors"),
    _("While an arrangement is kept"),
    _("Visits as a last resort"),
    _("Notice of a transfer before the first collection step"),
    _("Keeping a servicer's records"),
    _("What the first demand must say"),
    _("The bank's own limit"),
    _("The bank's own hours"),
    _("Days of the week the bank keeps free"),
    _("Days the bank keeps free"),
    _("Channels the bank does not use"),
    _("Rest after a conversation"),
    _("What nobody can show to be allowed"),
)
#: What the rules were read in.
SOURCES = (
    _("Own rule"),
    _("12 CFR part 1006 with Official Interpretations"),
    _(
        "12 CFR part 1006 with Official Interpretations; the numbers are the portal's, "
        "the law gives none"
    ),
    _("Background knowledge; the text was not read for this pack"),
    _("209 CMR 18.16"),
    _("Press reports of the issuing body's summary; clause text not seen"),
    _(
        "Press reports and a law-firm digest; one counter over the institution and its "
        "agencies is the safe reading"
    ),
    _("Press reports"),
    _("One law-firm digest"),
    _("Article text reproduced on several sites"),
    _("Full article quoted on two sites"),
    _("Article text on several sites"),
    _("Article text on several sites; a law-firm digest for the five years"),
    _("Text of the law in a public collection"),
    _("FCA Handbook, CONC 7"),
    _("FCA Handbook, CONC 7, in part"),
    _("Background knowledge; the text was not reached"),
    _("FCA Handbook, CONC 7.15; commentary for 7.15.7-8"),
    _("legislation.gov.uk"),
    _("Full-text copies of the circular"),
    _(
        "Circular text; one tracker lists it as withdrawn on 4 Dec 2025 on consolidation "
        "into the 2025 directions"
    ),
    _("Circular text"),
    _("accc.gov.au web edition; the 2021 edition was not compared line by line"),
    _("accc.gov.au web edition; the footnote that defines the days was not seen"),
    _("accc.gov.au web edition"),
    _("accc.gov.au web edition, in excerpts"),
    _("Copy of the directive's article 10(1)-(2)(f); later letters from background knowledge"),
    _("dejure.org and commentary"),
)
_DOUBT = "The portal's own rule: what nobody can show to be allowed is decided by a person."
#: Citations that are no law's.
OWN_CITATIONS = {
    "The portal's own rule": _("The portal's own rule"),
    "The bank's own rule": _("The bank's own rule"),
    _DOUBT: _("The portal's own rule: what nobody can show to be allowed is decided by a person."),
}


def rule_title(title: str) -> str:
    """Return a rule's title, as its pack has it, in the reader's language."""
    return str(gettext(title)) if title else ""


def pack_title(pack_id: str, title: str = "") -> str:
    """Return a pack's title in the reader's language; one that is not shipped keeps its own."""
    return str(PACKS[pack_id]) if pack_id in PACKS else title or pack_id


def rule_source(source: str) -> str:
    """Return what a rule was read in, in the reader's language."""
    return str(gettext(source)) if source else ""


def citation(text: str) -> str:
    """Return where a rule stands: law as the source has it, an own rule in the reader's words."""
    return str(OWN_CITATIONS.get(text, text))


def title_of(rule_id: str) -> str:
    """Return the title of a rule known by its id alone, such as a breach keeps; else the id."""
    title = _titles().get(rule_id) or _OWN.get(rule_id.rstrip("0123456789"), "")
    return rule_title(title) or rule_id


@cache
def _titles() -> dict[str, str]:
    return {rule.id: rule.title for pack_id in PACK_IDS for rule in read_pack(pack_id).rules}


_OWN = {
    "BANK-CAP-": "The bank's own limit",
    "BANK-HOURS-": "The bank's own hours",
    "BANK-WEEKDAYS": "Days of the week the bank keeps free",
    "BANK-DAYS": "Days the bank keeps free",
    "BANK-CHANNELS": "Channels the bank does not use",
    "BANK-REST": "Rest after a conversation",
    "PORTAL-ENGINE": "What nobody can show to be allowed",
}
