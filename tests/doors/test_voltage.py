"""A tube voltage typed by a person stands in where the scan is silent, and never against it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from brainsand.cli.analyze import settings_of
from brainsand.cli.main import parser
from brainsand.errors import UsageError
from brainsand.model.acquisition import Acquisition
from brainsand.run import _with_kvp


@dataclass(frozen=True)
class Scan:
    acquisition: Acquisition


def scan(kvp):
    return Scan(Acquisition(source="x", format="nifti", sha256="", kvp=kvp))


def test_where_the_scan_is_silent_the_voltage_given_counts():
    assert _with_kvp(scan(None), 100.0).acquisition.kvp == 100.0
    assert _with_kvp(scan(None), None).acquisition.kvp is None


def test_the_same_voltage_twice_is_no_fault_and_another_is_refused():
    assert _with_kvp(scan(120.0), 120.0).acquisition.kvp == 120.0
    with pytest.raises(UsageError, match="the scan says 120 kV"):
        _with_kvp(scan(120.0), 100.0)


def test_calibration_and_age_limits_reach_the_settings(tmp_path):
    table = tmp_path / "limits.yaml"
    table.write_text("- {age_from: 0, age_to: 40, largest: 3}\n")
    args = parser().parse_args(
        ["analyze", "scan", "--calibration", "1.31:0.01", "--score-limits", str(table), "--kvp", "80"]
    )
    measure = settings_of(args).measure
    assert (measure.own_hu_per_mg_cm3, measure.own_share_pm) == (1.31, 0.01)
    assert measure.score_age_limits == ((0.0, 40.0, 3.0),)
    assert args.kvp == 80.0


@pytest.mark.parametrize("words", [["--kvp", "9"], ["--calibration", "x"], ["--calibration", "1.3:2"]])
def test_what_is_no_voltage_and_no_calibration_is_wrong_usage(words):
    with pytest.raises(SystemExit):
        parser().parse_args(["analyze", "scan", *words])
