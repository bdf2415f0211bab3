"""Where slices lie: tilt, holes, steps, repeats, any direction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainsand.errors import GeometryError, InputRefused
from brainsand.model.grid import Grid
from brainsand.read.geometry import hole_numbers, order_slices, stack_cautions, stack_grid, stack_orientation
from brainsand.read.scan import ReadScan, read_scan
from samples import AXIAL, axial_positions, head_hu, slice_dataset, write, write_series


def codes(scan: ReadScan) -> set[str]:
    return {caution.code for caution in scan.acquisition.cautions}


def grid_at(places: Sequence[float]) -> Grid:
    positions = np.outer(places, [0, 0, 1.0])
    return stack_grid(positions, np.array(AXIAL), (1.0, 1.0), (200, 200))


def test_a_tilted_stack_keeps_every_origin(tmp_path: Path) -> None:
    tilt = np.radians(18.5)
    orientation = [1, 0, 0, 0, np.cos(tilt), -np.sin(tilt)]
    orientation = [round(float(cosine), 7) for cosine in orientation]
    write_series(tmp_path, orientation=orientation)
    grid = read_scan(tmp_path).volume.grid
    assert grid.tilt_deg == pytest.approx(18.5, abs=1e-4)
    assert np.allclose(grid.origins_mm, axial_positions(12))
    assert grid.slice_gaps_mm == pytest.approx(5 * np.cos(tilt), abs=1e-6)


def test_a_change_of_increment_is_kept_and_said_but_is_no_hole(tmp_path: Path) -> None:
    places = [0, 4, 8, 12, 16, 17.1, 24.1, 31.1, 38.1, 45.1, 52.1, 59.1]
    write_series(tmp_path, positions=[(0, 0, z) for z in places])
    scan = read_scan(tmp_path)
    assert scan.volume.grid.slice_gaps_mm == pytest.approx(np.diff(places))
    assert codes(scan) == {"uneven_spacing"}


def test_a_missing_slice_is_said(tmp_path: Path) -> None:
    write_series(tmp_path)
    (tmp_path / "1_006").unlink()
    scan = read_scan(tmp_path)
    words = {c.code: c.words for c in scan.acquisition.cautions}
    assert "between slices 6 and 7 (10.00 mm)" in words["missing_slice"]
    assert scan.volume.grid.shape[0] == 11


def test_many_missing_slices_are_refused() -> None:
    places = [*range(0, 40, 5), *range(80, 120, 5)]
    with pytest.raises(GeometryError) as caught:
        stack_cautions(grid_at(places), [5.0] * len(places))
    assert caught.value.code == "missing_slices"


def test_a_wide_gap_filled_by_thick_slices_is_no_hole() -> None:
    places = [0, 4, 8, 12, 16, 24]
    assert hole_numbers(grid_at(places), [4, 4, 4, 4, 8, 8]) == []
    assert hole_numbers(grid_at(places), [4, 4, 4, 4, 4, 4]) == [4]
    assert hole_numbers(grid_at(places), [None] * 6) == [4]


def test_copies_of_slices_are_dropped_and_said(tmp_path: Path) -> None:
    hu = head_hu()
    write_series(tmp_path, hu)
    for k in (2, 7):
        write(slice_dataset(hu[k], number=k + 1, position=axial_positions(12)[k]), tmp_path / f"copy{k}")
    scan = read_scan(tmp_path)
    assert np.array_equal(scan.volume.hu, hu.clip(-1024))
    assert codes(scan) == {"duplicate_slices"}


def test_a_slice_scanned_again_replaces_the_first_and_is_said(tmp_path: Path) -> None:
    hu, again = head_hu(), head_hu(seed=5)
    write_series(tmp_path, hu)
    write(slice_dataset(again[4], number=40, position=axial_positions(12)[4]), tmp_path / "again")
    scan = read_scan(tmp_path)
    assert np.array_equal(scan.volume.hu[4], again[4].clip(-1024))
    assert codes(scan) == {"repeated_slices"}


def test_two_scans_mixed_without_a_mark_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, head_hu())
    for k in range(12):
        other = head_hu(seed=9)[k]
        write(slice_dataset(other, number=50 + k, position=axial_positions(12)[k]), tmp_path / f"x{k}")
    with pytest.raises(InputRefused) as caught:
        read_scan(tmp_path)
    assert caught.value.code == "two_stacks"


def test_two_kernels_in_one_series_are_told_apart(tmp_path: Path) -> None:
    write_series(tmp_path / "soft", head_hu(), ConvolutionKernel="H31s")
    for k in range(12):
        sharp = slice_dataset(
            head_hu(seed=9)[k], number=50 + k, position=axial_positions(12)[k], ConvolutionKernel="H70h"
        )
        write(sharp, tmp_path / "sharp" / str(k))
    scan = read_scan(tmp_path)
    assert scan.acquisition.kernel == "H31s"
    assert np.array_equal(scan.volume.hu, head_hu().clip(-1024))


def test_turned_slices_are_refused() -> None:
    turned = (1.0, 0.0, 0.0, 0.0, float(np.cos(0.1)), float(-np.sin(0.1)))
    with pytest.raises(GeometryError, match=r"5\.7 degrees"):
        stack_orientation([AXIAL] * 8 + [turned] * 2)


def test_directions_that_are_none_are_refused() -> None:
    with pytest.raises(GeometryError) as caught:
        stack_orientation([(1.0, 0, 0, 0.5, 0.5, 0)] * 6)
    assert caught.value.code == "bad_orientation"


def test_a_stray_scout_in_the_series_is_left_out(tmp_path: Path) -> None:
    write_series(tmp_path)
    scout = slice_dataset(head_hu((1, 40, 40))[0], number=99, orientation=(1, 0, 0, 0, 0, -1))
    write(scout, tmp_path / "scout")
    scan = read_scan(tmp_path)
    assert scan.volume.hu.shape == (12, 32, 32)
    assert codes(scan) == {"strays_left_out"}


def test_a_sideways_step_is_kept_and_said(tmp_path: Path) -> None:
    places = [(x + 8.0 * (k >= 6), y, z) for k, (x, y, z) in enumerate(axial_positions(12))]
    write_series(tmp_path, positions=places)
    scan = read_scan(tmp_path)
    assert codes(scan) == {"crooked_stack"}
    assert np.allclose(scan.volume.grid.origins_mm, places)


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (0.001, 0.001), (500.0, 500.0), (-1.0, 1.0)])
def test_impossible_pixel_sizes_are_refused(spacing: tuple[float, float]) -> None:
    with pytest.raises(GeometryError) as caught:
        stack_grid(np.outer(range(10), [0, 0, 5.0]), np.array(AXIAL), spacing, (64, 64))
    assert caught.value.code == "bad_spacing"


def test_feet_first_and_prone_are_placed_by_their_headers(tmp_path: Path) -> None:
    hu = head_hu()
    write_series(tmp_path / "supine", hu)
    # Prone: rows run to the front and columns to the right; the first slice is the topmost.
    flipped = hu[::-1, ::-1, ::-1]
    far = [(x + 31 * 6, y + 31 * 6, z) for x, y, z in axial_positions(12)[::-1]]
    write_series(
        tmp_path / "prone",
        np.ascontiguousarray(flipped),
        positions=far,
        orientation=(-1, 0, 0, 0, -1, 0),
        PatientPosition="FFP",
    )
    one, other = read_scan(tmp_path / "supine"), read_scan(tmp_path / "prone")
    spot = np.argwhere((one.volume.hu > 250) & (one.volume.hu < 350))
    turned = np.argwhere((other.volume.hu > 250) & (other.volume.hu < 350))
    assert len(spot) == len(turned) == 1
    assert one.volume.grid.points(spot) == pytest.approx(other.volume.grid.points(turned))


def test_sagittal_slices_are_ordered_right_to_left(tmp_path: Path) -> None:
    places = [(30.0 - 5 * k, -90.0, 90.0) for k in range(12)]
    write_series(tmp_path, positions=places, orientation=(0, 1, 0, 0, 0, -1))
    scan = read_scan(tmp_path)
    assert scan.volume.grid.origins_mm[:, 0].tolist() == sorted(x for x, _, _ in places)
    assert "not_axial" in codes(scan)


@given(st.permutations(range(9)))
@settings(max_examples=30, deadline=None)
def test_file_order_never_changes_the_order_of_slices(order: list[int]) -> None:
    positions = np.array([[0.3 * k, -0.2 * k, 5.0 * k] for k in range(9)])
    found = order_slices(positions[order], np.array(AXIAL)).groups
    assert [order[group[0]] for group in found] == list(range(9))


@given(
    flips=st.tuples(*[st.booleans()] * 3),
    angles=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    shear=st.floats(-0.3, 0.3),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipping_the_storage_leaves_the_points(
    tmp_path_factory: pytest.TempPathFactory,
    flips: tuple[bool, bool, bool],
    angles: tuple[float, float, float],
    shear: float,
) -> None:
    """A spot marked in a slanted, sheared stack lies at one point in mm however the arrays are stored."""
    folder = tmp_path_factory.mktemp("flip")
    hu = head_hu((6, 16, 16))
    column, row, up = rotation(angles).T
    steps = {"k": up * 6 + row * shear * 6, "r": row * 12, "c": column * 12}
    expected = steps["k"] * 3 + steps["r"] * 5 + steps["c"] * 4
    stored = hu[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1, :: -1 if flips[2] else 1]
    start = sum(
        (np.zeros(3), *(steps[a] * (n - 1) for a, n, f in zip("krc", hu.shape, flips, strict=True) if f))
    )
    sign = [-1.0 if f else 1.0 for f in flips]
    write_series(
        folder,
        np.ascontiguousarray(stored),
        positions=[np.round(start + sign[0] * steps["k"] * k, 9).tolist() for k in range(6)],
        orientation=np.round([*(column * sign[2]), *(row * sign[1])], 9).tolist(),
        spacing=(12, 12),
    )
    volume = read_scan(folder).volume
    found = np.argwhere((volume.hu > 250) & (volume.hu < 350))
    assert len(found) == 1
    assert volume.grid.points(found)[0] == pytest.approx(expected, abs=1e-4)
    assert (np.diff(volume.grid.positions_mm) > 0).all()
    assert volume.grid.normal[np.argmax(np.abs(volume.grid.normal))] > 0


def rotation(angles: tuple[float, float, float]) -> np.ndarray:
    a, b, c = angles
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z)
