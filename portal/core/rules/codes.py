"""Every code a finding can carry, what it means, and the values a sentence about it may use.

`web` writes the sentences, in each language; a code without one there is a bug that a test finds.
Values in brackets are not always present. Types: a *clock* is "HH:MM" or "HH:MM:SS" text, a *day* a
date, an *instant* an aware UTC datetime, a *word* one of the closed lists of `kinds.py`, a *list* a
tuple. A value may be None where the fact is not on file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means, and its values by name with their type."""

    meaning: str
    values: dict[str, str]


_COUNT = {
    "count": "number, the act included",
    "limit": "number",
    "days": "number of local days",
    "zone": "IANA zone",
    "since": "day the counted days begin on",
}
_PERSON = {"role": "word", "purpose": "word or None", "[failures]": "number"}

OUTSIDE_TIME: dict[str, Code] = {
    "outside_window": Code(
        "It is too early or too late where the person may be.",
        {
            "local": "clock there",
            "zone": "IANA zone that is closed",
            "zones": "list of all candidate zones",
            "windows": "list of (clock, clock) open that weekday; may be empty",
        },
    ),
    "convenient_time_told_to_unknown": Code(
        "Only allowed if the person told this collector that the time suits; who was told is "
        "not on file.",
        {"local": "clock", "zone": "IANA zone", "zones": "list", "windows": "list"},
    ),
    "barred_time": Code(
        "The person asked to be left alone at this time.",
        {
            "local": "clock",
            "zone": "IANA zone",
            "opens": "clock",
            "closes": "clock",
            "days": "list of weekday numbers, Monday 0",
            "until": "day or None",
        },
    ),
    "barred_time_without_clock": Code(
        "A letter on a day or at a time the person asked to be left alone in; letters have no "
        "clock time.",
        {
            "local": "clock",
            "zone": "IANA zone",
            "opens": "clock",
            "closes": "clock",
            "days": "list of weekday numbers, Monday 0",
            "until": "day or None",
        },
    ),
    "day_off": Code("It is a holiday there.", {"day": "day", "zone": "IANA zone"}),
    "bank_day_off": Code(
        "The bank contacts nobody on that day.",
        {"day": "day", "name": "text", "zone": "IANA zone"},
    ),
    "no_zone_on_file": Code(
        "Nothing says where the person is, so nobody could show that the time was lawful.",
        {"[limit]": "number", "[days]": "number"},
    ),
}

COUNTS: dict[str, Code] = {
    "too_many_calls": Code("One call too many about this debt.", _COUNT),
    "too_many_calls_and_texts": Code("One call or text too many about this debt.", _COUNT),
    "too_many_effective_calls": Code(
        "One answered call too many to this debtor today, by the bank and all its agencies.",
        _COUNT,
    ),
    "too_many_dials": Code("One attempt too many to this number today.", _COUNT),
    "too_many_visits": Code("One visit too many today.", _COUNT),
    "too_many_contacts": Code("One contact too many.", _COUNT),
    "too_many_prerecorded": Code("One prerecorded call too many to this home.", _COUNT),
    "calls_concentrated": Code("So many calls in one day may be harassment.", _COUNT),
    "calls_in_succession": Code(
        "A call right after an unanswered one may be harassment.",
        {"minutes": "number", "called_at": "instant"},
    ),
    "asked_to_stop_before": Code(
        "The person asked before to be left alone, or not to be called: calls that keep to the "
        "numbers may be harassment all the same.",
        {"received_at": "instant"},
    ),
    "too_soon_after_conversation": Code(
        "Too soon after a conversation about this debt.",
        {"talked_at": "instant", "days": "number, the first being its own", "zone": "IANA zone"},
    ),
    "too_soon_after_talk": Code(
        "The bank leaves a person alone for some days after somebody spoke with them.",
        {"talked_at": "instant", "days": "number, the first being its own", "zone": "IANA zone"},
    ),
    "pattern_to_review": Code(
        "The contacts together pass a threshold of the bank; the law gives no number.",
        {"threshold": "its name", "most": "number", "days": "days that must each pass it"},
    ),
    "more_than_wished": Code(
        "More contacts in a week than the person wished for.",
        {"count": "number", "limit": "number", "days": "number"},
    ),
}

