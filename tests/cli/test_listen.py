"""``brainsand listen`` as typed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from brainsand.cli import listen
from brainsand.cli.main import main, parser

SRC = Path(__file__).parents[2] / "src"


def options(*words):
    return listen.options_of(parser().parse_args(["listen", *words]))


def test_what_is_typed_becomes_options(tmp_path):
    got = options(
        *(
            "--state",
            str(tmp_path),
            "--allow",
            "CT1",
            "--allow",
            "CT2@10.0.0.1",
            "--send-to",
            "PACS@[::1]:104",
        ),
        *("--also", "seg, sr", "--port", "104", "--quiet-s", "5", "--dicomweb", "https://pacs/dicom-web"),
    )
    assert got.allow == ("CT1", "CT2@10.0.0.1")
    assert got.peers["PACS"].host == "::1"
    assert (got.send_to, got.formats, got.port, got.quiet_s) == (("PACS",), ("seg", "sr"), 104, 5.0)
    assert got.dicomweb.url == "https://pacs/dicom-web"


def test_what_is_typed_counts_more_than_the_file(tmp_path):
    (tmp_path / "node.yaml").write_text(f"state: {tmp_path}\nallow: [CT1]\nport: 104\nquiet_s: 7\n")
    got = options("--config", str(tmp_path / "node.yaml"), "--port", "105")
    assert (got.port, got.quiet_s) == (105, 7.0)


def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys):
    find = __import__("importlib.util").util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pynetdicom" else find(name))
    assert main(["listen", "--state", "x", "--allow", "CT1"]) == 2
    assert "pip install 'brainsand[node]'" in capsys.readouterr().err


@pytest.mark.parametrize("peer", ["PACS", "PACS@host", "@host:104", "PACS@host:port"])
def test_a_peer_without_title_host_or_port_is_wrong_usage(peer, capsys):
    with pytest.raises(SystemExit) as end:
        main(["listen", "--state", "x", "--allow", "CT1", "--send-to", peer])
    assert end.value.code == 2
    assert "TITLE@HOST:PORT" in capsys.readouterr().err


def test_nobody_allowed_is_wrong_usage(tmp_path, capsys):
    assert main(["listen", "--state", str(tmp_path)]) == 2
    assert "Nobody may call" in capsys.readouterr().err


def test_a_taken_port_ends_in_3(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["--state", str(tmp_path / "s"), "--allow", "CT1", "--port", str(taken.getsockname()[1])]
        assert main(["listen", *words, "--health-port", "0", "--quiet"]) == 3
    assert "cannot listen" in capsys.readouterr().err


def test_it_says_where_it_listens_and_ends_well_when_told_to(tmp_path):
    command = [sys.executable, "-m", "brainsand", "listen", "--state", str(tmp_path / "s"), "--allow", "CT1"]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    process = subprocess.Popen(
        [*command, "--port", "0", "--health-port", "0", "--quiet"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    with process:
        assert process.stdout.readline().startswith("BRAINSAND listens at 127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
