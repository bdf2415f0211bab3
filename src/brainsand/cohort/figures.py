"""The figures of the group's page: each a vector drawing that could stand in a paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from brainsand.cohort.centiles import Curve
from brainsand.cohort.prevalence import ALL_AGES
from brainsand.cohort.svg import BLUE, GRAY, GREEN, INK, ORANGE, Panel, drawing, key, steps, text

Rows = Sequence[Mapping[str, Any]]
WIDTH: Final = 960.0
_ROW: Final = 21.0
SEXES: Final = {"F": ORANGE, "M": BLUE, "all": INK}
NAMES: Final = {"F": "women", "M": "men", "all": "all"}


def site_name(site: str) -> str:
    """A site as people write it.

    >>> site_name("globus_pallidus"), site_name("total")
    ('globus pallidus', 'anywhere')
    """
    return "anywhere" if site == "total" else site.replace("_", " ")


def prevalence_figure(rows: Rows) -> str:
    """Share of persons with any calcium, site by site, with Wilson's interval; sites where nobody "
    "has any are left out."""
    own = [r for r in rows if (r["age_from"], r["age_to"]) == ALL_AGES and r["sex"] == "all" and r["persons"]]
    own = sorted((r for r in own if r["with_any"]), key=lambda r: (-r["share"], r["site"]))
    most = max([r["wilson_high"] for r in own], default=1.0)
    panel = Panel(
        left=210, top=10, width=520, height=_ROW * len(own), x=(0, max(most, 0.05)), y=(0, len(own))
    )
    panel.grid(steps(0, panel.x[1]), x_words="share of persons with any calcium")
    for k, row in enumerate(own):
        y = len(own) - k - 0.5
        panel.parts.append(
            text(200, panel.py(y) + 4, site_name(row["site"]), anchor="end", bold=row["site"] == "total")
        )
        panel.across(y, row["wilson_low"], row["wilson_high"], INK)
        panel.point(row["share"], y, INK)
        words = f"{row['with_any']} of {row['persons']}  ({100 * row['share']:.1f} %)"
        panel.parts.append(text(745, panel.py(y) + 4, words, soft=True))
    return drawing(
        WIDTH, panel.height + 50, panel.parts, words="Prevalence of calcium by site with 95 % intervals"
    )


def age_figure(rows: Rows, sites: Sequence[str]) -> str:
    """Share with any calcium by band of age, women and men."""
    parts = [key(60, 16, [(SEXES[s], NAMES[s]) for s in ("F", "M")])]
    for k, site in enumerate(sites):
        panel = _small(k, x=(0, 95), y=(0, 1))
        panel.title(site_name(site))
        panel.grid((0, 20, 40, 60, 80), (0, 0.5, 1), x_words="age, years")
        for sex, shift in (("F", -0.8), ("M", 0.8)):
            own = [
                r
                for r in rows
                if r["site"] == site and r["sex"] == sex and (r["age_from"], r["age_to"]) != ALL_AGES
            ]
            ages = [(r["age_from"] + min(r["age_to"], 95)) / 2 + shift for r in own]
            panel.line(ages, [r["share"] for r in own], SEXES[sex], width=1.1)
            for age, r in zip(ages, own, strict=True):
                panel.upright(age, r["wilson_low"], r["wilson_high"], SEXES[sex])
                panel.point(age, r["share"], SEXES[sex], size=2.6)
        parts += panel.parts
    return drawing(
        WIDTH, _smalls(len(sites)), parts, words="Prevalence of calcium by age and sex at the commonest sites"
    )


def any_figure(curves: Mapping[str, Mapping[str, Curve]]) -> str:
    """Probability of any calcium by age, smooth, with its interval."""
    parts = [key(60, 16, [(SEXES[s], NAMES[s]) for s in ("F", "M")])]
    for k, (site, own) in enumerate(curves.items()):
        panel = _small(k, x=(0, 95), y=(0, 1))
        panel.title(site_name(site))
        panel.grid((0, 20, 40, 60, 80), (0, 0.5, 1), x_words="age, years")
        for sex in ("F", "M") if "F" in own else ("all",):
            share, low, high = own[sex].any_share()
            panel.band(own[sex].ages, low, high, SEXES[sex])
            panel.line(own[sex].ages, share, SEXES[sex])
        parts += panel.parts
    return drawing(
        WIDTH, _smalls(len(curves)), parts, words="Probability of any calcium by age, with 95 % intervals"
    )


def centile_figure(curves: Mapping[str, Mapping[str, Curve]], *, unit: str) -> str:
    """Centiles of the amount by age on a scale of cube roots, with intervals of the 50th and 90th."""
    lines = ((95, GRAY, "2 3"), (90, ORANGE, ""), (75, GREEN, ""), (50, BLUE, ""))
    parts = [key(60, 16, [(colour, f"{q}th centile") for q, colour, _ in lines])]
    for k, (site, own) in enumerate(curves.items()):
        curve = own["all"]
        drawn = {q: curve.centile(q) for q, _, _ in lines}
        most = max(float(np.cbrt(drawn[95][0]).max()), float(np.cbrt(drawn[90][2]).max()), 1e-3)
        panel = _small(k, x=(0, 95), y=(0, most * 1.05))
        panel.title(f"{site_name(site)}, {unit}")
        panel.grid((0, 20, 40, 60, 80), x_words="age, years")
        for amount in _cubes(most**3):
            at = panel.py(float(np.cbrt(amount)))
            panel.parts.append(text(panel.left - 6, at + 4, f"{amount:g}", anchor="end", soft=True))
        for q, colour, dash in lines:
            value, low, high = (np.cbrt(v) for v in drawn[q])
            if q in (50, 90):
                panel.band(curve.ages, low, high, colour)
            panel.line(curve.ages, value, colour, dash=dash)
        parts += panel.parts
    return drawing(WIDTH, _smalls(len(curves)), parts, words="Centile curves of the amount of calcium by age")


