"""What is ordinary at this site and age? Looking things up in the norms that were handed in.

``norms`` is the mapping of ``read.knowledge.load_norms``: rows with their sources, limits, references.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Norms = Mapping[str, Any]


def limit(norms: Norms, name: str) -> float:
    """The value of one named limit (``norms["limits"]``)."""
    return float(norms["limits"][name]["value"])


def cite(norms: Norms, key: str) -> str:
    """The source behind a key, as a reader would look it up: citation and identifier.

    Examples
    --------
    >>> cite({"references": {"a": {"cite": "Cohen 1980", "id": "doi:x"}}}, "a")
    'Cohen 1980 (doi:x)'
    """
    row = norms["references"][key]
    return f"{row['cite']} ({row['id']})" if row["id"] else str(row["cite"])


def limit_source(norms: Norms, name: str) -> str:
    """The source of one named limit."""
    return cite(norms, norms["limits"][name]["cite"])


def youngest_years(norms: Norms, site: str) -> float | None:
    """Age of the youngest person in whom ordinary calcium of the site was seen; None where no paper says."""
    row = norms["youngest_years"].get(site)
    return None if row is None else float(row["years"])


def prevalence(norms: Norms, site: str, age_years: float | None) -> Mapping[str, Any] | None:
    """The row that best says how common calcium of the site is at this age, or None.

    Of the CT rows for both sexes whose age band holds the age (with no age: the widest band), unselected
    persons before selected ones, then the band narrower by a factor of two, then the greater number examined.
    """
    rows = [row for row in norms["prevalence"] if _fits(row, site, age_years)]
    return min(rows, key=lambda row: _rank(row, age_years), default=None)


def prevalence_words(row: Mapping[str, Any]) -> str:
    """A prevalence row as half a sentence.

    >>> prevalence_words({"percent": 71.0, "of": 1569, "age": [15, 85]})
    'seen in 71 % of 1,569 persons aged 15 to 85'
    """
    low, high = row["age"]
    aged = f"aged {low} to {high}" if high is not None else (f"aged {low} and over" if low else "of all ages")
    number = f"{row['of']:,} persons" if "of" in row else "persons"
    return f"seen in {row['percent']:g} % of {number} {aged}"


def _fits(row: Mapping[str, Any], site: str, age_years: float | None) -> bool:
    low, high = row["age"]
    plain = row["site"] == site and row["what"] == "prevalence" and row["sex"] == "both"
    if not plain or row["imaging"] != "CT" or row.get("unverified") or low is None:
        return False
    return age_years is None or (low <= age_years and (high is None or age_years <= high))


def _rank(row: Mapping[str, Any], age_years: float | None) -> tuple[bool, int, int]:
    low, high = row["age"]
    width = (110 if high is None else high) - low
    octave = int(max(width, 1)).bit_length()
    return row.get("cohort") == "selected", -octave if age_years is None else octave, -int(row.get("of", 0))
