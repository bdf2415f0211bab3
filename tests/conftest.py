"""For every test: no clock judges a law on a busy machine, and a failing example comes again next time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
