"""Mirror the head and left and right swap, nothing else; how the voxels are stored is of no account."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.model.volume import Volume

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


def sums(case):
    """Volume and weighted centre of all calcium of each site and side: where an island is split is of no account."""
    out = {}
    for place in {(d.site, d.side) for d in case.deposits}:
        own = [d for d in case.deposits if (d.site, d.side) == place]
        volumes = [d.threshold_volume_mm3 for d in own]
        out[place] = sum(volumes), np.average([d.centre_lps_mm for d in own], axis=0, weights=volumes)
    return out


def places(case):
    """Site and side of the deposit each voxel belongs to, as text; "" where there is none."""
    names = np.array(["", *(f"{d.site} {d.side}" for d in case.deposits)])
    return names[case.picture.deposits]


MIRROR, STORAGE = (mirrored, (2,), True), (stored_otherwise, (0, 1, 2), False)
CHANGES = pytest.mark.parametrize("change, axes, flip", [MIRROR, STORAGE], ids=["mirror", "storage"])


@pytest.fixture(scope="module")
def changed(virtual, again):
    """The case of a changed image, made once a change."""
    one = virtual("pfbc")
    return cache(lambda change: again(change(one.patient.volume), one.patient))


@CHANGES
def test_the_same_voxels_are_calcium(virtual, changed, change, axes, flip):
    here, there = places(virtual("pfbc").case) != "", np.flip(places(changed(change)), axes) != ""
    # A crumb on the verge of belief may fall either way: noise is measured on every third or fourth voxel.
    assert 2 * (here & there).sum() / (here.sum() + there.sum()) > 0.98


@CHANGES
def test_the_same_voxels_have_the_same_site_and_the_side_swaps_with_the_mirror(
    virtual, changed, change, axes, flip
):
    here, there = places(virtual("pfbc").case), np.flip(places(changed(change)), axes)
    both = (here != "") & (there != "")
    swap = np.vectorize(lambda name: " ".join((name.split()[0], SWAPPED[name.split()[1]])) if flip else name)
    assert (swap(here[both]) == there[both]).mean() > 0.95


@CHANGES
def test_what_lies_at_each_site_keeps_place_and_size(virtual, changed, change, axes, flip):
    sign = np.array([-1.0, 1.0, 1.0]) if flip else np.ones(3)
    these, those = sums(virtual("pfbc").case), sums(changed(change))
    of_note = {place for place, (volume, _) in these.items() if volume >= OF_NOTE_MM3}
    assert len(of_note) >= 8
    for site, side in of_note:
        volume, centre = these[site, side]
        its, at = those[site, SWAPPED[side] if flip else side]
        assert np.linalg.norm(sign * centre - at) < 3.0, site
        assert its == pytest.approx(volume, rel=0.2), site
