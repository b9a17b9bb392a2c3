"""Properties are tried on the same examples in every run, and a busy machine fails none of them."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
