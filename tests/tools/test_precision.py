"""The bench of precision counts rightly, and its rule finds again what it is fitted to."""

from xml.etree import ElementTree

import numpy as np
import pytest

from brainsand.measure.spread import Spread
from brainsand.measure.volume import products, seen
from precision.bodies import FORMS, Sample, body
from precision.compare import Row
from precision.plan import THICKNESSES, planned
from precision.plots import plots
from precision.rule import fitted
from precision.tables import coverage, errors, totals


def row(mg, mm3, *, slice_mm=1.0, number=0, **changed):
    given = {
        "scan": "head, 1 mm",
        "patient": "head 0",
        "slice_mm": slice_mm,
        "sites": ("putamen",),
        "forms": ("nodular",),
        "bodies": 1,
        "numbers": (number,),
        "noise_hu": 4.0,
        "true_mm3": 100.0,
        "true_mg": 10.0,
        "mg": mg,
        "mg_pm": 1.0,
        "mm3": mm3,
        "mm3_pm": 10.0,
        "excess_share_pm": 0.05,
        "fixed_mm3": 150.0,
        "fixed_mg": 8.0,
    }
    return Row(**{**given, **changed})


def test_median_bias_and_error_stand_beside_the_fixed_threshold():
    text = errors([row(10.1, 95.0), row(9.8, 102.0), row(10.4, 110.0, number=1)])
    line = next(t for t in text.splitlines() if t.strip().startswith("1 "))
    told = "+1.0 / 2.0 -20.0 / 20.0 +2.0 / 5.0 +50.0 / 50.0 0 (0 mm3)"
    assert line.split(maxsplit=3)[2] == "3"
    assert " ".join(line.split()[3:]) == told


def test_what_was_not_found_is_counted_as_missed_and_never_as_zero():
    text = errors([row(10.0, 100.0), row(None, None, number=1, mg_pm=None, mm3_pm=None)])
    line = next(t for t in text.splitlines() if t.strip().startswith("1 "))
    assert line.split()[2] == "1"
    assert line.endswith("1 (100 mm3)")


def test_coverage_is_the_share_within_one_and_two_deviations():
    rows = [row(10.0, 105.0), row(10.0, 115.0), row(10.0, 125.0), row(10.0, 95.0)]
    line = coverage(rows).splitlines()[-1].split()
    assert line[3:7] == ["1.00", "(1.00)", "0.50", "(0.75)"]


def test_the_spread_of_a_patient_s_total_leaves_out_what_one_thickness_missed():
    rows = [row(10.0, 100.0), row(11.0, 100.0, slice_mm=5.0)]
    missed = [row(50.0, 400.0, number=1), row(None, None, slice_mm=5.0, number=1)]
    assert "spread  9.5" in totals(rows + missed)


def test_every_patient_is_seen_at_every_thickness_with_the_same_deposits():
    plans = planned(("head_02", "head_07"), 2)
    assert len(plans) == 2 * 2 * len(THICKNESSES)
    seeds = {(p.head, p.patient): set() for p in plans}
    for p in plans:
        seeds[p.head, p.patient].add(p.planting_seed)
    assert all(len(s) == 1 for s in seeds.values())
    assert len({p.scan_seed for p in plans}) == len(plans)


def test_the_plots_are_well_formed_and_show_what_was_measured():
    rows = [row(10.0 + n / 10, 100.0 + n, number=n) for n in range(5)]
    for caption, svg in plots(rows).values():
        assert caption
        marks = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")
        assert len(list(marks)) >= 2


@pytest.mark.parametrize("form", FORMS)
def test_bodies_of_every_form_have_about_the_volume_asked_for(form):
    made = body(form, 200.0, 300.0, np.random.default_rng(4))
    assert 40.0 < made.volume_mm3 < 500.0
    assert made.excess_hu_mm3 <= 300.0 * made.volume_mm3 * 1.001


def test_the_rule_finds_again_a_volume_that_follows_one():
    rng = np.random.default_rng(6)
    bodies = []
    for _ in range(400):
        spread = Spread(
            excess_hu_mm3=1e4,
            filled_mm3=float(np.exp(rng.uniform(2, 7))),
            density_hu=float(np.exp(rng.uniform(4.5, 6.5))),
            kept_within=float(rng.uniform(0.5, 0.95)),
            kept_across=float(rng.uniform(0.4, 0.99)),
            uneven=float(rng.uniform(1.0, 1.4)),
            across_mm=float(rng.uniform(2, 20)),
            slice_mm=float(rng.choice([0.6, 1.0, 2.5, 5.0])),
            clear=0.9,
        )
        noise = 0.1 * float(rng.standard_normal())
        true = spread.filled_mm3 * spread.kept_within * spread.kept_across**2 * np.exp(noise)
        bodies.append(Sample(volume_mm3=max(float(true), 4.0), excess_hu_mm3=1e4, form="x", spread=spread))
    rule = fitted(bodies)
    terms = products(np.clip([seen(b.spread) for b in bodies], rule["low"], rule["high"]))
    left = np.array([np.log(b.volume_mm3 / b.spread.filled_mm3) for b in bodies]) - terms @ rule["volume"]
    assert abs(np.median(left)) < 0.03
    doubt = np.exp(terms @ np.array(rule["doubt"]))
    assert np.median(doubt) == pytest.approx(0.1, rel=0.3)
    assert np.mean(np.abs(left) < doubt) == pytest.approx(0.683, abs=0.03)
