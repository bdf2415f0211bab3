"""The report of a follow-up read back by highdicom and DCMTK, and judged by dciodvfy."""

from __future__ import annotations

import highdicom
import numpy as np
import pytest

from brainsand.exports import source_of
from brainsand.followup.change import Rule, change_of
from brainsand.model.comparison import Aligned, Amount, Comparison, Laid, Pair, SumTrack, Track
from brainsand.report.dicom_source import as_bytes, tracking_uid
from brainsand.report.followup_sr import followup_report
from brainsand.report.record import case_record

from .conftest import CREATED, dciodvfy_errors, dsrdump_words

RULE = Rule(
    share_pm=0.02,
    volume_share_pm=0.02,
    unshared=0.15,
    volume_unshared=0.25,
    parted_unshared=0.35,
    years=2.0,
)
LAID = Laid(matrix=np.eye(4), turned_deg=0.0, shifted_mm=0.0, residual_hu=0.0, skull_gap_mm=0.0)


def amount(mass, ids=(1,)):
    return Amount(
        ids=ids,
        excess_hu_mm3=1343.0 * mass,
        excess_pm_hu_mm3=200.0,
        mass_mg=mass,
        mass_pm_mg=0.15,
        volume_mm3=10 * mass,
        volume_pm_mm3=2.0,
    )


def comparison(first, later):
    """One deposit that grew from 10 to 14 mg; a second that metal hides later."""
    d = first.deposits[0]
    uid = tracking_uid(first.acquisition.sha256, d.site, d.side, d.centre_lps_mm)
    grew, hidden = (amount(10.0), amount(14.0)), (amount(2.0, (2,)), Amount(ids=(), obstacle="metal"))
    place = {"lobe": None, "kind": "ectopic"}
    tracks = tuple(
        Track(
            number=n,
            uid=u,
            site="globus_pallidus",
            side=side,
            amounts=row,
            changes=(change_of(*row, RULE),),
            **place,
        )
        for n, u, side, row in ((1, uid, "left", grew), (2, "2.25.17", "right", hidden))
    )
    whole = SumTrack(
        site=None, side=None, tracks=(1,), left_out=(2,), amounts=grew, changes=(change_of(*grew, RULE),)
    )
    pair = Pair(earlier=0, later=1, years=2.0, mismatches=(), share_pm=0.02, deviations=3.0, comparisons=3)
    nothing = first.picture
    aligned = Aligned(
        grid=nothing.head_grid,
        inside=nothing.head_inside,
        hu=(nothing.head_hu, nothing.head_hu),
        tracks=nothing.head_deposits,
    )
    return Comparison(
        cases=(first, later),
        years=(0.0, 2.0),
        laid=(LAID, LAID),
        pairs=(pair,),
        tracks=tracks,
        sites=(),
        whole=whole,
        cautions=(),
        aligned=aligned,
    )


@pytest.fixture
def report(written, tmp_path):
    first, later = written(also=(), study="1"), written(also=(), study="2")
    made = comparison(first.case, later.case)
    sources = [
        source_of(w.case, case_record(w.case, created=CREATED), w.scan, CREATED) for w in (first, later)
    ]
    path = tmp_path / "followup_sr.dcm"
    path.write_bytes(as_bytes(followup_report(made, sources)))
    return path, made, (first, later)


def test_the_checkers_find_no_fault(report):
    path, _, _ = report
    assert dciodvfy_errors(path) == []
    words = dsrdump_words(path)
    assert "scan 2 of 2, 2.00 years after the first" in words
    assert "grown" in words


def test_it_is_filed_with_the_last_scan_and_names_the_images_of_both(report):
    path, _, (first, later) = report
    read = highdicom.sr.srread(path)
    assert read.StudyInstanceUID == later.scan.acquisition.study_uid
    named = [
        item.ReferencedSOPInstanceUID
        for evidence in (read.CurrentRequestedProcedureEvidenceSequence, read.PertinentOtherEvidenceSequence)
        for study in evidence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    ]
    assert sorted(named) == sorted(uid for w in (first, later) for uid, _ in w.scan.acquisition.source_frames)


def test_a_deposit_keeps_the_identifier_of_the_first_scans_own_report(report):
    path, made, _ = report
    groups = highdicom.sr.srread(path).content.get_image_measurement_groups(tracking_uid=made.tracks[0].uid)
    masses = [m.value for g in groups for m in g.get_measurements() if m.name.meaning == "Calcium Mass"]
    assert masses == [10.0, 14.0]


def test_what_cannot_be_measured_in_a_scan_has_no_group_there(report):
    path, made, _ = report
    groups = highdicom.sr.srread(path).content.get_image_measurement_groups(tracking_uid=made.tracks[1].uid)
    assert len(groups) == 1
