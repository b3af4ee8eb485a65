"""What a check of outgoing words found, and how to put it right, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.core.rules.wording import Statement, WordCode, WordFinding, WordKind
from portal.web.shell import language_by_code

_KINDS: Mapping[WordKind, Any] = {
    WordKind.THREAT: _("“%(words)s” is a threat."),
    WordKind.FALSE_CONSEQUENCE: _("“%(words)s”: owing money does not lead to this."),
    WordKind.FALSE_AUTHORITY: _("“%(words)s” claims an authority the sender does not have."),
    WordKind.INSULT: _("“%(words)s” is an insult."),
    WordKind.SHAMING: _("“%(words)s” shames the person or draws others in."),
    WordKind.INFLATED_CONSEQUENCE: _("“%(words)s” makes the consequences larger than they are."),
    WordKind.NEW_BORROWING: _("“%(words)s” pushes the person to borrow or to sell."),
    WordKind.FALSE_PROMISE: _("“%(words)s” promises or says something that is not true."),
    WordKind.PRIVATE_PAYMENT: _("“%(words)s” sends money past the bank."),
    WordKind.ASKS_SECRET: _("“%(words)s” asks for something nobody should give away."),
    WordKind.LEGAL_ACTION: _("“%(words)s” announces legal steps."),
    WordKind.CREDIT_REPORT: _("“%(words)s” announces a report to a credit bureau."),
    WordKind.SEIZURE: _("“%(words)s” announces that wages or property are taken."),
    WordKind.REFERRAL: _("“%(words)s” announces that a collector takes over."),
    WordKind.EXTRA_COST: _("“%(words)s” announces further costs."),
    WordKind.PRESSURE: _("“%(words)s” puts pressure on the person."),
}

_STATEMENTS: Mapping[Statement, Any] = {
    Statement.NAMES_SENDER: _("The message does not say who sends it."),
    Statement.NAMES_CREDITOR: _("The message does not name the bank it is sent for."),
    Statement.WHO_TO_CALL: _("The message does not say whom to call."),
    Statement.CHECK_LINE: _("The message does not say how to check that it is genuine."),
    Statement.COLLECTOR_FIRST: _(
        "The first message has to say that a debt is to be collected and what information is"
        " used for."
    ),
    Statement.COLLECTOR_LATER: _("The message does not say that it is from a debt collector."),
    Statement.OPTOUT: _("The message does not say how to stop such messages."),
    Statement.OFFERS_HELP: _("The message has no kind sentence that offers help."),
    Statement.HOLDER_NAME_AND_BALANCE: _("The letter lacks the person's name or the balance."),
    Statement.REASON_AND_LEGAL_BASIS: _("The letter lacks the reason or the legal basis."),
    Statement.RIGHTS_AND_DUTIES: _("The letter lacks the person's rights and duties."),
    Statement.HOW_TO_CHECK_REPAY_OBJECT: _("The letter lacks how to check, pay or object."),
    Statement.ISSUER_CONTACT: _("The letter lacks how to reach the bank."),
    Statement.BUSINESS_SEAL: _("The letter has no place for the business seal."),
}

_CODES: Mapping[WordCode, Any] = {
    WordCode.OPTOUT_NOT_SIMPLE: _("The way to opt out is not simple."),
    WordCode.OPTOUT_NEEDS_MORE: _("Opting out asks for more than the wish itself."),
    WordCode.SUBJECT_MISSING: _("The e-mail has no subject."),
    WordCode.SUBJECT_REVEALS: _("“%(words)s” in the subject shows others that there is a debt."),
    WordCode.SENDER_REVEALS: _("“%(words)s” in the sender shows others that there is a debt."),
    WordCode.PREVIEW_REVEALS: _(
        "“%(words)s” stands so early that a locked telephone shows it to others."
    ),
    WordCode.CARD_NUMBER: _("“%(words)s” is a card number. Card numbers are not sent."),
    WordCode.SLOT_UNFILLED: _("“%(words)s” was not filled in."),
    WordCode.EMPTY: _("There is no text."),
    WordCode.TOO_MANY_SEGMENTS: _(
        "The text takes %(segments)s text messages. More than %(limit)s are hard to read."
    ),
    WordCode.TOO_LONG_TO_CHECK: _(
        "The text is longer than %(limit)s characters and was not checked."
    ),
    WordCode.LANGUAGE_UNKNOWN: _(
        "Words can be checked in English, Chinese and Spanish, and not in this language."
    ),
    WordCode.OTHER_LANGUAGE: _("The text is not written in %(language)s."),
    WordCode.NO_RULES_FOR_PLACE: _("There are no rules on file for where the person lives."),
}

_CURES: Mapping[WordCode, Any] = {
    WordCode.FORBIDDEN_WORDS: _("Leave these words out."),
    WordCode.CONSEQUENCE_UNCONFIRMED: _(
        "Leave it out, or let somebody confirm that the step is lawful and intended."
    ),
    WordCode.CONSEQUENCE_NAMED: _("Somebody confirmed that this step is lawful and intended."),
    WordCode.STATEMENT_MISSING: _("Add the sentence; the templates have one."),
    WordCode.OPTOUT_NOT_SIMPLE: _("Let people reply STOP or follow a link."),
    WordCode.OPTOUT_NEEDS_MORE: _("Ask for nothing but the reply or the click."),
    WordCode.SUBJECT_MISSING: _("Write a neutral one, such as “A message about your account”."),
    WordCode.SUBJECT_REVEALS: _("Write a neutral one, such as “A message about your account”."),
    WordCode.SENDER_REVEALS: _("Use a name that says nothing about debts."),
    WordCode.PREVIEW_REVEALS: _("Begin with the sender and a neutral sentence."),
    WordCode.CARD_NUMBER: _("Give the last four digits at most."),
    WordCode.SLOT_UNFILLED: _("Fill it in, or leave it out."),
    WordCode.EMPTY: _("Write something, or choose a template."),
    WordCode.TOO_MANY_SEGMENTS: _("Shorten it, and leave out letters that cost extra room."),
    WordCode.TOO_LONG_TO_CHECK: _("Shorten it."),
    WordCode.LANGUAGE_UNKNOWN: _("Choose one of these languages."),
    WordCode.OTHER_LANGUAGE: _("Choose the language it is written in."),
    WordCode.NO_RULES_FOR_PLACE: _("A person decides."),
}

_CURES_BY_KIND: Mapping[WordKind, Any] = {
    WordKind.NEW_BORROWING: _("Leave it out, and offer smaller amounts or more time."),
    WordKind.PRIVATE_PAYMENT: _("Name the payment page or the bank's own account only."),
    WordKind.ASKS_SECRET: _("Never ask for it."),
    WordKind.PRESSURE: _("Give a date and a reason instead, or leave it out."),
}


def say_word_finding(finding: WordFinding) -> str:
    """Return the sentence for what was found, with the words at fault."""
    text = _text_of(finding)
    if text is None:
        return str(finding.code)
    values = {**finding.values, "words": finding.words}
    language = language_by_code(str(finding.values.get("language") or ""))
    if language is not None:
        values["language"] = language.name
    said = str(text) % values
    if finding.code is WordCode.STATEMENT_MISSING and language is not None:
        more = gettext("%(sentence)s Due in: %(language)s.", sentence=said, language=language.name)
        return str(more)
    return said


def say_cure(finding: WordFinding) -> str:
    """Return what to do about it."""
    by_kind = _CURES_BY_KIND.get(finding.kind) if finding.kind is not None else None
    if by_kind is not None and finding.code is WordCode.FORBIDDEN_WORDS:
        return str(by_kind)
    return str(_CURES[finding.code])


def _text_of(finding: WordFinding) -> Any:
    if finding.kind is not None:
        return _KINDS[finding.kind]
    if finding.code is WordCode.STATEMENT_MISSING:
        return _STATEMENTS.get(Statement(str(finding.values["statement"])))
    return _CODES.get(finding.code)
