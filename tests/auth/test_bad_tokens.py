"""What a lying provider may put into a token: no session, and the reason on record."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.support.identity import CLIENT_SECRET, KEYS, Draft, round_trip
from tests.support.people import Browser, reasons, row_of


def _claims(**changes):
    def forge(draft: Draft) -> str:
        for name, value in changes.items():
            if value is None:
                draft.claims.pop(name, None)
            else:
                draft.claims[name] = value(draft) if callable(value) else value
        return draft.sign()

    return forge


def _header(**changes):
    def forge(draft: Draft) -> str:
        draft.header.update(changes)
        return draft.sign()

    return forge


def _tampered(draft: Draft) -> str:
    head, _, signature = draft.sign().split(".")
    draft.claims["sub"] = "the-administrator"
    return f"{head}.{draft.unsigned().split('.')[1]}.{signature}"


def _by_stranger(draft: Draft) -> str:
    draft.key = KEYS["strangers"]
    return draft.sign()


def _by_named_stranger(draft: Draft) -> str:
    draft.key, draft.header["kid"] = KEYS["strangers"], KEYS["strangers"].kid
    return draft.sign()


def _with_own_key(draft: Draft) -> str:
    draft.key = KEYS["strangers"]
    draft.header["jwk"] = KEYS["strangers"].as_dict(private=False)
    return draft.sign()


def _with_public_key_as_secret(draft: Draft) -> str:
    return draft.signed_with_secret(KEYS["first"].as_pem(private=False))


def _weak(draft: Draft) -> str:
    draft.header["alg"] = "RS1"
    return draft.unsigned("RS1") + "c2ln"


def _with_critical_header(draft: Draft) -> str:
    draft.header["crit"] = ["exp"]
    return draft.unsigned("RS256") + "c2ln"


def _own(seconds):
    return lambda draft: draft.claims["iat"] + seconds


def _wrong_half_hash(draft: Draft) -> str:
    other = hashlib.sha256(b"another access token").digest()[:16]
    return base64.urlsafe_b64encode(other).rstrip(b"=").decode()


BAD_TOKENS = {
    "no_id_token": lambda draft: None,
    "token_unreadable": lambda draft: "not.a-token",
    "token_unsigned": lambda draft: draft.unsigned(),
    "token_symmetric": lambda draft: draft.signed_with_secret(CLIENT_SECRET.encode()),
    "algorithm_refused": _weak,
    "header_critical": _with_critical_header,
    "token_type": _header(typ="at+jwt"),
    "bad_signature": _by_stranger,
    "key_unknown": _by_named_stranger,
    "issuer_missing": _claims(iss=None),
    "issuer_differs": _claims(iss="http://127.0.0.1:9"),
    "audience_missing": _claims(aud=None),
    "audience_differs": _claims(aud="another", azp="portal"),
    "audience_not_alone": _claims(aud=["portal", "another"], azp="portal"),
    "authorized_party_differs": _claims(azp="another"),
    "expiry_missing": _claims(exp=None),
    "expired": _claims(exp=_own(-31)),
    "expiry_unreadable": _claims(exp="never"),
    "issue_time_missing": _claims(iat=None),
    "issued_in_future": _claims(iat=_own(120), exp=_own(600)),
    "issued_long_ago": _claims(iat=_own(-3600)),
    "not_valid_yet": _claims(nbf=_own(120)),
    "nonce_missing": _claims(nonce=None),
    "nonce_differs": _claims(nonce="another"),
    "subject_missing": _claims(sub=None),
    "subject_empty": _claims(sub=" "),
    "subject_unreadable": _claims(sub=7),
    "access_token_differs": _claims(at_hash=_wrong_half_hash),
}


@pytest.mark.abuse("B2")
@pytest.mark.parametrize("reason", BAD_TOKENS)
def test_a_bad_token_opens_no_session_and_its_reason_is_noted(app, bank, provider, invited, reason):
    provider.forge = BAD_TOKENS[reason]
    browser = Browser(app)

    answer = round_trip(browser, bank.id)

    assert answer.status_code == 403
    assert reasons(bank.id) == [reason]
    assert not browser.is_signed_in()
    assert row_of(invited).sso_subject is None


MORE_BAD_TOKENS = {
    "payload changed after signing": (_tampered, "bad_signature"),
    "its own key inside": (_with_own_key, "bad_signature"),
    "the public key used as a secret": (_with_public_key_as_secret, "token_symmetric"),
    "none in capitals": (lambda draft: draft.unsigned("NONE"), "token_unsigned"),
    "no algorithm": (
        lambda draft: draft.unsigned(""),
        "algorithm_refused",
    ),
    "expiry that is no number": (_claims(exp=float("nan")), "token_unreadable"),
    "expiry without end": (_claims(exp=10**40), "expiry_unreadable"),
    "expiry that is a yes": (_claims(exp=True), "expiry_unreadable"),
    "another audience in a list": (_claims(aud=["another"]), "audience_differs"),
    "an empty audience": (_claims(aud=[]), "audience_missing"),
    "a subject without end": (_claims(sub="x" * 256), "subject_unreadable"),
    "a nonce that is no text": (_claims(nonce=["n"]), "nonce_differs"),
    "issuer with a slash more": (
        _claims(iss=lambda draft: draft.claims["iss"] + "/"),
        "issuer_differs",
    ),
    "very long": (_claims(padding="x" * 20_000), "token_unreadable"),
}


@pytest.mark.abuse("B2")
@pytest.mark.parametrize("lie", MORE_BAD_TOKENS)
def test_variations_of_bad_tokens_open_no_session_either(app, bank, provider, invited, lie):
    provider.forge, reason = MORE_BAD_TOKENS[lie]
    browser = Browser(app)

    assert round_trip(browser, bank.id).status_code == 403
    assert reasons(bank.id) == [reason]
    assert not browser.is_signed_in()


@pytest.mark.abuse("B2")
def test_there_are_at_least_the_promised_number_of_bad_tokens():
    assert len(BAD_TOKENS) >= 24
