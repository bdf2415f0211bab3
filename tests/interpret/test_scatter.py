"""Where most of many scattered deposits lie: counted by hand, weighed against the conditions as they ship."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.reading import make_weigher
from brainsand.interpret.scatter import FEWEST, PLACES, scatter_of, weigh_scatter
from brainsand.interpret.table import Table
from brainsand.model.finding import Deposit
from brainsand.read.knowledge import load_knowledge
from brainsand.read.terms import load_terms

Make = Callable[..., Deposit]


@pytest.fixture(scope="module")
def table() -> Table:
    return make_weigher(load_knowledge(), load_terms()).table


def sure(counts: dict[str, int]) -> tuple[dict[str, float], ...]:
    """So many deposits surely at each place."""
    return tuple({place: 1.0} for place, n in counts.items() for _ in range(n))


def weighed(table: Table, counts: dict[str, int], condition: str) -> float:
    seen = Observed(scanned=True, scatter=sure(counts))
    (weight,) = weigh_scatter(table, seen, Dials())
    return float(weight.log_ratio[table.ids.index(condition)])


def test_a_deposit_counts_where_it_may_lie_as_surely_as_it_is_one(deposit: Make) -> None:
    known = [deposit("cortex", "left") for _ in range(3)]
    torn = deposit("cortex", "left", confidence=0.5, site_probabilities={"cortex": 0.5, "unknown": 0.5})
    more = [deposit("subependymal", "right")]
    chances = [{"cortex": 1.0}] * 3 + [{"cortex": 0.25}, {"subependymal": 1.0}]
    assert scatter_of([*known, torn, *more]) == tuple(chances)


def test_few_deposits_have_no_shares(deposit: Make) -> None:
    assert scatter_of([deposit("cortex", "left")] * (FEWEST - 1)) == ()


def test_nuclei_and_ordinary_calcium_are_no_scatter(deposit: Make) -> None:
    nuclei = [deposit("putamen", "left")] * 8
    plexus = [deposit("cortex", "left", kind="physiologic")] * 8
    assert scatter_of([*nuclei, *plexus]) == ()


def test_without_counts_nothing_is_weighed(table: Table) -> None:
    assert weigh_scatter(table, Observed(), Dials()) == []


def test_beside_the_ventricles_speaks_for_infection_and_at_their_wall_for_tubers(table: Table) -> None:
    beside = {"periventricular_white_matter": 10}
    wall = {"subependymal": 6, "cortex": 4}
    assert weighed(table, beside, "congenital_cmv") > weighed(table, beside, "tsc")
    assert weighed(table, wall, "tsc") > weighed(table, wall, "congenital_cmv")


def test_many_count_more_than_few_but_not_by_their_number(table: Table) -> None:
    few, many = (weighed(table, {"periventricular_white_matter": n}, "congenital_cmv") for n in (4, 40))
    # Worth 4 / (1 + 1) = 2 and 40 / (1 + 10) = 3.64.
    assert many / few == pytest.approx((40 / 11) / 2)


def test_a_deposit_between_two_places_counts_against_no_condition_that_has_one_of_them(table: Table) -> None:
    between = Observed(scanned=True, scatter=({"cortex": 0.5, "gray_white_junction": 0.5},) * 6)
    (weight,) = weigh_scatter(table, between, Dials())
    torn = float(weight.log_ratio[table.ids.index("hypopara_idiopathic_autoimmune")])
    cortex, junction = (
        weighed(table, {place: 6}, "hypopara_idiopathic_autoimmune")
        for place in ("cortex", "gray_white_junction")
    )
    assert cortex < (cortex + junction) / 2 < torn < junction


def test_another_cause_stays_at_nought(table: Table) -> None:
    seen = Observed(scanned=True, scatter=sure(dict.fromkeys(PLACES, 1)))
    (weight,) = weigh_scatter(table, seen, Dials())
    assert weight.log_ratio[-1] == 0.0
    assert np.isfinite(weight.log_ratio).all()


def test_its_ground_names_the_source_of_the_place(table: Table) -> None:
    seen = Observed(scanned=True, scatter=sure({"subependymal": 9}))
    (weight,) = weigh_scatter(table, seen, Dials())
    ground = weight.ground(table.ids.index("tsc"))
    assert "calcified there" in ground.frequency
    assert weight.ground(table.size - 1).basis == "expert"
