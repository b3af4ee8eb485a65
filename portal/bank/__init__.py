"""The bank's console."""
