"""``changes.tsv``: one line a deposit, a site and the whole, for each pair of scans."""

from __future__ import annotations

import math
from typing import Any, Final

from brainsand.model.comparison import Change, Comparison, Difference, SumTrack, Track

_NUMBERS: Final = ("value", "pm", "sdc", "percent", "per_year", "per_year_pm")
_MEASURES: Final = (("mass_mg", "mass"), ("volume_mm3", "volume"), ("excess_hu_mm3", "excess"))
HEADER: Final = (
    *("earlier", "later", "years", "what", "number", "site", "side", "state", "obstacle"),
    *(
        "earlier_ids",
        "later_ids",
        "earlier_mass_mg",
        "later_mass_mg",
        "earlier_volume_mm3",
        "later_volume_mm3",
    ),
    *(f"{name}_{number}" for _, name in _MEASURES for number in _NUMBERS),
)


def changes_table(made: Comparison) -> str:
    """Tab separated, with a header; ``n/a`` where a value is not known (BIDS).

    ``mass_value`` and its like are later less earlier: mg, mm3, HU mm3 at 120 kV; ``sdc`` the smallest detectable
    change.
    """
    rows = [list(HEADER)]
    for k, pair in enumerate(made.pairs):
        start = [str(pair.earlier + 1), str(pair.later + 1), _cell(pair.years)]
        things: list[Track | SumTrack] = [*made.tracks, *made.sites, made.whole]
        rows += [[*start, *_row(t, t.changes[k], pair.earlier, pair.later)] for t in things]
    return "".join("\t".join(row) + "\n" for row in rows)


def _row(t: Track | SumTrack, change: Change, earlier: int, later: int) -> list[str]:
    what = "deposit" if isinstance(t, Track) else "site" if t.site else "whole"
    number = str(t.number) if isinstance(t, Track) else "n/a"
    a, b = t.amounts[earlier], t.amounts[later]
    cells = [what, number, t.site or "n/a", t.side or "n/a", change.state, change.obstacle or "n/a"]
    cells += [",".join(map(str, x.ids)) or "n/a" for x in (a, b)]
    cells += [_cell(v) for v in (a.mass_mg, b.mass_mg, a.volume_mm3, b.volume_mm3)]
    for field, _ in _MEASURES:
        d: Difference | None = getattr(change, field)
        cells += [_cell(None if d is None else getattr(d, n)) for n in _NUMBERS]
    return cells


def _cell(value: Any) -> str:
    if value is None or not math.isfinite(value):
        return "n/a"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