REQUESTS: dict[str, Code] = {
    "opted_out": Code(
        "The person asked not to be reached by this medium, or at this address of it.",
        {
            "channel": "word or None for every one",
            "address": "text or None",
            "[received_at]": "instant",
        },
    ),
    "opted_out_address_unknown": Code(
        "The person closed an address of this medium; which one is used here is not on file.", {}
    ),
    "ceased": Code("The person asked in writing to stop.", {"received_at": "instant"}),
    "cease_form_unknown": Code(
        "The person asked to stop; in what form is not on file.", {"received_at": "instant"}
    ),
    "represented": Code("Somebody speaks for the person.", {"attorney": "true for an attorney"}),
    "disputed": Code("The debt is disputed.", {"received_at": "instant", "form": "word"}),
    "disputed_in_part": Code(
        "Part of the debt is disputed, and what is asked for is not on file.",
        {"received_at": "instant", "form": "word"},
    ),
    "disputed_part_asked_for": Code(
        "More is asked for than the undisputed part.",
        {"received_at": "instant", "form": "word", "undisputed": "amount in minor units"},
    ),
    "disputed_but_asked_for": Code(
        "The debt is disputed, and the person asked for this contact.",
        {"received_at": "instant", "form": "word"},
    ),
    "dispute_upheld": Code("The dispute was decided for the person.", {"received_at": "instant"}),
    "on_hold": Code(
        "The account is on hold.",
        {"kind": "word", "since": "instant or day", "until": "first free day or None"},
    ),
    "permit_held": Code(
        "Somebody else holds a permit to contact the person.",
        {"until": "instant it lapses", "[channel]": "word"},
    ),
    "plan_is_kept": Code("The person keeps to a plan.", {}),
    "court_threatened_on_barred_debt": Code("A court is threatened over a barred debt.", {}),
    "debt_extinguished": Code("The debt ceased to exist with its limitation period.", {}),
    "barred_debt_refused": Code("The person refused to pay because the debt is barred.", {}),
    "barred_place": Code("The person must not be reached there.", {"place": "word"}),
    "place_unknown": Code(
        "Some places are barred; where this number or address reaches is not on file.",
        {"places": "list of words"},
    ),
    "write_only": Code("The person wants to be written to only.", {"channel": "word"}),
    "channel_not_used": Code("The bank does not use this channel.", {"channel": "word"}),
    "channel_not_wished": Code(
        "The person did not choose this channel.", {"channel": "word", "wished": "list of words"}
    ),
}

RECIPIENTS: dict[str, Code] = {
    "recipient_not_permitted": Code(
        "This may not be said to, or asked of, somebody other than the debtor.",
        {"role": "word", "[purpose]": "word or None", "[failures]": "number"},
    ),
    "recipient_needs_reason": Code(
        "Somebody other than the debtor, and why is not on file.", _PERSON
    ),
    "message_left_with_third_party": Code(
        "A limited-content message must not be left with somebody else.", _PERSON
    ),
    "spouse_may_be_liable": Code("Whether the spouse owes too is not on file.", _PERSON),
    "person_refused": Code("This person does not want to be contacted again.", _PERSON),
    "debtor_not_lost": Code("The debtor has not been tried often enough.", _PERSON),
    "debt_mentioned": Code(
        "The debt is mentioned to somebody who may not hear of it.",
        {"[role]": "word", "[purpose]": "word", "[failures]": "number"},
    ),
    "own_name_withheld": Code("The caller must give their own name.", {}),
    "employer_named_unasked": Code("The agency may be named only when asked for.", {}),
    "ask_the_attorney": Code("The debtor's attorney is known and is the one to ask.", {}),
    "asked_before": Code("This person was asked already.", {"asked_at": "instant"}),
    "words_unknown": Code("What was said is not on file.", {}),
    "identity_not_verified": Code("Details were given before it was known who was there.", {}),
    "identity_unknown": Code("Whether identity was checked is not on file.", {}),
    "too_few_collectors": Code(
        "Too few collectors for a visit.", {"collectors": "number", "least": "number"}
    ),
    "collectors_unknown": Code(
        "How many collectors go is not on file.", {"collectors": "None", "least": "number"}
    ),
    "person_vulnerable": Code("The person is vulnerable and is not visited.", {}),
    "visit_is_last_resort": Code("A visit is a last resort; a person decides.", {}),
}

