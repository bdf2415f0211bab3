"""One virtual person scanned twice, a body grown and one gone between; and another person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray

from brainsand.arrays.affine import moved
from brainsand.as_read import as_read
from brainsand.comparing import compared
from brainsand.errors import DifferentPeople
from brainsand.followup.change import MIRRORED
from brainsand.measuring import NOBODYS
from brainsand.model.acquisition import Acquisition
from brainsand.model.correction import READER, Standing
from brainsand.phantom.deposits import PlantedDeposit, grown
from brainsand.phantom.head import head_from_atlas
from brainsand.phantom.presets import planted_for, preset
from brainsand.phantom.protocol import Protocol, pose_of
from brainsand.phantom.scanner import image
from brainsand.phantom.survey import survey
from brainsand.pipeline import Analysis, whole_analysis
from brainsand.report.followup_page import followup_html
from brainsand.report.followup_record import comparison_record
from brainsand.report.followup_table import HEADER, changes_table
from brainsand.report.followup_words import change_headline

FIRST = Protocol(matrix=256, in_plane_mm=0.9, slice_mm=3.0)
LATER = replace(FIRST, pitch_deg=6.0, roll_deg=-3.0, shift_mm=(3.0, -4.0, 2.0))
GREW = 1.6
CREATED = "2000-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The analyses of both scans, the planted bodies in order of size, where they lie in the first scan, and the true
    map between the scans."""

    first: Analysis
    later: Analysis
    bodies: tuple[PlantedDeposit, ...]
    spots: list[NDArray[np.float64]]
    true: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def analysis_of(head, bodies, protocol, reference, *, seed):
    volume = image(head, bodies, protocol, rng=np.random.default_rng(seed), tissue=np.random.default_rng(77))
    how = Acquisition(
        source=f"scan {seed}",
        format="DICOM",
        sha256=f"{seed:064d}",
        kvp=120.0,
        thickness_mm=3.0,
        sharp_kernel=False,
        manufacturer="virtual",
    )
    return whole_analysis(volume, how, reference)


@pytest.fixture(scope="module")
def two(reference):
    rng = np.random.default_rng(11)
    head = head_from_atlas(reference.atlas, rng=rng)
    planted = planted_for(preset("scattered"), survey(head), 50.0, rng=rng)
    bodies = tuple(sorted(planted, key=lambda d: -d.excess_hu_mm3))[:5]
    # The largest grew, the second is gone, three are as they were.
    then = [grown(bodies[0], GREW), *bodies[2:]]
    one, other = pose_of(head, FIRST), pose_of(head, LATER)
    return Two(
        first=analysis_of(head, bodies, FIRST, reference, seed=1),
        later=analysis_of(head, then, LATER, reference, seed=2),
        bodies=bodies,
        spots=[one.to_scan(d.centre_mm)[0] for d in bodies],
        true=lambda points: other.to_scan(one.to_head(points)),
    )


@pytest.fixture(scope="module")
def made(two):
    return compared([two.first, two.later], years=(0.0, 2.0))


@pytest.fixture(scope="module")
def back(two):
    return compared([two.later, two.first], years=(0.0, 2.0))


@cache
def stranger(reference):
    head = head_from_atlas(reference.atlas, rng=np.random.default_rng(23), deform_mm=4.0)
    return analysis_of(head, (), FIRST, reference, seed=3)


def track_at(made, spot):
    """The track that lies nearest to a place of the first scan."""

    def away(track):
        centres = [made.cases[0].deposits[i - 1].centre_lps_mm for i in track.amounts[0].ids]
        return min((np.linalg.norm(np.array(c) - spot) for c in centres), default=np.inf)

    return min(made.tracks, key=away)


def test_the_heads_lie_on_each_other_to_a_third_of_a_millimetre(two, made):
    points = two.first.anatomy.head_grid.points(np.argwhere(two.first.anatomy.inside)[::5003])
    found = moved(made.laid[1].matrix, points)
    assert np.linalg.norm(found - two.true(points), axis=1).max() < 0.34
    assert made.laid[1].skull_gap_mm < 1
    assert made.laid[1].turned_deg == pytest.approx(6.7, abs=0.3)


def test_what_grew_is_grown_what_is_gone_is_gone_and_the_rest_is_stable(two, made):
    states = [track_at(made, spot).changes[0].state for spot in two.spots]
    assert states == ["grown", "gone", "stable", "stable", "stable"]
    assert all(t.changes[0].state in ("stable", "not_comparable") for t in made.tracks[len(states) :])


def test_the_change_is_what_was_planted_within_its_doubt(two, made):
    grew = track_at(made, two.spots[0]).changes[0].mass_mg
    assert abs(grew.value - (GREW - 1) * two.bodies[0].mass_mg) < 3 * grew.pm
    assert grew.per_year == pytest.approx(grew.value / 2)
    true = (GREW - 1) * two.bodies[0].mass_mg - two.bodies[1].mass_mg
    assert abs(made.whole.changes[0].mass_mg.value - true) < 3 * made.whole.changes[0].mass_mg.pm


