"""The words a patient file may use, with what each means: analytes, history, and how common things are anyway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from brainsand.model.frequency import Frequency, Trust

#: Ways of writing a unit (patterns) and the one that is looked up.
_SAME_UNIT: Final = (
    (r"[µμ]", "u"), (r"^mcg", "ug"), (r"mval", "meq"), (r"/100ml$|(?<=g)%$", "/dl"), (r"^[x×](?=10)", ""),
    (r"^10e", "10^"), (r"⁹", "^9"), (r"^percent$", "%"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A reference range in the analyte's own unit, for ages (from, to) in years and a sex (None: both)."""

    age: tuple[float, float]
    low: float | None
    high: float | None
    trust: Trust
    source: tuple[str, ...] = ()
    sex: str | None = None
    note: str = ""

    def fits(self, age_years: float | None, sex: str | None) -> bool:
        """Whether it is for this person; with no age, the adult range."""
        years = 30.0 if age_years is None else age_years
        return self.age[0] <= years < self.age[1] and (self.sex is None or self.sex == sex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """A laboratory test. ``units`` {unit: factor to ``unit``}; ``plausible`` in ``unit``, outside it a unit is wrong.

    ``kind`` number, or verdict (positive or negative). ``loinc`` {code: the unit that code is reported in, or ""}.
    ``usual`` {low, high or positive: share of people who get a head CT whose result is so} (expert): what a finding
    is weighed against where a condition says nothing of the analyte.
    """

    id: str
    name: str
    kind: Literal["number", "verdict"]
    unit: str
    units: Mapping[str, float]
    ranges: tuple[Range, ...]
    plausible: tuple[float, float] | None
    loinc: Mapping[str, str]
    usual: Mapping[str, float] = field(default_factory=dict)
    synonyms: tuple[str, ...] = ()
    note: str = ""

    @property
    def spoken(self) -> str:
        """The name as it stands in a sentence: "intact parathyroid hormone" for "Parathyroid hormone, intact"."""
        first, comma, last = self.name.partition(", ")
        if not comma or "(" in self.name:
            return self.name
        return f"{last} {first if first[1:2].isupper() else first[:1].lower() + first[1:]}"

    def usual_share(self, flag: str) -> float:
        """How common a flag is among people who get a head CT; normal and negative are what is left."""
        if flag in ("normal", "negative"):
            return 1.0 - sum(self.usual.values())
        return self.usual.get(flag, 0.02)

    def range_for(self, age_years: float | None, sex: str | None) -> Range | None:
        """The reference range for a person, the one for the sex first; None where there is none."""
        fitting = [row for row in self.ranges if row.fits(age_years, sex)]
        return min(fitting, key=lambda row: row.sex is None, default=None)

    def in_own_unit(self, value: float, unit: str | None) -> float | None:
        """``value`` converted to ``self.unit``; None for a unit that is not known. No unit: taken as it stands."""
        if unit is None:
            return value
        factor = self.units.get(plain_unit(unit))
        return None if factor is None else value * factor


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryWord:
    """A word of the patient file's history, and how often people who get a head CT have it.

    ``implies``: words that are true with it, whether given or not (thyroid surgery is surgery on the neck).
    """

    id: str
    name: str
    base: Frequency
    asks: str = ""
    hpo: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """How often (0 to 1) people who get a head CT have a clinical feature anyway: under 18, 18 to 59, 60 and over."""

    id: str
    label: str
    child: float
    adult: float
    elderly: float
    trust: Trust = "expert"
    source: tuple[str, ...] = ()

    def at(self, age_years: float | None) -> float:
        """The rate at an age; with no age, the adult's."""
        if age_years is None:
            return self.adult
        return self.child if age_years < 18 else (self.elderly if age_years >= 60 else self.adult)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeShare:
    """The share (0 to 1) of head CTs that are of persons aged [from, to) years."""

    age: tuple[float, float]
    share: float
    trust: Trust = "expert"
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An HPO term. ``replaced_by`` is set on an obsolete id; ``alternative`` ids mean the same term."""

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    alternative: tuple[str, ...] = ()
    obsolete: bool = False
    replaced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHit:
    """A term that a search found: how well (0 to 1), and by which of its names."""

    term: Term
    score: float
    matched: str


def plain_unit(unit: str) -> str:
    """A unit as it is looked up: the ways of writing one unit made one.

    >>> plain_unit(" µmol/L "), plain_unit("mg/dl"), plain_unit("mg/100 mL"), plain_unit("x10^9/L")
    ('umol/l', 'mg/dl', 'mg/dl', '10^9/l')
    """
    plain = re.sub(r"\s", "", unit).lower()
    for written, meant in _SAME_UNIT:
        plain = re.sub(written, meant, plain)
    return plain
