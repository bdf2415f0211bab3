"""The codes we use: that they are real, that ours are ours alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom._uid_dict import UID_dictionary
from pydicom.sr._concepts_dict import concepts

from brainsand.model import codes
from brainsand.model.codes import OWN, SCHEMES, Code, own_codes, region_code, site_code
from brainsand.model.sites import LOBES, SIDES, SITES

TABLES = (codes.SIDES, codes.LOBES, codes.KINDS, codes.MORPHOLOGIES, codes.SIGNIFICANCE, codes.SCORE_SITES)
LOOSE = [value for value in vars(codes).values() if isinstance(value, Code)]
SITED = [f(site, side) for f in (site_code, region_code) for site in SITES for side in SIDES]
ALL = sorted(
    {*LOOSE, *SITED, *(code for table in TABLES for code in table.values())},
    key=lambda code: (code.scheme, code.value),
)


def _known(scheme: str) -> set[str]:
    return {value for entry in concepts[scheme].values() for value in entry}


@pytest.mark.parametrize("code", [c for c in ALL if c.scheme in ("SCT", "DCM", "LN")], ids=lambda c: c.value)
def test_public_codes_stand_in_the_dictionary_of_ps3_16(code):
    assert code.value in _known(code.scheme)


def test_every_scheme_is_described_and_every_code_fits_its_element():
    assert {code.scheme for code in ALL} <= set(SCHEMES)
    assert all(len(code.value) <= 16 and len(code.meaning) <= 64 for code in ALL)  # SH and LO of PS3.5 6.2
    assert all(len(scheme.uid) <= 64 for scheme in SCHEMES.values())


def test_own_codes_are_one_number_one_meaning():
    own = own_codes()
    assert len({code.value for code in own}) == len({code.meaning for code in own}) == len(own)
    assert {code for code in ALL if code.scheme == OWN} == set(own)


def test_every_own_code_is_published():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "codes.md").read_text(encoding="utf-8")
    missing = [code for code in own_codes() if f"| {code.value} | {code.meaning} |" not in page]
    assert missing == [], "run make docs"


def test_a_reader_without_our_scheme_still_gets_a_region():
    assert OWN not in {region_code(site, side).scheme for site in SITES for side in SIDES}


def test_lobes_have_codes():
    assert set(codes.LOBES) == set(LOBES)


@pytest.mark.parametrize("scheme", ["DCM", "UBERON"])
def test_uids_of_schemes_are_those_of_ps3_6(scheme):
    assert UID_dictionary[SCHEMES[scheme].uid][1] == "Coding Scheme"
    assert UID_dictionary[SCHEMES[scheme].uid][4] == scheme
