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


def column(name: str, type: Type, words: str, unit: str | None = None) -> Column:
    """A column, said shortly.

    >>> column("peak_hu", "real", "Highest attenuation", "HU").unit
    'HU'
    """
    return Column(name=name, type=type, words=words, unit=unit)


_WHO: Final = (
    column("unit", "text", "The scan: the name all its files begin with"),
    column("person", "text", "Whose scan it is; scans of one person share it"),
)
_AMOUNT: Final = (
    column("volume_mm3", "real", "Volume, corrected for partial volume", "mm3"),
    column("volume_pm_mm3", "real", "One standard deviation of the volume", "mm3"),
    column("mass_mg", "real", "Hydroxyapatite equivalent; n/a where the tube voltage is not known", "mg"),
    column("mass_pm_mg", "real", "One standard deviation of the mass", "mg"),
)

SCANS: Final = (
    *_WHO,
    column("session", "text", "The session's label, where the input has one"),
    column("order", "whole", "The scan's place among the person's scans, 1 is the first"),
    column(
        "same_pixels_as",
        "text",
        "An earlier line with the very same pixels and geometry; such a scan is counted once",
    ),
    column("sha256", "text", "Sum over pixels and geometry as read"),
    column("age_years", "real", "Age at the scan, 90 at most where it comes from the header", "year"),
    column("sex", "text", "F, M or U"),
    column("manufacturer", "text", "Maker of the scanner"),
    column("model_name", "text", "The scanner's model"),
    column("kernel", "text", "Reconstruction kernel"),
    column("kvp", "real", "Tube voltage", "kV"),
    column("thickness_mm", "real", "Slice thickness as the header says", "mm"),
    column("slice_gap_mm", "real", "Median distance between slices", "mm"),
    column("pixel_mm", "real", "Distance between rows", "mm"),
    column("slices", "whole", "Number of slices"),
    column("tilt_deg", "real", "Gantry tilt", "degree"),
    column("noise_hu", "real", "Noise in brain tissue, one standard deviation", "HU"),
    column("contrast", "text", "Contrast medium: none, suspected, present, unknown"),
    column("coverage", "real", "Share of the intracranial space that was imaged, 0 to 1"),
    column("missing_parts", "text", "Parts of the head that were not imaged, with semicolons"),
    column("cautions", "text", "Codes of everything that lowers trust in the numbers, with semicolons"),
    *_AMOUNT,
    column("excess_hu_mm3", "real", "Attenuation above the tissue around, summed", "HU mm3"),
    column("excess_pm_hu_mm3", "real", "One standard deviation of it", "HU mm3"),
    column("agatston_like", "real", "Agatston-like score", "mm2 x weight"),
    column("tcs", "whole", "Total Calcification Score, 0 to 80; n/a where a location was not imaged"),
    column("tcs_low", "whole", "The score at its least within the measures' doubt"),
    column("tcs_high", "whole", "The score at its most within the measures' doubt"),
    column("deposits", "whole", "Number of deposits"),
    column("ectopic_deposits", "whole", "Number of deposits called ectopic"),
    column("set_aside", "whole", "Bright things judged not to be calcium in the brain"),
    column("significance", "text", "none, incidental, follow_up, work_up or urgent"),
    column("first_group", "text", "The likeliest group of conditions"),
    column("first_group_probability", "real", "Its probability, 0 to 1"),
    column("version", "text", "Version of brainsand"),
    column("knowledge_version", "text", "Version of its knowledge"),
    column("settings_hash", "text", "Sum of its settings"),
)
SITES_TABLE: Final = (
    *_WHO,
    column("site", "text", "Where, in the words of docs/reference/case.md"),
    column("side", "text", "The patient's left, right, or midline"),
    column("imaged", "yes", "Whether the scan shows the site whole; a zero is a zero only where it does"),
    column("count", "whole", "Number of deposits; n/a where the site was not imaged and none was seen"),
    *_AMOUNT,
    column("peak_hu", "real", "Highest attenuation", "HU"),
    column("filled", "real", "Share of the structure that is calcified, 0 to 1"),
    column("agatston_like", "real", "Agatston-like score of the site", "mm2 x weight"),
)
DEPOSITS: Final = (
    *_WHO,
    column("id", "whole", "Its number in the scan's segmentation; 1 is the largest"),
    column("site", "text", "Where"),
    column("side", "text", "The patient's left, right, or midline"),
    column("lobe", "text", "Lobe of the brain, where it has one"),
    column("kind", "text", "physiologic, age_related, vascular, ectopic or indeterminate"),
    *_AMOUNT,
    column("threshold_volume_mm3", "real", "Volume of the voxels above threshold", "mm3"),
    column("excess_hu_mm3", "real", "Attenuation above the tissue around, summed", "HU mm3"),
    column("mean_hu", "real", "Mean attenuation", "HU"),
    column("peak_hu", "real", "Highest attenuation", "HU"),
    column("agatston_like", "real", "Agatston-like score", "mm2 x weight"),
    column("largest_diameter_mm", "real", "Largest diameter", "mm"),
    column("morphology", "text", "punctate, nodular, linear, gyriform, band, rim, stippled or confluent"),
    column("confidence", "real", "How firmly it is believed to be calcium, 0 to 1"),
    column("x_mm", "real", "Centre, towards the patient's left (LPS)", "mm"),
    column("y_mm", "real", "Centre, towards the patient's back (LPS)", "mm"),
    column("z_mm", "real", "Centre, towards the patient's head (LPS)", "mm"),
    column("first_slice", "whole", "First slice it touches, counted from 0"),
    column("last_slice", "whole", "Last slice it touches"),
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
