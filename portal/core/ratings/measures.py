"""The measures themselves: parts of a whole, each with what it is a part of.

Where the whole is nothing there is no figure, and never zero per cent.

Source: the measures M1, M12 to M15, M17 to M19 and M27 of the project's domain notes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from portal.core.money import Money

#: By this day of the term an agency should have tried every account once.
PENETRATION_DAY = 10


@dataclass(frozen=True)
class Share:
    """A part of a whole. With nothing to be a part of there is no rate."""

    part: int
    whole: int

    @property
    def bps(self) -> int | None:
        """Return the share in basis points, rounded half up, or None when there is no data."""
        if self.whole == 0:
            return None
        return (self.part * 20_000 + self.whole) // (2 * self.whole)


@dataclass(frozen=True)
class MoneyFigures:
    """What was placed in one currency and what came back; `reported` waits for the bank."""

    accounts: int
    placed: Money
    gross: Money
    reversed: Money
    fee: Money
    reported: Money

    @property
    def net(self) -> Money:
        """Return what was collected and stayed: verified, less what was taken back."""
        return self.gross - self.reversed

    @property
    def liquidation(self) -> Share:
        """Return M1 over all batches: net collected of placed."""
        return Share(self.net.minor, self.placed.minor)

    @property
    def reversal(self) -> Share:
        """Return M12: taken back of gross collected."""
        return Share(self.reversed.minor, self.gross.minor)


@dataclass(frozen=True)
class EffortFigures:
    """What an agency did. An attempt is a contact it started itself."""

    attempts: int = 0
    conversations: int = 0
    accounts_worked: int = 0
    breached: int = 0
    tried_in_time: int = 0
    old_enough: int = 0
    median_first_action: timedelta | None = None

    @property
    def breach_rate(self) -> Share:
        """Return M27: attempts that broke a contact rule, of all attempts."""
        return Share(self.breached, self.attempts)

    @property
    def per_ten_thousand(self) -> int | None:
        """Return M27 as it is quoted: breaches per 10,000 attempts. One in 10,000 is a point."""
        return self.breach_rate.bps

    @property
    def right_party(self) -> Share:
        """Return M17: conversations with the person who owes, of all attempts."""
        return Share(self.conversations, self.attempts)

    @property
    def penetration(self) -> Share:
        """Return M15: accounts tried by the tenth day, of those whose tenth day has come."""
        return Share(self.tried_in_time, self.old_enough)


@dataclass(frozen=True)
class PromiseFigures:
    """How promises ended. Open ones count neither way."""

    made: int = 0
    kept: int = 0
    partial: int = 0
    broken: int = 0

    @property
    def kept_share(self) -> Share:
        """Return M19: kept, of those that came due."""
        return Share(self.kept, self.kept + self.partial + self.broken)


@dataclass(frozen=True)
class OfferFigures:
    """How offers were answered; those still waiting count neither way."""

    offered: int = 0
    accepted: int = 0
    waiting: int = 0
    median_answer: timedelta | None = None

    @property
    def acceptance(self) -> Share:
        """Return M13: accepted of answered or lapsed."""
        return Share(self.accepted, self.offered - self.waiting)


@dataclass(frozen=True)
class AgencyFigures:
    """All first figures of one agency at one bank; money apart for each currency."""

    money: dict[str, MoneyFigures] = field(default_factory=dict)
    effort: EffortFigures = field(default_factory=EffortFigures)
    promises: PromiseFigures = field(default_factory=PromiseFigures)
    offers: OfferFigures = field(default_factory=OfferFigures)

    @property
    def promise_rate(self) -> Share:
        """Return M18: promises of conversations with the person who owes."""
        return Share(self.promises.made, self.effort.conversations)
