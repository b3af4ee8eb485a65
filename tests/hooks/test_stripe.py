"""The provider's hook: only what is signed gets in, and it is stored before it is acknowledged."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.payments.merchants import set_merchant_keys, webhook_address
from portal.core.payments.models import EventState, ProviderEvent
from portal.core.principal import Principal
from portal.sandbox.deliver import sign
from tests.support.payments import take_payments


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def merchant(bank):
    return take_payments(bank)


@pytest.fixture
def path(acting_as, bank, merchant):
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        return f"/hooks/stripe/{webhook_address(session, system, bank.id)}"


def _body(event_id="evt_1", **values):
    event = {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "created": int(clock.now().timestamp()),
        "data": {"object": {"id": "cs_1", "client_reference_id": "nobody"}},
        **values,
    }
    return json.dumps(event).encode()


def _post(app, path, body, signature):
    return app.test_client().post(path, data=body, headers={"Stripe-Signature": signature})


def _stored(acting_as, bank):
    with acting_as(Principal.system(bank.id)) as session:
        return session.scalar(
            select(func.count()).select_from(ProviderEvent).where(ProviderEvent.bank_id == bank.id)
        )


def _signed(merchant, body, at=None):
    return sign(body, merchant.webhook_secrets[0], at or clock.now())


def test_a_signed_event_is_stored_and_its_handling_enqueued(
    app, acting_as, admin, bank, merchant, path
):
    body = _body("evt_signed")

    answer = _post(app, path, body, _signed(merchant, body))

    assert answer.status_code == 200
    assert _stored(acting_as, bank) == 1
    jobs = admin.execute(
        "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'handle_gateway_event'"
        " AND args ->> 'bank_id' = %s AND args ->> 'event_id' = 'evt_signed'",
        [str(bank.id)],
    ).fetchone()
    assert jobs == (1,)


@pytest.mark.abuse("M5")
def test_a_repeated_event_is_acknowledged_and_stored_once(
    app, acting_as, admin, bank, merchant, path
):
    body = _body("evt_repeated")

    statuses = [_post(app, path, body, _signed(merchant, body)).status_code for _ in range(10)]

    assert statuses == [200] * 10
    assert _stored(acting_as, bank) == 1


@pytest.mark.abuse("M5")
@pytest.mark.parametrize("seconds", [-310, 310, 3_600])
def test_an_event_signed_too_long_ago_or_ahead_is_refused(
    app, acting_as, bank, merchant, path, seconds
):
    body = _body()
    at = clock.now() + timedelta(seconds=seconds)

    assert _post(app, path, body, _signed(merchant, body, at)).status_code == 400
    assert _stored(acting_as, bank) == 0


@pytest.mark.abuse("M4")
def test_mutated_bodies_and_signatures_are_refused_and_never_an_error(
    app, acting_as, bank, merchant, path
):
    rng = random.Random(7702)
    body = _body()
    signature = _signed(merchant, body)
    client = app.test_client()
    statuses = set()
    for number in range(1_000):
        changed_body, changed_signature = bytearray(body), bytearray(signature.encode())
        target = changed_body if number % 2 else changed_signature
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(target))
            target[place] = rng.choice([byte for byte in range(33, 127) if byte != target[place]])
        answer = client.post(
            path,
            data=bytes(changed_body),
            headers={"Stripe-Signature": changed_signature.decode("latin-1")},
        )
        statuses.add(answer.status_code)

    assert statuses == {400}
    assert _stored(acting_as, bank) == 0


@pytest.mark.abuse("M4")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{",
        b'"evt_1"',
        b"[" * 5_000,
        b'{"object": "event"}',
        b'{"object": "event", "id": 5}',
    ],
)
def test_what_is_signed_but_is_no_event_is_refused(app, acting_as, bank, merchant, path, body):
    assert _post(app, path, body, _signed(merchant, body)).status_code == 400
    assert _stored(acting_as, bank) == 0


@pytest.mark.abuse("M4")
@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "v1=00", "x" * 9_000, "t=1,t=2,v1=00"])
def test_an_event_without_a_usable_signature_is_refused(
    app, acting_as, bank, merchant, path, signature
):
    assert _post(app, path, _body(), signature).status_code == 400
    assert _stored(acting_as, bank) == 0


@pytest.mark.abuse("M4")
def test_another_banks_secret_does_not_open_this_banks_address(app, make, acting_as, bank, path):
    other = take_payments(make.bank())
    body = _body()

    assert _post(app, path, body, _signed(other, body)).status_code == 400
    assert _stored(acting_as, bank) == 0


def test_two_secrets_hold_while_one_is_being_changed(app, acting_as, bank, merchant, path):
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        set_merchant_keys(
            session,
            system,
            bank.id,
            realm="sandbox",
            secret_key=merchant.secret_key,
            webhook_secrets=(merchant.webhook_secrets[0], "whsec_the_next_one"),
        )

    for number, secret in enumerate((merchant.webhook_secrets[0], "whsec_the_next_one")):
        body = _body(f"evt_{number}")
        assert _post(app, path, body, sign(body, secret, clock.now())).status_code == 200
    body = _body("evt_wrong")
    assert _post(app, path, body, sign(body, "whsec_an_old_one", clock.now())).status_code == 400


@pytest.mark.abuse("M7")
def test_an_event_of_another_account_is_acknowledged_and_put_into_quarantine(
    app, acting_as, bank, merchant, path
):
    body = _body("evt_other", account="acct_somebody_else")

    assert _post(app, path, body, _signed(merchant, body)).status_code == 200

    with acting_as(Principal.system(bank.id)) as session:
        event = session.scalars(select(ProviderEvent).where(ProviderEvent.bank_id == bank.id)).one()
    assert (event.state, event.reason) == (EventState.QUARANTINED, "account")


def test_an_unknown_address_is_not_there(app):
    assert _post(app, "/hooks/stripe/nobodys", _body(), "").status_code == 404


def test_an_event_larger_than_any_of_the_providers_is_refused(app, acting_as, bank, merchant, path):
    body = _body(padding="x" * 600_000)

    assert _post(app, path, body, _signed(merchant, body)).status_code == 413
    assert _stored(acting_as, bank) == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_the_hook_takes_posts_only(app, path, method):
    assert getattr(app.test_client(), method)(path).status_code == 405


def test_the_keys_lie_sealed_in_the_database(admin, bank, merchant):
    rows = admin.execute("SELECT sealed FROM org_secrets WHERE org_id = %s", [bank.id]).fetchall()

    stored = b"".join(bytes(row[0]) for row in rows)
    assert merchant.secret_key.encode() not in stored
    assert merchant.webhook_secrets[0].encode() not in stored
