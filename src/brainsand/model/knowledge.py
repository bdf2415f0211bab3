"""What is known of the conditions that calcify the brain, as the ranking is handed it.

One :class:`Condition` a file of ``knowledge/conditions``, one :class:`Group` an entry of ``groups.yaml``. A condition
stands in exactly one group: patients, and most often their doctors, need the group; the gene comes after it.
``read.knowledge.load_knowledge`` makes the :class:`Knowledge`; nothing further in opens a file.

Two kinds of chance are kept apart, because papers mix them: how often a person with the condition has any calcium on
CT (``Condition.calcification``), and how often a site holds calcium once there is some (``given="calcified"``) or
among all who have the condition (``given="condition"``). ``Condition.site`` gives either, converted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from brainsand.model.frequency import Estimate, Frequency, Given, Trust, estimate
from brainsand.model.norms import NormCurve, Ordinary
from brainsand.model.vocabulary import AgeShare, Analyte, Background, HistoryWord

Laterality = Literal[
    "bilateral_symmetric", "bilateral_asymmetric", "unilateral", "midline", "multifocal_or_unilateral"
]
Spread = Literal["focal", "multifocal", "systemic"]
Treatable = Literal["yes", "partly", "symptomatic", "preventable", "no", "not_applicable"]
Severity = Literal["benign", "variable", "serious"]
PARENCHYMA = "parenchyma"
"""In ``Condition.sites``: calcium anywhere in the brain's tissue, where a source says no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """A gene, how it is inherited (AD, AR, XL, mitochondrial, somatic, ...) and which zygosities then count.

    ``zygosity`` uses the words of the patient file (heterozygous, homozygous, compound_heterozygous, ...).
    """

    symbol: str
    inheritance: tuple[str, ...]
    zygosity: tuple[str, ...]
    note: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """How many of 100 000 people who get a head CT have the condition: ``log10`` of it, and its doubt.

    ``log10_sd`` is one standard deviation in powers of ten: 0.5 says "within a factor of three, two times in three".
    """

    per_100000: float
    log10_sd: float
    basis: str
    trust: Trust
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """Ages in years: most between ``low`` and ``high``, hardly any below ``earliest`` or above ``latest``.

    Of the age at which persons with the condition get a head CT that shows (or should show) its calcium.
    """

    earliest: float
    low: float
    high: float
    latest: float
    words: str
    trust: Trust
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKnowledge:
    """What is known of one site in one condition; ``site`` is one of ``model.sites.SITES`` or ``parenchyma``."""

    site: str
    frequency: tuple[Frequency, ...]
    laterality: str | None = None
    morphology: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A clinical feature by HPO id; ``frequency`` may hold several facts. ``used`` False: kept, never weighed."""

    id: str
    label: str
    frequency: tuple[Frequency, ...]
    used: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSignature:
    """Results that go together. ``results`` {analyte: the flags it may show: low, normal, high, positive, negative}.

    Several signatures of one condition are alternatives (untreated and treated, typical and early); ``share`` is how
    often each is met. An analyte that no signature names says nothing for or against.
    """

    name: str
    results: Mapping[str, tuple[str, ...]]
    share: Frequency
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFact:
    """How often persons with the condition have this in their history (a word of the patient file).

    ``required``: without it the condition hardly can be (radiation vasculopathy without radiation); what was asked and
    denied then speaks strongly, what was not asked still says nothing.
    """

    word: str
    frequency: tuple[Frequency, ...]
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTest:
    """A test outside the patient file's analytes, and what it shows; for the reader and for what to do next."""

    test: str
    result: str
    trust: Trust
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A published figure about something no other field holds, kept for the reader."""

    what: str
    frequency: Frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence of advice, or a feature that tells the condition from others: for whom, and how soon.

    ``urgency`` urgent, soon or routine; ``to`` specialists as in ``next_steps``, empty: the condition's own.
    """

    text: str
    trust: Trust
    to: tuple[str, ...] = ()
    urgency: str = "routine"
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition; see ``docs/how-to/add-a-condition.md`` for every field in plain words.

    ``spread``: focal (one lesion or one scar: the sites are alternatives), multifocal (some lesions, each anywhere of
    the sites), systemic (the same structures on both sides, together). ``lobes``: how often calcium of the hemispheres
    lies in each lobe, where that is known.
    """

    id: str
    name: str
    group: str
    category: str
    prior: Prior
    ages: Ages
    calcification: tuple[Frequency, ...]
    sites: Mapping[str, SiteKnowledge]
    spread: Spread
    laterality: Laterality
    morphology: tuple[str, ...]
    morphology_words: tuple[str, ...]
    treatable: Treatable
    severity: Severity
    synonyms: tuple[str, ...] = ()
    omim: tuple[str, ...] = ()
    orpha: tuple[str, ...] = ()
    mondo: tuple[str, ...] = ()
    genes: tuple[Gene, ...] = ()
    female_share: Frequency | None = None
    patterns: tuple[str, ...] = ()
    lobes: Mapping[str, tuple[Frequency, ...]] = field(default_factory=dict)
    phenotype: tuple[Feature, ...] = ()
    labs: tuple[LabSignature, ...] = ()
    other_tests: tuple[OtherTest, ...] = ()
    history: tuple[HistoryFact, ...] = ()
    features: tuple[Advice, ...] = ()
    next_tests: tuple[Advice, ...] = ()
    management: tuple[Advice, ...] = ()
    avoid: tuple[Advice, ...] = ()
    family: tuple[Advice, ...] = ()
    specialists: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    sources: tuple[str, ...] = ()
    reviewed: str = ""
    notes: tuple[str, ...] = ()

    def any_calcium(self, *, leave_out: Collection[str] = ()) -> Estimate | None:
        """How often a CT of a person with the condition shows calcium of its own; None where nothing is known."""
        return estimate((f for f in self.calcification if not f.entry_criterion), leave_out=leave_out)

    def site(
        self, site: str, *, given: Given = "calcified", leave_out: Collection[str] = ()
    ) -> Estimate | None:
        """How often ``site`` holds calcium, among the calcified or among all with the condition; None: not reported.

        A fact counted on the other footing is converted by ``any_calcium``; not reported means background, not zero.
        """
        known = self.sites.get(site)
        found = None if known is None else estimate(known.frequency, leave_out=leave_out)
        return None if found is None else _on_footing(found, given, self.any_calcium(leave_out=leave_out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A clinical group above genes: what the ranking ranks. ``members`` are ids of conditions.

    ``benign`` groups are conditions in their own right: they end "incidental". ``background`` groups may stand beside
    any disease (a pineal that calcifies is no rival to tuberous sclerosis). A ``catch_all`` is a sign rather than a
    disease: what is left to say while the cause is not known. ``in_mass`` is how often the calcium lies in a mass,
    where the category does not say it.
    """

    id: str
    name: str
    category: str
    about: str
    members: tuple[str, ...]
    treatable: Treatable
    severity: Severity
    benign: bool = False
    background: bool = False
    catch_all: bool = False
    in_mass: Frequency | None = None
    counts: tuple[Count, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything the ranking is handed: conditions, groups, analytes, history words, base rates of findings."""

    version: str
    hpo_version: str
    conditions: Mapping[str, Condition]
    groups: Mapping[str, Group]
    analytes: Mapping[str, Analyte]
    history: Mapping[str, HistoryWord]
    background: Mapping[str, Background] = field(default_factory=dict)
    population: tuple[AgeShare, ...] = ()
    female_share: float = 0.52
    ordinary: Mapping[str, NormCurve] = field(default_factory=dict)

    def ordinary_at(self, site: str, age_years: float | None, sex: str | None = None) -> Ordinary | None:
        """How common ordinary calcium of a site is; None for a site where none is, or with no age."""
        curve = self.ordinary.get(site)
        return None if curve is None or age_years is None else curve.at(age_years, sex)

    def group_of(self, condition: str) -> Group:
        """The group a condition stands in."""
        return self.groups[self.conditions[condition].group]


def _on_footing(found: Estimate, given: Given, some: Estimate | None) -> Estimate:
    """``found`` converted to a footing: divided or multiplied by the chance of any calcium."""
    footing = {fact.given for fact in found.facts}
    if some is None or footing == {given} or len(footing) != 1:
        return found
    factor = 1.0 / some.mean if given == "calcified" else some.mean
    mean = min(0.98, max(0.002, found.mean * factor))
    patients = min(found.patients, some.patients)
    return Estimate(a=mean * patients, b=(1.0 - mean) * patients, trust=found.trust, facts=found.facts)
