"""The evidence pages say what the knowledge base says, and the compiled copy is made of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import evidence
from brainsand.model.frequency import Frequency
from brainsand.read.compiled import COMPILED
from brainsand.read.knowledge import load_knowledge
from build_knowledge.__main__ import group_problems, packed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "evidence"


@pytest.fixture(scope="module")
def made():
    return evidence.pages(load_knowledge())


def test_the_pages_are_up_to_date(made):
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert sorted(there) == sorted(made), "run make docs"
    assert [name for name in made if made[name] != there[name]] == [], "run make docs"


def test_every_condition_has_its_section(made):
    for condition in load_knowledge().conditions.values():
        assert f"`{condition.id}`" in made[f"{condition.group}.md"]


def test_a_fact_that_is_not_weighed_stands_in_brackets():
    assert evidence.fact_words(Frequency(trust="published", k=1, n=4, used=False)) == "(1 of 4)"


def test_a_source_links_to_where_it_is_found():
    assert evidence.linked("PMID:23913003") == "[PMID:23913003](<https://pubmed.ncbi.nlm.nih.gov/23913003/>)"
    assert evidence.linked("doi:10.1002/(a)") == "[doi:10.1002/(a)](<https://doi.org/10.1002/(a)>)"
    assert evidence.linked("Blood 1997;90") == "Blood 1997;90"


def test_the_same_knowledge_gives_the_same_bytes():
    assert packed() == packed()
    there = (ROOT / "src/brainsand/knowledge" / COMPILED).read_bytes()
    assert gzip.decompress(packed()) == gzip.decompress(there), "run make knowledge"


def test_a_condition_that_two_places_disagree_about_is_named():
    said = list(group_problems([{"id": "pfbc", "members": ["tsc"]}]))
    assert "groups.yaml: pfbc: tsc says its group is 'tsc'" in said
    assert "hypothyroidism.yaml: stands in no group of groups.yaml" in said
