"""How does a virtual scan look to a PACS? One CT Image Storage dataset a slice (PS3.3 A.3).

The person is plainly fictitious (``NOBODY^...``), the dates are fixed, and the unique identifiers are drawn
from ``rng`` under 2.25 (PS3.5 B.2), so the same seed writes the same bytes. The caller saves.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from brainsand.model.volume import Volume
from brainsand.phantom.protocol import Protocol

_DAY: Final = "20000101"
_INTERCEPT: Final = -1024


def to_dicom(
    volume: Volume,
    protocol: Protocol,
    patient_facts: dict[str, Any],
    *,
    rng: np.random.Generator,
    name: str = "IMAGINARY",
    day: str = _DAY,
) -> list[Dataset]:
    """The scan as CT Image Storage datasets, lowest slice first, each with file meta information.

    Parameters
    ----------
    volume : Volume
        int16 HU from -1024 to 3071.
    patient_facts : dict
        ``age_years`` and ``sex`` go into the header; nothing else does.
    name : str
        Follows ``NOBODY^`` in the patient's name. A word that descriptions or kernels use would be struck out of
        them by whoever takes the patient's name off.
    day : str
        Of the study, as DICOM writes it.

    Notes
    -----
    ``GantryDetectorTilt`` carries the protocol's sign, which is GE's; vendors differ, so readers should take
    the tilt from position and orientation.
    """
    study, series, frame = (_uid(rng) for _ in range(3))
    thickness = thickness_of(volume, protocol)
    shared = _shared(protocol, patient_facts, name, day)
    datasets = []
    for k in range(volume.grid.shape[0]):
        ds = Dataset()
        ds.update(shared)
        ds.SOPInstanceUID = _uid(rng)
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        _place(ds, volume, k, float(thickness[k]))
        _pixels(ds, volume, k)
        ds.file_meta = _meta(ds.SOPInstanceUID)
        datasets.append(ds)
    return datasets


def thickness_of(volume: Volume, protocol: Protocol) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Thickness (n,) of each slice of a volume scanned by a protocol, mm."""
    thickness = np.full(volume.grid.shape[0], protocol.slice_mm)
    if protocol.upper_from_slice is not None and protocol.upper_slice_mm is not None:
        thickness[protocol.upper_from_slice :] = protocol.upper_slice_mm
    return thickness


def _shared(protocol: Protocol, facts: dict[str, Any], name: str, day: str) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID = CTImageStorage
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "120000"
    ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
    ds.Modality = "CT"
    ds.Manufacturer = "brainsand phantom"
    ds.StudyDescription, ds.SeriesDescription = "VIRTUAL HEAD CT", f"VIRTUAL HEAD {protocol.kernel}"
    ds.PatientName, ds.PatientID = f"NOBODY^{name}", f"NOBODY-{name}"
    ds.PatientBirthDate = ""
    ds.PatientSex = {"F": "F", "M": "M"}.get(str(facts.get("sex")), "O")
    if facts.get("age_years") is not None:
        ds.PatientAge = _age(float(facts["age_years"]))
    ds.BodyPartExamined = "HEAD"
    ds.KVP = _decimal(protocol.kvp)
    ds.GantryDetectorTilt = _decimal(protocol.tilt_deg)
    ds.ConvolutionKernel = protocol.kernel
    ds.PatientPosition = "HFS"
    ds.SeriesNumber, ds.AcquisitionNumber = 1, 1
    ds.PositionReferenceIndicator = ""
    ds.BurnedInAnnotation = "NO"
    return ds


def _place(ds: Dataset, volume: Volume, k: int, thickness_mm: float) -> None:
    """Image Plane module (PS3.3 C.7.6.2): a row runs along the column step, a column along the row step."""
    grid = volume.grid
    _, row_mm, column_mm = grid.spacing_mm
    ds.InstanceNumber = k + 1
    ds.SliceThickness = _decimal(thickness_mm)
    ds.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
    ds.ImagePositionPatient = [_decimal(x) for x in grid.origins_mm[k]]
    ds.ImageOrientationPatient = [
        _decimal(x) for x in (*(grid.column_step_mm / column_mm), *(grid.row_step_mm / row_mm))
    ]
    ds.SliceLocation = _decimal(float(grid.positions_mm[k]))


def _pixels(ds: Dataset, volume: Volume, k: int) -> None:
    """Stored value = HU + 1024, so that stored values are never below 0 (PS3.3 C.8.2.1.1.4)."""
    stored = np.clip(volume.hu[k].astype(np.int32) - _INTERCEPT, 0, 4095).astype("<u2")
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(_INTERCEPT), "1", "HU"
    ds.WindowCenter, ds.WindowWidth = "40", "80"
    ds.PixelData = stored.tobytes()


def _meta(instance_uid: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _uid(rng: np.random.Generator) -> str:
    """A UUID of version 4 drawn from ``rng``, as a UID under 2.25 (PS3.5 B.2)."""
    bits = bytearray(rng.bytes(16))
    bits[6], bits[8] = (bits[6] & 0x0F) | 0x40, (bits[8] & 0x3F) | 0x80
    return f"2.25.{int.from_bytes(bits, 'big')}"


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2), exact to about 1e-10 mm for a head."""
    for digits in range(12, 0, -1):
        text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
        if len(text) <= 16:
            return "0" if text == "-0" else text
    return f"{value:.0f}"


def _age(years: float) -> str:
    """An age string: months under two years, else years (PS3.5 6.2, AS)."""
    return f"{round(years * 12):03d}M" if years < 2 else f"{int(years):03d}Y"
