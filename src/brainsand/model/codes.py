"""By which codes do others know our words? Sites, sides, lobes, kinds and forms in SNOMED CT, UBERON and DICOM.

Where no public code says the same, one of our own scheme ``99BRAINSAND`` does (PS3.16 8; its table is
``docs/reference/codes.md``, made from here). Its numbers are never used again for something else.

Each SNOMED CT and DICOM code here stands in the dictionary of PS3.16 that pydicom carries (a test looks each
up), so none of them needs a licence of its own in a DICOM object. UBERON codes: uberon.github.io.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from brainsand.model.sites import SITES


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A concept of a coding scheme: the designator as DICOM writes it, the code, what it means in words."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A coding scheme: its UID in DICOM (PS3.16 8), its URI in FHIR, its name."""

    designator: str
    uid: str
    uri: str
    name: str


OWN: Final = "99BRAINSAND"

SCHEMES: Final[dict[str, Scheme]] = {
    s.designator: s
    for s in (
        Scheme(
            designator="SCT",
            uid="2.16.840.1.113883.6.96",
            uri="http://snomed.info/sct",
            name="SNOMED CT",
        ),
        Scheme(
            designator="DCM",
            uid="1.2.840.10008.2.16.4",
            uri="http://dicom.nema.org/resources/ontology/DCM",
            name="DICOM Controlled Terminology",
        ),
        Scheme(
            designator="UBERON",
            uid="1.2.840.10008.2.16.6",
            uri="http://purl.obolibrary.org/obo/uberon.owl",
            name="Uber Anatomy Ontology",
        ),
        Scheme(designator="LN", uid="2.16.840.1.113883.6.1", uri="http://loinc.org", name="LOINC"),
        Scheme(
            designator="UCUM",
            uid="2.16.840.1.113883.6.8",
            uri="http://unitsofmeasure.org",
            name="Unified Code for Units of Measure",
        ),
        Scheme(
            designator=OWN,
            uid="2.25.85162700296539276760356146415613614415",
            uri="urn:oid:2.25.85162700296539276760356146415613614415",
            name="brainsand: calcium in the brain on head CT",
        ),
    )
}


def sct(value: str, meaning: str) -> Code:
    """A concept of SNOMED CT."""
    return Code(scheme="SCT", value=value, meaning=meaning)


def dcm(value: str, meaning: str) -> Code:
    """A concept of DICOM's own dictionary (PS3.16 Annex D)."""
    return Code(scheme="DCM", value=value, meaning=meaning)


def _uberon(value: str, meaning: str) -> Code:
    return Code(scheme="UBERON", value=value, meaning=meaning)


def _own(number: int, meaning: str) -> Code:
    return Code(scheme=OWN, value=str(number), meaning=meaning)


BRAIN: Final = sct("12738006", "Brain")
HEAD: Final = sct("69536005", "Head")
_DURA: Final = sct("18545000", "Dura mater")
_CEREBRAL_WHITE: Final = sct("68523003", "Cerebral white matter")
_CORTEX: Final = sct("40146001", "Cerebral cortex")

