"""Significance and next steps: the level, the order, the sources."""

from collections.abc import Callable
from typing import Any

import pytest

from brainsand.interpret.next_steps import next_steps_of
from brainsand.interpret.significance import LEVELS, significance_of
from brainsand.model.finding import Deposit, SetAside

Make = Callable[..., Deposit]


def blood(volume: float) -> SetAside:
    return SetAside(reason="blood", centre_lps_mm=(0.0, 0.0, 0.0), volume_mm3=volume, peak_hu=70.0)


@pytest.fixture
def level(norms: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    def told(
        deposits: list[Deposit], *, aside: tuple[SetAside, ...] = (), age: float | None = 50
    ) -> dict[str, Any]:
        return significance_of(deposits, set_aside=aside, age_years=age, norms=norms)

    return told


@pytest.fixture
def steps(norms: dict[str, Any]) -> Callable[..., tuple[dict[str, Any], ...]]:
    def told(
        deposits: list[Deposit],
        *,
        aside: tuple[SetAside, ...] = (),
        age: float | None = 50,
        known: tuple[str, ...] = (),
    ) -> tuple[dict[str, Any], ...]:
        return next_steps_of(deposits, set_aside=aside, age_years=age, norms=norms, known_analytes=known)

    return told


def test_levels_rise_from_nothing_to_blood(level: Callable[..., dict[str, Any]], deposit: Make) -> None:
    ordinary = deposit("pineal", "midline", kind="physiologic")
    open_ = deposit("ventricle", "left", kind="indeterminate")
    ectopic = deposit("thalamus", "left")
    found = [
        level([])["level"],
        level([ordinary])["level"],
        level([ordinary, open_])["level"],
        level([ordinary, open_, ectopic])["level"],
        level([ordinary, open_, ectopic], aside=(blood(4000.0),))["level"],
    ]
    assert tuple(found) == LEVELS


def test_every_reason_stays_and_the_gravest_comes_first(
    level: Callable[..., dict[str, Any]], deposit: Make
) -> None:
    told = level([deposit("pineal", "midline", kind="physiologic"), deposit("thalamus", "left")])
    assert "thalamus" in told["why"][0]
    assert "Ordinary calcium: pineal." in told["why"]
    assert told["source"]


def test_a_pineal_mass_is_worked_up(level: Callable[..., dict[str, Any]], deposit: Make) -> None:
    assert (
        level([deposit("pineal", "midline", kind="indeterminate", rule="pineal_large")])["level"] == "work_up"
    )


def test_a_newborn_with_calcium_is_urgent_and_an_infant_of_half_a_year_is_not(
    level: Callable[..., dict[str, Any]], deposit: Make
) -> None:
    there = [deposit("periventricular_white_matter", "left")]
    assert level(there, age=0.02)["level"] == "urgent"
    assert level(there, age=0.5)["level"] == "work_up"


def test_a_small_spot_bright_as_blood_is_no_alarm(level: Callable[..., dict[str, Any]]) -> None:
    assert level([], aside=(blood(20.0),))["level"] == "follow_up"


def test_parathyroid_tests_come_before_genes(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    told = [s["step"] for s in steps([deposit("putamen", "left"), deposit("putamen", "right")])]
    first = next(i for i, s in enumerate(told) if "parathyroid" in s)
    genes = next(i for i, s in enumerate(told) if "gene panel" in s)
    assert first == 0 < genes


def test_what_is_known_is_not_asked_again(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    there = [deposit("putamen", "left")]
    told = steps(there, known=("calcium", "pth"))
    assert "parathyroid hormone," not in told[0]["step"]
    assert "phosphate" in told[0]["step"]
    every = ("calcium", "phosphate", "pth", "magnesium", "vitamin_d_25oh")
    assert not any("phosphate" in s["step"] for s in steps(there, known=every))


def test_blood_is_looked_at_now_and_first(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    told = steps([deposit("putamen", "left")], aside=(blood(5000.0),))
    assert told[0]["urgency"] == "now"
    assert "blood" in told[0]["step"]


def test_a_lone_cortical_focus_gets_an_mri_and_no_gene_panel(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    told = [s["step"] for s in steps([deposit("cortex", "left")])]
    assert any("MRI" in s for s in told)
    assert not any("gene" in s for s in told)


def test_a_missing_age_is_asked_for(steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make) -> None:
    there = [deposit("globus_pallidus", "left", kind="indeterminate", rule="pallidum_age_missing")]
    assert [s["step"] for s in steps(there, age=None)] == ["Give the age and read again."]


def test_ordinary_calcium_needs_nothing_and_no_calcium_no_step(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    told = steps([deposit("pineal", "midline", kind="physiologic")])
    assert [s["urgency"] for s in told] == ["none"]
    assert steps([]) == ()


def test_every_step_says_who_why_and_by_which_source(
    steps: Callable[..., tuple[dict[str, Any], ...]], deposit: Make
) -> None:
    everything = [
        deposit("putamen", "left"),
        deposit("putamen", "right", rule="faint"),
        deposit("pineal", "midline", kind="indeterminate", rule="pineal_large"),
        deposit("vessel_wall", "left", kind="vascular", rule="vessel_early"),
        deposit("ventricle", "left", kind="indeterminate"),
    ]
    told = steps(everything, age=0.01)
    assert len(told) >= 7
    for step in told:
        assert set(step) == {"step", "why", "for", "urgency", "source"}
        assert step["for"]
        assert step["why"]
        assert len(step["source"]) > 5 or step["source"] == "a paper"
    order = ["now", "soon", "routine", "none"]
    assert [s["urgency"] for s in told] == sorted((s["urgency"] for s in told), key=order.index)
