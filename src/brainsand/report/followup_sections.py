"""The tables of a comparison's report: deposits, sums by site, every step of a series, the scans."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainsand.model.comparison import Change, Comparison, Difference, SumTrack, Track, Trend
from brainsand.report.followup_words import measure_of, signed, state_words, unsigned
from brainsand.report.sections import figure_words
from brainsand.report.words import capital, site_words


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
        _with_pm(d),
        "–" if d.percent is None else f"{signed(d.percent, like=100)}",
        unsigned(d.sdc),
        "–" if volume is None else _with_pm(volume),
        "–" if rate.per_year is None else signed(rate.per_year),
    ]


def _with_pm(d: Difference) -> str:
    return f'{signed(d.value)} <span class="pm">± {unsigned(d.pm, like=d.value or d.pm)}</span>'


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


def tracks_table(made: Comparison, order: Sequence[Track]) -> str:
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
        "Change is later less earlier, ± one standard deviation; Detectable is the smallest change of this one number "
        "that error does not make in 19 of 20 cases. The last column gives the deposit's number in each scan's list."
    )
    return _table(head, rows) + f'<p class="note">{escape(note)}</p>'


def sums_table(made: Comparison) -> str:
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


def steps_table(made: Comparison, order: Sequence[Track]) -> str:
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


def scans_table(made: Comparison) -> str:
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
