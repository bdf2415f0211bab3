"""A virtual patient onto the disk: the scan as a scanner would send it, the truth, and the patient file.

As ``run`` is for a scan: the phantom room makes it, this puts it in files, whole or not at all.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from brainsand.errors import ReadError, UsageError
from brainsand.progress import SILENT, Progress
from brainsand.save import Draft, json_text, whole_results

if TYPE_CHECKING:
    from brainsand.phantom.head import VirtualHead
    from brainsand.phantom.virtual import VirtualPatient

RECORDS: Final[tuple[str, ...]] = ("truth.json",)
NAMES: Final[tuple[str, ...]] = (*RECORDS, "patient.json", "truth.nii.gz", "scan.nii.gz", "dicom")

Format = Literal["dicom", "nifti"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualScan:
    """Where a virtual patient lies: the input for ``run_scan``, its patient file, and what is truly there."""

    scan: Path
    patient_file: Path
    truth_file: Path
    deposits: int


def write_virtual_scan(
    out: Path,
    *,
    preset: str,
    seed: int = 0,
    file_format: Format = "dicom",
    head_labels: Path | None = None,
    protocol: Mapping[str, Any] | None = None,
    visit: int = 0,
    growth: float = 1.0,
    progress: Progress = SILENT,
) -> VirtualScan:
    """Make a virtual patient, scan it, and write scan, truth and patient file, whole or not at all.

    Parameters
    ----------
    out : Path
        The folder; made when missing. A virtual patient in it is replaced, other files are left alone.
    preset : str
        What is planted; a name of ``phantom.presets.presets()``.
    seed : int
        The same seed gives the same files to the last byte.
    file_format : "dicom" or "nifti"
        A folder ``dicom`` of one file a slice, or ``scan.nii.gz``.
    head_labels : Path, optional
        A label map (NIfTI) to take the head from, in place of a bent copy of the atlas.
    protocol : mapping, optional
        Fields of ``phantom.protocol.Protocol`` that differ from its defaults.
    visit : int
        From 1 on: the same person (of one ``seed``) scanned again, two years after the visit before.
    growth : float
        So many times their size the calcium deposits are.

    Raises
    ------
    UsageError
        A preset or protocol that cannot be, or an uneven scan as NIfTI, which cannot say it.
    ReadError
        ``head_labels`` is no NIfTI.
    OutputError
        The files could not be written; ``out`` is as it was.
    """
    from brainsand.phantom.protocol import Protocol
    from brainsand.phantom.virtual import virtual_patient

    chosen = Protocol(**(protocol or {}))
    if file_format == "nifti" and chosen.upper_from_slice is not None:
        raise UsageError("NIfTI cannot say where uneven slices lie; write this protocol as DICOM.")
    rng = np.random.default_rng(seed)
    with whole_results(out, names=NAMES, records=RECORDS) as draft:
        with progress.stage("head"):
            head = _head(head_labels, rng)
        with progress.stage("scan"):
            patient = virtual_patient(head, preset, protocol=chosen, rng=rng, **_again(visit, growth))
        with progress.stage("save"):
            if file_format == "nifti":
                scan = _write_nifti(draft, patient)
            else:
                scan = _write_dicom(
                    draft, patient, np.random.default_rng([seed, visit]) if visit else rng, visit
                )
            _write_truth(draft, patient)
    return VirtualScan(
        scan=draft.out / scan,
        patient_file=draft.out / "patient.json",
        truth_file=draft.out / "truth.json",
        deposits=len(patient.truth["deposits"]),
    )


def _head(head_labels: Path | None, rng: np.random.Generator) -> VirtualHead:
    from brainsand.phantom.head import head_from_atlas, head_from_labels

    if head_labels is None:
        from brainsand.read.knowledge import load_reference

        return head_from_atlas(load_reference().atlas, rng=rng)
    array, affine = _label_map(head_labels)
    return head_from_labels(array, affine)


def _label_map(path: Path) -> tuple[Any, Any]:
    """The array and RAS affine of a NIfTI label map."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        image: Any = nibabel.load(path)
        return np.asarray(image.dataobj), image.affine
    except (ImageFileError, OSError, EOFError) as fault:
        raise ReadError(
            f"{path.name} cannot be read as NIfTI ({fault}).",
            needed="a label map of a head, .nii or .nii.gz.",
            todo="Check the file, or leave --head out to use the atlas.",
            code="not_nifti",
        ) from fault


def _again(visit: int, growth: float) -> dict[str, Any]:
    """What makes a scan another visit; nothing where it stands alone. Refuses (UsageError) what cannot be."""
    if visit < 0 or growth <= 0:
        raise UsageError(
            f"--visit {visit}, --growth {growth:g}: visits count from 1, and growth must be above 0."
        )
    return {name: value for name, value in (("visit", visit), ("growth", growth)) if value != DEFAULTS[name]}


DEFAULTS: Final[dict[str, float]] = {"visit": 0, "growth": 1.0}
FIRST_YEAR: Final = 2000
YEARS_BETWEEN: Final = 2
"""Between two visits."""


def _write_dicom(draft: Draft, patient: VirtualPatient, rng: np.random.Generator, visit: int) -> str:
    from pydicom import dcmwrite

    from brainsand.phantom.dicom import to_dicom

    later = {"day": f"{FIRST_YEAR + YEARS_BETWEEN * visit}0101"} if visit else {}
    for number, dataset in enumerate(
        to_dicom(patient.volume, patient.protocol, patient.patient_facts, rng=rng, **later), start=1
    ):
        stream = io.BytesIO()
        dcmwrite(stream, dataset, enforce_file_format=True)
        draft.write(f"dicom/{number:04d}.dcm", stream.getvalue())
    return "dicom"


def _write_nifti(draft: Draft, patient: VirtualPatient) -> str:
    from brainsand.nifti_file import image_gz
    from brainsand.read.layout import to_nifti_layout

    array, affine = to_nifti_layout(patient.volume.hu, patient.volume.grid, None)
    draft.write("scan.nii.gz", image_gz(array, affine, words="brainsand: a virtual head, HU"))
    return "scan.nii.gz"


def _write_truth(draft: Draft, patient: VirtualPatient) -> None:
    from brainsand.nifti_file import labels_gz
    from brainsand.read.layout import to_nifti_layout

    array, affine = to_nifti_layout(patient.truth_labels, patient.volume.grid, None)
    draft.write("truth.nii.gz", labels_gz(array, affine, words="brainsand: the number of each planted thing"))
    for name, record in (("patient.json", patient.patient_facts), ("truth.json", patient.truth)):
        draft.write(name, json_text(record))
