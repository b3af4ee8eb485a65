"""Forgetting counted attempts."""

from __future__ import annotations

from datetime import timedelta

from portal.core import clock
from portal.core.parties.attempts import NAME_BY_NETWORK, count
from portal.core.parties.sign_in import Candidate
from portal.jobs.attempts import sweep_attempts


def test_counts_are_forgotten_when_no_limit_looks_at_them_any_more(app, acting_as, admin):
    nobody, now = Candidate.nobody().principal, clock.now()
    with acting_as(nobody) as session:
        count(session, [(NAME_BY_NETWORK, "old")], now=now - timedelta(days=2))
        count(session, [(NAME_BY_NETWORK, "new")], now=now)

    sweep_attempts(0)

    def is_kept(value):
        query = "SELECT 1 FROM doors.attempts WHERE key_hash = %s"
        return admin.execute(query, [NAME_BY_NETWORK.key(value)]).fetchone() is not None

    assert (is_kept("old"), is_kept("new")) == (False, True)
