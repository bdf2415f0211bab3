"""What does ``case.json`` hold? The case as plain data, in a fixed order and rounded to what is meant.

The fields are those of ``docs/reference/case.md`` (schema ``brainsand.case/1``, shipped as
``knowledge/case.schema.json``). Nothing missing becomes a number: NaN and infinity are written as null.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from brainsand import __version__
from brainsand.model.case import Case
from brainsand.model.finding import Deposit, SetAside, SiteSum
from brainsand.report.words import age_years

SCHEMA: Final = "brainsand.case/1"


def case_record(case: Case, *, created: str) -> dict[str, Any]:
    """The case as ``case.json`` holds it.

    Parameters
    ----------
    case : Case
        The reading of one scan; its picture is left out.
    created : str
        When the record was made (ISO 8601). The only value that may differ between two runs on equal input.

    Returns
    -------
    dict
        Strings, numbers, lists, dicts and None only, keys in the order of the contract.
    """
    return {
        "schema": SCHEMA,
        "program": _program(case, created),
        "scan": _scan(case),
        "patient": _patient(case),
        "cautions": [{"code": c.code, "words": c.words} for c in case.cautions],
        "deposits": [deposit_record(d) for d in case.deposits],
        "set_aside": [_set_aside(s) for s in case.set_aside],
        "sites": [site_sum_record(s) for s in case.sites],
        "scores": plain(case.scores),
        "pattern": plain(case.pattern),
        "differential": plain(case.differential),
        "significance": plain(case.significance),
        "next_steps": plain(case.next_steps),
    }


def record_text(record: Mapping[str, Any]) -> str:
    """The record as JSON text: two spaces deep, lists of plain values on one line, newline at the end.

    >>> print(record_text({"a": [1, 2.5], "b": None}), end="")
    {
      "a": [1, 2.5],
      "b": null
    }
    """
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    # A raw line break never stands inside a JSON string, so these only touch the layout.
    flat = re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s+\]", lambda m: "[" + re.sub(r",\n\s+", ", ", m[1]) + "]", text)
    return flat + "\n"


def plain(value: Any) -> Any:
    """Any value as JSON can hold it; floats to six figures, NaN and infinity to None.

    >>> plain({"a": (1, float("nan"), 0.123456789)})
    {'a': [1, None, 0.123457]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, set | frozenset):
        return [plain(v) for v in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _rounded(value: float | None, decimals: int) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), decimals) + 0.0  # no "-0.0"


def _all_rounded(values: tuple[float, ...], decimals: int) -> list[float | None]:
    return [_rounded(v, decimals) for v in values]


def _program(case: Case, created: str) -> dict[str, Any]:
    return {
        "name": "brainsand",
        "version": __version__,
        "knowledge_version": case.knowledge_version,
        "created": created,
        "settings": plain(case.settings),
        "settings_hash": case.settings_hash,
    }


def _scan(case: Case) -> dict[str, Any]:
    how, scan = case.acquisition, case.scan
    return {
        "source": how.source,
        "format": how.format,
        "sha256": how.sha256,
        "series_uid": how.series_uid,
        "study_uid": how.study_uid,
        "frame_of_reference_uid": how.frame_of_reference_uid,
        "matrix": [int(n) for n in scan.matrix],
        "spacing_mm": _all_rounded(scan.spacing_mm, 4),
        "slice_gaps_mm": _all_rounded(scan.slice_gaps_mm, 4),
        "thickness_mm": _rounded(how.thickness_mm, 3),
        "tilt_deg": _rounded(scan.tilt_deg, 2),
        "kvp": _rounded(how.kvp, 1),
        "kernel": how.kernel,
        "manufacturer": how.manufacturer,
        "model_name": how.model_name,
        "noise_hu": _rounded(scan.noise_hu, 2),
        "contrast": scan.contrast,
        "coverage": plain(scan.coverage),
        "deidentified": how.deidentified,
    }


def _patient(case: Case) -> dict[str, Any]:
    who = case.patient
    return {
        "age_years": _rounded(age_years(case), 3),
        "sex": who.sex or case.acquisition.sex,
        "findings": plain(who.findings),
        "phenotype": plain(who.phenotype),
        "labs": plain(who.labs),
        "history": list(who.history),
        "family": plain(who.family),
        "variants": plain(who.variants),
    }


def deposit_record(d: Deposit) -> dict[str, Any]:
    """One deposit as ``case.json`` holds it."""
    likely = sorted(d.site_probabilities.items(), key=lambda item: (-item[1], item[0]))
    return {
        "id": int(d.id),
        "site": d.site,
        "side": d.side,
        "lobe": d.lobe,
        "site_probabilities": {site: _rounded(p, 4) for site, p in likely},
        "kind": d.kind,
        "kind_reasons": [{"rule": r.rule, "words": r.words, "source": r.source} for r in d.kind_reasons],
        "centre_lps_mm": _all_rounded(d.centre_lps_mm, 2),
        "slices": [int(k) for k in d.slices],
        "voxels": int(d.voxels),
        "volume_mm3": _rounded(d.volume_mm3, 2),
        "volume_pm_mm3": _rounded(d.volume_pm_mm3, 2),
        "volume_basis": d.volume_basis,
        "threshold_volume_mm3": _rounded(d.threshold_volume_mm3, 2),
        "threshold_volumes_mm3": {t: _rounded(v, 2) for t, v in d.threshold_volumes_mm3.items()},
        "excess_hu_mm3": _rounded(d.excess_hu_mm3, 1),
        "excess_pm_hu_mm3": _rounded(d.excess_pm_hu_mm3, 1),
        "mass_mg": _rounded(d.mass_mg, 3),
        "mass_pm_mg": _rounded(d.mass_pm_mg, 3),
        "mean_hu": _rounded(d.mean_hu, 1),
        "peak_hu": _rounded(d.peak_hu, 1),
        "background_hu": _rounded(d.background_hu, 1),
        "density_hu": _rounded(d.density_hu, 1),
        "agatston_like": _rounded(d.agatston_like, 2),
        "morphology": d.morphology,
        "largest_diameter_mm": _rounded(d.largest_diameter_mm, 2),
        "extent_mm": _all_rounded(d.extent_mm, 2),
        "elongation": _rounded(d.elongation, 2),
        "follows": d.follows,
        "confidence": _rounded(d.confidence, 3),
        "source": d.source,
    }


def _set_aside(s: SetAside) -> dict[str, Any]:
    return {
        "reason": s.reason,
        "centre_lps_mm": _all_rounded(s.centre_lps_mm, 2),
        "volume_mm3": _rounded(s.volume_mm3, 2),
        "peak_hu": _rounded(s.peak_hu, 1),
        "words": s.words,
    }


def site_sum_record(s: SiteSum) -> dict[str, Any]:
    """The sums of one site and side as ``case.json`` holds them."""
    return {
        "site": s.site,
        "side": s.side,
        "count": int(s.count),
        "volume_mm3": _rounded(s.volume_mm3, 2),
        "volume_pm_mm3": _rounded(s.volume_pm_mm3, 2),
        "mass_mg": _rounded(s.mass_mg, 3),
        "mass_pm_mg": _rounded(s.mass_pm_mg, 3),
        "peak_hu": _rounded(s.peak_hu, 1),
        "filled": _rounded(s.filled, 4),
        "filled_pm": _rounded(s.filled_pm, 4),
        "agatston_like": _rounded(s.agatston_like, 2),
    }
