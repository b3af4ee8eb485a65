"""The promise to a person with a letter: from its code to a receipt, without a script."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.payments.models import ProviderEvent
from portal.core.placements.models import Letter
from portal.core.principal import Principal
from portal.jobs import letters as letter_jobs
from portal.web import payments as provider
from portal.web.uow import transaction
from tests.support.door import LetterHolder
from tests.support.letters import send
from tests.support.payments import deliver_events, owed, pay_on_page
from tests.support.plans import accept


def _hidden(page):
    """Return the hidden fields of a page's own form, as a browser would send them."""
    fields = {}
    form = page.split("<main", 1)[1]
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and name.group(1) not in ("csrf_token", "next"):
            fields[name.group(1)] = value.group(1) if value else ""
    return fields


def _work_off(made, admin):
    """Run what the worker would run for this bank: events, agreements, receipts."""
    with transaction(Principal.system(made.bank_id)) as session:
        events = session.scalars(
            select(ProviderEvent.event_id).where(ProviderEvent.bank_id == made.bank_id)
        ).all()
    for event_id in events:
        provider.handle_event(made.bank_id, event_id, at=clock.now())
    jobs = admin.execute(
        "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE args ->> 'bank_id' = %s"
        " AND task_name IN ('issue_agreement', 'issue_receipt') ORDER BY id",
        [str(made.bank_id)],
    ).fetchall()
    for name, arguments in jobs:
        getattr(letter_jobs, name).func(**arguments)


@pytest.mark.parametrize(
    ("language", "owe", "thanks"),
    [
        ("en", "You owe", "Thank you. We have your payment of $102.81."),
        ("zh", "您目前欠款", "谢谢。我们已收到您的付款"),
        ("es", "Usted debe", "Gracias. Tenemos su pago de $102.81."),
    ],
)
def test_from_the_letter_to_the_receipt(app, admin, make, made, language, owe, thanks):
    holder = LetterHolder(app, made, send(made, at=clock.now()))
    holder.client.set_cookie("language", language)
    base = f"/debtor/accounts/{made.id}"

    home = holder.get(holder.go_in().headers["Location"]).get_data(as_text=True)
    assert owe in home
    assert "2,467.37" in home

    # Too little is answered by the nearest plan, which is looked at and accepted.
    first_day = clock.now().date() + timedelta(days=14)
    holder.get(f"{base}/plan/new")
    asked = holder.post(
        f"{base}/plan/new",
        {
            "amount": "20",
            "frequency": "monthly",
            "day": first_day.day,
            "month": first_day.month,
            "year": first_day.year,
        },
    )
    answer = holder.get(asked.headers["Location"]).get_data(as_text=True)
    accept_path = re.search(rf'href="({base}/plan/accept\?[^"]+)"', answer).group(1)
    check = holder.get(accept_path.replace("&amp;", "&")).get_data(as_text=True)
    accepted = holder.post(f"{base}/plan/accept", _hidden(check))
    assert accepted.headers["Location"] == f"{base}/plan"
    plan = holder.get(f"{base}/plan").get_data(as_text=True)
    assert "102.81" in plan

    # Pay the next instalment on the provider's page and come back.
    pay_path = re.search(rf'href="({base}/pay\?amount=[^"]+)"', plan).group(1)
    amount = parse_qs(urlsplit(pay_path).query)["amount"][0]
    to_check = holder.post(f"{base}/pay", {"amount": amount})
    check = holder.get(to_check.headers["Location"]).get_data(as_text=True)
    away = holder.post(f"{base}/pay/check", _hidden(check))
    assert away.status_code == 303
    assert away.headers["Location"].startswith("http://localhost/sandbox/pay/")
    back = urlsplit(pay_on_page(app, away.headers["Location"])).path
    waiting = holder.get(holder.get(back).headers["Location"]).get_data(as_text=True)
    assert thanks not in waiting

    assert set(deliver_events(app)) == {200}
    _work_off(made, admin)
    payment_path = back.removesuffix("/return")
    paid = holder.get(payment_path).get_data(as_text=True)
    assert thanks in paid
    receipt_path = re.search(r'href="(/debtor/letters/[^"]+)"', paid).group(1)
    receipt = holder.get(receipt_path).get_data(as_text=True)
    assert "2,364.56" in receipt
    assert owed(made) == 236_456
    assert "2,364.56" in holder.get("/debtor/").get_data(as_text=True)
    letters = holder.get(f"{base}/letters").get_data(as_text=True)
    assert letters.count('href="/debtor/letters/') == 3


def test_the_agreement_says_what_was_accepted_and_its_file_is_an_attachment(
    app, admin, acting_as, made, visit
):
    plan = accept(made, 20_000)
    _work_off(made, admin)
    with acting_as(made.debtor) as session:
        letter = session.scalars(select(Letter).where(Letter.subject_id == plan.id)).one()
    letter_jobs.render_letter.func(bank_id=str(made.bank_id), letter_id=str(letter.id))
    person = visit(made.debtor)

    page = person.get(f"/debtor/letters/{letter.id}").get_data(as_text=True)
    file = person.get(f"/debtor/letters/{letter.id}/file")

    assert "Your repayment plan" in page
    assert "$200.00" in page
    assert page.count("<h1") == 1
    assert file.mimetype == "application/pdf"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="agreement-')
    assert file.headers["Cache-Control"] == "no-store"
    assert file.get_data().startswith(b"%PDF-")
