"""Reading a provider's own description of itself, once, when an administrator sets it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from portal.core.errors import Invalid
from portal.web.single_sign_on.outbound import AddressRefused, Outbound
from portal.web.single_sign_on.tokens import ALGORITHMS

SUFFIX = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_CLIENT_AUTHENTICATION = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True)
class Discovered:
    """What is kept of a provider's description: where to go and what to insist on."""

    discovery_url: str
    issuer: str
    metadata: dict[str, Any]


def discover(typed: str, outbound: Outbound) -> Discovered:
    """Fetch and check a provider's metadata; `typed` is its issuer or the address of the metadata.

    Raises:
        Invalid: the address is refused, nobody answers, or the metadata cannot be used; the
            message says which.
    """
    issuer = typed.strip().removesuffix(SUFFIX).rstrip("/")
    url = issuer + SUFFIX
    metadata = _fetch(url, outbound)
    named = metadata.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer:
        raise Invalid("The provider calls itself by another name than this address.")
    for endpoint in _ENDPOINTS:
        _check_endpoint(metadata.get(endpoint), outbound)
    return Discovered(url, named, _keep(metadata))


def _fetch(url: str, outbound: Outbound) -> dict[str, Any]:
    try:
        outbound.check_url(url)
        with outbound.session() as session:
            answer = session.get(url, headers={"Accept": "application/json"})
            content = answer.json() if answer.status_code == 200 else None
    except AddressRefused:
        raise
    except requests.JSONDecodeError:
        content = None
    except requests.RequestException:
        raise Invalid("Nobody answers at this address.") from None
    if not isinstance(content, dict):
        raise Invalid("This address does not describe a sign-in provider.")
    return content


def _check_endpoint(url: object, outbound: Outbound) -> None:
    if not isinstance(url, str) or "#" in url:
        raise Invalid("The provider's description lacks an address that sign-in needs.")
    outbound.check_url(url)


def _keep(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the metadata that sign-in uses, after checking that it can be used."""
    algorithms = _listed(metadata, "id_token_signing_alg_values_supported", ["RS256"])
    usable = [name for name in ALGORITHMS if name in algorithms]
    if not usable:
        raise Invalid("The provider signs in no way that is accepted here.")
    if "code" not in _listed(metadata, "response_types_supported", ["code"]):
        raise Invalid("The provider does not offer the code flow.")
    if "S256" not in _listed(metadata, "code_challenge_methods_supported", ["S256"]):
        raise Invalid("The provider does not offer PKCE with S256.")
    offered = _listed(metadata, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    methods = [name for name in _CLIENT_AUTHENTICATION if name in offered]
    if not methods:
        raise Invalid("The provider does not accept a client secret.")
    return {
        "issuer": metadata["issuer"],
        **{endpoint: metadata[endpoint] for endpoint in _ENDPOINTS},
        "id_token_signing_alg_values_supported": usable,
        "token_endpoint_auth_method": methods[0],
        "authorization_response_iss_parameter_supported": (
            metadata.get("authorization_response_iss_parameter_supported") is True
        ),
    }


def _listed(metadata: dict[str, Any], name: str, default: list[str]) -> list[str]:
    found = metadata.get(name, default)
    return [str(item) for item in found] if isinstance(found, list) else []
