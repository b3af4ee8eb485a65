from datetime import date

import pytest

from portal.core.rules import (
    Channel,
    EmailBasis,
    PriorCollector,
    TextBasis,
)
from tests.core.rules.people import (
    against,
    contact,
)

NOON = "2026-05-12T12:00"


CHAIN = (PriorCollector(valid_route=True, used=True), PriorCollector(used=True))


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        (None, "no_route"),
        (EmailBasis(), "no_route"),
        (EmailBasis(route="guessed"), "no_route"),
        (EmailBasis(route="consumer_used"), None),
        (EmailBasis(route="consent", opted_out=True), "route_opted_out"),
        (EmailBasis(route="consent", caused_disclosure=True), "address_disclosed_before"),
        (EmailBasis(route="creditor_notice"), "creditor_notice_incomplete"),
        (EmailBasis(route="prior_collector"), "prior_route_broken"),
        (EmailBasis(route="prior_collector", prior_chain=CHAIN), None),
        (EmailBasis(route="prior_collector", prior_chain=CHAIN[1:]), "prior_route_broken"),
        (
            EmailBasis(
                route="prior_collector", prior_chain=(*CHAIN, PriorCollector(opted_out=True))
            ),
            "prior_route_broken",
        ),
    ],
)
def test_an_address_is_used_by_a_route_that_keeps_the_safe_harbour(basis, code):
    facts = contact(NOON, Channel.EMAIL, email_basis=basis)

    assert against(facts, "US-REGF-6D4-EMAIL-PROC") == ([code] if code else [])


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        (None, "no_route"),
        (TextBasis(route="consent", opted_out=False), "no_route"),
        (TextBasis(route="consent", consented_on=date(2026, 5, 1)), "route_opted_out"),
        (TextBasis(route="consent", consented_on=date(2026, 5, 1), opted_out=False), None),
        (
            TextBasis(route="consent", consented_on=date(2026, 5, 13), opted_out=False),
            "route_stale",
        ),
        (TextBasis(route="consumer_texted", last_text_on=date(2026, 5, 1), opted_out=False), None),
    ],
)
def test_a_number_is_texted_on_fresh_grounds(basis, code):
    facts = contact(NOON, Channel.SMS, text_basis=basis)

    assert against(facts, "US-REGF-6D5-TEXT-PROC") == ([code] if code else [])
