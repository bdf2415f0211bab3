"""Every scan is found, holes are told, and no name of a person travels into results."""

from __future__ import annotations

import os

import pytest

from brainsand.cohort.model import shard_of
from brainsand.cohort.plan import find_scans, only
from brainsand.errors import UsageError


def lay(root, *paths, says="x"):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(says, encoding="utf-8")
    return root


def test_a_bids_dataset_gives_one_unit_a_scan_with_age_sex_and_voltage(tmp_path):
    lay(tmp_path, "sub-02/ses-b/anat/sub-02_ses-b_run-1_CT.nii.gz", "sub-01/ct/sub-01_ct.nii")
    lay(
        tmp_path,
        "sub-01/ct/sub-01_ct.json",
        says='{"KVP": 100, "SliceThickness": 2.5, "Manufacturer": "Maker"}',
    )
    lay(tmp_path, "participants.tsv", says="participant_id\tage\tsex\nsub-01\t89+\tfemale\n02\t40\tM\n")
    first, second = find_scans(tmp_path).units
    assert (first.id, first.age_years, first.sex, first.kvp) == ("sub-01", 89.0, "F", 100.0)
    assert first.beside == {"manufacturer": "Maker", "thickness_mm": 2.5}
    assert (second.id, second.session, second.age_years) == ("sub-02_ses-b_run-1", "ses-b", 40.0)
    assert second.folder.as_posix() == "sub-02/ses-b/ct"


def test_holes_of_a_bids_tree_are_told_and_the_rest_is_read(tmp_path):
    lay(tmp_path, "sub-01/ct/sub-01_ct.nii.gz", "sub-02/anat/sub-02_T1w.nii.gz", "sub-03/ses-1/note.txt")
    lay(tmp_path, "participants.tsv", says="participant_id\nsub-01\nsub-09\n")
    plan = find_scans(tmp_path)
    assert [u.id for u in plan.units] == ["sub-01"]
    assert {r.place for r in plan.remarks if r.hole} == {"sub-02", "sub-03/ses-1", "sub-09"}


def test_two_sessions_of_one_date_are_ordered_by_name_and_that_is_told(tmp_path):
    lay(tmp_path, "sub-01/ses-b/ct/sub-01_ses-b_ct.nii", "sub-01/ses-a/ct/sub-01_ses-a_ct.nii")
    lay(tmp_path, "sub-01/ses-c/ct/sub-01_ses-c_ct.nii")
    rows = "session_id\tacq_time\nses-a\t2020-05-01\nses-b\t2020-05-01\nses-c\t2019-01-01T08:00:00\n"
    lay(tmp_path, "sub-01/sub-01_sessions.tsv", says=rows)
    plan = find_scans(tmp_path)
    assert {u.session: u.order for u in plan.units} == {"ses-c": 1, "ses-a": 2, "ses-b": 3}
    assert [r.code for r in plan.remarks] == ["one_date"]
    assert "ses-a, ses-b" in plan.remarks[0].place


def test_a_scan_in_two_files_of_one_name_is_read_once(tmp_path):
    lay(tmp_path, "sub-01/ct/sub-01_ct.nii", "sub-01/ct/sub-01_ct.nii.gz")
    plan = find_scans(tmp_path)
    assert len(plan.units) == 1
    assert plan.remarks[0].code == "same_name"


def test_names_with_spaces_and_umlauts_become_labels_that_tell_nothing(tmp_path):
    lay(tmp_path, "Müller, Hans 1950/scan 1.nii.gz", "P001.nii.gz")
    plan = find_scans(tmp_path)
    assert plan.kind == "tree"
    named = {u.source: u.id for u in plan.units}
    assert named["P001.nii.gz"] == "sub-P001"
    other = named["Müller, Hans 1950/scan 1.nii.gz"]
    assert other.startswith("sub-")
    assert other.removeprefix("sub-").isalnum()
    assert other.isascii()


@pytest.mark.skipif(os.name != "posix", reason="other systems keep names as text")
def test_a_name_in_the_bytes_of_an_old_file_system_is_read_and_told(tmp_path):
    (tmp_path / os.fsdecode(b"M\xfcller")).mkdir()
    (tmp_path / os.fsdecode(b"M\xfcller/a.nii")).write_text("x")
    (unit,) = find_scans(tmp_path).units
    assert unit.source == "M\ufffdller/a.nii"
    assert unit.id.isascii()
    assert os.path.exists(unit.path)


def test_adding_a_scan_renames_none(tmp_path):
    lay(tmp_path, "b c/x.nii", "d.nii")
    before = {u.source: u.id for u in find_scans(tmp_path).units}
    lay(tmp_path, "a b/x.nii", "c.nii")
    after = {u.source: u.id for u in find_scans(tmp_path).units}
    assert before.items() <= after.items()


