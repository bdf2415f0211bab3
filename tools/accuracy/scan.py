"""One virtual patient made, scanned and analyzed, with its truth and every bright island."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nibabel
import numpy as np
from numpy.typing import NDArray

from accuracy.match import Body, bodies
from accuracy.plan import Planned
from brainsand import steps
from brainsand.find.deposits import Judged
from brainsand.model.acquisition import Acquisition
from brainsand.model.anatomy import Anatomy
from brainsand.model.case import Case
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.phantom.head import VirtualHead, head_from_labels
from brainsand.phantom.protocol import Protocol, Slices, pose_of, slices_of
from brainsand.phantom.truth import anatomy_on_scan
from brainsand.phantom.virtual import VirtualPatient, virtual_patient
from brainsand.pipeline import analyze


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scanned:
    """A scan with its truth: the patient, the slices, the planted bodies, each voxel's label."""

    plan: Planned
    patient: VirtualPatient
    slices: Slices
    bodies: list[Body]
    labels: NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """What brainsand made of a scan, with every island it looked at and the anatomy it found."""

    case: Case
    judged: list[Judged]
    anatomy: Anatomy


def head_of(folder: Path, name: str) -> VirtualHead:
    """A head from its label map ``folder/name.nii.gz``."""
    image: Any = nibabel.load(folder / f"{name}.nii.gz")
    return head_from_labels(np.asarray(image.dataobj), image.affine)


def scanned(plan: Planned, head: VirtualHead) -> Scanned:
    """The virtual patient of a plan."""
    rng = np.random.default_rng(plan.seed)
    patient = virtual_patient(head, plan.preset, protocol=plan.protocol, rng=rng)
    pose = pose_of(head, plan.protocol)
    slices = slices_of(head, plan.protocol, pose)
    return Scanned(
        plan=plan,
        patient=patient,
        slices=slices,
        bodies=bodies(patient.deposits, plan.protocol, slices, pose),
        labels=anatomy_on_scan(head, slices, pose),
    )


def read(scan: Scanned, reference: Reference) -> Read:
    """The scan analyzed as a patient's would be, knowing age and sex."""
    facts = scan.patient.patient_facts
    known = Patient(age_years=float(facts["age_years"]), sex=str(facts["sex"]))
    with _islands_kept() as kept:
        case = analyze(scan.patient.volume, _acquisition(scan.plan.protocol), reference, patient=known)
    anatomy, judged = kept[0]
    return Read(case=case, judged=judged, anatomy=anatomy)


def _acquisition(protocol: Protocol) -> Acquisition:
    """What the header of such a scan would say (``phantom.dicom``)."""
    return Acquisition(
        source="virtual",
        format="dicom",
        sha256="",
        kvp=protocol.kvp,
        kernel=protocol.kernel,
        sharp_kernel=protocol.sharp,
        thickness_mm=protocol.slice_mm,
    )


@contextmanager
def _islands_kept() -> Iterator[list[tuple[Anatomy, list[Judged]]]]:
    """Keep what finding gives: the case lists neither crumbs nor the voxels of what was set aside."""
    kept: list[tuple[Anatomy, list[Judged]]] = []
    found = steps.judged_islands

    def keeping(volume: Any, anatomy: Anatomy, *rest: Any) -> list[Judged]:
        judged = found(volume, anatomy, *rest)
        kept.append((anatomy, judged))
        return judged

    with patch.object(steps, "judged_islands", keeping):
        yield kept
