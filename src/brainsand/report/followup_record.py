"""What does ``compare.json`` hold? A comparison as plain data, in a fixed order and rounded to what is meant.

Schema ``brainsand.compare/1``, shipped as ``knowledge/compare.schema.json``; field by field in
``docs/reference/compare.md``. No date is written, only the years between scans.
"""

from __future__ import annotations

from typing import Any, Final

from brainsand import __version__
from brainsand.model.case import Case
from brainsand.model.comparison import Amount, Change, Comparison, Difference, Laid, Pair, SumTrack, Track
from brainsand.model.finding import Deposit
from brainsand.report.followup_words import change_headline
from brainsand.report.record import plain

SCHEMA: Final = "brainsand.compare/1"


def comparison_record(made: Comparison, *, created: str) -> dict[str, Any]:
    """The comparison as ``compare.json`` holds it; ``created`` (ISO 8601) is all that may differ between two runs."""
    first = made.cases[0]
    return {
        "schema": SCHEMA,
        "program": {
            "name": "brainsand",
            "version": __version__,
            "knowledge_version": first.knowledge_version,
            "created": created,
            "settings_hash": first.settings_hash,
        },
        "headline": change_headline(made),
        "scans": [_scan(made, k) for k in range(len(made.cases))],
        "pairs": [_pair(p) for p in made.pairs],
        "cautions": [{"code": c.code, "words": c.words} for c in made.cautions],
        "whole": _sum(made.whole, made),
        "sites": [_sum(s, made) for s in made.sites],
        "deposits": [_track(t, made) for t in made.tracks],
    }


def _scan(made: Comparison, k: int) -> dict[str, Any]:
    case = made.cases[k]
    how = case.acquisition
    return {
        "number": k + 1,
        "source": how.source,
        "sha256": how.sha256,
        "series_uid": how.series_uid,
        "years": _round(made.years[k], 2),
        "thickness_mm": _round(how.thickness_mm, 3),
        "kvp": _round(how.kvp, 1),
        "kernel": how.kernel,
        "manufacturer": how.manufacturer,
        "model_name": how.model_name,
        "contrast": case.scan.contrast,
        "coverage": plain(case.scan.coverage),
        "deposits": len(case.deposits),
        "rejected": [_rejected(d, case) for d in case.review.rejected] if case.review else [],
        "corrected": list(case.review.changed) if case.review else [],
        "alignment": _laid(made.laid[k]),
        "cautions": [{"code": c.code, "words": c.words} for c in case.cautions],
    }


def _rejected(d: Deposit, case: Case) -> dict[str, Any]:
    note = case.review.notes.get(d.id) if case.review else None
    return {"id": d.id, "site": d.site, "side": d.side, "lobe": d.lobe, "note": note}


def _laid(laid: Laid) -> dict[str, Any]:
    return {
        "from_first_lps_mm": [[_round(float(v), 6) for v in row] for row in laid.matrix],
        "turned_deg": _round(laid.turned_deg, 2),
        "shifted_mm": _round(laid.shifted_mm, 2),
        "residual_hu": _round(laid.residual_hu, 2),
        "skull_gap_mm": _round(laid.skull_gap_mm, 3),
    }


def _pair(p: Pair) -> dict[str, Any]:
    return {
        "earlier": p.earlier + 1,
        "later": p.later + 1,
        "years": _round(p.years, 2),
        "mismatches": list(p.mismatches),
        "share_pm": _round(p.share_pm, 4),
        "comparisons": p.comparisons,
        "deviations": _round(p.deviations, 3),
    }


def _track(t: Track, made: Comparison) -> dict[str, Any]:
    return {
        "number": t.number,
        "tracking_uid": t.uid,
        "site": t.site,
        "side": t.side,
        "lobe": t.lobe,
        "kind": t.kind,
        "source": t.source,
        "state": t.changes[made.overall].state,
        "fate": t.fate,
        "amounts": [_amount(a) for a in t.amounts],
        "changes": [_change(c) for c in t.changes],
        "trend": plain(t.trend),
    }


def _sum(s: SumTrack, made: Comparison) -> dict[str, Any]:
    place = {} if s.site is None else {"site": s.site, "side": s.side}
    return {
        **place,
        "state": s.changes[made.overall].state,
        "deposits": list(s.tracks),
        "left_out": list(s.left_out),
        "amounts": [_amount(a) for a in s.amounts],
        "changes": [_change(c) for c in s.changes],
        "trend": plain(s.trend),
    }


def _amount(a: Amount) -> dict[str, Any]:
    return {
        "ids": list(a.ids),
        "excess_hu_mm3": _round(a.excess_hu_mm3, 1),
        "excess_pm_hu_mm3": _round(a.excess_pm_hu_mm3, 1),
        "mass_mg": _round(a.mass_mg, 3),
        "mass_pm_mg": _round(a.mass_pm_mg, 3),
        "volume_mm3": _round(a.volume_mm3, 2),
        "volume_pm_mm3": _round(a.volume_pm_mm3, 2),
        "peak_hu": _round(a.peak_hu, 1),
        "obstacle": a.obstacle,
    }


def _change(c: Change) -> dict[str, Any]:
    return {
        "state": c.state,
        "obstacle": c.obstacle,
        "words": c.words,
        "excess_hu_mm3": _difference(c.excess_hu_mm3, 1),
        "mass_mg": _difference(c.mass_mg, 3),
        "volume_mm3": _difference(c.volume_mm3, 2),
        "judged_from_hu_mm3": _round(c.judged_from_hu_mm3, 1),
    }


def _difference(d: Difference | None, decimals: int) -> dict[str, Any] | None:
    if d is None:
        return None
    return {
        "value": _round(d.value, decimals),
        "pm": _round(d.pm, decimals),
        "sdc": _round(d.sdc, decimals),
        "percent": _round(d.percent, 1),
        "percent_pm": _round(d.percent_pm, 1),
        "per_year": _round(d.per_year, decimals),
        "per_year_pm": _round(d.per_year_pm, decimals),
    }


def _round(value: float | None, decimals: int) -> float | None:
    kept: float | None = plain(value)
    return None if kept is None else round(float(value or 0.0), decimals) + 0.0
