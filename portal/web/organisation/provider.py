"""The page where an organisation sets up its own sign-in provider, the same for every side."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.errors import Conflict, Invalid
from portal.core.parties import providers
from portal.core.parties.providers import ProviderSettings
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fresh import needs_fresh_proof
from portal.web.organisation import queries
from portal.web.organisation.forms import ConfirmForm, ProviderForm
from portal.web.organisation.people import org_of
from portal.web.single_sign_on import client
from portal.web.single_sign_on.discovery import discover
from portal.web.uow import current_principal, transaction


def register(bp: Blueprint, side: Side) -> None:
    """Give one side's blueprint the pages about its sign-in provider."""
    _register_settings(bp, side)
    _register_switch(bp, side)


def _register_settings(bp: Blueprint, side: Side) -> None:
    @bp.route("/sign-in-provider", methods=["GET", "POST"])
    @requires(Permission.SIGN_IN_MANAGE)
    @needs_fresh_proof
    def sign_in_provider() -> ResponseReturnValue:
        """Show how people sign in, and take the settings of the organisation's own provider."""
        actor = current_principal()
        org_id = org_of(actor)
        with transaction() as session:
            page = queries.provider_page(session, org_id)
        form = ProviderForm(issuer=page.issuer, client_id=page.client_id)
        if form.validate_on_submit() and _save(form, actor, org_id):
            return redirect(url_for(f"{side.value}.sign_in_provider"), code=303)
        rendered = render_template(
            f"{side.value}/sign_in_provider.html",
            page=page,
            form=form,
            redirect_address=client.redirect_address(org_id),
        )
        return rendered, 422 if form.errors else 200

    @bp.get("/sign-in-provider/test")
    @requires(Permission.SIGN_IN_MANAGE)
    @needs_fresh_proof
    def test_sign_in_provider() -> ResponseReturnValue:
        """Go to the provider and back, as everybody will; a link, since no form may lead there."""
        actor = current_principal()
        with transaction() as session:
            provider = providers.open_provider(session, org_of(actor))
        return client.set_out(provider, purpose="test")


def _register_switch(bp: Blueprint, side: Side) -> None:
    @bp.post("/sign-in-provider/enable")
    @requires(Permission.SIGN_IN_MANAGE)
    @needs_fresh_proof
    def enable_sign_in_provider() -> ResponseReturnValue:
        """Let people sign in through the provider from now on."""
        actor = current_principal()
        if ConfirmForm().validate_on_submit():
            with transaction() as session:
                providers.enable_provider(session, actor, org_of(actor))
            flash(gettext("Your people now sign in through your provider."), "success")
        return redirect(url_for(f"{side.value}.sign_in_provider"), code=303)

    @bp.post("/sign-in-provider/disable")
    @requires(Permission.SIGN_IN_MANAGE)
    @needs_fresh_proof
    def disable_sign_in_provider() -> ResponseReturnValue:
        """Go back to passwords."""
        actor = current_principal()
        if ConfirmForm().validate_on_submit():
            with transaction() as session:
                providers.disable_provider(session, actor, org_of(actor))
            flash(gettext("Your people now sign in by password."), "success")
        return redirect(url_for(f"{side.value}.sign_in_provider"), code=303)


def _save(form: ProviderForm, actor: Principal, org_id: UUID) -> bool:
    """Ask the provider about itself, outside of any transaction, then store what it says."""
    try:
        found = discover(form.issuer.data, client.outbound())
    except Invalid as error:
        form.issuer.errors = [message_of(error)]
        return False
    settings = ProviderSettings(
        discovery_url=found.discovery_url,
        issuer=found.issuer,
        client_id=form.client_id.data.strip(),
        metadata=found.metadata,
        client_secret=form.client_secret.data or None,
    )
    try:
        with transaction() as session:
            providers.save_provider(session, actor, org_id, settings, now=clock.now())
    except Conflict as error:
        form.client_secret.errors = [message_of(error)]
        return False
    flash(gettext("Saved and switched off. Test the sign-in now."), "success")
    return True
