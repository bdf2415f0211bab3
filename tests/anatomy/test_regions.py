"""Sites on maps of a few cells, made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.parcel import CLASSES
from brainsand.anatomy.regions import ZONES, Distances, site_map
from brainsand.model.sites import site_of_index

NAMES = CLASSES


def sites(classes, **given):
    """Sites of a row of cells, named by class; far from walls, cortex, edge and midline unless said."""
    row = np.array([[[NAMES.index(c) for c in classes]]], np.uint8)

    def line(name, usual):
        return (
            np.full(row.shape, usual, np.float32)
            if name not in given
            else np.array([[given[name]]], np.float32)
        )

    zones = {name: np.zeros(row.shape, np.uint8) for name in ZONES}
    for name, values in given.get("zones", {}).items():
        zones[name] = np.array([[values]], np.uint8)
    found = site_map(
        row,
        names=NAMES,
        zones=zones,
        away=Distances(
            wall_mm=line("wall_mm", 30),
            cortex_mm=line("cortex_mm", 30),
            white_mm=line("white_mm", 30),
            depth_mm=line("depth_mm", 30),
        ),
        midline_mm=line("midline_mm", 30),
    )
    return [site_of_index(int(n)) if n else None for n in found.ravel()]


def test_nuclei_take_their_names_and_the_side_of_the_midline():
    assert sites(["pal", "put", "caud", "thal"], midline_mm=[20, -30, 12, -8]) == [
        ("globus_pallidus", "left"),
        ("putamen", "right"),
        ("caudate", "left"),
        ("thalamus", "right"),
    ]


def test_outside_is_no_site():
    assert sites([NAMES[0], "thal"]) == [None, ("thalamus", "left")]


def test_white_matter_is_divided_by_distance():
    found = sites(["wm"] * 6, wall_mm=[1, 6, 30, 30, 30, 12], cortex_mm=[30, 30, 1, 4, 30, 12])
    assert [site for site, _ in found] == [
        "subependymal",
        "periventricular_white_matter",
        "gray_white_junction",
        "subcortical_white_matter",
        "deep_white_matter",
        "deep_white_matter",
    ]


def test_the_rim_of_the_ventricle_goes_before_every_other_white_matter():
    zones = {"internal_capsule": [255], "corpus_callosum": [255]}
    assert sites(["wm"], wall_mm=[1.5], zones=zones)[0][0] == "subependymal"


def test_cerebral_white_matter_on_the_midline_is_callosum():
    found = sites(["wm", "wm", "bs"], midline_mm=[2, 6, 0])
    assert [site for site, _ in found] == ["corpus_callosum", "deep_white_matter", "brainstem"]


def test_between_ventricle_and_cortex_the_nearer_names_the_white_matter():
    found = sites(["wm", "wm"], wall_mm=[3, 4.5], cortex_mm=[4.5, 3])
    assert [site for site, _ in found] == ["periventricular_white_matter", "subcortical_white_matter"]


def test_the_capsule_lies_in_white_matter_only():
    found = sites(["wm", "thal"], zones={"internal_capsule": [200, 200]})
    assert [site for site, _ in found] == ["internal_capsule", "thalamus"]


@pytest.mark.parametrize("odds, site", [(127, "deep_white_matter"), (128, "internal_capsule")])
def test_a_zone_holds_from_even_odds_on(odds, site):
    assert sites(["wm"], zones={"internal_capsule": [odds]}) == [(site, "left")]


def test_choroid_plexus_is_what_the_network_sees():
    assert sites(["lv", "chor"]) == [("ventricle", "left"), ("choroid_plexus", "left")]


def test_the_floor_of_the_cortical_ribbon_is_the_junction():
    found = sites(["cortex", "cortex"], white_mm=[0.5, 1.5])
    assert [site for site, _ in found] == ["gray_white_junction", "cortex"]


def test_the_pineal_is_midline_whatever_lies_under_it():
    found = sites(["csf", "v3", "thal"], zones={"pineal": [255] * 3}, midline_mm=[-3, 0, 4])
    assert found == [("pineal", "midline")] * 3


def test_the_dentate_lies_in_cerebellar_white_matter_only():
    found = sites(["cbwm", "cbcx"], zones={"dentate": [255, 255]}, midline_mm=[14, -14])
    assert found == [("dentate_nucleus", "left"), ("cerebellum", "right")]


def test_fluid_under_the_skull_is_dura_and_deeper_fluid_is_no_named_site():
    found = sites(["csf", "csf"], depth_mm=[2, 12])
    assert [site for site, _ in found] == ["dura", "unknown"]


def test_falx_and_tentorium_never_take_white_matter():
    zones = {"falx": [255, 255], "tentorium": [0, 0]}
    found = sites(["csf", "wm"], zones=zones, midline_mm=[0.5, 8])
    assert found == [("falx", "midline"), ("deep_white_matter", "left")]


def test_third_and_fourth_ventricle_are_midline():
    assert sites(["v3", "v4"], midline_mm=[3, -6]) == [("ventricle", "midline")] * 2


def test_a_paired_site_on_the_midline_has_a_side_none_the_less():
    assert sites(["thal"], midline_mm=[0.0]) == [("thalamus", "left")]
