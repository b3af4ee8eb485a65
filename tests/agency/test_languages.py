"""Every page in both languages of the console: one heading, and nothing left in English."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.core.actions.service import log_call
from portal.core.money import Money
from portal.core.plans.promises import record_promise
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery
from portal.core.rules import Outcome
from tests.support.factories import NOON, TODAY

PAGES = (
    "/agency/",
    "/agency/accounts",
    "/agency/accounts?now=1",
    "/agency/accounts?q=nobody",
    "/agency/accounts/{id}",
    "/agency/accounts/{id}/calls/new",
    "/agency/accounts/{id}/actions/new?channel=visit",
    "/agency/accounts/{id}/permits",
    "/agency/accounts/{id}/messages/new",
    "/agency/accounts/{id}/messages/new?channel=email&language=zh",
    "/agency/permits",
    "/agency/accounts/{id}/promises/new",
    "/agency/accounts/{id}/recoveries/new",
    "/agency/action-files",
    "/agency/action-files/new",
    "/agency/offers",
    "/agency/offers?view=answered",
    "/agency/offers/{offer}",
    "/agency/recoveries",
    "/agency/recoveries?state=rejected",
    "/agency/breaches",
    "/agency/breaches?state=waived",
    "/agency/breaches/{breach}",
    "/agency/breaches/{breach}/explain",
    "/agency/breaches/{breach}/remedy",
)
#: What stays as it is in every language: names, citations, codes.
KEPT = re.compile(
    r"<(script|head|code|option)\b.*?</\1>|<[^>]+>|Canary\w+|canary\w+@example\.com|Bank \d+ of \d+"
    r"|Agency \d+ of \d+|ACC\d+-\d+|CFR|cmts?\.|Supp\. I+|compare|English|Español|Referral Portal"
    r"|US-REGF-[A-Z0-9-]+|REF-\w+|CSV|Excel|UTF-\d+|GB18030|TRAILER|PDF|USD|New York NY \d+|NY"
    r"|P\d+|Test|Credit card",
    re.S,
)


@pytest.fixture
def busy(make, agency, acting_as):
    """Return an account on which a call broke a rule, a promise runs and money came in."""
    made, agent = make.account(agency=agency, language="zh"), make.agent(agency)
    late = NOON + timedelta(hours=10)
    with acting_as(agent) as session:
        log_call(session, agent, made.id, outcome=Outcome.BUSY, made_at=late, now=late)
        record_promise(
            session, agent, made.id, Money(5_000, "USD"), due_on=TODAY, at=NOON, today=TODAY
        )
        report_recovery(
            session,
            agent,
            made.id,
            Money(5_000, "USD"),
            received_on=TODAY,
            recipient=Recipient.BANK,
            external_ref="REF-X",
            at=NOON,
            today=TODAY,
        )
    return made


def fetch(browse, admin, made, path, language) -> str:
    visitor = browse()
    visitor.client.set_cookie("language", language)
    (offer_id,) = admin.execute(
        "SELECT offer_id FROM placements WHERE id = %s", [made.placement_id]
    ).fetchone()
    (breach_id,) = admin.execute(
        "SELECT id FROM breaches WHERE account_id = %s", [made.id]
    ).fetchone()
    answer = visitor.get(path.format(id=made.id, offer=offer_id, breach=breach_id))
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_a_title_one_heading_and_its_language(browse, admin, busy, path, language):
    page = fetch(browse, admin, busy, path, language)

    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}"' in page
    assert len(re.findall(r"<h1\b", page)) == 1
    assert re.search(r"<title>\S", page)
    assert "%(" not in page


@pytest.mark.parametrize("path", PAGES)
def test_in_chinese_nothing_is_left_in_english(browse, admin, busy, path, stand_still):
    stand_still(NOON + timedelta(hours=11))

    page = fetch(browse, admin, busy, path, "zh")

    text = KEPT.sub(" ", page[page.index("<main") : page.index("</main>")])
    assert re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]+)*", text) == []
