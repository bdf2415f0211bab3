"""Small stand-ins for the rooms, so that the doors are tried without an atlas and within a second.

The input is a text file whose first word says what happens: ``head``, ``refuse``, ``fault``, ``slow``.
As a script, it is the command ``brainsand`` with these rooms.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from brainsand.errors import PatientFileError, ReadError, UsageError
from brainsand.model.acquisition import Acquisition
from brainsand.model.case import Case, Picture, ScanFacts
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid
from brainsand.model.patient import Patient
from brainsand.model.volume import Volume

SHAPE = (3, 4, 5)


@dataclass(frozen=True)
class ReadScan:
    volume: Volume
    acquisition: Acquisition
    choice_words: str
    layout: Any


def read_scan(path: Path, *, series: str | None = None) -> ReadScan:
    if path.is_dir():
        word = "head"
    else:
        with open(path) as stream:  # not Path.open, which the tests of the full disk let fail
            word = stream.read().split()[0]
    if word == "refuse":
        raise ReadError("A text file came.", needed="a head CT.", todo="Give one.", code="not_dicom")
    if word == "fault":
        raise RuntimeError("the rooms caught fire")
    if word == "slow":
        time.sleep(30)
    grid = Grid.regular(SHAPE, spacing_mm=(2.0, 0.5, 0.5))
    acquisition = Acquisition(source=path.name, format="text", sha256="0" * 64, series_uid=series)
    chosen = "Read series 2 of 3: the thinnest." if word == "choose" else ""
    return ReadScan(Volume(hu=np.zeros(SHAPE, np.int16), grid=grid), acquisition, chosen, "layout")


def read_patient(path: Path) -> tuple[Patient, tuple[Caution, ...]]:
    if "age" not in path.read_text():
        raise PatientFileError("No age came.", needed="an age.", todo="Write one.", code="patient_file")
    return Patient(age_years=47.0), (Caution(code="patient_words", words="A word was not known."),)


def load_reference() -> SimpleNamespace:
    return SimpleNamespace(version="fake-1", atlas="an atlas", knowledge=None, terms=None)


def analyze(volume, acquisition, reference, settings, *, patient, progress) -> Case:
    with progress.stage("find"):
        deposits = np.zeros(SHAPE, np.int32)
        deposits[1, 2, 3] = 1
    picture = Picture(
        head_grid=volume.grid,
        head_hu=volume.hu,
        head_inside=volume.hu == 0,
        head_sites=deposits.astype(np.uint8),
        head_deposits=deposits,
        deposits=deposits,
        sites=(54 * deposits).astype(np.uint8),
    )
    scan = ScanFacts(
        matrix=SHAPE,
        spacing_mm=(2.0, 0.5, 0.5),
        slice_gaps_mm=(2.0, 2.0),
        tilt_deg=0.0,
        noise_hu=None,
        contrast="unknown",
        coverage={},
    )
    return Case(
        acquisition=replace(acquisition),
        scan=scan,
        patient=patient,
        cautions=acquisition.cautions,
        deposits=(),
        set_aside=(),
        sites=(),
        scores={},
        pattern={},
        differential=None,
        significance={},
        next_steps=(),
        settings={},
        settings_hash="",
        knowledge_version=reference.version,
        picture=picture,
    )


def case_record(case: Case, *, created: str) -> dict[str, Any]:
    cautions = [caution.code for caution in case.cautions]
    patient = {"age_years": case.patient.age_years, "sex": case.patient.sex}
    return {
        "program": {"created": created},
        "source": case.acquisition.source,
        "patient": patient,
        "cautions": cautions,
    }


def as_recorded(case: Case, record: dict[str, Any]) -> Case:
    return case


def record_text(record: dict[str, Any]) -> str:
    return json.dumps(record)


def report_html(case: Case, *, created: str) -> str:
    return f"<p>{created}</p>"


def headline(case: Case) -> str:
    return "One small deposit in the pineal."


def deposits_table(case: Case) -> str:
    return "id\tsite\n1\tpineal\n"


def sites_table(case: Case) -> str:
    return "index\tsite\n54\tpineal\n"


def deposits_positions(case: Case) -> dict[str, Any]:
    return {"slices": [[0.0, 0.0, 2.0 * k] for k in range(SHAPE[0])]}


def to_nifti_layout(array, grid, layout):
    return np.asarray(array).transpose(2, 1, 0), np.diag([-0.5, -0.5, grid.spacing_mm[0], 1.0])


@dataclass(frozen=True, kw_only=True)
class Protocol:
    slice_mm: float = 2.0
    upper_from_slice: int | None = None
    upper_slice_mm: float | None = None


def head_from_atlas(atlas: Any, *, rng: np.random.Generator) -> str:
    return "a head"


def head_from_labels(array: Any, affine: Any) -> str:
    return "a head"


def virtual_patient(
    head: str, preset_name: str, *, protocol: Protocol, rng: np.random.Generator
) -> SimpleNamespace:
    if preset_name not in presets():
        raise UsageError(f"There is no preset {preset_name!r}.")
    grid = Grid.regular(SHAPE, spacing_mm=(protocol.slice_mm, 0.5, 0.5))
    return SimpleNamespace(
        volume=Volume(hu=rng.integers(-1024, 100, SHAPE).astype(np.int16), grid=grid),
        truth={"deposits": [{"id": 1}]},
        truth_labels=np.ones(SHAPE, np.int32),
        patient_facts={"age_years": 50},
        protocol=protocol,
    )


def presets() -> tuple[str, ...]:
    return ("physiologic", "pfbc")


def to_dicom(
    volume: Volume, protocol: Protocol, facts: dict[str, Any], *, rng: np.random.Generator
) -> list[Any]:
    return [a_slice(volume, k) for k in range(volume.grid.shape[0])]


def a_slice(volume: Volume, k: int) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.InstanceNumber = CTImageStorage, f"1.2.{k + 1}", k + 1
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelRepresentation = *SHAPE[1:], 16, 1
    ds.PixelData = volume.hu[k].astype("<i2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


ROOMS = {
    "brainsand.phantom.protocol": (Protocol,),
    "brainsand.phantom.head": (head_from_atlas, head_from_labels),
    "brainsand.phantom.virtual": (virtual_patient,),
    "brainsand.phantom.presets": (presets,),
    "brainsand.phantom.dicom": (to_dicom,),
    "brainsand.read.scan": (ReadScan, read_scan),
    "brainsand.read.layout": (to_nifti_layout,),
    "brainsand.read.patient": (read_patient,),
    "brainsand.read.knowledge": (load_reference,),
    "brainsand.pipeline": (analyze,),
    "brainsand.recorded": (as_recorded,),
    "brainsand.report.record": (case_record, record_text),
    "brainsand.report.page": (report_html,),
    "brainsand.report.words": (headline,),
    "brainsand.report.table": (deposits_table, sites_table, deposits_positions),
}


def modules() -> dict[str, ModuleType]:
    """Each room's module with the stand-ins in it, to be laid over ``sys.modules``."""
    made = {}
    for name, things in ROOMS.items():
        made[name] = ModuleType(name)
        vars(made[name]).update({thing.__name__: thing for thing in things})
    return made


if __name__ == "__main__":
    from brainsand.cli.main import main

    sys.modules.update(modules())
    sys.exit(main())
