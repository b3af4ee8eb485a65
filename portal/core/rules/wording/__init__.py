"""Words of outgoing messages: lists, checks, and templates to start from."""

from portal.core.rules.wording.check import check_words
from portal.core.rules.wording.findings import Sender, WordCheck, WordFinding
from portal.core.rules.wording.kinds import (
    CONSEQUENCES,
    SenderKind,
    Statement,
    Where,
    WordCode,
    WordKind,
    WordSeverity,
)
from portal.core.rules.wording.length import SmsLength, sms_length
from portal.core.rules.wording.library import (
    Filled,
    Template,
    fill,
    get_template,
    list_templates,
)
from portal.core.rules.wording.message import message_facts

__all__ = [
    "CONSEQUENCES",
    "Filled",
    "Sender",
    "SenderKind",
    "SmsLength",
    "Statement",
    "Template",
    "Where",
    "WordCheck",
    "WordCode",
    "WordFinding",
    "WordKind",
    "WordSeverity",
    "check_words",
    "fill",
    "get_template",
    "list_templates",
    "message_facts",
    "sms_length",
]
