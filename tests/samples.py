"""Small made-up scans for tests: a ball of brain in a shell of bone, written as DICOM or NIfTI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROOT = "1.2.826.0.1.3680043.10.999"


def head_hu(shape: tuple[int, int, int] = (12, 32, 32), seed: int = 0) -> NDArray[np.int16]:
    """Air outside, bone of 900 HU around brain of 35 HU, a spot of 300 HU off the middle, noise of 3 HU."""
    axes = [np.linspace(-1, 1, n) for n in shape]
    k, r, c = np.meshgrid(*axes, indexing="ij")
    radius = np.sqrt((0.6 * k) ** 2 + r**2 + c**2)
    hu = np.where(radius < 0.95, 900.0, -1000.0)
    hu[radius < 0.8] = 35.0
    hu[shape[0] // 2, shape[1] // 3, shape[2] // 4] = 300.0
    noise = np.random.default_rng(seed).normal(0, 3, shape)
    return np.rint(hu + noise).astype(np.int16)


def axial_positions(slices: int, gap_mm: float = 5.0) -> list[tuple[float, float, float]]:
    """Positions of an upright stack."""
    return [(-100.0, -110.0, 20.0 + k * gap_mm) for k in range(slices)]


def slice_dataset(
    stored: NDArray[Any],
    *,
    number: int = 1,
    position: Sequence[float] = (0.0, 0.0, 0.0),
    orientation: Sequence[float] = AXIAL,
    spacing: Sequence[float] = (6.0, 6.0),
    series: str = "1",
    study: str = "1",
    patient: str = "P1",
    slope: float = 1,
    intercept: float = 0,
    **elements: Any,
) -> FileDataset:
    """One CT slice; ``elements`` overrides any element by its keyword, ``None`` takes it out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"{ROOT}.{study}.{series}.{number}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{ROOT}.{study}", f"{ROOT}.{study}.{series}"
    ds.FrameOfReferenceUID = f"{ROOT}.{study}.0"
    ds.Modality, ds.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientID, ds.PatientName, ds.SeriesNumber = patient, "Doe^Jane", int(series)
    ds.InstanceNumber, ds.SliceThickness, ds.KVP = number, 5, 120
    ds.ImagePositionPatient, ds.ImageOrientationPatient = list(position), list(orientation)
    ds.PixelSpacing = list(spacing)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = ds.BitsStored = 8 * stored.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(stored.dtype.kind == "i")
    ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
    ds.PixelData = stored.tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def write(ds: Dataset, path: Path) -> Path:
    """Write a dataset as it is, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def write_series(
    folder: Path,
    hu: NDArray[Any] | None = None,
    *,
    positions: Sequence[Sequence[float]] | None = None,
    names: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[Path]:
    """Write a stack of slices into a folder; further keywords go to :func:`slice_dataset`."""
    volume = head_hu() if hu is None else hu
    places = axial_positions(len(volume)) if positions is None else positions
    called = names or [f"{kwargs.get('series', '1')}_{k:03d}" for k in range(len(volume))]
    return [
        write(slice_dataset(volume[k], number=k + 1, position=places[k], **kwargs), folder / called[k])
        for k in range(len(volume))
    ]


def write_enhanced(path: Path, hu: NDArray[np.int16], positions: Sequence[Sequence[float]]) -> Path:
    """Write one enhanced multi-frame CT whose frames lie at ``positions``."""
    ds = slice_dataset(hu[0], RescaleSlope=None, RescaleIntercept=None, ImagePositionPatient=None)
    for keyword in ("ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(ds, keyword)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    shared, measures, rescale, plane, recon = (Dataset() for _ in range(5))
    measures.PixelSpacing, measures.SliceThickness = [6, 6], 5
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = 1, -1024, "HU"
    plane.ImageOrientationPatient = list(AXIAL)
    recon.ConvolutionKernel = "Hr38"
    shared.PixelMeasuresSequence, shared.PixelValueTransformationSequence = [measures], [rescale]
    shared.PlaneOrientationSequence, shared.CTReconstructionSequence = [plane], [recon]
    ds.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for position in positions:
        frame, place = Dataset(), Dataset()
        place.ImagePositionPatient = list(position)
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = frames
    ds.NumberOfFrames, ds.PixelRepresentation = len(hu), 0
    ds.PixelData = (hu.astype(np.int32) + 1024).astype(np.uint16).tobytes()
    return write(ds, path)


def write_nifti(
    path: Path,
    values: NDArray[Any],
    affine: NDArray[np.float64],
    *,
    slope: float | None = None,
    **header: Any,
) -> Path:
    """Write values (i, j, k) as NIfTI with an affine to RAS mm; ``header`` sets raw header fields."""
    image = nibabel.Nifti1Image(values, affine, dtype=values.dtype)
    image.header.set_xyzt_units("mm")
    for name, value in header.items():
        image.header[name] = value
    if slope is not None:
        image.header.set_slope_inter(slope, header.get("scl_inter", 0))
    nibabel.save(image, path)
    return path
