"""A corrected case leaves as a whole: what was rejected is nowhere, what was put elsewhere is there in every file."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import nibabel
import numpy as np
import pydicom
import pytest

from brainsand.cli.main import main
from brainsand.corrected import revise
from brainsand.errors import CorrectionsError, UsageError
from brainsand.exports import FORMATS
from brainsand.model.correction import Correction, Corrections, Verifier
from brainsand.run import run_scan, whole_reference
from brainsand.virtual_scan import write_virtual_scan
from standards.conftest import dciodvfy_errors

SMALL = {"matrix": 128, "in_plane_mm": 1.8, "slice_mm": 5.0}
TOLD = Corrections(
    deposits={1: Correction(rejected=True, note="a clip"), 3: Correction(site="choroid_plexus", side="left")}
)
DICOM = ("seg.dcm", "sr.dcm", "pdf.dcm", "sc/0001.dcm")


@dataclass(frozen=True)
class Read:
    """A virtual patient, what the analysis left, and the same corrected."""

    scan: Path
    result: Path
    place: Path
    reference: Any

    def revise(self, name: str, told: Corrections, **more: Any) -> Path:
        out = self.place / name
        revise(self.result, self.scan, out, told, **{"reference": self.reference, **more})
        return out

    def record(self, folder: Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((folder / "case.json").read_text())
        return found


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    place = tmp_path_factory.mktemp("corrected")
    made = write_virtual_scan(place / "patient", preset="pfbc", seed=7, protocol=SMALL)
    known = whole_reference()
    run_scan(
        made.scan, place / "result", patient_file=made.patient_file, also=tuple(FORMATS), reference=known
    )
    return Read(scan=made.scan, result=place / "result", place=place, reference=known)


@pytest.fixture(scope="module")
def corrected(read: Read) -> Path:
    return read.revise("corrected", TOLD, also=tuple(FORMATS))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def labels(folder: Path) -> Any:
    return np.asarray(nibabel.load(folder / "deposits.nii.gz").dataobj)


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "tables" / f"{table}.csv").read_text("utf-8-sig").splitlines()))


def text_of(dataset: pydicom.Dataset) -> str:
    return "\n".join(str(element.value) for element in dataset.iterall() if element.VR != "SQ")


def test_what_nobody_corrected_is_the_analysis_to_the_last_byte(read):
    same = read.revise("same", Corrections(deposits={2: Correction()}), also=tuple(FORMATS))
    assert contents(same) == contents(read.result)


def test_the_record_of_a_corrected_case_is_a_case(read, corrected):
    schema = json.loads(files("brainsand.knowledge").joinpath("case.schema.json").read_text("utf-8"))
    record = read.record(corrected)
    jsonschema.Draft202012Validator(schema).validate(record)
    assert [d["id"] for d in record["rejected"]] == [1]
    assert set(schema["properties"]) == set(record)


def test_facts_that_change_nothing_are_no_correction(read):
    known = read.record(read.result)["patient"]
    facts = {k: v for k, v in known.items() if v and k in ("age_years", "sex", "family")}
    facts |= {"history": known["history"], "phenotype": [{"id": t["id"]} for t in known["phenotype"]]}
    same = read.revise("facts", Corrections(patient=facts), also=("seg",))
    assert (same / "seg.dcm").read_bytes() == (read.result / "seg.dcm").read_bytes()


def test_a_rejected_deposit_is_in_none_of_the_files(read, corrected):
    assert set(np.unique(labels(read.result)).tolist()) - set(np.unique(labels(corrected)).tolist()) == {1}
    assert 1 not in [d["id"] for d in read.record(corrected)["deposits"]]
    assert "1" not in [row["id"] for row in rows(corrected, "deposits")]
    assert not any(line.startswith("1\t") for line in (corrected / "deposits.tsv").read_text().splitlines())
    voxels = {name: _segmented(folder / "seg.dcm") for name, folder in (("m", read.result), ("c", corrected))}
    assert voxels["m"] - voxels["c"] == int((labels(read.result) == 1).sum()) > 0
    sr = text_of(pydicom.dcmread(corrected / "sr.dcm"))
    first = read.record(read.result)["deposits"][0]
    uid = _tracking(read, first)
    assert uid in text_of(pydicom.dcmread(read.result / "sr.dcm"))
    assert uid not in sr
    assert "brainsand deposit 1:" not in sr
    ids = [d["id"] for d in json.loads((corrected / "deposits.json").read_text())["deposits"]]
    assert 1 not in ids


def _segmented(path: Path) -> int:
    return int(np.unpackbits(np.frombuffer(pydicom.dcmread(path).PixelData, np.uint8)).sum())


def _tracking(read: Read, d: dict[str, Any]) -> str:
    from brainsand.report.dicom_source import tracking_uid

    sha = read.record(read.result)["scan"]["sha256"]
    return tracking_uid(sha, d["site"], d["side"], d["centre_lps_mm"])


def test_a_deposit_put_elsewhere_has_its_new_site_and_a_reader_behind_it_in_every_format(read, corrected):
    third = next(d for d in read.record(corrected)["deposits"] if d["id"] == 3)
    assert (third["site"], third["side"], third["source"]) == ("choroid_plexus", "left", "reader")
    row = next(r for r in rows(corrected, "deposits") if r["id"] == "3")
    assert (row["site"], row["source"]) == ("choroid_plexus", "reader")
    segments = pydicom.dcmread(corrected / "seg.dcm").SegmentSequence
    plexus = next(s for s in segments if "choroid plexus" in s.SegmentLabel.lower())
    assert plexus.SegmentDescription.endswith("; corrected by a reader; deposits 3")
    assert plexus.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert {s.SegmentAlgorithmType for s in segments if "caudate" in s.SegmentLabel} == {"AUTOMATIC"}
    sr = text_of(pydicom.dcmread(corrected / "sr.dcm"))
    assert "brainsand deposit 3: left choroid plexus" in sr
    assert "Corrected by a reader: 1 deposit rejected and 1 deposit put elsewhere" in sr
    assert _tracking(read, third) in (corrected / "fhir.json").read_text()
    page = (corrected / "report.html").read_text()
    assert "corrected by a reader" in page
    assert "Rejected: deposit 1 of the machine" in page
    assert "a clip" in page
    packet = json.loads((corrected / "phenopacket.json").read_text())
    assert packet["metaData"]["phenopacketSchemaVersion"] == "2.0"


def test_the_printed_report_says_that_a_reader_corrected_it(corrected):
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (Debian package poppler-utils) is not installed")
    said = subprocess.run(
        [program, corrected / "report.pdf", "-"], capture_output=True, text=True, check=True
    )
    words = said.stdout
    assert "Corrected by a reader" in " ".join(words.split())


def test_a_corrected_object_is_another_in_a_series_of_its_own_that_says_so(read, corrected):
    for name in DICOM:
        machine, other = (pydicom.dcmread(folder / name) for folder in (read.result, corrected))
        assert machine.SOPInstanceUID != other.SOPInstanceUID
        assert machine.SeriesInstanceUID != other.SeriesInstanceUID
        assert machine.StudyInstanceUID == other.StudyInstanceUID
        assert other.SeriesNumber == machine.SeriesNumber + 10
        assert other.SeriesDescription == f"{machine.SeriesDescription}, corrected by a reader"


@pytest.mark.parametrize("name", DICOM)
def test_corrected_objects_keep_to_the_standard(corrected, name):
    assert dciodvfy_errors(corrected / name) == []


def test_the_same_corrections_give_the_same_identifiers(read, corrected):
    again = read.revise(
        "again", Corrections(deposits=TOLD.deposits, history=({"who": "ann"},)), also=("seg",)
    )
    one, two = (pydicom.dcmread(folder / "seg.dcm") for folder in (corrected, again))
    assert (one.SOPInstanceUID, one.PixelData) == (two.SOPInstanceUID, two.PixelData)
    assert read.record(again)["corrections"] == [{"who": "ann"}]
    assert len(read.record(again)["machine_deposits"]) == len(read.record(read.result)["deposits"])


def test_nobody_is_named_and_nothing_is_verified_unless_asked_for(corrected):
    sr = pydicom.dcmread(corrected / "sr.dcm")
    assert (sr.VerificationFlag, sr.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in sr
    bundle = json.loads((corrected / "fhir.json").read_text())
    kinds = [e["resource"]["resourceType"] for e in bundle["entry"]]
    assert "Practitioner" not in kinds
    assert kinds.count("Provenance") == 2
    report = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "DiagnosticReport"
    )
    assert report["status"] == "preliminary"


def test_whoever_answers_for_it_stands_in_sr_and_fhir_which_are_then_verified_and_final(read, corrected):
    who = Verifier(name="Doe^Jane", organization="General Hospital")
    signed = read.revise("signed", TOLD, also=("sr", "fhir"), verifier=who)
    sr = pydicom.dcmread(signed / "sr.dcm")
    assert (sr.VerificationFlag, sr.PreliminaryFlag) == ("VERIFIED", "FINAL")
    assert sr.VerifyingObserverSequence[0].VerifyingObserverName == "Doe^Jane"
    assert sr.SOPInstanceUID != pydicom.dcmread(corrected / "sr.dcm").SOPInstanceUID
    assert dciodvfy_errors(signed / "sr.dcm") == []
    resources = [e["resource"] for e in json.loads((signed / "fhir.json").read_text())["entry"]]
    named = next(r for r in resources if r["resourceType"] == "Practitioner")
    report = next(r for r in resources if r["resourceType"] == "DiagnosticReport")
    assert (report["status"], named["name"]) == ("final", [{"text": "Doe Jane"}])
    assert report["resultsInterpreter"][0]["reference"] == f"urn:uuid:{named['id']}"


def test_the_corrected_bundle_is_whole_fhir(read, corrected):
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is not installed")
    for folder in (
        corrected,
        read.revise("named", TOLD, also=("fhir",), verifier=Verifier(name="A", organization="B")),
    ):
        models.Bundle.model_validate(json.loads((folder / "fhir.json").read_text()))


def _resources(folder: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((folder / "fhir.json").read_text())["entry"]
    return {e["resource"]["id"]: e["resource"] for e in entries}


def _pointed_at(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["reference"].removeprefix("urn:uuid:")} if "reference" in node else set()
        return own.union(*map(_pointed_at, node.values()))
    return set().union(*map(_pointed_at, node)) if isinstance(node, list) else set()


def test_a_server_that_holds_the_machines_bundle_finds_what_was_rejected_entered_in_error(read, corrected):
    uid = _tracking(read, read.record(read.result)["deposits"][0])
    before, after = _resources(read.result), _resources(corrected)
    (id,) = (r["id"] for r in before.values() if uid in json.dumps(r))
    assert before[id]["status"] == "preliminary"
    assert after[id]["status"] == "entered-in-error"
    assert not [name for name in after[id] if name.startswith("value") or name == "component"]
    assert after[id]["note"] == [{"text": "Rejected by a reader: a clip"}]
    report = next(r for r in after.values() if r["resourceType"] == "DiagnosticReport")
    assert id not in _pointed_at(report)
    assert id in _pointed_at([r for r in after.values() if r["resourceType"] == "Provenance"])
    assert set(before) <= set(after)
    machine, reader = (
        {(s["site"], s["side"]) for s in read.record(f)["sites"]} for f in (read.result, corrected)
    )
    errors = [r for r in after.values() if r.get("status") == "entered-in-error"]
    assert len(errors) == 1 + len(machine - reader)


def test_all_rejected_no_resource_of_the_machines_bundle_stands_as_it_was(read):
    everything = {d["id"]: Correction(rejected=True) for d in read.record(read.result)["deposits"]}
    out = read.revise("emptied", Corrections(deposits=everything), also=("fhir",))
    before, after = _resources(read.result), _resources(out)
    assert set(before) <= set(after)
    deposits_and_sites = len(everything) + len(read.record(read.result)["sites"])
    assert sum(r.get("status") == "entered-in-error" for r in after.values()) == deposits_and_sites
    assert {r["active"] for r in after.values() if r["resourceType"] == "BodyStructure"} == {False}
    assert _pointed_at(list(after.values())) <= set(after)
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is not installed")
    models.Bundle.model_validate(json.loads((out / "fhir.json").read_text()))


def test_all_rejected_leaves_a_report_of_no_calcium_and_no_segmentation(read):
    everything = {d["id"]: Correction(rejected=True) for d in read.record(read.result)["deposits"]}
    out = read.revise("none", Corrections(deposits=everything), also=("seg", "sr"))
    assert not (out / "seg.dcm").exists()
    assert dciodvfy_errors(out / "sr.dcm") == []
    assert labels(out).max() == 0


def test_another_scan_is_refused_and_nothing_is_written(read, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(read.scan, other)
    first = sorted(other.iterdir())[0]
    changed = pydicom.dcmread(first)
    pixels = changed.pixel_array.copy()
    pixels[0, 0] += 1
    changed.PixelData = pixels.tobytes()
    changed.save_as(first)
    with pytest.raises(CorrectionsError, match="Give the scan that was analyzed") as refused:
        revise(read.result, other, tmp_path / "out", TOLD, reference=read.reference)
    assert refused.value.code == "other_scan"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "missing, words",
    [("viewer", "--also viewer"), ("case.json", "no case.json"), ("deposits.nii.gz", "deposits.nii.gz")],
)
def test_results_that_lack_something_are_refused_with_what_to_do(read, tmp_path, missing, words):
    shutil.copytree(read.result, tmp_path / "result")
    gone = tmp_path / "result" / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(CorrectionsError, match=words):
        revise(tmp_path / "result", read.scan, tmp_path / "out", TOLD, reference=read.reference)
    assert not (tmp_path / "out").exists()


def test_a_deposit_that_is_not_there_and_a_corrected_case_are_refused(read, corrected, tmp_path):
    with pytest.raises(CorrectionsError, match="Deposit 99"):
        revise(
            read.result, read.scan, tmp_path / "out", Corrections(deposits={99: Correction(rejected=True)})
        )
    with pytest.raises(CorrectionsError, match="corrected case"):
        revise(corrected, read.scan, tmp_path / "out", TOLD)
    with pytest.raises(UsageError, match="replace the machine's"):
        revise(read.result, read.scan, read.result, TOLD)


def test_the_command_reads_a_file_of_corrections_and_tells_the_finding(read, tmp_path, capsys):
    told = {"deposits": [{"id": 1, "rejected": True}], "patient": {"history": ["neck_surgery"]}}
    (tmp_path / "c.json").write_text(json.dumps(told))
    line = ["revise", str(read.result), str(read.scan), "-o", str(tmp_path / "out"), "-q"]
    assert main([*line, "--corrections", str(tmp_path / "c.json")]) == 0
    record = read.record(tmp_path / "out")
    assert [d["id"] for d in record["rejected"]] == [1]
    assert record["patient"]["history"] == ["neck_surgery"]
    assert record["patient"]["age_years"] == read.record(read.result)["patient"]["age_years"]
    assert main([*line, "--corrections", str(tmp_path / "none.json")]) == 3
    assert main([*line, "--verified-by", "Doe^Jane"]) == 2
    assert capsys.readouterr().out == ""


def test_results_that_name_nobody_are_corrected_with_their_secret_and_refused_without(read, tmp_path):
    secret, also = b"a secret of sixteen bytes", ("seg", "viewer")
    run_scan(read.scan, tmp_path / "result", also=also, deidentify=True, key=secret, reference=read.reference)
    told = {"also": also, "reference": read.reference}
    revise(tmp_path / "result", read.scan, tmp_path / "same", Corrections(), key=secret, **told)
    assert contents(tmp_path / "same") == contents(tmp_path / "result")
    with pytest.raises(CorrectionsError, match="the key of that time"):
        revise(tmp_path / "result", read.scan, tmp_path / "out", TOLD, key=secret[::-1], **told)
    with pytest.raises(UsageError, match="--key FILE"):
        revise(tmp_path / "result", read.scan, tmp_path / "out", TOLD, **told)
