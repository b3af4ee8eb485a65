"""The agency's console."""
