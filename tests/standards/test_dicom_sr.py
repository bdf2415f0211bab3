"""The SR read back by highdicom and DCMTK, and judged by dciodvfy."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import highdicom
import numpy as np
import pytest

from brainsand.model import codes
from brainsand.model.case import Case
from report.fake_case import fake_deposit
from samples import axial_positions, head_hu, write_enhanced

from .conftest import TILTED, dciodvfy_errors, dsrdump_words, two_deposits


def read(made):
    return highdicom.sr.srread(made.folder / "sr.dcm").content


def groups_of(made, reference):
    groups = read(made).get_volumetric_roi_measurement_groups()
    return [g for g in groups if g.reference_type.meaning == reference]


def numbers(group):
    """{(concept, method or derivation): (value, unit)}, and no two measurements alike."""
    found = {}
    for m in group.get_measurements():
        how = m.method or m.derivation
        key = m.name.meaning, how.meaning if how else None
        assert key not in found
        found[key] = m.value, m.unit.value
    return found


def evaluations(group):
    return {e.name.value: e.value.meaning for e in group.get_qualitative_evaluations()}


@pytest.mark.parametrize("positions", [axial_positions(12), TILTED], ids=["upright", "tilted and uneven"])
def test_the_checkers_find_no_fault(written, positions):
    made = written(positions=positions)
    assert dciodvfy_errors(made.folder / "sr.dcm") == []
    assert '"left globus pallidus"' not in dsrdump_words(made.folder / "sr.dcm")
    assert "deposit 1: left globus pallidus" in dsrdump_words(made.folder / "sr.dcm")


def test_an_enhanced_scan_has_a_report_too(written, tmp_path):
    made = written(write_enhanced(tmp_path / "one.dcm", head_hu(), axial_positions(12)))
    assert dciodvfy_errors(made.folder / "sr.dcm") == []
    (first, *_) = groups_of(made, "Image Region")
    assert first.roi[0].ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == 4
    library = read(made)[0].ContentSequence
    library = next(i for i in library if i.name.meaning == "Image Library")
    images = library.ContentSequence[0].ContentSequence
    assert [i.ValueType for i in images].count("IMAGE") == 1


def test_a_group_a_deposit_and_a_site_and_one_for_the_brain(written):
    made = written()
    assert [g.tracking_identifier for g in groups_of(made, "Image Region")] == [
        "brainsand deposit 1: left globus pallidus",
        "brainsand deposit 2: right globus pallidus",
        "brainsand deposit 3: falx",
    ]
    assert len(groups_of(made, "Referenced Segment")) == 3
    (brain,) = read(made).get_image_measurement_groups()
    assert [s.value.meaning for s in brain.finding_sites] == ["Brain"]


def test_sites_of_the_report_point_to_their_own_segment(written):
    made = written()
    seg = made.dataset("seg.dcm")
    labels = {s.SegmentNumber: (s.SegmentLabel, s.TrackingUID) for s in seg.SegmentSequence}
    for group in groups_of(made, "Referenced Segment"):
        where = group.referenced_segment.referenced_sop_class_uid, group.referenced_segment
        assert where[0] == seg.SOPClassUID
        item = where[1][0].ReferencedSOPSequence[0]
        assert item.ReferencedSOPInstanceUID == seg.SOPInstanceUID
        label, tracking = labels[item.ReferencedSegmentNumber]
        assert (group.tracking_identifier, group.tracking_uid) == (f"brainsand: {label}", tracking)


def test_everything_pointed_to_is_in_the_evidence(written):
    made = written()
    sr = made.dataset("sr.dcm")
    (study,) = sr.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == sr.StudyInstanceUID == made.dataset("seg.dcm").StudyInstanceUID
    listed = {
        i.ReferencedSOPInstanceUID for s in study.ReferencedSeriesSequence for i in s.ReferencedSOPSequence
    }
    pointed = {
        element.value
        for element in sr.ContentSequence[-2].iterall()
        if element.keyword == "ReferencedSOPInstanceUID"
    }
    assert pointed < listed
    assert listed == {s.sop_uid for s in made.scan.slices} | {made.dataset("seg.dcm").SOPInstanceUID}


def test_a_deposit_says_its_numbers_units_site_side_kind_and_form(written):
    left, right, _ = groups_of(written(), "Image Region")
    assert [s.laterality.meaning for s in left.finding_sites + right.finding_sites] == ["Left", "Right"]
    assert left.finding_sites[0].value.value == "14738005"
    said = numbers(left)
    assert said["Volume", codes.PARTIAL_VOLUME.meaning] == (100.0, "mm3")
    assert said["Calcium Mass", codes.HYDROXYAPATITE.meaning] == (20.0, "mg")
    assert said["Attenuation Coefficient", "Maximum"] == (250.0, "[hnsf'U]")
    assert said["Attenuation Coefficient", "Mean"] == (180.0, "[hnsf'U]")
    told = evaluations(left)
    assert told[codes.KIND.value] == "Ectopic calcification"
    assert told[codes.MORPHOLOGY.value] == "Nodular"


def test_volume_carries_its_standard_deviation_as_uncertainty(written):
    left, *_ = groups_of(written(), "Image Region")
    (volume,) = [
        m for m in left.get_measurements() if m.method and m.method.value == codes.PARTIAL_VOLUME.value
    ]
    said = {i.name.meaning: i.value for i in volume[0].ContentSequence if i.ValueType == "NUM"}
    assert sorted(said.values()) == [10.0, 10.0]
    (mass,) = [m for m in left.get_measurements() if m.name.meaning == "Calcium Mass"]
    assert not [i for i in mass[0].ContentSequence if i.ValueType == "NUM"]  # its deviation is not known


def test_what_is_not_known_is_not_there(written):
    *_, speck = groups_of(written(), "Image Region")
    concepts = [name for name, _ in numbers(speck)]
    assert concepts.count("Volume") == 1  # above the threshold
    assert "Calcium Mass" not in concepts
    assert codes.EXCESS.meaning not in concepts
    assert codes.AGATSTON_LIKE.meaning not in concepts


def test_a_score_that_could_not_be_given_is_not_there(written):
    score = {
        "total": None,
        "by_site": {"pons": {"grade": None}, "vermis": {"grade": 0}, "cortex_left": {"grade": 3}},
    }
    made = written(changes={"scores": {"total_calcification_score": score, "agatston_like": None}})
    (brain,) = read(made).get_image_measurement_groups()
    said = [
        (m.name.meaning, m.value, [s.value.meaning for s in m.finding_sites])
        for m in brain.get_measurements()
    ]
    grade = codes.SITE_GRADE.meaning
    assert said == [
        (codes.DEPOSITS.meaning, 3.0, []),
        (grade, 0.0, ["Vermis"]),
        (grade, 3.0, ["Cortex, left"]),
    ]
    assert dciodvfy_errors(made.folder / "sr.dcm") == []


def test_outlines_hold_the_deposits_pixels(written):
    made = written()
    marks = made.case.picture.deposits
    places = {s.sop_uid: k for k, s in enumerate(made.scan.slices)}
    for number, group in enumerate(groups_of(made, "Image Region"), start=1):
        found = np.zeros(marks.shape, bool)
        for one in group.roi:
            k = places[one.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
            found[k] |= _inside(np.array(one.value), marks.shape[1:])
        expected = marks == number
        expected[4, 11, 21] |= number == 1  # a hole, which an outline cannot say
        assert np.array_equal(found, expected)


def _inside(curve, shape):
    """Pixels whose middle lies in a curve of (column, row): crossings of a ray to the right, counted."""
    r, c = np.indices(shape) + 0.5
    odd = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 == x1:
            odd ^= (c < x0) & (r > min(y0, y1)) & (r < max(y0, y1))
    return odd


def test_words_say_impression_significance_cautions_and_what_this_is_not(written):
    words = dsrdump_words(written().folder / "sr.dcm")
    assert "Incidental" in words
    assert "Common at this age." in words
    assert "Slices of 3 mm can hide small foci." in words
    assert "not a medical device" in words
    assert "UNVERIFIED" in words


def test_the_differential_is_named_in_words(written):
    groups = [{"name": f"Condition {n}", "probability": 0.5 / n} for n in range(1, 9)]
    words = dsrdump_words(written(changes={"differential": {"groups": groups}}).folder / "sr.dcm")
    assert "Condition 1 (50 %); Condition 2 (25 %)" in words
    assert "Condition 6" not in words


def test_a_case_without_calcium_has_a_report_and_no_seg(written):
    made = written(deposits=(), marks=np.zeros((12, 32, 32), np.int32))
    assert set(made.files) == {"sr.dcm"}
    assert read(made).get_volumetric_roi_measurement_groups() == []
    (brain,) = read(made).get_image_measurement_groups()
    assert numbers(brain)[codes.DEPOSITS.meaning, None] == (0.0, "1")
    assert dciodvfy_errors(made.folder / "sr.dcm") == []
    assert "No intracranial calcification was found" in dsrdump_words(made.folder / "sr.dcm")


def test_five_hundred_deposits_have_five_hundred_groups(written):
    deposits = tuple(
        fake_deposit(n, "cortex", "left" if n % 2 else "right", lobe="frontal", at=(n // 10, 40 + n % 10, 30))
        for n in range(1, 501)
    )
    marks = np.zeros((12, 32, 32), np.int32)
    marks.reshape(-1)[: 500 * 3 : 3] = np.arange(1, 501)
    made = written(deposits=deposits, marks=marks)
    found = groups_of(made, "Image Region")
    assert len({g.tracking_uid for g in found}) == len(found) == 500
    assert [s.value.meaning for s in found[0].finding_sites] == ["Cerebral cortex", "Frontal lobe"]
    assert dciodvfy_errors(made.folder / "sr.dcm") == []
    assert "deposit 500" in dsrdump_words(made.folder / "sr.dcm")


def test_a_deposit_smaller_than_a_voxel_keeps_its_numbers_without_an_outline(written):
    lost = dataclasses.replace(two_deposits()[0], id=4, site="pineal", side="midline")
    made = written(deposits=(*two_deposits(), lost))
    plain = [g.tracking_identifier for g in read(made).get_image_measurement_groups()]
    assert plain == ["brainsand: whole brain", "brainsand deposit 4: pineal gland"]
    assert dciodvfy_errors(made.folder / "sr.dcm") == []


def test_every_site_kind_form_and_level_can_be_said(written):
    sides = ("left", "right", "midline")
    kinds, forms = list(codes.KINDS), list(codes.MORPHOLOGIES)
    deposits = tuple(
        dataclasses.replace(
            fake_deposit(n, site, sides[n % 3], kind=kinds[n % 5]),
            morphology=forms[n % 8],
        )
        for n, site in enumerate(codes.SITES, start=1)
    )
    marks = np.zeros((12, 32, 32), np.int32)
    marks.reshape(-1)[: len(deposits)] = np.arange(1, len(deposits) + 1)
    for level in codes.SIGNIFICANCE:
        made = written(deposits=deposits, marks=marks, changes={"significance": {"level": level, "why": []}})
        assert codes.SIGNIFICANCE[level].meaning in dsrdump_words(made.folder / "sr.dcm")
    assert dciodvfy_errors(made.folder / "sr.dcm") == []
    assert dciodvfy_errors(made.folder / "seg.dcm") == []
    assert isinstance(made.case, Case)