WORDS: dict[str, Code] = {
    "optout_line_missing": Code("No line says how to stop these messages.", {}),
    "optout_not_simple": Code("The way to opt out is not simple.", {"method": "text or None"}),
    "optout_not_clear": Code("The way to opt out is not clear.", {"method": "text or None"}),
    "optout_line_unknown": Code(
        "Whether the message says how to opt out is not on file.", {"method": "text or None"}
    ),
    "postcard": Code("A debt is not written about on a postcard.", {}),
    "envelope_gives_away": Code("The envelope gives away that a debt is collected.", {}),
    "envelope_unknown": Code("What the envelope shows is not on file.", {}),
    "employer_address": Code("The address is the employer's.", {"route": "word or None"}),
    "visible_to_others": Code("Others can see the message.", {}),
    "visibility_unknown": Code("Who can see the message is not on file.", {}),
    "private_device": Code("A private phone or account was used without consent.", {}),
    "device_consent_unknown": Code("Whether the bank agreed to the device is not on file.", {}),
    "disclosure_missing": Code(
        "It does not say that a debt collector speaks.",
        {"first": "true when the full statement was due", "languages": "list without it"},
    ),
    "content_missing": Code("Statements are missing.", {"missing": "list of field names"}),
    "content_unknown": Code("What it states is not on file.", {}),
    "wrong_form": Code(
        "It is not in the form required.", {"form": "word or None", "channel": "word"}
    ),
    "not_durable": Code("It is not on paper or another durable medium.", {}),
    "reference_dates_mixed": Code("More than one itemisation date is used.", {"dates": "list"}),
    "overshadows": Code(
        "A date to pay by comes before the end of the time to dispute.",
        {"pay_by": "day", "ends_on": "day"},
    ),
    "validation_end_unknown": Code(
        "The end of the time to dispute is not on file.", {"pay_by": "day"}
    ),
    "plan_too_long": Code("The plan is too long.", {"months": "number", "most": "number"}),
    "plan_not_recorded": Code("A spoken plan has to be recorded.", {}),
}

NOTICES: dict[str, Code] = {
    "notice_late": Code(
        "Validation information came too late.",
        {"due": "day", "first_at": "instant of the first communication", "days": "number"},
    ),
    "period_too_short": Code(
        "The stated end of the time to dispute is too early.",
        {"assumed_receipt_date": "day", "validation_end_date": "day", "stated": "day"},
    ),
    "bounced": Code("It came back; whether it was counted as sent is not on file.", {}),
    "bounced_but_counted": Code("What came back was counted as sent.", {}),
    "no_consent_to_electronic": Code("The person did not agree to electronic delivery.", {}),
    "consent_to_electronic_unknown": Code(
        "Whether the person agreed to electronic delivery is not on file.", {}
    ),
    "not_told_before_furnishing": Code(
        "The person has not heard of the debt from this collector yet.", {"days": "number"}
    ),
    "waiting": Code("A message may still come back.", {"days": "number"}),
    "bounce_on_last_day": Code("A message came back on the last day.", {"days": "number"}),
    "transfer_not_noticed": Code("The person was not told that the debt was sold.", {}),
}

PROCEDURES: dict[str, Code] = {
    "no_route": Code("How the address or number came to be known is not on file.", {}),
    "address_disclosed_before": Code("Using the address told somebody else before.", {}),
    "route_opted_out": Code("The person opted out of the address.", {"route": "word"}),
    "route_stale": Code(
        "The consent, text or number check is too old.",
        {"opened": "day", "checked": "day or None", "days": "number"},
    ),
    "creditor_notice_incomplete": Code("The bank's notice of the address is incomplete.", {}),
    "domain_not_public": Code("The address is not of a public provider.", {}),
    "notice_too_short": Code(
        "The bank's notice left too little time to opt out.",
        {"sent": "day", "deadline": "day", "days": "number"},
    ),
    "notice_still_running": Code("The time to opt out has not passed.", {"deadline": "day"}),
    "prior_route_broken": Code("The earlier collector's route does not hold.", {}),
}

