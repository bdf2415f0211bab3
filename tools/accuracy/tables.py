"""The accounts of many scans as tables: text, Markdown for ``docs/limits.md``, and a line for each fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accuracy.compare import Alarm, Planting, Result
from accuracy.overlap import STRUCTURES

DEEP: Final = ("globus_pallidus", "putamen", "caudate", "thalamus")
DICE_AIMS: Final = {"thalamus": 0.90, "putamen": 0.88, "caudate": 0.85, "pallidum": 0.80, "ventricle": 0.88}
THICK_ALLOWANCE: Final = 0.05
"""By how much Dice may fall on slices thicker than 1 mm, tilted or turned."""
FAULTS: Final = ("scan", "fault", "planted", "mm3", "peak", "deviations", "x", "y", "z", "under", "words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A title, a head, rows of words, and notes on how to read it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def as_text(table: Table) -> str:
    """Aligned columns, the first to the left.

    >>> print(as_text(Table(title="Heads", head=("head", "ml"), rows=(("a", "1400"),))))
    Heads
      head    ml
      a     1400
    """
    widths = [max(len(r[c]) for r in (table.head, *table.rows)) for c in range(len(table.head))]
    lines = [
        "  "
        + "  ".join(
            w.ljust(n) if c == 0 else w.rjust(n) for c, (w, n) in enumerate(zip(row, widths, strict=True))
        )
        for row in (table.head, *table.rows)
    ]
    return "\n".join([table.title, *lines, *(f"  {note}" for note in table.notes)])


def as_markdown(table: Table) -> str:
    """The same as a Markdown table.

    >>> print(as_markdown(Table(title="Heads", head=("head", "ml"), rows=(("a", "1400"),))))
    **Heads**
    <BLANKLINE>
    | head | ml |
    |---|--:|
    | a | 1400 |
    """
    rule = "|---|" + "--:|" * (len(table.head) - 1)
    lines = [f"| {' | '.join(row)} |" for row in (table.head, *table.rows)]
    notes = [f"\n{' '.join(table.notes)}"] if table.notes else []
    return "\n".join([f"**{table.title}**", "", lines[0], rule, *lines[1:], *notes])


def tables(results: Sequence[Result]) -> tuple[Table, ...]:
    """Anatomy, finding, finding by slice thickness and brightness, places taken for others."""
    return anatomy(results), finding(results), finding_by(results), confusions(results)


def anatomy(results: Sequence[Result]) -> Table:
    """Mean Dice (and the worst) of each structure over heads and sides, by how the head was scanned."""
    head = ("scanned as", "scans", "lost", *STRUCTURES)
    views = list(dict.fromkeys(r.view for r in results if r.quiet))
    rows = [_dice_row(view, [r for r in results if r.quiet and r.view == view]) for view in views]
    rows.append(_dice_row("heads with calcium", [r for r in results if not r.quiet]))
    aims = [f"{DICE_AIMS[s]:.2f}" if s in DICE_AIMS else "" for s in STRUCTURES]
    return Table(
        title="Anatomy: Dice, mean over heads and sides (worst)",
        head=head,
        rows=(*[r for r in rows if r[1] != "0"], ("aim at 1 mm", "", "0", *aims)),
        notes=(
            f"Other slices, tilted or turned, may lie {THICK_ALLOWANCE:.2f} lower.",
            "Ventricle: lateral, with its choroid plexus as found, against labels 4, 5 / 43, 44; body:",
            "against 4 / 43 alone; choroid: against 4, 5, 31, 136, 137 / 43, 44, 63, 163, 164.",
        ),
    )


def _dice_row(name: str, part: Sequence[Result]) -> tuple[str, ...]:
    cells = []
    for structure in STRUCTURES:
        values = [v for r in part for (s, _), v in r.dice.items() if s == structure]
        cells.append(f"{np.mean(values):.3f} ({min(values):.2f})" if values else "-")
    return (name, str(len(part)), str(sum(r.lost is not None for r in part)), *cells)


def finding(results: Sequence[Result]) -> Table:
    """What was found of what was planted, and what nobody planted, beside a fixed threshold."""
    counted = [p for r in results for p in r.plantings if p.counted]
    held = [p for p in counted if p.found]
    deep = [p for p in held if p.site in DEEP]
    blood = sum(r.blood_planted for r in results)
    called = sum(a.blood for r in results for a in r.alarms)
    n = len(results)
    fixed_found = [_share([p.fixed[j] for p in counted]) for j in (0, 1)]
    fixed_false = [f"{sum(r.fixed_false[j] for r in results) / max(n, 1):.1f}" for j in (0, 1)]
    false = sum(not a.blood for r in results for a in r.alarms)
    sites = [p.found_site == p.site for p in held]
    rows = (
        ("found", _share([p.found for p in counted]), "0.97", *fixed_found),
        ("false ones a scan", f"{false / max(n, 1):.2f} ({false})", "0.1", *fixed_false),
        ("site right, deep nuclei", _share([p.found_site == p.site for p in deep]), "0.95", "", ""),
        ("site right, any", _share(sites), "0.90", "", ""),
        ("side right", _share([p.found_side == p.side for p in held]), "1", "", ""),
        ("of left and right: the other side", _share([_opposite(p) for p in held]), "0", "", ""),
        ("blood called calcium", f"{called} of {blood}", "0", "", ""),
    )
    return Table(
        title=f"Finding: {n} scans, {len(counted)} deposits counted",
        head=("", "brainsand", "aim", "100 HU, inside", "100 HU, 3 mm below"),
        rows=rows,
        notes=(
            "Counted: at least 3 mm³, peak in the noise-free image at least 5 deviations of the protocol's",
            "noise above the tissue. False: shares no voxel with planted calcium, lies over 3 mm from it.",
            "100 HU: a fixed threshold, islands of at least 3 mm³, in the space inside the skull as found",
            "here, and at least 3 mm below its edge.",
        ),
    )


def finding_by(results: Sequence[Result]) -> Table:
    """The same by how the head was scanned, how far deposits stand out, and what was planted."""
    rows = []
    for name, test in (
        ("5 to 10 deviations", lambda p: p.deviations < 10),
        ("10 to 20 deviations", lambda p: 10 <= p.deviations < 20),
        ("20 deviations and more", lambda p: p.deviations >= 20),
        ("3 to 10 mm³", lambda p: p.volume_mm3 < 10),
        ("10 mm³ and more", lambda p: p.volume_mm3 >= 10),
    ):
        rows.append(_found_row(name, results, test, alarms=False))
    groups: dict[str, list[Result]] = {}
    for r in results:
        groups.setdefault(r.view, []).append(r)
        groups.setdefault(r.preset, []).append(r)
    views = list(dict.fromkeys(r.view for r in results))
    rows += [_found_row(name, groups[name]) for name in (*views, *(g for g in groups if g not in views))]
    return Table(
        title="Finding, by brightness, size, protocol and what was planted",
        head=("", "scans", "found", "site right", "side right", "false", "100 HU found", "100 HU false"),
        rows=tuple(rows),
        notes=("100 HU: 3 mm below the edge. False: over all these scans.",),
    )


def _found_row(
    name: str,
    part: Sequence[Result],
    test: Callable[[Planting], bool] = lambda p: True,
    *,
    alarms: bool = True,
) -> tuple[str, ...]:
    counted = [p for r in part for p in r.plantings if p.counted and test(p)]
    held = [p for p in counted if p.found]
    return (
        name,
        str(len(part)),
        _share([p.found for p in counted]),
        _share([p.found_site == p.site for p in held]),
        _share([p.found_side == p.side for p in held]),
        str(sum(len(r.alarms) for r in part)) if alarms else "",
        _share([p.fixed[1] for p in counted]),
        str(sum(r.fixed_false[1] for r in part)) if alarms else "",
    )


def confusions(results: Sequence[Result]) -> Table:
    """The site named for each site planted, where it was another, most frequent first."""
    held = [p for r in results for p in r.plantings if p.counted and p.found]
    rows = []
    for site in sorted({p.site for p in held}):
        own = [p for p in held if p.site == site]
        wrong = [str(p.found_site) for p in own if p.found_site != site]
        named = sorted(set(wrong), key=lambda s: (-wrong.count(s), s))
        words = ", ".join(f"{s} {wrong.count(s)}" for s in named)
        rows.append((site, _share([p.found_site == site for p in own]), words))
    return Table(
        title="Places: what each site was called",
        head=("planted", "right", "called instead"),
        rows=tuple(rows),
    )


def faults(result: Result) -> list[tuple[str, ...]]:
    """A line for each miss, false deposit, wrong site or side of one scan (columns ``FAULTS``)."""
    lines = [_line(result, "lost", "", None, result.lost)] if result.lost is not None else []
    for p in result.plantings:
        if not p.counted:
            continue
        if not p.found:
            lines.append(_line(result, "missed", f"{p.site} {p.side}", p, p.why))
        elif (p.found_site, p.found_side) != (p.site, p.side):
            what = "wrong site" if p.found_site != p.site else "wrong side"
            lines.append(
                _line(result, what, f"{p.site} {p.side}", p, f"called {p.found_site} {p.found_side}")
            )
    for a in result.alarms:
        words = f"called {a.site} {a.side}, confidence {a.confidence:.2f}"
        lines.append(_line(result, "blood called calcium" if a.blood else "false", "", a, words))
    return lines


def _line(
    result: Result, fault: str, planted: str, at: Planting | Alarm | None, words: str
) -> tuple[str, ...]:
    if at is None:
        return (result.name, fault, planted, "", "", "", "", "", "", "", words)
    deviations = f"{at.deviations:.1f}" if isinstance(at, Planting) else ""
    place = tuple(f"{c:.1f}" for c in at.centre_mm)
    return (
        result.name,
        fault,
        planted,
        f"{at.volume_mm3:.1f}",
        f"{at.peak_hu:.0f}",
        deviations,
        *place,
        at.under,
        words,
    )


def _opposite(p: Planting) -> bool:
    return {p.side, p.found_side} == {"left", "right"}


def _share(hits: Sequence[bool]) -> str:
    """A share with what it is of.

    >>> _share([True, True, False, True]), _share([])
    ('0.750 (3 of 4)', '-')
    """
    return f"{np.mean(hits):.3f} ({sum(hits)} of {len(hits)})" if hits else "-"
