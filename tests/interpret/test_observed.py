"""From deposits to what is weighed: places, crumbs, forms. Numbers are counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from brainsand.interpret.observed import maybe_calcified, sightings_of_deposits
from brainsand.model.finding import Deposit

Make = Callable[..., Deposit]


def test_a_crumb_beside_much_calcium_scarcely_speaks_for_its_site(deposit: Make) -> None:
    much = [deposit("putamen", side, volume=1000.0) for side in ("left", "right")]
    crumb = deposit("subependymal", "left", volume=2.0)
    chance = {s.site: s.chance for s in sightings_of_deposits([*much, crumb])}
    # 2 of 2002 mm3 is a tenth of one in a hundred: 0.6 and a tenth of the rest.
    assert chance["subependymal"] == pytest.approx(0.6 + 0.4 * (2 / 2002) / 0.01)
    assert chance["putamen"] == 1.0


def test_a_dot_alone_speaks_for_its_site_in_full(deposit: Make) -> None:
    (only,) = sightings_of_deposits([deposit("cortex", "left", volume=2.0)])
    assert only.chance == 1.0


def test_ordinary_calcium_makes_no_crumb_of_a_dot_nor_is_one(deposit: Make) -> None:
    plexus = deposit("choroid_plexus", "left", kind="physiologic", volume=5000.0)
    pineal = deposit("pineal", "midline", kind="physiologic", volume=2.0)
    chance = {
        s.site: s.chance
        for s in sightings_of_deposits([plexus, pineal, deposit("cortex", "left", volume=4.0)])
    }
    assert chance == {"choroid_plexus": 1.0, "pineal": 1.0, "cortex": 1.0}


def test_a_splinter_of_another_form_is_no_second_form(deposit: Make) -> None:
    ribbon = deposit("cortex", "left", volume=500.0, morphology="gyriform")
    splinter = deposit("cortex", "left", volume=40.0, morphology="nodular")
    second = deposit("cortex", "left", volume=60.0, morphology="nodular")
    assert sightings_of_deposits([ribbon, splinter])[0].forms == {"gyriform"}
    assert sightings_of_deposits([ribbon, splinter, second])[0].forms == {"gyriform", "nodular"}


def test_a_splinter_at_another_site_brings_no_form_of_its_own(deposit: Make) -> None:
    ribbon = deposit("gray_white_junction", "left", volume=900.0, morphology="gyriform")
    splinter = deposit("cortex", "left", volume=50.0, morphology="nodular")
    forms = {s.site: s.forms for s in sightings_of_deposits([ribbon, splinter])}
    assert forms == {"gray_white_junction": {"gyriform"}, "cortex": frozenset()}


def test_crumbs_on_the_other_side_are_no_second_side(deposit: Make) -> None:
    ribbon = deposit("gray_white_junction", "left", volume=4000.0)
    crumb = deposit("cortex", "right", volume=20.0)
    sides = {s.site: s.sides for s in sightings_of_deposits([ribbon, crumb])}
    assert sides == {"gray_white_junction": {"left"}, "cortex": frozenset()}
    second = deposit("cortex", "right", volume=45.0)
    sides = {s.site: s.sides for s in sightings_of_deposits([ribbon, second])}
    assert sides == {"gray_white_junction": {"left"}, "cortex": {"right"}}


def test_where_something_may_lie_is_not_wholly_free(deposit: Make) -> None:
    torn = {"cortex": 0.6, "gray_white_junction": 0.4}
    two = [deposit("cortex", "left", site_probabilities=torn) for _ in range(2)]
    assert maybe_calcified(two) == pytest.approx({"cortex": 1 - 0.4**2, "gray_white_junction": 1 - 0.6**2})
    assert maybe_calcified([]) == {}


def test_with_the_dentate_calcified_the_cerebellum_is_not_free(deposit: Make) -> None:
    assert maybe_calcified([deposit("dentate_nucleus", "left")]) == pytest.approx(
        {"dentate_nucleus": 1.0, "cerebellum": 0.8}
    )
