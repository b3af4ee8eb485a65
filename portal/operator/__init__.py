"""Organisations, jobs, deliveries, health; no debtor data."""
