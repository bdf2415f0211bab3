"""What kind of calcium: the rules a reader would argue with, one sentence each."""

from collections.abc import Callable
from typing import Any

import pytest

from brainsand.interpret.facts import Companion
from brainsand.interpret.kind import kind_of
from brainsand.interpret.rules import RULES
from brainsand.model.finding import KindReason
from brainsand.model.sites import SITES

Told = tuple[str, tuple[KindReason, ...]]


@pytest.fixture
def kind(norms: dict[str, Any]) -> Callable[..., Told]:
    def told(site: str, *, age: float | None, side: str = "left", **more: Any) -> Told:
        facts: dict[str, Any] = {
            "diameter_mm": 4.0,
            "volume_mm3": 20.0,
            "thickness_mm": 3.0,
            "morphology": "punctate",
            "peak_hu": 180.0,
        }
        return kind_of(site=site, side=side, age_years=age, norms=norms, **{**facts, **more})  # type: ignore[arg-type]

    return told


def test_every_site_has_a_rule_and_every_reason_words_and_a_source(kind: Callable[..., Told]) -> None:
    assert set(RULES) == set(SITES)
    for site in SITES:
        for age in (None, 0.1, 5.0, 30.0, 70.0):
            _, reasons = kind(site, age=age)
            assert reasons
            assert all(r.rule and r.words.endswith((".", "?")) and len(r.source) > 5 for r in reasons), site


