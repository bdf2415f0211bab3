"""The report's tables and lists as HTML: deposits, what was set aside, cautions, sums, scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.report.panel import swatch_svg
from brainsand.report.review import mark_html
from brainsand.report.words import (
    KIND_ORDER,
    KIND_WORDS,
    REASON_WORDS,
    and_list,
    capital,
    site_words,
)

_SCORES: Final = {
    "total_calcification_score": ("Total Calcification Score", "of 80"),
    "agatston_like": ("Agatston-like score", "mm² × weight"),
    "volume_mm3": ("Volume of all deposits", "mm³"),
    "mass_mg": ("Mass of all deposits, hydroxyapatite equivalent", "mg"),
    "excess_hu_mm3": ("Attenuation above the tissue, summed", "HU mm³"),
    "vessel_wall_volume_130hu_mm3": ("Calcium of vessel walls, voxels of 130 HU and more", "mm³"),
}


def figure_words(value: float | None, *, like: float | None = None) -> str:
    """A measured number with no more decimals than it, or ``like``, deserves; a dash where it is not known.

    >>> figure_words(273.6), figure_words(36.24), figure_words(3.24), figure_words(0.061), figure_words(None)
    ('274', '36', '3.2', '0.06', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value if like is None else like)
    decimals = 0 if size >= 10 else 1 if size >= 1 else 2
    return f"{value:.{decimals}f}"


def volume_words(d: Deposit) -> str:
    """A deposit's volume with its doubt and unit in words, as under a picture.

    The threshold volume stands in, and is said to, where no corrected one is known.
    """
    if d.volume_mm3 is None:
        return f"{figure_words(d.threshold_volume_mm3)} mm³ above threshold"
    pm = "" if d.volume_pm_mm3 is None else f" ± {_pm(d)}"
    return f"{figure_words(d.volume_mm3)}{pm} mm³"


def slices_words(case: Case, d: Deposit) -> str:
    """The scan's slices a deposit touches, counted from 1 at the first of the stack.

    In the record they count from 0; people count from 1.
    """
    first, last = sorted(k + 1 for k in d.slices)
    return f"{first}" if first == last else f"{first}–{last}"


def first_slice_words(case: Case) -> str:
    """Which end of the stack slice 1 is, as far as the case knows."""
    grid = case.picture.grid
    if grid is None or grid.shape[0] < 2:
        return "Slices are counted from 1, the first of the stack."
    end = "lowest" if grid.normal[2] > 0 else "highest"
    return f"Slices are counted from 1, the {end}, to {grid.shape[0]}."


def deposits_html(case: Case) -> str:
    """The table of deposits, as they are numbered, with the reasons for each kind to unfold."""
    if not case.deposits:
        return "<p>None.</p>"
    head = (
        ("#", "num"),
        ("Site", ""),
        ("Kind", ""),
        ("Volume <small>mm³</small>", "num"),
        ("Mass <small>mg</small>", "num"),
        ("Diameter <small>mm</small>", "num"),
        ("Peak <small>HU</small>", "num"),
        ("Form", ""),
        ("Slices", "num"),
        ("Confidence <small>%</small>", "num"),
    )
    rows = [_deposit_row(case, d) for d in sorted(case.deposits, key=lambda d: d.id)]
    notes = ["Diameter is the largest.", first_slice_words(case)]
    if any(d.mass_mg is not None for d in case.deposits):
        notes.insert(0, "Mass is hydroxyapatite equivalent.")
    if any(d.volume_pm_mm3 is not None for d in case.deposits):
        notes.insert(0, "± is one standard deviation.")
    if any(d.volume_mm3 is None for d in case.deposits):
        notes.insert(0, "* Volume above threshold, not corrected for partial volume.")
    return table_html(head, rows) + f'<p class="note">{escape(" ".join(notes))}</p>'


