"""What moved the ranking? Two differentials side by side: who rose, who fell, and by which evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

LEAST: Final = 0.01
"""Changes of a probability under this are not told."""
MOST_TOLD: Final = 6
LEAST_LOG: Final = 0.1


def movement(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Groups that moved, most first, each with the evidence that is new, gone or weighs otherwise.

    >>> one = {"groups": [{"id": "a", "name": "A", "probability": 0.5, "evidence": [], "against": []}]}
    >>> row = {"finding": "labs:calcium", "words": "low calcium", "likelihood_ratio": 4.0}
    >>> two = {"groups": [{"id": "a", "name": "A", "probability": 0.8, "evidence": [row], "against": []}]}
    >>> movement(one, two)["moved"]
    [{'id': 'a', 'name': 'A', 'before': 0.5, 'after': 0.8, 'because': [{'words': 'low calcium', 'factor': 4.0}]}]
    """
    olds = {g["id"]: g for g in (before or {}).get("groups", [])}
    news = {g["id"]: g for g in (after or {}).get("groups", [])}
    moved = []
    for id, new in news.items():
        old = olds.get(id)
        was, now = (float(old["probability"]) if old else 0.0), float(new["probability"])
        if abs(now - was) >= LEAST:
            moved.append(
                {
                    "id": id,
                    "name": new["name"],
                    "before": was,
                    "after": now,
                    "because": _because(old or {}, new),
                }
            )
    moved.sort(key=lambda row: -abs(row["after"] - row["before"]))
    return {"moved": moved[:MOST_TOLD]}


def _because(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What weighs otherwise, as factors on the group's odds, the strongest first."""
    before, after = _ratios(old), _ratios(new)
    rows = []
    for finding in {**before, **after}:
        words = (after.get(finding) or before[finding])[0]
        log = after.get(finding, ("", 0.0))[1] - before.get(finding, ("", 0.0))[1]
        if abs(log) >= LEAST_LOG:
            rows.append((log, words if finding in after else f"no longer: {words}"))
    rows.sort(key=lambda row: -abs(row[0]))
    return [{"words": words, "factor": float(f"{math.exp(log):.3g}")} for log, words in rows[:3]]


def _ratios(group: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    rows: Sequence[Mapping[str, Any]] = [*(group.get("evidence") or []), *(group.get("against") or [])]
    return {
        str(row["finding"]): (str(row["words"]), math.log(row["likelihood_ratio"]))
        for row in rows
        if row["likelihood_ratio"] and row["likelihood_ratio"] > 0
    }