def test_a_scan_compared_with_itself_has_not_changed(two):
    same = compared([two.first, two.first], years=(0.0, 1.0))
    assert {t.changes[0].state for t in same.tracks} == {"stable"}
    assert {t.changes[0].excess_hu_mm3.value for t in same.tracks} == {0.0}
    assert same.whole.changes[0].state == "stable"
    np.testing.assert_allclose(same.laid[1].matrix, np.eye(4))


def test_the_other_way_round_everything_is_mirrored(made, back):
    assert [t.site for t in back.tracks] == [t.site for t in made.tracks]
    for there, here in zip(made.tracks, back.tracks, strict=True):
        assert here.changes[0].state == MIRRORED[there.changes[0].state]
        assert here.amounts[::-1] == there.amounts
    assert back.whole.changes[0].mass_mg.value == pytest.approx(-made.whole.changes[0].mass_mg.value)


def test_sites_and_the_whole_are_sums_of_their_tracks(made):
    for s in [*made.sites, made.whole]:
        own = [made.tracks[n - 1] for n in s.tracks]
        for k in (0, 1):
            assert s.amounts[k].mass_mg == pytest.approx(sum(t.amounts[k].mass_mg for t in own))
    assert sorted(n for s in made.sites for n in (*s.tracks, *s.left_out)) == [t.number for t in made.tracks]


def said(d, **more):
    """What a case says of a deposit, and a reader besides."""
    told = {
        name: getattr(d, name) for name in ("id", "centre_lps_mm", "site", "side", "lobe", "kind", "source")
    }
    return Standing(**{**told, **more})


def read(scan, **corrected):
    """The analysis as a reader left it; ``corrected`` by the deposit's number (``d3``)."""
    return as_read(scan, [said(d, **corrected.get(f"d{d.id}", {})) for d in scan.case.deposits])


def of_track(scan, track, k, **more):
    """The same said of every deposit of a track in a scan."""
    return read(scan, **{f"d{n}": more for n in track.amounts[k].ids})


def test_what_nobody_corrected_is_compared_as_it_is(two):
    assert read(two.first) is two.first


def test_what_a_reader_rejected_in_both_scans_is_in_no_track_sum_or_sentence(two, made):
    clip = track_at(made, two.spots[0])
    scans = [of_track(s, clip, k, rejected=True) for k, s in enumerate((two.first, two.later))]
    left = compared(scans, years=(0.0, 2.0))
    assert len(left.tracks) == len(made.tracks) - 1
    assert not set(clip.amounts[0].ids) & {n for t in left.tracks for n in t.amounts[0].ids}
    assert "grown" in change_headline(made)
    assert "grown" not in change_headline(left)
    # What the rest comes to is what it came to beside it, but for a blur no longer shared.
    for k in (0, 1):
        rest = made.whole.amounts[k].mass_mg - clip.amounts[k].mass_mg
        assert left.whole.amounts[k].mass_mg == pytest.approx(rest, abs=made.whole.amounts[k].mass_pm_mg / 2)
    words = next(c.words for c in left.cautions if c.code == "corrected_by_reader")
    assert f"deposit {clip.amounts[0].ids[0]} (" in words
    assert "is rejected" in words


def test_what_was_rejected_in_one_scan_alone_is_not_comparable_and_in_neither_sum(two, made):
    grew = track_at(made, two.spots[0])
    left = compared([of_track(two.first, grew, 0, rejected=True), two.later], years=(0.0, 2.0))
    same = next(t for t in left.tracks if t.amounts[1].ids == grew.amounts[1].ids)
    assert (same.changes[0].state, same.changes[0].obstacle) == ("not_comparable", "rejected")
    assert same.number in left.whole.left_out
    assert not [t for t in left.tracks if t.changes[0].state == "new"]


def test_what_was_rejected_is_no_tissue_for_its_neighbours(two):
    first = two.first.case.deposits[0]
    clean = read(two.first, **{f"d{first.id}": {"rejected": True}})
    index = tuple(two.first.found[first.id - 1].index.T)
    assert set(clean.on.owner[index].tolist()) == {NOBODYS}
    assert set(two.first.on.owner[index].tolist()) == {first.id}


def test_what_a_reader_put_elsewhere_counts_under_its_new_site(two, made):
    moved_ = track_at(made, two.spots[2])
    put = {"site": "choroid_plexus", "side": "left", "lobe": None, "kind": "physiologic", "source": READER}
    left = compared([two.first, of_track(two.later, moved_, 1, **put)], years=(0.0, 2.0))
    track = next(t for t in left.tracks if t.amounts[0].ids == moved_.amounts[0].ids)
    assert (track.site, track.side, track.kind, track.source) == (
        "choroid_plexus",
        "left",
        "physiologic",
        READER,
    )
    here = next(s for s in left.sites if (s.site, s.side) == ("choroid_plexus", "left"))
    assert track.number in here.tracks
    old = [s for s in left.sites if (s.site, s.side) == (moved_.site, moved_.side)]
    assert all(track.number not in s.tracks for s in old)


