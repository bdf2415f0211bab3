"""The group's page: one HTML file with vector figures, captions, tables and the methods in words; it loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np

from brainsand import __version__
from brainsand.cohort import figures
from brainsand.cohort.atlas_map import AtlasMap
from brainsand.cohort.centiles import Curve
from brainsand.cohort.groupdata import UNIT_OF, Group
from brainsand.cohort.map_picture import map_html
from brainsand.cohort.prevalence import ALL_AGES
from brainsand.report.document import document, section
from brainsand.report.style import CSS

Rows = Sequence[Mapping[str, Any]]
_OWN: Final = """
svg.plot{display:block;width:100%;height:auto;max-width:1000px}img.map{width:100%;max-width:1000px;background:#000}
figure{margin:1rem 0 1.6rem}figcaption{max-width:62rem}.flow{border-left:2px solid var(--line);padding-left:.9rem}
.flow p{margin:.1rem 0}
.ramp{display:flex;gap:.6rem;align-items:center;font-size:.86rem;color:var(--soft)}
.ramp i{width:16rem;height:.7rem;background:linear-gradient(90deg,#fff7bc,#fec44f,#ec7014,#993404,#4d004b)}
"""
SHOWN: Final = 6
"""Sites drawn one by one: the commonest."""
STATEMENT: Final = "For research; brainsand is not a medical device. Associations are no causes."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """Everything the group level found, ready to be told."""

    group: Group
    population: str
    tried: Mapping[str, int]
    prevalence: Rows
    curves: Mapping[tuple[str, str], Mapping[str, Curve]]
    associations: Mapping[str, Rows]
    comparisons: Mapping[str, Rows]
    harmonization: Rows
    missing: Rows
    atlas: AtlasMap | None
    resamples: int


def page(study: Study) -> str:
    """The whole page."""
    parts = [
        f"<header><h1>Calcium in the brain: a cohort</h1><p>{escape(study.population)}</p></header>",
        f'<p class="finding">{escape(_finding(study))}</p>',
        section("Who was measured", _flow(study)),
        section("How common", _common(study)),
        section("How much at which age", _ages(study)) if study.curves else _no_curves(study),
        *(
            section(f"Burden and {name}", _association(name, rows))
            for name, rows in study.associations.items()
        ),
        *(section(f"Groups by {name}", _comparison(name, rows)) for name, rows in study.comparisons.items()),
        section("Where", _where(study.atlas)) if study.atlas else "",
        section("Slice thickness", _thickness(study)),
        section("What is not known", _missing(study.missing)),
        section("Methods", "".join(f'<p class="methods">{escape(p)}</p>' for p in methods(study))),
        f"<footer>{escape(STATEMENT)} brainsand {escape(__version__)}.</footer>",
    ]
    body = "\n".join(filter(None, parts))
    return document("Calcium in the brain: a cohort", body, style=f"{CSS}{_OWN}")


def _figure(drawn: str, caption: str) -> str:
    return f"<figure>{drawn}<figcaption>{escape(caption)}</figcaption></figure>"


def _finding(study: Study) -> str:
    row = _whole(study.prevalence)
    if row is None:
        return "No scan shows the whole brain."
    ends = f"{100 * row['wilson_low']:.0f} to {100 * row['wilson_high']:.0f} %"
    commonest = [figures.site_name(s) for s in shown_sites(study.prevalence)[:3]]
    return (
        f"{row['with_any']} of {row['persons']} persons ({100 * row['share']:.0f} %, 95 % interval "
        f"{ends}) hold calcium "
        f"somewhere in the brain; the commonest sites are {', '.join(commonest)}."
    )


def _whole(rows: Rows) -> Mapping[str, Any] | None:
    own = (r for r in rows if r["site"] == "total" and r["sex"] == "all")
    return next((r for r in own if (r["age_from"], r["age_to"]) == ALL_AGES), None)


def shown_sites(rows: Rows) -> list[str]:
    """The commonest sites, the whole not among them."""
    own = [
        r
        for r in rows
        if r["sex"] == "all" and (r["age_from"], r["age_to"]) == ALL_AGES and r["site"] != "total"
    ]
    return [r["site"] for r in sorted(own, key=lambda r: (-r["share"], r["site"])) if r["with_any"]][:SHOWN]


def _flow(study: Study) -> str:
    steps = [*study.tried.items(), *((words, number) for words, number in study.group.flow)]
    lines = "".join(
        f"<p>{number} {escape(words)}</p>" for words, number in steps if number or "left out" not in words
    )
    age = study.group.real["age_years"][study.group.first]
    known = age[np.isfinite(age)]
    sex = study.group.text["sex"][study.group.first]
    said = [f"{int((sex == s).sum())} {words}" for s, words in (("F", "women"), ("M", "men"))]
    ages = (
        f"median age {np.median(known):.0f} ({known.min():.0f} to {known.max():.0f}); " if len(known) else ""
    )
    return f'<div class="flow">{lines}</div><p>{escape(ages + ", ".join(said))}.</p>'


def _common(study: Study) -> str:
    whole = _whole(study.prevalence)
    none = [
        figures.site_name(r["site"])
        for r in study.prevalence
        if r["sex"] == "all"
        and (r["age_from"], r["age_to"]) == ALL_AGES
        and not r["with_any"]
        and r["site"] != "unknown"
    ]
    nobody = f" Nobody holds any in: {', '.join(none)}." if none and whole else ""
    forest = _figure(
        figures.prevalence_figure(study.prevalence),
        "Share of persons with any calcium at each site (first scan of each person, both sides together, persons whose "
        f"scan shows the site). Lines are Wilson's 95 % intervals.{nobody}",
    )
    by_age = _figure(
        figures.age_figure(study.prevalence, shown_sites(study.prevalence)),
        "The same by band of ages at the commonest sites; points lie at the middle of their band.",
    )
    return forest + by_age + '<p class="note">All figures: prevalence.tsv.</p>'


def _ages(study: Study) -> str:
    measure = study.group.measure
    wanted = [*shown_sites(study.prevalence)[: SHOWN - 1], "total"]
    own = {site: study.curves[site, measure] for site in wanted if (site, measure) in study.curves}
    if not own:
        return _too_few(study)
    n = int(study.group.first.sum())
    share = _figure(
        figures.any_figure(own),
        f"Probability of any calcium by age, natural cubic splines; bands are 95 % intervals of {study.resamples} "
        f"resamples of persons ({n} persons).",
    )
    curves = _figure(
        figures.centile_figure(own, unit=UNIT_OF[measure]),
        f"Centiles of the amount ({UNIT_OF[measure]}) among all people of an age, those without "
        "calcium included; bands "
        "are 95 % intervals of the 50th and 90th. The scale is of cube roots. Both sexes.",
    )
    return (
        share + curves + '<p class="note">Numbers: centiles.tsv. To read new scans by them: norms.json.</p>'
    )


def _no_curves(study: Study) -> str:
    return section("How much at which age", _too_few(study))


def _too_few(study: Study) -> str:
    from brainsand.cohort.centiles import LEAST_SCANS, LEAST_WITH

    n = len(study.group.first)
    return (
        f"<p>No curves: they need at least {LEAST_SCANS} scans with a known age that show a site, {LEAST_WITH} of them "
        f"with calcium there; {n} scans count here.</p>"
    )


def _association(name: str, rows: Rows) -> str:
    if not rows:
        return "<p>Too few persons, or too few with the rarer outcome, to ask.</p>"
    first = rows[0]
    counted = (
        f"{first['cases']} of {first['persons']} with {first['outcome']}"
        if first["cases"] is not None
        else (f"{first['persons']} persons")
    )
    kind = "Odds ratios" if first["measure"] == "odds_ratio" else "Changes"
    left = max(row["left_out"] for row in rows)
    gone = f"; up to {left} persons left out for missing values" if left else ""
    few = " Firth's penalty was used where cases are few." if any(r["penalized"] for r in rows) else ""
    caption = (
        f"{kind} of {name} ({counted}{gone}) for one unit of burden, with "
        f"{first['covariates']} held equal, and 95 % intervals. Colour: q under 0.05 over all lines.{few}"
    )
    return _figure(figures.odds_figure(rows), caption) + '<p class="note">Numbers: association.tsv.</p>'


def _comparison(name: str, rows: Rows) -> str:
    if not rows:
        return "<p>No two groups that could be compared.</p>"
    ordered = sorted(rows, key=lambda r: (r["p"] if r["p"] is not None else 2.0, r["site"]))[:24]
    caption = (
        f"Groups of {name}: difference of the shares with any calcium and Newcombe's 95 % interval; "
        "Cliff's delta of the "
        "amounts; q over all sites. Colour: q under 0.05. The surest 24 are drawn, all are in comparison.tsv."
    )
    return _figure(figures.comparison_figure(ordered), caption)


def _where(found: AtlasMap | None) -> str:
    if found is None:
        return ""
    picture, top = map_html(found)
    caption = (
        f"Share of {found.scans} persons with a deposit, on slices of the template, the patient's "
        f"right on the left; colours from 0 to {100 * top:.1f} %. Heads are laid on the template by an affine pose "
        "alone, so small structures are blurred. Volumes: calcification_share.nii.gz, calcification_count.nii.gz."
    )
    ends = f'<p class="ramp"><span>0</span><i></i><span>{100 * top:.1f} %</span></p>'
    return _figure(picture + ends, caption)


def _thickness(study: Study) -> str:
    whole = next((r for r in study.harmonization if r["site"] == "total"), None)
    if whole is None:
        return "<p>Slice thickness hardly varies here, or is not known: nothing was harmonized.</p>"
    held = "age, sex and scanner held equal" if whole["scanner_held_equal"] else "age and sex held equal"
    doubt = f"Age, sex and scanner tell {100 * whole['of_other_covariates']:.0f} % of the thickness" + (
        "." if whole["scanner_held_equal"] else ", so scanner and thickness cannot be told apart here."
    )
    words = (
        f"For each millimetre of slice thickness the amount (where there is some) changes by a factor of "
        f"{whole['amount_per_mm']:.2f} ({whole['amount_low']:.2f} to {whole['amount_high']:.2f}), {held}. Amounts "
        f"carried to {whole['reference_mm']:g} mm are in harmonized.parquet. {doubt}"
    )
    return (
        f'<p>{escape(words)}</p><p class="note">Site by site, with shares above a common floor: '
        "harmonization.tsv.</p>"
    )


def _missing(rows: Rows) -> str:
    lacking = [r for r in rows if r["not_known"]]
    if not lacking:
        return "<p>Nothing is missing.</p>"
    head = "".join(f"<th>{w}</th>" for w in ("What", "Not known", "Share", "Median age: known, not known"))
    body = "".join(
        f"<tr><td>{escape(r['what'].replace('_', ' '))}</td><td>{r['not_known']} of {r['scans']}</td>"
        f"<td>{100 * r['share']:.1f} %</td><td>{_age(r['median_age_known'])}, "
        f"{_age(r['median_age_not_known'])}</td></tr>"
        for r in lacking
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _age(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.0f}"


def methods(study: Study) -> Iterable[str]:
    """The methods in words a paper could use."""
    measure = "hydroxyapatite-equivalent mass" if study.group.measure == "mass_mg" else "volume"
    # Twelve digits of a sum tell settings apart; the tables hold all of it.
    programs = "; ".join(p[:-52] if len(p.rpartition(" ")[2]) == 64 else p for p in study.group.programs)
    yield (
        f"Calcium was found, placed and measured by brainsand {__version__} (version, knowledge, "
        f"settings: {programs}). "
        "Scans with contrast medium and scans whose pixels had been seen before were left out. Where not said "
        "otherwise, one scan a person counts, the first."
    )
    yield (
        "Shares carry Wilson's intervals (Clopper and Pearson's in the table). Centiles come from a two-part model: "
        f"logistic regression of any calcium, and a location-scale model of log {measure} with an empirical residual "
        "shape, both on natural cubic splines of age with sex and sex by age; all scans of a person were used, and "
        f"persons were resampled {study.resamples} times for the intervals."
    )
    yield (
        "Associations are logistic (Firth's penalty where the rarer outcome has fewer than ten for "
        "each coefficient) or "
        "linear (White's errors) regressions on complete cases; groups are compared by differences of shares "
        "(Newcombe), Cliff's delta, and adjusted odds ratios. Several questions are controlled by Benjamini and "
        "Hochberg's q; Holm's p stands in the table."
    )
