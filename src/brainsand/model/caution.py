"""A caution: one thing that lowers trust in the numbers, said in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Caution:
    """``code`` is stable and for scripts, ``words`` is a sentence for people."""

    code: str
    words: str
