"""Properties are tried with the same examples on every run, so that a red test is red for all."""

from hypothesis import settings

settings.register_profile("same examples", derandomize=True, deadline=None)
settings.load_profile("same examples")
