"""Mirror the head and left and right swap, nothing else; how the voxels are stored is of no account."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.model.volume import Volume

pytestmark = pytest.mark.xdist_group("virtual")

OF_NOTE_MM3 = 100.0
SWAPPED = {"left": "right", "right": "left", "midline": "midline"}


def mirrored(volume):
    """The head in a mirror: the scan's columns lie evenly about x = 0."""
    assert (
        volume.grid.points([[0, 0, 0]])[0, 0] == -volume.grid.points([[0, 0, volume.grid.shape[2] - 1]])[0, 0]
    )
    return Volume(hu=np.ascontiguousarray(volume.hu[:, :, ::-1]), grid=volume.grid)


def stored_otherwise(volume):
    """The same scan, slices from crown to chin, rows from back to front, columns from left to right."""
    grid, (_, rows, columns) = volume.grid, volume.hu.shape
    turned = Grid(
        shape=grid.shape,
        origins_mm=grid.origins_mm[::-1]
        + (rows - 1) * grid.row_step_mm
        + (columns - 1) * grid.column_step_mm,
        row_step_mm=-grid.row_step_mm,
        column_step_mm=-grid.column_step_mm,
    )
    return Volume(hu=np.ascontiguousarray(volume.hu[::-1, ::-1, ::-1]), grid=turned)


def held_together(these, those, *, flip):
    """Each deposit of note beside the nearest of the other case of its site and, swapped or not, its side."""
    sign = np.array([-1.0, 1.0, 1.0]) if flip else np.ones(3)
    for d in these:
        if d.threshold_volume_mm3 < OF_NOTE_MM3:
            continue
        side = SWAPPED[d.side] if flip else d.side
        near = [o for o in those if (o.site, o.side) == (d.site, side)]
        assert near, f"{d.site} {d.side} of {d.threshold_volume_mm3:.0f} mm3 has no counterpart"
        place = sign * d.centre_lps_mm
        yield d, min(near, key=lambda o: np.linalg.norm(place - o.centre_lps_mm)), sign


def places(case):
    """Site and side of the deposit each voxel belongs to, as text; "" where there is none."""
    names = np.array(["", *(f"{d.site} {d.side}" for d in case.deposits)])
    return names[case.picture.deposits]


@pytest.mark.parametrize(
    "change, axes, flip",
    [(mirrored, (2,), True), (stored_otherwise, (0, 1, 2), False)],
    ids=["mirror", "storage"],
)
def test_the_same_calcium_is_found_at_the_same_places(virtual, again, change, axes, flip):
    one = virtual("pfbc")
    other = again(change(one.patient.volume), one.patient)
    here, there = places(one.case), np.flip(places(other), axes)
    both = (here != "") & (there != "")
    # A crumb on the verge of belief may fall either way: noise is measured on every third or fourth voxel.
    assert 2 * both.sum() / ((here != "").sum() + (there != "").sum()) > 0.98
    swap = np.vectorize(lambda name: " ".join((name.split()[0], SWAPPED[name.split()[1]])) if flip else name)
    assert (swap(here[both]) == there[both]).mean() > 0.95
    for these, those in ((one.case.deposits, other.deposits), (other.deposits, one.case.deposits)):
        pairs = list(held_together(these, those, flip=flip))
        assert len(pairs) >= 8
        for d, o, sign in pairs:
            assert np.linalg.norm(sign * d.centre_lps_mm - o.centre_lps_mm) < 3.0, d.site
            assert o.threshold_volume_mm3 == pytest.approx(d.threshold_volume_mm3, rel=0.2), d.site
            assert o.kind == d.kind
