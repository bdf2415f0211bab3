"""Places on a small map a reader can draw: two nuclei, a midline, a falx, a ventricle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainsand.locate.neighbours import anatomical
from brainsand.locate.place import Placed, place_deposit, side_of
from brainsand.locate.surroundings import LaidAtlas
from brainsand.model.sites import site_index

SHAPE = (24, 24, 41)
MIDDLE = 20


def small_head() -> dict[str, np.ndarray]:
    """Columns run from the patient's right to left; the midline is column 20."""
    sites = np.zeros(SHAPE, np.uint8)
    columns = np.arange(SHAPE[2])
    for side, sign in (("left", 1), ("right", -1)):
        away = (columns - MIDDLE) * sign
        for site, low, high in (("globus_pallidus", 4, 7), ("putamen", 8, 12), ("cortex", 13, 20)):
            sites[:, 10:, (away >= low) & (away <= high)] = site_index(site, side)
        sites[:, :10, (away >= 2) & (away <= 20)] = site_index("cortex", side)
    sites[:, :10, MIDDLE - 1 : MIDDLE + 2] = site_index("falx", "midline")
    midline = np.broadcast_to((columns - MIDDLE).astype(np.float32), SHAPE).copy()
    lobes = np.zeros(SHAPE, np.uint8)
    lobes[:, :10] = 1
    return {"sites": sites, "midline_mm": midline, "lobes": lobes}


def ball(centre: list[float], radius: float) -> np.ndarray:
    cells = np.indices(SHAPE).reshape(3, -1).T
    return cells[np.linalg.norm(cells - np.array(centre), axis=1) <= radius]


def place(points: list[list[float]], *, sites: np.ndarray | None = None, **asked: object) -> Placed:
    head = small_head() if sites is None else {**small_head(), "sites": sites}
    return place_deposit(points, np.ones(len(points)), LaidAtlas(**head), **asked)


def test_the_middle_of_a_nucleus_is_that_nucleus() -> None:
    found = place([[12, 16, 30]])
    assert (found.site, found.side, found.lobe) == ("putamen", "left", None)
    assert found.site_probabilities["putamen"] > 0.7
    assert sum(found.site_probabilities.values()) == pytest.approx(1.0)


def test_on_a_border_both_neighbours_are_named() -> None:
    found = place([[12, 16, 27.5]])
    assert set(found.site_probabilities) >= {"globus_pallidus", "putamen"}
    assert min(found.site_probabilities[s] for s in ("globus_pallidus", "putamen")) > 0.25


def test_the_prior_tips_a_border_towards_the_likelier_site() -> None:
    even = place([[12, 16, 27.5]])
    tipped = place([[12, 16, 27.5]], propensity={"globus_pallidus": 4.0})
    assert tipped.site == "globus_pallidus"
    assert tipped.site_probabilities["globus_pallidus"] > even.site_probabilities["globus_pallidus"]
    assert tipped.map_shares == even.map_shares


def test_without_doubt_only_what_lies_beneath_counts() -> None:
    assert place([[12, 16, 25], [12, 16, 26]], doubt_mm=0.0).site_probabilities == {"globus_pallidus": 1.0}


@settings(max_examples=25, deadline=None)
@given(
    row=st.integers(0, 23),
    columns=st.lists(st.integers(0, 40).filter(lambda c: c != MIDDLE), min_size=1, max_size=5),
)
def test_mirroring_swaps_left_and_right_and_nothing_else(row: int, columns: list[int]) -> None:
    one = place([[12, row, c] for c in columns])
    other = place([[12, row, 2 * MIDDLE - c] for c in columns])
    assert other.site == one.site
    assert other.lobe == one.lobe
    assert other.site_probabilities == pytest.approx(one.site_probabilities)
    assert other.midline_distance_mm == pytest.approx(-one.midline_distance_mm)
    balance = sum(np.sign(c - MIDDLE) for c in columns)
    if balance:
        swapped = {"left": "right", "right": "left", "midline": "midline"}
        assert other.side == swapped[one.side]


def test_a_sheet_in_the_midline_is_falx_although_cortex_lies_beside_it() -> None:
    sheet = [[k, r, 21] for k in range(8, 16) for r in range(2, 8)]
    found = place(sheet)
    assert (found.site, found.side) == ("falx", "midline")
    assert found.rules == ("midline_sheet_is_falx",)
    assert found.lobe == "frontal"


def test_a_deposit_in_the_cortex_away_from_the_midline_stays_cortex() -> None:
    found = place([[12, 5, 32]])
    assert (found.site, found.side, found.lobe) == ("cortex", "left", "frontal")
    assert found.cortex_share > 0.9


def test_outside_every_site_it_is_unknown() -> None:
    empty = np.zeros(SHAPE, np.uint8)
    found = place([[12, 16, 30]], sites=empty)
    assert found.site == "unknown"
    assert found.site_probabilities == {"unknown": 1.0}


