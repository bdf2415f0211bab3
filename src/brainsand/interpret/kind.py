"""Physiologic, age related, vascular, ectopic or indeterminate: what kind of calcium is this deposit?

The site's rule (:mod:`brainsand.interpret.rules`) decides. Where the site itself is in doubt (its
probability under 0.55) and a neighbour of at least 0.25 would make it another kind, the answer is
*indeterminate* and says between what; sites at which it would be ordinary alike count together.
Attenuation under 100 HU adds a reason, because calcium and blood overlap there on one energy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from brainsand.interpret.facts import Companion, Facts, Verdict
from brainsand.interpret.norm import Norms, cite, limit, limit_source
from brainsand.interpret.rules import RULES, words_of
from brainsand.model.finding import ORDINARY_KINDS, Kind, KindReason, Morphology, Side

#: A site at least this probable is believed; a rival at least this probable is heard (expert).
BELIEVED: Final = 0.55
HEARD: Final = 0.25


def kind_of(
    *,
    site: str,
    side: Side,
    diameter_mm: float,
    volume_mm3: float,
    thickness_mm: float,
    morphology: Morphology,
    peak_hu: float,
    age_years: float | None,
    norms: Norms,
    diameter_pm_mm: float = 0.0,
    site_probabilities: Mapping[str, float] | None = None,
    companions: Sequence[Companion] = (),
) -> tuple[Kind, tuple[KindReason, ...]]:
    """The kind of one deposit and the reasons, the deciding one first.

    Parameters
    ----------
    site, side : str
        Of ``model.sites``.
    diameter_mm, diameter_pm_mm : float
        Largest diameter and its doubt (``Form.largest_diameter_mm``, ``Form.diameter_pm_mm``).
    volume_mm3 : float
        The corrected volume where there is one, else the threshold volume.
    thickness_mm : float
        Smallest of the three extents.
    morphology : str
        The word for its form.
    peak_hu : float
        Highest attenuation, HU.
    age_years : float or None
        Of the person; None leaves open what age decides, and says so.
    norms : mapping
        Of ``read.knowledge.load_norms``.
    site_probabilities : mapping of site to probability, optional
        Of ``Placed``; without it the site is taken as sure.
    companions : sequence of Companion
        The other deposits of the same head.

    Raises
    ------
    ValueError
        For a site that is not in ``model.sites``.
    """
    if site not in RULES:
        raise ValueError(f"The site {site!r} came; one of {', '.join(sorted(RULES))} is needed.")
    facts = Facts(
        site=site,
        side=side,
        diameter_mm=diameter_mm,
        diameter_pm_mm=diameter_pm_mm,
        volume_mm3=volume_mm3,
        thickness_mm=thickness_mm,
        morphology=morphology,
        peak_hu=peak_hu,
        age_years=age_years,
        norms=norms,
        site_probabilities=dict(site_probabilities or {site: 1.0}),
        companions=tuple(companions),
    )
    verdict = _with_border_doubt(facts, RULES[site](facts))
    return verdict.kind, (*verdict.reasons, *_faint(facts))


def _with_border_doubt(f: Facts, verdict: Verdict) -> Verdict:
    """Indeterminate where the site is not believed and a heard rival would be another kind."""
    if f.share(f.site) >= BELIEVED or verdict.kind == "indeterminate":
        return verdict
    others = {s: RULES[s](replace(f, site=s)) for s in f.site_probabilities if s != f.site and s in RULES}
    agreeing = [s for s, other in others.items() if _alike(other.kind, verdict.kind)]
    if f.share(f.site, *agreeing) >= BELIEVED:
        return verdict
    for rival, other in others.items():
        heard = rival not in agreeing and f.share(rival) >= HEARD
        # A rule that reads a border dot as its neighbour's has already weighed this rival.
        if heard and not _weighed(verdict, rival):
            return _between(f, verdict, rival, other)
    return verdict


def _alike(one: Kind, other: Kind) -> bool:
    return one == other or (one in ORDINARY_KINDS and other in ORDINARY_KINDS)


def _weighed(verdict: Verdict, rival: str) -> bool:
    rules = {reason.rule for reason in verdict.reasons}
    return (rival == "globus_pallidus" and "beside_pallidum" in rules) or (
        rival == "choroid_plexus" and "beside_plexus" in rules
    )


def _between(f: Facts, verdict: Verdict, rival: str, other: Verdict) -> Verdict:
    words = (
        f"It lies between {words_of(f.site)} ({f.share(f.site):.0%}), where it would be "
        f"{words_of(verdict.kind)}, and {words_of(rival)} ({f.share(rival):.0%}), where it would be "
        f"{words_of(other.kind)}: the map cannot tell."
    )
    reason = KindReason(rule="site_in_doubt", words=words, source=cite(f.norms, "house"))
    return Verdict(kind="indeterminate", reasons=(reason, *verdict.reasons[:1], *other.reasons[:1]))


def _faint(f: Facts) -> tuple[KindReason, ...]:
    sure = limit(f.norms, "sure_calcium_hu")
    if f.peak_hu >= sure:
        return ()
    words = (
        f"It peaks at {f.peak_hu:.0f} HU: under {sure:g} HU calcium and blood overlap on a single-energy CT."
    )
    return (KindReason(rule="faint", words=words, source=limit_source(f.norms, "sure_calcium_hu")),)
