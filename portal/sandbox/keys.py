"""Secret keys of the sandbox: each names the account it belongs to."""

from __future__ import annotations

import re

from portal.sandbox.errors import ApiFault

_PREFIX = "sk_test_sandbox_"
_KEY = re.compile(rf"{_PREFIX}([A-Za-z0-9_]{{1,64}})", re.ASCII)
_ACCOUNT = re.compile(r"acct_([A-Za-z0-9_]{1,64})", re.ASCII)


def secret_key_for(account: str) -> str:
    """Return the secret key of an account such as `acct_firstbank`.

    Raises:
        ValueError: not shaped like an account's name.
    """
    match = _ACCOUNT.fullmatch(account)
    if match is None:
        raise ValueError(f"{account!r} is not an account: acct_ and up to 64 letters or digits")
    return _PREFIX + match[1]


def account_of(authorization: str | None) -> str:
    """Return the account that an Authorization header speaks for.

    Raises:
        ApiFault: no key, or not a key of the sandbox.
    """
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise ApiFault("You did not provide an API key in the Authorization header.", status=401)
    match = _KEY.fullmatch(key)
    if match is None:
        raise ApiFault(
            f"Invalid API Key provided: {key[:8]}***{key[-4:]}", status=401, code="api_key_invalid"
        )
    return f"acct_{match[1]}"
