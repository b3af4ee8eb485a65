"""Referrals, allocation, offer to acceptance, notices."""
