"""NIfTI in any orientation, unit and number type; what is refused; maps back on its own voxels."""

from __future__ import annotations

import gzip
from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainsand.errors import InputRefused
from brainsand.read.layout import LPS_RAS, choose_layout, stored_grid, to_nifti_layout
from brainsand.read.scan import ReadScan, read_scan
from samples import head_hu, write_nifti, write_series

HU = head_hu((10, 24, 20))
#: (i, j, k) = (column, row, slice) to RAS: columns to the left, rows to the back, 5 mm slices.
AFFINE = np.array([[-8.0, 0, 0, 90], [0, -8, 0, 80], [0, 0, 5, -30], [0, 0, 0, 1]])


def codes(scan: ReadScan) -> set[str]:
    return {caution.code for caution in scan.acquisition.cautions}


def spot_mm(scan: ReadScan) -> np.ndarray:
    hu = scan.volume.hu
    found = np.argwhere((hu > 250) & (hu < 350))
    assert len(found) == 1
    return scan.volume.grid.points(found)[0]


def code_of(path: Path) -> str:
    with pytest.raises(InputRefused) as caught:
        read_scan(path)
    return caught.value.code


def ijk(values: np.ndarray = HU) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(2, 1, 0))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_nifti_gives_its_hu_in_lps(tmp_path: Path, name: str) -> None:
    scan = read_scan(write_nifti(tmp_path / name, ijk(), AFFINE))
    assert scan.volume.hu.dtype == np.int16
    assert np.array_equal(scan.volume.hu, HU.clip(-1024))
    assert scan.volume.grid.points([[0, 0, 0], [1, 2, 3]]).tolist() == [[-90, -80, -30], [-66, -64, -25]]
    assert codes(scan) == set()


def test_every_way_of_storing_gives_the_same_point(tmp_path: Path) -> None:
    for axes, flips in product(permutations(range(3)), product((1, -1), repeat=3)):
        image = nibabel.Nifti1Image(ijk(), AFFINE)
        turned = image.as_reoriented(np.array([[axes[a], flips[a]] for a in range(3)]))
        path = tmp_path / "turned.nii"
        nibabel.save(turned, path)
        scan = read_scan(path)
        assert spot_mm(scan) == pytest.approx([-90 + 8 * 5, -80 + 8 * 8, -30 + 5 * 5])
        assert scan.volume.hu.shape[0] == 10
        assert (np.diff(scan.volume.grid.positions_mm) > 0).all()
        back, affine = to_nifti_layout(scan.volume.hu, scan.volume.grid, scan.layout)
        assert np.array_equal(back, np.asarray(turned.dataobj).clip(-1024))
        assert np.allclose(affine, turned.affine)


@given(
    spacings=st.tuples(*[st.floats(0.4, 6)] * 3),
    shift=st.tuples(*[st.floats(-200, 200)] * 3),
    shear=st.floats(-0.4, 0.4),
    order=st.permutations(range(3)),
    signs=st.tuples(*[st.sampled_from([1.0, -1.0])] * 3),
)
@settings(max_examples=60, deadline=None)
def test_ras_to_lps_and_back_is_the_same(
    spacings: tuple[float, ...],
    shift: tuple[float, ...],
    shear: float,
    order: list[int],
    signs: tuple[float, ...],
) -> None:
    steps = np.diag(np.array(spacings))
    steps[1, 2] += shear * spacings[2]
    affine = np.eye(4)
    affine[:3, :3] = (steps * np.array(signs))[:, order]
    affine[:3, 3] = shift
    shape = (7, 8, 9)
    layout = choose_layout(affine)
    grid = stored_grid(affine, shape, layout)
    values = np.arange(7 * 8 * 9).reshape(shape)
    stored = np.transpose(values, layout.axes)[:: -1 if layout.flip_slices else 1]
    back, same = to_nifti_layout(stored, grid, layout)
    assert np.array_equal(back, values)
    assert np.allclose(same, affine)
    index = np.argwhere(stored == values[5, 2, 3])
    assert grid.points(index)[0] == pytest.approx((LPS_RAS @ affine @ [5, 2, 3, 1])[:3])
    assert grid.index_of(grid.points([[2, 3, 4]]))[0] == pytest.approx([2, 3, 4])


