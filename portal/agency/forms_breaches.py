"""What an agency says to a breach: how it came about, and what was done about it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from portal.core.actions.breaches import REASON_LIMIT

_TOO_LONG = Length(
    max=REASON_LIMIT, message=_("Shorten it to %(limit)d characters.", limit=REASON_LIMIT)
)


class ExplainForm(FlaskForm):  # type: ignore[misc]
    """How a breach came about, in the agency's own words."""

    reason = TextAreaField(
        _("How did it come about?"),
        validators=[DataRequired(_("Say how it came about. The bank reads it.")), _TOO_LONG],
    )


class RemedyForm(FlaskForm):  # type: ignore[misc]
    """What was done to put an upheld breach right."""

    reason = TextAreaField(
        _("What was done"),
        validators=[DataRequired(_("Say what was done to put it right.")), _TOO_LONG],
    )
