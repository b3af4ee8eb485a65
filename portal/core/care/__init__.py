"""Disputes, hardship, complaints, messages."""
