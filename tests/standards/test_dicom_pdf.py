"""The printed report as an Encapsulated PDF object: the checker finds no fault, and the PDF comes out whole."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from brainsand.exports import FORMATS, check_scan
from brainsand.read.scan import read_scan
from samples import head_hu, write_nifti, write_series

from .conftest import CREATED, case_on, dciodvfy_errors, export_of, two_deposits, two_marks

pytest.importorskip("weasyprint", reason="WeasyPrint (the extra pdf) is not installed")


@pytest.mark.parametrize(
    "elements", [{}, {"PatientName": None, "PatientID": None}, {"StudyDate": "20200102"}]
)
def test_the_checker_finds_no_fault(written, elements):
    made = written(also=("pdf",), **elements)
    assert dciodvfy_errors(made.folder / "pdf.dcm") == []


def test_the_document_comes_out_as_it_went_in(written):
    made = written(also=("pdf",))
    ds = made.dataset("pdf.dcm")
    document = ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength]
    assert document == made.files["report.pdf"]
    assert len(ds.EncapsulatedDocument) % 2 == 0
    assert ds.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert ds.BurnedInAnnotation == "NO"


def test_dcmtk_gets_the_document_out(written):
    program = shutil.which("dcm2pdf")
    if program is None:
        pytest.skip("dcm2pdf (Debian package dcmtk) is not installed")
    made = written(also=("pdf",))
    subprocess.run([program, made.folder / "pdf.dcm", made.folder / "back.pdf"], check=True)
    assert (made.folder / "back.pdf").read_bytes() == made.files["report.pdf"]


def test_it_belongs_to_the_patient_and_study_and_names_every_image_it_was_made_of(written):
    made = written(also=("pdf", "seg"))
    ds, first = made.dataset("pdf.dcm"), made.scan.slices[0].dataset
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID"):
        assert ds[keyword].value == first[keyword].value
    named = [item.ReferencedSOPInstanceUID for item in ds.SourceInstanceSequence]
    assert named == [s.sop_uid for s in made.scan.slices]
    assert ds.SeriesInstanceUID != made.dataset("seg.dcm").SeriesInstanceUID
    assert ds.SeriesNumber != made.dataset("seg.dcm").SeriesNumber


def test_equal_cases_are_one_instance_and_another_reading_is_another(written, tmp_path):
    write_series(tmp_path / "scan")
    one, two = (written(tmp_path / "scan", also=("pdf",)) for _ in range(2))
    other = written(tmp_path / "scan", also=("pdf",), changes={"significance": {"level": "urgent"}})
    uids = [pydicom.dcmread(made.folder / "pdf.dcm").SOPInstanceUID for made in (one, two, other)]
    assert one.files == two.files
    assert uids[0] == uids[1] != uids[2]


def test_a_nifti_has_the_pdf_without_the_object(tmp_path):
    path = write_nifti(
        tmp_path / "head.nii.gz", head_hu().transpose(2, 1, 0), np.diag([-6.0, -6.0, 5.0, 1.0])
    )
    scan = read_scan(path)
    check_scan(("pdf",), scan)
    case = case_on(scan, two_deposits(), two_marks(scan.volume.hu.shape))
    assert set(FORMATS["pdf"](export_of(scan, case, CREATED))) == {"report.pdf"}
