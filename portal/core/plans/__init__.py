"""Promises, plans, instalments."""
