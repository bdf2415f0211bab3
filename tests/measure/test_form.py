"""One word for the form, on shapes a reader can draw."""

from collections.abc import Callable

import numpy as np
import pytest

from brainsand.measure.form import Form, follows, form_of, morphology
from brainsand.model.grid import Grid


def form(index: np.ndarray, *, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Form:
    high = tuple(int(n) + 2 for n in np.asarray(index).max(axis=0))
    grid = Grid.regular(high, spacing_mm=spacing)
    return form_of(index, np.full(len(index), 200.0), grid=grid, background_hu=30.0)


def ball(radius: float) -> np.ndarray:
    n = int(radius) + 2
    centred = np.mgrid[-n : n + 1, -n : n + 1, -n : n + 1]
    return np.argwhere((centred**2).sum(0) <= radius**2)


def test_a_voxel_is_punctate() -> None:
    assert morphology(form(np.array([[1, 1, 1]]))) == "punctate"


def test_a_ball_of_nine_millimetres_is_nodular_and_one_of_nineteen_confluent() -> None:
    assert morphology(form(ball(4))) == "nodular"
    assert morphology(form(ball(9))) == "confluent"


def test_a_rod_is_linear_and_along_a_ventricle_a_band() -> None:
    rod = np.array([[1, 1, c] for c in range(12)])
    assert morphology(form(rod)) == "linear"
    assert morphology(form(rod), wall_share=0.8) == "band"


def test_a_plate_is_a_band() -> None:
    plate = np.argwhere(np.ones((8, 8, 1)))
    assert morphology(form(plate)) == "band"


def test_a_hollow_shell_is_a_rim() -> None:
    radii = np.sqrt((np.mgrid[-6:7, -6:7, -6:7] ** 2).sum(0))
    shell = np.argwhere((radii <= 6) & (radii >= 5))
    assert morphology(form(shell)) == "rim"


def test_a_winding_ribbon_is_gyriform_in_the_cortex_only() -> None:
    c = np.arange(40)
    ribbon = np.stack([np.ones(40, int) * 2, np.rint(6 + 5 * np.sin(c / 3)).astype(int), c], axis=1)
    ribbon = np.unique(
        np.concatenate([ribbon + np.array(s) for s in ((0, 0, 0), (0, 1, 0), (1, 0, 0), (2, 0, 0))]), axis=0
    )
    assert morphology(form(ribbon), cortex_share=0.8) == "gyriform"
    assert morphology(form(ribbon), cortex_share=0.1) != "gyriform"


def test_a_folded_sheet_of_the_cortex_is_gyriform_though_it_fills_its_hull() -> None:
    # A sheet of 2 mm folded once round a sulcus of 1 mm: two banks and the bottom between them.
    folded = np.ones((20, 14, 5), bool)
    folded[:, 2:, 2] = False
    found = form(np.argwhere(folded))
    assert found.solidity > 0.6
    assert found.thinness < 0.45
    assert morphology(found, cortex_share=0.8) == "gyriform"
    assert morphology(found, cortex_share=0.1) != "gyriform"


def test_a_lump_in_the_cortex_is_no_ribbon_however_large() -> None:
    assert form(ball(6)).thinness > 0.9
    assert morphology(form(ball(6)), cortex_share=1.0) == "nodular"
    assert morphology(form(ball(9)), cortex_share=1.0) == "confluent"


def test_a_thin_tube_in_the_cortex_is_linear() -> None:
    tube = np.argwhere(np.ones((2, 2, 15)))
    assert morphology(form(tube), cortex_share=0.9) == "linear"


def test_a_long_ribbon_that_falls_into_beads_is_gyriform_and_a_short_cluster_stippled() -> None:
    def beads(step: int) -> Form:
        strip = np.argwhere(np.ones((1, 6, 4 * step)))
        hu = np.where(strip[:, 2] % step < 2, 300.0, 60.0)
        grid = Grid.regular((2, 8, 4 * step + 2), spacing_mm=(1.0, 1.0, 1.0))
        return form_of(strip, hu, grid=grid, background_hu=30.0)

    assert beads(6).foci == beads(4).foci == 4
    assert morphology(beads(6), cortex_share=0.9) == "gyriform"
    assert morphology(beads(4), cortex_share=0.9) == "stippled"


def test_many_foci_joined_by_faint_calcium_are_stippled() -> None:
    block = np.argwhere(np.ones((1, 9, 9)))
    hu = np.full(len(block), 60.0)
    for corner in ([0, 0], [0, 7], [7, 0], [7, 7]):
        near = (block[:, 1:] >= corner).all(1) & (block[:, 1:] <= np.array(corner) + 1).all(1)
        hu[near] = 300.0
    grid = Grid.regular((2, 10, 10), spacing_mm=(1.0, 1.0, 1.0))
    found = form_of(block, hu, grid=grid, background_hu=30.0)
    assert found.foci == 4
    assert morphology(found) == "stippled"


def test_a_dot_in_two_thick_slices_is_no_rod() -> None:
    dot = np.array([[k, r, c] for k in (1, 2) for r in (3, 4, 5) for c in (3, 4, 5)])
    found = form(dot, spacing=(7.0, 0.5, 0.5))
    assert found.elongation == pytest.approx(1.0)
    assert found.largest_diameter_mm < 8.0
    assert found.diameter_pm_mm > 2.0
    assert morphology(found) not in ("linear", "band")


def test_one_thick_slice_adds_nothing_to_the_diameter() -> None:
    row = np.array([[1, 1, c] for c in range(4)])
    assert form(row, spacing=(7.0, 0.5, 0.5)).largest_diameter_mm == pytest.approx(2.0)


@pytest.mark.parametrize("slice_mm", [1.0, 2.5, 5.0])
def test_a_sphere_of_eight_millimetres_keeps_its_diameter_over_slice_thickness(
    sphere: Callable, measured: Callable, slice_mm: float
) -> None:
    found = measured(sphere(4.0, slice_mm=slice_mm)).form
    assert found.largest_diameter_mm == pytest.approx(9.0, abs=2.0 + found.diameter_pm_mm)


def test_a_deposit_follows_a_wall_a_vessel_the_cortex_or_nothing() -> None:
    line = form(np.array([[1, 1, c] for c in range(24)]), spacing=(1.0, 0.5, 0.5))
    dot = form(np.array([[1, 1, 1], [1, 1, 2]]), spacing=(1.0, 0.5, 0.5))
    told = {"site": "putamen", "wall_share": 0.0}
    assert follows(line, morphology="linear", **told) == "vessel"
    assert follows(dot, morphology="punctate", **told) is None
    assert follows(dot, morphology="punctate", site="vessel_wall", wall_share=0.0) == "vessel"
    assert follows(line, morphology="band", site="subependymal", wall_share=0.7) == "ventricle_wall"
    assert follows(dot, morphology="punctate", site="subependymal", wall_share=0.9) is None
    assert follows(line, morphology="gyriform", site="cortex", wall_share=0.0) == "cortex"
