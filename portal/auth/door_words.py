"""What the messages of the debtors' door say, fit for whoever else reads that phone or mailbox."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from portal.core.parties.passcodes import Note
from portal.web.shell import language_by_code


class DoorWords:
    """The words in a person's language: no name, no bank, no debt, no amount."""

    def passcode(self, language: str, code: str) -> Note:
        """Return the message that carries a passcode."""
        with force_locale(_locale(language)):
            return Note(
                subject=gettext("Your sign-in code"),
                text=gettext(
                    "%(code)s is your sign-in code. It works for 10 minutes. Do not give it to"
                    " anybody, whoever asks.",
                    code=code,
                ),
            )

    def somebody_asked(self, language: str) -> Note:
        """Return the notice to another contact point that a passcode was asked for."""
        with force_locale(_locale(language)):
            return Note(
                subject=gettext("A sign-in code was asked for"),
                text=gettext(
                    "Somebody asked for a sign-in code with a letter to you. If it was you, there"
                    " is nothing to do. If not, please call the number on the letter."
                ),
            )


def _locale(language: str) -> str:
    known = language_by_code(language.split("_")[0].split("-")[0])
    return known.locale if known is not None else "en"
