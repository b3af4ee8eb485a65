"""The last word on an ID token: every check is made here, and each failure has its own reason."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import JWKRegistry

from portal.core.errors import PortalError

#: Signatures by a key only the provider has. Never `none`, never one made with the shared secret.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)
LEEWAY = timedelta(seconds=30)
#: The longest an ID token may have been on its way: it is fetched the moment it is made.
FRESHNESS = timedelta(minutes=10)
MOST_CHARACTERS = 16_384
_FAR_OFF = 10**11  # seconds: some three thousand years
_KEY_TYPES = {"R": "RSA", "P": "RSA", "E": "EC"}
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "256": hashlib.sha256,
    "384": hashlib.sha384,
    "512": hashlib.sha512,
}

Keys = Sequence[Mapping[str, Any]]


class TokenRefused(PortalError):
    """A token that proves nothing; `reason` is what the audit record keeps."""

    code = "token_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason for the audit record."""
        super().__init__("Your organisation's sign-in gave an answer that cannot be trusted.")
        self.reason = reason


@dataclass(frozen=True)
class Expected:
    """What a token has to say: who made it, for whom, in answer to which request."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]
    access_token: str | None
    now: datetime


def verify_id_token(
    raw: object, expected: Expected, keys: Callable[[bool], Keys]
) -> dict[str, Any]:
    """Return the claims of an ID token that passes every check.

    `keys(True)` fetches the provider's keys anew: done once when none of the known ones fits.

    Raises:
        TokenRefused: with the first reason found.
    """
    if raw is None:
        raise TokenRefused("no_id_token")
    token, header, claims = _read(raw)
    _check_header(header, expected)
    _check_signature(token, header, keys)
    _check_parties(claims, expected)
    _check_times(claims, expected.now)
    _check_nonce(claims, expected)
    _check_subject(claims)
    _check_access_token(claims, header["alg"], expected)
    return claims


def _read(raw: object) -> tuple[str, dict[str, Any], dict[str, Any]]:
    if not isinstance(raw, str) or len(raw) > MOST_CHARACTERS or raw.count(".") != 2:
        raise TokenRefused("token_unreadable")
    header, payload, _ = raw.split(".")
    return raw, _decode(header), _decode(payload)


def _decode(part: str) -> dict[str, Any]:
    try:
        padded = part + "=" * (-len(part) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True)
        found = json.loads(plain, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise TokenRefused("token_unreadable")
    return found


def _refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, which Python reads and JSON does not have: no time is before NaN."""
    raise ValueError(name)


def _check_header(header: Mapping[str, Any], expected: Expected) -> None:
    algorithm = str(header.get("alg", "none"))
    if algorithm.lower() == "none":
        raise TokenRefused("token_unsigned")
    if algorithm.startswith("HS"):
        raise TokenRefused("token_symmetric")
    if algorithm not in ALGORITHMS or algorithm not in expected.algorithms:
        raise TokenRefused("algorithm_refused")
    if "crit" in header:
        raise TokenRefused("header_critical")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise TokenRefused("token_type")


def _check_signature(token: str, header: Mapping[str, Any], keys: Callable[[bool], Keys]) -> None:
    """Try the provider's keys, and once more after fetching them anew: keys are rotated."""
    reason = _signature_fault(token, header, keys(False))
    if reason is not None:
        reason = _signature_fault(token, header, keys(True))
    if reason is not None:
        raise TokenRefused(reason)


def _signature_fault(token: str, header: Mapping[str, Any], keys: Keys) -> str | None:
    fitting = [key for key in keys if _fits(key, header)]
    if not fitting:
        return "key_unknown"
    return None if any(_verifies(token, key, header["alg"]) for key in fitting) else "bad_signature"


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Tell whether a key may have made the signature; the token's own key fields are not read."""
    algorithm = header["alg"]
    named = "kid" not in header or key.get("kid") == header["kid"]
    kind = key.get("kty") == _KEY_TYPES[algorithm[0]]
    return (
        named and kind and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    )


def _verifies(token: str, key: Mapping[str, Any], algorithm: str) -> bool:
    try:
        public = JWKRegistry.import_key(dict(key))
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        jws.deserialize_compact(token, public, registry=registry)
    except BadSignatureError:
        return False
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    issuer, audience = claims.get("iss"), claims.get("aud")
    if issuer is None:
        raise TokenRefused("issuer_missing")
    if issuer != expected.issuer:
        raise TokenRefused("issuer_differs")
    if not audience:
        raise TokenRefused("audience_missing")
    listed = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in listed:
        raise TokenRefused("audience_differs")
    if len(listed) != 1:
        raise TokenRefused("audience_not_alone")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenRefused("authorized_party_differs")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    expires = _time(claims, "exp", "expiry")
    issued = _time(claims, "iat", "issue_time")
    if expires is None:
        raise TokenRefused("expiry_missing")
    if expires <= moment - leeway:
        raise TokenRefused("expired")
    if issued is None:
        raise TokenRefused("issue_time_missing")
    if issued > moment + leeway:
        raise TokenRefused("issued_in_future")
    if issued < moment - FRESHNESS.total_seconds():
        raise TokenRefused("issued_long_ago")
    not_before = _time(claims, "nbf", "start_time")
    if not_before is not None and not_before > moment + leeway:
        raise TokenRefused("not_valid_yet")


def _time(claims: Mapping[str, Any], name: str, word: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > _FAR_OFF:
        raise TokenRefused(f"{word}_unreadable")
    return float(value)


def _check_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if nonce is None:
        raise TokenRefused("nonce_missing")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise TokenRefused("nonce_differs")


def _check_subject(claims: Mapping[str, Any]) -> None:
    subject = claims.get("sub")
    if subject is None:
        raise TokenRefused("subject_missing")
    if not isinstance(subject, str) or len(subject) > 255:
        raise TokenRefused("subject_unreadable")
    if not subject.strip():
        raise TokenRefused("subject_empty")


def _check_access_token(claims: Mapping[str, Any], algorithm: str, expected: Expected) -> None:
    """Compare the hash of the access token that came along, where the provider states one."""
    stated = claims.get("at_hash")
    if stated is None:
        return
    digest = _HASHES[algorithm[-3:]]((expected.access_token or "").encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if stated != half:
        raise TokenRefused("access_token_differs")
