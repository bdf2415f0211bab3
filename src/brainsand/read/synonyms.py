"""Which other words say the same as a word of the patient file? What clinicians write, nothing that is guessed.

Looked up as ``vocabulary.plain_word`` leaves them. The analytes' names and synonyms of
``knowledge/words/analytes.yaml`` are all among them; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SITES: Final[Mapping[str, str]] = {
    "pallidum": "globus_pallidus", "caudate_nucleus": "caudate", "caudate_head": "caudate",
    "dentate": "dentate_nucleus", "dentate_nuclei": "dentate_nucleus", "thalami": "thalamus",
    "hippocampi": "hippocampus", "brain_stem": "brainstem", "grey_white_junction": "gray_white_junction",
    "corticomedullary_junction": "gray_white_junction", "pineal_gland": "pineal", "falx_cerebri": "falx",
    "tentorium_cerebelli": "tentorium", "sella": "sella_suprasellar", "suprasellar": "sella_suprasellar",
    "cortex_gyral": "cortex", "cerebellar_cortex_white_matter": "cerebellum",
    "hippocampus_mesial_temporal": "hippocampus",
}  # fmt: skip
SIDES: Final[Mapping[str, str]] = {
    "bilateral": "both", "left_and_right": "both", "l": "left", "r": "right", "median": "midline",
}  # fmt: skip
ANALYTES: Final[Mapping[str, str]] = {
    "ca": "calcium", "serum_calcium": "calcium", "total_calcium": "calcium", "calcium_total": "calcium",
    "ionised_calcium": "ionized_calcium", "free_calcium": "ionized_calcium", "ica": "ionized_calcium",
    "calcium_ionized": "ionized_calcium", "phosphorus": "phosphate", "p": "phosphate",
    "inorganic_phosphate": "phosphate", "po4": "phosphate", "phosphate_inorganic": "phosphate", "parathormone": "pth",
    "parathyrin": "pth", "ipth": "pth", "parathyroid_hormone": "pth", "parathyroid_hormone_intact": "pth",
    "25_oh_vitamin_d": "vitamin_d_25oh", "25_hydroxyvitamin_d": "vitamin_d_25oh", "calcidiol": "vitamin_d_25oh",
    "vitamin_d": "vitamin_d_25oh", "calcitriol": "vitamin_d_1_25oh", "1_25_dihydroxyvitamin_d": "vitamin_d_1_25oh",
    "mg": "magnesium", "alkaline_phosphatase": "alp", "thyrotropin": "tsh", "lactate": "lactate_blood",
    "lactic_acid": "lactate_blood", "lactate_in_blood": "lactate_blood", "csf_lactate": "lactate_csf",
    "csf_lymphocytes": "csf_pleocytosis", "csf_white_cells": "csf_pleocytosis", "white_cells_csf": "csf_pleocytosis",
    "lymphocytosis_in_csf": "csf_pleocytosis", "interferon_alpha_csf": "csf_interferon_alpha",
    "neopterin_csf": "csf_neopterin", "5_mthf": "csf_folate", "csf_5_methyltetrahydrofolate": "csf_folate",
    "5_methyltetrahydrofolate_csf": "csf_folate", "caeruloplasmin": "ceruloplasmin",
    "copper_24_hour_urine": "copper_urine", "anti_ttg": "ttg", "transglutaminase_antibodies": "ttg",
    "tissue_transglutaminase_iga": "ttg", "antinuclear_antibodies": "ana",
    "hiv_1_and_2_antibodies_or_antigen": "hiv_serology", "lead": "lead_blood",
    "carboxyhemoglobin": "carboxyhaemoglobin", "cohb": "carboxyhaemoglobin", "hco3": "bicarbonate",
    "biotinidase_activity_serum": "biotinidase", "homocysteine_total": "homocysteine",
}  # fmt: skip
HISTORY: Final[Mapping[str, str]] = {
    "thyroidectomy": "thyroid_surgery", "parathyroidectomy": "neck_surgery", "lupus": "sle",
    "systemic_lupus_erythematosus": "sle", "celiac_disease": "celiac", "coeliac": "celiac",
    "coeliac_disease": "celiac", "chronic_kidney_disease": "ckd", "haemodialysis": "dialysis",
    "hemodialysis": "dialysis", "hiv_infection": "hiv", "diabetes_mellitus": "diabetes",
    "port_wine_stain": "port_wine_birthmark", "perinatal_asphyxia": "birth_asphyxia",
    "carbon_monoxide_poisoning": "carbon_monoxide", "deafness": "hearing_loss", "stroke": "prior_stroke",
    "prior_brain_hemorrhage": "prior_brain_haemorrhage", "prior_brain_tumor": "prior_brain_tumour",
    "tuberculosis": "tuberculosis_contact",
}  # fmt: skip
FLAGS: Final[Mapping[str, str]] = {
    "elevated": "high", "increased": "high", "raised": "high", "h": "high", "decreased": "low", "reduced": "low",
    "l": "low", "n": "normal", "pos": "positive", "neg": "negative", "detected": "positive",
    "not_detected": "negative", "reactive": "positive", "non_reactive": "negative",
}  # fmt: skip
RELATIVES: Final[Mapping[str, str]] = {
    "grandmother": "grandparent", "grandfather": "grandparent", "twin": "sibling",
}  # fmt: skip
INHERITANCE: Final[Mapping[str, str]] = {
    "ad": "autosomal_dominant", "dominant": "autosomal_dominant", "ar": "autosomal_recessive",
    "recessive": "autosomal_recessive", "xl": "x_linked",
}  # fmt: skip
ZYGOSITIES: Final[Mapping[str, str]] = {
    "het": "heterozygous", "hom": "homozygous", "hemi": "hemizygous", "comp_het": "compound_heterozygous",
    "compound_het": "compound_heterozygous",
}  # fmt: skip
ACMG: Final[Mapping[str, str]] = {
    "pathogenic": "P", "likely_pathogenic": "LP", "uncertain_significance": "VUS", "uncertain": "VUS",
    "variant_of_uncertain_significance": "VUS", "likely_benign": "LB", "benign": "B", "5": "P", "4": "LP", "3": "VUS",
    "2": "LB", "1": "B", "class_5": "P", "class_4": "LP", "class_3": "VUS", "class_2": "LB", "class_1": "B", "v": "P",
    "iv": "LP", "iii": "VUS", "ii": "LB", "i": "B", "class_v": "P", "class_iv": "LP", "class_iii": "VUS",
    "class_ii": "LB", "class_i": "B",
}  # fmt: skip
SEXES: Final[Mapping[str, str]] = {
    "female": "F", "woman": "F", "girl": "F", "male": "M", "man": "M", "boy": "M", "unknown": "U", "other": "U",
}  # fmt: skip
