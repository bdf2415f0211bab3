"""For every test: no clock judges a law on a busy machine, and a failing example comes again next time.

And what whole analyses share, made once a process: the reference, and small virtual patients with their
cases. ``make test`` gives a file of tests to one process, so that each makes them once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from brainsand.model.acquisition import Acquisition
from brainsand.model.case import Case
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.model.volume import Volume
from brainsand.phantom.head import head_from_atlas
from brainsand.phantom.protocol import Pose, Protocol, pose_of
from brainsand.phantom.virtual import VirtualPatient, virtual_patient
from brainsand.pipeline import analyze
from brainsand.read.knowledge import load_reference

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [
    str(_HERE),
    str(_HERE.parent / "tools"),
]  # so that tests find `samples`, and the tools they try

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

COARSE = Protocol(matrix=256, in_plane_mm=0.9, slice_mm=3.0)
SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analyzed:
    """A virtual patient, scanned coarsely, and what was made of it."""

    patient: VirtualPatient
    pose: Pose
    case: Case


@pytest.fixture(scope="session")
def reference() -> Reference:
    return load_reference()


@pytest.fixture(scope="session")
def virtual(reference: Reference) -> Callable[[str], Analyzed]:
    """The analyzed virtual patient of a preset."""

    @cache
    def of(preset: str) -> Analyzed:
        rng = np.random.default_rng(SEED)
        head = head_from_atlas(reference.atlas, rng=rng)
        patient = virtual_patient(head, preset, protocol=COARSE, rng=rng)
        case = case_of(patient.volume, patient, reference)
        return Analyzed(patient=patient, pose=pose_of(head, COARSE), case=case)

    return of


@pytest.fixture(scope="session")
def again(reference: Reference) -> Callable[[Volume, VirtualPatient], Case]:
    """Another image of a virtual patient, analyzed."""
    return lambda volume, patient: case_of(volume, patient, reference)


def case_of(volume: Volume, patient: VirtualPatient, reference: Reference) -> Case:
    facts = patient.patient_facts
    return analyze(
        volume,
        Acquisition(source="virtual", format="nifti", sha256="0" * 64, kvp=120.0, sharp_kernel=False),
        reference,
        patient=Patient(age_years=facts["age_years"], sex=facts["sex"]),
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    given = os.environ.get("BRAINSAND_SHARED")
    beside = Path(__file__).resolve().parents[2] / "shared"
    data = (Path(given) if given else beside) / "data"
    if not data.is_dir():
        pytest.skip("the shared scans are not here (set BRAINSAND_SHARED to the folder that holds data/)")
    return data
