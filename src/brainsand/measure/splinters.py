"""Does a ribbon of the cortex fall into pieces? Then the form of the whole speaks for them.

A calcified gyrus that is thin or faint in places is found as a large piece and splinters of it, which taken alone are
nodules. A piece of the cortex that all but touches a larger gyriform one is of the same ribbon. Dots keep their name:
what is 5 mm long or less follows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from brainsand.model.finding import Morphology

GAP_MM: Final = 5.0
"""Pieces nearer than this are of one ribbon (expert: a gyrus's two banks lie some 5 to 8 mm apart)."""
LEAST_CORTEX: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A deposit: its voxels' centres (mm), how far it lies in the cortex (0 to 1), its volume (mm3) and form."""

    points_mm: NDArray[np.float64]
    cortex_share: float
    volume_mm3: float
    form: Morphology


def forms_together(pieces: Sequence[Piece]) -> list[Morphology]:
    """The form of each piece, splinters of a gyriform one called gyriform too.

    Examples
    --------
    >>> row = [Piece(points_mm=np.array([[0.0, 0, x]]), cortex_share=0.9, volume_mm3=v, form=form)
    ...        for x, v, form in ((0, 900.0, "gyriform"), (4, 90.0, "nodular"), (30, 90.0, "nodular"))]
    >>> forms_together(row)
    ['gyriform', 'gyriform', 'nodular']
    """
    forms = [p.form for p in pieces]
    ribbons = [(cKDTree(p.points_mm), p.volume_mm3) for p in pieces if p.form == "gyriform"]
    for k, piece in enumerate(pieces):
        if piece.form in ("punctate", "gyriform") or piece.cortex_share < LEAST_CORTEX:
            continue
        larger = [tree for tree, volume in ribbons if volume > piece.volume_mm3]
        if any(
            np.min(tree.query(piece.points_mm, distance_upper_bound=GAP_MM)[0]) < GAP_MM for tree in larger
        ):
            forms[k] = "gyriform"
    return forms
