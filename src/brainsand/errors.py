"""What can go wrong, as one small tree.

Every message says what came, what was needed and what to do, with the values.
``InputRefused`` and its children are the user's input (exit code 3); anything else is a fault of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Self

# Names of files, series and fields, and values, stand in quotes; a quote within a word is an apostrophe.
_QUOTED: Final = re.compile(r" ?\(?\"[^\"]*\"\)?| ?(?<!\w)'[^']*'(?!\w)")
_UID: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+){4,}(?!\w|\.\d)")


def unsaid(words: str) -> str:
    """Words for people without what they quote (descriptions, names of files and fields) and without UIDs.

    >>> unsaid('Read series 2 "DOE JOHN HEAD" (28 slices), UID 1.2.840.1.2.3.')
    'Read series 2 (28 slices), UID [removed].'
    >>> unsaid('Slice 3 ("DOE(1).dcm") breaks off.')
    'Slice 3 breaks off.'
    """
    return _UID.sub("[removed]", _QUOTED.sub("", words))


class BrainsandError(Exception):
    """The root: everything this package raises on purpose."""


class UsageError(BrainsandError):
    """The command was asked for something it cannot do (exit code 2)."""


class NoImagesToPointTo(UsageError):
    """DICOM objects were asked for, of a scan whose images have no identifiers that these could point to."""


class InputRefused(BrainsandError):
    """The input cannot be measured rightly.

    Parameters
    ----------
    came : str
        What was found, with values.
    needed : str
        What a measurement would have needed.
    todo : str
        What the person can do about it.
    code : str
        A short stable word for scripts, for example ``"not_dicom"``.
    """

    def __init__(self, came: str, *, needed: str, todo: str, code: str) -> None:
        super().__init__(f"{came} Needed: {needed} What to do: {todo}")
        self.came, self.needed, self.todo, self.code = came, needed, todo, code

    def reworded(self, words_of: Callable[[str], str]) -> Self:
        """The same refusal, each of its three sentences gone through ``words_of``."""
        came, needed, todo = (words_of(words) for words in (self.came, self.needed, self.todo))
        return type(self)(came, needed=needed, todo=todo, code=self.code)

    def as_record(self) -> dict[str, str]:
        """The refusal as ``refusal.json`` writes it."""
        return {"code": self.code, "came": self.came, "needed": self.needed, "todo": self.todo}


class ReadError(InputRefused):
    """The bytes could not be turned into a volume."""


class GeometryError(InputRefused):
    """The slices do not make one measurable stack."""


class ChoiceError(InputRefused):
    """Several series or patients fit and no rule decides: the person must choose."""


class NotAHead(InputRefused):
    """The image holds no head CT that could be read."""


class PatientFileError(InputRefused):
    """The patient file could not be understood."""


class CorrectionsError(InputRefused):
    """Corrections could not be understood, or do not fit the results and the scan they are given with."""


class DifferentPeople(InputRefused):
    """Scans that were to be compared are of different people."""


class OutputError(BrainsandError):
    """The results could not be written; nothing half-written was left behind."""


class QueueError(BrainsandError):
    """The queue of jobs could not be opened, read or written; what it acknowledged before is safe."""


class ClaimLost(BrainsandError):
    """Whoever worked on a job does so no longer: it was cancelled, or given to somebody else after silence."""
