"""False change, change seen, bias and registration, as text tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from brainsand.model.comparison import Change
from followup_bench.judge import Judged, judged

CHANGED: Final = ("new", "grown", "shrunk", "gone")
SIZES: Final = (
    (0.0, 20.0, "under 20 mm3"),
    (20.0, 100.0, "20 to 100 mm3"),
    (100.0, np.inf, "100 mm3 and more"),
)
FACTORS: Final = (
    (0.9, "-10 %"),
    (1.1, "+10 %"),
    (0.7, "-30 %"),
    (1.3, "+30 %"),
    (2.0, "+100 %"),
    (0.0, "gone"),
)
Row = tuple[dict[str, Any], Change]


def tables(rows: Sequence[dict[str, Any]]) -> str:
    """All tables, each in a fence."""
    pairs = judged(rows)
    people = len({p.row["person"] for p in pairs})
    scans = len({(p.row["person"], v) for p in pairs for v in p.row["visits"]})
    said = f"{people} virtual people, {scans} scans, {len(pairs)} pairs (each scan is in several)."
    parts = [_false(pairs), _seen(pairs), _bias(pairs), _spread(pairs), _alignment(pairs)]
    return "\n\n".join([said, *("```text\n" + "\n".join(p) + "\n```" for p in parts)])


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    >>> [round(x, 2) for x in interval(9, 10)]
    [0.6, 0.98]
    """
    if not count:
        return 0.0, 1.0
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return float(max(middle - half, 0)), float(min(middle + half, 1))


def _share(hits: int, count: int) -> str:
    if not count:
        return "-"
    low, high = interval(hits, count)
    return f"{hits / count:.2f} ({low:.2f} to {high:.2f})"


def _kinds(pairs: Sequence[Judged]) -> list[tuple[str, list[Judged]]]:
    """Pairs by how their protocols differ."""
    names = sorted({", ".join(p.row["rule"]["mismatches"]) for p in pairs})
    return [
        (n or "made alike", [p for p in pairs if ", ".join(p.row["rule"]["mismatches"]) == n]) for n in names
    ] + [("all", list(pairs))]


def _false(pairs: Sequence[Judged]) -> list[str]:
    lines = ["No false change: share of unchanged pairs without any (95 % interval); aim 0.95 or more"]
    lines.append(
        f"  {'scans':22}{'pairs':>6}{'no false change':>24}{'bodies':>8}{'false':>7}{'sums false':>12}"
    )
    for name, own in _kinds([p for p in pairs if p.row["unchanged"]]):
        bodies = [c for p in own for _, c in p.tracks]
        sums = [s.changes[0] for p in own for s in p.sums]
        clean = sum(not any(_is(c) for c in _all(p)) for p in own)
        lines.append(
            f"  {name:22}{len(own):6}{_share(clean, len(own)):>24}{len(bodies):8}{sum(map(_is, bodies)):7}"
            f"{sum(map(_is, sums)):12}"
        )
    return lines


def _is(change: Change) -> bool:
    return change.state in CHANGED


def _all(pair: Judged) -> list[Change]:
    return [*(c for _, c in pair.tracks), *(s.changes[0] for s in pair.sums)]


def _tracks(pairs: Sequence[Judged], wanted: Callable[[dict[str, Any]], bool]) -> list[Row]:
    return [(r, c) for p in pairs for r, c in p.tracks if _known(r) and wanted(r)]


def _known(row: dict[str, Any]) -> bool:
    """Whether it is known which planted bodies a track is, and no other track is a part of them."""
    return bool(row["bodies"]) and bool(row["alone"])


def _seen(pairs: Sequence[Judged]) -> list[str]:
    changed = [p for p in pairs if not p.row["unchanged"]]
    lines = [
        "Change seen, in the right direction: share of bodies (95 % interval); aim for +30 %, 100 mm3: 0.90"
    ]
    lines.append(f"  {'true change':14}" + "".join(f"{name:>32}" for *_, name in SIZES))
    for factor, name in FACTORS:
        cells = []
        for low, high, _ in SIZES:
            own = _tracks(changed, lambda r, a=low, b=high, f=factor: _one(r, f) and a <= _size(r) < b)  # type: ignore[misc]
            right = sum(_is(c) and _direction(c) == np.sign(factor - 1) for _, c in own)
            cells.append(f"{_share(right, len(own))} of {len(own)}")
        lines.append(f"  {name:14}" + "".join(f"{c:>32}" for c in cells))
    wrong = [
        (r, c)
        for r, c in _tracks(changed, lambda r: len(r["factors"]) == 1)
        if _is(c) and _direction(c) != np.sign(r["factors"][0] - 1)
    ]
    same = _tracks(changed, lambda r: _one(r, 1.0))
    lines.append(
        f"  unchanged bodies beside changed ones called changed: {sum(_is(c) for _, c in same)} of {len(same)}"
    )
    lines.append(f"  called changed the wrong way, or unchanged ones called changed: {len(wrong)}")
    return lines


