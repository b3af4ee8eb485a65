"""Small reusable evaluators; a pack names them and gives their parameters. Importing registers them."""

from portal.core.rules.evaluators import counts, waiting, windows

__all__ = ["counts", "waiting", "windows"]