def test_a_comparison_of_corrected_scans_is_of_its_schema_and_names_what_was_rejected(two, made):
    clip = track_at(made, two.spots[1])
    left = compared([of_track(two.first, clip, 0, rejected=True, note="a clip"), two.later], years=(0.0, 2.0))
    schema = json.loads(files("brainsand.knowledge").joinpath("compare.schema.json").read_text("utf-8"))
    record = json.loads(json.dumps(comparison_record(left, created=CREATED), allow_nan=False))
    jsonschema.Draft202012Validator(schema).validate(record)
    assert [d["id"] for d in record["scans"][0]["rejected"]] == list(clip.amounts[0].ids)
    assert record["scans"][0]["rejected"][0]["note"] == "a clip"
    assert record["scans"][0]["deposits"] == len(two.first.case.deposits) - len(clip.amounts[0].ids)
    assert "is counted as a reader corrected it" in followup_html(left, created=CREATED)


def test_a_correction_of_what_is_not_found_any_more_is_said(two):
    away = said(two.first.case.deposits[0], id=99, centre_lps_mm=(900.0, 0.0, 0.0), rejected=True)
    left = as_read(two.first, [away])
    assert len(left.case.deposits) == len(two.first.case.deposits)
    assert left.case.cautions[-1].code == "correction_lost"
    assert "deposit 99" in left.case.cautions[-1].words


def test_another_persons_head_is_refused_and_with_a_vouch_compared_with_a_caution(two, reference):
    other = stranger(reference)
    with pytest.raises(DifferentPeople, match="mm apart"):
        compared([two.first, other], years=(0.0, 1.0))
    vouched = compared([two.first, other], years=(0.0, 1.0), same_person=True)
    assert "skull_differs" in [c.code for c in vouched.cautions]


def test_heads_without_calcium_are_compared_too(reference):
    clean = stranger(reference)
    made = compared([clean, clean], years=(0.0, 1.0))
    assert (made.tracks, made.sites, made.whole.tracks) == ((), (), ())
    assert change_headline(made) == "No calcium in either scan over 1.0 years."
    assert "Deposits</h2>" not in followup_html(made, created=CREATED)
    assert len(changes_table(made).splitlines()) == 2


def test_contrast_in_one_scan_stops_what_takes_it_up(two):
    bright = replace(
        two.later, case=replace(two.later.case, scan=replace(two.later.case.scan, contrast="present"))
    )
    made = compared([two.first, bright], years=(0.0, None))
    assert {"contrast_mismatch", "interval_unknown"} <= {c.code for c in made.cautions}
    assert track_at(made, two.spots[0]).changes[0].state == "grown"
    for t in made.tracks:
        if not t.amounts[0].ids:
            assert t.changes[0].obstacle == "contrast"


def test_three_scans_make_a_series_with_a_trend(two):
    between = replace(
        two.first,
        case=replace(two.first.case, acquisition=replace(two.first.case.acquisition, sha256="f" * 64)),
    )
    made = compared([two.first, between, two.later], years=(0.0, 1.0, 2.0))
    assert [(p.earlier, p.later) for p in made.pairs] == [(0, 1), (1, 2), (0, 2)]
    grew = track_at(made, two.spots[0])
    assert [c.state for c in grew.changes] == ["stable", "grown", "grown"]
    assert grew.trend.unit == "mg"
    assert grew.trend.per_year > 2 * grew.trend.per_year_pm
    assert "Every step" in followup_html(made, created=CREATED)


def test_the_record_is_of_its_schema_and_holds_no_day(made):
    schema = json.loads(files("brainsand.knowledge").joinpath("compare.schema.json").read_text("utf-8"))
    record = json.loads(json.dumps(comparison_record(made, created=CREATED), allow_nan=False))
    jsonschema.Draft202012Validator(schema).validate(record)
    assert record["deposits"][0]["tracking_uid"].startswith("2.25.")
    assert [s["years"] for s in record["scans"]] == [0.0, 2.0]


def test_the_same_scans_give_the_same_record(two, made):
    again = compared([two.first, two.later], years=(0.0, 2.0))
    assert comparison_record(again, created=CREATED) == comparison_record(made, created=CREATED)


def test_the_table_has_a_line_for_each_thing(made):
    lines = [line.split("\t") for line in changes_table(made).splitlines()]
    assert lines[0] == list(HEADER)
    assert {len(line) for line in lines} == {len(HEADER)}
    assert len(lines) == 1 + len(made.tracks) + len(made.sites) + 1


def test_the_report_says_what_grew_and_shows_it(made):
    page = followup_html(made, created=CREATED)
    assert change_headline(made).split(".")[0][:12] in page
    assert "grown" in change_headline(made)
    assert page.count('<svg class="panel"') == 3 * min(len(made.tracks), 8)
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
