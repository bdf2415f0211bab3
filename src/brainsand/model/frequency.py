"""How often is something so? One published count, class or expert word, and what several of them say together.

A :class:`Frequency` is a fact as it was found, with its source. An :class:`Estimate` is what facts come to: a beta
distribution, so that a count of 12 in 19 and the word "frequent" differ not in their middle but in their width.

Widths are conventions of this project (expert). Series of one disease differ by more than chance, so counts
together never weigh more than :data:`MOST_PATIENTS`; a percentage without its denominator weighs as
:data:`BARE_PERCENT` patients; a class from a curated database as :data:`CLASS_PATIENTS`; an expert's class as
:data:`EXPERT_PATIENTS`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

Trust = Literal["published", "published_class", "expert"]
Given = Literal["condition", "calcified"]

CLASS_MIDDLE: Final = {
    "always": 0.98, "very_frequent": 0.88, "frequent": 0.55, "occasional": 0.17, "rare": 0.03,
    "never": 0.005,
}  # fmt: skip
"""The middle of each class: always >= 0.995, very frequent >= 0.80, frequent >= 0.30, occasional >= 0.05."""

UNQUANTIFIED: Final = 0.35
"""A source lists the feature and says not how often. Between occasional and frequent (expert)."""

MOST_PATIENTS: Final = 60.0
BARE_PERCENT: Final = 12.0
CLASS_PATIENTS: Final = 5.0
EXPERT_PATIENTS: Final = 3.0
PRIOR_PATIENTS: Final = 2.0
_ORDER: Final[tuple[Trust, ...]] = ("published", "published_class", "expert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """One fact about how often, as its source has it.

    Parameters
    ----------
    trust : published (a count or percentage was read in a source), published_class (a curated database gives a
        class or lists the feature), expert (reviews and judgement, not checked against a series).
    k, n : how many of how many; either may be None.
    percent : as printed, where there is no count; ``percent_high`` closes a printed range.
    word : class (``CLASS_MIDDLE``), None where there is a number, or where the feature is listed and no more.
    source : identifiers (``PMID:...``, ``doi:...``, ``ORPHA:...``, a URL); empty only when trust is expert.
    given : among all who have the condition, or among those whose CT shows calcium.
    entry_criterion : calcium was needed to enter the series: says nothing of how often there is any.
    used : False keeps a fact for the reader and out of the sums (another population, another method).
    age : the years (from, to) the persons were of, None at an open end.
    of_group : counted over the whole clinical group, and lent to a member without a count of its own.
    """

    trust: Trust
    k: float | None = None
    n: int | None = None
    percent: float | None = None
    percent_high: float | None = None
    word: str | None = None
    source: tuple[str, ...] = ()
    given: Given = "condition"
    population: str = ""
    imaging: str = ""
    reported_as: str = ""
    derived: bool = False
    entry_criterion: bool = False
    used: bool = True
    age: tuple[float | None, float | None] | None = None
    of_group: bool = False
    note: str = ""

    @property
    def middle(self) -> float:
        """The fraction it states, 0 to 1.

        >>> Frequency(trust="published", k=12, n=48).middle
        0.25
        >>> Frequency(trust="expert", word="frequent").middle
        0.55
        """
        if self.k is not None and self.n:
            return self.k / self.n
        if self.percent is not None:
            high = self.percent if self.percent_high is None else self.percent_high
            return (self.percent + high) / 200.0
        return CLASS_MIDDLE[self.word] if self.word else UNQUANTIFIED

    @property
    def patients(self) -> float:
        """As how many patients it weighs."""
        if self.trust == "published":
            return float(self.n) if self.n else BARE_PERCENT
        return CLASS_PATIENTS if self.trust == "published_class" else EXPERT_PATIENTS

    @property
    def words(self) -> str:
        """The fact as a reader reads it: '12 of 48', '79 %', or 'frequent (expert)'."""
        if self.k is not None and self.n:
            return f"{self.k:g} of {self.n}"
        if self.percent is not None:
            span = "" if self.percent_high is None else f" to {self.percent_high:g}"
            return f"{self.percent:g}{span} %" + (f" of {self.n}" if self.n else "")
        word = (self.word or "listed, not counted").replace("_", " ")
        return f"{word} (expert)" if self.trust == "expert" else f"{word} (class)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What facts come to: a beta distribution with ``a`` for and ``b`` against, and the facts behind it."""

    a: float
    b: float
    trust: Trust
    facts: tuple[Frequency, ...] = ()

    @property
    def mean(self) -> float:
        """The expected fraction.

        >>> Estimate(a=1.0, b=3.0, trust="expert").mean
        0.25
        """
        return self.a / (self.a + self.b)

    @property
    def patients(self) -> float:
        """As how many patients the whole weighs."""
        return self.a + self.b

    @property
    def sd(self) -> float:
        """One standard deviation of the fraction."""
        total = self.a + self.b
        return math.sqrt(self.a * self.b / (total * total * (total + 1.0)))

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source behind it, each once."""
        return tuple(dict.fromkeys(s for fact in self.facts for s in fact.source))


def estimate(facts: Iterable[Frequency], *, leave_out: Collection[str] = ()) -> Estimate | None:
    """What the facts say together; None when none is left.

    The best kind of fact there is decides: counts before classes, classes before expert words. Counts start from
    :data:`PRIOR_PATIENTS` patients who are as the next best kind says, so that two of three published patients do
    not overrule what every review says, and twenty do. ``leave_out`` holds sources (as in ``Frequency.source``) that
    must not speak, so that a published patient can be judged without the paper that described him.

    >>> both = [Frequency(trust="published", k=3, n=4, source=("PMID:1",)), Frequency(trust="expert", word="frequent")]
    >>> round(estimate(both).mean, 2), round(estimate(both, leave_out={"PMID:1"}).mean, 2)
    (0.68, 0.55)
    """
    left = [f for f in facts if f.used and not any(s in leave_out for s in f.source)]
    if not left:
        return None
    by_trust = {trust: tuple(f for f in left if f.trust == trust) for trust in _ORDER}
    counts, *classes = (by_trust[trust] for trust in _ORDER)
    rest = next((_agreed(facts) for facts in classes if facts), None)
    return _counted(counts, rest) if counts else rest


def _agreed(facts: tuple[Frequency, ...]) -> Estimate:
    """Classes and words: three experts who say the same are no three series."""
    patients = sum(f.patients for f in facts) / len(facts)
    hits = sum(f.middle * f.patients for f in facts) / len(facts)
    return Estimate(a=max(hits, 0.01), b=max(patients - hits, 0.01), trust=facts[0].trust, facts=facts)


def _counted(facts: tuple[Frequency, ...], rest: Estimate | None) -> Estimate:
    patients = sum(f.patients for f in facts)
    hits = sum(f.middle * f.patients for f in facts)
    weight = min(1.0, MOST_PATIENTS / patients)
    # With nothing else known: one report of one patient is no proof of "always".
    a, b = (0.5, 1.0) if rest is None else (PRIOR_PATIENTS * rest.mean, PRIOR_PATIENTS * (1.0 - rest.mean))
    return Estimate(a=hits * weight + a, b=(patients - hits) * weight + b, trust="published", facts=facts)
