"""The differential as HTML: the three best groups, a bar for each finding's weight, a link to each source.

A bar to the right speaks for the group, to the left against it; its length is the log of the likelihood ratio, full at
100 to one. What an expert's word says is drawn hollow, what was read in a source filled.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from textwrap import shorten
from typing import Any, Final

from brainsand.report.words import and_list, capital

MOST_GROUPS: Final = 3
MOST_BARS: Final = 8
FULL_LOG: Final = math.log(100.0)
ROWS_TOLD: Final = 12
TREATED: Final = {
    "yes": "treatable",
    "True": "treatable",
    "partly": "partly treatable",
    "preventable": "preventable",
    "symptomatic": "symptoms treatable",
}
_LINKS: Final = (
    (re.compile(r"^PMID:(\d+)$"), "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"^(PMC\d+)$"), "https://www.ncbi.nlm.nih.gov/pmc/articles/{}/"),
    (re.compile(r"^doi:(10\.\S+)$"), "https://doi.org/{}"),
    (re.compile(r"^OMIM:(\d+)$"), "https://omim.org/entry/{}"),
    (re.compile(r"^ORPHA:(\d+)$"), "https://www.orpha.net/en/disease/detail/{}"),
    (re.compile(r"^(https?://\S+)$"), "{}"),
)

CSS: Final = """
.weights{display:grid;grid-template-columns:minmax(8rem,20rem) 9rem 3.6rem 1fr;gap:.15rem .8rem;
align-items:center;font-size:.86rem;margin:.3rem 0 .8rem}
.weights .track{position:relative;height:9px;background:linear-gradient(90deg,transparent calc(50% - .5px),
var(--line) calc(50% - .5px),var(--line) calc(50% + .5px),transparent calc(50% + .5px))}
.weights .track i{position:absolute;top:0;height:9px;background:var(--ink);border:1px solid var(--ink)}
.weights .track i.expert{background:#fff}
.weights .num{text-align:right}
.weights .from{color:var(--soft);overflow-wrap:anywhere}
.readers h4{font-size:.9rem;font-weight:600;margin:.7rem 0 .1rem}
.readers p{max-width:62rem}
"""


def link_of(source: str) -> str | None:
    """The address a source can be looked up at; None where it is no identifier.

    >>> link_of("PMID:22327515")
    'https://pubmed.ncbi.nlm.nih.gov/22327515/'
    >>> link_of("expert") is None
    True
    """
    for pattern, address in _LINKS:
        found = pattern.match(source.strip())
        if found:
            return address.format(found[1])
    return None


def source_html(source: str) -> str:
    """A source as a link where it can be one."""
    address = link_of(source)
    shown = source if len(source) <= 48 else source[:45] + "…"
    if address is None:
        return escape(shown)
    return f'<a href="{escape(address, quote=True)}" rel="noreferrer">{escape(shown)}</a>'


def differential_html(differential: Mapping[str, Any]) -> str:
    """The whole section: probabilities, weights of the best groups, what is left over, a paragraph a reader."""
    groups = list(differential.get("groups") or [])
    if not groups:
        return "<p>No condition was ranked.</p>"
    words = str(differential.get("words") or "")
    parts = [f"<p>{escape(words)}</p>" if words else ""]
    parts.append(f'<div class="bars keep">{"".join(_chance(g) for g in groups[: MOST_GROUPS + 3])}</div>')
    parts.append(
        '<p class="note">Right of the line speaks for, left against; filled: a published count or class, '
        "hollow: expert. The figure is the likelihood ratio.</p>"
    )
    parts += [_group(g) for g in groups[:MOST_GROUPS]]
    parts += [_leftover(differential), _together(differential), _readers(differential)]
    return "".join(parts)


def _chance(group: Mapping[str, Any]) -> str:
    p = float(group.get("probability") or 0.0)
    name = escape(str(group.get("name") or group.get("id") or ""))
    return f'<span>{name}</span><i style="width:{100 * min(p, 1.0):.1f}%"></i><b>{_percent(p)}</b>'


def _percent(p: float) -> str:
    if p > 0.99:
        return "&gt; 99 %"
    return "&lt; 1 %" if 0 < p < 0.01 else f"{100 * p:.0f} %"


def _group(group: Mapping[str, Any]) -> str:
    name = escape(str(group.get("name") or group.get("id") or ""))
    told = TREATED.get(str(group.get("treatable")), "")
    rows = [*(group.get("evidence") or []), *(group.get("against") or [])]
    rows.sort(key=lambda row: -abs(_log(row)))
    body = "".join(_weight(row) for row in rows[:MOST_BARS])
    parts = [f"<h3>{name}{f' ({told})' if told else ''}</h3>", _members(group)]
    parts.append(
        f'<div class="weights">{body}</div>' if body else '<p class="soft">Nothing speaks either way.</p>'
    )
    parts += [_missing(group), _treatment(group)]
    return f'<div class="keep">{"".join(parts)}</div>'


def _members(group: Mapping[str, Any]) -> str:
    named = [m for m in group.get("members") or [] if float(m.get("probability") or 0.0) >= 0.01]
    if len(named) < 2:
        return ""
    said = [f"{m['name']} {100 * float(m['probability']):.0f} %" for m in named[:4]]
    return f'<p class="soft">Of these: {escape("; ".join(said))}.</p>'


def _log(row: Mapping[str, Any]) -> float:
    ratio = row.get("likelihood_ratio")
    return math.log(ratio) if isinstance(ratio, int | float) and ratio > 0 else 0.0


def _weight(row: Mapping[str, Any]) -> str:
    log = _log(row)
    width = 50 * min(1.0, abs(log) / FULL_LOG)
    left = 50.0 if log >= 0 else 50.0 - width
    kind = "expert" if row.get("basis") == "expert" else "published"
    said = escape(capital(str(row.get("words") or row.get("finding") or "")))
    return (
        f'<span>{said}</span><span class="track"><i class="{kind}" style="left:{left:.1f}%;width:{width:.1f}%"></i>'
        f'</span><span class="num">× {_ratio(log)}</span><span class="from">{_from(row)}</span>'
    )


def _ratio(log: float) -> str:
    ratio = math.exp(log)
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _from(row: Mapping[str, Any]) -> str:
    sources = row.get("source") or []
    sources = [sources] if isinstance(sources, str) else list(sources)
    links = ", ".join(source_html(str(s)) for s in sources[:2])
    links += f" and {len(sources) - 2} more" if len(sources) > 2 else ""
    said = escape(shorten(str(row.get("frequency") or ""), 90, placeholder=" …"))
    return " · ".join(part for part in (said, links) if part)


def _missing(group: Mapping[str, Any]) -> str:
    rows = [str(r.get("words") if isinstance(r, Mapping) else r) for r in (group.get("missing") or [])[:3]]
    said = "; ".join(rows)
    end = "" if said.endswith("?") else "."
    return f'<p class="soft">Would change it most: {escape(said)}{end}</p>' if rows else ""


def _treatment(group: Mapping[str, Any]) -> str:
    rows = list(group.get("treatment") or [])
    if not rows:
        return ""
    said = " ".join(
        f'{escape(str(row["words"]))} <span class="soft">[{_sources(row)}]</span>' for row in rows
    )
    return f"<p>If it is {escape(str(rows[0]['condition']))}: {said}</p>"


def _sources(row: Mapping[str, Any]) -> str:
    return ", ".join(source_html(str(s)) for s in row.get("source") or []) or escape(str(row["basis"]))


def _leftover(differential: Mapping[str, Any]) -> str:
    left = [str(x) for x in differential.get("unexplained") or []]
    return f"<p>Not explained by the first: {escape(and_list(left))}.</p>" if left else ""


def _together(differential: Mapping[str, Any]) -> str:
    rows = differential.get("together") or []
    said = [f"{' with '.join(r['names'])} ({100 * float(r['probability']):.0f} %)" for r in rows[:2]]
    return f"<p>Two causes at once: {escape('; '.join(said))}.</p>" if said else ""


def _readers(differential: Mapping[str, Any]) -> str:
    readers = differential.get("readers") or {}
    said = "".join(
        f"<h4>{escape('For the ' + str(name))}</h4><p>{escape(str(words))}</p>"
        for name, words in readers.items()
        if words
    )
    return f'<div class="readers">{said}</div>' if said else ""


def differential_text(differential: Mapping[str, Any], *, most: int = MOST_GROUPS) -> str:
    """The ranking as lines for a terminal."""
    lines = [str(differential.get("words") or "")]
    for group in list(differential.get("groups") or [])[:most]:
        lines += ["", f"{_plain_percent(float(group['probability']))}  {group['name']}"]
        rows = [*group["evidence"], *group["against"]]
        rows.sort(key=lambda row: -abs(_log(row)))
        lines += [_weight_line(row) for row in rows[:ROWS_TOLD]]
        lines += _treatment_lines(group.get("treatment") or [])
    return "\n".join(lines)


def _plain_percent(p: float) -> str:
    return "  >99 %" if p > 0.99 else f"{100 * p:5.1f} %"


def _treatment_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    told = [f"      {row['words']}  [{', '.join(row['source']) or row['basis']}]" for row in rows]
    return [f"    If it is {rows[0]['condition']}:", *told]


def _weight_line(row: Mapping[str, Any]) -> str:
    sources: Sequence[Any] = row.get("source") or []
    said = ", ".join(str(s) for s in sources[:2]) or str(row.get("basis") or "")
    often = str(row["frequency"])
    rests = often if said == "expert" and "(expert)" in often else f"{often}; {said}"
    return f"    x {float(row['likelihood_ratio']):<8.3g}{row['words']}  [{rests}]"
