"""From one case to the rows it gives to the cohort's tables: one of the scan, one a site and side, one a deposit.

Rows are plain and hold nothing that changes from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SCORES: Final = ("volume_mm3", "mass_mg", "excess_hu_mm3")
SITE_FIELDS: Final = (
    *("site", "side", "count", "volume_mm3", "volume_pm_mm3", "mass_mg", "mass_pm_mg", "peak_hu", "filled"),
    "agatston_like",
)
DEPOSIT_FIELDS: Final = (
    *(
        "id",
        "site",
        "side",
        "lobe",
        "kind",
        "volume_mm3",
        "volume_pm_mm3",
        "threshold_volume_mm3",
        "excess_hu_mm3",
    ),
    *("mass_mg", "mass_pm_mg", "mean_hu", "peak_hu", "agatston_like", "largest_diameter_mm", "morphology"),
    "confidence",
)


def rows_of_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a ``case.json``: ``scan``, ``sites``, ``deposits``."""
    return {
        "scan": _scan(case),
        "sites": [{name: row.get(name) for name in SITE_FIELDS} for row in case["sites"]],
        "deposits": [_deposit(row) for row in case["deposits"]],
    }


def _scan(case: Mapping[str, Any]) -> dict[str, Any]:
    scan, patient, program = case["scan"], case["patient"], case["program"]
    spacing = scan["spacing_mm"]
    return {
        "sha256": scan["sha256"],
        "age_years": patient["age_years"],
        "sex": patient["sex"],
        **{name: scan[name] for name in ("manufacturer", "model_name", "kernel", "kvp", "thickness_mm")},
        "slice_gap_mm": spacing[0],
        "pixel_mm": spacing[1],
        "slices": scan["matrix"][0],
        **{name: scan[name] for name in ("tilt_deg", "noise_hu", "contrast")},
        "coverage": (scan["coverage"] or {}).get("fraction"),
        "missing_parts": ";".join((scan["coverage"] or {}).get("missing") or ()) or None,
        "cautions": ";".join(sorted({c["code"] for c in case["cautions"]})) or None,
        **_scores(case["scores"]),
        "deposits": len(case["deposits"]),
        "ectopic_deposits": sum(d["kind"] == "ectopic" for d in case["deposits"]),
        "set_aside": len(case["set_aside"]),
        "significance": (case["significance"] or {}).get("level"),
        **_first_group(case["differential"]),
        "version": program["version"],
        "knowledge_version": program["knowledge_version"],
        "settings_hash": program["settings_hash"],
    }


def _scores(scores: Mapping[str, Any]) -> dict[str, Any]:
    tcs = scores.get("total_calcification_score") or {}
    out: dict[str, Any] = {}
    for name in SCORES:
        value = scores.get(name) or {}
        stem, _, unit = name.partition("_")
        out |= {name: value.get("total"), f"{stem}_pm_{unit}": value.get("pm")}
    return out | {
        "agatston_like": scores.get("agatston_like"),
        "tcs": tcs.get("total"),
        "tcs_low": tcs.get("low"),
        "tcs_high": tcs.get("high"),
    }


def _first_group(differential: Mapping[str, Any] | None) -> dict[str, Any]:
    groups = (differential or {}).get("groups") or [{}]
    return {"first_group": groups[0].get("id"), "first_group_probability": groups[0].get("probability")}


def _deposit(row: Mapping[str, Any]) -> dict[str, Any]:
    x, y, z = row["centre_lps_mm"]
    first, last = row["slices"]
    place = {"x_mm": x, "y_mm": y, "z_mm": z, "first_slice": first, "last_slice": last}
    return {name: row.get(name) for name in DEPOSIT_FIELDS} | place
