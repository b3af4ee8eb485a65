"""Forms of the import: the file and the commitment."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField


class UploadForm(FlaskForm):  # type: ignore[misc]
    """The file a bank sends."""

    file = FileField(_("Referral file"), validators=[FileRequired(_("Choose the file to import."))])


class CommitForm(FlaskForm):  # type: ignore[misc]
    """The decision to import, with or without standing by the balances."""

    attested = BooleanField(
        _("I confirm that these balances are what each person owes on the itemisation date.")
    )


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A form that carries nothing but its token."""
