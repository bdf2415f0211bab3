"""What a viewer is given: pictures that lie where the deposits are said to lie."""

from __future__ import annotations

import io

import numpy as np
from nibabel.nifti1 import Nifti1Image
from PIL import Image

from brainsand.model.acquisition import Acquisition
from brainsand.read.layout import NativeLayout
from brainsand.read.scan import ReadScan
from brainsand.viewing import FOLDER, grounds_of_view, view_files, view_record


def test_the_files_lie_on_one_another_and_the_places_in_their_deposits(virtual, reference):
    made = virtual("pallidal_dots")
    scan = ReadScan(
        volume=made.patient.volume,
        acquisition=Acquisition(source="virtual", format="nifti", sha256="0" * 64),
        choice_words="",
        layout=NativeLayout(),
    )
    files = view_files(made.case, scan, reference)
    head, marks = (image(files[f"{FOLDER}/{name}.nii.gz"]) for name in ("head", "head_deposits"))
    assert head.shape == marks.shape
    assert np.allclose(head.affine, marks.affine)
    labels = np.asarray(marks.dataobj)
    for number, place in view_record(made.case, reference)["places_ras_mm"].items():
        index = np.rint(np.linalg.inv(marks.affine) @ [*place, 1.0]).astype(int)[:3]
        near = labels[tuple(slice(max(i - 3, 0), i + 4) for i in index)]
        assert int(number) in near
    assert image(files[f"{FOLDER}/scan.nii.gz"]).shape == made.patient.volume.hu.shape[::-1]
    thumbnail = Image.open(io.BytesIO(files[f"{FOLDER}/thumbnail.png"]))
    colours = {tuple(p) for p in np.asarray(thumbnail.convert("RGB")).reshape(-1, 3)}
    assert len([c for c in colours if len(set(c)) > 1]) > 0  # something in colour: the calcium


def test_the_grounds_come_back_from_the_record_as_they_went_in(virtual, reference):
    record = view_record(virtual("pallidal_dots").case, reference)
    grounds = grounds_of_view(record)
    assert len(grounds.pieces) == len(record["places_ras_mm"])
    assert grounds.places_mm3["lenticular_left"] > 1000


def image(packed: bytes) -> Nifti1Image:
    import gzip

    return Nifti1Image.from_bytes(gzip.decompress(packed))
