"""The vocabulary maker on an ontology of four terms."""

from __future__ import annotations

from build_terms.__main__ import read_obo, vocabulary

OBO = r"""format-version: 1.2
data-version: hp/releases/2025-01-16

[Term]
id: HP:1
name: All

[Term]
id: HP:2
name: Seizure
alt_id: HP:9
synonym: "Fit" EXACT layperson []
synonym: "The \"falling sickness\"" RELATED []
synonym: "Old word" EXACT obsolete_synonym []
is_a: HP:1 ! All

[Term]
id: HP:3
name: Focal seizure
is_a: HP:2 ! Seizure

[Term]
id: HP:4
name: obsolete Attack
is_obsolete: true
replaced_by: HP:2

[Typedef]
id: part_of
name: part of
""".splitlines()

HPOA = """#version: 2025-01-16
database_id\tqualifier\thpo_id\taspect
OMIM:1\t\tHP:3\tP
OMIM:2\t\tHP:9\tP
OMIM:2\tNOT\tHP:3\tP
OMIM:3\t\tHP:1\tI
""".splitlines()


def test_terms_keep_their_names_synonyms_and_parents_word_for_word():
    made = vocabulary(OBO, HPOA)
    assert made["version"] == "2025-01-16"
    assert [row[:4] for row in made["terms"]] == [
        ["HP:1", "All", [], []],
        ["HP:2", "Seizure", ["Fit", 'The "falling sickness"'], ["HP:1"]],
        ["HP:3", "Focal seizure", [], ["HP:2"]],
    ]


def test_merged_and_obsolete_ids_lead_to_their_terms():
    made = vocabulary(OBO, HPOA)
    assert made["alternative"] == {"HP:9": "HP:2"}
    assert made["obsolete"] == {"HP:4": ["obsolete Attack", ["HP:2"], []]}


def test_a_disease_counts_for_its_terms_and_all_above_but_not_for_what_it_lacks():
    made = vocabulary(OBO, HPOA)
    assert made["diseases"] == 2
    assert {row[0]: row[4] for row in made["terms"]} == {"HP:1": 2, "HP:2": 2, "HP:3": 1}


def test_what_follows_the_terms_is_no_term():
    assert [term["id"] for term in read_obo(OBO)] == ["HP:1", "HP:2", "HP:3", "HP:4"]
