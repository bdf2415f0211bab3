"""What is known of the patient, made one: terms that say calcium become findings, terms that are laboratory results
become results, and both doors (patient file, scan) give the same :class:`Observed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from brainsand.interpret.dials import Dials
from brainsand.interpret.labs import Panel, read_labs
from brainsand.interpret.observed import (
    BASAL_GANGLIA,
    SOMEWHERE,
    Observed,
    Sighting,
    from_patient,
    maybe_calcified,
    sightings_of_deposits,
)
from brainsand.interpret.scatter import scatter_of
from brainsand.model.finding import Deposit
from brainsand.model.knowledge import Knowledge
from brainsand.model.patient import Patient
from brainsand.model.sites import SITES
from brainsand.model.terms import Terms

CALCIUM: Final = ("HP:0430048", "HP:0002514")
#: HPO's laterality modifiers.
BILATERAL: Final = "HP:0012832"
UNILATERAL: Final = "HP:0012833"
RIGHT: Final = "HP:0012834"
LEFT: Final = "HP:0012835"
SIDE_OF_MODIFIER: Final = {
    BILATERAL: ("left", "right"),
    RIGHT: ("right",),
    LEFT: ("left",),
    UNILATERAL: ("left",),
}


def site_of_term(term: str, terms: Terms) -> str | None:
    """The site a term says is calcified; ``basal_ganglia`` and ``unknown`` (somewhere) for vaguer terms; else None."""
    sites = terms.calcified_sites(term)
    if not sites:
        return SOMEWHERE if any(terms.is_a(term, general) for general in CALCIUM) else None
    if len(sites) == 1 or any(term in terms.sites[s].exact for s in sites):
        return sites[0]
    return "basal_ganglia" if set(sites) <= set(BASAL_GANGLIA) else SOMEWHERE


def observe(
    patient: Patient,
    knowledge: Knowledge,
    terms: Terms,
    dials: Dials,
    *,
    deposits: Sequence[Deposit] | None = None,
    covered: Mapping[str, float] | None = None,
) -> tuple[Observed, Panel]:
    """Everything observed of one patient, and his laboratory results read together.

    Parameters
    ----------
    patient : Patient
        Checked facts.
    knowledge, terms, dials
        As handed to the ranking.
    deposits : sequence of Deposit, optional
        Of the scan; an empty sequence says that the scan shows no calcium, None that there is no scan.
    covered : mapping of site to share (0 to 1), optional
        How much of each site the scan shows; sites that are not named count as whole.
    """
    observed_terms = [t["id"] for t in patient.phenotype if not t["excluded"]]
    panel = read_labs(
        patient.labs, knowledge.analytes, age_years=patient.age_years, sex=patient.sex, terms=observed_terms
    )
    seen = from_patient(patient, flags=panel.flags, named=dials.named)
    seen = _terms_to_sites(seen, patient.phenotype, terms, dials)
    if deposits is not None:
        seen = _with_scan(seen, deposits, covered or {}, dials)
    ordered = sorted(
        seen.sightings, key=lambda s: (s.site not in SITES, SITES.index(s.site) if s.site in SITES else 0)
    )
    ranked = replace(seen, sightings=tuple(ordered), terms=tuple(sorted(seen.terms)), values=panel.values)
    return ranked, panel


def _terms_to_sites(
    seen: Observed, phenotype: Sequence[Mapping[str, Any]], terms: Terms, dials: Dials
) -> Observed:
    """Calcium terms are findings; a vague one counts only where no finding says more."""
    site_of = {t["id"]: site for t in phenotype if (site := site_of_term(t["id"], terms))}
    calcium = [t for t in phenotype if t["id"] in site_of]
    if not calcium:
        return replace(seen, labels={t["id"]: terms.names.get(t["id"], t["id"]) for t in phenotype})
    known = {s.site for s in seen.sightings}
    places: dict[str, set[str]] = {}
    for term in calcium:
        if not term["excluded"]:
            places.setdefault(site_of[term["id"]], set()).update(_sides(term))
    if len(places) > 1 or known:
        places.pop(SOMEWHERE, None)
    added = tuple(Sighting(site=s, sides=frozenset(v)) for s, v in places.items() if s not in known)
    free = {site_of[t["id"]] for t in calcium if t["excluded"]} - {SOMEWHERE}
    told = {t["id"] for t in calcium}
    sightings = (*seen.sightings, *added)
    return replace(
        seen,
        sightings=sightings,
        # A list of terms is no report of a scan: a site without a term was seldom asked for.
        else_seen=seen.else_seen or (dials.termed if sightings else 0.0),
        absent={**seen.absent, **dict.fromkeys(_whole(free), 1.0)},
        terms=tuple(t for t in seen.terms if t not in told),
        excluded=tuple(t for t in seen.excluded if t not in told),
        labels={t["id"]: terms.names.get(t["id"], t["id"]) for t in phenotype} | dict(seen.labels),
    )


def _whole(sites: set[str]) -> list[str]:
    return [s for site in sorted(sites) for s in (BASAL_GANGLIA if site == "basal_ganglia" else (site,))]


def _sides(term: Mapping[str, Any]) -> set[str]:
    rows = [m.get("id") if isinstance(m, Mapping) else m for m in term.get("modifiers") or ()]
    return {side for row in rows for side in SIDE_OF_MODIFIER.get(str(row), ())}


def _with_scan(
    seen: Observed, deposits: Sequence[Deposit], covered: Mapping[str, float], dials: Dials
) -> Observed:
    """The scan's deposits; what the patient file says of a site corrects the machine there."""
    said = {s.site for s in seen.sightings} | set(seen.absent)
    found = tuple(s for s in sightings_of_deposits(deposits) if s.site not in said)
    hidden = {site: dials.seen * share for site, share in covered.items() if share < 1 and site not in said}
    here = {s.site for s in found}
    return replace(
        seen,
        sightings=(*seen.sightings, *found),
        absent={**{s: p for s, p in hidden.items() if s not in here}, **seen.absent},
        else_seen=dials.seen,
        scanned=True,
        maybe=maybe_calcified(deposits),
        scatter=scatter_of(deposits),
    )
