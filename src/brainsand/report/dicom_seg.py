"""How does a workstation show where the calcium is? A DICOM Segmentation (PS3.3 A.51) on the scan's own frames.

BINARY, one segment a site and side, holding the voxels of its deposits. Each frame lies exactly on one slice of
the scan, at that slice's own position and thickness, so a gantry tilt and uneven slices are right by
construction; slices without calcium have no frame (PS3.3 C.8.20.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import SegmentationStorage
from pydicom.valuerep import DSfloat

from brainsand import __version__
from brainsand.model.case import Case
from brainsand.model.codes import ABNORMAL_STRUCTURE, CALCIFIED_STRUCTURE, SIDES, Code, region_code, site_code
from brainsand.model.correction import BY_READER, READER
from brainsand.model.finding import Deposit
from brainsand.report.dicom_source import (
    MANUFACTURER,
    MODEL,
    Source,
    SourceSlice,
    codes,
    instances,
    new_object,
    reference,
    tracking_uid,
    uid_of,
)
from brainsand.report.gallery import ranked_sites
from brainsand.report.words import site_words

FAMILY: Final = Code(scheme="DCM", value="123110", meaning="Artificial Intelligence")
_DERIVED: Final = Code(scheme="DCM", value="113076", meaning="Segmentation")
SOURCE_IMAGE: Final = Code(
    scheme="DCM", value="121322", meaning="Source image for image processing operation"
)

# CIELab (D50) of Okabe and Ito's colours, scaled to 0 to 65535 (PS3.3 C.10.7.1.1), one segment after the other; those
# on the edge of sRGB are drawn in a little, where readers that convert roughly run below zero.
_LAB: Final = (
    (36097, 44715, 45456),  # vermilion
    (45400, 28579, 23760),  # sky blue
    (38164, 22587, 36283),  # bluish green
    (58687, 30717, 52162),  # yellow
    (40112, 42582, 30298),  # reddish purple
    (46733, 38217, 49457),  # orange
    (31488, 33870, 23190),  # blue
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment: its number in the object, its site and side, and the deposits it holds."""

    number: int
    site: str
    side: str
    deposits: tuple[Deposit, ...]


def segments_of(case: Case) -> tuple[Segment, ...]:
    """One segment a site and side that has a voxel of the scan, sites of note first; empty where there is none."""
    deposits = case.picture.deposits
    there = set(np.unique(deposits[deposits > 0]).tolist())
    groups = [tuple(d for d in group if d.id in there) for group in ranked_sites(case.deposits)]
    return tuple(
        Segment(number=n, site=group[0].site, side=group[0].side, deposits=group)
        for n, group in enumerate(filter(None, groups), start=1)
    )


def segmentation(case: Case, source: Source) -> Dataset | None:
    """The deposits of a case as a DICOM Segmentation, or None where there is none: a SEG needs a segment.

    Parameters
    ----------
    case : Case
        ``picture.deposits`` lies on the slices of ``source``, in their order.
    source : Source
        The scan's slices.

    Returns
    -------
    Dataset or None
        With file meta information, ready to be written.
    """
    segments = segments_of(case)
    if not segments:
        return None
    labels = _labels(case, segments)
    frames = [(segments[number - 1], k) for number, k in _frames(labels)]
    dataset = new_object(
        source,
        sop_class=SegmentationStorage,
        part="seg",
        modality="SEG",
        series_number=9001,
        description="brainsand: calcium in the brain (SEG)",
    )
    _describe(dataset, source)
    touched = _touched(case)
    dataset.SegmentSequence = Sequence([_segment_item(segment, source, touched) for segment in segments])
    _pixels(dataset, labels, frames)
    _groups(dataset, source, frames)
    _references(dataset, source)
    return dataset


def _touched(case: Case) -> frozenset[tuple[str, str]]:
    """Sites and sides whose deposits a reader took away, or put there or called otherwise."""
    rejected = case.review.rejected if case.review else ()
    corrected = [d for d in case.deposits if d.source == READER]
    return frozenset((d.site, d.side) for d in (*rejected, *corrected))


def _labels(case: Case, segments: tuple[Segment, ...]) -> NDArray[np.uint8]:
    """The number of the segment of each voxel; there are at most 78 sites and sides."""
    deposits = case.picture.deposits
    numbers = np.zeros(int(deposits.max()) + 1, np.uint8)
    for segment in segments:
        numbers[[d.id for d in segment.deposits]] = segment.number
    return numbers[deposits]


