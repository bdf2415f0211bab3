"""Where do most of many scattered deposits lie? Their shares of the places outside the deep nuclei, weighed once.

That a place is calcified at all is weighed elsewhere (``interpret.where``). Twelve dots beside the ventricles and one
in the cortex are another picture than one there and twelve in the cortex, though the same two places are calcified in
both; so what the shares say beyond presence is a weight of its own. A condition's shares follow from how often each
place is calcified in it: where dots fall independently, a place is free with chance exp(-mean), so the mean number
there goes as -log(1 - chance).

Dots of one head repeat one another (one bout of infection, one lobe), so many of them count as few. Only a scan read
by the machine has counts; a report names places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of
from brainsand.model.finding import ORDINARY_KINDS, Deposit
from brainsand.model.sites import SITES

Floats = NDArray[np.float64]

PLACES: Final = (
    "subependymal", "periventricular_white_matter", "deep_white_matter", "subcortical_white_matter",
    "gray_white_junction", "cortex",
)  # fmt: skip
"""From the ventricle outwards."""
FEWEST: Final = 4
"""Fewer deposits have no shares."""
REPEATED: Final = 4.0
"""So many further deposits are worth as much as one that tells something new (expert)."""
STRAY: Final = 0.05
"""Mean number of deposits at a place no source names (expert)."""


def scatter_of(deposits: Sequence[Deposit]) -> tuple[dict[str, float], ...]:
    """Of each scattered deposit the chance to be one and to lie at each of :data:`PLACES`.

    Ordinary ones and those of the nuclei, plexus and membranes do not count; fewer than :data:`FEWEST` are none.
    """
    found = []
    for d in deposits:
        if d.kind in ORDINARY_KINDS or d.site not in PLACES:
            continue
        chances = d.site_probabilities or {d.site: 1.0}
        found.append({s: d.confidence * chances[s] for s in PLACES if chances.get(s)})
    return tuple(found) if sum(sum(c.values()) for c in found) >= FEWEST else ()


def weigh_scatter(table: Table, seen: Observed, dials: Dials) -> list[Weight]:
    """The weight of the shares; none where they are not known.

    The places that one deposit may have exclude one another, so its chance in a condition is the sum over them.
    """
    if not seen.scatter:
        return []
    chances = np.array([[c.get(place, 0.0) for place in PLACES] for c in seen.scatter])
    each = chances.sum(axis=1)
    total = float(each.sum())
    worth = total / (1 + total / REPEATED)
    logs = np.log((chances / each[:, None]) @ _shares(table))
    ratio = dials.scatter_power * worth * (each / total) @ (logs - logs[:, -1:])
    most = PLACES[int(np.argmax(chances.sum(axis=0)))]
    weight = Weight(
        about="site",
        finding="scatter",
        words=f"most of {round(total)} scattered deposits: {most.replace('_', ' ')}",
        log_ratio=ratio,
        ground=partial(_ground, table, most),
    )
    return [weight]


def _shares(table: Table) -> Floats:
    """Share of each place (place, column) in the scattered deposits of a condition."""
    chances = np.clip(table.sites[[SITES.index(place) for place in PLACES]], 0.0, 0.97)
    means = STRAY - np.log1p(-chances)
    return np.asarray(means / means.sum(axis=0))


def _ground(table: Table, place: str, column: int) -> Ground:
    if column >= len(table.site_estimates):
        return Ground(basis="expert", frequency="no place more than another")
    known = table.site_estimates[column].get(place)
    if known is None:
        return Ground(basis="expert", frequency="this place is not reported for the condition")
    return Ground(
        basis=basis_of(known.trust), frequency=f"{known.mean:.0%} calcified there", source=known.sources
    )
