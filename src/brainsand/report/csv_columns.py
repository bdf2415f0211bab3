"""Which columns do the tables have, in what unit, and what does each mean? One list, for tables and dictionary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name, type (``number``, ``integer``, ``string``, ``boolean``), unit, meaning, and where from."""

    name: str
    type: str
    unit: str
    words: str
    of: Callable[[Row], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its name, what one row is, its columns, and the columns that name a row."""

    name: str
    words: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def _column(name: str, type: str, unit: str, words: str, path: str = "") -> Column:
    """A column read at ``path`` (names joined by points) of a row, by its own name where none is given."""
    parts = (path or name).split(".")

    def of(row: Row) -> Any:
        value: Any = row
        for part in parts:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    return Column(name=name, type=type, unit=unit, words=words, of=of)


def _place(axis: int, words: str) -> Column:
    name = "xyz"[axis] + "_mm"
    return Column(name=name, type="number", unit="mm", words=words, of=lambda row: row["centre_lps_mm"][axis])


def _slice(end: int, name: str) -> Column:
    words = f"{name.capitalize()} slice it touches, counted from 0"
    return Column(
        name=f"{name}_slice", type="integer", unit="", words=words, of=lambda row: row["slices"][end]
    )


_TCS: Final = "total_calcification_score"
_EXCESS: Final = "Attenuation above the tissue around, summed"
_SITE: Final = _column("site", "string", "", "Where it is (docs/reference/case.md, sites)")
_SIDE: Final = _column("side", "string", "", "The patient's left, right, or midline")
_VOLUME: Final = (
    _column("volume_mm3", "number", "mm3", "Volume corrected for partial volume"),
    _column("volume_pm_mm3", "number", "mm3", "One standard deviation of it"),
)
_MASS: Final = (
    _column("mass_mg", "number", "mg", "Mass, hydroxyapatite equivalent"),
    _column("mass_pm_mg", "number", "mg", "One standard deviation of it"),
)
_PEAK: Final = _column("peak_hu", "number", "HU", "Attenuation of the brightest voxel")
_AGATSTON: Final = _column("agatston_like", "number", "mm2", "Agatston-like score: area times weight")
_PLACES: Final = tuple(
    _place(axis, f"Centre, towards the patient's {to}") for axis, to in enumerate(("left", "back", "head"))
)

SCAN: Final = Table(
    name="scan",
    words="One row: the scan, and what sums it up",
    key=("scan",),
    columns=(
        _column("source", "string", "", "The input as it was named", "scan.source"),
        _column("age_years", "number", "years", "Age, 90 at most", "patient.age_years"),
        _column("sex", "string", "", "F, M or U", "patient.sex"),
        _column("kvp", "number", "kV", "Tube voltage", "scan.kvp"),
        _column("kernel", "string", "", "Convolution kernel, as the scanner calls it", "scan.kernel"),
        _column("manufacturer", "string", "", "Maker of the scanner", "scan.manufacturer"),
        _column("model_name", "string", "", "Model of the scanner", "scan.model_name"),
        _column("thickness_mm", "number", "mm", "Slice thickness", "scan.thickness_mm"),
        _column("tilt_deg", "number", "degree", "Gantry tilt", "scan.tilt_deg"),
        _column("noise_hu", "number", "HU", "Standard deviation of noise", "scan.noise_hu"),
        _column("contrast", "string", "", "Contrast medium: none, suspected, present, unknown", "scan.contrast"),
        Column(name="deposits", type="integer", unit="", words="Number of deposits", of=lambda r: len(r["deposits"])),
        _column("volume_mm3", "number", "mm3", "Volume of all deposits", "scores.volume_mm3.total"),
        _column("volume_pm_mm3", "number", "mm3", "One standard deviation of it", "scores.volume_mm3.pm"),
        _column("mass_mg", "number", "mg", "Mass of all deposits, hydroxyapatite equivalent", "scores.mass_mg.total"),
        _column("mass_pm_mg", "number", "mg", "One standard deviation of it", "scores.mass_mg.pm"),
        _column("excess_hu_mm3", "number", "HU mm3", _EXCESS, "scores.excess_hu_mm3.total"),
        _column(_TCS, "integer", "", "Total Calcification Score, 0 to 80", f"scores.{_TCS}.total"),
        _column(f"{_TCS}_low", "integer", "", "The lowest it may be", f"scores.{_TCS}.low"),
        _column(f"{_TCS}_high", "integer", "", "The highest it may be", f"scores.{_TCS}.high"),
        Column(
            name="agatston_like", type="number", unit="mm2", words="Agatston-like score of the whole head",
            of=lambda r: _total(r["scores"].get("agatston_like")),
        ),
        _column("significance", "string", "", "none, incidental, follow_up, work_up or urgent", "significance.level"),
        Column(name="cautions", type="integer", unit="", words="Number of cautions", of=lambda r: len(r["cautions"])),
        _column("version", "string", "", "Version of brainsand", "program.version"),
        _column("knowledge_version", "string", "", "Version of its knowledge", "program.knowledge_version"),
        _column("settings_hash", "string", "", "SHA-256 of its settings", "program.settings_hash"),
    ),
)  # fmt: skip

DEPOSITS: Final = Table(
    name="deposits",
    words="One row a deposit",
    key=("scan", "id"),
    columns=(
        _column("id", "integer", "", "Its number in deposits.nii.gz; 1 is the largest"),
        _SITE,
        _SIDE,
        _column("lobe", "string", "", "Lobe, where the site runs through several"),
        Column(
            name="site_probability", type="number", unit="", words="How sure the site is, 0 to 1",
            of=lambda row: (row.get("site_probabilities") or {}).get(row["site"]),
        ),
        _column("kind", "string", "", "physiologic, age_related, vascular, ectopic or indeterminate"),
        _column("morphology", "string", "", "Form"),
        *_VOLUME,
        _column("volume_basis", "string", "", "seen or modelled"),
        _column("threshold_volume_mm3", "number", "mm3", "Volume of the voxels above threshold"),
        *_MASS,
        _column("excess_hu_mm3", "number", "HU mm3", _EXCESS),
        _column("mean_hu", "number", "HU", "Mean attenuation"),
        _PEAK,
        _column("background_hu", "number", "HU", "Attenuation of the tissue around"),
        _AGATSTON,
        _column("largest_diameter_mm", "number", "mm", "Largest diameter"),
        _column("elongation", "number", "", "Length over width"),
        *_PLACES,
        _slice(0, "first"),
        _slice(1, "last"),
        _column("voxels", "integer", "", "Voxels above threshold"),
        _column("confidence", "number", "", "That it is calcium in the brain, 0 to 1"),
        Column(
            name="why", type="string", unit="", words="Why it was called this kind",
            of=lambda row: [reason["words"] for reason in row.get("kind_reasons") or []],
        ),
        _column("source", "string", "", "Who said place and kind: machine, or reader (corrected by a reader)"),
        _column("note", "string", "", "What a reader noted on it"),
    ),
)  # fmt: skip

SITES: Final = Table(
    name="sites",
    words="One row a site and side that holds calcium",
    key=("scan", "site", "side"),
    columns=(
        _SITE,
        _SIDE,
        _column("count", "integer", "", "Number of deposits"),
        *_VOLUME,
        *_MASS,
        _PEAK,
        _column("filled", "number", "", "Share of the structure that is calcified, 0 to 1"),
        _column("filled_pm", "number", "", "One standard deviation of it"),
        _AGATSTON,
    ),
)

SCORES: Final = Table(
    name="scores",
    words="One row a score, and a place of the Total Calcification Score",
    key=("scan", "score", "place"),
    columns=(
        _column("score", "string", "", "Which score"),
        _column("place", "string", "", "all, or the place graded"),
        _column("value", "number", "", "Its value, in the unit of this row"),
        _column("pm", "number", "", "One standard deviation"),
        _column("low", "number", "", "The lowest it may be"),
        _column("high", "number", "", "The highest it may be"),
        _column("unit", "string", "", "Unit of value, pm, low and high"),
        _column("basis", "string", "", "What it rests on"),
    ),
)

DIFFERENTIAL: Final = Table(
    name="differential",
    words="One row a group of conditions, best first",
    key=("scan", "rank"),
    columns=(
        _column("rank", "integer", "", "1 is the most probable"),
        _column("id", "string", "", "Identifier of the group"),
        _column("name", "string", "", "Its name"),
        _column("category", "string", "", "Category"),
        _column("probability", "number", "", "Probability, 0 to 1"),
        _column("treatable", "string", "", "Whether it can be treated"),
        _column("severity", "string", "", "How serious it is"),
        Column(
            name="genes", type="string", unit="", words="Genes of its members, likeliest first",
            of=lambda row: [m["gene"] for m in row.get("members") or [] if m.get("gene")],
        ),
        Column(
            name="omim", type="string", unit="", words="OMIM numbers of its members, likeliest first",
            of=lambda row: [o for m in row.get("members") or [] for o in m.get("omim") or []],
        ),
    ),
)  # fmt: skip

EVIDENCE: Final = Table(
    name="evidence",
    words="One row a finding that speaks for or against a group of conditions",
    key=(),
    columns=(
        _column("group", "string", "", "Identifier of the group"),
        _column("direction", "string", "", "for or against"),
        _column("finding", "string", "", "The finding", "words"),
        _column(
            "likelihood_ratio", "number", "", "How much more often it is seen with the group than without"
        ),
        _column("basis", "string", "", "published or expert"),
        _column("frequency", "string", "", "How often the finding is seen in the group"),
        _column("source", "string", "", "Where that is written"),
    ),
)

LABS: Final = Table(
    name="labs",
    words="One row a laboratory result, as it was given",
    key=(),
    columns=(
        _column("analyte", "string", "", "What was measured"),
        _column("value", "number", "", "Result, in the unit of this row"),
        _column("unit", "string", "", "Its unit"),
        _column("flag", "string", "", "low, normal, high, positive or negative, where that was given"),
        _column("ref_low", "number", "", "Lower limit the laboratory gave"),
        _column("ref_high", "number", "", "Upper limit the laboratory gave"),
    ),
)

SET_ASIDE: Final = Table(
    name="set_aside",
    words="One row a bright thing judged not to be calcium in the brain",
    key=(),
    columns=(
        _column("reason", "string", "", "What it was judged to be"),
        _column("volume_mm3", "number", "mm3", "Volume above threshold"),
        _PEAK,
        *_PLACES,
        _column("words", "string", "", "Why"),
    ),
)

STEPS: Final = Table(
    name="next_steps",
    words="One row a thing to do next, first things first",
    key=("scan", "rank"),
    columns=(
        _column("rank", "integer", "", "Place in the order"),
        _column("step", "string", "", "What to do"),
        _column("why", "string", "", "Why"),
        _column("for", "string", "", "Who does it"),
        _column("urgency", "string", "", "How soon"),
        _column("source", "string", "", "Where that is written"),
    ),
)

CAUTIONS: Final = Table(
    name="cautions",
    words="One row a thing that lowers trust in the numbers",
    key=(),
    columns=(
        _column("code", "string", "", "A short stable word"),
        _column("words", "string", "", "In words"),
    ),
)


def _total(value: Any) -> Any:
    return value.get("total") if isinstance(value, Mapping) else value
