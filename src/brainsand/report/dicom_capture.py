"""What does a PACS show that shows neither SEG nor SR? The report's key pictures as Secondary Capture images.

A few colour pictures (PS3.3 A.8.1) of the head put straight: the key sections with the deposits outlined, and
the overview from three sides. They are pictures to look at, in a series of their own beside the scan; what is
burnt in names no person and no date, and ``BurnedInAnnotation`` says so.
"""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import SecondaryCaptureImageStorage

from brainsand import __version__
from brainsand.arrays.beside import each
from brainsand.model.case import Case
from brainsand.report.dicom_seg import SOURCE_IMAGE
from brainsand.report.dicom_source import Source, codes, new_object, reference
from brainsand.report.figure import Pixels
from brainsand.report.gallery import deposit_voxels, key_panels, overview_panels
from brainsand.report.panel import Panel
from brainsand.report.raster import PER_MM, panel_pixels
from brainsand.report.words import KIND_ORDER, capital

_ROW_AND_COLUMN: Final = {"axial": ["L", "P"], "coronal": ["L", "F"], "sagittal": ["P", "F"]}
"""Where a row and a column of a picture run to, in the patient (PS3.3 C.7.6.1.1.1)."""

_MADE_BY: Final = (
    f"Made by brainsand {__version__} from the head put straight. For research and decision support; "
    "no medical device, not for measuring or reading in place of the scan."
)


def secondary_captures(case: Case, source: Source) -> list[Dataset]:
    """The key pictures of a case as Secondary Capture images, most important first.

    Returns
    -------
    list of Dataset
        With file meta information, ready to be written; instances 1, 2, … of one series.
    """
    voxels = deposit_voxels(case.picture)
    keys = key_panels(case, voxels)
    panels = [*keys, *overview_panels(case, voxels)]
    everywhere: list[str] = [d.kind for d in case.deposits]
    kinds = [[m.kind for m in p.marks] if n < len(keys) else everywhere for n, p in enumerate(panels)]
    pixels = each(_pixels_of, list(zip(panels, kinds, strict=True)))
    return [
        _capture(case, source, panel, picture, number)
        for number, (panel, picture) in enumerate(zip(panels, pixels, strict=True), start=1)
    ]


def _pixels_of(what: tuple[Panel, list[str]]) -> Pixels:
    panel, kinds = what
    legend = [kind for kind in KIND_ORDER if kind in kinds]
    return panel_pixels(panel, (f"{capital(panel.words)}.", _MADE_BY), kinds=legend)


def _capture(case: Case, source: Source, panel: Panel, pixels: Pixels, number: int) -> Dataset:
    dataset = new_object(
        source,
        sop_class=SecondaryCaptureImageStorage,
        part=f"sc/{number}",
        modality="OT",
        series_number=9003,
        description="brainsand: key pictures (SC)",
    )
    dataset.ConversionType, dataset.BodyPartExamined = "SYN", "HEAD"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.PatientOrientation = _ROW_AND_COLUMN[panel.plane]
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"
    said = f" {capital(case.review.words)}." if case.review else ""
    dataset.ImageComments = f"{capital(panel.words)}. {panel.window}.{said}"
    dataset.DerivationDescription = "Head put straight at 1 mm, windowed, deposits outlined"
    dataset.PixelSpacing = [str(round(1 / PER_MM, 6))] * 2
    dataset.SourceImageSequence = Sequence(_sources(case, source, panel))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    data = pixels.tobytes()
    dataset.add_new(0x7FE00010, "OB", data + b"\0" * (len(data) % 2))
    return dataset


def _sources(case: Case, source: Source, panel: Panel) -> list[Dataset]:
    """The slices that hold what the picture is about: its first deposit's, or all where it shows none."""
    lead = next((d for d in case.deposits if panel.marks and d.id == panel.marks[0].id), None)
    first, last = (0, len(source.slices) - 1) if lead is None else lead.slices
    found = []
    for one in source.slices[first : last + 1]:
        item = reference(one)
        item.PurposeOfReferenceCodeSequence = codes(SOURCE_IMAGE)
        found.append(item)
    return found