def dicom(path, *, study, patient, date="20200101"):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"1.2.{abs(hash(str(path))) % 10**9}"
    ds.StudyInstanceUID, ds.PatientID, ds.StudyDate = study, patient, date
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def test_series_folders_of_one_study_are_one_scan_and_a_person_is_known_by_number(tmp_path):
    dicom(tmp_path / "A" / "thin" / "1", study="1.1", patient="7", date="20210101")
    dicom(tmp_path / "A" / "bone" / "1", study="1.1", patient="7", date="20210101")
    dicom(tmp_path / "B" / "1.dcm", study="1.2", patient="7", date="20200101")
    dicom(tmp_path / "C" / "1.dcm", study="1.3", patient="8")
    units = {u.source: u for u in find_scans(tmp_path).units}
    assert set(units) == {"A", "B", "C"}
    assert units["A"].person == units["B"].person != units["C"].person
    assert (units["A"].order, units["B"].order) == (2, 1)
    assert "7" not in units["A"].person


def test_a_folder_that_cannot_be_read_as_dicom_is_still_a_scan_so_that_its_failure_is_told(tmp_path):
    lay(tmp_path, "broken/0001.dcm", "notes/readme.txt")
    assert [u.source for u in find_scans(tmp_path).units] == ["broken"]


def test_other_files_beside_a_nifti_file_make_no_second_scan_of_it(tmp_path):
    lay(tmp_path, "one/head.nii.gz", "one/head.mhd", "one/head.raw")
    assert [u.source for u in find_scans(tmp_path).units] == ["one/head.nii.gz"]


def test_links_to_folders_are_followed_and_circles_are_not(tmp_path):
    lay(tmp_path, "far/a.nii", "in/b.nii")
    (tmp_path / "in" / "near").symlink_to(tmp_path / "far", target_is_directory=True)
    (tmp_path / "far" / "round").symlink_to(tmp_path / "in", target_is_directory=True)
    assert [u.source for u in find_scans(tmp_path / "in").units] == ["b.nii", "near/a.nii"]


def test_a_table_of_paths_is_read_whatever_parts_its_columns(tmp_path):
    rows = "Path;participant_id;session_id;age;sex;kvp;tsh\na b.nii;Ä 1;1;47,5;w;120;2\nc.nii;x;;;M;;3\n"
    table = lay(tmp_path, "t.csv", says=rows) / "t.csv"
    units = {u.source: u for u in find_scans(table).units}
    assert (units["a b.nii"].age_years, units["a b.nii"].sex, units["a b.nii"].kvp) == (47.5, "F", 120.0)
    assert units["a b.nii"].path == str(tmp_path / "a b.nii")
    assert units["c.nii"].id == "sub-x"


def test_a_table_without_a_column_path_is_refused_with_what_is_likely_meant(tmp_path):
    table = lay(tmp_path, "t.csv", says="filename,age\na.nii,3\n") / "t.csv"
    with pytest.raises(
        UsageError, match=r"columns filename, age; it needs one called path\. Is 'filename' meant"
    ):
        find_scans(table)


def test_a_wrong_cell_or_column_is_told_and_the_scan_is_read(tmp_path):
    table = lay(tmp_path, "t.csv", says="path,age,particpant_id\na.nii,old,7\n,4,8\n") / "t.csv"
    plan = find_scans(table)
    assert [u.age_years for u in plan.units] == [None]
    assert {r.code for r in plan.remarks} == {"bad_cell", "no_path", "column"}


def test_scans_of_one_person_and_session_get_names_of_their_own(tmp_path):
    table = lay(tmp_path, "t.csv", says="path,participant_id\na.nii,1\nb.nii,1\n") / "t.csv"
    ids = [u.id for u in find_scans(table).units]
    assert len(set(ids)) == 2
    assert all(i.startswith("sub-1_acq-") for i in ids)


def test_nothing_there_and_a_file_that_is_no_table_are_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="There is nothing at"):
        find_scans(tmp_path / "none")
    with pytest.raises(UsageError, match="a table of paths"):
        find_scans(lay(tmp_path, "a.nii") / "a.nii")


def test_shards_part_the_scans_and_labels_choose_among_them(tmp_path):
    lay(tmp_path, *(f"sub-{k:02d}/ct/sub-{k:02d}_ct.nii" for k in range(20)))
    plan = find_scans(tmp_path)
    parts = [only(plan, shard=(i, 3)).units for i in (1, 2, 3)]
    assert sorted(u.id for part in parts for u in part) == [u.id for u in plan.units]
    assert all(shard_of(u.id, 3) == 2 for u in parts[1])
    assert [u.id for u in only(plan, people=["sub-03", "05"]).units] == ["sub-03", "sub-05"]
    with pytest.raises(UsageError, match="--participant-label 99: no scan"):
        only(plan, people=["99"])
