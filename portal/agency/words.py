"""Words of the closed lists that depend on the channel they are said of."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from portal.core.rules import Channel, Outcome
from portal.web.labels import label

_AT_THE_DOOR = {
    Outcome.CONVERSATION: _("Met and spoke"),
    Outcome.NO_ANSWER: _("Nobody met"),
    Outcome.ANSWERED_TERMINATED: _("Turned away"),
}


def outcome_word(channel: Channel, outcome: Outcome) -> str:
    """Return how a contact ended; at a door the same outcomes have other words."""
    words = _AT_THE_DOOR if channel is Channel.VISIT else {}
    return str(words.get(outcome) or label(outcome))
