"""What does each column of the cohort's tables mean, in which unit? One list, for tables and dictionaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from brainsand.model.sites import SITES

Type = Literal["text", "real", "whole", "yes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, what kind of values it holds, what they mean and their unit."""

    name: str
    type: Type
    words: str
    unit: str | None = None


def _c(name: str, type: Type, words: str, unit: str | None = None) -> Column:
    return Column(name=name, type=type, words=words, unit=unit)


_WHO: Final = (
    _c("unit", "text", "The scan: the name all its files begin with"),
    _c("person", "text", "Whose scan it is; scans of one person share it"),
)
_AMOUNT: Final = (
    _c("volume_mm3", "real", "Volume, corrected for partial volume", "mm3"),
    _c("volume_pm_mm3", "real", "One standard deviation of the volume", "mm3"),
    _c("mass_mg", "real", "Hydroxyapatite equivalent; n/a where the tube voltage is not known", "mg"),
    _c("mass_pm_mg", "real", "One standard deviation of the mass", "mg"),
)

SCANS: Final = (
    *_WHO,
    _c("session", "text", "The session's label, where the input has one"),
    _c("order", "whole", "The scan's place among the person's scans, 1 is the first"),
    _c(
        "same_pixels_as",
        "text",
        "An earlier line with the very same pixels and geometry; such a scan is counted once",
    ),
    _c("sha256", "text", "Sum over pixels and geometry as read"),
    _c("age_years", "real", "Age at the scan, 90 at most where it comes from the header", "year"),
    _c("sex", "text", "F, M or U"),
    _c("manufacturer", "text", "Maker of the scanner"),
    _c("model_name", "text", "The scanner's model"),
    _c("kernel", "text", "Reconstruction kernel"),
    _c("kvp", "real", "Tube voltage", "kV"),
    _c("thickness_mm", "real", "Slice thickness as the header says", "mm"),
    _c("slice_gap_mm", "real", "Median distance between slices", "mm"),
    _c("pixel_mm", "real", "Distance between rows", "mm"),
    _c("slices", "whole", "Number of slices"),
    _c("tilt_deg", "real", "Gantry tilt", "degree"),
    _c("noise_hu", "real", "Noise in brain tissue, one standard deviation", "HU"),
    _c("contrast", "text", "Contrast medium: none, suspected, present, unknown"),
    _c("coverage", "real", "Share of the intracranial space that was imaged, 0 to 1"),
    _c("missing_parts", "text", "Parts of the head that were not imaged, with semicolons"),
    _c("cautions", "text", "Codes of everything that lowers trust in the numbers, with semicolons"),
    *_AMOUNT,
    _c("excess_hu_mm3", "real", "Attenuation above the tissue around, summed", "HU mm3"),
    _c("excess_pm_hu_mm3", "real", "One standard deviation of it", "HU mm3"),
    _c("agatston_like", "real", "Agatston-like score", "mm2 x weight"),
    _c("tcs", "whole", "Total Calcification Score, 0 to 80; n/a where a location was not imaged"),
    _c("tcs_low", "whole", "The score at its least within the measures' doubt"),
    _c("tcs_high", "whole", "The score at its most within the measures' doubt"),
    _c("deposits", "whole", "Number of deposits"),
    _c("ectopic_deposits", "whole", "Number of deposits called ectopic"),
    _c("set_aside", "whole", "Bright things judged not to be calcium in the brain"),
    _c("significance", "text", "none, incidental, follow_up, work_up or urgent"),
    _c("first_group", "text", "The likeliest group of conditions"),
    _c("first_group_probability", "real", "Its probability, 0 to 1"),
    _c("version", "text", "Version of brainsand"),
    _c("knowledge_version", "text", "Version of its knowledge"),
    _c("settings_hash", "text", "Sum of its settings"),
)
SITES_TABLE: Final = (
    *_WHO,
    _c("site", "text", "Where, in the words of docs/reference/case.md"),
    _c("side", "text", "The patient's left, right, or midline"),
    _c("imaged", "yes", "Whether the scan shows the site whole; a zero is a zero only where it does"),
    _c("count", "whole", "Number of deposits; n/a where the site was not imaged and none was seen"),
    *_AMOUNT,
    _c("peak_hu", "real", "Highest attenuation", "HU"),
    _c("filled", "real", "Share of the structure that is calcified, 0 to 1"),
    _c("agatston_like", "real", "Agatston-like score of the site", "mm2 x weight"),
)
DEPOSITS: Final = (
    *_WHO,
    _c("id", "whole", "Its number in the scan's segmentation; 1 is the largest"),
    _c("site", "text", "Where"),
    _c("side", "text", "The patient's left, right, or midline"),
    _c("lobe", "text", "Lobe of the brain, where it has one"),
    _c("kind", "text", "physiologic, age_related, vascular, ectopic or indeterminate"),
    *_AMOUNT,
    _c("threshold_volume_mm3", "real", "Volume of the voxels above threshold", "mm3"),
    _c("excess_hu_mm3", "real", "Attenuation above the tissue around, summed", "HU mm3"),
    _c("mean_hu", "real", "Mean attenuation", "HU"),
    _c("peak_hu", "real", "Highest attenuation", "HU"),
    _c("agatston_like", "real", "Agatston-like score", "mm2 x weight"),
    _c("largest_diameter_mm", "real", "Largest diameter", "mm"),
    _c("morphology", "text", "punctate, nodular, linear, gyriform, band, rim, stippled or confluent"),
    _c("confidence", "real", "How firmly it is believed to be calcium, 0 to 1"),
    _c("x_mm", "real", "Centre, towards the patient's left (LPS)", "mm"),
    _c("y_mm", "real", "Centre, towards the patient's back (LPS)", "mm"),
    _c("z_mm", "real", "Centre, towards the patient's head (LPS)", "mm"),
    _c("first_slice", "whole", "First slice it touches, counted from 0"),
    _c("last_slice", "whole", "Last slice it touches"),
)
TABLES: Final = {"scans": SCANS, "sites": SITES_TABLE, "deposits": DEPOSITS}

MIDLINE: Final = ("pineal", "habenula", "falx", "brainstem", "sella_suprasellar", "corpus_callosum")
"""Sites given one line a scan; all others have a left and a right one, and more where deposits lie otherwise."""
PLACES: Final = tuple(
    (site, side)
    for site in SITES
    if site != "unknown"
    for side in (("midline",) if site in MIDLINE else ("left", "right"))
)


def dictionary_of(columns: tuple[Column, ...]) -> dict[str, Any]:
    """The data dictionary of a table, as BIDS writes one beside a TSV file."""
    return {c.name: {"Description": c.words, **({"Units": c.unit} if c.unit else {})} for c in columns}
