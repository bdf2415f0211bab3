"""What does a DICOM object take over from the scan it belongs to? Patient, study, frame of reference, and who made it.

An object made of a scan carries the scan's own Patient and Study (PS3.3 C.7.1, C.7.2), so that an archive files
it beside the scan. Text is written in UTF-8 (``ISO_IR 192``), whatever character set the scan used.

Nothing here is random and no clock is read: unique identifiers are drawn from what the object says
(``identity``), so the same case gives the same identifiers and another case others; dates come from ``made``.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import PersonName

from brainsand import __version__
from brainsand.model.codes import OWN, SCHEMES, Code
from brainsand.model.correction import Review
from brainsand.model.grid import Grid
from brainsand.model.identifiers import dicom_uid, uuid_of

MANUFACTURER: Final = "The brainsand developers"
MODEL: Final = "brainsand"
REVIEWED: Final = 10
"""What the series numbers of a reading that a person corrected lie above the machine's."""

# Type 2 of PS3.3 C.7.1.1 and C.7.2.1: written even where the scan is silent.
_ALWAYS: Final = (
    "AccessionNumber", "PatientBirthDate", "PatientID", "PatientName", "PatientSex", "ReferringPhysicianName",
    "StudyDate", "StudyID", "StudyTime",
)  # fmt: skip
_TAKEN: Final = (
    *_ALWAYS, "ClinicalTrialProtocolID", "ClinicalTrialProtocolName", "ClinicalTrialSiteID",
    "ClinicalTrialSiteName", "ClinicalTrialSponsorName", "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointDescription", "ClinicalTrialTimePointID",
    "DeidentificationMethod", "DeidentificationMethodCodeSequence", "IssuerOfAccessionNumberSequence",
    "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "LongitudinalTemporalInformationModified",
    "PatientAge", "PatientIdentityRemoved", "PatientSize", "PatientWeight", "ProcedureCodeSequence",
    "StudyDescription", "StudyInstanceUID",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceSlice:
    """One slice of the scan: its header without pixels, and what its frame says of itself.

    ``frame`` counts from 1 in a multi-frame object and is None in a single-frame one. ``orientation`` is six
    direction cosines, ``spacing_mm`` (row, column), as the header has them.
    """

    header: Dataset
    sop_class: str
    sop_uid: str
    frame: int | None
    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    thickness_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The scan that objects are made of: its slices in the order of the volume, and what stands for the case.

    ``identity`` is a text that differs whenever what is said differs; ``settings_hash`` and
    ``knowledge_version`` name how it was made; ``made`` (with its zone) is the moment;
    ``review`` is what a person made of the reading.
    """

    slices: tuple[SourceSlice, ...]
    grid: Grid
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str | None
    sha256: str
    identity: str
    settings_hash: str
    knowledge_version: str
    made: datetime
    review: Review | None = None

    @property
    def header(self) -> Dataset:
        """The header that patient and study are taken from."""
        return self.slices[0].header

    @property
    def frame_of_reference(self) -> str:
        """The scan's frame of reference; where it has none, one of the series' own (same series, same UID)."""
        return self.frame_of_reference_uid or uid_of("frame of reference", self.series_uid)


def uid_of(*words: str) -> str:
    """A unique identifier (2.25 and a UUID, PS3.5 B.2) drawn from words: same words, same identifier.

    >>> uid_of("a", "b") == uid_of("a", "b"), uid_of("a", "b") == uid_of("ab"), len(uid_of("a")) <= 64
    (True, False, True)
    """
    digest = hashlib.sha256("\0".join(words).encode("utf-8")).digest()
    return dicom_uid(uuid_of(digest, version=5))


def tracking_uid(sha256: str, site: str, side: str, centre_lps_mm: Iterable[float] = ()) -> str:
    """The identifier by which a deposit, or without a centre a site and side, is followed over time.

    It depends on the scan and the place alone (``scan.sha256`` and ``centre_lps_mm`` of ``case.json``), so the
    first scan's can be worked out again, and a later scan's report may keep it.
    """
    return uid_of("tracking", sha256, site, side, *(f"{x:.2f}" for x in centre_lps_mm))


def new_object(
    source: Source, *, sop_class: str, part: str, modality: str, series_number: int, description: str
) -> Dataset:
    """A dataset with file meta information, patient, study, series, equipment and SOP common modules filled.

    ``part`` names the object among those of one case (``"seg"``, ``"sc/1"``): what stands before the stroke is
    its series.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    _take_over(dataset, source.header)
    dataset.StudyInstanceUID = source.study_uid
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = uid_of("instance", part, source.identity)
    dataset.SeriesInstanceUID = uid_of("series", part.partition("/")[0], source.identity)
    dataset.Modality = modality
    _name_series(dataset, source, series_number, description)
    dataset.InstanceNumber = int(part.partition("/")[2] or 1)
    dataset.Manufacturer, dataset.ManufacturerModelName = MANUFACTURER, MODEL
    dataset.SoftwareVersions = [__version__, f"knowledge {source.knowledge_version}"]
    dataset.DeviceSerialNumber = source.settings_hash[:16]
    _date(dataset, source)
    dataset.CodingSchemeIdentificationSequence = Sequence([_scheme()])
    dataset.file_meta = _meta(dataset)
    return dataset


def _name_series(dataset: Dataset, source: Source, number: int, description: str) -> None:
    """Number and description; those of a corrected reading are told from the machine's, for an archive holds both."""
    if source.review is not None:
        number, description = number + REVIEWED, f"{description}, {source.review.words}"
    dataset.SeriesNumber, dataset.SeriesDescription = number, description


def code_item(code: Code) -> Dataset:
    """A code as an item of a code sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme, code.meaning
    return item


def codes(*found: Code) -> Sequence:
    """A sequence of codes."""
    return Sequence([code_item(code) for code in found])


def reference(one: SourceSlice) -> Dataset:
    """A slice as an item of an image reference (PS3.3 10.3)."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class, one.sop_uid
    if one.frame is not None:
        item.ReferencedFrameNumber = one.frame
    return item


def instances(source: Source) -> list[Dataset]:
    """Each SOP instance of the scan once, in the order of the volume."""
    found: dict[str, Dataset] = {}
    for one in source.slices:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class, one.sop_uid
        found.setdefault(one.sop_uid, item)
    return list(found.values())


def as_bytes(dataset: Dataset) -> bytes:
    """The object as a DICOM file (PS3.10)."""
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def from_bytes(file: bytes) -> Dataset:
    """The object that :func:`as_bytes` made a file of."""
    return pydicom.dcmread(io.BytesIO(file))


def _take_over(dataset: Dataset, header: Dataset) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the scan's own header does against the standard is not ours
        for keyword in _TAKEN:
            value = _value_of(header, keyword)
            if value is None and keyword in _ALWAYS:
                value = ""
            if value is not None:
                _set_as_it_is(dataset, keyword, value)
    # Type 1C of PS3.3 C.7.1.1, which many anonymizers leave out.
    methods = ("DeidentificationMethod", "DeidentificationMethodCodeSequence")
    if dataset.get("PatientIdentityRemoved") == "YES" and not any(name in dataset for name in methods):
        dataset.DeidentificationMethod = "Not told by the source images"


def _set_as_it_is(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set an element unchecked: a number too long for the standard is still the patient's number."""
    tag = Tag(keyword)
    dataset.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE))


