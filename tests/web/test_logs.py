"""What a failure leaves in the log: where it was, and nothing of what was in it."""

from __future__ import annotations

import json

import structlog

from portal.web import logs


def test_a_failure_is_logged_without_its_message_and_without_local_values(capsys):
    logs.configure()
    name = "Somebody Private"

    try:
        raise ValueError(f"cannot handle {name}")
    except ValueError:
        structlog.get_logger().exception("request.failed", endpoint="bank.home")

    line = capsys.readouterr().err.strip()
    event = json.loads(line)
    assert event["endpoint"] == "bank.home"
    assert event["exception"][0]["exc_type"] == "ValueError"
    assert name not in line
