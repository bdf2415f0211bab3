"""The printed report's tables: shorter than those of the page, and each with an end."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.report.differential import TREATED
from brainsand.report.panel import swatch_svg
from brainsand.report.review import mark_html
from brainsand.report.sections import doubt_html, figure_words, slices_words, table_html
from brainsand.report.words import KIND_ORDER, KIND_WORDS, and_list, capital, site_words

MOST_DEPOSITS: Final = 24
MOST_SITES: Final = 24
MOST_CAUSES: Final = 6
_SCORES: Final = (
    ("total_calcification_score", "Total Calcification Score", "of 80"),
    ("agatston_like", "Agatston-like score", "mm² × weight"),
    ("volume_mm3", "Volume of all deposits", "mm³"),
    ("mass_mg", "Mass of all deposits, hydroxyapatite equivalent", "mg"),
)


def deposits_html(case: Case) -> str:
    """The deposits of greatest note, and what is left out."""
    if not case.deposits:
        return "<p>None.</p>"
    ranked = sorted(case.deposits, key=lambda d: (KIND_ORDER.index(d.kind), -d.best_volume_mm3, d.id))
    shown = sorted(ranked[:MOST_DEPOSITS], key=lambda d: d.id)
    head = (
        ("#", "num"), ("Site", ""), ("Kind", ""), ("Volume <small>mm³</small>", "num"),
        ("Mass <small>mg</small>", "num"), ("Diameter <small>mm</small>", "num"), ("Peak <small>HU</small>", "num"),
        ("Form", ""), ("Slices", "num"), ("Sure <small>%</small>", "num"),
    )  # fmt: skip
    return table_html(head, [_deposit(case, d) for d in shown]) + _left_out(ranked[MOST_DEPOSITS:])


def _deposit(case: Case, d: Deposit) -> list[str]:
    star = "*" if d.volume_mm3 is None else ""
    return [
        str(d.id),
        escape(capital(site_words(d.site, d.side, d.lobe)))
        + (doubt_html(d) + mark_html(d)).replace("<br>", " ").replace(" %", "&nbsp;%"),
        f'<span class="kind">{swatch_svg(d.kind)}{escape(KIND_WORDS[d.kind])}</span>',
        _with_doubt(d.best_volume_mm3, d.volume_pm_mm3, star),
        _with_doubt(d.mass_mg, d.mass_pm_mg),
        figure_words(d.largest_diameter_mm),
        f"{d.peak_hu:.0f}",
        escape(d.morphology),
        slices_words(case, d),
        f"{100 * d.confidence:.0f}",
    ]


def _with_doubt(value: float | None, pm: float | None, star: str = "") -> str:
    doubt = "" if value is None or pm is None else f" ± {figure_words(pm, like=value)}"
    return f"{figure_words(value)}{star}{doubt}"


def _left_out(rest: list[Deposit]) -> str:
    if not rest:
        return ""
    kinds = [f"{n} {KIND_WORDS[k]}" for k in KIND_ORDER if (n := sum(d.kind == k for d in rest))]
    total = figure_words(sum(d.best_volume_mm3 for d in rest))
    return f'<p class="note">And {len(rest)} smaller ({and_list(kinds)}; {total} mm³ together), all in the record.</p>'


def sites_html(case: Case) -> str:
    """The sums by site and side, the largest first where not all find room."""
    rows = sorted(case.sites, key=lambda s: -(s.volume_mm3 or 0.0))[:MOST_SITES]
    head = (
        ("Site", ""), ("Deposits", "num"), ("Volume <small>mm³</small>", "num"), ("Mass <small>mg</small>", "num"),
        ("Peak <small>HU</small>", "num"), ("Filled <small>%</small>", "num"),
    )  # fmt: skip
    cells = [
        [
            escape(capital(site_words(s.site, s.side))),
            str(s.count),
            _with_doubt(s.volume_mm3, s.volume_pm_mm3),
            _with_doubt(s.mass_mg, s.mass_pm_mg),
            f"{s.peak_hu:.0f}",
            figure_words(None if s.filled is None else 100 * s.filled),
        ]
        for s in rows
    ]
    more = len(case.sites) - len(rows)
    note = f'<p class="note">And {more} more in the record.</p>' if more > 0 else ""
    return table_html(head, cells) + note if cells else ""


def scores_html(scores: Mapping[str, Any]) -> str:
    """The four scores that sum up a scan, as far as they are known."""
    said = [
        f"{name}: {words} {unit}" for key, name, unit in _SCORES if (words := _score_words(scores.get(key)))
    ]
    return f"<p>{escape('; '.join(said))}.</p>" if said else ""


def _score_words(value: Any) -> str:
    if isinstance(value, int | float):
        return figure_words(float(value))
    if not isinstance(value, Mapping) or value.get("total") is None:
        return ""
    total, pm, low, high = (value.get(name) for name in ("total", "pm", "low", "high"))
    doubt = f" ({low} to {high})" if low is not None and low != high else ""
    doubt = f" ± {figure_words(pm, like=total)}" if pm is not None else doubt
    return f"{total if isinstance(total, int) else figure_words(total)}{doubt}"


def causes_html(differential: Mapping[str, Any]) -> str:
    """The best groups with their probability, and what each of the three readers is told."""
    groups = list(differential.get("groups") or [])[:MOST_CAUSES]
    if not groups:
        return "<p>No condition was ranked.</p>"
    words = str(differential.get("words") or "")
    rows = "".join(_cause(group) for group in groups)
    readers = "".join(
        f"<p><b>For the {escape(str(name))}.</b> {escape(str(said))}</p>"
        for name, said in (differential.get("readers") or {}).items()
        if said
    )
    return f'<p>{escape(words)}</p><table class="causes"><tbody>{rows}</tbody></table>{readers}'


def _cause(group: Mapping[str, Any]) -> str:
    p = min(float(group.get("probability") or 0.0), 1.0)
    told = TREATED.get(str(group.get("treatable")), "")
    percent = "&gt; 99" if p > 0.99 else "&lt; 1" if 0 < p < 0.01 else f"{100 * p:.0f}"
    return (
        f"<tr><td>{escape(str(group.get('name') or group.get('id')))}</td><td>{escape(told)}</td>"
        f'<td class="bar"><i style="width:{40 * p:.1f}mm"></i></td><td class="num">{percent} %</td></tr>'
    )
