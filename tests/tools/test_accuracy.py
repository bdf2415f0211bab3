"""Accuracy is counted rightly, on scans small enough to be counted by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from accuracy import __main__ as command
from accuracy.compare import Result, compared, lost
from accuracy.match import bodies, gap_mm, owners, through, voxels_of
from accuracy.plan import UNSEEN, Planned, full, quick
from accuracy.tables import Table, as_markdown, faults, finding
from brainsand.model.grid import Grid
from brainsand.model.sites import site_index
from brainsand.phantom.deposits import Spot, painted
from brainsand.phantom.protocol import Pose, Protocol, Slices
from brainsand.phantom.shapes import ball

PROTOCOL = Protocol(slice_mm=2.0, in_plane_mm=1.0, matrix=40, noise_hu=4.0)
SLICES = Slices(grid=Grid.regular((10, 40, 40), spacing_mm=(2.0, 1.0, 1.0)), thickness_mm=np.full(10, 2.0))
STILL = Pose(rotation=np.eye(3), middle_mm=np.zeros(3), shift_mm=np.zeros(3))


def nodule(centre, *, radius_mm=2.0, peak_hu=200.0, substance="calcium", site="putamen", side="left"):
    return painted(
        ball(centre, radius_mm),
        Spot(
            site=site,
            side=side,
            low_mm=np.array(centre) - radius_mm - 1,
            high_mm=np.array(centre) + radius_mm + 1,
        ),
        peak_excess_hu=peak_hu,
        morphology="nodular",
        kind=None,
        substance=substance,
    )


def cube(k, r, c, half=1):
    index = np.indices((1, 2 * half + 1, 2 * half + 1)).reshape(3, -1).T
    return index + np.array([k, r - half, c - half])


def scan_of(*planted):
    truth = np.zeros(SLICES.grid.shape, np.int32)
    for number, p in enumerate(planted, start=1):
        k, r, c = np.rint(SLICES.grid.index_of(p.centre_mm)).astype(int)[0]
        truth[tuple(cube(k, r, c).T)] = number
    return SimpleNamespace(
        plan=Planned(head="head", preset="scattered", view="2 mm", protocol=PROTOCOL),
        patient=SimpleNamespace(truth_labels=truth, volume=SimpleNamespace(hu=np.where(truth > 0, 200, 30))),
        slices=SLICES,
        bodies=bodies(planted, PROTOCOL, SLICES, STILL),
        labels=np.full(SLICES.grid.shape, 2, np.uint16),
    )


def read_of(*deposits):
    """A reading that found cubes: (voxels, site, side) each."""
    native = np.zeros(SLICES.grid.shape, np.int32)
    rows = []
    for number, (index, site, side) in enumerate(deposits, start=1):
        native[tuple(index.T)] = number
        rows.append(
            SimpleNamespace(
                id=number,
                site=site,
                side=side,
                threshold_volume_mm3=2.0 * len(index),
                peak_hu=200.0,
                confidence=0.9,
                centre_lps_mm=(0.0, 0.0, 0.0),
            )
        )
    whole = np.ones(SLICES.grid.shape, bool)
    anatomy = SimpleNamespace(
        native_inside=whole, depth_mm=np.where(whole, 20, 0).astype(np.float32), head_grid=SLICES.grid
    )
    sites = np.zeros(SLICES.grid.shape, np.uint8)
    sites[0, 0, 0] = site_index("putamen", "left")
    picture = SimpleNamespace(deposits=native, sites=sites)
    return SimpleNamespace(
        case=SimpleNamespace(picture=picture, deposits=tuple(rows)), judged=[], anatomy=anatomy
    )


LEFT_ONE, RIGHT_ONE = (12.0, 20.0, 8.0), (28.0, 20.0, 8.0)
"""Points (x, y, z) of voxels (4, 20, 12) and (4, 20, 28)."""


def test_a_thing_across_two_bodies_finds_both():
    scan = scan_of(nodule(LEFT_ONE), nodule(RIGHT_ONE))
    both = np.concatenate([cube(4, 20, 12), cube(4, 20, 28)])
    assert owners({1: both}, scan.patient.truth_labels, scan.bodies, SLICES) == {1: {1: 9, 2: 9}}


def test_a_near_thing_belongs_to_the_nearest_body_and_a_far_one_to_none():
    scan = scan_of(nodule(LEFT_ONE), nodule(RIGHT_ONE))
    found = {1: cube(4, 20, 16, 0), 2: cube(4, 20, 20, 0)}
    assert owners(found, scan.patient.truth_labels, scan.bodies, SLICES) == {1: {1: 0}, 2: {}}


def test_the_gap_is_measured_through_the_whole_slice():
    body = scan_of(nodule(LEFT_ONE)).bodies[0]
    points = through(cube(6, 20, 12, 0), SLICES)  # its slice reaches from 11 to 13 mm, the ball up to 10
    assert gap_mm(points, body, 3.0) == pytest.approx(1.3, abs=0.3)


def test_the_imaged_peak_of_a_large_body_is_its_own_and_of_a_small_one_less():
    large, small = scan_of(nodule(LEFT_ONE, radius_mm=5.0), nodule(RIGHT_ONE, radius_mm=0.8)).bodies
    assert large.peak_hu == pytest.approx(200, rel=0.02)
    assert 20 < small.peak_hu < 120


def test_a_body_out_of_view_is_no_body_of_the_scan():
    assert scan_of(nodule((20.0, 20.0, 8.0))).bodies
    assert not bodies([nodule((20.0, 20.0, 90.0))], PROTOCOL, SLICES, STILL)


def test_voxels_are_gathered_by_number():
    labels = np.array([[[0, 5, 2], [5, 0, 0]]], np.int32)
    found = {n: i.tolist() for n, i in voxels_of(labels).items()}
    assert found == {2: [[0, 0, 2]], 5: [[0, 0, 1], [0, 1, 0]]}
    assert voxels_of(np.zeros((1, 2, 2), np.int32)) == {}


def test_found_missed_and_false_are_told_apart():
    scan = scan_of(nodule(LEFT_ONE), nodule(RIGHT_ONE, side="right"))
    result = compared(scan, read_of((cube(4, 20, 12), "putamen", "left"), (cube(4, 4, 4), "cortex", "right")))
    assert [p.found for p in result.plantings] == [True, False]
    assert [(a.site, a.blood) for a in result.alarms] == [("cortex", False)]
    assert "undetected" in result.plantings[1].why
    assert [p.fixed for p in result.plantings] == [(True, True), (True, True)]
    assert [line[1] for line in faults(result)] == ["missed", "false"]


def test_another_name_or_side_is_a_fault():
    scan = scan_of(nodule(LEFT_ONE), nodule(RIGHT_ONE, side="right"))
    result = compared(
        scan, read_of((cube(4, 20, 12), "caudate", "left"), (cube(4, 20, 28), "putamen", "left"))
    )
    assert [line[1] for line in faults(result)] == ["wrong site", "wrong side"]


def test_blood_called_calcium_is_counted_apart():
    scan = scan_of(nodule(LEFT_ONE, peak_hu=35.0, substance="blood"))
    result = compared(scan, read_of((cube(4, 20, 12), "putamen", "left")))
    assert result.plantings == ()
    assert result.blood_planted == 1
    assert [a.blood for a in result.alarms] == [True]
    cells = {row[0]: row[1] for row in finding([result]).rows}
    assert cells["blood called calcium"] == "1 of 1"
    assert cells["false ones a scan"] == "0.00 (0)"


def test_small_or_faint_bodies_are_not_counted():
    small, faint = nodule(LEFT_ONE, radius_mm=0.8), nodule(RIGHT_ONE, peak_hu=15.0)
    result = compared(scan_of(small, faint), read_of())
    assert [p.counted for p in result.plantings] == [False, False]
    assert faults(result) == []


def test_a_lost_scan_misses_all_that_was_planted():
    result = lost(scan_of(nodule(LEFT_ONE)), "refused, not_a_head")
    assert [line[1] for line in faults(result)] == ["lost", "missed"]


def test_every_unseen_head_is_in_both_plans_and_names_are_unique():
    for plans in (quick(), full()):
        assert {p.head for p in plans} == set(UNSEEN)
        assert len({p.name for p in plans}) == len(plans)


def test_tables_go_between_the_marks_and_nothing_else_changes(tmp_path, monkeypatch):
    page = tmp_path / "limits.md"
    page.write_text(f"before\n{command.MARKS[0]}\nold\n{command.MARKS[1]}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(command, "LIMITS", page)
    command.write_limits([as_markdown(Table(title="Heads", head=("head", "ml"), rows=(("a", "1400"),)))])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| a | 1400 |" in text
    assert "old" not in text


def test_a_page_without_marks_is_left_as_it_is(tmp_path, monkeypatch):
    page = tmp_path / "limits.md"
    page.write_text("nothing here\n", encoding="utf-8")
    monkeypatch.setattr(command, "LIMITS", page)
    with pytest.raises(ValueError, match="marks"):
        command.write_limits(["table"])
    assert page.read_text(encoding="utf-8") == "nothing here\n"


def test_missing_label_maps_are_said(tmp_path, capsys):
    assert command.main(["--heads", str(tmp_path)]) == 2
    assert "head_02" in capsys.readouterr().err


def test_an_empty_result_has_no_shares():
    empty = Result(name="a", preset="none", view="1 mm", quiet=True)
    assert finding([empty]).rows[0][1] == "-"