def test_a_sheared_nifti_keeps_its_tilt(tmp_path: Path) -> None:
    affine = AFFINE.copy()
    affine[1, 2] = 5 * np.tan(np.radians(18.5))
    scan = read_scan(write_nifti(tmp_path / "a.nii", ijk(), affine))
    assert scan.volume.grid.tilt_deg == pytest.approx(18.5, abs=1e-3)


def test_a_dicom_map_goes_to_the_same_points_in_nifti(tmp_path: Path) -> None:
    write_series(tmp_path, orientation=(1, 0, 0, 0, 0.9486833, -0.3162278))
    scan = read_scan(tmp_path)
    array, affine = to_nifti_layout(scan.volume.hu, scan.volume.grid, scan.layout)
    i, j, k = np.argwhere((array > 250) & (array < 350))[0]
    assert (LPS_RAS @ affine @ [i, j, k, 1])[:3] == pytest.approx(spot_mm(scan), abs=1e-6)


@pytest.mark.parametrize("kind", [np.int32, np.float32, np.float64, ">i2"])
def test_number_types_are_settled(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "a.nii"
    image = nibabel.Nifti1Image(ijk().astype(kind), AFFINE)
    nibabel.save(image, path)
    scan = read_scan(path)
    assert scan.volume.hu.dtype == np.int16
    assert np.array_equal(scan.volume.hu, HU.clip(-1024))


def test_fractions_stay(tmp_path: Path) -> None:
    scan = read_scan(write_nifti(tmp_path / "a.nii", ijk().astype(np.float32) + 0.25, AFFINE))
    assert scan.volume.hu.dtype == np.float32
    assert np.allclose(scan.volume.hu, (HU + 0.25).clip(-1024))


def test_slope_and_intercept_are_used(tmp_path: Path) -> None:
    stored = (ijk().astype(int) + 1024).clip(0).astype(np.uint16)
    path = write_nifti(tmp_path / "a.nii", stored, AFFINE)
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([1, -1024], "<f4").tobytes()
    path.write_bytes(content)
    scan = read_scan(path)
    assert codes(scan) == set()
    assert np.array_equal(scan.volume.hu, HU.clip(-1024))


def test_an_unsigned_offset_is_taken_off_and_said(tmp_path: Path) -> None:
    stored = (ijk().astype(int) + 1024).clip(0).astype(np.uint16)
    scan = read_scan(write_nifti(tmp_path / "a.nii", stored, AFFINE))
    assert codes(scan) == {"offset_1024"}
    assert np.array_equal(scan.volume.hu, HU.clip(-1024))


def test_eight_bits_are_refused_or_said(tmp_path: Path) -> None:
    grey = ((ijk().astype(float) + 1024) / 8).clip(0, 255).astype(np.uint8)
    path = write_nifti(tmp_path / "a.nii", grey, AFFINE)
    assert code_of(path) == "eight_bit"
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([8, -1024], "<f4").tobytes()
    path.write_bytes(content)
    assert "eight_bit" in codes(read_scan(path))


def test_grey_values_of_a_picture_are_refused_in_any_type(tmp_path: Path) -> None:
    grey = ((ijk().astype(float) + 1024) / 8).clip(0, 255).astype(np.int16)
    assert code_of(write_nifti(tmp_path / "a.nii", grey, AFFINE)) == "eight_bit"


def test_mr_values_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.where(ijk() > -500, rng.integers(200, 1800, ijk().shape), rng.integers(0, 30, ijk().shape))
    assert code_of(write_nifti(tmp_path / "a.nii", values.astype(np.int16), AFFINE)) == "not_hounsfield"


def test_nan_at_the_edge_is_air_and_said(tmp_path: Path) -> None:
    values = ijk().astype(np.float32)
    values[:2] = np.nan
    scan = read_scan(write_nifti(tmp_path / "a.nii", values, AFFINE))
    assert codes(scan) == {"nan_padding"}
    assert (scan.volume.hu[:, :, :2] == -1024).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_inside_is_refused(tmp_path: Path, bad: float) -> None:
    values = ijk().astype(np.float32)
    values[10, 12, 5] = bad
    assert code_of(write_nifti(tmp_path / "a.nii", values, AFFINE)) == "not_a_number"


def test_nothing_but_nan_is_refused(tmp_path: Path) -> None:
    values = np.full(ijk().shape, np.nan, np.float32)
    assert code_of(write_nifti(tmp_path / "a.nii", values, AFFINE)) == "not_a_number"


@pytest.mark.parametrize(("unit", "scale"), [(1, 0.001), (3, 1000.0)])
def test_metres_and_micrometres_become_millimetres(tmp_path: Path, unit: int, scale: float) -> None:
    affine = AFFINE.copy()
    affine[:3] *= scale
    scan = read_scan(write_nifti(tmp_path / "a.nii", ijk(), affine, xyzt_units=unit))
    assert codes(scan) == {"unit_of_length"}
    assert scan.volume.grid.spacing_mm == pytest.approx((5, 8, 8), rel=1e-5)


def test_a_wrong_unit_is_refused(tmp_path: Path) -> None:
    assert code_of(write_nifti(tmp_path / "a.nii", ijk(), AFFINE, xyzt_units=3)) == "bad_spacing"
    assert code_of(write_nifti(tmp_path / "b.nii", ijk(), AFFINE, xyzt_units=1)) == "bad_spacing"


def test_a_single_fourth_dimension_is_dropped_and_a_true_one_refused(tmp_path: Path) -> None:
    one, two = ijk()[..., None], np.stack([ijk()] * 2, axis=-1)
    assert read_scan(write_nifti(tmp_path / "a.nii", one, AFFINE)).volume.hu.shape == HU.shape
    assert code_of(write_nifti(tmp_path / "b.nii", two, AFFINE)) == "bad_dimensions"
    assert code_of(write_nifti(tmp_path / "c.nii", ijk()[:, :, 0], AFFINE)) == "bad_dimensions"


def test_few_slices_are_refused(tmp_path: Path) -> None:
    assert code_of(write_nifti(tmp_path / "a.nii", ijk()[:, :, :2], AFFINE)) == "too_few_slices"


def test_no_orientation_is_said(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", ijk(), AFFINE)
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)
    path.write_bytes(content)
    assert "orientation_unknown" in codes(read_scan(path))


def test_a_qform_alone_is_used(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(ijk(), None)
    image.set_qform(AFFINE, code=1)
    image.header["sform_code"] = 0
    nibabel.save(image, tmp_path / "a.nii")
    scan = read_scan(tmp_path / "a.nii")
    assert codes(scan) == set()
    assert scan.volume.grid.points([[1, 2, 3]])[0] == pytest.approx([-66, -64, -25])


def test_two_placements_are_said(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(ijk(), AFFINE)
    image.set_sform(AFFINE, code=1)
    image.set_qform(np.diag([-1.0, 1, 1, 1]) @ AFFINE, code=1)
    nibabel.save(image, tmp_path / "a.nii")
    assert codes(read_scan(tmp_path / "a.nii")) == {"two_placements"}


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kept", [0.1, 0.7, 0.999])
def test_a_truncated_nifti_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    path = write_nifti(tmp_path / name, ijk(), AFFINE)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert code_of(path) == "truncated"


def test_what_is_no_nifti_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"not an image" * 100)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(b"not an image" * 100))
    assert code_of(tmp_path / "a.nii") == "not_nifti"
    assert code_of(tmp_path / "b.nii.gz") == "not_nifti"


def test_a_header_that_announces_a_bomb_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", ijk(), AFFINE)
    content = bytearray(path.read_bytes())
    content[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    path.write_bytes(content)
    assert code_of(path) == "bad_dimensions"


def test_an_affine_that_places_nothing_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", ijk(), AFFINE)
    content = bytearray(path.read_bytes())
    content[280:296] = bytes(16)
    path.write_bytes(content)
    assert code_of(path) == "bad_affine"


def test_a_folder_with_one_nifti_is_read_and_with_two_is_asked_about(tmp_path: Path) -> None:
    write_nifti(tmp_path / "a.nii", ijk(), AFFINE)
    (tmp_path / "LICENSE").write_text("words")
    assert read_scan(tmp_path).volume.hu.shape == HU.shape
    write_nifti(tmp_path / "b.nii", ijk(), AFFINE)
    assert code_of(tmp_path) == "several_files"
