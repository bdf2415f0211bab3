"""Is one connected island one deposit? Not where it runs across sites: then it is cut along their borders.

Confluent calcium of both lentiform nuclei, the capsule between and the thalamus is one island and four
findings. A border that the map lays a millimetre wrong must not cut off a crumb, so only sites that hold a
good share of the island and a volume worth naming keep a piece; every other voxel goes to the nearest piece.
Sites that are one place to a reader (the ventricle and its plexus, the cortex and the white matter under it)
are never cut apart.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from brainsand.model.sites import site_of_index

Ints = NDArray[np.int64]

LEAST_LENGTH_MM: Final = 15.0
"""A shorter island is one deposit, whatever the map says of its halves."""
LEAST_SHARE: Final = 0.15
LEAST_MM3: Final = 20.0
_TOGETHER: Final = {
    "ventricle": "ventricular",
    "choroid_plexus": "ventricular",
    "subependymal": "ventricular",
    "cortex": "cortical",
    "gray_white_junction": "cortical",
    "subcortical_white_matter": "cortical",
    "deep_white_matter": "white",
    "periventricular_white_matter": "white",
    "dentate_nucleus": "cerebellar",
    "cerebellum": "cerebellar",
    "pineal": "pineal",
    "habenula": "pineal",
    "dura": "meningeal",
    "falx": "meningeal",
    "tentorium": "meningeal",
    "vessel_wall": "basal",
    "sella_suprasellar": "basal",
    # A nucleus filled with calcium spills over its capsule; the capsule alone is rarely calcified.
    "internal_capsule": "",
    "unknown": "",
}


def pieces(points_mm: ArrayLike, volumes_mm3: ArrayLike, sites: ArrayLike) -> Ints:
    """The piece (0, 1, ...) each voxel of an island belongs to.

    Parameters
    ----------
    points_mm : array (n, 3)
        Its voxels.
    volumes_mm3 : array (n,)
        Their volumes.
    sites : int array (n,)
        ``model.sites.site_index`` under each voxel, 0 for none.

    Examples
    --------
    >>> row = [[3.0 * x, 0, 0] for x in range(8)]
    >>> pallidum, putamen = 1, 4
    >>> pieces(row, [10.0] * 8, [pallidum] * 3 + [0] + [putamen] * 4).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    points, volumes = np.asarray(points_mm, float), np.asarray(volumes_mm3, float)
    places = np.array([_place(int(n)) for n in np.asarray(sites)])
    total = volumes.sum()
    if np.linalg.norm(np.ptp(points, axis=0)) < LEAST_LENGTH_MM:
        return np.zeros(len(points), np.int64)
    kept = []
    for place in sorted(set(places) - {""}):
        held = float(volumes[places == place].sum())
        if held >= LEAST_MM3 and held >= LEAST_SHARE * total:
            kept.append(place)
    out = np.zeros(len(points), np.int64)
    if len(kept) < 2:
        return out
    sure = np.isin(places, kept)
    number = np.array([kept.index(p) if p in kept else -1 for p in places])
    _, nearest = cKDTree(points[sure]).query(points)
    out[:] = number[sure][nearest]
    return out


def _place(number: int) -> str:
    """Where a voxel counts: a site or family of sites, with its side; "" for what claims nothing."""
    if number == 0:
        return ""
    site, side = site_of_index(number)
    family = _TOGETHER.get(site, site)
    if not family or family in ("ventricular", "pineal", "meningeal"):
        return family
    return f"{family} {side}"
