"""Virtual patients: every preset is made, its truth is whole and repeatable."""

from __future__ import annotations

import json

import numpy as np
import pytest

from brainsand.errors import UsageError
from brainsand.model.sites import LOBES, SITES, site_index
from brainsand.phantom.background import share_with
from brainsand.phantom.presets import preset, presets
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.virtual import virtual_patient

KINDS = {"physiologic", "age_related", "vascular", "ectopic", "indeterminate"}
FORMS = {"punctate", "nodular", "linear", "gyriform", "band", "rim", "stippled", "confluent"}


@pytest.fixture(scope="module")
def patients(head):
    protocol = Protocol(slice_mm=5, matrix=96, in_plane_mm=2.4, tilt_deg=10)
    return {
        name: virtual_patient(head, name, protocol=protocol, rng=np.random.default_rng(n))
        for n, name in enumerate(presets())
    }


@pytest.mark.parametrize("name", presets())
def test_each_preset_tells_a_whole_truth_in_the_words_of_the_case(patients, name):
    patient = patients[name]
    rows = patient.truth["deposits"] + patient.truth["mimics"]
    assert json.loads(json.dumps(patient.truth))["schema"] == "brainsand.truth/1"
    assert sorted(r["id"] for r in rows) == list(range(1, len(patient.deposits) + 1))
    for row in rows:
        assert row["site"] in SITES
        assert site_index(row["site"], row["side"]) > 0
        assert row["lobe"] is None or row["lobe"] in LOBES
        assert row["morphology"] in FORMS
        assert row["voxels"] > 0
        assert row["share_in_scan"] == pytest.approx(1, abs=0.02)
    assert all(r["kind"] in KINDS and r["mass_mg"] > 0 for r in patient.truth["deposits"])
    assert all(r["kind"] is None and r["mass_mg"] is None for r in patient.truth["mimics"])


@pytest.mark.parametrize("name", presets())
def test_the_truth_labels_lie_at_the_deposits_places_and_sides(patients, name):
    patient = patients[name]
    assert patient.truth_labels.shape == patient.volume.hu.shape
    for row in patient.truth["deposits"]:
        index = np.argwhere(patient.truth_labels == row["id"])
        centre = patient.volume.grid.points(index).mean(axis=0)
        assert np.linalg.norm(centre - row["centre_lps_mm"]) < max(6, row["semi_axes_mm"][0])
        if row["side"] != "midline":
            assert (row["centre_lps_mm"][0] > 0) == (row["side"] == "left")


def test_diseases_lie_where_they_lie(patients):
    sites = {n: {(r["site"], r["side"]) for r in p.truth["deposits"]} for n, p in patients.items()}
    assert not sites["none"]
    assert not sites["blood"]
    assert len(patients["blood"].truth["mimics"]) == 2
    assert {("pineal", "midline"), ("choroid_plexus", "left"), ("choroid_plexus", "right")} <= sites[
        "physiologic"
    ]
    for site in ("globus_pallidus", "putamen", "caudate", "thalamus", "dentate_nucleus"):
        assert {(site, "left"), (site, "right")} <= sites["pfbc"]
    assert len({side for site, side in sites["sturge_weber"] if site == "cortex"}) == 1
    assert "subependymal" in {site for site, _ in sites["tuberous_sclerosis"]}


def test_sums_by_site_add_up_to_the_deposits(patients):
    truth = patients["pfbc"].truth
    assert sum(s["mass_mg"] for s in truth["sites"]) == pytest.approx(
        sum(d["mass_mg"] for d in truth["deposits"])
    )


def test_nodules_of_the_scattered_preset_keep_apart(patients):
    deposits = patients["scattered"].deposits
    for i, a in enumerate(deposits):
        for b in deposits[:i]:
            gap = np.linalg.norm(a.centre_mm - b.centre_mm) - a.semi_axes_mm[0] - b.semi_axes_mm[0]
            assert gap > 1


def test_the_same_seed_gives_the_same_patient(head, coarse):
    one, same = (
        virtual_patient(head, "pallidal_dots", protocol=coarse, rng=np.random.default_rng(7))
        for _ in range(2)
    )
    assert one.truth == same.truth
    assert np.array_equal(one.volume.hu, same.volume.hu)
    assert np.array_equal(one.truth_labels, same.truth_labels)


def test_a_deposit_above_the_scan_is_said_to_be_outside(head):
    low = Protocol(slice_mm=5, matrix=96, in_plane_mm=2.4, cut_top_mm=100)
    truth = virtual_patient(head, "physiologic", protocol=low, rng=np.random.default_rng(0)).truth
    shares = {r["site"]: r["share_in_scan"] for r in truth["deposits"]}
    assert shares["pineal"] == 0
    assert next(r["slices"] for r in truth["deposits"] if r["site"] == "pineal") is None


def test_the_excess_in_the_truth_is_that_of_the_scans_voltage_and_the_mass_is_not(head):
    rows = [
        virtual_patient(
            head,
            "physiologic",
            protocol=Protocol(slice_mm=5, matrix=64, in_plane_mm=3.6, kvp=kvp),
            rng=np.random.default_rng(0),
        ).truth["deposits"][0]
        for kvp in (80, 120)
    ]
    assert rows[0]["excess_hu_mm3"] / rows[1]["excess_hu_mm3"] == pytest.approx(1.829 / 1.343, rel=1e-4)
    assert rows[0]["mass_mg"] == rows[1]["mass_mg"]


def test_an_unknown_preset_is_refused_with_the_list():
    with pytest.raises(UsageError, match="pfbc"):
        preset("measles")


def test_the_old_have_more_physiologic_calcium_than_the_young():
    for site in ("pineal", "choroid_plexus", "habenula", "falx", "vessel_wall"):
        assert share_with(site, 70) > share_with(site, 5)


def test_another_visit_is_the_same_person_with_other_noise(head):
    protocol = Protocol(slice_mm=5, matrix=96, in_plane_mm=2.4)
    one, two, grew = (
        virtual_patient(
            head, "scattered", protocol=protocol, rng=np.random.default_rng(3), visit=visit, growth=growth
        )
        for visit, growth in ((1, 1.0), (2, 1.0), (2, 1.4))
    )
    assert one.truth["deposits"] == two.truth["deposits"]
    difference = one.volume.hu.astype(float) - two.volume.hu
    assert 3 < difference[one.volume.hu > 0].std() < 9
    assert abs(difference[one.volume.hu > 0].mean()) < 0.2
    masses = [sum(r["mass_mg"] for r in p.truth["deposits"]) for p in (two, grew)]
    assert masses[1] == pytest.approx(1.4 * masses[0], rel=1e-3)
