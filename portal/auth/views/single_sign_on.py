"""The way in through a person's own organisation: off to its provider, and back."""

from __future__ import annotations

from uuid import UUID

import structlog
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from portal.auth import steps
from portal.auth.admit import admit, signed_in_staff, visitors_network, wait_message
from portal.auth.blueprint import bp
from portal.auth.views.prove_again import come_back_proven
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.parties import attempts, providers
from portal.core.parties.organisations import view_organisation
from portal.core.parties.providers import IdentityRefused, Provider
from portal.core.principal import Principal
from portal.web.single_sign_on import client
from portal.web.single_sign_on.client import Arrival, ProviderUnreachable
from portal.web.single_sign_on.tokens import TokenRefused
from portal.web.uow import transaction

log = structlog.get_logger()


@bp.get("/sign-in/organisation")
def continue_to_organisation() -> ResponseReturnValue:
    """Offer the link to the organisation's own sign-in: a link, since no form may lead there."""
    named = steps.named(now=clock.now())
    if named is None:
        return redirect(url_for("auth.sign_in"), code=303)
    candidate = named.candidate
    with transaction(candidate.principal) as session:
        organisation = view_organisation(session, candidate.side, candidate.org_id)
    return render_template(
        "auth/continue_to_organisation.html",
        email=named.email,
        organisation=organisation.name_in(str(get_locale())),
        start_url=url_for("auth.start_sso", org_id=candidate.org_id),
    )


@bp.get("/auth/sso/<uuid:org_id>")
def start_sso(org_id: UUID) -> ResponseReturnValue:
    """Send the visitor to their organisation's provider."""
    provider = _provider(org_id)
    if not provider.enabled:
        raise NotFound
    now = clock.now()
    named, invited = steps.named(now=now), steps.invited(now=now)
    email = named.email if named and named.candidate.org_id == org_id else None
    own_invitation = invited if invited and invited.candidate.org_id == org_id else None
    return client.set_out(
        provider,
        purpose="sign-in",
        email=email,
        invitation=own_invitation.token_hash.hex() if own_invitation else None,
    )


@bp.get("/auth/sso/<uuid:org_id>/finish")
def finish_sso(org_id: UUID) -> ResponseReturnValue:
    """Take the visitor back, and let them in if every check passes."""
    provider = _provider(org_id)
    purpose = client.purpose_of_trip(provider)
    testing = purpose == "test"
    if not (provider.enabled or testing):
        raise NotFound
    with transaction(Principal.machine_of(org_id)) as session:
        counted = [(attempts.ANSWER_BY_NETWORK, visitors_network())]
        wait = attempts.count(session, counted, now=clock.now())
    if wait:
        return _page("too_many", wait_message(wait), 429)
    try:
        arrival = client.come_back(provider)
        if testing:
            return _finish_test(provider, arrival)
        if purpose == "prove-again":
            return come_back_proven(arrival)
        return _enter(provider, arrival)
    except (TokenRefused, ProviderUnreachable, IdentityRefused) as refused:
        return _refuse(provider, refused, testing=testing)


def _provider(org_id: UUID) -> Provider:
    with transaction(Principal.machine_of(org_id)) as session:
        return providers.open_provider(session, org_id)


def _enter(provider: Provider, arrival: Arrival) -> ResponseReturnValue:
    now = clock.now()
    with transaction(Principal.machine_of(provider.org_id)) as session:
        candidate = providers.recognise(session, provider.org_id, arrival.identity)
    invitation = bytes.fromhex(arrival.invitation) if arrival.invitation else None
    with transaction(candidate.principal) as session:
        providers.link_identity(
            session, candidate, arrival.identity, now=now, invitation_hash=invitation
        )
        return admit(session, candidate, way="single_sign_on", now=now)


def _finish_test(provider: Provider, arrival: Arrival) -> ResponseReturnValue:
    """Note that the round trip works; whoever tests stays signed in as themselves."""
    actor = signed_in_staff()
    if actor is None or actor.org_id != provider.org_id:
        raise NotFound
    with transaction(actor) as session:
        providers.record_test(
            session, actor, provider.org_id, version=provider.version, now=clock.now()
        )
    flash(
        gettext(
            "It works: the provider confirmed %(email)s.",
            email=arrival.identity.email or arrival.identity.subject,
        ),
        "success",
    )
    return redirect(url_for(f"{actor.side.value}.sign_in_provider"), code=303)


def _refuse(
    provider: Provider,
    refused: TokenRefused | ProviderUnreachable | IdentityRefused,
    *,
    testing: bool,
) -> ResponseReturnValue:
    """Note why nobody was let in; the visitor learns a word that their administrator can use."""
    log.info("sign_in.refused", org_id=str(provider.org_id), reason=refused.reason)
    with transaction(Principal.machine_of(provider.org_id)) as session:
        providers.refuse_identity(session, provider.org_id, refused.reason)
    actor = signed_in_staff()
    if testing and actor is not None and actor.org_id == provider.org_id:
        flash(
            gettext("The test failed: %(reason)s. See the help below.", reason=refused.reason),
            "error",
        )
        return redirect(url_for(f"{actor.side.value}.sign_in_provider"), code=303)
    status = 503 if isinstance(refused, ProviderUnreachable) else 403
    return _page(refused.reason, _words_for(refused), status)


def _words_for(refused: TokenRefused | ProviderUnreachable | IdentityRefused) -> str:
    """Say what the visitor can do; what exactly was wrong is for their administrator."""
    words = gettext("Your organisation gave an answer that cannot be trusted. Nobody was let in.")
    if isinstance(refused, ProviderUnreachable):
        words = gettext("Your organisation's sign-in does not answer. Please try again soon.")
    elif isinstance(refused, IdentityRefused):
        words = gettext(
            "Your organisation confirmed who you are, but that leads to no account here."
            " Ask your administrator."
        )
    elif refused.reason == "state_unknown":
        words = gettext("This sign-in was begun elsewhere or too long ago. Please start again.")
    elif refused.reason == "denied_at_provider":
        words = gettext("The sign-in was cancelled at your organisation.")
    return str(words)


def _page(reason: str, message: str, status: int) -> ResponseReturnValue:
    page = render_template("auth/finish_sso.html", reason=reason, message=message)
    return page, status
