"""The report as one HTML file that needs nothing else: no request leaves it, no script runs in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from brainsand import __version__
from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.report.differential import CSS as DIFFERENTIAL_CSS
from brainsand.report.differential import differential_html
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

# Even a name that slipped through escaping could load and run nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


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
        _header(case, created),
        f'<p class="finding">{escape(unbroken(headline(case)))}</p>',
        significance_html(case.significance),
        _cautions_line(case),
        _keys(case, key_panels(case, voxels)),
        _part("Deposits", deposits_html(case)),
        _part("Sites of note", f'<div class="plates">{_plates_html(case, shown)}</div>') if shown else "",
        _part("Overview", _overview_html(case, overview_panels(case, voxels))),
        _meaning(case),
        _part("Set aside", set_aside_html(case)),
        f'<span id="cautions"></span>{_part("Cautions", cautions_html(case))}',
        _part("Sums by site", sites_html(case)) if case.sites else "",
        _scores(case),
        _part("Methods", f'<p class="methods">{escape(methods_words(case))}</p>'),
        f"<footer>{escape(STATEMENT)} brainsand {escape(__version__)}.</footer>",
    ]
    return _document(f"Intracranial calcification: {case.acquisition.source}", "\n".join(filter(None, body)))


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}{DIFFERENTIAL_CSS}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _header(case: Case, created: str) -> str:
    made = created.replace("T", " ")[:16] + (" UTC" if created.endswith(("Z", "+00:00")) else "")
    facts = [case.acquisition.source, patient_words(case), f"report made {made}"]
    return (
        "<header><h1>Intracranial calcification on head CT</h1>"
        f"<p>{escape(' · '.join(facts))}</p><p>{escape(unbroken(capital(scan_words(case))))}</p></header>"
    )


def _cautions_line(case: Case) -> str:
    n = len(case.cautions)
    if not n:
        return ""
    said = "1 caution lowers" if n == 1 else f"{n} cautions lower"
    return f'<p class="soft"><a href="#cautions">{said} trust in these numbers (see Cautions).</a></p>'


def _part(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"


def _row(figures: list[str]) -> str:
    name = ("one", "two", "three", "four")[len(figures) - 1]
    return f'<div class="row {name}">{"".join(figures)}</div>'


def _figures(panels: Sequence[Panel], captions: Iterable[str]) -> list[str]:
    return [
        f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
        for picture, caption in zip(panels_svg(panels), captions, strict=True)
    ]


def _keys(case: Case, panels: list[Panel]) -> str:
    figures = _figures(panels, (f"{escape(capital(p.words))}." for p in panels))
    return f'<div class="keys">{_row(figures)}{legend_html(case)}</div>'


def _plates_html(case: Case, shown: list[Plate]) -> str:
    left = len(ranked_sites(case.deposits)) - len(shown)
    note = "Radiological convention: the patient's right is on the left of axial and coronal pictures."
    if left:
        note += f" {left} further {'site is' if left == 1 else 'sites are'} in the table above."
    return f'<p class="note">{escape(note)}</p>{"".join(_plate_html(case, plate) for plate in shown)}'


def _plate_html(case: Case, plate: Plate) -> str:
    lead = plate.deposits[0]
    # Lobes may differ within a site and side; then only the leading deposit's own line names its lobe.
    lobe = lead.lobe if len({d.lobe for d in plate.deposits}) == 1 else None
    name = capital(site_words(lead.site, lead.side, lobe))
    lines = "; ".join(_deposit_words(case, d) for d in plate.deposits[:3])
    more = len(plate.deposits) - 3
    lines += f"; and {more} more in the table" if more > 0 else ""
    captions = ("Axial", "Coronal", "Sagittal", "Axial close-up")
    row = _row(_figures(plate.panels, captions))
    return f'<div class="plate"><h3>{escape(name)}</h3><p class="soft">{escape(lines)}.</p>{row}</div>'


def _deposit_words(case: Case, d: Deposit) -> str:
    plural = "slice" if d.slices[0] == d.slices[1] else "slices"
    return (
        f"Deposit {d.id}: {KIND_WORDS[d.kind]}, {d.morphology}, {volume_words(d)}, peak {d.peak_hu:.0f} HU, "
        f"{plural} {slices_words(case, d)}"
    )


def _overview_html(case: Case, panels: list[Panel]) -> str:
    captions = ("From below", "From the front", "From the patient's left")
    figures = _figures(panels, map(escape, captions))
    words = "Maximum-intensity projections of the inside of the skull over the faint shadow of the bone"
    words += "; deposits in the colour of their kind." if case.deposits else "."
    return f'<p class="note">{words}</p>{_row(figures)}{legend_html(case)}'


def _meaning(case: Case) -> str:
    parts = []
    pattern = pattern_html(case.pattern)
    if pattern:
        parts.append(_part("Pattern", pattern))
    if case.differential is not None:
        parts.append(_part("Possible causes", differential_html(case.differential)))
    if case.next_steps:
        parts.append(_part("Next steps", steps_html(case.next_steps)))
    return "".join(parts)


def _scores(case: Case) -> str:
    inner = scores_html(case.scores)
    return _part("Scores", inner) if inner else ""