def _one(row: dict[str, Any], factor: float) -> bool:
    return len(row["factors"]) == 1 and abs(row["factors"][0] - factor) < 1e-6


def _size(row: dict[str, Any]) -> float:
    return float(row["true_mm3"][0])


def _direction(change: Change) -> float:
    return 0.0 if change.excess_hu_mm3 is None else float(np.sign(change.excess_hu_mm3.value))


def _bias(pairs: Sequence[Judged]) -> list[str]:
    lines = [
        "Change as measured less the true one, % of the earlier amount: median (median size); bodies of 20 mm3 and more"
    ]
    lines.append(f"  {'true change':14}{'bodies':>8}{'mass':>18}{'volume':>18}")
    for factor, name in ((1.0, "none"), *FACTORS):
        own = _tracks(pairs, lambda r, f=factor: _one(r, f) and _size(r) >= 20)  # type: ignore[misc]
        cells = [_error(own, of) for of in ("mass_mg", "volume_mm3")]
        lines.append(f"  {name:14}{len(own):8}{cells[0]:>18}{cells[1]:>18}")
    return lines


def _error(own: Sequence[Row], of: str) -> str:
    true_of = {"mass_mg": "true_mg", "volume_mm3": "true_mm3"}[of]
    off = []
    for row, change in own:
        d = getattr(change, of)
        before, after = _states(row, true_of)
        if d is not None and before > 0:
            off.append(100 * (d.value - (after - before)) / before)
    return "-" if not off else f"{np.median(off):+.1f} ({np.median(np.abs(off)):.1f})"


def _states(row: dict[str, Any], true_of: str) -> tuple[float, float]:
    before, after = row[true_of]
    return float(before), float(after)


def _spread(pairs: Sequence[Judged]) -> list[str]:
    lines = ["True change within one (two) stated deviations, share of bodies; a normal error: 0.68 (0.95)"]
    lines.append("  (mass alone: without the protocols' shares, for what virtual scanners do not do)")
    lines.append(
        f"  {'scans':22}{'bodies':>8}{'mass':>14}{'mass alone':>14}{'volume':>14}{'whole, pairs':>14}"
    )
    for name, own in _kinds(pairs):
        rows = _tracks(own, lambda r: True)
        bare = [(r, c) for p in own for r, c in p.bare if _known(r)]
        off = [
            [_off(r, c, "mass_mg") for r, c in rows],
            [_off(r, c, "mass_mg") for r, c in bare],
            [_off(r, c, "volume_mm3") for r, c in rows],
            [_whole_off(p) for p in own],
        ]
        lines.append(f"  {name:22}{len(rows):8}" + "".join(f"{_within(o):>14}" for o in off))
    return lines


def _off(row: dict[str, Any], change: Change, of: str) -> float | None:
    d = getattr(change, of)
    before, after = _states(row, {"mass_mg": "true_mg", "volume_mm3": "true_mm3"}[of])
    return None if d is None or not d.pm else abs(d.value - (after - before)) / d.pm


def _whole_off(pair: Judged) -> float | None:
    d = pair.whole.changes[0].mass_mg
    true = pair.row["true_mg"]
    return None if d is None or not d.pm else abs(d.value - (true[1] - true[0])) / d.pm


def _within(off: Sequence[float | None]) -> str:
    known = np.array([o for o in off if o is not None])
    return "-" if not len(known) else f"{(known <= 1).mean():.2f} ({(known <= 2).mean():.2f})"


def _alignment(pairs: Sequence[Judged]) -> list[str]:
    lines = [
        "Where the head was laid, less where it lies, mm: mean over the inside of the skull, and the inner tables' gap"
    ]
    lines.append(f"  {'scans':22}{'pairs':>8}{'median':>10}{'most':>10}{'gap, median':>14}{'gap, most':>12}")
    for name, own in _kinds(pairs):
        error, gap = ([p.row[k] for p in own] for k in ("error_mm", "gap_mm"))
        lines.append(
            f"  {name:22}{len(own):8}{np.median(error):10.2f}{max(error):10.2f}{np.median(gap):14.2f}{max(gap):12.2f}"
        )
    return lines
