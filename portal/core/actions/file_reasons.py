"""Why an agency's file of actions, or one of its rows, cannot be used, each with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from portal.core.accounts.account_row import RowError
from portal.core.accounts.reasons import FILE_REASONS, ROW_REASONS, FileRefused, Reason

ACTION_FILE_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        **FILE_REASONS,
        "trailer_sum": Reason(
            "The trailer gives the sum %(stated)s, and actions have no amounts to add up.",
            "Write it as TRAILER,<count>,0, for example TRAILER,250,0.",
        ),
    }
)

ACTION_ROW_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        **ROW_REASONS,
        "other_bank": Reason(
            "The row is for the bank %(value)s, the file was sent for %(bank)s.",
            "Send each bank its own file.",
        ),
        "no_account": Reason(
            "The row names neither a placement nor an account.",
            "Write the placement's reference as the account's page shows it.",
        ),
        "unknown_placement": Reason(
            "%(value)s is not a placement of this bank's with you.",
            "Write the reference as the account's page shows it, or send the row for its own bank.",
        ),
        "unknown_account": Reason(
            "%(value)s is not an account of this bank's that is placed with you.",
            "Write the number as the account's page shows it.",
        ),
        "account_differs": Reason(
            "Account %(value)s is not the one of placement %(other)s.",
            "Correct one of the two, or leave one of them empty.",
        ),
        "not_accepted": Reason(
            "Placement %(value)s is not accepted yet.",
            "Accept the offer first; before that nothing is done on the account.",
        ),
        "placement_over": Reason(
            "Placement %(value)s is over; its account is no longer with you.",
            "Send what was done on it to the bank, which can record it.",
        ),
        "before_placement": Reason(
            "%(value)s lies before the account was placed with you, %(since)s.",
            "Check the day, the time and its zone.",
        ),
        "after_placement": Reason(
            "%(value)s lies after the placement ended, %(until)s.",
            "Check the day, the time and its zone.",
        ),
        "in_future": Reason(
            "%(value)s lies in the future.", "Write when it was done; check the zone."
        ),
        "not_time": Reason(
            "%(value)s is not a day with a time.", "Write it like 2026-11-24T09:30:00-05:00."
        ),
        "no_clock_time": Reason(
            "%(value)s has no time of day.", "Write it like 2026-11-24T09:30:00-05:00."
        ),
        "no_zone": Reason(
            "%(value)s does not say in which time zone.",
            "Add the zone, like -05:00, or choose a zone for the whole file with its columns.",
        ),
        "unknown_zone": Reason(
            "%(zone)s is not a time zone.", "Write it like America/New_York, or like -05:00."
        ),
        "never_shown": Reason(
            "Clocks in %(zone)s went forward and never showed %(value)s.",
            "Check the time, or write it with its zone, like -05:00.",
        ),
        "shown_twice": Reason(
            "Clocks in %(zone)s went back and showed %(value)s twice.",
            "Write which one is meant with its zone, like -05:00.",
        ),
        "unknown_channel": Reason(
            "%(value)s is not a channel actions are kept of.", "Write one of: %(choices)s."
        ),
        "unknown_direction": Reason("%(value)s is not a direction.", "Write one of: %(choices)s."),
        "unknown_target": Reason(
            "%(value)s does not say who was reached.", "Write one of: %(choices)s."
        ),
        "unknown_outcome": Reason("%(value)s is not an outcome.", "Write one of: %(choices)s."),
        "unknown_purpose": Reason(
            "%(value)s is not a purpose.", "Leave it empty, or write one of: %(choices)s."
        ),
        "outcome_differs": Reason(
            "%(outcome)s is not how a contact through this channel ends: %(channel)s.",
            "Correct the channel or the outcome; possible are: %(choices)s.",
        ),
        "target_differs": Reason(
            "The outcome says who was reached, %(reached)s; the row says %(value)s.",
            "Correct one of the two.",
        ),
        "not_permit": Reason(
            "%(value)s is not the reference of a permit.",
            "Copy it from the permit, or leave it empty.",
        ),
        "formula": Reason(
            "%(value)s begins as a formula does.", "Begin it with a letter or a digit."
        ),
        "too_many": Reason(
            "More than %(limit)d rows of the file are about this person.",
            "Send the rest in a file of its own; check that each row is about its own account.",
        ),
        "same_row": Reason(
            "The same action is in row %(other)d.",
            "Leave one out. Two contacts in one minute need seconds, or ids of their own.",
        ),
        "same_id": Reason(
            "Row %(other)d has the same id %(value)s and says something else.",
            "Give each action its own id; neither was taken.",
        ),
        "known_otherwise": Reason(
            "An action with the id %(value)s is on record and says something else.",
            "Correct the row, or give it an id of its own.",
        ),
        "id_taken": Reason(
            "The id %(value)s was used before, on an account that is no longer with you.",
            "Give the action an id of its own.",
        ),
    }
)


class ActionFileRefused(FileRefused):
    """A whole file of actions cannot be taken, and nothing of it was."""

    reasons: ClassVar[Mapping[str, Reason]] = ACTION_FILE_REASONS


@dataclass(frozen=True, slots=True)
class ActionRowError(RowError):
    """One thing wrong with one row of a file of actions."""

    @property
    def reason(self) -> Reason:
        """Return message and cure, with placeholders for `values`."""
        return ACTION_ROW_REASONS[self.code]
