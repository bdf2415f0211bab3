"""Knowledge as it is handed in: loaded once at the edge by ``read``, never opened further in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid
from brainsand.model.knowledge import Knowledge
from brainsand.model.own_norms import OwnNorms
from brainsand.model.terms import Terms

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Float32 (1, 5, s, r, c) to logits (1, classes, s, r, c); see ``anatomy.parcel``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """The CT template and its maps: a head of average size, symmetric, on one lattice.

    All maps have one shape (slice, row, column); the middle column is the midsagittal plane, and columns
    above it lie to the patient's left. Sides are not told apart in the maps: the column tells.

    Parameters
    ----------
    grid : Grid
        From (slice, row, column) to atlas millimetres (LPS, origin at MNI152's); ``affine`` gives the matrix.
    hu : int16 array
        The template's attenuation.
    maps : dict of uint8 arrays
        ``bone`` (probability, 255 = 1) · ``lobes`` (0 none, else 1 + index in ``model.sites.LOBES``) ·
        ``labels`` (the most probable tissue as ``phantom.labels.to_bytes`` packs it: FreeSurfer's numbers,
        207 soft tissue, 206 eye, 214 venous sinus, 215 bone).
    class_names, classes : names, uint8 array (one, slice, row, column) a name
        Probability (255 = 1) of each class of the parcellation.
    zones : dict of uint8 arrays
        Sites and hazards that no class holds, as degree of belonging (255 = surely); they may overlap.
        What each is made of: ``docs/methods/atlas.md``.
    mni_scale : tuple
        Atlas mm = MNI mm times this, along L, P, S.
    """

    grid: Grid
    hu: NDArray[np.int16] | NDArray[np.float32]
    maps: dict[str, NDArray[np.uint8]]
    version: str
    class_names: tuple[str, ...] = ()
    classes: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.uint8))
    zones: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    mni_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def affine(self) -> NDArray[np.float64]:
        """From (slice, row, column, 1) to atlas mm, (4, 4)."""
        return self.grid.affine

    @property
    def bone(self) -> NDArray[np.uint8]:
        """Probability of bone, 0 to 255."""
        return self.maps["bone"]

    @property
    def lobes(self) -> NDArray[np.uint8]:
        """0 none, else 1 + index in ``model.sites.LOBES``."""
        return self.maps["lobes"]

    def class_map(self, *names: str) -> NDArray[np.uint8]:
        """Probability (0 to 255) of one class, or of several together."""
        picked = [self.class_names.index(name) for name in names]
        total = self.classes[picked].sum(0, dtype=np.uint16)
        return np.asarray(np.minimum(total, 255), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Everything analyze leans on: the atlas, the parcellation network, the norms by age, limits, sources.

    ``knowledge`` and ``terms`` are for the differential; without them a case has none. ``weigher`` is what
    ``interpret`` makes of both, once (``meaning.with_weigher``); where it is missing, each scan makes its own.
    ``own_norms`` are the user's own centile curves, where there are any.
    """

    atlas: Atlas
    network: Network
    norms: dict[str, Any]
    version: str
    knowledge: Knowledge | None = None
    terms: Terms | None = None
    weigher: Any = None
    own_norms: OwnNorms | None = None