def _deposit_row(case: Case, d: Deposit) -> list[str]:
    pm = "" if d.volume_pm_mm3 is None else f' <span class="pm">± {_pm(d)}</span>'
    star = "*" if d.volume_mm3 is None else ""
    return [
        str(d.id),
        escape(capital(site_words(d.site, d.side, d.lobe))) + doubt_html(d) + mark_html(d),
        _kind_cell(d),
        f"{figure_words(d.best_volume_mm3)}{star}{pm}",
        _mass_cell(d),
        figure_words(d.largest_diameter_mm),
        f"{d.peak_hu:.0f}",
        escape(d.morphology),
        slices_words(case, d),
        f"{100 * d.confidence:.0f}",
    ]


def _mass_cell(d: Deposit) -> str:
    pm = figure_words(d.mass_pm_mg, like=d.mass_mg)
    return figure_words(d.mass_mg) + ("" if d.mass_pm_mg is None else f' <span class="pm">± {pm}</span>')


def _pm(d: Deposit) -> str:
    return figure_words(d.volume_pm_mm3, like=d.volume_mm3)


def doubt_html(d: Deposit) -> str:
    """The next likely sites where the first is not near certain."""
    others = sorted(((p, s) for s, p in d.site_probabilities.items() if s != d.site), reverse=True)
    likely = [f"{site_words(s, d.side)} {100 * p:.0f} %" for p, s in others if p >= 0.15]
    return f'<br><span class="note">or {escape(and_list(likely[:2], "or"))}</span>' if likely else ""


def _kind_cell(d: Deposit) -> str:
    name = f"{swatch_svg(d.kind)}{escape(KIND_WORDS[d.kind])}"
    if not d.kind_reasons:
        return name
    reasons = "".join(
        f"<li>{escape(r.words)} <small>[{escape(r.rule)}; {escape(r.source)}]</small></li>"
        for r in d.kind_reasons
    )
    return f"<details><summary>{name}</summary><ul>{reasons}</ul></details>"


def legend_html(case: Case) -> str:
    """The colours and dashes of the kinds that this case has."""
    kinds = [k for k in KIND_ORDER if any(d.kind == k for d in case.deposits)]
    spans = "".join(f"<span>{swatch_svg(k)}{escape(KIND_WORDS[k])}</span>" for k in kinds)
    return f'<div class="legend">{spans}</div>' if kinds else ""


def set_aside_html(case: Case) -> str:
    """Bright things judged not to be calcium in the brain: the largest ten, and how many more by reason."""
    if not case.set_aside:
        return "<p>Nothing bright was set aside.</p>"
    ranked = sorted(case.set_aside, key=lambda s: (-s.volume_mm3, s.centre_lps_mm))
    head = (
        ("Judged to be", ""),
        ("Volume <small>mm³</small>", "num"),
        ("Peak <small>HU</small>", "num"),
        ("Centre <small>LPS mm</small>", "num"),
        ("Why", ""),
    )
    rows = [
        [
            escape(REASON_WORDS[s.reason]),
            figure_words(s.volume_mm3),
            f"{s.peak_hu:.0f}",
            ", ".join(f"{v:.0f}" for v in s.centre_lps_mm),
            escape(s.words),
        ]
        for s in ranked[:10]
    ]
    rest: dict[str, int] = {}
    for s in ranked[10:]:
        rest[REASON_WORDS[s.reason]] = rest.get(REASON_WORDS[s.reason], 0) + 1
    more = and_list([f"{n} {reason}" for reason, n in rest.items()])
    note = f'<p class="note">And {sum(rest.values())} smaller: {escape(more)}.</p>' if rest else ""
    return table_html(head, rows) + note


def cautions_html(case: Case) -> str:
    """Everything that lowers trust in the numbers."""
    if not case.cautions:
        return "<p>None.</p>"
    items = "".join(f"<li>{escape(c.words)}</li>" for c in case.cautions)
    return f'<ul class="cautions">{items}</ul>'


