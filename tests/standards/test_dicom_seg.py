"""The SEG read back by highdicom and pydicom, and judged by dciodvfy."""

from __future__ import annotations

import dataclasses

import highdicom
import numpy as np
import pydicom
import pytest

from brainsand.model.codes import site_code
from brainsand.report.dicom_source import tracking_uid
from report.fake_case import fake_deposit
from samples import axial_positions, head_hu, write_enhanced, write_series

from .conftest import TILTED, dciodvfy_errors, mask_on


def _expected(marks):
    """Segment numbers by hand: ectopic pallida first, the left one before the right, then the falx."""
    return np.select([marks == 1, marks == 2, marks == 3], [1, 2, 3], 0)


@pytest.mark.parametrize("positions", [axial_positions(12), TILTED], ids=["upright", "tilted and uneven"])
def test_the_mask_put_back_on_the_slices_is_the_map_of_deposits(written, positions):
    made = written(positions=positions)
    assert np.array_equal(mask_on(made.scan, made.folder / "seg.dcm"), _expected(made.case.picture.deposits))
    assert dciodvfy_errors(made.folder / "seg.dcm") == []


def test_a_matrix_whose_frames_end_within_a_byte(written):
    made = written(hu=head_hu((12, 31, 33)))
    assert np.array_equal(mask_on(made.scan, made.folder / "seg.dcm"), _expected(made.case.picture.deposits))
    assert dciodvfy_errors(made.folder / "seg.dcm") == []


def test_frames_of_an_enhanced_file_in_any_order_are_found_again(written, tmp_path):
    order = np.random.default_rng(0).permutation(12)
    places = [axial_positions(12)[k] for k in order]
    source = write_enhanced(tmp_path / "one.dcm", head_hu()[order], places)
    made = written(source)
    assert np.array_equal(mask_on(made.scan, made.folder / "seg.dcm"), _expected(made.case.picture.deposits))
    assert dciodvfy_errors(made.folder / "seg.dcm") == []


def test_frames_of_two_multi_frame_files_point_each_to_its_own_file(written, tmp_path):
    places, hu = axial_positions(12), head_hu()
    (tmp_path / "two").mkdir()
    for number in (0, 1):
        path = write_enhanced(tmp_path / "two" / f"{number}.dcm", hu[number::2], places[number::2])
        dataset = pydicom.dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"2.25.{number + 1}"
        dataset.save_as(path)
    made = written(tmp_path / "two")
    seg, marks = made.dataset("seg.dcm"), made.case.picture.deposits
    pixels = seg.pixel_array
    back = np.zeros(marks.shape, bool)
    for frame, picture in zip(seg.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        file, number = int(source.ReferencedSOPInstanceUID[-1]) - 1, int(source.ReferencedFrameNumber) - 1
        back[2 * number + file] |= picture > 0
    assert np.array_equal(back, marks > 0)
    assert len(seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 2
    assert dciodvfy_errors(made.folder / "seg.dcm") == []
    assert dciodvfy_errors(made.folder / "sr.dcm") == []


def test_each_frame_lies_where_its_slice_says_and_is_as_thick(written):
    made = written(positions=TILTED, SliceThickness=4)
    seg = made.dataset("seg.dcm")
    where = {s.sop_uid: s for s in made.scan.slices}
    for frame in seg.PerFrameFunctionalGroupsSequence:
        source = where[frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert tuple(frame.PlanePositionSequence[0].ImagePositionPatient) == source.position_mm
    assert seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness == 4
    assert "SpacingBetweenSlices" not in seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]


def test_slices_without_calcium_have_no_frame(written):
    seg = written().dataset("seg.dcm")
    assert seg.NumberOfFrames == 4 + 4 + 1
    assert len(seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 12


def test_a_slice_that_came_twice_is_pointed_to_once(written, tmp_path):
    write_series(tmp_path / "twice" / "a")
    write_series(tmp_path / "twice" / "b", names=[f"again_{k}" for k in range(12)])
    made = written(tmp_path / "twice")
    assert np.array_equal(mask_on(made.scan, made.folder / "seg.dcm"), _expected(made.case.picture.deposits))


def test_a_segment_says_site_side_kind_of_tissue_and_who_drew_it(written):
    made = written()
    seg = highdicom.seg.segread(made.folder / "seg.dcm")
    left, right, falx = seg.SegmentSequence
    for segment, side in ((left, "7771000"), (right, "24028007")):
        region = segment.AnatomicRegionSequence[0]
        assert (region.CodeValue, region.AnatomicRegionModifierSequence[0].CodeValue) == (
            "14738005",
            side,
        )
        assert segment.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
        assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "18115005"
        assert segment.SegmentationAlgorithmIdentificationSequence[0].AlgorithmName == "brainsand"
    assert falx.AnatomicRegionSequence[0].CodeMeaning == "Dura mater"
    assert falx.PrimaryAnatomicStructureSequence[0].CodeValue == site_code("falx").value
    assert "AnatomicRegionModifierSequence" not in falx.AnatomicRegionSequence[0]
    assert left.TrackingUID == tracking_uid(made.scan.acquisition.sha256, "globus_pallidus", "left")
    assert len({segment.TrackingUID for segment in seg.SegmentSequence}) == 3


def test_all_deposits_of_a_site_and_side_share_a_segment(written):
    deposits = tuple(fake_deposit(n, "cortex", "left" if n % 2 else "right") for n in range(1, 501))
    marks = np.zeros((12, 32, 32), np.int32)
    marks.reshape(-1)[: 500 * 3 : 3] = np.arange(1, 501)
    made = written(deposits=deposits, marks=marks)
    assert made.dataset("seg.dcm").SegmentSequence[1].SegmentNumber == 2
    back = mask_on(made.scan, made.folder / "seg.dcm")
    assert np.array_equal(back > 0, marks > 0)
    side = {s.SegmentNumber: s.SegmentLabel for s in made.dataset("seg.dcm").SegmentSequence}
    lefts = [number for number, label in side.items() if label.startswith("left")]
    assert np.array_equal(back == lefts[0], marks % 2 == 1)


def test_a_deposit_without_a_voxel_on_the_scan_makes_no_segment(written):
    made = written()
    lost = dataclasses.replace(made.case.deposits[0], id=4, site="pineal", side="midline")
    again = written(deposits=(*made.case.deposits, lost))
    assert [s.SegmentNumber for s in again.dataset("seg.dcm").SegmentSequence] == [1, 2, 3]


def test_a_case_without_calcium_has_no_seg(written):
    assert written(deposits=(), marks=np.zeros((12, 32, 32), np.int32), also=("seg",)).files == {}
