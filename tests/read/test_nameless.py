"""A header of which only what may stay is left, and what is made of several."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.dataset import Dataset

from brainsand.errors import ReadError, unsaid
from brainsand.read.basic_profile import profiled, pseudonym_of, uid_of
from brainsand.read.nameless import without_identity
from brainsand.read.scan import read_scan
from samples import ROOT, axial_positions, head_hu, slice_dataset, write_enhanced, write_series

KEY = b"sixteen bytes and more"


def header(**elements):
    return slice_dataset(head_hu()[0], **elements)


def kept(**elements) -> Dataset:
    return profiled(header(**elements), KEY, patient=("P1", ""))


def test_what_is_on_no_list_is_dropped():
    data = kept(
        InstitutionName="St. Doe", StudyDescription="Doe's head", PatientWeight=70, StationName="DOE1"
    )
    for keyword in ("InstitutionName", "StudyDescription", "PatientWeight", "StationName"):
        assert keyword not in data


def test_technique_place_and_pixels_stay():
    data = kept(ConvolutionKernel="STD+", Manufacturer="GE")
    assert (data.ConvolutionKernel, data.Manufacturer, data.KVP) == ("STD+", "GE", 120)
    assert data.ImagePositionPatient == [0, 0, 0]
    assert data.Rows == 32


def test_what_an_object_must_have_is_there_without_a_value():
    data = kept(StudyDate="20200101", AccessionNumber="A1", PatientBirthDate="19500101", StudyTime="1200")
    assert [data.StudyDate, data.AccessionNumber, data.PatientBirthDate, data.StudyTime] == ["", "", "", ""]


@pytest.mark.parametrize(
    "given, told",
    [("047Y", "047Y"), ("097Y", "090Y"), ("003M", "003M"), ("", None), (None, None)],
)
def test_the_age_stays_up_to_ninety(given, told):
    assert kept(**({} if given is None else {"PatientAge": given})).get("PatientAge") == told


def test_an_age_told_by_dates_alone_is_worked_out_before_they_go():
    assert kept(PatientBirthDate="19500101", StudyDate="20000701").PatientAge == "050Y"


def test_uids_of_objects_change_and_those_of_the_standard_do_not():
    data = kept()
    assert str(data.SOPClassUID) == "1.2.840.10008.5.1.4.1.1.2"
    assert data.SOPInstanceUID == uid_of(f"{ROOT}.1.1.1", KEY)
    assert data.StudyInstanceUID == uid_of(f"{ROOT}.1", KEY)
    assert pydicom.uid.UID(data.StudyInstanceUID).is_valid


def test_another_key_gives_other_uids_and_another_pseudonym():
    assert uid_of("1.2.3", KEY) != uid_of("1.2.3", b"another key of 16")
    assert pseudonym_of("P1", KEY) != pseudonym_of("P1", b"another key of 16")


def test_two_unnamed_persons_do_not_become_one():
    one, two = (profiled(header(study=s), KEY, patient=("", "", "")) for s in ("1", "2"))
    assert one.PatientID != two.PatientID


def test_a_scan_made_nameless_keeps_its_voxels_and_places(tmp_path):
    write_series(tmp_path / "Doe_Jane", SeriesDescription="Jane's head")
    scan = read_scan(tmp_path / "Doe_Jane")
    other = without_identity(scan, KEY)
    assert other.volume is scan.volume
    assert other.acquisition.source == "scan"
    assert other.acquisition.description is None
    assert [s.position_mm for s in other.slices] == [s.position_mm for s in scan.slices]
    assert [uid for uid, _ in other.acquisition.source_frames] == [s.sop_uid for s in other.slices]
    assert all(s.dataset.SOPInstanceUID == s.sop_uid for s in other.slices)


def test_the_file_behind_a_nameless_slice_stays_shut(tmp_path):
    write_series(tmp_path / "scan")
    scan = without_identity(read_scan(tmp_path / "scan"), KEY)
    with pytest.raises(PermissionError):
        scan.slices[0].item.open_at_most(None)


def test_frames_of_an_enhanced_file_share_one_header_without_names(tmp_path):
    hu = head_hu()
    path = write_enhanced(tmp_path / "e.dcm", hu, axial_positions(len(hu)))
    ds = pydicom.dcmread(path)
    content = Dataset()
    content.FrameComments, content.FrameReferenceDateTime = "DOE", "20200101"
    for frame in ds.PerFrameFunctionalGroupsSequence:
        frame.FrameContentSequence = [content]
    ds.save_as(path)
    scan = without_identity(read_scan(path), KEY)
    assert len({id(s.dataset) for s in scan.slices}) == 1
    data = scan.slices[0].dataset
    assert "DOE" not in str(data)
    assert "20200101" not in str(data)
    assert len(data.PerFrameFunctionalGroupsSequence) == len(hu)
    assert data.PerFrameFunctionalGroupsSequence[3].PlanePositionSequence[0].ImagePositionPatient[2] == 35


def test_the_source_and_a_refusal_have_names_struck_out_without_being_asked(tmp_path):
    folder = tmp_path / "Doe-19500203"
    write_series(folder, head_hu()[:3], PatientBirthDate="19500203", SeriesDescription="Jane head")
    with pytest.raises(ReadError) as refused:
        read_scan(folder)
    assert "Jane" not in str(refused.value)
    write_series(folder, PatientBirthDate="19500203", AccessionNumber="ACC-77")
    assert read_scan(folder).acquisition.source == "[removed]-[removed]"


@pytest.mark.parametrize(
    "words, left",
    [
        ("No series has the UID or number 'Doe'.", "No series has the UID or number."),
        ("The patient's age and the scanner's kernel.", "The patient's age and the scanner's kernel."),
        ('Chose series 1 "Doe\'s" (12 slices).', "Chose series 1 (12 slices)."),
        ("UID 1.2.840.113619.2.5, kernel B30.1", "UID [removed], kernel B30.1"),
        ("1.5 to 2.5 mm, version 1.2.3", "1.5 to 2.5 mm, version 1.2.3"),
    ],
)
def test_what_is_quoted_is_left_out_and_nothing_else(words, left):
    assert unsaid(words) == left