_EXACT: Final[dict[str, Code]] = {
    "globus_pallidus": sct("14738005", "Globus pallidus"),
    "putamen": sct("89278009", "Putamen"),
    "caudate": sct("11000004", "Caudate nucleus"),
    "thalamus": sct("42695009", "Thalamus"),
    "internal_capsule": sct("85637007", "Internal capsule of brain"),
    "hippocampus": sct("5366008", "Hippocampus"),
    "dentate_nucleus": _uberon("0002132", "Dentate nucleus"),
    "cerebellum": sct("113305005", "Cerebellum"),
    "brainstem": sct("119238007", "Brain stem"),
    "cortex": _CORTEX,
    "choroid_plexus": sct("80621003", "Choroid plexus"),
    "pineal": sct("45793000", "Pineal gland"),
    "habenula": _uberon("0001904", "Habenula"),
    "dura": _DURA,
    "corpus_callosum": sct("88442005", "Corpus callosum"),
    "gray_white_junction": _own(401, "Gray-white junction"),
    "subcortical_white_matter": _own(402, "Subcortical white matter"),
    "deep_white_matter": _own(403, "Deep white matter"),
    "periventricular_white_matter": _own(404, "Periventricular white matter"),
    "subependymal": _own(405, "Subependymal rim of a ventricle"),
    "ventricle": sct("66720007", "Lateral ventricle"),
    "falx": _own(406, "Falx cerebri"),
    "tentorium": _own(407, "Tentorium cerebelli"),
    "vessel_wall": _own(408, "Wall of an intracranial artery"),
    "sella_suprasellar": _own(409, "Sellar and suprasellar region"),
    "unknown": _own(410, "Unnamed site in the skull"),
}
_EXACT_MIDLINE: Final[dict[str, Code]] = {
    "ventricle": _own(411, "Third or fourth ventricle"),
    "cerebellum": _uberon("0004720", "Cerebellar vermis"),
}
_WIDER: Final[dict[str, Code]] = {
    "gray_white_junction": BRAIN,
    "subcortical_white_matter": _CEREBRAL_WHITE,
    "deep_white_matter": _CEREBRAL_WHITE,
    "periventricular_white_matter": _CEREBRAL_WHITE,
    "subependymal": BRAIN,
    "ventricle": BRAIN,
    "falx": _DURA,
    "tentorium": _DURA,
    "vessel_wall": HEAD,
    "sella_suprasellar": HEAD,
    "unknown": HEAD,
}

SIDES: Final[dict[str, Code]] = {
    "left": sct("7771000", "Left"),
    "right": sct("24028007", "Right"),
    "midline": sct("261129000", "Midline"),
    "both": sct("51440002", "Right and left"),
}
LOBES: Final[dict[str, Code]] = {
    "frontal": sct("83251001", "Frontal lobe"),
    "parietal": sct("16630005", "Parietal lobe"),
    "temporal": sct("78277001", "Temporal lobe"),
    "occipital": sct("31065004", "Occipital lobe"),
    "insular": sct("36169008", "Insula"),
}
KINDS: Final[dict[str, Code]] = {
    "physiologic": _own(201, "Physiologic calcification"),
    "age_related": _own(202, "Age-related calcification"),
    "vascular": _own(203, "Vascular calcification"),
    "ectopic": _own(204, "Ectopic calcification"),
    "indeterminate": _own(205, "Calcification of indeterminate kind"),
}
MORPHOLOGIES: Final[dict[str, Code]] = {
    "punctate": _own(301, "Punctate"),
    "nodular": _own(302, "Nodular"),
    "linear": _own(303, "Linear"),
    "gyriform": _own(304, "Gyriform"),
    "band": _own(305, "Band"),
    "rim": _own(306, "Rim"),
    "stippled": _own(307, "Stippled"),
    "confluent": _own(308, "Confluent"),
}
SIGNIFICANCE: Final[dict[str, Code]] = {
    "none": _own(501, "No calcification of note"),
    "incidental": _own(502, "Incidental"),
    "follow_up": _own(503, "Follow up"),
    "work_up": _own(504, "Work up"),
    "urgent": _own(505, "Urgent"),
}

SCORE_SITES: Final[dict[str, Code]] = {
    "lenticular_left": _own(601, "Lenticular nucleus, left"),
    "lenticular_right": _own(602, "Lenticular nucleus, right"),
    "caudate_left": _own(603, "Caudate nucleus, left"),
    "caudate_right": _own(604, "Caudate nucleus, right"),
    "thalamus_left": _own(605, "Thalamus, left"),
    "thalamus_right": _own(606, "Thalamus, right"),
    "subcortical_white_matter_left": _own(607, "Subcortical white matter, left"),
    "subcortical_white_matter_right": _own(608, "Subcortical white matter, right"),
    "cortex_left": _own(609, "Cortex, left"),
    "cortex_right": _own(610, "Cortex, right"),
    "cerebellar_hemisphere_left": _own(611, "Cerebellar hemisphere, left"),
    "cerebellar_hemisphere_right": _own(612, "Cerebellar hemisphere, right"),
    "vermis": _own(613, "Vermis"),
    "midbrain": _own(614, "Midbrain"),
    "pons": _own(615, "Pons"),
    "medulla": _own(616, "Medulla"),
}
"""The places that the Total Calcification Score grades, as ``scores.total_calcification_score.by_site``."""

