"""What may ordinary calcium alone lead to? Nothing but "incidental", until more is told or something is pointed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from brainsand.interpret.reading import Reading, Weigher, make_weigher, read_patient_facts
from brainsand.interpret.significance import plainly_ordinary
from brainsand.model.finding import Deposit
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import patient_of
from brainsand.read.terms import load_terms

IMAGE = {"level": "incidental", "why": ["Ordinary calcium."], "source": "a paper"}
ORDINARY = (
    ("falx", "midline", "physiologic", 60.0),
    ("tentorium", "right", "physiologic", 100.0),
    ("choroid_plexus", "left", "physiologic", 90.0),
    ("choroid_plexus", "right", "physiologic", 80.0),
    ("vessel_wall", "left", "vascular", 15.0),
    ("vessel_wall", "right", "vascular", 12.0),
)


@pytest.fixture(scope="module")
def weigher() -> Weigher:
    return make_weigher(load_knowledge(), load_terms())


@pytest.fixture
def ordinary(deposit: Callable[..., Deposit]) -> list[Deposit]:
    return [
        deposit(site, side, kind=kind, volume=volume, id=k)
        for k, (site, side, kind, volume) in enumerate(ORDINARY, start=1)
    ]


def read(weigher: Weigher, deposits: list[Deposit], *, plain: bool, **facts: Any) -> Reading:
    patient = patient_of({"age_years": 54, "sex": "M", **facts})[0]
    return read_patient_facts(patient, weigher, deposits=deposits, covered={}, image=IMAGE, plain=plain)


def test_the_ranking_alone_does_not_raise_wholly_ordinary_calcium(
    weigher: Weigher, ordinary: list[Deposit]
) -> None:
    heard, quiet = (read(weigher, ordinary, plain=plain).significance for plain in (False, True))
    assert (heard["level"], quiet["level"]) == ("follow_up", "incidental")
    assert quiet["why"][0].startswith("Most likely ordinary for the age")


def test_what_is_told_of_the_person_is_heard(weigher: Weigher, ordinary: list[Deposit]) -> None:
    kidney = read(weigher, ordinary, plain=True, history=["dialysis"]).significance
    assert kidney["level"] == "work_up"


def test_ordinary_calcium_of_a_usual_size_weighs_no_more_than_small(
    weigher: Weigher, ordinary: list[Deposit], deposit: Callable[..., Deposit]
) -> None:
    more = [deposit("pineal", "midline", kind="physiologic", volume=v, id=9) for v in (100.0, 250.0)]
    small, moderate = (read(weigher, [*ordinary, pineal], plain=True).ranking for pineal in more)
    assert small.groups == pytest.approx(moderate.groups)


def told(weigher: Weigher, age: float | None, *findings: dict[str, Any], **facts: Any) -> Reading:
    patient = patient_of({"age_years": age, "sex": "F", "findings": list(findings), **facts})[0]
    return read_patient_facts(patient, weigher)


DOTS = {"site": "globus_pallidus", "side": "both", "morphology": "punctate", "extent": "punctate"}


@pytest.mark.parametrize("age", [45, 60, 80])
def test_two_pallidal_dots_of_a_grown_person_are_incidental_and_health_comes_first(
    weigher: Weigher, age: float
) -> None:
    reading = told(weigher, age, DOTS)
    assert reading.significance["level"] == "incidental"
    assert reading.differential["groups"][0]["id"] == "physiologic"


@pytest.mark.parametrize(
    "facts",
    [
        {"labs": [{"analyte": "calcium", "flag": "low"}]},
        {"family": {"affected_relatives": ["parent", "sister"]}},
        {"phenotype": [{"id": "HP:0002072"}, {"id": "HP:0001260"}]},
    ],
)
def test_what_speaks_for_disease_takes_the_dots_out_of_the_ordinary(
    weigher: Weigher, facts: dict[str, Any]
) -> None:
    assert told(weigher, 60, DOTS, **facts).significance["level"] == "work_up"


def test_calcium_of_the_basal_ganglia_without_a_word_on_how_much_is_the_pallidums_in_the_old(
    weigher: Weigher,
) -> None:
    vague = {"site": "basal_ganglia", "side": "both"}
    levels = [told(weigher, age, vague).significance["level"] for age in (45, 75)]
    assert levels == ["work_up", "incidental"]


@pytest.mark.parametrize("term", ["HP:0002321", "HP:0001297", "HP:0000716"])  # vertigo, stroke, depression
def test_what_many_who_are_scanned_have_makes_two_dots_no_disease(weigher: Weigher, term: str) -> None:
    assert told(weigher, 75, DOTS, phenotype=[{"id": term}]).significance["level"] == "incidental"


def test_the_more_a_symptom_speaks_the_less_of_health_is_regained(weigher: Weigher) -> None:
    headache, chorea = (
        told(weigher, 75, DOTS, phenotype=[{"id": term}]).ranking for term in ("HP:0002315", "HP:0002072")
    )
    gained = {w.finding: w.log_ratio.max() for w in headache.weights}
    assert 0.5 < gained["ordinary_only"] < np.log(15.0)
    assert "ordinary_only" not in {w.finding for w in chorea.weights}


@pytest.mark.parametrize(
    ("age", "finding"),
    [
        (30, DOTS),  # under forty the pallidum is no ordinary site
        (None, DOTS),
        (60, {**DOTS, "extent": "large"}),
        (60, {**DOTS, "morphology": "confluent"}),
        (60, {"site": "basal_ganglia", "side": "both"}),  # which of them, and how much?
        (60, {"site": "dentate_nucleus", "side": "both"}),
        (60, {"site": "falx", "side": "midline", "in_mass": True}),
        (60, {"site": "dura", "side": "left", "lobe": ["frontal", "parietal"]}),
    ],
)
def test_what_health_of_the_age_does_not_show_is_not_plain(
    weigher: Weigher, age: float | None, finding: dict[str, Any]
) -> None:
    assert not told(weigher, age, finding).ranking.ordinary_only


def test_what_the_image_itself_leaves_open_stays_so(weigher: Weigher, ordinary: list[Deposit]) -> None:
    patient = patient_of({"age_years": 38, "sex": "M"})[0]
    early = {"level": "follow_up", "why": ["In an artery's wall, early at 38 years."], "source": "a paper"}
    read_ = read_patient_facts(patient, weigher, deposits=ordinary, covered={}, image=early, plain=True)
    assert read_.significance["level"] == "follow_up"
    assert read_.significance["why"][0] == early["why"][0]


def plain(deposits: list[Deposit], *, age: float | None = 54.0, names: tuple[str, ...] = ()) -> bool:
    return plainly_ordinary(deposits, age_years=age, names=names)


def test_ordinary_calcium_of_a_grown_person_is_plain(ordinary: list[Deposit]) -> None:
    assert plain(ordinary)


def test_a_child_an_unknown_age_or_broad_sheets_are_not_plain(ordinary: list[Deposit]) -> None:
    assert not plain(ordinary, age=12)
    assert not plain(ordinary, age=None)
    assert not plain(ordinary, names=("lamellar falx",))


@pytest.mark.parametrize("kind", ["ectopic", "indeterminate"])
def test_one_deposit_that_is_not_ordinary_or_left_open_is_not_plain(
    ordinary: list[Deposit], deposit: Callable[..., Deposit], kind: str
) -> None:
    assert not plain([*ordinary, deposit("cortex", "left", kind=kind)])


def test_without_calcium_nothing_is_plain() -> None:
    assert not plain([])
