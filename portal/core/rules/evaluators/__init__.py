"""Small reusable evaluators, registered by being imported; packs name them and parametrise them."""

from portal.core.rules.evaluators import counts, waiting, windows

__all__ = ["counts", "waiting", "windows"]
