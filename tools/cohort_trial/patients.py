"""A BIDS dataset of small virtual patients: 28 slices or so each, NIfTI, made in two CPU seconds."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Final

from brainsand.virtual_scan import write_virtual_scan

PRESETS: Final = ("physiologic", "pfbc", "pallidal_dots", "physiologic", "hypoparathyroidism", "physiologic")
PROTOCOL: Final = {"slice_mm": 5.5, "matrix": 256, "in_plane_mm": 0.9}


def make_patients(root: Path, count: int) -> Path:
    """The dataset with so many people; those that are there already are kept."""
    people = root / ".people"
    people.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        own = people / f"{k:04d}.json"
        if not own.is_file():
            own.write_text(json.dumps(_patient(root, k)))
    rows = [json.loads((people / f"{k:04d}.json").read_text()) for k in range(count)]
    lines = ["participant_id\tage\tsex\taffected", *("\t".join(map(str, row)) for row in rows)]
    (root / "participants.tsv").write_text("\n".join(lines) + "\n")
    (root / "dataset_description.json").write_text('{"Name": "virtual patients", "BIDSVersion": "1.10.0"}\n')
    return root


def _patient(root: Path, k: int) -> tuple[str, float, str, str]:
    name, preset = f"sub-{k:04d}", PRESETS[k % len(PRESETS)]
    room = root / ".making" / name
    made = write_virtual_scan(room, preset=preset, seed=k, file_format="nifti", protocol=PROTOCOL)
    facts = json.loads(made.patient_file.read_text())
    folder = root / name / "ct"
    folder.mkdir(parents=True, exist_ok=True)
    os.replace(made.scan, folder / f"{name}_ct.nii.gz")
    (folder / f"{name}_ct.json").write_text('{"KVP": 120, "SliceThickness": 5.5}\n')
    shutil.rmtree(room)
    return (
        name,
        round(float(facts["age_years"]), 1),
        str(facts["sex"]),
        "no" if preset == "physiologic" else "yes",
    )
