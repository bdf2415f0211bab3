"""Which words may a patient file use? The lists of the contract, and how near a miss is.

Ready for additions; what stands here keeps its name (``docs/reference``, patient file).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from brainsand.model.sites import SITES

FIELDS: Final = ("age_years", "age", "sex", "findings", "phenotype", "labs", "history", "family", "variants")
IDENTITY: Final = (
    "name", "patient_name", "first_name", "last_name", "surname", "patient_id", "mrn", "birth_date",
    "birthdate", "date_of_birth", "dob", "address", "phone", "email", "ssn", "nhs_number", "insurance",
)  # fmt: skip
FINDING_FIELDS: Final = (
    "site", "side", "lobe", "morphology", "extent", "in_mass", "absent", "volume_mm3", "mass_mg", "peak_hu",
)  # fmt: skip
FINDING_SITES: Final = (*SITES, "basal_ganglia")
FINDING_SIDES: Final = ("left", "right", "midline", "both")
MORPHOLOGIES: Final = (
    "punctate", "nodular", "linear", "gyriform", "band", "rim", "stippled", "confluent",
)  # fmt: skip
EXTENTS: Final = ("punctate", "small", "moderate", "large")
PHENOTYPE_FIELDS: Final = ("id", "label", "excluded", "onset", "modifiers")
LAB_FIELDS: Final = ("analyte", "value", "unit", "flag", "ref_low", "ref_high")
LAB_FLAGS: Final = ("low", "normal", "high", "positive", "negative")
FAMILY_FIELDS: Final = ("affected_relatives", "consanguinity", "inheritance")
RELATIVES: Final = (
    "parent", "mother", "father", "sibling", "brother", "sister", "child", "son", "daughter",
    "grandparent", "grandchild", "aunt", "uncle", "nephew", "niece", "cousin", "other",
)  # fmt: skip
INHERITANCE: Final = (
    "autosomal_dominant", "autosomal_recessive", "x_linked", "mitochondrial", "de_novo", "sporadic",
    "unknown",
)  # fmt: skip
VARIANT_FIELDS: Final = ("gene", "hgvs", "zygosity", "acmg")
ZYGOSITIES: Final = (
    "heterozygous", "homozygous", "hemizygous", "compound_heterozygous", "mosaic", "homoplasmic",
    "heteroplasmic", "unknown",
)  # fmt: skip
ACMG: Final = ("P", "LP", "VUS", "LB", "B")
HISTORY: Final = (
    "neck_surgery", "thyroid_surgery", "cranial_irradiation", "methotrexate", "birth_asphyxia",
    "cardiac_arrest", "carbon_monoxide", "lead_exposure", "endemic_cysticercosis",
    "raw_pork_or_tapeworm", "tuberculosis_contact", "maternal_infection_pregnancy", "zika_exposure",
    "neonatal_jaundice_purpura", "congenital_cmv_proven", "congenital_toxoplasmosis_proven", "hiv",
    "dialysis", "ckd", "celiac", "sle", "port_wine_birthmark", "facial_angiofibroma",
    "hypomelanotic_macules", "cataract", "retinal_telangiectasia", "prior_brain_haemorrhage",
    "prior_brain_tumour", "prior_stroke", "head_trauma", "hyperparathyroidism_known",
    "hypoparathyroidism_known", "vitamin_d_excess", "anticonvulsants_long_term", "hearing_loss",
    "diabetes", "stroke_like_episodes", "miscarriage_or_still_birth_in_family",
    "cancer_known", "ventricular_shunt", "down_syndrome",
)  # fmt: skip
ANALYTES: Final = (
    "calcium", "ionized_calcium", "albumin", "phosphate", "pth", "vitamin_d_25oh", "vitamin_d_1_25oh",
    "magnesium", "alp", "creatinine", "tsh", "lactate_blood", "lactate_csf", "csf_pleocytosis",
    "csf_interferon_alpha", "csf_neopterin", "csf_folate", "ferritin", "ceruloplasmin", "copper_urine",
    "ttg", "ana", "hiv_serology", "toxoplasma_igm", "toxoplasma_igg", "cmv_pcr", "cysticercus_serology",
    "lead_blood", "carboxyhaemoglobin", "biotinidase", "phenylalanine", "homocysteine", "bicarbonate",
    "platelets",
)  # fmt: skip


def plain_word(word: str) -> str:
    """A word as it is looked up: case, spaces, hyphens and commas are of no account.

    >>> plain_word("Compound heterozygous"), plain_word("25-OH vitamin D"), plain_word(" Calcium, total")
    ('compound_heterozygous', '25_oh_vitamin_d', 'calcium_total')
    """
    return re.sub(r"[\s_,-]+", "_", word.strip().lower())


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or ``None``.

    >>> nearest("Histroy", FIELDS), nearest("neck surgery", HISTORY), nearest("comment", FIELDS)
    ('history', 'neck_surgery', None)
    """
    choices = {k.lower(): k for k in known}
    found = difflib.get_close_matches(plain_word(word), list(choices), n=1, cutoff=0.75)
    return choices[found[0]] if found else None