ACTS: dict[str, Code] = {
    "debt_not_placeable": Code("A debt in this state is not passed on.", {"status": "text"}),
    "placement_unknown": Code("To whom, and how, is not on file.", {}),
    "status_unknown": Code("The state of the debt is not on file.", {}),
    "disputed_debt_credited": Code("A disputed debt was credited.", {"account": "id"}),
    "directions_not_followed": Code("The payment did not go as the person asked.", {}),
    "allocation_unknown": Code("How the payment was divided is not on file.", {}),
    "deposited_before_date": Code("Deposited before its date.", {"instrument_on": "day"}),
    "deposit_notice_missing": Code(
        "No notice in time before the deposit.",
        {"working_days": "list, one per notice", "least": "number", "most": "number"},
    ),
    "instrument_unknown": Code("The instrument is not on file.", {}),
    "limitation_expired": Code("The limitation period has expired.", {"expired_on": "day"}),
    "limitation_unknown": Code("The limitation date is not on file.", {}),
    "purged_early": Code("Purged before its time.", {"retain_until": "day", "years": "number"}),
    "purged_on_last_day": Code(
        "Purged on its last day.", {"retain_until": "day", "years": "number"}
    ),
    "litigation_hold": Code("The record is kept for a court.", {}),
    "record_unknown": Code("When the record arose is not on file.", {}),
    "data_kept": Code("Data was kept after the mandate.", {}),
    "shared_without_consent": Code("Data was passed on without consent.", {}),
    "consent_unknown": Code("Whether there was consent is not on file.", {}),
    "impact_not_assessed": Code("No impact assessment came first.", {}),
    "agency_not_published": Code("The agency is not on the published list.", {"agency": "id"}),
    "list_unknown": Code("The published list is not on file.", {}),
    "debtor_not_told": Code("The person was not told who collects.", {}),
    "debtor_told_unknown": Code("Whether the person was told is not on file.", {}),
    "not_certified": Code("The collector holds no certificate.", {"collector": "id"}),
    "certificate_lapsed": Code(
        "The collector's certificate has lapsed.", {"collector": "id", "ended": "day"}
    ),
    "collector_unknown": Code("Who will collect is not on file.", {}),
    "charge_not_permitted": Code("The charge is not authorised.", {"charge": "text"}),
    "charge_unknown": Code("What is charged is not on file.", {}),
}

ENGINE: dict[str, Code] = {
    "ok": Code(
        "Nothing against it. Counts say how much is used; periods say what was worked out.",
        {
            **{f"[{name}]": kind for name, kind in _COUNT.items()},
            "[assumed_receipt_date]": "day",
            "[validation_end_date]": "day",
            "[retain_until]": "day",
            "[years]": "number",
            "[contacts]": "number",
        },
    ),
    "no_rules_for_place": Code("There are no rules for where the person lives.", {}),
    "unknown_channel": Code("The medium is not known.", {}),
}

CODES: dict[str, Code] = {
    **OUTSIDE_TIME,
    **COUNTS,
    **REQUESTS,
    **RECIPIENTS,
    **WORDS,
    **NOTICES,
    **PROCEDURES,
    **ACTS,
    **ENGINE,
}

FACTORS: dict[str, str] = {
    "required_by_law_loss_mitigation": "Other law required the call.",
    "legally_required": "Other law required the call.",
    "active_litigation": "The call served a suit already pending.",
    "at_debtor_request": "The person asked for it.",
    "reply_to_query_or_complaint": "It answered a question or complaint of the person.",
    "reconnect_dropped_settlement_call": "It took up a dropped call about settling.",
    "warn_external_late_fee_next_day": "It warned of a harm outside the collector's control.",
    "heavy_concentration": "Many calls in one day may rebut compliance.",
    "rapid_succession": "Calls minutes apart may rebut compliance.",
    "earlier_request": "What the person asked for before may rebut compliance.",
}
