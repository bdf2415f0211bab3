"""Milligrams follow the tube voltage, with the doubt of the table or of the user's own phantom."""

from dataclasses import replace

import pytest

from brainsand.measure.calibration import calibration_at, gain_at
from brainsand.read.knowledge import load_norms

TABLE = load_norms()["calibration"]


@pytest.mark.parametrize("kvp, slope", [(80, 1.829), (100, 1.498), (120, 1.343), (135, 1.229)])
def test_the_published_slopes_stand_in_the_table(kvp, slope):
    assert calibration_at(kvp, table=TABLE).hu_per_mg_cm3 == pytest.approx(slope)


def test_slopes_fall_from_70_to_150_kvp_and_every_one_carries_a_doubt():
    found = [calibration_at(kvp, table=TABLE) for kvp in range(70, 151, 5)]
    slopes = [c.hu_per_mg_cm3 for c in found]
    assert slopes == sorted(slopes, reverse=True)
    assert all(0.08 <= c.share_pm <= 0.2 for c in found)


def test_measured_inserts_at_120_kvp_lie_within_two_deviations():
    """Eight measurements on four makers' scanners (van Praagh 2021), mg/cm3 per HU."""
    here = calibration_at(120, table=TABLE)
    for factor in (0.714, 0.725, 0.783, 0.797, 0.751, 0.816, 0.911, 0.880):
        assert abs(1 / factor / here.hu_per_mg_cm3 - 1) < 2 * here.share_pm


@pytest.mark.parametrize("kvp", [None, 60, 160])
def test_outside_the_table_there_is_no_calibration(kvp):
    assert calibration_at(kvp, table=TABLE) is None
    assert gain_at(kvp, table=TABLE) == 1.0


def test_the_user_s_own_phantom_needs_no_voltage_and_wins():
    own = calibration_at(120, table=TABLE, own_hu_per_mg_cm3=1.4, own_share_pm=0.01)
    assert (own.hu_per_mg_cm3, own.share_pm, own.basis) == (1.4, 0.01, "phantom")
    assert replace(own, hu_per_mg_cm3=2.0).mass_mg(4000.0) == 2.0


def test_every_row_names_a_reference_or_says_expert():
    references = load_norms()["references"]
    for row in TABLE:
        assert row["cite"] in references
        assert row["cite"] != "house" or row["grade"] == "expert"
