"""What it means, as HTML: significance, pattern, next steps."""

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


def steps_html(steps: Sequence[Mapping[str, Any]]) -> str:
    """What to do next, in the order given."""
    return f"<ol>{''.join(_step(s) for s in steps)}</ol>" if steps else ""


def _step(step: Mapping[str, Any]) -> str:
    urgency = str(step.get("urgency") or "")
    notes = [and_list(_texts(step.get("for"))), urgency.replace("_", " "), *_texts(step.get("source"))]
    note = "; ".join(n for n in notes if n)
    why = " ".join(_texts(step.get("why")))
    said = str(step.get("step") or "")
    joint = " " if said.endswith(("?", ".")) else ": "
    return (
        f"<li>{escape(said)}{f'{joint}{escape(why)}' if why else ''}"
        f"{f' <small>[{escape(note)}]</small>' if note else ''}</li>"
    )


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
