"""Scans of one patient have one word under one key, however they come; the word tells nobody who it is."""

from __future__ import annotations

import zipfile

import pytest

from brainsand.read.whose import LETTERS, whose
from samples import axial_positions, head_hu, slice_dataset, write

KEY, OTHER_KEY = b"k" * 32, b"q" * 32


@pytest.fixture
def scan(tmp_path):
    def made(name, patient):
        hu = head_hu()
        for k, position in enumerate(axial_positions(2)):
            ds = slice_dataset(hu[k], number=k + 1, position=position, patient=patient, study="1")
            write(ds, tmp_path / name / f"{k}.dcm")
        return tmp_path / name

    return made


def test_a_folder_a_file_and_a_zip_of_one_patient_have_one_word(scan, tmp_path):
    folder = scan("a", "P-1712")
    (folder / "000.txt").write_text("no image")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(folder / "0.dcm", "study/0.dcm")
    words = {whose(path, KEY) for path in (folder, folder / "1.dcm", tmp_path / "a.zip", scan("b", "P-1712"))}
    (word,) = words
    assert len(word) == LETTERS
    assert "1712" not in word


def test_another_patient_or_another_key_has_another_word(scan):
    first = scan("a", "P1")
    assert len({whose(first, KEY), whose(scan("b", "P2"), KEY), whose(first, OTHER_KEY)}) == 3


def test_what_names_nobody_has_no_word(scan, tmp_path):
    (tmp_path / "head.nii.gz").write_bytes(b"x")
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    paths = [tmp_path / name for name in ("head.nii.gz", "broken.zip", "nothing")]
    paths += [scan("a", ""), scan("b", "anonymous")]
    assert [whose(path, KEY) for path in paths] == [None] * 5
