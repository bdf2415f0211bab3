"""Write the worked patients' rankings into docs/worked-patients.md, from docs/worked/*.yaml.

    python tools/worked.py

What stands between the marks is made here; the words of the readers round it are written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from brainsand.diagnosis import diagnose
from brainsand.interpret.chance import percent

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "worked-patients.md"
MOST_GROUPS, MOST_ROWS = 3, 8


def main() -> None:
    """Bring every block of the page up to date."""
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"<!-- worked: (\w+) -->", text):
        made = block(DOCS / "worked" / f"{name}.yaml")
        start, end = f"<!-- worked: {name} -->", f"<!-- end: {name} -->"
        head, rest = text.split(start)
        text = f"{head}{start}\n\n{made}\n\n{end}{rest.split(end)[1]}"
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE)


def block(file: Path) -> str:
    """One patient: what was told, the ranking with its weights, what to do next, a paragraph a reader."""
    facts = file.read_text(encoding="utf-8").strip()
    record = diagnose(file).record
    parts = [
        f"```yaml\n{facts}\n```",
        f"**{record['significance']['level']}**: {record['significance']['why'][0]}",
    ]
    parts += [_group(g) for g in record["differential"]["groups"][:MOST_GROUPS] if g["probability"] >= 0.005]
    parts.append(
        "Next: "
        + " · ".join(f"{s['step'].rstrip('.')} ({s['urgency']})" for s in record["next_steps"][:6])
        + "."
    )
    readers = record["differential"]["readers"]
    parts += [f"*For the {name}*: {words}" for name, words in readers.items()]
    return "\n\n".join(parts)


def _group(group: dict[str, Any]) -> str:
    rows = sorted([*group["evidence"], *group["against"]], key=lambda r: -abs(_log(r)))
    lines = [
        f"**{group['name']}: {percent(group['probability'])}**",
        "",
        "| × | finding | rests on |",
        "|---|---|---|",
    ]
    for r in rows[:MOST_ROWS]:
        source = "; ".join(r["source"][:2]) or r["basis"]
        lines.append(f"| {r['likelihood_ratio']:.2g} | {r['words']} | {r['frequency'][:80]} ({source}) |")
    return "\n".join(lines)


def _log(row: dict[str, Any]) -> float:
    from math import log

    return log(row["likelihood_ratio"])


if __name__ == "__main__":
    main()
