"""Request keys: one request, one deed, one answer."""

from __future__ import annotations

import pytest

from portal.core import idempotency
from portal.core.errors import Conflict, Invalid
from tests.support.parallel import at_once


def _claim(session, actor, *, key="key-of-a-form", request=None):
    return idempotency.claim(
        session, actor, endpoint="test", key=key, request=request or {"amount": 100}
    )


def _remember(session, actor, answer):
    idempotency.remember(session, actor, endpoint="test", key="key-of-a-form", answer=answer)


def test_the_first_request_is_carried_out_and_the_second_gets_its_answer(make, acting_as):
    actor = make.account().debtor
    with acting_as(actor) as session:
        assert _claim(session, actor) is None
        _remember(session, actor, {"id": "1"})

    with acting_as(actor) as session:
        assert _claim(session, actor) == {"id": "1"}


def test_the_same_key_with_another_request_is_refused(make, acting_as):
    actor = make.account().debtor
    with acting_as(actor) as session:
        _claim(session, actor)
        _remember(session, actor, {"id": "1"})

    with acting_as(actor) as session, pytest.raises(Invalid, match="other values"):
        _claim(session, actor, request={"amount": 101})


def test_a_request_that_failed_leaves_its_key_to_the_next(make, acting_as):
    actor = make.account().debtor

    def fail():
        with acting_as(actor) as session:
            _claim(session, actor)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with acting_as(actor) as session:
        assert _claim(session, actor) is None


def test_a_request_without_an_answer_is_not_carried_out_again(make, acting_as):
    actor = make.account().debtor
    with acting_as(actor) as session:
        _claim(session, actor)

    with acting_as(actor) as session, pytest.raises(Conflict):
        _claim(session, actor)


@pytest.mark.parametrize("key", ["", "short", "x" * 201])
def test_a_key_that_is_none_is_refused(make, acting_as, key):
    actor = make.account().debtor

    with acting_as(actor) as session, pytest.raises(Invalid):
        _claim(session, actor, key=key)


def test_two_people_may_use_the_same_key(make, acting_as):
    for actor in (make.account().debtor, make.account().debtor):
        with acting_as(actor) as session:
            assert _claim(session, actor) is None


def test_of_twenty_requests_at_once_one_is_carried_out(app, make, acting_as):
    actor = make.account().debtor

    def send(number):
        with acting_as(actor) as session:
            before = _claim(session, actor)
            if before is not None:
                return before["by"]
            _remember(session, actor, {"by": number})
            return number

    answers = at_once(app, 20, send)

    assert len(set(answers)) == 1
