"""The door: a path comes in, a volume in HU on its true grid goes out, the patient's name stays outside."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from brainsand.errors import ChoiceError, InputRefused, ReadError
from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.model.volume import Volume
from brainsand.read.archive import zip_items
from brainsand.read.choose import Choice, choose
from brainsand.read.deidentify import age_years, sex_of, without_names
from brainsand.read.elements import number_of, text_of
from brainsand.read.files import Item, file_item, folder_items
from brainsand.read.header import ENHANCED_CT, LEGACY_ENHANCED_CT, SliceHeader, positive
from brainsand.read.layout import NativeLayout
from brainsand.read.nifti import NiftiScan, is_nifti, read_nifti
from brainsand.read.series import Gathered, all_names, gather, issuer_and_name, stacks_of
from brainsand.read.stack import DicomScan, nothing_read, read_stack


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadScan:
    """A scan as read.

    ``choice_words`` says which series was taken and why; ``layout`` brings maps back to the file's own axes
    (:func:`~brainsand.read.layout.to_nifti_layout`). ``slices`` are the headers of the volume's slices, in its
    order (empty for NIfTI); they hold the patient's name and number and are for objects that go back where
    the scan came from.
    """

    volume: Volume
    acquisition: Acquisition
    choice_words: str
    layout: NativeLayout = field(default_factory=NativeLayout)
    slices: tuple[SliceHeader, ...] = field(default=(), repr=False)


def read_scan(path: Path, *, series: str | None = None) -> ReadScan:
    """Read one head CT.

    Parameters
    ----------
    path : Path
        A folder (searched to its bottom, whatever the files are called), one DICOM file, a zip of DICOM, or
        a ``.nii`` or ``.nii.gz``.
    series : str, optional
        The UID or number of the series to read, where the rule would choose another.

    Returns
    -------
    ReadScan
        HU, ``int16`` or ``float32``, axes (slice, row, column); slices advance along the normal's larger
        positive component, so from the feet up in an axial scan.

    Refuses with a child of :class:`~brainsand.errors.InputRefused` whatever cannot be measured rightly; what
    only lowers trust is in ``acquisition.cautions``.
    """
    if not path.exists():
        raise ReadError(
            f"There is nothing at {path.name!r}.",
            needed="a DICOM folder or file, a zip of DICOM, or NIfTI.",
            todo="Check the path.",
            code="not_found",
        )
    if path.is_dir():
        return _read_folder(path, series)
    if is_nifti(path.name):
        return _nifti_scan(path)
    if path.suffix.lower() == ".zip" or _begins_as_zip(path):
        with zip_items(path) as items:
            return _dicom_scan(path, items, series)
    return _dicom_scan(path, (file_item(path),), series)


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _read_folder(path: Path, series: str | None) -> ReadScan:
    items = folder_items(path)
    volumes = [item for item in items if is_nifti(item.name)]
    others = [item for item in items if not is_nifti(item.name)]
    if not volumes:
        return _dicom_scan(path, others, series)
    try:
        return _dicom_scan(path, others, series)
    except ReadError as fault:
        if fault.code != "not_dicom":
            raise
    if len(volumes) == 1:
        return _nifti_scan(path / volumes[0].name)
    raise ChoiceError(
        f"The folder holds {len(volumes)} NIfTI files and no DICOM.",
        needed="one scan.",
        todo="Give the one file.",
        code="several_files",
    )


def _dicom_scan(path: Path, items: Iterable[Item], series: str | None) -> ReadScan:
    gathered = gather(items)
    if not gathered.headers:
        raise nothing_read(gathered.strangers, len(gathered.damaged))
    try:
        return _chosen_scan(path, gathered, series)
    except InputRefused as refusal:
        names = all_names(gathered.headers)
        raise refusal.reworded(lambda words: without_names(words, names) or "") from None


def _chosen_scan(path: Path, gathered: Gathered, series: str | None) -> ReadScan:
    choice = choose(stacks_of(gathered.headers), series=series)
    scan = read_stack(choice.stack.slices)
    cautions = [*choice.cautions, *scan.cautions]
    if gathered.damaged:
        words = f"{len(gathered.damaged)} file(s) begin as DICOM but could not be read and were left out."
        cautions.append(Caution(code="damaged_files", words=words))
    return ReadScan(
        volume=Volume(hu=scan.hu, grid=scan.grid),
        acquisition=_acquisition(path, scan, choice, tuple(cautions)),
        choice_words=without_names(choice.words, all_names(gathered.headers)) or "",
        slices=scan.slices,
    )


def _acquisition(path: Path, scan: DicomScan, choice: Choice, cautions: tuple[Caution, ...]) -> Acquisition:
    first, names = choice.stack.first, issuer_and_name(choice.stack.first)
    data = first.dataset
    enhanced = first.sop_class in (ENHANCED_CT, LEGACY_ENHANCED_CT)
    thickness = [s.thickness_mm for s in scan.slices if s.thickness_mm is not None]
    return Acquisition(
        source=without_names(path.name, names) or "",
        format="DICOM, enhanced" if enhanced else "DICOM",
        sha256=scan.sha256,
        series_uid=first.series_uid,
        study_uid=first.study_uid,
        frame_of_reference_uid=text_of(data, 0x00200052),
        kvp=positive(number_of(data, 0x00180060)),
        kernel=first.kernel,
        sharp_kernel=choice.kind.sharp,
        thickness_mm=_usual(thickness),
        manufacturer=text_of(data, 0x00080070),
        model_name=text_of(data, 0x00081090),
        description=without_names(first.description, names),
        contrast_tag=choice.kind.contrast,
        age_years=age_years(
            said=text_of(data, 0x00101010),
            born=text_of(data, 0x00100030),
            scanned=text_of(data, 0x00080020) or text_of(data, 0x00080022),
        ),
        sex=sex_of(text_of(data, 0x00100040)),
        patient_position=text_of(data, 0x00185100),
        source_frames=tuple((s.sop_uid, s.frame) for s in scan.slices),
        cautions=cautions,
    )


def _usual(thickness_mm: list[float]) -> float | None:
    """The commonest thickness, of equally common ones the thickest: what a slice may blur is not understated.

    >>> _usual([4.0, 4.0, 7.0, 7.0]), _usual([])
    (7.0, None)
    """
    counts = Counter(thickness_mm)
    return max(counts, key=lambda t: (counts[t], t)) if counts else None


def _nifti_scan(path: Path) -> ReadScan:
    scan = read_nifti(path)
    return ReadScan(
        volume=Volume(hu=scan.hu, grid=scan.grid),
        acquisition=Acquisition(
            source=path.name, format="NIfTI", sha256=_sum_of(scan), cautions=scan.cautions
        ),
        choice_words="Read the one volume of the NIfTI file.",
        layout=scan.layout,
    )


def _sum_of(scan: NiftiScan) -> str:
    digest = hashlib.sha256(scan.hu.data)
    for part in (scan.grid.origins_mm, scan.grid.row_step_mm, scan.grid.column_step_mm):
        digest.update(np.ascontiguousarray(part, np.float64).data)
    return digest.hexdigest()
