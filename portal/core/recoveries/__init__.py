"""Money credited to a placement."""
