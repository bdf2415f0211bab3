"""On request nothing written names anybody; without it, names stand in the DICOM objects alone.

Names, numbers and dates are planted in every text and date element of PS3.6, in private ones, and in the names of the
folder and its files; then every byte written is looked through, packed and encoded ones too.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.datadict import DicomDictionary
from pydicom.tag import Tag

from brainsand import __version__
from brainsand.cli.main import main
from brainsand.errors import InputRefused
from brainsand.exports import FORMATS
from brainsand.model.codes import SCHEMES
from brainsand.report.dicom_source import MODEL, uid_of
from brainsand.run import run_scan
from brainsand.virtual_scan import write_virtual_scan

COARSE = {"matrix": 256, "in_plane_mm": 0.9, "slice_mm": 3.0}
NAME, NUMBER, DAY, ELSE = "ZYXOWICZ", "QX77Q31", "19370605", "WVUTSRQ"
PLANTED = (NAME, "QUIRINA", NUMBER, DAY, "1937-06-05", ELSE)
KEY = b"a secret of thirty-two bytes ...!"
# What tells how the image was made is kept on purpose (PS3.15 Annex E does not touch it).
TECHNIQUE = {"Manufacturer", "ManufacturerModelName", "ConvolutionKernel"}
TEXT = {
    "LO": ELSE,
    "SH": ELSE,
    "LT": ELSE,
    "ST": ELSE,
    "UT": ELSE,
    "UC": ELSE,
    "AE": ELSE,
    "PN": f"{NAME}^QUIRINA",
}
DATES = {"DA": DAY, "DT": f"{DAY}112233"}
ALL = tuple(FORMATS)


def plant(ds: pydicom.Dataset) -> None:
    """A name, number or date in every element that can hold one, known and private."""
    for number, (vr, vm, _, retired, keyword) in DicomDictionary.items():
        tag = Tag(number)
        if tag.group in (0x0000, 0x0002, 0x0028) or keyword in TECHNIQUE or not keyword or vm.startswith("2"):
            continue
        value = {**TEXT, **DATES}.get(vr)
        if value is not None and not retired:
            ds.add_new(tag, vr, value)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID, ds.AccessionNumber = f"{NAME}^QUIRINA", NUMBER, NUMBER
    ds.PatientBirthDate, ds.SeriesDescription = DAY, f"{NAME} HEAD {ELSE}"
    block = ds.private_block(0x0029, ELSE, create=True)
    block.add_new(0x01, "LO", f"{NAME}^QUIRINA")


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """A virtual head whose every slice says whose it is, in a folder that says it too."""
    folder = tmp_path_factory.mktemp("made")
    made = write_virtual_scan(folder, preset="pfbc", seed=3, file_format="dicom", protocol=COARSE)
    named = folder / f"{NAME}_QUIRINA {NUMBER}"
    named.mkdir()
    for number, path in enumerate(sorted(made.scan.iterdir())):
        ds = pydicom.dcmread(path)
        plant(ds)
        ds.save_as(named / f"{NAME}{number}.dcm")
    return named


@pytest.fixture(scope="module")
def uids(scan) -> set[str]:
    """Every UID of the scan."""
    found = set()
    for path in scan.iterdir():
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        found |= {ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID, ds.SOPInstanceUID}
    return found


@pytest.fixture(scope="module")
def nameless(scan, tmp_path_factory) -> Path:
    return run_scan(scan, tmp_path_factory.mktemp("out"), also=ALL, deidentify=True, key=KEY).out


@pytest.fixture(scope="module")
def named(scan, tmp_path_factory) -> Path:
    return run_scan(scan, tmp_path_factory.mktemp("out"), also=ALL).out


def files_of(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*") if path.is_file())


def layers(data: bytes) -> list[bytes]:
    """Some bytes, and what is packed or encoded in them: gzip, PDF streams and text, base64."""
    found = [data]
    if data[:2] == b"\x1f\x8b":
        found += layers(gzip.decompress(data))
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            found.append(stream)
    at = data.find(b"%PDF-")
    if at >= 0:
        found.append(pdf_text(data[at:]))
    for coded in re.findall(rb"[A-Za-z0-9+/]{400,}={0,2}", data):
        if len(coded) % 4 == 0:
            found += layers(base64.b64decode(coded))
    return found


def pdf_text(pdf: bytes) -> bytes:
    program = shutil.which("pdftotext")
    if program is None:
        return b""
    return subprocess.run([program, "-", "-"], input=pdf, capture_output=True, check=True).stdout


def said(data: bytes, words) -> set[str]:
    """Which of the words occur in any layer, in any case, in one or two bytes a letter."""
    whole = [layer.lower() for layer in layers(data)]
    forms = {word: (word.lower().encode(), word.lower().encode("utf-16-be")) for word in words}
    return {word for word, both in forms.items() if any(form in layer for form in both for layer in whole)}


def test_the_search_finds_what_is_packed_and_encoded():
    packed = gzip.compress(NAME.encode())
    assert said(packed, PLANTED) == {NAME}
    assert said(b"x " + base64.b64encode(b"." * 400 + packed), PLANTED) == set()
    assert said(b"x " + base64.b64encode(b"." * 400 + NUMBER.lower().encode() + b"."), PLANTED) == {NUMBER}
    assert said(b"stream\n" + zlib.compress(DAY.encode()) + b"\nendstream", PLANTED) == {DAY}


def test_on_request_no_byte_of_any_file_says_a_name_number_date_or_uid(nameless, uids):
    written = files_of(nameless)
    assert {p.name for p in written} >= {
        "case.json",
        "report.pdf",
        "pdf.dcm",
        "seg.dcm",
        "sr.dcm",
        "fhir.json",
    }
    for path in written:
        assert said(path.read_bytes(), {*PLANTED, *uids}) == set(), path.name


def test_without_it_names_stand_in_the_dicom_objects_alone(named):
    for path in files_of(named):
        found = said(path.read_bytes(), (NAME, "QUIRINA", NUMBER, "1937-06-05"))
        assert found == ({NAME, "QUIRINA", NUMBER} if path.suffix == ".dcm" else set()), path.name


def test_every_dicom_object_says_that_identity_was_removed_and_how(nameless):
    for path in nameless.rglob("*.dcm"):
        ds = pydicom.dcmread(path)
        assert ds.PatientIdentityRemoved == "YES"
        codes = [item.CodeValue for item in ds.DeidentificationMethodCodeSequence]
        assert codes == ["113100", "113108"]
        assert ds.LongitudinalTemporalInformationModified == "REMOVED"
        assert (ds.StudyDate, ds.AccessionNumber, ds.PatientBirthDate) == ("", "", "")


def test_objects_and_records_of_one_scan_still_refer_to_each_other(nameless):
    case = json.loads((nameless / "case.json").read_text())["scan"]
    places = json.loads((nameless / "deposits.json").read_text())["slices"]
    frames = {row["sop_instance_uid"] for row in places}
    for path in nameless.rglob("*.dcm"):
        assert pydicom.dcmread(path).StudyInstanceUID == case["study_uid"]
    seg = pydicom.dcmread(nameless / "seg.dcm")
    referenced = seg.ReferencedSeriesSequence[0]
    assert referenced.SeriesInstanceUID == case["series_uid"]
    assert {i.ReferencedSOPInstanceUID for i in referenced.ReferencedInstanceSequence} <= frames
    assert seg.FrameOfReferenceUID == case["frame_of_reference_uid"]
    entries = [e["resource"] for e in json.loads((nameless / "fhir.json").read_text())["entry"]]
    study = next(r for r in entries if r["resourceType"] == "ImagingStudy")
    assert study["identifier"][0]["value"] == f"urn:oid:{case['study_uid']}"
    assert {i["uid"] for i in study["series"][0]["instance"]} == frames


def test_the_command_with_the_same_key_writes_the_same_bytes_and_says_no_name(
    scan, nameless, tmp_path, capsys
):
    (tmp_path / "key").write_bytes(KEY)
    again = tmp_path / "again"
    words = ["analyze", str(scan), "-o", str(again), "--also", ",".join(ALL)]
    assert main([*words, "--deidentify", "--key", str(tmp_path / "key"), "--verbose"]) == 0
    for path in files_of(nameless):
        assert (again / path.relative_to(nameless)).read_bytes() == path.read_bytes(), path.name
    out, err = capsys.readouterr()
    assert "read: " in err
    assert said((out + err).encode(), PLANTED) == set()


def test_no_identifier_joins_the_nameless_results_to_the_named_ones(nameless, named):
    found = []
    for out in (nameless, named):
        numbers = {
            str(e.value)
            for path in out.rglob("*.dcm")
            for e in pydicom.dcmread(path).iterall()
            if e.VR == "UI"
        }
        numbers |= set(
            re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", (out / "fhir.json").read_text())
        )
        found.append({n for n in numbers if not n.startswith("1.2.840.10008.")})
    # What names the program or a coding scheme is the same for everybody.
    ours = {uid_of("device", MODEL, __version__), uid_of("implementation", MODEL)}
    assert found[0] & found[1] <= ours | {scheme.uid for scheme in SCHEMES.values()}


def test_age_and_sex_stay_and_the_findings_are_the_same(nameless, named):
    one, two = (json.loads((out / "case.json").read_text()) for out in (nameless, named))
    assert one["scan"]["deidentified"] is True
    assert two["scan"]["deidentified"] is False
    assert one["patient"] == two["patient"]
    assert one["scan"]["sha256"] != two["scan"]["sha256"]
    assert one["deposits"] == two["deposits"]
    assert one["program"]["created"][4:] == "-01-01T00:00:00+00:00"


def few_slices(scan: Path, folder: Path) -> Path:
    """Three slices of the scan, in a folder with the name: too few to be measured."""
    few = folder / f"{NAME}_QUIRINA"
    few.mkdir()
    for path in sorted(scan.iterdir())[:3]:
        shutil.copy(path, few / path.name)
    return few


@pytest.mark.parametrize("deidentify", [False, True])
def test_a_refusal_names_nobody(scan, tmp_path, deidentify):
    few = few_slices(scan, tmp_path)
    with pytest.raises(InputRefused) as refused:
        run_scan(few, tmp_path / "out", deidentify=deidentify)
    written = (tmp_path / "out" / "refusal.json").read_bytes()
    secret = PLANTED if deidentify else (NAME, "QUIRINA", NUMBER)
    assert said(written + str(refused.value).encode(), secret) == set()


def test_a_scan_that_is_not_there_is_not_named_on_request(tmp_path, capsys):
    words = ["analyze", str(tmp_path / NAME), "-o", str(tmp_path / "out"), "--deidentify"]
    assert main(words) == 2
    assert NAME not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--deidentify"], ["-o", "out", "--key", "key"], ["-o", "out", "--deidentify", "--key", "short"]],
)
def test_requests_that_would_give_a_name_away_are_refused(scan, tmp_path, monkeypatch, words, capsys):
    monkeypatch.chdir(tmp_path)
    Path("key").write_bytes(KEY)
    Path("short").write_bytes(b"1234")
    assert main(["analyze", str(scan), *words]) == 2
    assert not Path("out").exists()


def test_a_nifti_is_called_scan(tmp_path):
    made = write_virtual_scan(
        tmp_path / "made", preset="physiologic", seed=3, file_format="nifti", protocol=COARSE
    )
    given = tmp_path / f"{NAME}.nii.gz"
    shutil.copy(made.scan, given)
    out = run_scan(given, tmp_path / "out", also=("pdf", "fhir", "csv"), deidentify=True).out
    for path in files_of(out):
        assert said(path.read_bytes(), (NAME,)) == set(), path.name
