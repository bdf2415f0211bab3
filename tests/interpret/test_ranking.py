"""Laws the ranking keeps, whatever the knowledge says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from brainsand.interpret.exposure import word_base, word_chances
from brainsand.interpret.reading import Reading, Weigher, make_weigher, read_patient_facts
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import patient_of
from brainsand.read.terms import load_terms


@pytest.fixture(scope="module")
def weigher() -> Weigher:
    return make_weigher(load_knowledge(), load_terms())


def told(weigher: Weigher, **facts: Any) -> Reading:
    return read_patient_facts(patient_of(facts)[0], weigher)


def chance(reading: Reading, group: str) -> float:
    return float(reading.ranking.groups[reading.ranking.table.group_ids.index(group)])


def row(reading: Reading, group: str) -> dict[str, Any]:
    found: dict[str, Any] = next(g for g in reading.differential["groups"] if g["id"] == group)
    return found


STRIATAL = [
    {"site": site, "side": "both", "extent": "large"}
    for site in ("globus_pallidus", "putamen", "caudate", "thalamus", "dentate_nucleus")
]
DOTS = [{"site": "globus_pallidus", "side": "both", "extent": "punctate", "morphology": "punctate"}]
LOW_PTH = [
    {"analyte": "calcium", "value": 1.6, "unit": "mmol/L"},
    {"analyte": "phosphate", "value": 2.1, "unit": "mmol/L"},
    {"analyte": "pth", "flag": "low"},
]


def test_probabilities_are_shared_out_whole(weigher: Weigher) -> None:
    for facts in ({}, {"findings": STRIATAL, "age_years": 50}):
        groups = told(weigher, **facts).differential["groups"]
        assert sum(g["probability"] for g in groups) == pytest.approx(1.0)
        assert all(g["probability"] >= 0 for g in groups)


def test_nothing_told_gives_the_prior_and_asks_for_more(weigher: Weigher) -> None:
    reading = told(weigher)
    table = reading.ranking.table
    prior = np.bincount(table.group_of, weights=np.exp(table.log_prior))
    assert np.allclose(reading.ranking.groups, prior, atol=1e-9)
    assert "Tell more" in reading.differential["words"]
    assert reading.next_steps


def test_a_symptom_no_condition_lists_changes_nothing(weigher: Weigher) -> None:
    table = weigher.table
    strange = next(
        t
        for t in sorted(table.terms.names)
        if t not in table.below
        and not table.terms.calcified_sites(t)
        and not any(a in table.features for a in table.terms.ancestors(t))
        and t != "HP:0000001"
    )
    before = told(weigher, findings=STRIATAL)
    after = told(weigher, findings=STRIATAL, phenotype=[{"id": strange}])
    assert np.allclose(after.ranking.groups, before.ranking.groups, atol=1e-12)


def test_one_excluded_symptom_never_weighs_more_than_its_cap(weigher: Weigher) -> None:
    reading = told(weigher, phenotype=[{"id": "HP:0001250", "excluded": True}])
    weight = next(w for w in reading.ranking.weights if w.about == "excluded")
    assert weight.log_ratio.min() >= np.log(weigher.dials.least_excluded) - 1e-9
    assert weight.log_ratio.max() <= 0.0


def test_a_word_brings_what_it_implies_and_counts_once(weigher: Weigher) -> None:
    def weights(*history: str) -> dict[str, float]:
        table = weigher.table
        column = table.ids.index("hypopara_postsurgical")
        reading = told(weigher, findings=STRIATAL, labs=LOW_PTH, history=list(history))
        return {
            w.finding: float(w.log_ratio[column]) for w in reading.ranking.weights if w.about == "history"
        }

    thyroid, both = weights("thyroid_surgery"), weights("thyroid_surgery", "neck_surgery")
    assert "history_lacks" not in thyroid or thyroid["history_lacks"] == 0.0
    assert thyroid["history:thyroid_surgery"] > 2
    assert both == thyroid


def test_a_word_no_source_ties_to_a_condition_speaks_by_what_it_implies(weigher: Weigher) -> None:
    table = weigher.table
    listed = [c for c in table.conditions if {f.word for f in c.history} & {"ckd", "dialysis"} == {"ckd"}]
    assert listed
    for word in ("ckd", "dialysis"):
        ratio = word_chances(table, word) / word_base(table, word)
        assert all(ratio[table.ids.index(c.id)] > 1 for c in listed)


def test_what_is_done_where_a_treatable_cause_is_proven_is_told_with_its_source(weigher: Weigher) -> None:
    reading = told(weigher, findings=STRIATAL, age_years=60, labs=LOW_PTH, history=["neck_surgery"])
    rows = row(reading, "hypoparathyroidism")["treatment"]
    known = weigher.table.knowledge.conditions["hypopara_postsurgical"]
    assert [r["words"] for r in rows] == [a.text for a in known.management]
    assert all(r["basis"] == "expert" or r["source"] for r in rows)
    unlikely = [g for g in reading.differential["groups"] if g["probability"] < 0.1]
    assert unlikely
    assert all(g["treatment"] == [] for g in unlikely)
    assert f"If it is {known.name}: {rows[0]['words'].rstrip('.')}." in reading.readers["neurologist"]
    steps = [s for s in reading.next_steps if s.get("once_proven")]
    assert steps[0]["step"].startswith(f"If it is {known.name}")


def test_a_treatment_that_waits_for_proof_stands_after_the_tests_that_are_as_urgent(weigher: Weigher) -> None:
    reading = told(weigher, findings=STRIATAL, age_years=30, labs=LOW_PTH)
    waiting = [i for i, s in enumerate(reading.next_steps) if s.get("once_proven")]
    assert waiting
    for place in waiting:
        urgency = reading.next_steps[place]["urgency"]
        after = [s for s in reading.next_steps[place:] if s["urgency"] == urgency]
        assert all(s.get("once_proven") for s in after)


def test_ordinary_calcium_is_not_treated(weigher: Weigher) -> None:
    reading = told(weigher, findings=DOTS, age_years=80)
    assert row(reading, "physiologic")["treatment"] == []
    assert not any(s.get("once_proven") for s in reading.next_steps)


def test_what_was_looked_for_in_one_organ_system_counts_less_the_more_there_is(weigher: Weigher) -> None:
    def weight_of_seizure(*others: str) -> Any:
        terms = [{"id": t, "excluded": True} for t in ("HP:0001250", *others)]
        reading = told(weigher, phenotype=terms)
        return next(w.log_ratio for w in reading.ranking.weights if w.finding == "not:HP:0001250")

    alone, of_three = weight_of_seizure(), weight_of_seizure("HP:0001300", "HP:0001260")
    assert np.allclose(of_three * (1 + 2 * weigher.dials.excluded_crowd), alone)


def test_the_order_of_facts_is_of_no_account(weigher: Weigher) -> None:
    terms = [{"id": "HP:0001300"}, {"id": "HP:0001260"}, {"id": "HP:0000726"}]
    one = told(weigher, findings=STRIATAL, phenotype=terms)
    other = told(weigher, findings=STRIATAL[::-1], phenotype=terms[::-1])
    assert np.allclose(one.ranking.groups, other.ranking.groups, atol=1e-9)


def test_absent_and_not_known_are_told_apart(weigher: Weigher) -> None:
    free = [{"site": s, "absent": True} for s in ("putamen", "caudate", "thalamus", "dentate_nucleus")]
    silent = told(weigher, findings=DOTS, age_years=50)
    absent = told(weigher, findings=[*DOTS, *free], age_years=50)
    assert chance(absent, "pfbc") < chance(silent, "pfbc")
    assert chance(absent, "physiologic") > chance(silent, "physiologic")
    named = {r["finding"] for r in row(silent, "pfbc")["against"]}
    assert not any(str(f).startswith("no_site:") for f in named)


def test_pallidal_dots_end_benign_at_eighty_and_deserve_a_cause_at_twenty(weigher: Weigher) -> None:
    old, young = told(weigher, findings=DOTS, age_years=80), told(weigher, findings=DOTS, age_years=20)
    assert old.differential["groups"][0]["id"] == "physiologic"
    assert old.significance["level"] == "incidental"
    assert chance(young, "physiologic") < 0.5
    assert young.significance["level"] == "work_up"


def test_ordinary_sites_alone_end_benign_and_stand_beside_a_disease(weigher: Weigher) -> None:
    ordinary = [{"site": "pineal", "side": "midline"}, {"site": "choroid_plexus", "side": "both"}]
    alone = told(weigher, findings=ordinary, age_years=45)
    assert alone.differential["groups"][0]["id"] == "physiologic"
    assert chance(alone, "physiologic") > 0.7
    nodules = {"site": "subependymal", "side": "both", "morphology": "nodular"}
    with_disease = told(weigher, findings=[*ordinary, nodules], age_years=20)
    without = told(weigher, findings=[nodules], age_years=20)
    assert with_disease.differential["groups"][0]["id"] == "tsc"
    assert chance(with_disease, "tsc") > 0.5 * chance(without, "tsc")


def test_calcium_metabolism_is_read_jointly_and_put_first(weigher: Weigher) -> None:
    reading = told(weigher, findings=STRIATAL, age_years=45, labs=LOW_PTH)
    assert reading.differential["groups"][0]["id"] == "hypoparathyroidism"
    labs = [w for w in reading.ranking.weights if w.about == "lab"]
    assert len(labs) == 1
    high = [*LOW_PTH[:2], {"analyte": "pth", "flag": "high"}]
    resistant = told(weigher, findings=STRIATAL, age_years=15, labs=high)
    assert resistant.differential["groups"][0]["id"] == "pseudohypoparathyroidism"


def test_low_calcium_with_seizures_cannot_wait(weigher: Weigher) -> None:
    reading = told(weigher, labs=LOW_PTH, phenotype=[{"id": "HP:0001250"}])
    assert reading.next_steps[0]["urgency"] == "now"
    assert reading.significance["level"] == "urgent"


def test_a_variant_counts_by_its_class_and_by_its_zygosity(weigher: Weigher) -> None:
    def with_variant(**variant: str) -> float:
        return chance(told(weigher, findings=STRIATAL, age_years=50, variants=[variant]), "pfbc")

    without = chance(told(weigher, findings=STRIATAL, age_years=50), "pfbc")
    likely = with_variant(gene="SLC20A2", acmg="LP", zygosity="heterozygous")
    uncertain = with_variant(gene="SLC20A2", acmg="VUS", zygosity="heterozygous")
    one_of_two = with_variant(gene="MYORG", acmg="P", zygosity="heterozygous")
    both = with_variant(gene="MYORG", acmg="P", zygosity="homozygous")
    elsewhere = with_variant(gene="BRCA1", acmg="P", zygosity="heterozygous")
    assert likely > uncertain >= without - 1e-9
    assert both > one_of_two
    assert elsewhere == pytest.approx(without)


def test_related_parents_lift_recessive_conditions_only(weigher: Weigher) -> None:
    facts = {"age_years": 2, "phenotype": [{"id": "HP:0001263"}], "findings": [{"site": "basal_ganglia"}]}
    before, after = told(weigher, **facts), told(weigher, **facts, family={"consanguinity": True})
    assert chance(after, "cockayne") > chance(before, "cockayne")
    assert chance(after, "tsc") < chance(before, "tsc")


def test_every_weight_has_words_and_says_whether_it_is_published(weigher: Weigher) -> None:
    reading = told(
        weigher, findings=STRIATAL, age_years=50, sex="F", labs=LOW_PTH, phenotype=[{"id": "HP:0001300"}]
    )
    for group in reading.differential["groups"][:3]:
        for weight in (*group["evidence"], *group["against"]):
            assert weight["words"]
            assert weight["basis"] in ("published", "expert")
            assert weight["frequency"]
            if weight["basis"] == "published":
                assert weight["source"]


def test_the_weights_shown_make_the_probability(weigher: Weigher) -> None:
    reading = told(weigher, findings=DOTS, age_years=60, phenotype=[{"id": "HP:0001300"}])
    ranking = reading.ranking
    joint = np.exp(ranking.table.log_prior + ranking.cooled.sum(axis=0))
    pairs = sum(p.probability for p in ranking.pairs)
    expected = joint / joint.sum() * (1 - pairs)
    wilson = ranking.table.ids.index("wilson")
    half = sum(p.probability / 2 for p in ranking.pairs if wilson in p.columns)
    assert ranking.posterior[wilson] == pytest.approx(expected[wilson] + half)


def test_what_would_tell_most_is_not_what_is_known_already(weigher: Weigher) -> None:
    before = told(weigher, findings=STRIATAL, age_years=40)
    asked = {m["test"] for m in row(before, "pfbc")["missing"]}
    assert "calcium+phosphate+pth" in asked
    after = told(weigher, findings=STRIATAL, age_years=40, labs=LOW_PTH)
    asked = {m["test"] for g in after.differential["groups"][:3] for m in g["missing"]}
    assert "calcium+phosphate+pth" not in asked


def test_scarcely_anything_fits_and_that_is_said(weigher: Weigher) -> None:
    nowhere = [{"site": "corpus_callosum", "side": "midline"}, {"site": "internal_capsule", "side": "left"}]
    reading = told(weigher, findings=nowhere, age_years=30)
    assert chance(reading, "other_cause") > 0.05


def test_two_causes_at_once_are_told_when_neither_explains_all(weigher: Weigher) -> None:
    nodules = {"site": "subependymal", "side": "both", "morphology": "nodular"}
    reading = told(
        weigher,
        age_years=40,
        findings=[nodules, *STRIATAL[:3]],
        labs=LOW_PTH,
        history=["hypomelanotic_macules", "facial_angiofibroma", "thyroid_surgery", "neck_surgery"],
    )
    pair = reading.differential["together"][0]
    assert set(pair["ids"]) == {"tsc", "hypopara_postsurgical"}
    assert pair["probability"] > 0.5
    assert "Two causes at once" in reading.differential["words"]
    assert not any("putamen" in words for words in reading.differential["unexplained"])


def test_one_cause_that_explains_all_is_no_pair(weigher: Weigher) -> None:
    reading = told(weigher, findings=STRIATAL, age_years=45, labs=LOW_PTH, history=["neck_surgery"])
    assert all(pair["probability"] < 0.2 for pair in reading.differential["together"])


def test_a_panel_is_asked_for_what_is_inherited_and_not_after_surgery(weigher: Weigher) -> None:
    surgical = told(
        weigher, findings=STRIATAL, age_years=60, labs=LOW_PTH, history=["neck_surgery", "thyroid_surgery"]
    )
    assert chance(surgical, "hypoparathyroidism") > 0.9
    assert not any(step["step"].startswith("Gene panel") for step in surgical.next_steps)
    normal = [{"analyte": a, "flag": "normal"} for a in ("calcium", "phosphate", "pth", "magnesium")]
    family = told(weigher, findings=STRIATAL, age_years=50, labs=normal)
    panel = next(step for step in family.next_steps if step["step"].startswith("Gene panel"))
    assert "SLC20A2" in [row["gene"] for row in panel["genes"]]


def test_a_mass_turns_a_calcified_pineal_into_a_tumour(weigher: Weigher) -> None:
    pineal = {"site": "pineal", "side": "midline", "extent": "moderate"}
    silent = told(weigher, findings=[pineal], age_years=36)
    inside = told(weigher, findings=[{**pineal, "in_mass": True}], age_years=36)
    free = told(weigher, findings=[{**pineal, "in_mass": False}], age_years=36)
    assert inside.differential["groups"][0]["id"] == "tumour_pineal"
    assert silent.differential["groups"][0]["id"] == "physiologic"
    assert chance(free, "tumour_pineal") < chance(silent, "tumour_pineal") < chance(inside, "tumour_pineal")


def test_the_more_symptoms_are_told_the_more_the_whole_list_counts(weigher: Weigher) -> None:
    listed = [f.id for f in weigher.table.knowledge.conditions["cockayne"].phenotype if f.used][:12]
    most = []
    for count in (2, 6, 12):
        reading = told(weigher, phenotype=[{"id": t} for t in listed[:count]])
        weight = next(w for w in reading.ranking.weights if w.about == "likeness")
        assert weight.log_ratio.min() == 0.0
        most.append(float(weight.log_ratio.max()))
    assert most == sorted(most)


def test_ordinary_calcium_asks_for_nothing(weigher: Weigher) -> None:
    ordinary = [{"site": "pineal", "side": "midline"}, {"site": "choroid_plexus", "side": "both"}]
    steps = told(weigher, findings=ordinary, age_years=45).next_steps
    assert steps[0]["step"] == "No further test for the calcium."
    assert not any(s["step"].startswith(("Measure", "Ask", "Gene panel")) for s in steps)
    sick = told(weigher, findings=ordinary, age_years=45, labs=LOW_PTH).next_steps
    assert not any(s["step"] == "No further test for the calcium." for s in sick)
    assert sick[0]["urgency"] in ("now", "soon")


def test_health_calcifies_at_a_site_that_readers_call_by_its_neighbours_name(weigher: Weigher) -> None:
    ordinary = [
        {"site": "pineal", "side": "midline"},
        {"site": "choroid_plexus", "side": "both"},
        {"site": "tentorium", "side": "midline", "extent": "punctate"},
    ]
    reading = told(weigher, findings=ordinary, age_years=60)
    assert reading.differential["groups"][0]["id"] == "physiologic"
    assert reading.significance["level"] == "incidental"


def test_a_known_cancer_makes_a_calcified_mass_a_metastasis(weigher: Weigher) -> None:
    mass = [{"site": "cerebellum", "in_mass": True}]
    without = told(weigher, findings=mass, age_years=50)
    by_word = told(weigher, findings=mass, age_years=50, history=["cancer_known"])
    by_term = told(weigher, findings=mass, age_years=50, phenotype=[{"id": "HP:0100615"}])
    assert row(by_word, "tumour_metastasis") == by_word.differential["groups"][0]
    assert chance(by_word, "tumour_metastasis") > chance(without, "tumour_metastasis")
    # A history that was given is also heard for what it lacks; a term is not.
    assert chance(by_term, "tumour_metastasis") == pytest.approx(
        chance(by_word, "tumour_metastasis"), abs=0.01
    )


def test_a_high_pth_beside_a_normal_calcium_speaks_for_hyperparathyroidism(weigher: Weigher) -> None:
    dura = [{"site": s, "side": "both"} for s in ("dura", "falx", "tentorium")]
    results = [{"analyte": "calcium", "flag": "normal"}, {"analyte": "creatinine", "flag": "normal"}]
    normal = told(weigher, findings=dura, age_years=40, labs=results)
    high = told(weigher, findings=dura, age_years=40, labs=[*results, {"analyte": "pth", "flag": "high"}])
    assert chance(high, "hyperparathyroidism") > 2 * chance(normal, "hyperparathyroidism")


def test_a_second_cause_is_found_that_alone_explains_nothing_of_the_first(weigher: Weigher) -> None:
    mass = {"site": "dura", "side": "left", "morphology": "nodular", "in_mass": True}
    facts = {"age_years": 44, "sex": "F", "labs": LOW_PTH, "history": ["thyroid_surgery"]}
    alone = told(weigher, findings=STRIATAL, **facts).differential
    beside = told(weigher, findings=[*STRIATAL, mass], **facts).differential
    assert not any("meningioma" in pair["ids"] for pair in alone["together"])
    assert set(beside["together"][0]["ids"]) == {"hypopara_postsurgical", "meningioma"}
