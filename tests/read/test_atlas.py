"""The shipped atlas: whole, symmetric, of average size, and every zone where anatomy says."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from scipy import ndimage

from brainsand.model.sites import LOBES
from brainsand.read.atlas import load_atlas

CLASSES = (
    *("out", "csf", "wm", "cortex", "lv", "cbwm", "cbcx", "thal", "caud"),
    *("put", "pal", "v3", "v4", "bs", "hip", "amy", "vdc", "sinus"),
)
SITE_ZONES = {
    *("pineal", "habenula", "dentate", "choroid_plexus", "falx", "tentorium", "dura"),
    *("internal_capsule", "corpus_callosum", "sella_suprasellar", "carotid_siphon", "vertebrobasilar"),
}


@pytest.fixture(scope="module")
def atlas():
    return load_atlas()


def mni_index(atlas, x, y, z):
    """The voxel of an MNI point (RAS, mm)."""
    lps = np.array([-x, -y, z]) * atlas.mni_scale
    return tuple(np.round(atlas.grid.index_of([lps])[0]).astype(int))


def mni_points(atlas, mask):
    lps = atlas.grid.points(np.argwhere(mask)) / atlas.mni_scale
    return lps * [-1, -1, 1]


def test_every_map_lies_on_one_lattice(atlas):
    shape = atlas.hu.shape
    assert shape == atlas.grid.shape == (96, 115, 93)
    assert atlas.classes.shape == (18, *shape)
    assert atlas.classes.dtype == np.uint8
    assert atlas.hu.dtype == np.int16
    for array in (*atlas.maps.values(), *atlas.zones.values()):
        assert array.shape == shape
        assert array.dtype == np.uint8


def test_the_classes_stand_in_the_order_of_the_parcellation(atlas):
    assert atlas.class_names == CLASSES


def test_the_classes_of_a_voxel_sum_to_one(atlas):
    total = atlas.classes.sum(0, dtype=int)
    assert total.min() >= 245
    assert total.max() <= 265


def test_the_atlas_is_its_own_mirror_image(atlas):
    assert np.array_equal(atlas.hu, atlas.hu[..., ::-1])
    assert np.array_equal(atlas.classes, atlas.classes[..., ::-1])
    for zone in atlas.zones.values():
        assert np.array_equal(zone, zone[..., ::-1])


def test_columns_above_the_middle_lie_to_the_left(atlas):
    middle = atlas.hu.shape[2] // 2
    assert atlas.grid.points([[0, 0, middle]])[0, 0] == pytest.approx(0)
    assert atlas.grid.points([[0, 0, middle + 1]])[0, 0] > 0
    left = atlas.maps["labels"] == 10
    assert np.argwhere(left)[:, 2].mean() > middle


def test_the_template_weighs_as_tissues_do(atlas):
    assert atlas.hu[mni_index(atlas, 12, -18, 7)] == pytest.approx(36, abs=2)
    assert atlas.hu[mni_index(atlas, 26, -30, 32)] == pytest.approx(28, abs=2)
    assert atlas.hu[mni_index(atlas, 12, 18, 12)] < 20
    assert atlas.hu.min() == -1000
    assert atlas.hu.max() > 800


def test_the_head_is_of_average_size(atlas):
    volume_ml = (255 - atlas.class_map("out") > 127).sum() * atlas.grid.voxel_volumes_mm3[0] / 1000
    # Intracranial volume of adults: 1.1 to 1.8 litres (Matsumae et al., J Neurosurg 1996;84:982).
    assert 1300 < volume_ml < 1700


def test_classes_can_be_read_together(atlas):
    both = atlas.class_map("put", "pal")
    single = [atlas.classes[atlas.class_names.index(n)].astype(int) for n in ("put", "pal")]
    assert np.array_equal(both, np.minimum(single[0] + single[1], 255))


def test_every_site_without_a_class_has_a_zone(atlas):
    assert set(atlas.zones) >= SITE_ZONES
    assert all(zone.max() > 170 for zone in atlas.zones.values())


@pytest.mark.parametrize(
    ("zone", "point"),
    [
        ("pineal", (0, -31, 0)),
        ("habenula", (4, -24, 2)),
        ("habenula", (0, -26, 1)),
        ("dentate", (14, -56, -36)),
        ("choroid_plexus", (25, -42, 9)),
        ("choroid_plexus", (14, -45, -43)),
        ("choroid_plexus", (0, -16, 13)),
        ("falx", (0, 20, 60)),
        ("tentorium", (24, -60, -14)),
        ("internal_capsule", (22, -12, 4)),
        ("corpus_callosum", (0, -38, 14)),
        ("sella_suprasellar", (0, 4, -19)),
        ("carotid_siphon", (12, 4, -32)),
        ("vertebrobasilar", (0, -12, -30)),
        ("middle_cerebral", (20, 4, -16)),
        ("superior_sagittal_sinus", (0, -70, 66)),
        ("straight_sinus", (0, -58, 8)),
        ("transverse_sigmoid_sinus", (46, -80, -24)),
    ],
)
def test_a_zone_holds_its_landmark_on_both_sides(atlas, zone, point):
    x, y, z = point
    assert atlas.zones[zone][mni_index(atlas, x, y, z)] > 127
    assert atlas.zones[zone][mni_index(atlas, -x, y, z)] > 127


def test_the_habenula_lies_in_front_of_the_pineal(atlas):
    pineal = mni_points(atlas, atlas.zones["pineal"] > 127)
    habenula = mni_points(atlas, atlas.zones["habenula"] > 127)
    assert 3 < habenula[:, 1].mean() - pineal[:, 1].mean() < 10


def test_the_falx_is_a_thin_sheet_in_the_middle(atlas):
    assert np.abs(mni_points(atlas, atlas.zones["falx"] > 127)[:, 0]).max() <= 2


def test_the_falx_leaves_the_callosum_and_the_pineal_free(atlas):
    falx = atlas.zones["falx"] > 127
    assert not (falx & (atlas.zones["corpus_callosum"] > 127)).any()
    assert not (falx & (atlas.zones["pineal"] > 127)).any()


def test_the_basilar_artery_runs_in_front_of_the_pons(atlas):
    pons = mni_points(atlas, (atlas.class_map("bs") > 127))
    pons = pons[(np.abs(pons[:, 2] + 34) < 2) & (np.abs(pons[:, 0]) < 3)]
    artery = mni_points(atlas, atlas.zones["vertebrobasilar"] > 127)
    artery = artery[np.abs(artery[:, 2] + 34) < 2]
    assert pons[:, 1].max() - 2 <= artery[:, 1].mean() <= pons[:, 1].max() + 6


def test_the_capsule_lies_between_caudate_or_thalamus_and_the_lentiform_nucleus(atlas):
    capsule = atlas.zones["internal_capsule"] > 127
    inner = atlas.class_map("caud", "thal") > 127
    outer = atlas.class_map("put", "pal") > 127
    spacing = atlas.grid.spacing_mm
    for nuclei in (inner, outer):
        away = ndimage.distance_transform_edt(~nuclei, sampling=spacing)
        assert away[capsule].max() < 10


def test_the_hazard_hugs_the_skull_base_and_leaves_the_vault_and_the_nuclei(atlas):
    hazard = atlas.zones["skull_base_hazard"] > 64
    points = mni_points(atlas, hazard)
    assert points[:, 2].max() < 5
    assert not (hazard & (atlas.class_map("put", "pal", "caud", "thal") > 127)).any()
    assert hazard[mni_index(atlas, 0, -3, -27)]
    assert hazard[mni_index(atlas, 30, -26, -32)]


def test_lobes_are_where_they_are_known_to_be(atlas):
    known = {
        (40, 30, 30): "frontal",
        (30, -50, 55): "parietal",
        (55, -20, -20): "temporal",
        (20, -92, 4): "occipital",
        (38, 0, 2): "insular",
        (10, 60, 10): "frontal",
        (30, 8, -32): "temporal",
    }
    for point, name in known.items():
        assert atlas.lobes[mni_index(atlas, *point)] == 1 + LOBES.index(name), (point, name)
    assert set(np.unique(atlas.lobes)) == set(range(len(LOBES) + 1))


def test_deep_nuclei_belong_to_no_lobe(atlas):
    deep = atlas.class_map("thal", "put", "pal", "caud") > 140
    assert not atlas.lobes[deep].any()


def test_the_file_is_small_and_holds_no_pickles():
    file = resources.files("brainsand.knowledge").joinpath("atlas.npz")
    assert len(file.read_bytes()) < 2_500_000
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
