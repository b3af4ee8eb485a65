"""A person with a letter, in a browser of their own."""

from __future__ import annotations

import itertools
import re

from flask import Flask
from werkzeug.test import TestResponse

from portal.core import seals
from portal.core.outbox import Message
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.factories import MadeAccount
from tests.support.letters import SentNotice
from tests.support.sign_in import Visitor

_networks = itertools.count(1)


class LetterHolder(Visitor):
    """Goes through the door step by step, from a network of their own."""

    def __init__(self, app: Flask, made: MadeAccount, sent: SentNotice) -> None:
        """Take the letter in hand."""
        super().__init__(app)
        number = next(_networks)
        address = f"203.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
        self.client.environ_base["REMOTE_ADDR"] = address
        self.made, self.sent = made, sent

    def type_code(self, code: str | None = None) -> TestResponse:
        """Type the code on the letter."""
        self.get("/enter?type=1")
        return self.post("/enter", {"code": code or self.sent.code})

    def give_birthday(self, day: int = 17, month: int = 5, year: int = 1980) -> TestResponse:
        """Give a date of birth in three boxes."""
        self.get("/enter/person")
        return self.post("/enter/person", {"day": day, "month": month, "year": year})

    def ask_for_passcode(self) -> TestResponse:
        """Choose the first contact point there is."""
        page = self.get("/enter/contact").get_data(as_text=True)
        found = re.search(r'name="contact"[^>]*value="([^"]+)"', page)
        return self.post("/enter/contact", {"contact": found.group(1) if found else ""})

    def enter_passcode(self, digits: str | None = None) -> TestResponse:
        """Enter the digits of the newest message, or others."""
        self.get("/enter/passcode")
        return self.post("/enter/passcode", {"passcode": digits or self.newest_digits()})

    def go_in(self) -> TestResponse:
        """Do all of it."""
        self.type_code()
        self.give_birthday()
        self.ask_for_passcode()
        return self.enter_passcode()

    def messages(self) -> list[tuple[str, str, str]]:
        """Return what was sent to the person: channel, subject and words."""
        machine = Principal.machine_of(self.made.bank_id)
        with transaction(machine) as session:
            key = seals.owner_key(session, self.made.bank_id)
            return [
                (row.channel, row.subject, key.open("messages.body", row.id, row.body_sealed))
                for row in session.query(Message).order_by(Message.id)
            ]

    def newest_digits(self) -> str:
        """Return the six digits of the newest text message."""
        texts = [text for channel, _, text in self.messages() if channel == "text"]
        found = re.search(r"\d{6}", texts[-1])
        assert found is not None
        return found.group()
