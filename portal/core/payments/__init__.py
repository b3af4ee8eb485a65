"""A debtor's payment from initiated to cleared; the inbox of Stripe events."""