TOTAL_CALCIFICATION_SCORE: Final = _own(101, "Total Calcification Score, 0 to 80")
SITE_GRADE: Final = _own(102, "Grade of a place in the Total Calcification Score, 0 to 5")
KIND: Final = _own(103, "Kind of calcification")
MORPHOLOGY: Final = _own(104, "Morphology of calcification")
SIGNIFICANCE_CONCEPT: Final = _own(105, "Significance of the calcium found")
EXCESS: Final = _own(106, "Attenuation above the tissue around, summed over volume")
SHARE_FILLED: Final = _own(107, "Share of the structure that is calcified")
HYDROXYAPATITE: Final = _own(108, "Hydroxyapatite equivalent by summed excess attenuation")
PARTIAL_VOLUME: Final = _own(109, "Volume corrected for partial volume")
THRESHOLD_VOLUME: Final = _own(110, "Volume above the local threshold")
CONFIDENCE: Final = _own(111, "Confidence that the deposit is calcium in the brain, 0 to 1")
DEPOSITS: Final = _own(112, "Number of deposits")
AGATSTON_LIKE: Final = _own(113, "Agatston-like score of a head CT")
SIGNIFICANCE_WORDS: Final = _own(114, "Why the calcium has this significance")
CAUTION: Final = _own(115, "Caution: what lowers trust in the numbers")

CALCIUM_FINDING: Final = sct("129748009", "Radiographic calcification finding")
ABNORMAL_STRUCTURE: Final = sct("49755003", "Morphologically Abnormal Structure")
CALCIFIED_STRUCTURE: Final = sct("18115005", "Calcified structure")
VOLUME: Final = sct("118565006", "Volume")
CALCIUM_MASS: Final = dcm("122661", "Calcium Mass")
ATTENUATION: Final = dcm("112031", "Attenuation Coefficient")
MAXIMUM: Final = sct("56851009", "Maximum")
MEAN: Final = sct("373098007", "Mean")
HEAD_CT: Final = Code(scheme="LN", value="24725-4", meaning="CT Head")


def site_code(site: str, side: str | None = None) -> Code:
    """The code that says this site and nothing wider; ours where no public one does.

    ``side`` matters where the midline part has a name of its own (vermis, third or fourth ventricle).

    >>> site_code("pineal").value, site_code("falx").scheme, site_code("cerebellum", "midline").meaning
    ('45793000', '99BRAINSAND', 'Cerebellar vermis')
    """
    if side == "midline" and site in _EXACT_MIDLINE:
        return _EXACT_MIDLINE[site]
    return _EXACT[site]


def region_code(site: str, side: str | None = None) -> Code:
    """The narrowest public code that holds the site: for readers who do not know ours.

    >>> region_code("pineal") == site_code("pineal"), region_code("falx").meaning
    (True, 'Dura mater')
    """
    exact = site_code(site, side)
    return exact if exact.scheme != OWN else _WIDER[site]


def own_codes() -> tuple[Code, ...]:
    """Every code of our own scheme, by number: the table that is published.

    >>> len({c.value for c in own_codes()}) == len(own_codes())
    True
    """
    loose = [value for value in globals().values() if isinstance(value, Code)]
    tables = (_EXACT, _EXACT_MIDLINE, KINDS, MORPHOLOGIES, SIGNIFICANCE, SCORE_SITES)
    found = {c for c in [*loose, *(c for t in tables for c in t.values())] if c.scheme == OWN}
    return tuple(sorted(found, key=lambda c: int(c.value)))


if set(_EXACT) != set(SITES):  # a site without a code would be found out by a patient
    raise RuntimeError(f"Sites and their codes differ: {sorted(set(_EXACT) ^ set(SITES))}")
