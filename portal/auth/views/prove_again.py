"""Proving again who it is, before what would hurt most in strange hands."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from portal.auth.admit import signed_in_staff, wait_message
from portal.auth.blueprint import bp
from portal.auth.forms import CodeForm
from portal.auth.queries import profile_page
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.parties import providers
from portal.core.parties import sign_in as entrance
from portal.core.parties.providers import IdentityRefused
from portal.core.parties.sign_in import Candidate
from portal.core.principal import Principal
from portal.web.access import signed_in_only
from portal.web.fresh import note_proof, take_after_proof
from portal.web.single_sign_on import client
from portal.web.single_sign_on.client import Arrival
from portal.web.uow import transaction

#: How long ago the provider may have asked for the proof it vouches for.
PROVEN_WITHIN = timedelta(minutes=5)


@bp.route("/prove-again", methods=["GET", "POST"])
@signed_in_only
def prove_again() -> ResponseReturnValue:
    """Take a code from the authenticator, or offer the way through the organisation."""
    actor = _staff()
    with transaction(actor) as db_session:
        page = profile_page(db_session, actor, str(get_locale()))
    elsewhere = session.get("way_in") == "single_sign_on"
    form = CodeForm()
    if not elsewhere and form.validate_on_submit():
        candidate = Candidate(_org(actor), actor.user_id, actor.side)
        with transaction(actor) as db_session:
            answer = entrance.check_code(db_session, candidate, form.code.data, now=clock.now())
        if answer.accepted:
            return proven(actor)
        form.code.errors = [
            wait_message(answer.wait_seconds)
            if answer.wait_seconds
            else gettext("This code is not the present one. Wait for the next one and enter that.")
        ]
    rendered = render_template("auth/prove_again.html", form=form, page=page, elsewhere=elsewhere)
    return rendered, 422 if form.errors else 200


@bp.get("/prove-again/organisation")
@signed_in_only
def prove_again_elsewhere() -> ResponseReturnValue:
    """Send the person to their organisation, which is asked to ask for proof again."""
    actor = _staff()
    with transaction(actor) as db_session:
        provider = providers.open_provider(db_session, _org(actor))
    if not provider.enabled:
        raise NotFound
    return client.set_out(provider, purpose="prove-again", again=True)


def come_back_proven(arrival: Arrival) -> ResponseReturnValue:
    """Take the proof of the organisation, if it is a new one and of the same person.

    Raises:
        IdentityRefused: somebody else, or nobody was asked for anything.
    """
    actor = _staff()
    with transaction(Principal.machine_of(_org(actor))) as db_session:
        candidate = providers.recognise(db_session, _org(actor), arrival.identity)
    if candidate.staff_id != actor.user_id:
        raise IdentityRefused("proof_of_another_person")
    earliest = (clock.now() - PROVEN_WITHIN).timestamp()
    if arrival.authenticated_at is None or arrival.authenticated_at < earliest:
        raise IdentityRefused("proof_too_old")
    return proven(actor)


def proven(actor: Principal) -> Response:
    """Go on to the page that asked for the proof, under a new session id."""
    note_proof()
    session.renew()  # type: ignore[attr-defined]
    return redirect(take_after_proof(url_for(f"{actor.side.value}.home")), code=303)


def _staff() -> Principal:
    actor = signed_in_staff()
    if actor is None:
        raise NotFound
    return actor


def _org(actor: Principal) -> UUID:
    if actor.org_id is None:
        raise NotFound
    return actor.org_id
