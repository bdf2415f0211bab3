"""How does the calcium of a condition spread over the sites of one head? One latent variable a head, summed over.

- *systemic* (the same structures on both sides, together): how calcified the head is, its burden; every parenchymal
  site leans on it (a random intercept with five nodes), so deep nuclei are not counted as independent witnesses.
- *focal* (one lesion or one scar): which site it is; the sites are alternatives, and a neighbour may share it.
- *multifocal* (some lesions, each anywhere): how many there are.

Given the latent variable the sites are independent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.observed import PARENCHYMAL
from brainsand.model.sites import SITES

Floats = NDArray[np.float64]

#: Gauss-Hermite with five nodes for a standard normal.
NODES: Final = np.array([-2.856970, -1.355626, 0.0, 1.355626, 2.856970])
NODE_WEIGHTS: Final = np.array([0.011257, 0.222076, 0.533333, 0.222076, 0.011257])
#: Numbers of lesions and how often there are so many (expert; the median in neurocysticercosis is 3,
#: doi:10.3390/pathogens13010026).
LESIONS: Final = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
LESION_WEIGHTS: Final = np.array([0.25, 0.25, 0.25, 0.15, 0.10])
HERE: Final = 0.95
BESIDE: Final = 0.25
ELSEWHERE: Final = 0.003
"""Chance of calcium at the site of a focal lesion, at a site beside it, anywhere else (expert)."""
#: Readers name the border between these differently, and a lesion may reach over it.
NEIGHBOURS: Final = (
    ("globus_pallidus", "putamen"),
    ("putamen", "caudate"),
    ("globus_pallidus", "internal_capsule"),
    ("cortex", "gray_white_junction"),
    ("gray_white_junction", "subcortical_white_matter"),
    ("cortex", "subcortical_white_matter"),
    ("subcortical_white_matter", "deep_white_matter"),
    ("deep_white_matter", "periventricular_white_matter"),
    ("periventricular_white_matter", "subependymal"),
    ("cerebellum", "dentate_nucleus"),
    ("falx", "dura"),
    ("tentorium", "dura"),
    ("subependymal", "ventricle"),
    ("ventricle", "choroid_plexus"),
    ("hippocampus", "cortex"),
)


def spread_out(chances: Floats, spread: str, burden: float) -> tuple[Floats, Floats]:
    """Chance of calcium at each site at each value of the latent variable, and the log weights of these values.

    Parameters
    ----------
    chances : array (site,)
        Of calcium at each site, given some, over all values.
    spread : str
        systemic, focal or multifocal.
    burden : float
        Standard deviation of the burden, log odds.

    Returns
    -------
    array (site, site count), array (site count,)
        Values that are not used have weight -inf.
    """
    size = len(chances)
    own, logs = np.full((size, size), 0.5), np.full(size, -np.inf)
    if spread == "focal":
        return _alternatives(chances), np.log(chances / chances.sum())
    if spread == "multifocal":
        share = np.minimum(chances / chances.sum(), 0.9)
        own[:, : len(LESIONS)] = 1 - (1 - share[:, None]) ** LESIONS
        logs[: len(LESIONS)] = np.log(LESION_WEIGHTS)
        return np.clip(own, 1e-4, 0.995), logs
    lean = np.array([burden if site in PARENCHYMAL else 0.0 for site in SITES])
    own[:, : len(NODES)] = leaning(chances, lean, NODES)
    logs[: len(NODES)] = np.log(NODE_WEIGHTS)
    return np.clip(own, 1e-4, 0.995), logs


def leaning(chances: Floats, lean: Floats, nodes: Floats) -> Floats:
    """Chances (site,) at each node (site, node) of a normal latent variable that shifts each site's log odds.

    ``lean`` (site,): by how much one standard deviation does.
    """
    # A random intercept flattens the mean curve; the factor keeps the mean where it was (Zeger 1988).
    logits = np.log(chances / (1 - chances)) * np.sqrt(1 + 0.346 * lean**2)
    return np.asarray(1 / (1 + np.exp(-(logits[:, None] + lean[:, None] * nodes[None, :]))))


def _alternatives(chances: Floats) -> Floats:
    own = np.full((len(SITES), len(SITES)), ELSEWHERE)
    for one, other in NEIGHBOURS:
        a, b = SITES.index(one), SITES.index(other)
        own[a, b] = own[b, a] = BESIDE
    np.fill_diagonal(own, HERE)
    return own
