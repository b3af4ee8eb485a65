"""Machine callers: Stripe."""
