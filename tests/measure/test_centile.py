"""A person against the user's own cohort: the centile, its doubt, and when nothing is said."""

from __future__ import annotations

import json

import pytest

from brainsand.errors import UsageError
from brainsand.measure.centile import Amount, own_centiles
from brainsand.model.own_norms import OwnCurve, OwnNorms
from brainsand.read.own_norms import read_own_norms

#: Half of all people hold some; of them, half hold more than 1 mg (log 0), evenly from exp(-1) to exp(1).
EVEN = {
    "ages": [20.0, 80.0],
    "log_odds_any": [0.0, 0.0],
    "log_odds_any_se": [0.2, 0.2],
    "log_mean": [0.0, 0.0],
    "log_mean_se": [0.1, 0.1],
    "log_sd": [1.0, 1.0],
    "residuals": [-1.0, 0.0, 1.0],
}


def curve(site="total", measure="mass_mg", sex="all"):
    rows = {name: tuple(values) for name, values in EVEN.items()}
    return OwnCurve(site=site, measure=measure, sex=sex, **rows)


def norms(*curves, thickness=(1.0, 3.0)):
    return OwnNorms(
        name="norms.json", sha256="0", population="town", persons=500, scans=600, thickness_mm=thickness,
        curves={(c.site, c.measure, c.sex): c for c in curves}, program={},
    )  # fmt: skip


def said(value, own=None, *, age=50.0, sex="F", thickness=2.0, measure="mass_mg", pm=0.0):
    amounts = {measure: {"total": Amount(value=value, pm=pm), "pineal": Amount(value=value, pm=pm)}}
    return own_centiles(
        own or norms(curve(), curve("pineal")), amounts, age_years=age, sex=sex, thickness_mm=thickness
    )


def test_a_middling_amount_lies_above_all_without_and_half_of_those_with():
    record, cautions = said(1.0)
    assert record["total"] == pytest.approx(75.0)
    assert record["by_site"]["pineal"]["centile"] == pytest.approx(75.0)
    assert (record["any_share"], cautions) == (0.5, ())


def test_the_interval_grows_with_the_doubt_of_the_measurement():
    narrow, wide = said(1.0)[0], said(1.0, pm=0.5)[0]
    assert narrow["low"] < 75 < narrow["high"]
    assert wide["low"] < narrow["low"]
    assert wide["high"] > narrow["high"]


def test_none_has_no_centile_but_how_many_hold_some():
    record, _ = said(0.0)
    assert record["total"] is None
    assert record["by_site"]["pineal"]["any_share"] == 0.5


def test_the_curve_of_the_sex_is_taken_where_there_is_one():
    own = norms(curve(), curve(sex="F"), curve("pineal"))
    assert said(1.0, own, sex="F")[0]["sex"] == "F"
    assert said(1.0, own, sex=None)[0]["sex"] == "all"


def test_volume_stands_in_where_there_is_no_mass():
    own = norms(curve(measure="volume_mm3"), curve())
    assert said(1.0, own, measure="volume_mm3")[0]["measure"] == "volume_mm3"


@pytest.mark.parametrize(
    "age, code", [(None, "own_norms_no_age"), (10.0, "own_norms_age"), (81.0, "own_norms_age")]
)
def test_nobody_of_the_age_gives_nothing_and_a_caution(age, code):
    record, cautions = said(1.0, age=age)
    assert record is None
    assert [c.code for c in cautions] == [code]


def test_other_slices_are_a_caution():
    assert [c.code for c in said(1.0, thickness=5.0)[1]] == ["own_norms_protocol"]
    assert said(1.0, thickness=None)[1] == ()


def written(tmp_path, **changes):
    raw = {"site": "total", "measure": "mass_mg", "sex": "all", **EVEN, **changes}
    record = {
        "schema": "brainsand.norms/1",
        "sample": {"population": "town", "persons": 5, "scans": 6},
        "protocol": {"thickness_mm": {"p5": 1.0, "p95": 3.0}},
        "program": {},
        "curves": [raw],
    }
    path = tmp_path / "norms.json"
    path.write_text(json.dumps(record))
    return path


def test_a_norms_file_is_read_as_it_was_written(tmp_path):
    own = read_own_norms(written(tmp_path))
    assert own.curve("total", "mass_mg", "M") == curve()
    assert own.thickness_mm == (1.0, 3.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ages": [80.0, 20.0]},
        {"log_sd": [1.0, 0.0]},
        {"log_mean": [0.0]},
        {"residuals": [0.0, -1.0, 1.0]},
        {"log_odds_any": [None, 0.0]},
    ],
)
def test_a_curve_that_cannot_be_is_refused(tmp_path, changes):
    with pytest.raises(UsageError, match="cannot be used"):
        read_own_norms(written(tmp_path, **changes))


def test_another_file_is_refused_with_what_it_says(tmp_path):
    (tmp_path / "a.json").write_text('{"schema": "brainsand.case/1"}')
    with pytest.raises(UsageError, match=r"it says 'brainsand\.case/1'"):
        read_own_norms(tmp_path / "a.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_own_norms(tmp_path / "none.json")
