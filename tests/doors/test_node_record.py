"""The same scan gives the same record through the command and through the node."""

from __future__ import annotations

import json
import time

import pytest
from pydicom import dcmread

from brainsand.cli.main import main
from brainsand.node.node import Node
from brainsand.node.options import node_options
from brainsand.node.send import dicom_files
from brainsand.virtual_scan import write_virtual_scan

pynetdicom = pytest.importorskip("pynetdicom")

COARSE = {"matrix": 128, "in_plane_mm": 1.8, "slice_mm": 5.0}


def send(port, files):
    ae = pynetdicom.AE(ae_title="SENDER")
    ae.add_requested_context("1.2.840.10008.5.1.4.1.1.2")
    assoc = ae.associate("127.0.0.1", port, ae_title="BRAINSAND")
    assert assoc.is_established
    for file in files:
        assert assoc.send_c_store(file).Status == 0
    assoc.release()


def through_the_node(state, files):
    """The folder of results that the node makes of some files."""
    given = {
        "port": 0, "health_port": 0, "allow": ["SENDER"], "quiet_s": 0.5, "limits": {"free_mib": 0},
    }  # fmt: skip
    with Node(node_options({"state": str(state), **given})) as node:
        send(node.port, files)
        until = time.monotonic() + 300
        while not (found := list(state.glob("versions/*/1/out/*.json"))):
            assert time.monotonic() < until
            time.sleep(0.1)
    return found[0].parent


def record(out):
    case = json.loads((out / "case.json").read_text())
    assert case["program"].pop("created")
    return case


def test_the_same_scan_gives_the_same_record_through_the_command_and_the_node(tmp_path):
    # Called as the node calls it: the folder's name is part of the record.
    scan = write_virtual_scan(tmp_path / "made", preset="physiologic", seed=3, protocol=COARSE).scan
    scan = scan.rename(scan.parent / "scan")
    node = through_the_node(tmp_path / "state", sorted(scan.iterdir(), reverse=True))
    assert main(["analyze", str(scan), "-o", str(tmp_path / "out"), "--also", "seg,sr,pdf", "--quiet"]) == 0
    command = tmp_path / "out"
    assert record(node) == record(command)
    for name in ("deposits.tsv", "deposits.json", "deposits.nii.gz", "sites.tsv", "sites.nii.gz"):
        assert (node / name).read_bytes() == (command / name).read_bytes(), name
    identifiers = [[uid_of(file) for file in dicom_files(out)] for out in (node, command)]
    assert sorted(identifiers[0]) == sorted(identifiers[1])


def uid_of(file):
    return str(dcmread(file, stop_before_pixels=True).SOPInstanceUID)
