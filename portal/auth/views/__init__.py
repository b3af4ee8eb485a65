"""The routes of sign-in and sign-out."""

from portal.auth.blueprint import bp
from portal.auth.views import (
    door,
    invitation,
    profile,
    prove_again,
    sign_in,
    sign_out,
    single_sign_on,
)

__all__ = [
    "bp",
    "door",
    "invitation",
    "profile",
    "prove_again",
    "sign_in",
    "sign_out",
    "single_sign_on",
]
