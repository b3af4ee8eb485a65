from __future__ import annotations

import pytest
from stripe import params
from stripe.params import checkout

from portal.sandbox.api import ENDPOINTS
from portal.sandbox.errors import ApiFault
from portal.sandbox.wire import fields_of, nest, read

EVERYTHING = frozenset(fields_of(checkout.SessionCreateParams))


def test_bracketed_names_become_nested_fields():
    tree = nest([("a", "1"), ("b[c]", "2"), ("d[0][e]", "3"), ("f[]", "4"), ("f[]", "5")])

    assert tree == {"a": "1", "b": {"c": "2"}, "d": {"0": {"e": "3"}}, "f": {"0": "4", "1": "5"}}


@pytest.mark.parametrize(
    "pairs",
    [
        [("a[", "1")],
        [("[a]", "1")],
        [("a" + "[b]" * 9, "1")],
        [("a", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a", "2")],
        [("a", "nul\0byte")],
    ],
)
def test_malformed_names_are_refused(pairs):
    with pytest.raises(ApiFault):
        nest(pairs)


def test_fields_get_the_types_the_library_declares():
    tree = nest(
        [
            ("mode", "payment"),
            ("expires_at", "1700000000"),
            ("line_items[0][quantity]", "2"),
            ("line_items[0][price_data][currency]", "usd"),
            ("metadata[7]", "seven"),
            ("allow_promotion_codes", "true"),
        ]
    )

    fields = read(tree, checkout.SessionCreateParams, EVERYTHING)

    assert fields == {
        "mode": "payment",
        "expires_at": 1_700_000_000,
        "line_items": [{"quantity": 2, "price_data": {"currency": "usd"}}],
        "metadata": {"7": "seven"},
        "allow_promotion_codes": True,
    }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "parameter_unknown"),
        ("api_key", "sk_test_x", "parameter_unknown"),
        ("payment_intent_data[colour]", "red", "parameter_unknown"),
        ("line_items[0][price_data][colour]", "red", "parameter_unknown"),
        ("line_items[0][price_data][unit_amount]", "5", "parameter_missing"),
        ("expires_at", "soon", "parameter_invalid_integer"),
        ("expires_at", "1.5", "parameter_invalid_integer"),
        ("expires_at", "１７００", "parameter_invalid_integer"),
        ("allow_promotion_codes", "yes", "parameter_invalid_boolean"),
        ("payment_intent_data", "text", "parameter_invalid_object"),
        ("mode[inner]", "payment", None),
        ("mode", "gift", None),
        ("locale", "tlh", None),
    ],
)
def test_a_parameter_the_provider_would_refuse_is_refused(name, value, code):
    with pytest.raises(ApiFault) as refused:
        read(nest([(name, value)]), checkout.SessionCreateParams, EVERYTHING)

    assert refused.value.status == 400
    assert refused.value.body["error"].get("code") == code


def test_a_missing_parameter_is_named():
    with pytest.raises(ApiFault) as refused:
        read(nest([("amount", "500")]), params.PaymentIntentCreateParams, frozenset({"amount"}))

    assert refused.value.body["error"]["param"] == "currency"


def test_a_parameter_that_is_not_simulated_is_refused_by_name_instead_of_ignored():
    simulated = frozenset({"line_items.quantity"})
    tree = nest([("line_items[0][quantity]", "1"), ("line_items[0][tax_rates][0]", "txr_1")])

    with pytest.raises(ApiFault, match=r"line_items\.tax_rates") as refused:
        read(tree, checkout.SessionCreateParams, simulated)

    assert refused.value.body["error"]["code"] == "sandbox_not_simulated"


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=map(" ".join, ENDPOINTS))
def test_every_simulated_parameter_is_one_of_the_providers(endpoint):
    for name in endpoint.simulated:
        assert name.split(".")[0] in fields_of(endpoint.params)
