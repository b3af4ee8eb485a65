"""Measurements: each figure is a ratio to a baseline run beside it, on the same machine."""
