"""How much of the head does the scan hold, and which parts are cut off?

The atlas's intracranial space, laid on the scan by the pose, says where brain must be; a point of it counts
as imaged where it lies within the outermost slices, rows and columns. A part is *missing* when less than
three quarters of it are imaged.

Parts are cut from the box around the space: the vertex is the highest 15 % of its height, the skull base the
lowest 20 %, the posterior fossa the lowest 35 % of its back 55 %, the sides, front and back 10 % of width and
length each. The *middle* (from 35 to 65 % of the height, 30 to 70 % of length and width) holds the deep
nuclei and the pineal.

It misleads by as much as the pose does: about 5 mm, so that a cut of less is not noticed. A reconstruction
circle narrower than the head is not seen, as its outside is no edge of the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.arrays.affine import moved
from brainsand.errors import NotAHead
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

Mask = NDArray[np.bool_]
_Bounds = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

_MISSING_BELOW: Final = 0.75
_LEAST_MIDDLE: Final = 0.6
_MANY: Final = 20_000
_EVERY: Final = 7
_ALL: Final = (0.0, 1.0)
_ENDS: Final[dict[str, _Bounds]] = {
    "vertex": ((0.85, 1.0), _ALL, _ALL),
    "skull_base": ((0.0, 0.2), _ALL, _ALL),
    "posterior_fossa": ((0.0, 0.35), (0.45, 1.0), _ALL),
}
_SIDES: Final[dict[str, _Bounds]] = {
    "forehead": (_ALL, (0.0, 0.1), _ALL),
    "back_of_the_head": (_ALL, (0.9, 1.0), _ALL),
    "right_side": (_ALL, _ALL, (0.0, 0.1)),
    "left_side": (_ALL, _ALL, (0.9, 1.0)),
}
_MIDDLE: Final = ((0.35, 0.65), (0.3, 0.7), (0.3, 0.7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was imaged of the intracranial space: ``fraction`` (0 to 1) of all, ``middle`` of its middle.

    ``missing`` names the parts that were not.
    """

    fraction: float
    middle: float
    missing: tuple[str, ...]

    def as_record(self) -> dict[str, Any]:
        """The ``scan.coverage`` block of ``case.json``."""
        return {"fraction": round(self.fraction, 3), "missing": list(self.missing)}


def coverage_of(expected: Mask, affine: ArrayLike, grid: Grid) -> Coverage:
    """How much of an expected space a scan holds.

    Parameters
    ----------
    expected : bool array (slice up, row back, column to the patient's left)
        The atlas's intracranial space on its own lattice.
    affine : array (4, 4)
        Takes its indices to LPS mm of the scan (pose times atlas).
    grid : Grid
        Of the scan.

    Examples
    --------
    A space of ten slices, of which the scan holds the lower five:

    >>> scan = Grid.regular((5, 4, 4), spacing_mm=(1, 1, 1))
    >>> upright = np.eye(4)[:, [2, 1, 0, 3]]
    >>> coverage_of(np.ones((10, 4, 4), bool), upright, scan).as_record()
    {'fraction': 0.5, 'missing': ['vertex']}
    """
    index = np.argwhere(expected)[:: _EVERY if expected.sum() > _MANY else 1]
    at = grid.index_of(moved(affine, index))
    within = (at >= -0.5) & (at <= np.array(grid.shape) - 0.5)
    in_slices: Mask = within[:, 0]
    in_plane: Mask = within[:, 1] & within[:, 2]
    low, high = index.min(axis=0), index.max(axis=0)
    place = (index - low) / np.maximum(high - low, 1)
    # What the slices leave out is missing above or below, not at the sides as well.
    shares = {name: _share(in_slices, place, bounds) for name, bounds in _ENDS.items()}
    shares |= {name: _share(in_plane[in_slices], place[in_slices], bounds) for name, bounds in _SIDES.items()}
    held = in_slices & in_plane
    return Coverage(
        fraction=float(held.mean()),
        middle=_share(held, place, _MIDDLE),
        missing=tuple(name for name, share in shares.items() if share < _MISSING_BELOW),
    )


def refuse_if_cut(coverage: Coverage, *, least_share: float) -> None:
    """Refuse (NotAHead ``incomplete_head``) a scan without the head's middle, or with too little of it."""
    if coverage.fraction >= least_share and coverage.middle >= _LEAST_MIDDLE:
        return
    raise NotAHead(
        f"The scan holds {coverage.fraction:.0%} of the intracranial space and {coverage.middle:.0%} of its "
        f"middle; missing: {_listed(coverage.missing)}.",
        needed=f"at least {least_share:.0%} of it, with the level of the basal ganglia and the pineal.",
        todo="Give the whole head CT, all its slices.",
        code="incomplete_head",
    )


def coverage_cautions(coverage: Coverage) -> tuple[Caution, ...]:
    """What to say of parts that were not imaged; nothing where none is missing."""
    if not coverage.missing:
        return ()
    words = (
        f"Coverage is incomplete: {coverage.fraction:.0%} of the intracranial space was imaged; missing: "
        f"{_listed(coverage.missing)}. Nothing is known of calcium there, and totals are of the imaged part "
        "only."
    )
    return (Caution(code="coverage", words=words),)


def _share(held: Mask, place: NDArray[np.float64], bounds: _Bounds) -> float:
    low, high = np.array(bounds).T
    there = ((place >= low) & (place <= high)).all(axis=1)
    return float(held[there].mean()) if there.any() else 1.0


def _listed(parts: tuple[str, ...]) -> str:
    return ", ".join(p.replace("_", " ") for p in parts) or "no single part"
