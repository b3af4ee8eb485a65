"""The sentence for every code of a finding, with named places for its values.

Sentences say what a rule sees, without tense: the same one stands before a contact that is asked
about and beside one that was made. `findings.py` fills them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

_TIMES: Mapping[str, Any] = {
    "outside_window": _("%(local)s in %(zone)s is outside the hours allowed there, %(windows)s."),
    "outside_window_all_day": _("No contact is allowed in %(zone)s on that day of the week."),
    "convenient_time_told_to_unknown": _(
        "%(local)s in %(zone)s is allowed only if the person told you that it suits. Who was told"
        " is not on file."
    ),
    "barred_time": _(
        "The person asked to be left alone from %(opens)s to %(closes)s. It is %(local)s in"
        " %(zone)s."
    ),
    "barred_time_without_clock": _(
        "The person asked to be left alone at such a time. A letter has no time of day, so a"
        " person decides."
    ),
    "day_off": _("%(day)s is a holiday in %(zone)s."),
    "bank_day_off": _("%(day)s is a day on which the bank contacts nobody: %(name)s."),
    "no_zone_on_file": _(
        "Nothing on file says where the person is, so no time can be shown to be lawful."
    ),
}

_COUNTS: Mapping[str, Any] = {
    "too_many_calls": _(
        "Call number %(count)s about this debt within %(span)s. The limit is %(limit)s."
    ),
    "too_many_calls_and_texts": _(
        "Call or text number %(count)s about this debt within %(span)s. The limit is %(limit)s."
    ),
    "too_many_effective_calls": _(
        "Answered call number %(count)s to this person within %(span)s, by the bank and all its"
        " agencies. The limit is %(limit)s."
    ),
    "too_many_dials": _(
        "Attempt number %(count)s to this telephone within %(span)s. The limit is %(limit)s."
    ),
    "too_many_visits": _("Visit number %(count)s within %(span)s. The limit is %(limit)s."),
    "too_many_contacts": _("Contact number %(count)s within %(span)s. The limit is %(limit)s."),
    "too_many_prerecorded": _(
        "Prerecorded call number %(count)s to this home within %(span)s. The limit is %(limit)s."
    ),
    "calls_concentrated": _(
        "%(count)s calls within %(span)s may be harassment. The threshold is %(limit)s."
    ),
    "calls_in_succession": _(
        "Nobody answered the call of %(called_at)s. Another within %(minutes)s may be harassment."
    ),
    "asked_to_stop_before": _(
        "On %(received_at)s the person asked to be left alone, or not to be called. Calls within"
        " the limits may be harassment all the same."
    ),
    "too_soon_after_conversation": _(
        "There was a conversation about this debt on %(talked_at)s. No further call for %(span)s,"
        " that day included."
    ),
    "too_soon_after_talk": _(
        "Somebody spoke with the person on %(talked_at)s. The bank leaves them alone for %(span)s,"
        " that day included."
    ),
    "pattern_to_review": _(
        "The contacts together pass a threshold of the bank. The law gives no number, so a person"
        " decides."
    ),
    "more_than_wished": _(
        "Contact number %(count)s within %(span)s. The person wished for %(limit)s at most."
    ),
    "ok_count": _("Number %(count)s of %(limit)s within %(span)s."),
    "ok": _("Nothing speaks against it."),
}

_REQUESTS: Mapping[str, Any] = {
    "opted_out": _("The person does not want to be reached in this way: %(channel)s."),
    "opted_out_of_all": _("The person does not want to be contacted in any way."),
    "opted_out_address_unknown": _(
        "The person closed an address of this kind. Which one is used here is not on file."
    ),
    "ceased": _("The person asked in writing that contact stop. Received %(received_at)s."),
    "cease_form_unknown": _(
        "The person asked that contact stop. In what form is not on file. Received %(received_at)s."
    ),
    "represented": _("Somebody represents the person and is the one to contact."),
    "represented_by_attorney": _("An attorney represents the person and is the one to contact."),
    "disputed": _("The debt is disputed. Received %(received_at)s."),
    "disputed_in_part": _(
        "Part of the debt is disputed, and what is asked for is not on file. Received"
        " %(received_at)s."
    ),
    "disputed_part_asked_for": _(
        "More is asked for than the part that is not disputed. Received %(received_at)s."
    ),
    "disputed_but_asked_for": _(
        "The debt is disputed, and the person asked for this contact. Received %(received_at)s."
    ),
    "dispute_upheld": _("The dispute was decided for the person. Received %(received_at)s."),
    "on_hold": _("The account is on hold: %(kind)s. The first free day is %(until)s."),
    "on_hold_until_released": _("The account is on hold until somebody releases it: %(kind)s."),
    "permit_held": _("Somebody else is about to contact this person, until %(until)s."),
    "plan_is_kept": _("The person keeps to a plan and is left in peace."),
    "court_threatened_on_barred_debt": _("The debt is time-barred. A court is not threatened."),
    "debt_extinguished": _("The debt ended with its limitation period."),
    "barred_debt_refused": _("The person refused to pay because the debt is time-barred."),
    "barred_place": _("The person must not be reached there: %(place)s."),
    "place_unknown": _(
        "Some places are barred. Where this number or address reaches the person is not on file."
    ),
    "write_only": _("The person wants to be written to only."),
    "channel_not_used": _("The bank does not use this channel: %(channel)s."),
    "channel_not_wished": _("The person did not choose this channel: %(channel)s."),
}

_RECIPIENTS: Mapping[str, Any] = {
    "recipient_not_permitted": _("The debt may not be discussed with this person: %(role)s."),
    "recipient_needs_reason": _(
        "Somebody other than the person who owes was contacted (%(role)s), and why is not on file."
    ),
    "message_left_with_third_party": _(
        "A limited-content message must not be left with somebody else: %(role)s."
    ),
    "spouse_may_be_liable": _("Whether the spouse owes too is not on file."),
    "person_refused": _("This person does not want to be contacted again: %(role)s."),
    "debtor_not_lost": _(
        "Others may be asked only when the person who owes cannot be reached. That was not tried"
        " often enough."
    ),
    "debt_mentioned": _("The debt was mentioned to somebody who may not hear of it."),
    "own_name_withheld": _("Callers have to give their own name."),
    "employer_named_unasked": _("The agency may be named only when somebody asks for it."),
    "ask_the_attorney": _("The person's attorney is known and is the one to ask."),
    "asked_before": _("This person was asked already, on %(asked_at)s."),
    "words_unknown": _("What was said is not on file."),
    "identity_not_verified": _("Details were given before it was known who was there."),
    "identity_unknown": _("Whether the person's identity was checked is not on file."),
    "too_few_collectors": _(
        "Too few collectors for a visit: %(collectors)s. At least %(least)s have to go."
    ),
    "collectors_unknown": _(
        "At least %(least)s collectors have to go. How many go is not on file."
    ),
    "person_vulnerable": _("The person is vulnerable and is not visited."),
    "visit_is_last_resort": _("A visit is a last resort. A person decides."),
}

_WORDS: Mapping[str, Any] = {
    "optout_line_missing": _("The message does not say how to stop such messages."),
    "optout_not_simple": _("The way to opt out is not simple."),
    "optout_not_clear": _("The way to opt out is not clear."),
    "optout_line_unknown": _("Whether the message says how to opt out is not on file."),
    "postcard": _("A debt is not written about on a postcard."),
    "envelope_gives_away": _("The envelope gives away that a debt is collected."),
    "envelope_unknown": _("What the envelope shows is not on file."),
    "employer_address": _("The address belongs to the employer."),
    "visible_to_others": _("Others can see the message."),
    "visibility_unknown": _("Who can see the message is not on file."),
    "private_device": _("A private telephone or account was used without consent."),
    "device_consent_unknown": _("Whether the bank agreed to the device is not on file."),
    "disclosure_missing": _("It does not say that a debt collector speaks."),
    "content_missing": _("Statements that are required are missing."),
    "content_unknown": _("What it states is not on file."),
    "wrong_form": _("It is not in the form that is required."),
    "not_durable": _("It is not on paper or another durable medium."),
    "reference_dates_mixed": _("More than one itemisation date is used."),
    "overshadows": _(
        "Payment is asked for by %(pay_by)s, before the time to dispute ends on %(ends_on)s."
    ),
    "validation_end_unknown": _(
        "Payment is asked for by %(pay_by)s. When the time to dispute ends is not on file."
    ),
    "plan_too_long": _("A plan of %(months)s months. The limit is %(most)s months."),
    "plan_not_recorded": _("A plan agreed by word of mouth has to be recorded."),
}

_NOTICES: Mapping[str, Any] = {
    "notice_late": _("The notice was due by %(due)s and came too late."),
    "period_too_short": _(
        "The time to dispute ends on %(validation_end_date)s, later than the notice says:"
        " %(stated)s."
    ),
    "bounced": _("It came back. Whether it was counted as sent is not on file."),
    "bounced_but_counted": _("It came back and was counted as sent all the same."),
    "no_consent_to_electronic": _("The person did not agree to electronic delivery."),
    "consent_to_electronic_unknown": _(
        "Whether the person agreed to electronic delivery is not on file."
    ),
    "not_told_before_furnishing": _(
        "The person has not heard of the debt from this collector yet."
    ),
    "waiting": _("A message may still come back within %(span)s."),
    "bounce_on_last_day": _("A message came back on the last of %(span)s."),
    "transfer_not_noticed": _("The person was not told that the debt was sold."),
}

_PROCEDURES: Mapping[str, Any] = {
    "no_route": _("How this address or number came to be known is not on file."),
    "address_disclosed_before": _("Using this address told somebody else of the debt before."),
    "route_opted_out": _("The person opted out of this address."),
    "route_stale": _("The consent, message or number check of %(opened)s is older than %(span)s."),
    "creditor_notice_incomplete": _("The bank's notice about this address is incomplete."),
    "domain_not_public": _("The e-mail address is not of a public provider."),
    "notice_too_short": _(
        "The bank's notice of %(sent)s left less than %(span)s to opt out, until %(deadline)s."
    ),
    "notice_still_running": _("The person may still opt out until %(deadline)s."),
    "prior_route_broken": _("What the earlier collector relied on does not hold."),
}

_ACTS: Mapping[str, Any] = {
    "debt_not_placeable": _("A debt in this state is not passed on."),
    "placement_unknown": _("To whom the debt goes, and how, is not on file."),
    "status_unknown": _("The state of the debt is not on file."),
    "disputed_debt_credited": _("Money was put towards a disputed debt."),
    "directions_not_followed": _("The payment did not go where the person asked."),
    "allocation_unknown": _("How the payment was divided is not on file."),
    "deposited_before_date": _("Deposited before its date, %(instrument_on)s."),
    "deposit_notice_missing": _(
        "Notice has to come %(least)s to %(most)s working days before a deposit."
    ),
    "instrument_unknown": _("The instrument of payment is not on file."),
    "limitation_expired": _("The limitation period ended on %(expired_on)s."),
    "limitation_unknown": _("When the limitation period ends is not on file."),
    "purged_early": _("Deleted before %(retain_until)s, until when it has to be kept."),
    "purged_on_last_day": _("Deleted on %(retain_until)s, its last day."),
    "litigation_hold": _("The record is kept for a court."),
    "record_unknown": _("When the record arose is not on file."),
    "data_kept": _("Data was kept after the mandate ended."),
    "shared_without_consent": _("Data was passed on without consent."),
    "consent_unknown": _("Whether there was consent is not on file."),
    "impact_not_assessed": _("No impact assessment was made first."),
    "agency_not_published": _("The agency is not on the bank's published list."),
    "list_unknown": _("The bank's published list is not on file."),
    "debtor_not_told": _("The person was not told who collects."),
    "debtor_told_unknown": _("Whether the person was told who collects is not on file."),
    "not_certified": _("The collector holds no certificate."),
    "certificate_lapsed": _("The collector's certificate lapsed on %(ended)s."),
    "collector_unknown": _("Who will collect is not on file."),
    "charge_not_permitted": _("This charge is not authorised."),
    "charge_unknown": _("What is charged is not on file."),
    "no_rules_for_place": _("There are no rules on file for where the person lives."),
    "unknown_channel": _("By which channel is not known."),
}

TEXTS: Mapping[str, Any] = {
    **_TIMES,
    **_COUNTS,
    **_REQUESTS,
    **_RECIPIENTS,
    **_WORDS,
    **_NOTICES,
    **_PROCEDURES,
    **_ACTS,
}
