"""How do the findings come into a PACS as numbers and codes? A Comprehensive 3D SR by TID 1500 (PS3.16).

One volumetric group (TID 1411) a deposit, with its outline on each slice; one a site and side, pointing to its
segment of the SEG; one for the whole brain (TID 1501) with the scores. The words (impression, significance,
cautions) stand in the qualitative evaluations. What is not known is left out, never a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import Comprehensive3DSRStorage

from brainsand import __version__
from brainsand.model import codes as known
from brainsand.model.case import Case
from brainsand.model.correction import BY_READER, READER, Review, Verifier
from brainsand.model.finding import Deposit, SiteSum
from brainsand.report import dicom_concepts as concept
from brainsand.report.dicom_seg import Segment, segments_of
from brainsand.report.dicom_source import (
    MANUFACTURER,
    MODEL,
    Source,
    instances,
    new_object,
    reference,
    tracking_uid,
    uid_of,
)
from brainsand.report.dicom_tree import (
    ACQUIRED,
    CONTAINS,
    CONTEXT,
    HU,
    HU_MM3,
    MG,
    MM,
    MM3,
    MODIFIER,
    ONE,
    PIXELS,
    coded,
    container,
    day,
    image,
    measured,
    number,
    person,
    region,
    text,
    uid,
)
from brainsand.report.gallery import voxels_of
from brainsand.report.methods import STATEMENT
from brainsand.report.pixel_edge import pixel_edges
from brainsand.report.review import review_words
from brainsand.report.words import capital, headline, site_words

MOST_NAMED: Final = 5
"""So many groups of the differential are named in words; the whole of it is in ``case.json``."""


def structured_report(case: Case, source: Source, segmentation: Dataset | None) -> Dataset:
    """The case as a DICOM structured report.

    Parameters
    ----------
    case : Case
        ``picture.deposits`` lies on the slices of ``source``, in their order.
    segmentation : Dataset or None
        The SEG of the same case, which the groups of the sites point to; None where there is no calcium.

    Returns
    -------
    Dataset
        With file meta information, ready to be written. It says of itself who verified it, or that nobody did.
    """
    dataset = new_object(
        source,
        sop_class=Comprehensive3DSRStorage,
        part="sr",
        modality="SR",
        series_number=9002,
        description="brainsand: calcium in the brain (SR)",
    )
    unverified(dataset)
    if case.review is not None and case.review.verifier is not None:
        _verify(dataset, case.review, case.review.verifier)
    dataset.CurrentRequestedProcedureEvidenceSequence = Sequence([_evidence(source, segmentation)])
    root = container(concept.REPORT, _content(case, source, segmentation), relation=None, template="1500")
    dataset.update(root)
    return dataset


def unverified(dataset: Dataset) -> None:
    """Say of a report that it is whole and that nobody verified it (PS3.3 C.17.2)."""
    dataset.ReferencedPerformedProcedureStepSequence = Sequence()
    dataset.PerformedProcedureCodeSequence = Sequence()
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.PreliminaryFlag = "PRELIMINARY"


def _verify(dataset: Dataset, review: Review, verifier: Verifier) -> None:
    """Say who answers for the report, and since when (PS3.3 C.17.2)."""
    item = Dataset()
    item.VerifyingObserverName, item.VerifyingOrganization = verifier.name, verifier.organization
    item.VerificationDateTime = datetime.fromisoformat(review.at).strftime("%Y%m%d%H%M%S%z")
    item.VerifyingObserverIdentificationCodeSequence = Sequence()
    dataset.VerifyingObserverSequence = Sequence([item])
    dataset.VerificationFlag, dataset.PreliminaryFlag = "VERIFIED", "FINAL"


def _evidence(source: Source, segmentation: Dataset | None) -> Dataset:
    """All that the report points to, by study and series (PS3.3 C.17.2.3)."""
    study, series = Dataset(), Dataset()
    series.SeriesInstanceUID = source.series_uid
    series.ReferencedSOPSequence = Sequence(instances(source))
    study.StudyInstanceUID, study.ReferencedSeriesSequence = source.study_uid, Sequence([series])
    if segmentation is not None:
        other = Dataset()
        other.SeriesInstanceUID = segmentation.SeriesInstanceUID
        other.ReferencedSOPSequence = Sequence([_reference_to(segmentation)])
        study.ReferencedSeriesSequence.append(other)
    return study


def _reference_to(dataset: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    return item


def _content(case: Case, source: Source, segmentation: Dataset | None) -> list[Dataset]:
    """TID 1500: language, observer, procedure, image library, measurements, evaluations."""
    segments = {(s.site, s.side): s for s in segments_of(case)} if segmentation is not None else {}
    voxels = voxels_of(case.picture.deposits)
    groups = [_whole_brain(case, source)]
    groups += [
        _site(total, segments[total.site, total.side], source, segmentation)
        for total in case.sites
        if segmentation is not None and (total.site, total.side) in segments
    ]
    groups += [_deposit(d, voxels.get(d.id), source) for d in case.deposits]
    return [
        coded(concept.LANGUAGE, concept.ENGLISH, MODIFIER),
        *observer(source),
        *_person(case),
        coded(concept.PROCEDURE, known.HEAD_CT, MODIFIER),
        _image_library(source),
        container(concept.MEASUREMENTS, groups),
        container(concept.QUALITATIVE, _evaluations(case)),
    ]


def observer(source: Source) -> list[Dataset]:
    """Device observer (TID 1004)."""
    return [
        coded(concept.OBSERVER, concept.DEVICE, CONTEXT),
        uid(concept.DEVICE_UID, uid_of("device", MODEL, __version__), CONTEXT),
        text(concept.DEVICE_NAME, f"{MODEL} {__version__}", CONTEXT),
        text(concept.DEVICE_MANUFACTURER, MANUFACTURER, CONTEXT),
        text(concept.DEVICE_MODEL, MODEL, CONTEXT),
        text(concept.DEVICE_SERIAL, source.settings_hash[:16], CONTEXT),
    ]


def _person(case: Case) -> list[Dataset]:
    """Person observer (TID 1003), where one is to be named."""
    verifier = case.review.verifier if case.review else None
    if verifier is None:
        return []
    return [
        coded(concept.OBSERVER, concept.PERSON, CONTEXT),
        person(concept.PERSON_NAME, verifier.name, CONTEXT),
        text(concept.PERSON_ORGANIZATION, verifier.organization, CONTEXT),
    ]


def _image_library(source: Source) -> Dataset:
    """TID 1600: every image of the scan, and what all of them share."""
    return container(concept.LIBRARY, [library_group(source)], template="1600")


def library_group(source: Source) -> Dataset:
    """TID 1601 of one scan."""
    header, first = source.header, source.slices[0]
    shared = [coded(concept.MODALITY, concept.CT, ACQUIRED), coded(concept.TARGET, known.HEAD, ACQUIRED)]
    date = str(header.get("StudyDate") or "")
    if len(date) == 8 and date.isdecimal():
        shared.append(day(concept.STUDY_DATE, date, ACQUIRED))
    shared += [
        uid(concept.FRAME_OF_REFERENCE, source.frame_of_reference, ACQUIRED),
        number(concept.ROWS, source.grid.shape[1], PIXELS, ACQUIRED),
        number(concept.COLUMNS, source.grid.shape[2], PIXELS, ACQUIRED),
        number(concept.ACROSS, first.spacing_mm[1], MM, ACQUIRED),
        number(concept.DOWN, first.spacing_mm[0], MM, ACQUIRED),
    ]
    images = [image(None, item) for item in instances(source)]
    return container(concept.LIBRARY_GROUP, [*shared, *images], template="1601")


def head_of_group(name: str, tracking: str, source: Source, sites: Iterable[Dataset]) -> list[Dataset]:
    """What TID 1411 and 1501 begin with: tracking, finding, places, algorithm (TID 4019)."""
    parameters = f"settings {source.settings_hash}; knowledge {source.knowledge_version}"
    return [
        text(concept.TRACKING, name, CONTEXT),
        uid(concept.TRACKING_UID, tracking, CONTEXT),
        coded(concept.CATEGORY, known.ABNORMAL_STRUCTURE),
        coded(concept.FINDING, known.CALCIUM_FINDING),
        *sites,
        text(concept.ALGORITHM, MODEL, MODIFIER),
        text(concept.ALGORITHM_VERSION, __version__, MODIFIER),
        text(concept.ALGORITHM_PARAMETERS, parameters, MODIFIER),
    ]


def finding_sites(site: str, side: str, lobe: str | None = None) -> list[Dataset]:
    """The public code of the region, our own where that is wider than the site, and the lobe."""
    region_of, exact = known.region_code(site, side), known.site_code(site, side)
    places = [region_of] + [exact] * (exact != region_of)
    if lobe is not None:
        places.append(known.LOBES[lobe])
    # CID 244 of PS3.16, which laterality takes its values from, has no midline.
    name = concept.TOPOGRAPHY if side == "midline" else concept.LATERALITY
    return [
        coded(concept.FINDING_SITE, place, MODIFIER, [coded(name, known.SIDES[side], MODIFIER)])
        for place in places
    ]


def _deposit(d: Deposit, voxels: NDArray[np.int64] | None, source: Source) -> Dataset:
    """TID 1411 for one deposit; where it is smaller than a voxel of the scan, and so has no outline, TID 1501."""
    name = f"brainsand deposit {d.id}: {site_words(d.site, d.side, d.lobe)}"
    tracking = tracking_uid(source.sha256, d.site, d.side, d.centre_lps_mm)
    items = head_of_group(name, tracking, source, finding_sites(d.site, d.side, d.lobe))
    items += [] if voxels is None else _outlines(voxels, source)
    items += _sizes(d)
    items += measured(known.VOLUME, d.threshold_volume_mm3, MM3, method=known.THRESHOLD_VOLUME)
    items += measured(known.ATTENUATION, d.mean_hu, HU, decimals=1, derivation=known.MEAN)
    items += measured(known.ATTENUATION, d.peak_hu, HU, decimals=1, derivation=known.MAXIMUM)
    items += measured(known.EXCESS, d.excess_hu_mm3, HU_MM3, pm=d.excess_pm_hu_mm3, decimals=1)
    items += measured(concept.LONG_AXIS, d.largest_diameter_mm, MM)
    items += measured(known.AGATSTON_LIKE, d.agatston_like, ONE)
    items += measured(known.CONFIDENCE, d.confidence, ONE, decimals=3)
    items += [
        coded(known.KIND, known.KINDS[d.kind]),
        coded(known.MORPHOLOGY, known.MORPHOLOGIES[d.morphology]),
    ]
    items += [text(concept.COMMENT, capital(BY_READER))] if d.source == READER else []
    return container(concept.GROUP, items, template="1501" if voxels is None else "1411")


def _sizes(d: Deposit | SiteSum) -> list[Dataset]:
    return [
        *measured(known.VOLUME, d.volume_mm3, MM3, pm=d.volume_pm_mm3, method=known.PARTIAL_VOLUME),
        *measured(
            known.CALCIUM_MASS, d.mass_mg, MG, pm=d.mass_pm_mg, decimals=3, method=known.HYDROXYAPATITE
        ),
    ]


def _outlines(voxels: NDArray[np.int64], source: Source) -> list[Dataset]:
    """The deposit's border on each slice it touches, along the pixels' edges."""
    found = []
    for k in np.unique(voxels[:, 0]).tolist():
        places = voxels[voxels[:, 0] == k][:, 1:]
        corner = places.min(axis=0)
        mask = np.zeros(places.max(axis=0) - corner + 1, bool)
        mask[tuple((places - corner).T)] = True
        for curve in pixel_edges(mask):
            points = [(c + int(corner[1]), r + int(corner[0])) for c, r in curve]
            found.append(region(concept.REGION, points, reference(source.slices[k])))
    return found


def _site(total: SiteSum, segment: Segment, source: Source, segmentation: Dataset) -> Dataset:
    """TID 1411 for all deposits of a site and side: their segment, and what they make together."""
    site, side = total.site, total.side
    name = f"brainsand: {site_words(site, side)}"
    items = head_of_group(name, tracking_uid(source.sha256, site, side), source, finding_sites(site, side))
    items.append(image(concept.SEGMENT, _reference_to(segmentation), segment=segment.number))
    items.append(uid(concept.SOURCE_SERIES, source.series_uid, CONTAINS))
    items += measured(known.DEPOSITS, total.count, ONE, decimals=0)
    items += _sizes(total)
    items += measured(known.ATTENUATION, total.peak_hu, HU, decimals=1, derivation=known.MAXIMUM)
    items += measured(known.SHARE_FILLED, total.filled, ONE, pm=total.filled_pm, decimals=4)
    items += measured(known.AGATSTON_LIKE, total.agatston_like, ONE)
    return container(concept.GROUP, items, template="1411")


def _whole_brain(case: Case, source: Source) -> Dataset:
    """TID 1501: the scores, and the sums over all deposits."""
    brain = [coded(concept.FINDING_SITE, known.BRAIN, MODIFIER)]
    items = head_of_group("brainsand: whole brain", uid_of("tracking", source.sha256), source, brain)
    scores = case.scores
    volume, mass = _sum(scores, "volume_mm3"), _sum(scores, "mass_mg")
    excess = _sum(scores, "excess_hu_mm3")
    items += measured(known.DEPOSITS, len(case.deposits), ONE, decimals=0)
    items += measured(known.VOLUME, volume[0], MM3, pm=volume[1], method=known.PARTIAL_VOLUME)
    items += measured(known.CALCIUM_MASS, mass[0], MG, pm=mass[1], decimals=3, method=known.HYDROXYAPATITE)
    items += measured(known.EXCESS, excess[0], HU_MM3, pm=excess[1], decimals=1)
    items += measured(known.AGATSTON_LIKE, scores.get("agatston_like"), ONE)
    items += _total_calcification_score(scores.get("total_calcification_score") or {})
    return container(concept.GROUP, items, template="1501")


def _sum(scores: dict[str, Any], name: str) -> tuple[float | None, float | None]:
    found = scores.get(name) or {}
    return found.get("total"), found.get("pm")


def _total_calcification_score(score: dict[str, Any]) -> list[Dataset]:
    """The total, and the grade of each place that was imaged."""
    items = measured(known.TOTAL_CALCIFICATION_SCORE, score.get("total"), ONE, decimals=0)
    for place, row in (score.get("by_site") or {}).items():
        where = [coded(concept.FINDING_SITE, known.SCORE_SITES[place], MODIFIER)]
        items += measured(known.SITE_GRADE, row["grade"], ONE, decimals=0, below=where)
    return items


def _evaluations(case: Case) -> list[Dataset]:
    """Impression, significance with its reasons, differential in words, cautions, and what this is not."""
    found = [text(concept.IMPRESSION, headline(case))]
    level = case.significance.get("level")
    if level in known.SIGNIFICANCE:
        found.append(coded(known.SIGNIFICANCE_CONCEPT, known.SIGNIFICANCE[level]))
    found += [text(known.SIGNIFICANCE_WORDS, words) for words in case.significance.get("why") or ()]
    groups = (case.differential or {}).get("groups") or []
    if groups:
        named = "; ".join(f"{g['name']} ({100 * g['probability']:.0f} %)" for g in groups[:MOST_NAMED])
        found.append(text(concept.DIFFERENTIAL, named))
    found += [text(known.CAUTION, caution.words) for caution in case.cautions]
    if case.review is not None:
        found.append(text(concept.COMMENT, review_words(case.review)))
    return [*found, text(concept.COMMENT, STATEMENT)]
