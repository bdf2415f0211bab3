"""The report of a comparison as one HTML file that needs nothing else: no request leaves it, no script runs in it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainsand import __version__
from brainsand.model.comparison import Change, Comparison, Difference, Track
from brainsand.report.document import document, moment_words, section
from brainsand.report.followup_pictures import Pictured, pictured
from brainsand.report.followup_sections import scans_table, steps_table, sums_table, tracks_table
from brainsand.report.followup_words import (
    change_headline,
    difference_words,
    measure_of,
    ranked,
    signed,
    state_words,
)
from brainsand.report.methods import STATEMENT
from brainsand.report.panel import panels_svg
from brainsand.report.style import CSS
from brainsand.report.words import capital, site_words, unbroken

_STATE_CSS = """
.state{display:inline-block;border-left:4px solid #999;padding-left:.45em;white-space:nowrap}
.state.new,.state.grown{border-color:#E69F00;font-weight:600}
.state.gone,.state.shrunk{border-color:#56B4E9;font-weight:600}
.state.not_comparable{border-color:#999;border-left-style:dotted;white-space:normal}
"""


def followup_html(made: Comparison, *, created: str) -> str:
    """The whole report of one comparison; ``created`` (ISO 8601) stands in the title line."""
    order = ranked(made)
    body = [
        _header(made, created),
        f'<p class="finding">{escape(unbroken(change_headline(made)))}</p>',
        _cautions(made),
        section("What changed", _pictures(made, pictured(made, order))) if made.tracks else "",
        section("Deposits", tracks_table(made, order)) if made.tracks else "",
        section("Sums by site", sums_table(made)) if made.sites else "",
        section("Every step", steps_table(made, order)) if len(made.pairs) > 1 and made.tracks else "",
        section("The scans", scans_table(made)),
        section("How it was judged", f'<p class="methods">{escape(_methods(made))}</p>'),
        f"<footer>{escape(STATEMENT)} brainsand {escape(__version__)}.</footer>",
    ]
    return document(
        "Follow-up of intracranial calcification", "\n".join(filter(None, body)), style=f"{CSS}{_STATE_CSS}"
    )


def _header(made: Comparison, created: str) -> str:
    sources = " → ".join(c.acquisition.source for c in made.cases)
    return (
        "<header><h1>Follow-up of intracranial calcification on head CT</h1>"
        f"<p>{escape(sources)} · report made {escape(moment_words(created))}</p></header>"
    )


def _cautions(made: Comparison) -> str:
    if not made.cautions:
        return ""
    items = "".join(f"<li>{escape(unbroken(c.words))}</li>" for c in made.cautions)
    return f'<ul class="cautions">{items}</ul>'


def _pictures(made: Comparison, shown: Sequence[Pictured]) -> str:
    pair = made.pairs[made.overall]
    captions = (
        f"Scan {pair.earlier + 1}",
        f"Scan {pair.later + 1}",
        "Difference: more in orange, less in blue",
    )
    plates = "".join(_plate(made, p, captions) for p in shown)
    left = len(made.tracks) - len(shown)
    note = (
        "The earlier scan is laid on the later one; the outline is the place measured in both. The patient's right "
        "is on the left. Between scans of other thickness every border of tissues differs a little."
    )
    note += f" {left} further {'deposit is' if left == 1 else 'deposits are'} in the table." if left else ""
    return f'<p class="note">{escape(note)}</p><div class="plates">{plates}</div>'


def _plate(made: Comparison, p: Pictured, captions: Sequence[str]) -> str:
    t, change = p.track, p.track.changes[made.overall]
    figures = "".join(
        f"<figure>{picture}<figcaption>{escape(c)}</figcaption></figure>"
        for picture, c in zip(panels_svg(p.panels), captions, strict=True)
    )
    name = escape(capital(site_words(t.site, t.side, t.lobe)))
    return (
        f'<div class="plate"><h3>{t.number}. {name}: {escape(state_words(change))}</h3>'
        f'<p class="soft">{escape(_line(t, change))}</p><div class="row three">{figures}</div></div>'
    )


def _line(t: Track, change: Change) -> str:
    said = measure_of(change)
    parts = [] if said is None else [f"{difference_words(*said)}; {_sdc(*said)}"]
    if change.volume_mm3 is not None:
        parts.append(f"volume {difference_words(change.volume_mm3, 'mm³')}")
    if t.fate:
        parts.append(
            {"split": "one deposit then, several now", "merged": "several then, one now"}.get(
                t.fate, "parts changed"
            )
        )
    return unbroken(". ".join(filter(None, [", ".join(parts), change.words])))


def _sdc(d: Difference, unit: str) -> str:
    return f"{signed(d.sdc).lstrip('+')} {unit} could be detected"


def _methods(made: Comparison) -> str:
    pair = made.pairs[made.overall]
    differ = ", ".join(m.replace("_", " ") for m in pair.mismatches) or "nothing"
    return unbroken(
        "The heads were laid upon each other by the skull and what it holds (rigid). Deposits that overlap are one; "
        "each is measured in every scan over the same place, the union of where any scan found it, so that what one "
        f"scan's threshold left out is not taken for a change. Between the scans {differ} differed, and a deviation "
        f"of {100 * pair.share_pm:.0f} % of the amount is added for it. {pair.comparisons} comparisons were made; a "
        f"change is one beyond {pair.deviations:.2f} deviations, or fewer where a change of 30 % stands in doubt, such "
        "that all of them together go wrong once in twenty unchanged pairs. What one scan alone shows is called new or "
        "gone from 5.2 deviations on. Masses are hydroxyapatite equivalent; the calibration's own doubt, the same in "
        "every scan, is not in the deviations. "
        "No change shown does not mean none: see Detectable."
    )
