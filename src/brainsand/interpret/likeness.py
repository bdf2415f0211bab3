"""How much does the whole list of symptoms resemble a condition's picture?

Term by term, a long list of symptoms repeats itself: thirty features of one malformed brain are no thirty witnesses.
The list as a whole is another witness, and a steadier one where the knowledge names a feature near the patient's and
not the very one. The likeness of two terms is what all terms above them have in common over what they have together,
each weighed by its information content (simGIC; Pesquita 2008, doi:10.1186/1471-2105-9-S5-S4); of two lists, the mean
best match, from the patient to the condition and back. On the way there a sign counts by its information content: an
eye of the tiger says more than a delay of development. 0 is nothing in common, 1 is the same list.

It misleads where a condition is described by few features, and says little of a short list: it grows with the list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainsand.model.terms import Terms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portraits:
    """The features of all conditions, so that one term is compared with all of them at once.

    Parameters
    ----------
    under : {term: rows of the features that lie at or below it}.
    content : (feature,) information content of a feature and all above it, summed, in bits.
    pairs : (pair,) row of a feature, sorted by the condition that lists it.
    columns : (condition,) those that list any feature.
    starts : (condition,) where each of them begins among the pairs.
    """

    under: Mapping[str, NDArray[np.int64]]
    content: Floats
    pairs: NDArray[np.int64]
    columns: NDArray[np.int64]
    starts: NDArray[np.int64]


def make_portraits(features: Mapping[str, Collection[int]], terms: Terms) -> Portraits:
    """The portraits of all conditions.

    Parameters
    ----------
    features : {term: columns of the conditions that list it}.
    terms : Terms
        Of the ontology.
    """
    names = sorted(features)
    under: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        for general in terms.ancestors(name):
            under.setdefault(general, []).append(row)
    listed = sorted((column, row) for row, name in enumerate(names) for column in features[name])
    columns, starts = np.unique([c for c, _ in listed], return_index=True)
    return Portraits(
        under={name: np.array(rows, np.int64) for name, rows in under.items()},
        content=np.array([_content(name, terms) for name in names]),
        pairs=np.array([row for _, row in listed], np.int64),
        columns=np.asarray(columns, np.int64),
        starts=np.asarray(starts, np.int64),
    )


def likeness(portraits: Portraits, told: Sequence[str], terms: Terms, size: int) -> Floats:
    """Likeness of a list of terms to each condition, (condition,), 0 to 1; NaN where a condition lists no feature.

    Parameters
    ----------
    portraits : Portraits
        Of :func:`make_portraits`.
    told : sequence of str
        The patient's terms; none gives 0 throughout.
    terms : Terms
        The same as there.
    size : int
        How many conditions there are.
    """
    found = np.full(size, np.nan)
    if not len(portraits.pairs):
        return found
    if not told:
        found[portraits.columns] = 0.0
        return found
    alike = np.array([_to_all(portraits, term, terms) for term in told])[:, portraits.pairs]
    counts = np.diff([*portraits.starts, len(portraits.pairs)])
    content = [terms.information_bits(term) for term in told]
    best = np.maximum.reduceat(alike, portraits.starts, axis=1)
    there = np.average(best, axis=0, weights=content if any(content) else None)
    back = np.add.reduceat(alike.max(axis=0), portraits.starts) / counts
    found[portraits.columns] = (there + back) / 2
    return found


def _to_all(portraits: Portraits, term: str, terms: Terms) -> Floats:
    """Likeness of one term to every feature, (feature,)."""
    shared = np.zeros(len(portraits.content))
    for general in sorted(terms.ancestors(term)):
        if general in portraits.under:
            shared[portraits.under[general]] += terms.information_bits(general)
    together = _content(term, terms) + portraits.content - shared
    return np.asarray(np.divide(shared, together, out=np.zeros_like(shared), where=together > 0))


def _content(term: str, terms: Terms) -> float:
    return sum(terms.information_bits(general) for general in sorted(terms.ancestors(term)))
