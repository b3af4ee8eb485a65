"""A stand-in for the payment provider, speaking its wire format; own database schema."""
