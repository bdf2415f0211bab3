"""The tables of the evaluation as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation.score import (
    Outcome,
    calibration,
    expected_calibration_error,
    interval,
    share_within,
)

RANKS = (1, 3, 10)


def top_table(rows: Mapping[str, Sequence[Outcome]], *, of: str = "group_rank") -> str:
    """Top 1, 3 and 10 with their 95 % intervals, Brier score and calibration error; a line a name."""
    lines = [
        "| told | patients (papers) | top 1 | top 3 | top 10 | Brier | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, outcomes in rows.items():
        papers = len({o.paper for o in outcomes})
        tops = " | ".join(_share(outcomes, k, of) for k in RANKS)
        brier = float(np.mean([o.brier for o in outcomes]))
        ece = expected_calibration_error(outcomes)
        lines.append(f"| {name} | {len(outcomes)} ({papers}) | {tops} | {brier:.2f} | {ece:.2f} |")
    return "\n".join(lines)


def _share(outcomes: Sequence[Outcome], k: int, of: str) -> str:
    low, high = interval(outcomes, lambda drawn: share_within(drawn, k, of=of))
    return f"{share_within(outcomes, k, of=of):.2f} ({low:.2f} to {high:.2f})"


def peer_table(rows: Mapping[str, Sequence[Outcome]]) -> str:
    """Counts in the top 1, 3, 10; a line a method."""
    lines = ["| method | top 1 | top 3 | top 10 | of |", "|---|---|---|---|---|"]
    for name, outcomes in rows.items():
        counts = [sum(o.group_rank is not None and o.group_rank <= k for o in outcomes) for k in RANKS]
        lines.append(f"| {name} | {counts[0]} | {counts[1]} | {counts[2]} | {len(outcomes)} |")
    return "\n".join(lines)


def group_table(outcomes: Sequence[Outcome]) -> str:
    """Rank of the truth by group: how many patients, and their ranks."""
    lines = ["| true group | patients | ranks of the group | ranks of the condition |", "|---|---|---|---|"]
    by_group: dict[str, list[Outcome]] = {}
    for o in outcomes:
        by_group.setdefault(" or ".join(o.true_groups), []).append(o)
    for group, rows in sorted(by_group.items(), key=lambda item: (-len(item[1]), item[0])):
        ranks = ", ".join(str(o.group_rank or "none") for o in rows)
        conditions = ", ".join(str(o.condition_rank or "none") for o in rows)
        lines.append(f"| {group.replace('_', ' ')} | {len(rows)} | {ranks} | {conditions} |")
    return "\n".join(lines)


def reliability_table(outcomes: Sequence[Outcome]) -> str:
    """Said probability of the first group against how often it was right."""
    lines = ["| patients | mean probability said | share right |", "|---|---|---|"]
    lines += [f"| {n} | {chance:.2f} | {right:.2f} |" for n, chance, right in calibration(outcomes)]
    return "\n".join(lines)


def reliability_svg(outcomes: Sequence[Outcome], *, size: int = 240) -> str:
    """The same as a picture: the diagonal is perfect calibration."""
    pad, inner = 30, size - 40
    dots = "".join(
        f'<circle cx="{pad + chance * inner:.0f}" cy="{10 + (1 - right) * inner:.0f}" r="{2 + n / 3:.1f}"/>'
        for n, chance, right in calibration(outcomes)
    )
    axis = f"M{pad} 10V{10 + inner}H{pad + inner}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}" '
        'role="img" aria-label="Reliability: said probability against share right">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path d="{axis}" fill="none" stroke="#333"/>'
        f'<path d="M{pad} {10 + inner}L{pad + inner} 10" stroke="#aaa" stroke-dasharray="4 3"/>{dots}'
        f'<text x="{pad + inner / 2}" y="{size - 4}" font-size="11" text-anchor="middle">said</text>'
        f'<text x="10" y="{10 + inner / 2}" font-size="11" text-anchor="middle" '
        f'transform="rotate(-90 10 {10 + inner / 2})">right</text></svg>\n'
    )


def worst_table(outcomes: Sequence[Outcome], *, beyond: int = 3) -> str:
    """Patients whose truth stands below a rank, with what stood first."""
    lines = ["| patient | true group | its rank | put first (probability) |", "|---|---|---|---|"]
    for o in sorted(outcomes, key=lambda o: -(o.group_rank or 999)):
        if o.group_rank is None or o.group_rank > beyond:
            first = f"{o.first_group.replace('_', ' ')} ({o.first_chance:.2f})"
            lines.append(
                f"| {o.case} | {', '.join(o.true_groups)} | {o.group_rank or 'not in the list'} | {first} |"
            )
    return "\n".join(lines)
