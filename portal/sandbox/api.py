"""The provider's interface for machines, as a WSGI application that is never bound to a port."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from stripe import params
from stripe.params import checkout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from portal.core import clock
from portal.sandbox import customers, events, intents, session_fields, sessions
from portal.sandbox.calls import LIST_FIELDS, Call
from portal.sandbox.errors import ApiFault, not_simulated
from portal.sandbox.keys import account_of
from portal.sandbox.store import Json, Store, claim_key, keep_answer, new_id
from portal.sandbox.wire import nest, read

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LONGEST_BODY = 100_000
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Endpoint:
    """One operation: the library's class of its parameters, and those acted on here."""

    params: type
    simulated: frozenset[str]
    run: Callable[..., Json]


ENDPOINTS = {
    ("POST", "/v1/checkout/sessions"): Endpoint(
        checkout.SessionCreateParams, session_fields.CREATE_FIELDS, sessions.create_session
    ),
    ("GET", "/v1/checkout/sessions"): Endpoint(
        checkout.SessionListParams,
        LIST_FIELDS | {"payment_intent", "customer"},
        sessions.list_sessions,
    ),
    ("GET", "/v1/checkout/sessions/<object_id>"): Endpoint(
        checkout.SessionRetrieveParams, NOTHING, sessions.retrieve_session
    ),
    ("POST", "/v1/checkout/sessions/<object_id>/expire"): Endpoint(
        checkout.SessionExpireParams, NOTHING, sessions.expire_session
    ),
    ("POST", "/v1/payment_intents"): Endpoint(
        params.PaymentIntentCreateParams, intents.CREATE_FIELDS, intents.create_intent
    ),
    ("GET", "/v1/payment_intents"): Endpoint(
        params.PaymentIntentListParams, LIST_FIELDS | {"customer"}, intents.list_intents
    ),
    ("GET", "/v1/payment_intents/<object_id>"): Endpoint(
        params.PaymentIntentRetrieveParams, NOTHING, intents.retrieve_intent
    ),
    ("POST", "/v1/payment_intents/<object_id>/confirm"): Endpoint(
        params.PaymentIntentConfirmParams, intents.CONFIRM_FIELDS, intents.confirm_intent
    ),
    ("POST", "/v1/payment_intents/<object_id>/cancel"): Endpoint(
        params.PaymentIntentCancelParams, intents.CANCEL_FIELDS, intents.cancel_intent
    ),
    ("POST", "/v1/customers"): Endpoint(
        params.CustomerCreateParams, customers.CREATE_FIELDS, customers.create_customer
    ),
    ("GET", "/v1/events"): Endpoint(
        params.EventListParams, LIST_FIELDS | {"type", "types"}, events.list_events
    ),
    ("GET", "/v1/events/<object_id>"): Endpoint(
        params.EventRetrieveParams, NOTHING, events.retrieve_event
    ),
}
_ROUTES = Map(
    [Rule(path, methods=[method], endpoint=(method, path)) for method, path in ENDPOINTS],
    merge_slashes=False,
)


def make_api(
    engine: Engine | Callable[[], Engine],
    *,
    base_url: str,
    now: Callable[[], datetime] = clock.now,
) -> Api:
    """Make the provider's interface over schema `sandbox`; its pages are under `base_url`.

    It opens transactions of its own on `engine`, so it may be called while a request of the portal
    has one open on another connection.
    """
    return Api(Store(engine), base_url.rstrip("/"), now)


class Api:
    """A WSGI application that answers as the payment provider does."""

    def __init__(self, store: Store, page_base: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._page_base = page_base
        self._now = now

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = LONGEST_BODY
        request_id = new_id("req")
        try:
            response = self._answer(request, request_id)
        except ApiFault as fault:
            response = _json(fault.status, json.dumps(fault.body))
        except OperationalError:
            failure = {"type": "api_error", "message": "The sandbox cannot reach its database."}
            response = _json(500, json.dumps({"error": failure}))
        response.headers["Request-Id"] = request_id
        return response(environ, start_response)

    def _answer(self, request: Request, request_id: str) -> Response:
        account = account_of(request.headers.get("Authorization"))
        if "Stripe-Account" in request.headers or "Stripe-Context" in request.headers:
            raise not_simulated("acting for a connected account")
        endpoint, path_values, pairs = _match(request)
        fields = read(nest(pairs), endpoint.params, endpoint.simulated)
        work = _Work(endpoint, path_values, fields)
        if request.method == "POST":
            return self._change(request, account, request_id, work)
        with self._store.read() as connection:
            call = Call(connection, account, self._now(), self._page_base, request_id)
            return _json(200, json.dumps(work.run(call)))

    def _change(self, request: Request, account: str, request_id: str, work: _Work) -> Response:
        """Do the work once for each idempotency key; a repeat gets the answer of the first."""
        key = request.headers.get("Idempotency-Key")
        with self._store.write() as connection:
            call = Call(connection, account, self._now(), self._page_base, request_id, key)
            if key is None:
                return _json(*_attempt(work, call))
            fingerprint = _fingerprint(request, work.fields)
            kept = claim_key(connection, account, key, fingerprint=fingerprint, at=call.now)
            if kept is None:
                status, answer = _attempt(work, call)
                keep_answer(connection, account, key, status=status, answer=answer)
                return _json(status, answer)
        if kept.fingerprint != fingerprint:
            raise ApiFault(
                f"The idempotency key {key} was first used for another request or with other"
                " parameters.",
                kind="idempotency_error",
            )
        response = _json(kept.status, kept.answer)
        response.headers["Idempotent-Replayed"] = "true"
        return response


@dataclass(frozen=True)
class _Work:
    """A request that was understood, ready to run on a transaction."""

    endpoint: Endpoint
    path_values: dict[str, str]
    fields: Json

    def run(self, call: Call) -> Json:
        return self.endpoint.run(call, *self.path_values.values(), self.fields)


def _match(request: Request) -> tuple[Endpoint, dict[str, str], Iterable[tuple[str, str]]]:
    try:
        found, values = _ROUTES.bind_to_environ(request.environ).match()
        pairs = request.form if request.method == "POST" else request.args
        return ENDPOINTS[found], dict(values), list(pairs.items(multi=True))
    except HTTPException as error:
        raise ApiFault(
            f"Unrecognized request URL ({request.method}: {request.path}).",
            status=413 if error.code == 413 else 404,
        ) from None


def _attempt(work: _Work, call: Call) -> tuple[int, str]:
    """Run the work; a refusal is an answer too, to be kept and given again."""
    try:
        return 200, json.dumps(work.run(call))
    except ApiFault as fault:
        return fault.status, json.dumps(fault.body)


def _fingerprint(request: Request, fields: Json) -> str:
    whole = json.dumps([request.method, request.path, fields], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _json(status: int, answer: str) -> Response:
    return Response(answer, status=status, mimetype="application/json")
