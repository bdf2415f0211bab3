"""What did a person say of the machine's reading? Corrections of deposits, and what becomes of them in the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from brainsand.model.finding import Deposit, Kind, Side

READER: Final = "reader"
"""``Deposit.source`` of what a reader put elsewhere or called otherwise."""
BY_READER: Final = "corrected by a reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says of one deposit; None where nothing was said."""

    rejected: bool = False
    site: str | None = None
    side: Side | None = None
    kind: Kind | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """All that was said of a case: of deposits by number, of the patient (None: nothing), and the steps it came by."""

    deposits: Mapping[int, Correction] = field(default_factory=dict)
    patient: Mapping[str, Any] | None = None
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def said(self) -> dict[int, Correction]:
        """The corrections that say something.

        >>> Corrections(deposits={1: Correction(), 2: Correction(rejected=True)}).said
        {2: Correction(rejected=True, site=None, side=None, kind=None, note=None)}
        """
        return {number: told for number, told in self.deposits.items() if told != Correction()}

    def __bool__(self) -> bool:
        return bool(self.said) or self.patient is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A deposit of a case as it stands after a reader: the machine's number and centre, and what is said of it now."""

    id: int
    centre_lps_mm: tuple[float, float, float]
    site: str
    side: Side
    lobe: str | None
    kind: Kind
    source: str
    rejected: bool = False
    note: str | None = None

    @property
    def touched(self) -> bool:
        """Whether a reader rejected it, put it elsewhere, or called it otherwise."""
        return self.rejected or self.source == READER


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """The person who answers for a reading, and for whom; named only where that was asked for."""

    name: str
    organization: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person made of the machine's reading, as the results tell it.

    ``rejected`` are the machine's deposits that were taken away, ``changed`` the numbers of those put elsewhere or
    called otherwise, ``emptied`` the sites and sides where the machine had found calcium and none is left, ``notes``
    what was said of single deposits, ``facts`` whether the patient's facts were changed; ``at`` is the moment
    (ISO 8601).
    """

    at: str
    rejected: tuple[Deposit, ...] = ()
    changed: tuple[int, ...] = ()
    emptied: tuple[tuple[str, str], ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)
    facts: bool = False
    verifier: Verifier | None = None

    @property
    def corrects(self) -> bool:
        """Whether anything differs from the machine's reading."""
        return bool(self.rejected or self.changed or self.notes or self.facts)

    @property
    def words(self) -> str:
        """How results of it are told from the machine's.

        >>> Review(at="", changed=(3,)).words, Review(at="").words
        ('corrected by a reader', 'verified by a reader')
        """
        return BY_READER if self.corrects else "verified by a reader"
