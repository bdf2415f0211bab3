"""The printed report in the archive, beside the scan: an Encapsulated PDF object (PS3.3 A.45.1)."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage

from brainsand.model.codes import Code
from brainsand.report.dicom_source import Source, codes, instances, new_object

TITLE: Final = "Intracranial calcification on head CT"
SERIES_NUMBER: Final = 9004
_REPORT: Final = Code(scheme="LN", value="18748-4", meaning="Diagnostic imaging report")


def encapsulated_pdf(pdf: bytes, source: Source) -> Dataset:
    """The PDF as an object of the scan's patient and study, naming the images it was made of.

    Parameters
    ----------
    pdf : bytes
        The document. It names nobody (``BurnedInAnnotation`` NO), so it needs this object around it to be filed.
    source : Source
        The scan.
    """
    dataset = new_object(
        source,
        sop_class=EncapsulatedPDFStorage,
        part="pdf",
        modality="DOC",
        series_number=SERIES_NUMBER,
        description="brainsand: report",
    )
    dataset.ConversionType = "WSD"  # PS3.3 C.8.6.1: made on a workstation
    dataset.AcquisitionDateTime = ""
    dataset.BurnedInAnnotation = "NO"
    dataset.SourceInstanceSequence = Sequence(instances(source))
    dataset.DocumentTitle = TITLE
    dataset.ConceptNameCodeSequence = codes(_REPORT)
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)  # PS3.5 8.2: an even number of bytes
    return dataset