def test_an_old_persons_pallidal_dot_is_age_related(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("globus_pallidus", age=72)
    assert answer == "age_related"
    assert "Cohen 1980" in reasons[0].source


def test_the_same_dot_at_thirty_is_ectopic(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("globus_pallidus", age=30)
    assert (answer, reasons[0].rule) == ("ectopic", "pallidum_under_40")


def test_between_forty_and_fifty_the_dissent_is_named(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("globus_pallidus", age=44)
    assert answer == "age_related"
    assert "pallidum_40_to_50" in [r.rule for r in reasons]


@pytest.mark.parametrize("site", ["globus_pallidus", "hippocampus"])
def test_a_missing_age_leaves_open_what_age_decides_and_says_so(kind: Callable[..., Told], site: str) -> None:
    answer, reasons = kind(site, age=None)
    assert answer == "indeterminate"
    assert "age is not given" in reasons[0].words


def test_a_missing_age_does_not_open_what_age_does_not_decide(kind: Callable[..., Told]) -> None:
    assert kind("putamen", age=None)[0] == "ectopic"
    answer, reasons = kind("pineal", age=None, side="midline")
    assert answer == "physiologic"
    assert "age is not given" in reasons[1].words


def test_a_dot_of_the_pallidum_with_thalami_and_putamina_is_ectopic_at_any_age(
    kind: Callable[..., Told],
) -> None:
    others = [Companion(site=s, side="left", volume_mm3=80.0) for s in ("putamen", "thalamus")]
    answer, reasons = kind("globus_pallidus", age=75, companions=others)
    assert answer == "ectopic"
    assert "putamen and thalamus" in reasons[0].words


def test_one_misplaced_speck_in_the_putamen_does_not_turn_pallidal_dots(kind: Callable[..., Told]) -> None:
    speck = [Companion(site="putamen", side="left", volume_mm3=5.0)]
    assert kind("globus_pallidus", age=75, companions=speck)[0] == "age_related"


def test_a_large_pallidal_deposit_of_an_old_person_is_left_open(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("globus_pallidus", age=75, diameter_mm=22.0, volume_mm3=900.0)
    assert (answer, reasons[0].rule) == ("indeterminate", "pallidum_large")


def test_a_border_dot_is_read_as_pallidal_in_the_old_and_ectopic_in_the_young(
    kind: Callable[..., Told],
) -> None:
    near = {"putamen": 0.5, "globus_pallidus": 0.45, "internal_capsule": 0.05}
    assert kind("putamen", age=75, site_probabilities=near)[0] == "age_related"
    assert kind("putamen", age=25, site_probabilities=near)[0] == "ectopic"


def test_a_pineal_mass_of_fourteen_millimetres_is_flagged(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("pineal", age=35, side="midline", diameter_mm=14.0)
    assert (answer, reasons[0].rule) == ("indeterminate", "pineal_large")
    assert "14 mm" in reasons[0].words


def test_thick_slices_alone_do_not_make_a_pineal_too_large(kind: Callable[..., Told]) -> None:
    assert kind("pineal", age=70, side="midline", diameter_mm=11.0, diameter_pm_mm=2.5)[0] == "physiologic"


@pytest.mark.parametrize(
    "age, answer",
    [(0.2, "indeterminate"), (5.0, "physiologic"), (12.0, "physiologic"), (70.0, "physiologic")],
)
def test_pineal_calcium_by_age(kind: Callable[..., Told], age: float, answer: str) -> None:
    assert kind("pineal", age=age, side="midline")[0] == answer


def test_an_ordinary_pineal_quotes_how_common_it_is_at_that_age(kind: Callable[..., Told]) -> None:
    _, reasons = kind("pineal", age=74, side="midline")
    assert "81.5 %" in reasons[0].words
    assert "mf.1406206122" in reasons[0].source


@pytest.mark.parametrize("site", ["putamen", "caudate", "thalamus", "dentate_nucleus", "cortex", "brainstem"])
@pytest.mark.parametrize("age", [None, 8.0, 85.0])
def test_the_brains_own_tissue_is_ectopic_at_any_age(
    kind: Callable[..., Told], site: str, age: float | None
) -> None:
    assert kind(site, age=age)[0] == "ectopic"


@pytest.mark.parametrize(
    "age, answer", [(6.0, "ectopic"), (30.0, "indeterminate"), (60.0, "age_related"), (85.0, "age_related")]
)
def test_hippocampal_calcium_by_age(kind: Callable[..., Told], age: float, answer: str) -> None:
    assert kind("hippocampus", age=age)[0] == answer


@pytest.mark.parametrize("age, answer", [(4.0, "indeterminate"), (33.0, "vascular"), (80.0, "vascular")])
def test_vessel_calcium_by_age(kind: Callable[..., Told], age: float, answer: str) -> None:
    assert kind("vessel_wall", age=age)[0] == answer


def test_a_falx_sheet_is_ordinary_and_a_thick_lump_is_not(kind: Callable[..., Told]) -> None:
    sheet = {"diameter_mm": 40.0, "thickness_mm": 3.0, "morphology": "band"}
    lump = {"diameter_mm": 22.0, "thickness_mm": 15.0, "volume_mm3": 900.0, "morphology": "confluent"}
    assert kind("falx", age=60, side="midline", **sheet)[0] == "physiologic"
    assert kind("falx", age=60, side="midline", **lump)[0] == "indeterminate"


def test_a_childs_falx_is_pointed_out(kind: Callable[..., Told]) -> None:
    _, reasons = kind("falx", age=12, side="midline")
    assert reasons[-1].rule == "falx_young"


def test_at_the_sella_the_siphons_course_decides(kind: Callable[..., Told]) -> None:
    near = {"sella_suprasellar": 0.6, "vessel_wall": 0.4}
    assert kind("sella_suprasellar", age=70, site_probabilities=near)[0] == "vascular"
    assert kind("sella_suprasellar", age=70)[0] == "indeterminate"


def test_where_the_head_has_pallidal_dots_a_border_dot_needs_less_pallidum(kind: Callable[..., Told]) -> None:
    border = {"putamen": 0.66, "globus_pallidus": 0.25, "internal_capsule": 0.09}
    other = Companion(site="globus_pallidus", side="left", volume_mm3=6.0)
    alone, _ = kind("putamen", age=71, volume_mm3=6.0, site_probabilities=border)
    among, reasons = kind("putamen", age=71, volume_mm3=6.0, site_probabilities=border, companions=(other,))
    assert (alone, among) == ("ectopic", "age_related")
    assert any(r.rule == "beside_pallidum" for r in reasons)
    young, _ = kind("putamen", age=25, volume_mm3=6.0, site_probabilities=border, companions=(other,))
    assert young == "ectopic"


def dot(site: str, pallidum: float, *, volume: float = 6.0, diameter: float = 3.0) -> Companion:
    """Another dot of the head, with this share of pallidum."""
    shares = {site: 1 - pallidum, "globus_pallidus": pallidum} if site != "globus_pallidus" else {site: 1.0}
    return Companion(
        site=site, side="right", volume_mm3=volume, diameter_mm=diameter, site_probabilities=shares
    )


def test_border_dots_called_putamen_do_not_make_pallidal_dots_wider(kind: Callable[..., Told]) -> None:
    border = [dot("putamen", 0.45), dot("putamen", 0.4), dot("putamen", 0.43)]
    assert kind("globus_pallidus", age=76, companions=border)[0] == "age_related"
    lateral = [dot("putamen", 0.0), dot("putamen", 0.05), dot("putamen", 0.0)]
    assert kind("globus_pallidus", age=76, companions=lateral)[0] == "ectopic"


def test_dots_that_all_lie_at_the_pallidal_border_are_read_together(kind: Callable[..., Told]) -> None:
    shares = {"putamen": 0.88, "globus_pallidus": 0.12}
    among = [dot("globus_pallidus", 1.0), dot("putamen", 0.4)]
    answer, reasons = kind("putamen", age=68, volume_mm3=3.0, site_probabilities=shares, companions=among)
    assert answer == "age_related"
    assert [r.rule for r in reasons] == ["pallidum_dot", "beside_pallidum", "dots_at_one_border"]
    assert kind("putamen", age=68, volume_mm3=3.0, site_probabilities=shares)[0] == "ectopic"


def test_one_dot_elsewhere_in_the_putamen_ends_the_reading_together(kind: Callable[..., Told]) -> None:
    shares = {"putamen": 0.88, "globus_pallidus": 0.12}
    among = [dot("globus_pallidus", 1.0), dot("putamen", 0.0)]
    assert (
        kind("putamen", age=68, volume_mm3=3.0, site_probabilities=shares, companions=among)[0] == "ectopic"
    )


def test_dots_at_one_border_of_a_person_of_thirty_are_ectopic(kind: Callable[..., Told]) -> None:
    border = {"putamen": 0.55, "globus_pallidus": 0.45}
    assert (
        kind("putamen", age=30, site_probabilities=border, companions=[dot("putamen", 0.4)])[0] == "ectopic"
    )


def test_large_calcium_at_the_border_is_no_dot_of_the_pallidum(kind: Callable[..., Told]) -> None:
    large = dot("putamen", 0.45, volume=400.0, diameter=14.0)
    answer, reasons = kind("globus_pallidus", age=76, companions=[large])
    assert (answer, reasons[0].rule) == ("ectopic", "pallidum_and_more")


def test_a_dot_that_may_lie_anywhere_is_no_site_of_its_own(kind: Callable[..., Told]) -> None:
    shares = {"caudate": 0.4, "periventricular_white_matter": 0.35, "subependymal": 0.25}
    vague = Companion(site="caudate", side="left", volume_mm3=5.0, site_probabilities=shares)
    sure = Companion(site="caudate", side="left", volume_mm3=5.0)
    assert kind("globus_pallidus", age=76, companions=[vague, vague])[0] == "age_related"
    assert kind("globus_pallidus", age=76, companions=[sure, sure])[0] == "ectopic"


def test_a_dot_of_the_white_matter_beside_pallidal_dots_is_one_of_them(kind: Callable[..., Told]) -> None:
    edge = {"gray_white_junction": 0.55, "globus_pallidus": 0.36, "putamen": 0.09}
    among = [dot("globus_pallidus", 1.0)]
    answer, reasons = kind("gray_white_junction", age=68, site_probabilities=edge, companions=among)
    assert answer == "age_related"
    assert "beside_pallidum" in [r.rule for r in reasons]
    assert kind("gray_white_junction", age=68, site_probabilities=edge)[0] == "ectopic"


def test_two_sheets_that_meet_are_no_mass(kind: Callable[..., Told]) -> None:
    corner = {"diameter_mm": 20.0, "thickness_mm": 11.0, "volume_mm3": 26.0, "morphology": "confluent"}
    assert kind("falx", age=57, side="midline", **corner)[0] == "physiologic"


def test_a_line_beside_the_sella_is_the_petroclinoid_ligament(kind: Callable[..., Told]) -> None:
    near = {"sella_suprasellar": 0.6, "dura": 0.4}
    answer, reasons = kind("sella_suprasellar", age=70, morphology="linear", site_probabilities=near)
    assert (answer, reasons[0].rule) == ("physiologic", "petroclinoid")


def test_between_two_sites_of_other_kinds_it_is_left_open(kind: Callable[..., Told]) -> None:
    near = {"thalamus": 0.45, "habenula": 0.4, "pineal": 0.15}
    answer, reasons = kind("thalamus", age=60, site_probabilities=near)
    assert answer == "indeterminate"
    assert reasons[0].rule == "site_in_doubt"
    assert "thalamus (45%)" in reasons[0].words
    assert "habenula (40%)" in reasons[0].words


def test_between_two_sites_of_one_kind_nothing_is_open(kind: Callable[..., Told]) -> None:
    assert kind("habenula", age=60, site_probabilities={"habenula": 0.5, "pineal": 0.5})[0] == "physiologic"


def test_between_sites_that_are_ordinary_each_for_itself_nothing_is_open(kind: Callable[..., Told]) -> None:
    near = {"hippocampus": 0.54, "choroid_plexus": 0.38, "cortex": 0.08}
    assert kind("hippocampus", age=73, site_probabilities=near)[0] == "age_related"
    sheet = {"dura": 0.4, "cortex": 0.3, "falx": 0.2, "unknown": 0.1}
    assert kind("dura", age=45, site_probabilities=sheet)[0] == "physiologic"
    rather = {"dura": 0.4, "cortex": 0.5, "unknown": 0.1}
    assert kind("dura", age=45, site_probabilities=rather)[0] == "indeterminate"


def test_a_crumb_between_hippocampus_and_plexus_is_plexus_under_forty_and_one_surely_of_the_hippocampus_is_open(
    kind: Callable[..., Told],
) -> None:
    between = {"hippocampus": 0.51, "choroid_plexus": 0.48, "unknown": 0.01}
    assert kind("hippocampus", age=38, volume_mm3=15.0, site_probabilities=between)[0] == "physiologic"
    surely = {"hippocampus": 0.9, "choroid_plexus": 0.1}
    assert kind("hippocampus", age=38, volume_mm3=15.0, site_probabilities=surely)[0] == "indeterminate"


def test_a_lone_crumb_beside_a_calcified_plexus_is_plexus_in_an_adult(kind: Callable[..., Told]) -> None:
    near = {"subependymal": 0.52, "choroid_plexus": 0.48}
    alone, reasons = kind("subependymal", age=60, volume_mm3=8.0, site_probabilities=near)
    assert alone == "physiologic"
    assert any(r.rule == "beside_plexus" for r in reasons)
    child, _ = kind("subependymal", age=4, volume_mm3=8.0, site_probabilities=near)
    nodule = Companion(site="subependymal", side="left", volume_mm3=60.0)
    among, _ = kind("subependymal", age=30, volume_mm3=8.0, site_probabilities=near, companions=(nodule,))
    assert (child, among) == ("indeterminate", "indeterminate")


AT_ATRIUM = {"periventricular_white_matter": 0.5, "choroid_plexus": 0.35, "subependymal": 0.15}


def test_alone_in_an_adult_what_lies_within_the_doubt_of_the_plexus_is_plexus(
    kind: Callable[..., Told],
) -> None:
    facts = {"volume_mm3": 90.0, "diameter_mm": 8.0, "site_probabilities": AT_ATRIUM}
    answer, reasons = kind("periventricular_white_matter", age=50, **facts)
    assert answer == "physiologic"
    assert reasons[1].rule == "beside_plexus"
    assert "35% plexus" in reasons[1].words
    child, _ = kind("periventricular_white_matter", age=6, **facts)
    assert child == "ectopic"


@pytest.mark.parametrize("site", ["cortex", "subependymal", "deep_white_matter", "corpus_callosum"])
def test_with_another_nodule_of_wall_or_brain_it_is_not_read_as_plexus(
    kind: Callable[..., Told], site: str
) -> None:
    nodule = Companion(site=site, side="right", volume_mm3=60.0)
    answer, reasons = kind(
        "periventricular_white_matter", age=50, site_probabilities=AT_ATRIUM, companions=[nodule]
    )
    assert answer == "ectopic"
    assert all(r.rule != "beside_plexus" for r in reasons)


def test_a_tuft_the_map_half_gives_to_the_white_matter_is_not_left_open(kind: Callable[..., Told]) -> None:
    half = {"choroid_plexus": 0.48, "periventricular_white_matter": 0.46, "deep_white_matter": 0.06}
    facts = {"volume_mm3": 125.0, "diameter_mm": 11.0, "site_probabilities": half}
    assert kind("choroid_plexus", age=37, **facts)[0] == "physiologic"


def test_faint_calcium_says_that_blood_looks_alike(kind: Callable[..., Told]) -> None:
    answer, reasons = kind("thalamus", age=60, peak_hu=82.0)
    assert answer == "ectopic"
    assert reasons[-1].rule == "faint"
    assert "82 HU" in reasons[-1].words


def test_a_site_no_rule_knows_is_refused(kind: Callable[..., Told]) -> None:
    with pytest.raises(ValueError, match="'elbow' came"):
        kind("elbow", age=60)


@pytest.mark.parametrize("site", SITES)
def test_left_and_right_are_of_one_kind(kind: Callable[..., Told], site: str) -> None:
    assert kind(site, age=50, side="left")[0] == kind(site, age=50, side="right")[0]
