"""E-mail and text messages by SMTP: to a mail server, and to a gateway that texts what it gets.

Headers are set through `email`'s own types, which refuse line breaks, so nothing a user typed can
add a header or a recipient.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from portal.config import Settings
from portal.core import clock
from portal.core.errors import Invalid, Unavailable

TIMEOUT_SECONDS = 10
PLAIN_KEY = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")


class SmtpMailer:
    """Sends each e-mail through the mail server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, *, to: str, subject: str, text: str, key: str) -> None:
        """Hand one message to the mail server; `key` becomes its Message-ID, so repeats show.

        Raises:
            Invalid: `to` is not one e-mail address.
            Unavailable: the mail server did not take it.
        """
        message = _compose(self._settings, to, text, key)
        message["Subject"] = " ".join(subject.split())
        _deliver(self._settings, message)


class SmtpTexter:
    """Sends each text message as an e-mail to the carrier's gateway, `<digits>@<its domain>`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, *, to: str, text: str, key: str) -> None:
        """Hand one text message to the gateway. It has no subject: a gateway would text that too.

        Raises:
            Invalid: `to` holds no number.
            Unavailable: the gateway did not take it.
        """
        digits = re.sub(r"[^0-9]", "", to)
        if not digits:
            raise Invalid("This is not a phone number.")
        address = f"{digits}@{self._settings.text_gateway_domain}"
        _deliver(self._settings, _compose(self._settings, address, text, key))


def _compose(settings: Settings, to: str, text: str, key: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = Address(addr_spec=to)
    except (MessageError, ValueError, IndexError) as error:
        raise Invalid("This is not an e-mail address.") from error
    message["From"] = settings.mail_from
    message["Date"] = clock.now()
    message["Message-ID"] = f"<{_dot_atom(key)}@{parseaddr(settings.mail_from)[1].split('@')[-1]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _dot_atom(key: str) -> str:
    """Return a key as the left part of a Message-ID, the same each time."""
    return key if PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()


def _deliver(settings: Settings, message: EmailMessage) -> None:
    """Speak to the server once; a login is only ever sent over a verified encrypted connection."""
    try:
        with smtplib.SMTP(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS
        ) as server:
            if settings.smtp_username is not None:
                password = settings.smtp_password
                server.starttls(context=ssl.create_default_context())
                server.login(
                    settings.smtp_username, password.get_secret_value() if password else ""
                )
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable("The mail server did not take the message.") from error
