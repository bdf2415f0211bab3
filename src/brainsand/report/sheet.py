"""The report on paper: a few A4 pages that say what is there, where, what it means and what to do next.

``report.html`` holds everything; this is its outline for a printer, a patient's file or an archive, every part of it
with a limit. It is made for WeasyPrint, which styles no picture by the page: each picture carries what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from brainsand.model.case import Case
from brainsand.report.document import section
from brainsand.report.gallery import Voxels, deposit_voxels, key_panels, overview_panels, plates
from brainsand.report.meaning import LEVEL_WORDS, pattern_html
from brainsand.report.methods import STATEMENT, methods_words
from brainsand.report.page import figures_html, header_html, plate_html, row_html
from brainsand.report.review import review_html
from brainsand.report.sections import first_slice_words, legend_html
from brainsand.report.sheet_style import CSS, SWATCH_CSS, picture_css
from brainsand.report.sheet_tables import causes_html, deposits_html, scores_html, sites_html
from brainsand.report.words import and_list, capital, headline, unbroken

MOST_PLATES: Final = 3
MOST_STEPS: Final = 8
MOST_CAUTIONS: Final = 8
MOST_WHY: Final = 4
_PANEL: Final = re.compile(r'(<svg class="panel" viewBox="0 0 ([\d.]+) [^>]*aria-label="([^"]*)">)')
_SWATCH: Final = re.compile(r'(<svg class="swatch"[^>]*>)(.*?<path class="(\w+)")', re.DOTALL)


def sheet_html(case: Case, *, created: str) -> str:
    """The pages as one HTML document that refers to nothing outside itself.

    Parameters
    ----------
    case : Case
        With its picture on a head grid of 1 mm.
    created : str
        When it was made (ISO 8601); the only thing in which two documents of one case differ.
    """
    voxels = deposit_voxels(case.picture)
    parts = [
        header_html(case, created),
        f'<p class="finding">{escape(unbroken(headline(case)))}</p>',
        _part("Corrections", review_html(case)),
        _significance(case.significance),
        _keys(case, voxels),
        _part("Pattern", pattern_html(case.pattern)),
        _part("Possible causes", causes_html(case.differential) if case.differential else ""),
        _part("Next steps", _steps(case.next_steps)),
        _part("Deposits", deposits_html(case) + _deposits_note(case)),
        _part("Sums by site", sites_html(case)),
        _part("Scores", scores_html(case.scores)),
        _part("Sites of note", _plates(case, voxels)),
        _part("Overview", _overview(case, voxels)),
        _part("Cautions", _cautions(case)),
        _part("Methods", f"<p>{escape(methods_words(case))}</p><p>{escape(STATEMENT)}</p>"),
    ]
    return _painted(_document(case, created, "\n".join(filter(None, parts))))


def _document(case: Case, created: str, body: str) -> str:
    title = escape(f"Intracranial calcification: {case.acquisition.source}")
    stamp = escape(created, quote=True)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="dcterms.created" content="{stamp}"><meta name="dcterms.modified" content="{stamp}">'
        f"<style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _painted(html: str) -> str:
    """The page with a style inside each of its pictures, and a title, which becomes its words for the blind."""
    html = _PANEL.sub(lambda m: f"{m[1]}<title>{m[3]}</title><style>{picture_css(float(m[2]))}</style>", html)
    return _SWATCH.sub(rf"\1<title>\3</title><style>{SWATCH_CSS}</style>\2", html)


def _part(title: str, inner: str) -> str:
    return section(title, inner) if inner else ""


def _significance(significance: Mapping[str, Any]) -> str:
    level = str(significance.get("level") or "")
    if not level:
        return ""
    name = escape(LEVEL_WORDS.get(level, level.replace("_", " ")))
    why = significance.get("why") or []
    rows = [why] if isinstance(why, str | Mapping) else list(why)
    said = "".join(f"<li>{escape(_words(row))}</li>" for row in rows[:MOST_WHY])
    box = f'<span class="level {escape(level, quote=True)}">{name}</span>'
    return f"<p>Significance: {box}</p>" + (f"<ul>{said}</ul>" if said else "")


def _words(row: Any) -> str:
    if isinstance(row, Mapping):
        return str(row.get("words") or row.get("finding") or row.get("name") or "")
    return str(row)


def _keys(case: Case, voxels: Voxels) -> str:
    panels = key_panels(case, voxels)
    captions = (f"{escape(capital(p.words))}." for p in panels)
    return row_html(figures_html(panels, captions)) + legend_html(case) if panels else ""


def _steps(steps: Sequence[Mapping[str, Any]]) -> str:
    if not steps:
        return ""
    said = "".join(_step(step) for step in steps[:MOST_STEPS])
    more = len(steps) - MOST_STEPS
    note = f'<p class="note">And {more} more in the record.</p>' if more > 0 else ""
    return f"<ol>{said}</ol>{note}"


def _step(step: Mapping[str, Any]) -> str:
    readers = step.get("for") or []
    readers = [readers] if isinstance(readers, str) else [str(r) for r in readers]
    urgency = str(step.get("urgency") or "").replace("_", " ")
    note = "; ".join(filter(None, [and_list(readers), urgency]))
    return f"<li>{escape(str(step.get('step') or ''))} <small>[{escape(note)}]</small></li>"


def _deposits_note(case: Case) -> str:
    if not case.deposits:
        return ""
    said = [first_slice_words(case), "± is one standard deviation."]
    if any(d.volume_mm3 is None for d in case.deposits):
        said.append("* Volume above threshold, not corrected for partial volume.")
    return f'<p class="note">{escape(" ".join(said))}</p>'


def _plates(case: Case, voxels: Voxels) -> str:
    shown = plates(case, voxels)[:MOST_PLATES]
    note = "Radiological convention: the patient's right is on the left of axial and coronal pictures."
    said = f'<p class="note">{escape(note)}</p>'
    return said + "".join(plate_html(case, plate) for plate in shown) if shown else ""


def _overview(case: Case, voxels: Voxels) -> str:
    captions = ("From below", "From the front", "From the patient's left")
    return row_html(figures_html(overview_panels(case, voxels), map(escape, captions)))


def _cautions(case: Case) -> str:
    said = "".join(f"<li>{escape(c.words)}</li>" for c in case.cautions[:MOST_CAUTIONS])
    more = len(case.cautions) - MOST_CAUTIONS
    note = f'<p class="note">And {more} more in the record.</p>' if more > 0 else ""
    return f"<ul>{said}</ul>{note}" if said else "<p>None.</p>"
