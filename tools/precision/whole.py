"""The same patients through the whole pipeline: anatomy, finding and cutting as they are, then the measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainsand.model.acquisition import Acquisition
from brainsand.model.case import Case
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.pipeline import analyze
from precision.compare import Row, rows_from
from precision.plan import Planned
from precision.scan import Scanned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voxels:
    """The voxels (n, 3) of one deposit."""

    index: NDArray[np.int64]


def read(scan: Scanned, plan: Planned, reference: Reference) -> Case:
    """The scan analyzed as a patient's would be."""
    acquisition = Acquisition(
        source="virtual",
        format="dicom",
        sha256="",
        kvp=plan.kvp,
        kernel=plan.protocol.kernel,
        sharp_kernel=False,
        thickness_mm=plan.slice_mm,
    )
    return analyze(scan.volume, acquisition, reference, patient=Patient(age_years=50.0))


def rows_of_case(scan: Scanned, plan: Planned, case: Case, reference: Reference) -> list[Row]:
    """A row for each body, from the case's own deposits."""
    labels = case.picture.deposits
    held = np.argwhere(labels)
    number = labels[tuple(held.T)]
    things = [Voxels(index=held[number == d.id]) for d in case.deposits]
    return rows_from(scan, plan, things, case.deposits, reference.norms)
