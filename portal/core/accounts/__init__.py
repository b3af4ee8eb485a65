"""Overdue accounts: import of a bank's file, what was tried before referral."""
