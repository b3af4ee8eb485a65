"""Machine callers."""
