"""The report as one HTML file that needs nothing else: no request leaves it, no script runs in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from brainsand import __version__
from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.report.differential import CSS as DIFFERENTIAL_CSS
from brainsand.report.differential import differential_html
from brainsand.report.document import document, moment_words, section
from brainsand.report.gallery import (
    Plate,
    deposit_voxels,
    key_panels,
    overview_panels,
    plates,
    ranked_sites,
)
from brainsand.report.meaning import pattern_html, significance_html, steps_html
from brainsand.report.methods import STATEMENT, methods_words, scan_words
from brainsand.report.panel import Panel, panels_svg
from brainsand.report.review import review_html
from brainsand.report.sections import (
    cautions_html,
    deposits_html,
    legend_html,
    scores_html,
    set_aside_html,
    sites_html,
    slices_words,
    volume_words,
)
from brainsand.report.style import CSS
from brainsand.report.words import KIND_WORDS, capital, headline, patient_words, site_words, unbroken


def report_html(case: Case, *, created: str) -> str:
    """The whole report of one case.

    Parameters
    ----------
    case : Case
        With its picture on a head grid of 1 mm.
    created : str
        When it was made (ISO 8601), shown in the title line.

    Returns
    -------
    str
        A complete HTML document with pictures inside.

    Raises
    ------
    ValueError
        If the head grid is not of 1 mm.
    """
    voxels = deposit_voxels(case.picture)
    shown = plates(case, voxels)
    body = [
        header_html(case, created),
        f'<p class="finding">{escape(unbroken(headline(case)))}</p>',
        significance_html(case.significance),
        section("Corrections", review_html(case)) if case.review else "",
        _cautions_line(case),
        keys_html(case, key_panels(case, voxels)),
        section("Deposits", deposits_html(case)),
        section("Sites of note", f'<div class="plates">{_plates_html(case, shown)}</div>') if shown else "",
        section("Overview", overview_html(case, overview_panels(case, voxels))),
        _meaning(case),
        section("Set aside", set_aside_html(case)),
        f'<span id="cautions"></span>{section("Cautions", cautions_html(case))}',
        section("Sums by site", sites_html(case)) if case.sites else "",
        _scores(case),
        section("Methods", f'<p class="methods">{escape(methods_words(case))}</p>'),
        f"<footer>{escape(STATEMENT)} brainsand {escape(__version__)}.</footer>",
    ]
    return document(
        f"Intracranial calcification: {case.acquisition.source}",
        "\n".join(filter(None, body)),
        style=f"{CSS}{DIFFERENTIAL_CSS}",
    )


def header_html(case: Case, created: str) -> str:
    """Whose report it is, of which scan, and when it was made."""
    facts = [case.acquisition.source, patient_words(case), f"report made {_made_words(case, created)}"]
    return (
        "<header><h1>Intracranial calcification on head CT</h1>"
        f"<p>{escape(' · '.join(facts))}</p><p>{escape(unbroken(capital(scan_words(case))))}</p></header>"
    )


def _made_words(case: Case, created: str) -> str:
    """When a report was made, for people; the year alone where nothing may name a day."""
    if case.acquisition.deidentified:
        return created[:4]
    return moment_words(created)


def _cautions_line(case: Case) -> str:
    n = len(case.cautions)
    if not n:
        return ""
    said = "1 caution lowers" if n == 1 else f"{n} cautions lower"
    return f'<p class="soft"><a href="#cautions">{said} trust in these numbers (see Cautions).</a></p>'


def row_html(figures: list[str]) -> str:
    """One to four pictures beside each other."""
    name = ("one", "two", "three", "four")[len(figures) - 1]
    return f'<div class="row {name}">{"".join(figures)}</div>'


def figures_html(panels: Sequence[Panel], captions: Iterable[str]) -> list[str]:
    """Pictures with what stands under them (HTML)."""
    return [
        f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
        for picture, caption in zip(panels_svg(panels), captions, strict=True)
    ]


def keys_html(case: Case, panels: list[Panel]) -> str:
    """The key pictures with the legend of kinds."""
    figures = figures_html(panels, (f"{escape(capital(p.words))}." for p in panels))
    return f'<div class="keys">{row_html(figures)}{legend_html(case)}</div>'


def _plates_html(case: Case, shown: list[Plate]) -> str:
    left = len(ranked_sites(case.deposits)) - len(shown)
    note = "Radiological convention: the patient's right is on the left of axial and coronal pictures."
    if left:
        note += f" {left} further {'site is' if left == 1 else 'sites are'} in the table above."
    return f'<p class="note">{escape(note)}</p>{"".join(plate_html(case, plate) for plate in shown)}'


def plate_html(case: Case, plate: Plate) -> str:
    """One site and side: its deposits in words, and four pictures through the first."""
    lead = plate.deposits[0]
    # Lobes may differ within a site and side; then only the leading deposit's own line names its lobe.
    lobe = lead.lobe if len({d.lobe for d in plate.deposits}) == 1 else None
    name = capital(site_words(lead.site, lead.side, lobe))
    lines = "; ".join(_deposit_words(case, d) for d in plate.deposits[:3])
    more = len(plate.deposits) - 3
    lines += f"; and {more} more in the table" if more > 0 else ""
    captions = ("Axial", "Coronal", "Sagittal", "Axial close-up")
    row = row_html(figures_html(plate.panels, captions))
    return f'<div class="plate"><h3>{escape(name)}</h3><p class="soft">{escape(lines)}.</p>{row}</div>'


def _deposit_words(case: Case, d: Deposit) -> str:
    plural = "slice" if d.slices[0] == d.slices[1] else "slices"
    return (
        f"Deposit {d.id}: {KIND_WORDS[d.kind]}, {d.morphology}, {volume_words(d)}, peak {d.peak_hu:.0f} HU, "
        f"{plural} {slices_words(case, d)}"
    )


def overview_html(case: Case, panels: list[Panel]) -> str:
    """The three projections."""
    captions = ("From below", "From the front", "From the patient's left")
    figures = figures_html(panels, map(escape, captions))
    words = "Maximum-intensity projections of the inside of the skull over the faint shadow of the bone"
    words += "; deposits in the colour of their kind." if case.deposits else "."
    return f'<p class="note">{words}</p>{row_html(figures)}{legend_html(case)}'


def _meaning(case: Case) -> str:
    parts = []
    pattern = pattern_html(case.pattern)
    if pattern:
        parts.append(section("Pattern", pattern))
    if case.differential is not None:
        parts.append(section("Possible causes", differential_html(case.differential)))
    if case.next_steps:
        parts.append(section("Next steps", steps_html(case.next_steps)))
    return "".join(parts)


def _scores(case: Case) -> str:
    inner = scores_html(case.scores)
    return section("Scores", inner) if inner else ""
