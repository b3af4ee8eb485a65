"""The e-mail that carries an invitation, in the language of whoever is invited."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.parties.invitations import Invitation
from portal.core.parties.organisations import view_organisation
from portal.core.parties.staff import lock_staff
from portal.web import filters, shell


def mail_invitation(session: Session, invitation: Invitation) -> None:
    """Enqueue the e-mail with the link, on the transaction that made the invitation."""
    staff = lock_staff(session, invitation.org_id, invitation.staff_id)
    organisation = view_organisation(session, staff.side, staff.org_id)
    language = shell.language_by_code(staff.language) or shell.LANGUAGES[0]
    with force_locale(language.locale):
        name = organisation.name_in(language.code)
        subject = gettext("Your invitation to %(organisation)s", organisation=name)
        text = gettext(
            "Dear %(name)s,\n\n"
            "You have been invited to work for %(organisation)s in the Referral Portal."
            " Open this link to choose how you sign in:\n\n"
            "%(link)s\n\n"
            "The link works once, until %(until)s."
            " If you did not expect this message, you can ignore it.",
            name=staff.name,
            organisation=name,
            link=invitation_link(invitation),
            until=filters.instant(invitation.expires_at, organisation.timezone),
        )
    outbox.post_message(
        session,
        staff.org_id,
        channel="email",
        kind="invitation",
        to=staff.email,
        subject=subject,
        text=text,
    )


def invitation_link(invitation: Invitation) -> str:
    """Return the address that opens an invitation."""
    base: str = current_app.config["PORTAL_SETTINGS"].portal_base_url.rstrip("/")
    return base + url_for("auth.open_invitation", token=invitation.token)
