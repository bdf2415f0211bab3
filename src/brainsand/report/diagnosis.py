"""The page of a diagnosis from facts alone: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from brainsand.report.differential import CSS as DIFFERENTIAL_CSS
from brainsand.report.differential import differential_html
from brainsand.report.document import document, section
from brainsand.report.meaning import significance_html, steps_html
from brainsand.report.methods import STATEMENT
from brainsand.report.style import CSS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def diagnosis_html(record: Mapping[str, Any]) -> str:
    """The page for a record as ``diagnosis.json`` holds it."""
    program = record["program"]
    said = "".join(f"<li>{escape(str(c['words']))}</li>" for c in record["cautions"])
    body = [
        "<header><h1>Causes of intracranial calcification, ranked</h1>"
        f"<p>{escape(' · '.join(_facts(record)))}</p></header>",
        significance_html(record["significance"]),
        section("Cautions", f'<ul class="cautions">{said}</ul>') if said else "",
        section("Possible causes", differential_html(record["differential"])),
        section("Next steps", steps_html(record["next_steps"])) if record["next_steps"] else "",
        f"<footer>{escape(STATEMENT)} brainsand {escape(str(program['version']))}, knowledge "
        f"{escape(str(program['knowledge_version']))}, HPO {escape(str(program['hpo_version']))}.</footer>",
    ]
    return document(
        f"Ranked causes: {record['source']['file']}",
        "".join(body),
        style=f"{CSS}{DIFFERENTIAL_CSS}",
        policy=_POLICY,
    )


def _facts(record: Mapping[str, Any]) -> list[str]:
    who = record["patient"]
    age, sex = who.get("age_years"), {"F": "female", "M": "male"}.get(str(who.get("sex")))
    counts = (("finding", "findings"), ("symptom", "phenotype"), ("result", "labs"), ("variant", "variants"))
    told = [
        f"{len(who[name])} {word}{'s' if len(who[name]) != 1 else ''}"
        for word, name in counts
        if who.get(name)
    ]
    history = [str(word).replace("_", " ") for word in who.get("history") or []]
    parts = [
        record["source"]["file"],
        f"{age:g} years" if age is not None else "age not given",
        sex or "",
        *told,
        ", ".join(history),
    ]
    return [str(p) for p in parts if p]
