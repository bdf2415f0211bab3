"""The numbers of ``sites.nii.gz``."""

from __future__ import annotations

from brainsand.model.sites import SIDES, SITES, site_index, site_of_index


def test_every_site_and_side_has_a_number_of_its_own_that_fits_in_eight_bits():
    numbers = [site_index(site, side) for site in SITES for side in SIDES]
    assert numbers == list(range(1, 3 * len(SITES) + 1))
    assert max(numbers) <= 255


def test_the_number_names_its_site_and_side():
    for site in SITES:
        for side in SIDES:
            assert site_of_index(site_index(site, side)) == (site, side)


def test_the_order_of_the_sites_is_the_contract_and_only_grows_at_its_end():
    words = """globus_pallidus putamen caudate thalamus internal_capsule hippocampus dentate_nucleus
        cerebellum brainstem cortex gray_white_junction subcortical_white_matter deep_white_matter
        periventricular_white_matter subependymal ventricle choroid_plexus pineal habenula falx tentorium dura
        vessel_wall sella_suprasellar corpus_callosum unknown"""
    assert list(SITES[:26]) == words.split()
