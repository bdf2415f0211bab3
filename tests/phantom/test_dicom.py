"""DICOM: written, read back by pydicom, the same place and the same HU."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest

from brainsand.model.grid import Grid
from brainsand.phantom.dicom import to_dicom
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.scanner import image

PROTOCOL = Protocol(
    slice_mm=4,
    matrix=64,
    in_plane_mm=3.4,
    tilt_deg=18.5,
    yaw_deg=5,
    kvp=100,
    upper_from_slice=20,
    upper_slice_mm=7,
)


@pytest.fixture(scope="module")
def volume(head):
    return image(head, [], PROTOCOL, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def read_back(volume):
    datasets = to_dicom(volume, PROTOCOL, {"age_years": 47, "sex": "F"}, rng=np.random.default_rng(1))
    files = []
    for ds in datasets:
        buffer = BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        buffer.seek(0)
        files.append(pydicom.dcmread(buffer))
    return files


def test_every_voxel_comes_back_in_hounsfield_units(volume, read_back):
    hu = np.stack([f.pixel_array * float(f.RescaleSlope) + float(f.RescaleIntercept) for f in read_back])
    assert np.array_equal(hu, volume.hu)


def test_the_grid_comes_back_from_position_and_orientation_alone(volume, read_back):
    first = read_back[0]
    along_row, along_column = (np.array(first.ImageOrientationPatient[i : i + 3], float) for i in (0, 3))
    grid = Grid(
        shape=volume.hu.shape,
        origins_mm=np.array([f.ImagePositionPatient for f in read_back], float),
        row_step_mm=along_column * float(first.PixelSpacing[0]),
        column_step_mm=along_row * float(first.PixelSpacing[1]),
    )
    corners = [[0, 0, 0], [30, 63, 0], [5, 0, 63], [12, 40, 21]]
    assert np.allclose(grid.points(corners), volume.grid.points(corners), atol=1e-6)
    assert grid.tilt_deg == pytest.approx(18.5, abs=1e-6)


def test_the_header_says_how_it_was_made_and_that_nobody_was_scanned(read_back):
    f = read_back[3]
    assert str(f.PatientName).startswith("NOBODY^")
    assert (f.PatientAge, f.PatientSex, float(f.KVP), float(f.GantryDetectorTilt)) == ("047Y", "F", 100, 18.5)
    assert [float(g.SliceThickness) for g in (read_back[0], read_back[-1])] == [4.0, 7.0]
    assert f.SOPClassUID == pydicom.uid.CTImageStorage


def test_identifiers_are_valid_unique_and_drawn_from_the_seed(volume, read_back):
    uids = [f.SOPInstanceUID for f in read_back]
    assert len(set(uids)) == len(uids)
    assert all(uid.is_valid and uid.startswith("2.25.") for uid in uids)
    assert len({f.SeriesInstanceUID for f in read_back}) == 1
    again = to_dicom(volume, PROTOCOL, {"age_years": 47, "sex": "F"}, rng=np.random.default_rng(1))
    assert [d.SOPInstanceUID for d in again] == uids


def test_a_person_without_age_or_sex_has_none_in_the_header(volume):
    ds = to_dicom(volume, PROTOCOL, {}, rng=np.random.default_rng(1))[0]
    assert "PatientAge" not in ds
    assert ds.PatientSex == "O"


def test_an_infants_age_is_in_months(volume):
    ds = to_dicom(volume, PROTOCOL, {"age_years": 0.75}, rng=np.random.default_rng(1))[0]
    assert ds.PatientAge == "009M"
