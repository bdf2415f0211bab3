"""Who is told which stage of the work is under way? A face with one method, and the one that says nothing.

The work itself reads no clock and draws no bar: it says ``with progress.stage("find"):`` and whoever watches
(the terminal, the bench, a web page) does the rest.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

STAGES: Final[tuple[str, ...]] = (
    "read",
    "reference",
    "quality",
    "anatomy",
    "find",
    "locate",
    "measure",
    "interpret",
    "report",
    "save",
)
"""The stages of one scan in their order, for a bar to know how far it is; others may come."""


class Progress(Protocol):
    """Anything that can be told that a stage begins and ends."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """A context that lasts as long as the stage ``name`` (one word, as in ``STAGES``)."""
        ...


class SilentProgress:
    """Tells nobody.

    >>> with SilentProgress().stage("read"):
    ...     "the work"
    'the work'
    """

    def stage(self, name: str) -> AbstractContextManager[None]:
        """A context that does nothing."""
        return nullcontext()


SILENT: Final[Progress] = SilentProgress()
