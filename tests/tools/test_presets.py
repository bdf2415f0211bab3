"""The table of virtual patients ranked by image and age alone, counted by hand."""

from __future__ import annotations

from brainsand.phantom.presets import presets
from brainsand.read.knowledge import load_knowledge
from evaluation.presets import GROUPS, Ranked, standing, table


def row(preset: str, rank: int, chance: float, first: str, level: str) -> Ranked:
    return Ranked(preset=preset, seed=1, age_years=40.0, rank=rank, chance=chance, first=first, level=level)


def test_every_preset_and_every_group_it_stands_for_is_known() -> None:
    known = set(load_knowledge().groups)
    assert set(GROUPS) <= set(presets())
    assert {group for groups in GROUPS.values() for group in groups} <= known


def test_a_right_group_that_is_not_listed_stands_past_the_end() -> None:
    assert standing([("a", 0.6), ("b", 0.2)], ("c",)) == (3, 0.0)


def test_the_table_counts_firsts_and_names_who_was_not() -> None:
    text = table(
        [
            row("pfbc", 1, 0.8, "pfbc", "work_up"),
            row("pfbc", 2, 0.2, "melas", "work_up"),
            row("physiologic", 1, 0.5, "physiologic", "follow_up"),
        ]
    )
    assert "| pfbc | 2 | 1 | 2 | 0.50 | work_up 2 |" in text
    assert "| all | 3 | 2 | 3 | 0.50 | |" in text
    assert "Not first: pfbc at 40 y: melas first, its own rank 2 (0.20)." in text
    assert text.endswith("Benign heads that did not end *incidental*: 1.")