def _frames(labels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Each segment's number with each slice it lies on, in that order."""
    slices, size = len(labels), labels[0].size
    flat = np.flatnonzero(labels)
    found = np.unique(labels.ravel()[flat].astype(np.int64) * slices + flat // size)
    return [divmod(pair, slices) for pair in found.tolist()]


def _describe(dataset: Dataset, source: Source) -> None:
    """Frame of Reference, General Image, Segmentation Image and Multi-frame Dimension modules."""
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = source.frame_of_reference, ""
    dataset.ImageType, dataset.BodyPartExamined = ["DERIVED", "PRIMARY"], "HEAD"
    dataset.ContentLabel = "CALCIUM"
    dataset.ContentDescription = "Calcium in the brain, one segment a site and side"
    dataset.ContentCreatorName = ""
    dataset.SegmentationType, dataset.SegmentsOverlap = "BINARY", "NO"
    _lossy(dataset, source)
    organization = Dataset()
    organization.DimensionOrganizationUID = uid_of("dimensions", source.identity)
    dataset.DimensionOrganizationSequence = Sequence([organization])
    dataset.DimensionIndexSequence = Sequence(
        [
            _dimension(organization, 0x0062000B, 0x0062000A, "Segment"),
            _dimension(organization, 0x00200032, 0x00209113, "Position of the slice"),
        ]
    )


def _lossy(dataset: Dataset, source: Source) -> None:
    """Whether the scan's pixels were ever compressed with loss, which what is made of them must tell (C.7.6.1.1.5)."""
    header = source.header
    lossy = str(header.get("LossyImageCompression", "")) == "01"
    dataset.LossyImageCompression = "01" if lossy else "00"
    for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        if lossy and header.get(keyword) not in (None, ""):
            setattr(dataset, keyword, header.get(keyword))


def _dimension(organization: Dataset, pointer: int, group: int, label: str) -> Dataset:
    item = Dataset()
    item.DimensionOrganizationUID = organization.DimensionOrganizationUID
    item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
    item.DimensionDescriptionLabel = label
    return item


def _segment_item(segment: Segment, source: Source, touched: frozenset[tuple[str, str]]) -> Dataset:
    """One item of the Segment Sequence (PS3.3 C.8.20.2): what it is, where, and who drew it."""
    site, side = segment.site, segment.side
    item = Dataset()
    item.SegmentNumber = segment.number
    item.SegmentLabel = site_words(site, side)[:64]
    numbers = ", ".join(str(d.id) for d in segment.deposits)
    by_reader = (site, side) in touched
    said = f"; {BY_READER}" if by_reader else ""
    item.SegmentDescription = f"Calcium of the {site_words(site, side)}{said}; deposits {numbers}"[:1024]
    # PS3.3 C.8.20.2: drawn by a program, with a person's help where one corrected it.
    item.SegmentAlgorithmType = "SEMIAUTOMATIC" if by_reader else "AUTOMATIC"
    item.SegmentAlgorithmName = MODEL
    item.SegmentationAlgorithmIdentificationSequence = Sequence([_algorithm(source)])
    item.SegmentedPropertyCategoryCodeSequence = codes(ABNORMAL_STRUCTURE)
    item.SegmentedPropertyTypeCodeSequence = codes(CALCIFIED_STRUCTURE)
    item.AnatomicRegionSequence = codes(region_code(site, side))
    place = item.AnatomicRegionSequence[0]
    if site_code(site, side) != region_code(site, side):
        item.PrimaryAnatomicStructureSequence = codes(site_code(site, side))
    if side != "midline":  # CID 2 of PS3.16 has no code for it, and an unpaired structure needs none
        place.AnatomicRegionModifierSequence = codes(SIDES[side])
    item.TrackingID = f"brainsand: {site_words(site, side)}"[:64]
    item.TrackingUID = tracking_uid(source.sha256, site, side)
    item.RecommendedDisplayCIELabValue = list(_LAB[(segment.number - 1) % len(_LAB)])
    return item


def _algorithm(source: Source) -> Dataset:
    """Algorithm Identification (PS3.3 10.16)."""
    item = Dataset()
    item.AlgorithmFamilyCodeSequence = codes(FAMILY)
    item.AlgorithmName, item.AlgorithmVersion, item.AlgorithmSource = MODEL, __version__, MANUFACTURER
    item.AlgorithmParameters = f"settings {source.settings_hash}; knowledge {source.knowledge_version}"
    return item


def _pixels(dataset: Dataset, labels: NDArray[np.uint8], frames: list[tuple[Segment, int]]) -> None:
    """One bit a pixel, frame after frame without a gap, lowest bit first (PS3.5 8.1.1)."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = labels.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 1, 1, 0, 0
    dataset.NumberOfFrames = len(frames)
    # Eight frames end at a whole byte, whatever their size; all at once would take a byte a pixel.
    groups = [frames[n : n + 8] for n in range(0, len(frames), 8)]
    packed = b"".join(
        np.packbits([labels[k] == segment.number for segment, k in group], bitorder="little").tobytes()
        for group in groups
    )
    dataset.add_new(0x7FE00010, "OB", packed + b"\0" * (len(packed) % 2))


def _groups(dataset: Dataset, source: Source, frames: list[tuple[Segment, int]]) -> None:
    """Shared and per-frame functional groups (PS3.3 C.7.6.16)."""
    first = source.slices[0]
    shared = Dataset()
    orientation = Dataset()
    orientation.ImageOrientationPatient = decimals(first.orientation)
    shared.PlaneOrientationSequence = Sequence([orientation])
    thickness = _thickness_mm(source)
    even = len(set(thickness)) == 1
    if even:
        shared.PixelMeasuresSequence = Sequence([_measures(first, thickness[0], source)])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    places = {k: n for n, k in enumerate(sorted({k for _, k in frames}), start=1)}
    groups = []
    for segment, k in frames:
        group = _frame_group(segment, source.slices[k], places[k])
        if not even:
            group.PixelMeasuresSequence = Sequence([_measures(source.slices[k], thickness[k], source)])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)


def _thickness_mm(source: Source) -> list[float]:
    """What each slice says of its thickness; where it is silent, the space it stands for."""
    extents = source.grid.slice_extents_mm
    return [
        float(extents[k]) if s.thickness_mm is None else s.thickness_mm for k, s in enumerate(source.slices)
    ]


def _measures(one: SourceSlice, thickness_mm: float, source: Source) -> Dataset:
    item = Dataset()
    item.PixelSpacing = decimals(one.spacing_mm)
    item.SliceThickness = decimals([thickness_mm])[0]
    if source.grid.is_even():  # elsewhere no one number is true, and positions say it all
        item.SpacingBetweenSlices = decimals([source.grid.spacing_mm[0]])[0]
    return item


def _frame_group(segment: Segment, one: SourceSlice, place: int) -> Dataset:
    content, position, identification = Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [segment.number, place]
    position.ImagePositionPatient = decimals(one.position_mm)
    identification.ReferencedSegmentNumber = segment.number
    derivation, image = Dataset(), reference(one)
    derivation.DerivationCodeSequence = codes(_DERIVED)
    image.PurposeOfReferenceCodeSequence = codes(SOURCE_IMAGE)
    image.SpatialLocationsPreserved = "YES"
    derivation.SourceImageSequence = Sequence([image])
    group = Dataset()
    group.FrameContentSequence = Sequence([content])
    group.PlanePositionSequence = Sequence([position])
    group.SegmentIdentificationSequence = Sequence([identification])
    group.DerivationImageSequence = Sequence([derivation])
    return group


def _references(dataset: Dataset, source: Source) -> None:
    """Common Instance Reference module (PS3.3 C.12.2): every instance of the scan's series."""
    series = Dataset()
    series.SeriesInstanceUID = source.series_uid
    series.ReferencedInstanceSequence = Sequence(instances(source))
    dataset.ReferencedSeriesSequence = Sequence([series])


def decimals(numbers: tuple[float, ...] | list[float]) -> list[DSfloat]:
    """Numbers as decimal strings of at most 16 characters (PS3.5 6.2), as exact as those allow.

    >>> [str(x) for x in decimals([0.1, -151.493508, 1 / 3])]
    ['0.1', '-151.493508', '0.33333333333333']
    """
    return [DSfloat(float(x), auto_format=True) for x in numbers]