def _cubes(most: float) -> list[float]:
    """A few round amounts up to the most, spread over a scale of cube roots."""
    size = 10.0 ** math.floor(math.log10(max(most, 1e-6)))
    top = max(m * size for m in (1, 2, 5) if m * size <= most)
    return [0.0, float(f"{top / 20:.1g}"), float(f"{top / 4:.1g}"), top]


def odds_figure(rows: Rows) -> str:
    """Odds ratios, or differences, of one phenotype with their intervals."""
    ratio = bool(rows) and rows[0]["measure"] == "odds_ratio"
    low, high = _ends(rows, ratio=ratio)
    panel = Panel(
        left=290, top=10, width=430, height=_ROW * len(rows), x=(low, high), y=(0, len(rows)), log_x=ratio
    )
    marks = [v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10) if low <= v <= high] if ratio else steps(low, high)
    panel.grid(marks, x_words="odds ratio for one unit" if ratio else "change for one unit")
    panel.mark_x(1.0 if ratio else 0.0)
    for k, row in enumerate(rows):
        y, sure = len(rows) - k - 0.5, row["q"] is not None and row["q"] < 0.05
        colour = ORANGE if sure else INK
        panel.parts.append(text(280, panel.py(y) + 4, _exposure(row), anchor="end"))
        panel.across(y, row["low"], row["high"], colour)
        panel.point(row["estimate"], y, colour)
        words = (
            f"{_figure(row['estimate'])} ({_figure(row['low'])} to {_figure(row['high'])}), q {_p(row['q'])}"
        )
        panel.parts.append(text(733, panel.py(y) + 4, words, soft=True))
    return drawing(WIDTH, panel.height + 50, panel.parts, words="Associations of burden with the phenotype")


def _exposure(row: Mapping[str, Any]) -> str:
    name = str(row["exposure"])
    if name == "tcs":
        return "Total Calcification Score, 1 point"
    return (
        "amount, doubling" if name == "doubling" else f"any calcium: {site_name(name.removeprefix('any '))}"
    )


def _ends(rows: Rows, *, ratio: bool) -> tuple[float, float]:
    lows, highs = [r["low"] for r in rows], [r["high"] for r in rows]
    if ratio:
        return max(min([*lows, 0.7]) * 0.9, 0.05), min(max([*highs, 1.5]) * 1.1, 20.0)
    reach = max([abs(v) for v in (*lows, *highs)], default=1.0) or 1.0
    return -1.1 * reach, 1.1 * reach


def _figure(value: float) -> str:
    """A figure with its zeros.

    >>> _figure(1.4), _figure(0.0312), _figure(123.4)
    ('1.40', '0.031', '123')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def _p(value: float | None) -> str:
    """A p or q for a figure.

    >>> _p(0.0312), _p(1e-9), _p(None)
    ('0.031', '< 0.001', 'n/a')
    """
    return "n/a" if value is None else "< 0.001" if value < 0.001 else f"{value:.2g}"


def comparison_figure(rows: Rows) -> str:
    """Differences of shares between groups, with Newcombe's interval."""
    reach = max([abs(v) for r in rows for v in (r["difference_low"], r["difference_high"])], default=0.1)
    panel = Panel(
        left=330,
        top=10,
        width=390,
        height=_ROW * len(rows),
        x=(-1.05 * reach, 1.05 * reach),
        y=(0, len(rows)),
    )
    panel.grid(steps(*panel.x), x_words="share with any calcium: group less the other")
    panel.mark_x(0.0)
    for k, row in enumerate(rows):
        y, colour = len(rows) - k - 0.5, ORANGE if row["q"] is not None and row["q"] < 0.05 else INK
        words = f"{site_name(row['site'])}: {row['group']} – {row['against']}"
        panel.parts.append(text(320, panel.py(y) + 4, words, anchor="end"))
        panel.across(y, row["difference_low"], row["difference_high"], colour)
        panel.point(row["difference"], y, colour)
        delta = "n/a" if row["delta"] is None else f"{round(row['delta'], 2) + 0.0:.2f}"
        panel.parts.append(text(733, panel.py(y) + 4, f"delta {delta}, q {_p(row['q'])}", soft=True))
    return drawing(WIDTH, panel.height + 50, panel.parts, words="Differences between groups")


def _small(k: int, *, x: tuple[float, float], y: tuple[float, float]) -> Panel:
    """The panel of number ``k`` of small multiples, three in a row."""
    row, column = divmod(k, 3)
    return Panel(left=60 + 310 * column, top=52 + 205 * row, width=240, height=130, x=x, y=y)


def _smalls(count: int) -> float:
    return 205.0 * math.ceil(max(count, 1) / 3) + 25