def _value_of(header: Dataset, keyword: str) -> Any:
    """The element's value as text or sequence, decoded by the header's own character set; None where there is none."""
    try:
        element = header.get_item(keyword)
        if element is None:
            return None
        value = header[keyword].value
    except Exception:  # what cannot be decoded cannot be carried over
        return None
    if isinstance(value, PersonName):
        return PersonName(str(value))
    if isinstance(value, Sequence):
        return _decoded(value, header) if len(value) else None
    return None if value in (None, "") else value


def _decoded(items: Sequence, header: Dataset) -> Sequence:
    for item in items:
        item.decode()
        if "SpecificCharacterSet" in item:
            del item.SpecificCharacterSet
    return Sequence([_plain_copy(item) for item in items])


def _plain_copy(item: Dataset) -> Dataset:
    copy = Dataset()
    for element in item:
        value = element.value
        if isinstance(value, Sequence):
            value = Sequence([_plain_copy(inner) for inner in value])
        copy.add(DataElement(element.tag, element.VR, value, validation_mode=config.IGNORE))
    return copy


def _date(dataset: Dataset, source: Source) -> None:
    """The moment, in the scan's own time zone where it names one, so that all times of the object agree."""
    offset = str(_value_of(source.header, "TimezoneOffsetFromUTC") or "")
    zone = _zone(offset)
    made = source.made.astimezone(zone) if zone is not None else source.made
    if zone is not None:
        dataset.TimezoneOffsetFromUTC = offset
    day, time = made.strftime("%Y%m%d"), made.strftime("%H%M%S")
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = day, time
    dataset.SeriesDate, dataset.SeriesTime = day, time
    dataset.ContentDate, dataset.ContentTime = day, time


def _zone(offset: str) -> timezone | None:
    """The time zone of ``&ZZXX`` (PS3.3 C.12.1.1.8).

    >>> _zone("+0530"), _zone("")
    (datetime.timezone(datetime.timedelta(seconds=19800)), None)
    """
    if len(offset) != 5 or offset[0] not in "+-" or not offset[1:].isdecimal():
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)) if minutes < 900 else None


def _scheme() -> Dataset:
    """Our scheme as an item of the Coding Scheme Identification Sequence (PS3.3 C.12.1.1.9)."""
    own = SCHEMES[OWN]
    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeUID = own.designator, own.uid
    item.CodingSchemeName, item.CodingSchemeVersion = own.name, __version__
    item.CodingSchemeResponsibleOrganization = MANUFACTURER
    return item


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(uid_of("implementation", MODEL))
    meta.ImplementationVersionName = f"BRAINSAND_{__version__}"[:16]
    return meta
