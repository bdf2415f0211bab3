"""What all DICOM objects share: patient and study of the scan, identifiers, dates, and scans that lack something."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from brainsand import run, writing
from brainsand.errors import NoImagesToPointTo
from brainsand.exports import NEED_DICOM, NOTHING, check_scan
from brainsand.model.codes import OWN, SCHEMES
from brainsand.read.scan import read_scan
from brainsand.report import dicom_seg
from brainsand.report.dicom_seg import segmentation
from brainsand.save import whole_results
from samples import head_hu, write_nifti, write_series

from .conftest import dciodvfy_errors, export_of

ALL = ("seg", "sr", "sc")
NAMES = {
    "no character set": ([], "Doe^Jane"),
    "ISO_IR 100": (["ISO_IR 100"], "Müller-Lüdenscheidt^Jürgen"),
    "ISO_IR 192": (["ISO_IR 192"], "Özgür^Ayşe"),
    "ISO 2022 IR 87": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "ISO_IR 144": (["ISO_IR 144"], "Люкceмбypг"),
}


def files_of(made) -> list[Path]:
    return [made.folder / name for name in made.files]


@pytest.mark.parametrize("charset, name", NAMES.values(), ids=list(NAMES))
def test_the_patients_name_is_carried_over_in_any_character_set(written, charset, name):
    elements = {"SpecificCharacterSet": charset} if charset else {}
    made = written(also=ALL, PatientName=name, **elements)
    for file in files_of(made):
        found = pydicom.dcmread(file)
        assert found.SpecificCharacterSet == "ISO_IR 192"
        assert str(found.PatientName) == name
        assert dciodvfy_errors(file) == []


def test_a_latin_name_in_a_file_that_names_no_character_set_is_carried_over(written, tmp_path):
    paths = write_series(tmp_path / "scan", PatientName="Meier^Joerg")
    for path in paths:
        path.write_bytes(path.read_bytes().replace(b"Joerg", "Jörg ".encode("latin-1")))
    made = written(tmp_path / "scan")
    assert str(made.dataset("seg.dcm").PatientName) == "Meier^Jörg"


def test_study_and_patient_are_those_of_the_scan(written):
    told = {
        "PatientBirthDate": "19500607",
        "PatientSex": "F",
        "PatientAge": "075Y",
        "IssuerOfPatientID": "HOSPITAL",
        "StudyDate": "20260101",
        "StudyTime": "101112",
        "StudyID": "S7",
        "AccessionNumber": "A123",
        "ReferringPhysicianName": "House^Gregory",
        "StudyDescription": "CT HEAD",
    }
    made = written(also=ALL, **told)
    scan = made.scan.slices[0]
    for file in files_of(made):
        found = pydicom.dcmread(file)
        assert {keyword: str(found.get(keyword)) for keyword in told} == told
        assert (found.PatientID, found.StudyInstanceUID) == ("P1", scan.study_uid)
        assert found.SeriesInstanceUID != scan.series_uid
        assert dciodvfy_errors(file) == []
    assert made.dataset("seg.dcm").FrameOfReferenceUID == made.scan.acquisition.frame_of_reference_uid


@pytest.mark.parametrize(
    "told",
    [
        {"PatientID": "P" * 80},
        {"AccessionNumber": "A" * 20},
        {"StudyDate": "2026.01.02"},
        {"StudyDate": "yesterday"},
        {"PatientAge": "45"},
        {"PatientName": "Doe^Jane^a^b^c^d"},
        {"PatientSex": "X"},
        {"StudyDescription": "HEAD\\nCT"},
        {"SpecificCharacterSet": "ISO_IR 999"},
    ],
    ids=str,
)
def test_what_the_scan_says_against_the_standard_is_carried_over_and_stops_nothing(written, tmp_path, told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = pydicom.config.settings
        before, config.writing_validation_mode = config.writing_validation_mode, pydicom.config.IGNORE
        write_series(tmp_path / "scan", **told)
        config.writing_validation_mode = before
    made = written(tmp_path / "scan", also=ALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in files_of(made):
            found = pydicom.dcmread(file)
            for keyword, value in told.items():
                if keyword != "SpecificCharacterSet":
                    assert str(found.get_item(keyword).value, "utf-8").strip() == value


def test_sequences_of_the_study_are_carried_over_in_its_character_set(written, tmp_path):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "CTK", "99LOCAL", "Schädel-CT"
    made = written(SpecificCharacterSet="ISO_IR 100", ProcedureCodeSequence=[code])
    for name in made.files:
        found = made.dataset(name)
        assert found.ProcedureCodeSequence[0].CodeMeaning == "Schädel-CT"
        assert dciodvfy_errors(made.folder / name) == []


def test_a_scan_in_a_zip_gives_the_same_objects(written, tmp_path):
    paths = write_series(tmp_path / "scan", StudyDescription="CT HEAD")
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    assert written(tmp_path / "scan.zip").files == written(tmp_path / "scan").files


def test_what_the_folder_is_called_makes_no_other_object(written, tmp_path):
    write_series(tmp_path / "one")
    write_series(tmp_path / "other")
    first, second = written(tmp_path / "one"), written(tmp_path / "other")
    assert first.files == second.files


@pytest.mark.parametrize(
    "lacking",
    ["PatientName", "PatientID", "FrameOfReferenceUID", "SliceThickness", "SeriesNumber", "InstanceNumber"],
)
def test_what_the_scan_lacks_is_left_empty_and_the_objects_stay_valid(written, lacking):
    made = written(also=ALL, **{lacking: None})
    for file in files_of(made):
        assert dciodvfy_errors(file) == []
        if lacking.startswith("Patient"):
            assert pydicom.dcmread(file)[lacking].is_empty


def test_a_scan_without_a_frame_of_reference_gets_one_of_its_series_own(written):
    made, again = written(FrameOfReferenceUID=None), written(FrameOfReferenceUID=None)
    first, second = made.dataset("seg.dcm"), again.dataset("seg.dcm")
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    other = written(FrameOfReferenceUID=None, series="2").dataset("seg.dcm")
    assert other.FrameOfReferenceUID != first.FrameOfReferenceUID


def test_a_scan_that_was_anonymized_says_so_in_its_objects(written):
    made = written(also=ALL, PatientIdentityRemoved="YES")
    for file in files_of(made):
        assert pydicom.dcmread(file).PatientIdentityRemoved == "YES"
        assert dciodvfy_errors(file) == []


def test_pixels_once_compressed_with_loss_stay_marked(written):
    told = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": 8,
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    made = written(**told)
    seg = made.dataset("seg.dcm")
    assert {keyword: seg.get(keyword) for keyword in told} == told
    assert dciodvfy_errors(made.folder / "seg.dcm") == []


def test_the_same_case_gives_the_same_bytes(written, tmp_path):
    write_series(tmp_path / "scan")
    one, other = written(tmp_path / "scan", also=ALL), written(tmp_path / "scan", also=ALL)
    assert one.files == other.files


def test_another_moment_changes_dates_alone(written, tmp_path):
    write_series(tmp_path / "scan")
    one = written(tmp_path / "scan", also=ALL)
    other = written(tmp_path / "scan", also=ALL, created="2027-03-04T05:06:07+00:00")
    for name in one.files:
        first, second = one.dataset(name), other.dataset(name)
        changed = {e.keyword for e in first if first[e.tag] != second.get(e.tag)}
        assert changed == {
            "InstanceCreationDate",
            "InstanceCreationTime",
            "SeriesDate",
            "SeriesTime",
            "ContentDate",
            "ContentTime",
        }


def test_another_reading_is_another_instance_and_tracks_the_same_deposits(written, tmp_path):
    write_series(tmp_path / "scan")
    one = written(tmp_path / "scan", also=ALL)
    other = written(tmp_path / "scan", also=ALL, changes={"settings_hash": "e" * 64})
    for name in one.files:
        assert one.dataset(name).SOPInstanceUID != other.dataset(name).SOPInstanceUID
        assert one.dataset(name).SeriesInstanceUID != other.dataset(name).SeriesInstanceUID
    first, second = (
        [segment.TrackingUID for segment in made.dataset("seg.dcm").SegmentSequence] for made in (one, other)
    )
    assert first == second


def test_times_are_in_the_scans_own_zone_where_it_names_one(written):
    made = written(TimezoneOffsetFromUTC="+0530", created="2026-02-03T20:00:00+00:00")
    seg = made.dataset("seg.dcm")
    assert (seg.ContentDate, seg.ContentTime) == ("20260204", "013000")
    assert seg.TimezoneOffsetFromUTC == "+0530"


def test_our_scheme_is_identified_and_all_its_codes_are_published(written):
    page = Path(__file__).parents[2] / "docs" / "reference" / "codes.md"
    published = dict(re.findall(r"^\| (\d+) \| (.+?) \|", page.read_text(encoding="utf-8"), re.MULTILINE))
    made = written()
    for name in ("seg.dcm", "sr.dcm"):
        dataset = made.dataset(name)
        (scheme,) = dataset.CodingSchemeIdentificationSequence
        assert (scheme.CodingSchemeDesignator, scheme.CodingSchemeUID) == (OWN, SCHEMES[OWN].uid)
        items = [item for e in dataset.iterall() if e.VR == "SQ" for item in e.value if "CodeValue" in item]
        ours = {(i.CodeValue, i.CodeMeaning) for i in items if i.CodingSchemeDesignator == OWN}
        assert ours
        assert ours <= set(published.items())


def test_every_uid_is_well_formed_and_every_text_fits_its_element(written):
    made = written(also=ALL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in made.files:
            for element in made.dataset(name).iterall():
                if element.VR == "UI":
                    values = element.value if element.VM > 1 else [element.value]
                    assert all(pydicom.uid.UID(value).is_valid for value in values)
                elif element.VR in ("LO", "PN"):
                    assert len(str(element.value)) <= 64


def test_key_pictures_are_few_in_colour_and_burn_in_no_name(written):
    made = written(also=("sc",))
    assert list(made.files) == [f"sc/{n:04d}.dcm" for n in range(1, len(made.files) + 1)]
    assert 4 <= len(made.files) <= 6
    for number, name in enumerate(made.files, start=1):
        picture = made.dataset(name)
        pixels = picture.pixel_array
        assert picture.BurnedInAnnotation == "NO"
        assert (picture.InstanceNumber, picture.SeriesNumber) == (number, 9003)
        assert pixels.shape == (picture.Rows, picture.Columns, 3)
        assert (pixels.max(axis=-1) != pixels.min(axis=-1)).any()  # there is colour
        assert dciodvfy_errors(made.folder / name) == []
    assert len({made.dataset(name).SeriesInstanceUID for name in made.files}) == 1


def test_names_change_no_pixel_of_the_key_pictures(written):
    one = written(also=("sc",), PatientName="Doe^Jane", StudyDate="20260101")
    other = written(also=("sc",), PatientName="Quixote^Alonso", StudyDate="19991231")
    for name in one.files:
        assert one.dataset(name).PixelData == other.dataset(name).PixelData


def test_key_pictures_of_a_head_without_calcium_show_three_planes(written):
    made = written(also=("sc",), deposits=(), marks=np.zeros((12, 32, 32), np.int32))
    orientations = [tuple(made.dataset(name).PatientOrientation) for name in made.files]
    assert orientations == [("L", "P"), ("L", "F"), ("P", "F")] * 2
    assert all(dciodvfy_errors(file) == [] for file in files_of(made))


@pytest.mark.parametrize("form", sorted(NEED_DICOM))
def test_a_nifti_is_refused_before_the_analysis(form, tmp_path, monkeypatch):
    path = write_nifti(tmp_path / "head.nii", head_hu().T, np.diag([6.0, 6.0, 5.0, 1.0]))
    monkeypatch.setattr(run, "_analyze", lambda *_: pytest.fail("it was analyzed"))
    with pytest.raises(NoImagesToPointTo, match=f"--also {form} makes DICOM objects .* NIfTI"):
        run.run_scan(path, tmp_path / "out", also=[form])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SOPInstanceUID"])
def test_a_scan_whose_images_have_no_identifiers_is_refused(keyword, tmp_path):
    write_series(tmp_path / "scan", **{keyword: ""})
    scan = read_scan(tmp_path / "scan")
    with pytest.raises(
        NoImagesToPointTo, match=re.sub("(?<!^)(I|UID)", r" \1", keyword).replace("S O P", "SOP")
    ):
        check_scan(["seg"], scan)
    check_scan(["phenopacket"], scan)


def test_a_format_with_nothing_to_write_is_said_and_a_file_of_two_is_made_once(
    written, tmp_path, monkeypatch
):
    made = written(deposits=(), marks=np.zeros((12, 32, 32), np.int32))
    with whole_results(tmp_path / "out") as draft:
        export = export_of(made.scan, made.case)
        assert writing.also_written(draft, export, ("seg", "sr"), run.SILENT) == (NOTHING["seg"],)
    full = written()
    built = []
    monkeypatch.setattr(dicom_seg, "segmentation", lambda *on: built.append(on) or segmentation(*on))
    with whole_results(tmp_path / "two") as draft:
        assert writing.also_written(draft, export_of(full.scan, full.case), ("seg", "sr"), run.SILENT) == ()
    assert sorted(p.name for p in (tmp_path / "two").iterdir()) == ["seg.dcm", "sr.dcm"]
    assert len(built) == 1
    # The same two files as where the report brings the segmentation by itself.
    with whole_results(tmp_path / "one") as draft:
        assert writing.also_written(draft, export_of(full.scan, full.case), ("sr",), run.SILENT) == ()
    for name in ("seg.dcm", "sr.dcm"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
