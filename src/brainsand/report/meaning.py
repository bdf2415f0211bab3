"""What it means, as HTML: significance, pattern, possible causes, next steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from brainsand.report.words import and_list

LEVEL_WORDS: Final = {
    "none": "None",
    "incidental": "Incidental",
    "follow_up": "Follow-up",
    "work_up": "Work-up",
    "urgent": "Urgent",
}
MOST_GROUPS: Final = 3


def significance_html(significance: Mapping[str, Any]) -> str:
    """The significance in one word with its reasons; empty where it was not judged."""
    level = str(significance.get("level") or "")
    if not level:
        return ""
    name = LEVEL_WORDS.get(level, level.replace("_", " "))
    source = _sources(significance.get("source"))
    return (
        f'<p class="significance">Significance: <span class="level {escape(level, quote=True)}">'
        f"{escape(name)}</span></p>{_items(significance.get('why'), 'why')}{source}"
    )


def pattern_html(pattern: Mapping[str, Any]) -> str:
    """The pattern in words, where there are any."""
    words = pattern.get("words")
    said = " ".join(_texts(words))
    return f"<p>{escape(said)}</p>" if said else ""


def differential_html(differential: Mapping[str, Any]) -> str:
    """The best groups of conditions, each with a bar for its probability, what speaks for and against it."""
    groups = list(differential.get("groups") or [])
    if not groups:
        return "<p>No condition was ranked.</p>"
    bars = "".join(_bar(g) for g in groups[: MOST_GROUPS + 3])
    told = "".join(_group(g) for g in groups[:MOST_GROUPS])
    left = and_list(_texts(differential.get("unexplained")))
    rest = f"<p>Not explained: {escape(left)}.</p>" if left else ""
    return f'<div class="bars keep">{bars}</div>{told}{rest}'


def steps_html(steps: Sequence[Mapping[str, Any]]) -> str:
    """What to do next, in the order given."""
    return f"<ol>{''.join(_step(s) for s in steps)}</ol>" if steps else ""


def _step(step: Mapping[str, Any]) -> str:
    urgency = str(step.get("urgency") or "")
    notes = [and_list(_texts(step.get("for"))), urgency.replace("_", " "), *_texts(step.get("source"))]
    note = "; ".join(n for n in notes if n)
    why = " ".join(_texts(step.get("why")))
    return (
        f"<li>{escape(str(step.get('step') or ''))}{f': {escape(why)}' if why else ''}"
        f"{f' <small>[{escape(note)}]</small>' if note else ''}</li>"
    )


def _bar(group: Mapping[str, Any]) -> str:
    p = float(group.get("probability") or 0.0)
    name = escape(str(group.get("name") or group.get("id") or ""))
    return f'<span>{name}</span><i style="width:{100 * min(p, 1.0):.1f}%"></i><b>{100 * p:.0f} %</b>'


def _group(group: Mapping[str, Any]) -> str:
    name = escape(str(group.get("name") or group.get("id") or ""))
    treatable = " (treatable)" if group.get("treatable") else ""
    parts = [f"<h3>{name}{treatable}</h3>"]
    for title, key in (("For", "evidence"), ("Against", "against"), ("Would help most", "missing")):
        items = _items(group.get(key), "why")
        if items:
            parts.append(f'<p class="soft">{title}</p>{items}')
    return f'<div class="keep">{"".join(parts)}</div>'


def _items(value: Any, name: str) -> str:
    rows = value if isinstance(value, list | tuple) else [value] if value else []
    said = "".join(f"<li>{_item(row)}</li>" for row in rows)
    return f'<ul class="{name}">{said}</ul>' if said else ""


def _item(row: Any) -> str:
    if not isinstance(row, Mapping):
        return escape(str(row))
    words = escape(str(row.get("words") or row.get("finding") or row.get("name") or ""))
    notes = [*_ratio(row), *_texts(row.get("source"))]
    return f"{words} <small>[{escape('; '.join(notes))}]</small>" if notes else words


def _ratio(row: Mapping[str, Any]) -> list[str]:
    ratio = row.get("likelihood_ratio")
    return [f"likelihood ratio {float(ratio):.2g}"] if isinstance(ratio, int | float) else []


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    rows = value if isinstance(value, list | tuple) else [value]
    return [str(r.get("words") or r.get("name") or r) if isinstance(r, Mapping) else str(r) for r in rows]


def _sources(value: Any) -> str:
    said = _texts(value)
    return f'<p class="note">Source: {escape("; ".join(said))}</p>' if said else ""
