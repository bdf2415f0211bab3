"""How does a follow-up come into a PACS? A Comprehensive 3D SR by TID 1500 (PS3.16), filed with the last scan.

One measurement group (TID 1501) a track and scan, all groups of a track under one tracking identifier, each with its
time point (TID 1502): that of the first scan's own report, so that a viewer can follow the deposit. What became of each
stands in words among the evaluations. What is not known is left out, never a number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence as Many
from dataclasses import replace

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import Comprehensive3DSRStorage

from brainsand.model import codes as known
from brainsand.model.comparison import Amount, Comparison, Track
from brainsand.report import dicom_concepts as concept
from brainsand.report import dicom_sr as single
from brainsand.report.dicom_source import Source, instances, new_object, uid_of
from brainsand.report.dicom_tree import (
    CONTEXT,
    HU_MM3,
    MG,
    MM3,
    MODIFIER,
    ONE,
    coded,
    container,
    measured,
    number,
    text,
)
from brainsand.report.followup_words import change_headline, difference_words, measure_of, ranked, state_words
from brainsand.report.methods import STATEMENT
from brainsand.report.words import capital, site_words


def followup_report(made: Comparison, sources: Many[Source]) -> Dataset:
    """The comparison as a DICOM structured report.

    Parameters
    ----------
    made : Comparison
    sources : sequence of Source
        The scans in the order of the comparison; all are DICOM.

    Returns
    -------
    Dataset
        With file meta information, of the last scan's patient and study, ready to be written. It says of itself that
        nobody verified it.
    """
    review = next((s.review for s in reversed(sources) if s.review is not None), None)
    last = replace(sources[-1], identity=json.dumps([s.identity for s in sources]), review=review)
    dataset = new_object(
        last,
        sop_class=Comprehensive3DSRStorage,
        part="followup",
        modality="SR",
        series_number=9004,
        description="brainsand: follow-up of calcium (SR)",
    )
    single.unverified(dataset)
    studies = [_evidence(s) for s in sources]
    dataset.CurrentRequestedProcedureEvidenceSequence = Sequence(studies[-1:])
    if len({s.study_uid for s in sources}) > 1:
        dataset.PertinentOtherEvidenceSequence = Sequence(studies[:-1])
    else:
        dataset.CurrentRequestedProcedureEvidenceSequence = Sequence([_evidence(*sources)])
    dataset.update(container(concept.REPORT, _content(made, sources), relation=None, template="1500"))
    return dataset


def _evidence(*sources: Source) -> Dataset:
    """All images of scans of one study (PS3.3 C.17.2.3)."""
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = sources[0].study_uid, Sequence()
    for source in sources:
        series = Dataset()
        series.SeriesInstanceUID = source.series_uid
        series.ReferencedSOPSequence = Sequence(instances(source))
        study.ReferencedSeriesSequence.append(series)
    return study


def _content(made: Comparison, sources: Many[Source]) -> list[Dataset]:
    """TID 1500: language, observer, procedure, the images of every scan, measurements, evaluations."""
    groups = [_whole(made, k, s) for k, s in enumerate(sources)]
    groups += [
        _group(made, t, k, s)
        for t in made.tracks
        for k, s in enumerate(sources)
        if t.amounts[k].obstacle is None
    ]
    return [
        coded(concept.LANGUAGE, concept.ENGLISH, MODIFIER),
        *single.observer(sources[-1]),
        coded(concept.PROCEDURE, known.HEAD_CT, MODIFIER),
        container(concept.LIBRARY, [single.library_group(s) for s in sources], template="1600"),
        container(concept.MEASUREMENTS, groups),
        container(concept.QUALITATIVE, _evaluations(made)),
    ]


def _group(made: Comparison, t: Track, k: int, source: Source) -> Dataset:
    name = f"brainsand track {t.number}: {site_words(t.site, t.side, t.lobe)}"
    sites = single.finding_sites(t.site, t.side, t.lobe)
    head = single.head_of_group(name, t.uid, source, [*_time_point(made, k), *sites])
    return container(
        concept.GROUP, [*head, *_sizes(t.amounts[k]), coded(known.KIND, known.KINDS[t.kind])], template="1501"
    )


def _whole(made: Comparison, k: int, source: Source) -> Dataset:
    brain = coded(concept.FINDING_SITE, known.BRAIN, MODIFIER)
    tracking = uid_of("tracking", made.cases[0].acquisition.sha256)
    head = single.head_of_group("brainsand: whole brain", tracking, source, [*_time_point(made, k), brain])
    return container(concept.GROUP, [*head, *_sizes(made.whole.amounts[k])], template="1501")


def _time_point(made: Comparison, k: int) -> list[Dataset]:
    """TID 1502: which scan, in words and as a number; the years, no date."""
    years = made.years[k]
    words = f"scan {k + 1} of {len(made.cases)}"
    if k and years is not None:
        words += f", {years:.2f} years after the first"
    return [text(concept.TIME_POINT, words, CONTEXT), number(concept.TIME_POINT_ORDER, k + 1, ONE, CONTEXT)]


def _sizes(a: Amount) -> list[Dataset]:
    return [
        *measured(known.VOLUME, a.volume_mm3, MM3, pm=a.volume_pm_mm3, method=known.PARTIAL_VOLUME),
        *measured(
            known.CALCIUM_MASS, a.mass_mg, MG, pm=a.mass_pm_mg, decimals=3, method=known.HYDROXYAPATITE
        ),
        *measured(known.EXCESS, a.excess_hu_mm3, HU_MM3, pm=a.excess_pm_hu_mm3, decimals=1),
    ]


def _evaluations(made: Comparison) -> list[Dataset]:
    """The headline, what became of each deposit, cautions, and what this is not."""
    found = [text(concept.IMPRESSION, change_headline(made))]
    found += [text(concept.COMMENT, _words(made, t)) for t in ranked(made)]
    found += [text(known.CAUTION, c.words) for c in made.cautions]
    return [*found, text(concept.COMMENT, STATEMENT)]


def _words(made: Comparison, t: Track) -> str:
    change = t.changes[made.overall]
    said = measure_of(change)
    amount = "" if said is None else f", {difference_words(*said)}"
    return f"Track {t.number}, {capital(site_words(t.site, t.side, t.lobe))}: {state_words(change)}{amount}."