def test_a_point_outside_the_grid_is_taken_at_its_edge() -> None:
    assert place([[30, 16, 50]]).site == "cortex"


def test_fluid_beside_choroid_plexus_is_choroid_plexus() -> None:
    shares, rules = anatomical({"ventricle": 0.9, "choroid_plexus": 0.1}, midline_mm=[12.0], depth_mm=None)
    assert shares == {"choroid_plexus": 1.0}
    assert rules == ("in_ventricle_at_choroid_plexus",)


def test_a_nodule_bulging_into_the_ventricle_belongs_to_its_wall() -> None:
    shares, rules = anatomical(
        {"ventricle": 0.6, "subependymal": 0.3, "caudate": 0.1}, midline_mm=[9.0], depth_mm=None
    )
    assert next(iter(shares)) == "subependymal"
    assert rules == ("in_ventricle_at_wall",)


def test_a_ventricle_alone_stays_a_ventricle() -> None:
    shares, rules = anatomical({"ventricle": 1.0}, midline_mm=[9.0], depth_mm=None)
    assert shares == {"ventricle": 1.0}
    assert rules == ()


def test_calcium_on_the_inner_table_is_dural_and_deeper_it_is_not() -> None:
    on_bone, rules = anatomical({"cortex": 1.0}, midline_mm=[40.0], depth_mm=1.0)
    deeper, none = anatomical({"cortex": 1.0}, midline_mm=[40.0], depth_mm=5.0)
    assert (on_bone, rules) == ({"dura": 1.0}, ("on_inner_table_is_dura",))
    assert (deeper, none) == ({"cortex": 1.0}, ())


@pytest.mark.parametrize(
    "site, away, side",
    [
        ("globus_pallidus", [0.5], "left"),
        ("globus_pallidus", [-0.5, -1.0], "right"),
        ("falx", [0.5, -0.5], "midline"),
        ("falx", [4.0, 5.0], "left"),
        ("corpus_callosum", [-8.0, -3.0, 3.5, 8.0], "midline"),
        ("pineal", [6.0], "midline"),
        ("choroid_plexus", [-14.0], "right"),
    ],
)
def test_sides_follow_the_midline(site: str, away: list[float], side: str) -> None:
    assert side_of(site, away, np.ones(len(away))) == side


def test_nothing_to_place_is_refused() -> None:
    with pytest.raises(ValueError, match="0 points"):
        place([])


def test_a_nodule_that_bulges_into_the_ventricle_is_the_walls_and_calcium_beside_it_is_not() -> None:
    head = small_head()
    head["sites"][:, 10:, MIDDLE + 4 : MIDDLE + 8] = site_index("ventricle", "left")
    head["sites"][:, 10:, MIDDLE + 8 : MIDDLE + 13] = site_index("caudate", "left")
    nodule = ball([12, 16, MIDDLE + 7.5], 2.5)
    bulging = place_deposit(nodule, np.ones(len(nodule)), LaidAtlas(**head))
    assert (bulging.site, bulging.side) == ("subependymal", "left")
    within = place_deposit([[12, 16, 29], [12, 16, 30], [12, 16, 31]], np.ones(3), LaidAtlas(**head))
    assert within.site == "caudate"
    large = place_deposit(nodule, np.full(len(nodule), 8.0), LaidAtlas(**head))
    assert large.site != "subependymal"


def test_beside_a_plexus_nothing_is_called_a_nodule_of_the_wall() -> None:
    head = small_head()
    head["sites"][:, 10:, MIDDLE + 4 : MIDDLE + 8] = site_index("ventricle", "left")
    head["sites"][:, 10:, MIDDLE + 8 : MIDDLE + 13] = site_index("periventricular_white_matter", "left")
    points = [[12, 16, 26], [12, 16, 27], [12, 16, 28], [12, 16, 29]]
    assert place_deposit(points, np.ones(4), LaidAtlas(**head)).site == "subependymal"
    expected = np.full(SHAPE, 90, np.uint8)
    near = place_deposit(points, np.ones(4), LaidAtlas(**head, expected={"choroid_plexus": expected}))
    assert near.site != "subependymal"
    assert near.site_probabilities["choroid_plexus"] > 0.2


def test_an_artery_firmly_expected_takes_the_cortex_beside_its_cistern() -> None:
    shares = {"cortex": 0.7, "unknown": 0.25, "vessel_wall": 0.05}
    firm, rules = anatomical(shares, midline_mm=[14.0], depth_mm=9.0, beliefs={"vessel_wall": 0.4})
    assert (next(iter(firm)), rules) == ("vessel_wall", ("where_vessel_wall_is_expected",))
    loose, _ = anatomical(shares, midline_mm=[14.0], depth_mm=9.0, beliefs={"vessel_wall": 0.2})
    assert next(iter(loose)) == "cortex"
