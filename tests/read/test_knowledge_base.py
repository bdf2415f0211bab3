"""Every file of the knowledge base keeps the schema, and every fact says where it comes from or that it is expert."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from importlib import resources

import jsonschema
import pytest
import yaml

from brainsand.model.sites import SITES
from brainsand.read import vocabulary
from brainsand.read.compiled import COMPILED
from brainsand.read.gather import condition_files, gathered
from brainsand.read.knowledge import load_knowledge
from brainsand.read.terms import load_terms

FOLDER = resources.files("brainsand.knowledge")
FILES = condition_files()
SCHEMA = json.loads((FOLDER / "condition.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plain():
    return gathered()


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge()


def facts_in(value, path=""):
    """Every mapping below ``value`` that states a trust, with where it stands."""
    if isinstance(value, dict):
        if "trust" in value:
            yield path, value
        for key, part in value.items():
            yield from facts_in(part, f"{path}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from facts_in(part, f"{path}/{number}")


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_the_file_keeps_the_schema_and_bears_the_name_of_its_condition(file):
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(raw)
    ]
    assert problems == []
    assert file.name == f"{raw['id']}.yaml"


def test_the_compiled_copy_says_what_the_yaml_says(plain):
    packed = json.loads(gzip.decompress((FOLDER / COMPILED).read_bytes()))
    assert packed == json.loads(json.dumps(plain)), "run tools/build_knowledge"


def test_every_fact_names_its_source_or_says_expert(plain):
    facts = list(facts_in(plain))
    silent = [path for path, fact in facts if fact["trust"] != "expert" and not fact.get("source")]
    assert len(facts) > 9_000
    assert silent == []
    assert {fact["trust"] for _, fact in facts} == {"published", "published_class", "expert"}


def test_no_count_exceeds_its_denominator(plain):
    wrong = [path for path, fact in facts_in(plain) if fact.get("k", 0) > fact.get("n", float("inf"))]
    assert wrong == []


def test_whoever_can_be_treated_is_told_how_in_whole_sentences(knowledge):
    helped = [c for c in knowledge.conditions.values() if c.treatable in {"yes", "partly", "preventable"}]
    assert len(helped) > 80
    assert [c.id for c in helped if not c.management or len(c.management[0].text.split()) < 5] == []
    rows = {row.text for c in knowledge.conditions.values() for row in c.management}
    assert [text for text in sorted(rows) if not (text[0].isupper() and text.endswith("."))] == []
    assert [
        text for text in sorted(rows) if text.startswith(("As ", "TREATABLE", "AVOID", "Avoid", "Never"))
    ] == []


def test_treatment_is_three_rows_at_most_and_only_what_was_read_is_published(plain):
    conditions = {c["id"]: c["management"] for c in plain["conditions"]}
    assert [id for id, rows in conditions.items() if not 1 <= len(rows) <= 3] == []
    read = {row["text"]: bool(row.get("source")) for rows in conditions.values() for row in rows}
    said = {row["text"]: row["trust"] == "published" for rows in conditions.values() for row in rows}
    assert read == said


def test_every_condition_stands_in_exactly_one_group_and_every_group_has_members(knowledge):
    held = Counter(member for group in knowledge.groups.values() for member in group.members)
    assert set(held) == set(knowledge.conditions)
    assert set(held.values()) == {1}
    for group in knowledge.groups.values():
        assert {knowledge.conditions[member].group for member in group.members} == {group.id}


def test_benign_ends_are_groups_in_their_own_right(knowledge):
    assert [group.id for group in knowledge.groups.values() if group.background] == [
        "physiologic",
        "no_disease",
    ]
    assert knowledge.groups["physiologic"].benign
    assert not knowledge.groups["pfbc"].benign


def test_every_hpo_id_is_in_use_and_bears_its_label(knowledge):
    names = load_terms().names
    said = {(f.id, f.label) for c in knowledge.conditions.values() for f in c.phenotype}
    said |= {(row.id, row.label) for row in knowledge.background.values()}
    assert sorted((id, label) for id, label in said if names.get(id) != label) == []


def test_no_feature_is_excluded_and_present_by_the_same_word(knowledge):
    for condition in knowledge.conditions.values():
        ids = [feature.id for feature in condition.phenotype]
        assert len(ids) == len(set(ids)), condition.id


def test_sites_are_those_of_the_contract(knowledge):
    known = {*SITES, "parenchyma"} - {"unknown"}
    assert {site for c in knowledge.conditions.values() for site in c.sites} <= known


def test_words_of_history_and_labs_are_those_of_the_patient_file(knowledge):
    assert set(knowledge.history) == set(vocabulary.HISTORY)
    assert set(knowledge.analytes) == set(vocabulary.ANALYTES)
    conditions = knowledge.conditions.values()
    assert {fact.word for c in conditions for fact in c.history} <= set(knowledge.history)
    assert {name for c in conditions for s in c.labs for name in s.results} <= set(knowledge.analytes)


def test_what_a_word_implies_is_a_word_too(knowledge):
    assert knowledge.history["thyroid_surgery"].implies == ("neck_surgery",)
    assert {w for h in knowledge.history.values() for w in h.implies} <= set(knowledge.history)


def test_ages_run_upwards_and_hold_the_middle_of_life_for_some(knowledge):
    for condition in knowledge.conditions.values():
        ages = condition.ages
        assert ages.earliest <= ages.low <= ages.high <= ages.latest, condition.id


def test_head_ct_ages_add_up_to_everybody(knowledge):
    bands = knowledge.population
    assert sum(band.share for band in bands) == pytest.approx(1.0)
    assert [band.age[0] for band in bands[1:]] == [band.age[1] for band in bands[:-1]]


def test_what_orphanet_says_of_newborns_is_not_said_of_familial_calcification(knowledge):
    # ORPHA:1980 mixes bilateral striopallidodentate calcinosis with a pseudo-TORCH disease of the newborn.
    for member in knowledge.groups["pfbc"].members:
        facts = [f for feature in knowledge.conditions[member].phenotype for f in feature.frequency]
        assert [f for f in facts if "ORPHA:1980" in f.source] == [], member


def test_every_condition_was_held_against_the_literature(plain):
    assert [c["id"] for c in plain["conditions"] if not c["reviewed"]] == []


def test_a_fistula_that_bleeds_is_not_filed_with_the_vein_that_is_harmless(knowledge):
    fistula, vein = (knowledge.conditions[id] for id in ("davf_subcortical", "dva_unilateral_bg"))
    assert (fistula.treatable, fistula.severity) == ("yes", "serious")
    assert (vein.treatable, vein.severity) == ("no", "benign")


def test_the_ids_of_the_evidence_are_kept(knowledge):
    assert {"pfbc_slc20a2", "hypopara_postsurgical", "tsc", "age_related_basal_ganglia"} <= set(
        knowledge.conditions
    )
    assert len(knowledge.conditions) >= 140


def test_what_was_counted_over_a_group_speaks_for_members_without_a_count_of_their_own(plain, knowledge):
    group = next(g for g in plain["groups"] if g["id"] == "aicardi_goutieres")
    lent = {row["id"]: (row.get("k"), row.get("n")) for row in group["phenotype"]}
    assert lent["HP:0002015"] == (124, 167)
    swallowing = [
        f
        for feature in knowledge.conditions["ags3_rnaseh2c"].phenotype
        if feature.id == "HP:0002015"
        for f in feature.frequency
    ]
    assert [(f.k, f.n, f.of_group) for f in swallowing] == [(124, 167, True)]
    chilblains = [
        f.of_group
        for feature in knowledge.conditions["ags1_trex1"].phenotype
        if feature.id == "HP:0009710"
        for f in feature.frequency
    ]
    assert chilblains
    assert not any(chilblains)  # 40 of 90 counted with this very gene
