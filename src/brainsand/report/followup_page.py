"""The report of a comparison as one HTML file that needs nothing else: no request leaves it, no script runs in it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainsand import __version__
from brainsand.model.comparison import Change, Comparison, Difference, SumTrack, Track, Trend
from brainsand.report.followup_pictures import Pictured, pictured
from brainsand.report.followup_words import (
    change_headline,
    difference_words,
    measure_of,
    ranked,
    signed,
    state_words,
)
from brainsand.report.methods import STATEMENT
from brainsand.report.page import POLICY
from brainsand.report.panel import panels_svg
from brainsand.report.sections import figure_words
from brainsand.report.style import CSS
from brainsand.report.words import capital, site_words, unbroken

_STATE_CSS = """
.state{display:inline-block;border-left:4px solid #999;padding-left:.45em;white-space:nowrap}
.state.new,.state.grown{border-color:#E69F00;font-weight:600}
.state.gone,.state.shrunk{border-color:#56B4E9;font-weight:600}
.state.not_comparable{border-color:#999;border-left-style:dotted;white-space:normal}
"""


def followup_html(made: Comparison, *, created: str) -> str:
    """The whole report of one comparison; ``created`` (ISO 8601) stands in the title line."""
    order = ranked(made)
    body = [
        _header(made, created),
        f'<p class="finding">{escape(unbroken(change_headline(made)))}</p>',
        _cautions(made),
        _part("What changed", _pictures(made, pictured(made, order))) if made.tracks else "",
        _part("Deposits", _tracks_table(made, order)) if made.tracks else "",
        _part("Sums by site", _sums_table(made)) if made.sites else "",
        _part("Every step", _steps_table(made, order)) if len(made.pairs) > 1 and made.tracks else "",
        _part("The scans", _scans_table(made)),
        _part("How it was judged", f'<p class="methods">{escape(_methods(made))}</p>'),
        f"<footer>{escape(STATEMENT)} brainsand {escape(__version__)}.</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Follow-up of intracranial calcification</title><style>{CSS}{_STATE_CSS}</style></head>\n<body>\n"
        + "\n".join(filter(None, body))
        + "\n</body></html>\n"
    )


def _header(made: Comparison, created: str) -> str:
    when = created.replace("T", " ")[:16] + (" UTC" if created.endswith(("Z", "+00:00")) else "")
    sources = " → ".join(c.acquisition.source for c in made.cases)
    return (
        "<header><h1>Follow-up of intracranial calcification on head CT</h1>"
        f"<p>{escape(sources)} · report made {escape(when)}</p></header>"
    )


def _part(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"


def _cautions(made: Comparison) -> str:
    if not made.cautions:
        return ""
    items = "".join(f"<li>{escape(unbroken(c.words))}</li>" for c in made.cautions)
    return f'<ul class="cautions">{items}</ul>'


def _pictures(made: Comparison, shown: Sequence[Pictured]) -> str:
    pair = made.pairs[made.overall]
    captions = (
        f"Scan {pair.earlier + 1}",
        f"Scan {pair.later + 1}",
        "Difference: more in orange, less in blue",
    )
    plates = "".join(_plate(made, p, captions) for p in shown)
    left = len(made.tracks) - len(shown)
    note = (
        "The earlier scan is laid on the later one; the outline is the place measured in both. The patient's right is on "
        "the left. Between scans of other thickness every border of tissues differs a little."
    )
    note += f" {left} further {'deposit is' if left == 1 else 'deposits are'} in the table." if left else ""
    return f'<p class="note">{escape(note)}</p><div class="plates">{plates}</div>'


def _plate(made: Comparison, p: Pictured, captions: Sequence[str]) -> str:
    t, change = p.track, p.track.changes[made.overall]
    figures = "".join(
        f"<figure>{picture}<figcaption>{escape(c)}</figcaption></figure>"
        for picture, c in zip(panels_svg(p.panels), captions, strict=True)
    )
    name = escape(capital(site_words(t.site, t.side, t.lobe)))
    return (
        f'<div class="plate"><h3>{t.number}. {name}: {escape(state_words(change))}</h3>'
        f'<p class="soft">{escape(_line(t, change))}</p><div class="row three">{figures}</div></div>'
    )


def _line(t: Track, change: Change) -> str:
    said = measure_of(change)
    parts = [] if said is None else [f"{difference_words(*said)}; {_sdc(*said)}"]
    if change.volume_mm3 is not None:
        parts.append(f"volume {difference_words(change.volume_mm3, 'mm³')}")
    if t.fate:
        parts.append(
            {"split": "one deposit then, several now", "merged": "several then, one now"}.get(
                t.fate, "parts changed"
            )
        )
    return unbroken(". ".join(filter(None, [", ".join(parts), change.words])))


def _sdc(d: Difference, unit: str) -> str:
    return f"{signed(d.sdc).lstrip('+')} {unit} could be detected"


def _table(head: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f'<th class="{"num" if n else ""}">{h}</th>' for h, n in head)
    lines = "".join(
        "<tr>"
        + "".join(f'<td class="{"num" if n else ""}">{c}</td>' for c, (_, n) in zip(row, head, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></div>'


def _state_cell(change: Change) -> str:
    return f'<span class="state {change.state}">{escape(state_words(change))}</span>'


def _unit(made: Comparison) -> str:
    known = all(m[1] == "mg" for t in made.tracks for c in t.changes if (m := measure_of(c)) is not None)
    return "mg" if known else "HU mm³"


def _amount_cells(thing: Track | SumTrack, made: Comparison) -> list[str]:
    unit = _unit(made)
    values = [a.mass_mg if unit == "mg" else a.excess_hu_mm3 for a in thing.amounts]
    return [figure_words(v) for v in values]


def _change_cells(change: Change, trend: Trend | None) -> list[str]:
    said, volume = measure_of(change), change.volume_mm3
    if said is None:
        return ["–"] * 5
    d = said[0]
    rate = trend if trend is not None and trend.unit == said[1] else d
    return [
        f'{signed(d.value)} <span class="pm">± {signed(d.pm, like=d.value or d.pm).lstrip("+")}</span>',
        "–" if d.percent is None else f"{signed(d.percent, like=100)}",
        signed(d.sdc).lstrip("+"),
        "–"
        if volume is None
        else f'{signed(volume.value)} <span class="pm">± {signed(volume.pm, like=volume.value or 1).lstrip("+")}</span>',
        "–" if rate.per_year is None else signed(rate.per_year),
    ]


def _heads(made: Comparison) -> list[tuple[str, bool]]:
    unit = _unit(made)
    scans = [(f"Scan {k + 1} <small>{unit}</small>", True) for k in range(len(made.cases))]
    return [
        *scans,
        (f"Change <small>{unit}</small>", True),
        ("<small>%</small>", True),
        (f"Detectable <small>{unit}</small>", True),
        ("Volume <small>mm³</small>", True),
        (f"A year <small>{unit}</small>", True),
    ]


def _tracks_table(made: Comparison, order: Sequence[Track]) -> str:
    k = made.overall
    head = [
        ("#", True),
        ("Site", False),
        ("State", False),
        *_heads(made),
        ("In the scans <small>numbers</small>", False),
    ]
    rows = [
        [
            str(t.number),
            escape(capital(site_words(t.site, t.side, t.lobe))),
            _state_cell(t.changes[k]),
            *_amount_cells(t, made),
            *_change_cells(t.changes[k], t.trend),
            escape(" → ".join(", ".join(map(str, a.ids)) or "–" for a in t.amounts)),
        ]
        for t in order
    ]
    note = (
        "Change is later less earlier, ± one standard deviation; Detectable is the smallest change of this one number that "
        "error does not make in 19 of 20 cases. The last column gives the deposit's number in each scan's own list."
    )
    return _table(head, rows) + f'<p class="note">{escape(note)}</p>'


def _sums_table(made: Comparison) -> str:
    k = made.overall
    head = [("Site", False), ("State", False), *_heads(made), ("Left out", True)]
    rows = [
        [
            escape(capital(site_words(s.site, s.side or "midline"))) if s.site else "<b>All</b>",
            _state_cell(s.changes[k]),
            *_amount_cells(s, made),
            *_change_cells(s.changes[k], s.trend),
            str(len(s.left_out)) if s.left_out else "–",
        ]
        for s in [*made.sites, made.whole]
    ]
    return _table(head, rows)


def _steps_table(made: Comparison, order: Sequence[Track]) -> str:
    names = [f"Scan {p.earlier + 1} to {p.later + 1}" for p in made.pairs]
    head = [("#", True), ("Site", False), *((n, False) for n in names)]
    rows = [
        [
            str(t.number),
            escape(capital(site_words(t.site, t.side, t.lobe))),
            *(_state_cell(c) + _percent(c) for c in t.changes),
        ]
        for t in order
    ]
    return _table(head, rows)


def _percent(change: Change) -> str:
    said = measure_of(change)
    share = None if said is None else said[0].percent
    return "" if share is None else f' <span class="pm">{signed(share, like=100)} %</span>'


def _scans_table(made: Comparison) -> str:
    head = [
        ("Scan", True),
        ("Source", False),
        ("Years", True),
        ("Slices <small>mm</small>", True),
        ("<small>kV</small>", True),
        ("Kernel", False),
        ("Contrast", False),
        ("Deposits", True),
        ("Head turned <small>°</small>", True),
        ("Skulls apart <small>mm</small>", True),
    ]
    rows = []
    for k, (case, laid, years) in enumerate(zip(made.cases, made.laid, made.years, strict=True), start=1):
        how = case.acquisition
        rows.append(
            [
                str(k),
                escape(how.source),
                "–" if years is None else f"{years:.2f}",
                figure_words(how.thickness_mm),
                "–" if how.kvp is None else f"{how.kvp:.0f}",
                escape(how.kernel or "–"),
                escape(case.scan.contrast),
                str(len(case.deposits)),
                "–" if k == 1 else f"{laid.turned_deg:.1f}",
                "–" if k == 1 else f"{laid.skull_gap_mm:.2f}",
            ]
        )
    return _table(head, rows)


def _methods(made: Comparison) -> str:
    pair = made.pairs[made.overall]
    differ = ", ".join(m.replace("_", " ") for m in pair.mismatches) or "nothing"
    return unbroken(
        "The heads were laid upon each other by the skull and what it holds (rigid). Deposits that overlap are one; each is "
        "measured in every scan over the same place, the union of where any scan found it, so that what one scan's threshold "
        f"left out is not taken for a change. Between the scans {differ} differed, and a deviation of {100 * pair.share_pm:.0f} % "
        f"of the amount is added for it. {pair.comparisons} comparisons were made; a change is one beyond "
        f"{pair.deviations:.2f} deviations, by which all of them together go wrong once in twenty unchanged pairs. What one "
        "scan alone shows is called new or gone from 5.2 deviations on. Masses are hydroxyapatite equivalent; the calibration's "
        "own doubt, the same in every scan, is not in the deviations. No change shown does not mean none: see Detectable."
    )
