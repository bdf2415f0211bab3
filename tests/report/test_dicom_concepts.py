"""The concepts our objects use are the standard's own: each code is looked up, and means what we say it means."""

from __future__ import annotations

import re

import pytest
from pydicom.sr._concepts_dict import concepts

from brainsand.model import codes
from brainsand.model.codes import OWN, Code, region_code, site_code
from brainsand.model.sites import SIDES, SITES
from brainsand.report import dicom_concepts, dicom_seg, dicom_tree

MODULES = (codes, dicom_concepts, dicom_seg, dicom_tree)
NAMED = {code for module in MODULES for code in vars(module).values() if isinstance(code, Code)}
TABLED = {code for table in (codes.SIDES, codes.LOBES) for code in table.values()}
SITED = {f(site, side) for f in (site_code, region_code) for site in SITES for side in SIDES}
# UBERON's dictionary in PS3.16 holds few of its numbers, and of the language tags and UMLS none.
USED = sorted(
    (code for code in NAMED | TABLED | SITED if code.scheme in ("SCT", "DCM", "LN")),
    key=lambda code: (code.scheme, code.value),
)


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{2,}", text.lower()))


@pytest.mark.parametrize("code", USED, ids=lambda code: f"{code.scheme} {code.value}")
def test_a_code_stands_in_the_dictionary_and_means_the_same(code):
    meanings = [entry[code.value][0] for entry in concepts[code.scheme].values() if code.value in entry]
    assert meanings
    assert any(words(code.meaning) & words(meaning) for meaning in meanings)


def test_units_are_of_ucum_and_our_own_codes_are_no_public_ones():
    units = [code for code in vars(dicom_tree).values() if isinstance(code, Code) and code.scheme == "UCUM"]
    assert {unit.value for unit in units} == {
        "mm3", "mm", "mg", "[hnsf'U]", "[hnsf'U].mm3", "1", "{pixels}",
    }  # fmt: skip
    assert all(code.value.isdecimal() and len(code.value) == 3 for code in codes.own_codes())
    assert {code.scheme for code in codes.own_codes()} == {OWN}