def sites_html(case: Case) -> str:
    """The sums by site and side."""
    head = (
        ("Site", ""),
        ("Deposits", "num"),
        ("Volume <small>mm³</small>", "num"),
        ("Mass <small>mg hydroxyapatite equivalent</small>", "num"),
        ("Peak <small>HU</small>", "num"),
        ("Share of structure filled <small>%</small>", "num"),
    )
    rows = [
        [
            escape(capital(site_words(s.site, s.side))),
            str(s.count),
            _with_pm(s.volume_mm3, s.volume_pm_mm3),
            _with_pm(s.mass_mg, s.mass_pm_mg),
            f"{s.peak_hu:.0f}",
            figure_words(None if s.filled is None else 100 * s.filled),
        ]
        for s in case.sites
    ]
    # A column that nothing is known of says nothing.
    keep = [c for c in range(len(head)) if c < 2 or any(row[c] != "–" for row in rows)]
    return table_html([head[c] for c in keep], [[row[c] for c in keep] for row in rows])


def _with_pm(value: float | None, pm: float | None) -> str:
    doubt = (
        "" if value is None or pm is None else f' <span class="pm">± {figure_words(pm, like=value)}</span>'
    )
    return figure_words(value) + doubt


def scores_html(scores: Mapping[str, Any]) -> str:
    """Scores as name, value, unit and what they rest on; scores that are not known are left out."""
    rows = []
    for key, value in scores.items():
        if key == "calibration":
            continue
        name, unit = _SCORES.get(key, (capital(key.replace("_", " ")), ""))
        said, basis = _score_words(key, value, unit)
        if said:
            rows.append([escape(name), escape(said), escape(basis)])
    table = table_html((("Score", ""), ("Value", "num"), ("Basis", "")), rows) if rows else ""
    return table + _grades_html(scores.get("total_calcification_score"))


def _score_words(key: str, value: Any, unit: str) -> tuple[str, str]:
    """A score's value with its doubt and unit, and what it rests on; empty where it is not known."""
    if not isinstance(value, Mapping):
        known = isinstance(value, int | float) and math.isfinite(value)
        return (f"{_number(value)} {unit}".strip(), "") if known else ("", "")
    basis = str(value.get("basis") or "")
    total = value.get("total", value.get("value"))
    if isinstance(total, int | float) and math.isfinite(total):
        pm, low, high = value.get("pm"), value.get("low"), value.get("high")
        doubt = f" ± {figure_words(pm, like=total)}" if pm is not None else ""
        doubt = f" ({low} to {high})" if low is not None and low != high else doubt
        return f"{_number(total)}{doubt} {value.get('unit') or unit}".strip(), basis
    if key == "threshold_volumes_mm3":
        parts = [f"{figure_words(v)} mm³ at {t} HU" for t, v in value.items()]
        return ", ".join(parts), "voxels of at least so many HU, for comparison with papers"
    words = [f"{side} {value[side]}" for side in ("left", "right") if value.get(side) not in (None, "absent")]
    form = [str(value["form"])] if value.get("form") else []
    return ", ".join(words + form), basis


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else figure_words(value)


def _grades_html(score: Any) -> str:
    """The grades above 0 of the Total Calcification Score by location, with the slice that shows each."""
    rows = []
    for place, row in (score.get("by_site") or {}).items() if isinstance(score, Mapping) else ():
        if row.get("grade") or row.get("high"):
            doubt = "" if row["low"] == row["high"] else f" ({row['low']} to {row['high']})"
            where = "–" if row.get("slice") is None else str(row["slice"] + 1)
            share = row.get("share_filled")
            rows.append(
                [
                    escape(capital(place.replace("_", " "))),
                    f"{row['grade']}{doubt}",
                    escape(str(row.get("words", ""))),
                    figure_words(None if share is None else 100 * share),
                    figure_words(row.get("area_mm2")),
                    where,
                ]
            )
    head = (
        ("Total Calcification Score: location", ""),
        ("Grade <small>of 5</small>", "num"),
        ("That is", ""),
        ("Filled <small>%</small>", "num"),
        ("Largest area <small>mm²</small>", "num"),
        ("Slice", "num"),
    )
    return table_html(head, rows) if rows else ""


def table_html(head: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """A table; heads and cells are HTML already, each head with the class of its column."""
    ths = "".join(f'<th scope="col"{_class(c)}>{name}</th>' for name, c in head)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_class(c)}>{cell}</td>" for cell, (_, c) in zip(row, head, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{ths}</tr></thead><tbody>{body}</tbody></table></div>'


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
