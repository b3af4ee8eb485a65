"""Mail and texts kept in memory: fakes that honour the ports."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sent:
    """One message that left."""

    to: str
    subject: str
    text: str
    key: str


@dataclass
class TextOutbox:
    """A carrier that keeps what it is given."""

    sent: list[Sent] = field(default_factory=list)

    def send(self, *, to: str, text: str, key: str) -> None:
        """Keep one text message."""
        self.sent.append(Sent(to, "", text, key))


@dataclass
class MemoryOutbox:
    """A mail server that keeps what it is given, with a carrier beside it."""

    sent: list[Sent] = field(default_factory=list)
    texts: TextOutbox = field(default_factory=TextOutbox)

    def send(self, *, to: str, subject: str, text: str, key: str) -> None:
        """Keep one e-mail."""
        self.sent.append(Sent(to, subject, text, key))
