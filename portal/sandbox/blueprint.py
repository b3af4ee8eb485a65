"""The hosted payment page: what a payer would see on the provider's own site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from portal.core import clock
from portal.sandbox import sessions
from portal.sandbox.calls import Call
from portal.sandbox.cards import CARDS, Card, find_by_number
from portal.sandbox.store import Document, Store, find_by_id, lock_by_id
from portal.sandbox.words import amount_text, words_for


def make_blueprint(
    engine: Engine | Callable[[], Engine],
    *,
    after_commit: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = clock.now,
) -> Blueprint:
    """Make the page `/sandbox/pay/<id>`; `after_commit` runs once events are there to be sent.

    Like the provider's page it asks nobody to sign in: whoever has the address may pay.
    """
    bp = Blueprint("sandbox", __name__, url_prefix="/sandbox", template_folder="templates")
    page = _PayPage(Store(engine), after_commit, now)

    @bp.route("/pay/<session_id>", methods=["GET", "POST"])
    def pay(session_id: str) -> ResponseReturnValue:
        return page.submit(session_id) if request.method == "POST" else page.show(session_id)

    return bp


class _PayPage:
    def __init__(
        self, store: Store, after_commit: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._after_commit = after_commit
        self._now = now

    def show(self, session_id: str) -> ResponseReturnValue:
        """Show what is to be paid, or that nothing can be paid here any more."""
        with self._store.read() as connection:
            session = find_by_id(connection, sessions.KIND, session_id)
        return self._render(session)

    def submit(self, session_id: str) -> ResponseReturnValue:
        """Take the payment and send the payer back, or say why it was not taken."""
        card = find_by_number(request.form.get("card_number", ""))
        goes_back = request.form.get("action") == "back"
        problem = None
        with self._store.write() as connection:
            session = lock_by_id(connection, sessions.KIND, session_id)
            if session is None:
                return self._render(None)
            call = Call(connection, session.account, self._now())
            sessions.close_overdue(call, session)
            if session.body["status"] == "open" and not goes_back:
                problem = _pay(call, session, card)
        self._after_commit()
        if session.body["status"] == "complete":
            return _send_to(session.body["success_url"], session.id)
        if goes_back and session.body["cancel_url"]:
            return _send_to(session.body["cancel_url"], session.id)
        return self._render(session, problem)

    def _render(self, session: Document | None, problem: str | None = None) -> ResponseReturnValue:
        accepted = request.accept_languages.best_match(["en", "zh"])
        if session is None:
            words = words_for(None, accepted)
            return render_template("sandbox/pay.html", words=words, state="missing"), 404
        body = sessions.body_now(session, int(self._now().timestamp()))
        words = words_for(body["locale"], accepted)
        page = render_template(
            "sandbox/pay.html",
            words=words,
            state=body["status"],
            amount=amount_text(body["amount_total"], body["currency"], words),
            lines=[line["name"] for line in session.hidden["lines"]],
            way_on=_way_on(body["status"], session),
            can_go_back=body["cancel_url"] is not None,
            problem=problem,
            cards=[(_grouped(card), f"does_{_outcome(card)}") for card in CARDS],
        )
        return page, _status(body["status"], problem)


def _pay(call: Call, session: Document, card: Card | None) -> str | None:
    """Try the card and return which of the page's words say why nothing was paid, if so."""
    if card is None:
        return "not_a_test_card"
    return None if sessions.pay_session(call, session, card) is None else _outcome(card)


def _outcome(card: Card) -> str:
    if card.decline is None:
        return "pay"
    known = card.decline.decline_code
    return known if known == "insufficient_funds" else card.decline.code


def _status(state: str, problem: str | None) -> int:
    if state == "expired":
        return 410
    if problem is None:
        return 200
    return 422 if problem == "not_a_test_card" else 402


def _way_on(state: str, session: Document) -> str | None:
    url = session.body["success_url"] if state == "complete" else session.body["cancel_url"]
    return None if url is None else _filled(url, session.id)


def _send_to(url: str, session_id: str) -> ResponseReturnValue:
    return redirect(_filled(url, session_id), code=303)


def _filled(url: str, session_id: str) -> str:
    return url.replace("{CHECKOUT_SESSION_ID}", session_id)


def _grouped(card: Card) -> str:
    return " ".join(card.number[at : at + 4] for at in range(0, len(card.number), 4))
