"""Head CTs are read; everything else is left, with a reason that names nobody."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.node.verdict import Verdict, verdict_on
from node.conftest import mr_slice
from samples import head_hu, slice_dataset, write, write_series


def sr_object():
    ds = slice_dataset(np.zeros((2, 2), np.int16), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.34", Modality="SR")
    for keyword in ("Rows", "Columns", "PixelData"):
        delattr(ds, keyword)
    return ds


def test_a_head_ct_is_read_and_the_best_series_is_named(tmp_path):
    write_series(tmp_path, head_hu(), SeriesDescription="HEAD 5MM")
    write_series(tmp_path, head_hu((30, 32, 32)), series="2", SeriesDescription="HEAD 1MM", SliceThickness=1)
    verdict = verdict_on(tmp_path)
    assert verdict.wanted
    assert verdict.objects == 42
    assert "HEAD" in verdict.words
    assert "out of 2" in verdict.words


def test_a_ct_that_names_no_part_is_read_for_the_analysis_to_see(tmp_path):
    write_series(tmp_path)
    assert verdict_on(tmp_path).wanted


@pytest.mark.parametrize("said", [{"SeriesDescription": "CHEST 5MM"}, {"BodyPartExamined": "ABDOMEN"}])
def test_a_ct_of_another_part_is_left(tmp_path, said):
    write_series(tmp_path, **said)
    verdict = verdict_on(tmp_path)
    assert not verdict.wanted
    assert verdict.words.startswith("not of the head.")


def test_a_head_beside_a_chest_is_read(tmp_path):
    write_series(tmp_path, SeriesDescription="CHEST")
    write_series(tmp_path, series="2", SeriesDescription="BRAIN")
    verdict = verdict_on(tmp_path)
    assert verdict.wanted
    assert "BRAIN" in verdict.words.partition("Not")[0]


def test_magnetic_resonance_is_left(tmp_path):
    for number in range(6):
        write(mr_slice(number + 1), tmp_path / f"{number}.dcm")
    assert verdict_on(tmp_path) == Verdict(
        wanted=False, words="no CT in it: 6 images of MR", objects=6, patient=("P1", "")
    )


def test_reports_without_images_are_left(tmp_path):
    write(sr_object(), tmp_path / "sr.dcm")
    verdict = verdict_on(tmp_path)
    assert (verdict.wanted, verdict.words) == (False, "no images in it")


def test_a_scout_alone_is_left(tmp_path):
    write_series(tmp_path, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    verdict = verdict_on(tmp_path)
    assert not verdict.wanted
    assert "localizer" in verdict.words


def test_too_few_slices_are_left(tmp_path):
    write_series(tmp_path, head_hu()[:2], positions=[(0, 0, 0), (0, 0, 5)])
    verdict = verdict_on(tmp_path)
    assert not verdict.wanted
    assert "2 slices" in verdict.words


def test_two_patients_in_one_study_are_left(tmp_path):
    write_series(tmp_path)
    write_series(tmp_path, series="2", patient="P2")
    verdict = verdict_on(tmp_path)
    assert not verdict.wanted
    assert "2 patients" in verdict.words


def test_the_reason_names_nobody_even_where_a_description_does(tmp_path):
    write_series(tmp_path, SeriesDescription="CHEST Doe Jane P1")
    assert "Doe" not in verdict_on(tmp_path).words
    assert "Jane" not in verdict_on(tmp_path).words
