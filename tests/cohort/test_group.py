"""The group level on a made-up cohort whose truth is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from brainsand.cohort.association import association_rows, phenotype_of
from brainsand.cohort.comparison import comparison_rows
from brainsand.cohort.group import GroupWishes, study_group
from brainsand.cohort.groupdata import load_group
from brainsand.cohort.harmonize import harmonization
from brainsand.cohort.model import Plan
from brainsand.cohort.people import people_of
from brainsand.errors import UsageError
from brainsand.read.own_norms import read_own_norms
from cohort_trial.tables import SITES, Truth, log_mean, log_odds, write_tables

NOTHING = Plan(kind="bids", units=())


def load(folder):
    return load_group(folder, people_of(folder, NOTHING, folder / "participants.tsv"))


def made(folder, *, persons=2000, seed=0, **truth):
    write_tables(folder, persons=persons, seed=seed, truth=Truth(**truth))
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = made(tmp_path_factory.mktemp("cohort"), persons=4000, seed=2, odds_per_point=1.15)
    wishes = GroupWishes(
        phenotypes=("dementia", "coin"),
        compare=("place",),
        people=folder / "participants.tsv",
        population="made-up people",
        resamples=60,
    )
    return study_group(folder, folder, NOTHING, wishes).parent


def rows(folder, name):
    head, *lines = (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_scans_are_counted_once_a_person_and_sites_are_summed_over_sides(tmp_path):
    group = load(made(tmp_path, persons=50))
    assert len(group.first) == 55
    assert group.first.sum() == 50
    assert group.amounts["mass_mg"][:, :-1].sum(axis=1) == pytest.approx(group.real["mass_mg"])


def test_prevalence_is_that_of_the_tables_and_its_interval_holds_it(study):
    found = [
        r
        for r in rows(study, "prevalence")
        if r["site"] == "pineal" and (r["age_from"], r["age_to"]) == ("0", "130")
    ]
    both = next(r for r in found if r["sex"] == "all")
    parts = [r for r in found if r["sex"] != "all"]
    assert int(both["persons"]) == 4000
    assert sum(int(r["with_any"]) for r in parts) == int(both["with_any"])
    assert float(both["wilson_low"]) < float(both["share"]) < float(both["wilson_high"])


def test_every_table_has_its_dictionary(study):
    for name in ("prevalence", "centiles", "association", "comparison", "harmonization", "missing"):
        said = json.loads((study / f"{name}.json").read_text())
        assert list(said) == (study / f"{name}.tsv").read_text().split("\n", 1)[0].split("\t")


def test_the_norms_give_a_new_person_the_centile_of_the_generating_curve(study):
    norms = read_own_norms(study / "norms.json")
    assert (norms.persons, norms.population) == (4000, "made-up people")
    curve = norms.curve("vessel_wall", "mass_mg", "F")
    truth = Truth()
    for age in (45.0, 60.0, 75.0):
        some = 1 / (1 + math.exp(-float(log_odds("vessel_wall", age, 0, truth))))
        assert curve.any_share(age) == pytest.approx(some, abs=0.06)
        middle = math.exp(float(log_mean("vessel_wall", age, truth)))
        found = curve.centile(middle, age)
        assert found.centile == pytest.approx(100 * (1 - some / 2), abs=5)
        assert found.low <= found.centile <= found.high
    assert curve.centile(0.0, 60.0) is None
    assert not curve.speaks_at(120.0)


def test_centiles_rise_with_the_amount_and_amounts_with_the_centile(study):
    curve = read_own_norms(study / "norms.json").curve("total", "mass_mg", None)
    amounts = [curve.amount_at(q, 60.0) for q in (0.2, 0.5, 0.9, 0.99)]
    assert amounts == sorted(amounts)
    assert curve.centile(amounts[1], 60.0).centile == pytest.approx(50, abs=1)


def test_the_planted_odds_ratio_lies_within_its_interval(study):
    found = {(r["phenotype"], r["exposure"]): r for r in rows(study, "association")}
    tcs = found["dementia", "tcs"]
    assert float(tcs["low"]) <= 1.15 <= float(tcs["high"])
    assert float(tcs["q"]) < 0.05
    assert tcs["covariates"] == "age, sex, scanner, slice thickness"
    assert all(float(r["q"]) > 0.01 for (name, _), r in found.items() if name == "coin")


def test_over_many_cohorts_the_interval_holds_the_planted_odds_and_nothing_is_found_where_nothing_is(
    tmp_path,
):
    """400 people each: the interval holds 1.3 in 19 of 20, and a coin is related to burden in 1 of 20."""
    held, coin = [], []
    for seed in range(60):
        folder = tmp_path / str(seed)
        group = load(made(folder, persons=400, seed=seed, odds_per_point=1.3))
        row = association_rows(group, "dementia")[0]
        held.append(row["low"] <= 1.3 <= row["high"])
        coin.append(association_rows(group, "coin")[0]["p"] < 0.05)
    assert np.mean(held) >= 0.88
    assert np.mean(coin) <= 0.12


def test_a_number_is_related_by_a_line(tmp_path):
    folder = made(tmp_path, persons=600)
    group = load(folder)
    rng = np.random.default_rng(1)
    words = [str(round(2.0 * t + rng.normal(), 3)) for t in group.real["tcs"]]
    from dataclasses import replace

    group = replace(group, phenotypes={"speed": np.array(words, object)})
    row = association_rows(group, "speed")[0]
    assert (row["measure"], row["cases"]) == ("difference", None)
    assert row["low"] <= 2.0 <= row["high"]


def test_a_column_that_is_not_there_or_says_too_much_is_refused(tmp_path):
    group = load(made(tmp_path, persons=60))
    with pytest.raises(UsageError, match="has no column 'nothing'; it has: coin, dementia, place"):
        phenotype_of(group, "nothing")
    with pytest.raises(UsageError, match="there is no such column"):
        comparison_rows(group, "nothing")


def test_groups_that_do_not_differ_are_not_told_apart(study):
    found = rows(study, "comparison")
    assert {r["site"] for r in found} == {*SITES, "total"}
    assert all(float(r["difference_low"]) <= float(r["difference_high"]) for r in found)
    assert min(float(r["q"]) for r in found) > 0.01


def test_what_thickness_does_is_found_and_taken_away(tmp_path):
    group = load(made(tmp_path, persons=6000, seed=3, amount_per_mm=1.2, odds_per_mm=0.8))
    found, carried = harmonization(group, reference_mm=3.0)
    row = next(r for r in found if r["site"] == "choroid_plexus")
    assert row["amount_low"] <= 1.2 <= row["amount_high"]
    assert row["odds_low"] <= 0.8 <= row["odds_high"]
    assert row["scanner_held_equal"]
    k = group.column("choroid_plexus")
    some = carried[:, k] > 0
    thin, thick = (np.log(carried[some & (group.thickness_mm == t), k]).mean() for t in (1.0, 5.0))
    assert thick - thin == pytest.approx(0.0, abs=0.1)


def test_scanner_and_thickness_that_go_together_are_said_to_be_one(tmp_path):
    from dataclasses import replace

    group = load(made(tmp_path, persons=1500))
    names = np.array([f"thick {t:g}" for t in group.thickness_mm], object)
    one = replace(group, text={**group.text, "model_name": names})
    found, _ = harmonization(one, reference_mm=None)
    assert not any(r["scanner_held_equal"] for r in found)


def test_missing_facts_are_counted(tmp_path):
    from dataclasses import replace

    from brainsand.cohort.missing import missing_rows

    group = load(made(tmp_path, persons=100))
    age = group.real["age_years"].copy()
    age[:11] = np.nan
    found = {r["what"]: r for r in missing_rows(replace(group, real={**group.real, "age_years": age}))}
    assert (found["age"]["not_known"], found["age"]["scans"]) == (11, 110)
    assert found["image of pineal"]["not_known"] == 0


def test_the_page_loads_nothing_and_says_what_was_found(study):
    text = (study / "group.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert 'src="http' not in text
    assert text.count("<svg") >= 6
    assert text.count("<figcaption>") == text.count("<figure>")
    for words in (
        "of 4000 persons",
        "Odds ratios of dementia",
        "Wilson",
        "not a medical device",
        "made-up people",
    ):
        assert words in text


def test_the_map_counts_scans_at_their_place_in_the_atlas(study):
    import nibabel

    share = nibabel.load(study / "calcification_share.nii.gz")
    count = nibabel.load(study / "calcification_count.nii.gz")
    seen = np.asarray(count.dataobj)
    assert share.shape == count.shape == (93, 115, 96)
    assert np.nanmax(np.asarray(share.dataobj)) == pytest.approx(seen.max() / 4000)
    assert np.isnan(np.asarray(share.dataobj)[:, :, 0]).all()  # slices that no scan shows


def test_the_same_tables_give_the_same_page_and_norms(tmp_path):
    folder = made(tmp_path, persons=300)
    wishes = GroupWishes(phenotypes=("coin",), people=folder / "participants.tsv", resamples=20)
    written = []
    for _ in range(2):
        out = study_group(folder, folder, NOTHING, wishes).parent
        written.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert written[0] == written[1]


def test_contrast_and_pixels_seen_before_do_not_count(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = made(tmp_path, persons=40)
    table = pq.read_table(folder / "scans.parquet")
    contrast = ["present"] * 3 + table["contrast"].to_pylist()[3:]
    same = [None] * 3 + ["sub-0000000_ses-1"] + [None] * (table.num_rows - 4)
    for name, values in (("contrast", contrast), ("same_pixels_as", same)):
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    pq.write_table(table, folder / "scans.parquet")
    assert dict(load(folder).flow)["scans that count"] == 44 - 4


def test_no_tables_and_nothing_measured_are_told(tmp_path):
    with pytest.raises(UsageError, match="run the participant level first"):
        load_group(tmp_path)
