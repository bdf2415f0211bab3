"""On a real port: heads and bodies that are too large or too slow end; a scan that unfolds without end does no harm."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace

import pytest
import uvicorn
from tests.web.served import environment

from brainsand.web.options import Limits, Options
from brainsand.web.server import _config
from free_port import free_port

QUICK = replace(Limits(), header_s=0.5, body_wait_s=0.5)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    data = tmp_path_factory.mktemp("serving") / "data"
    options = Options(data=data, port=free_port(), workers=0, previews=False, limits=QUICK)
    server = uvicorn.Server(_config(options, None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 300
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.05)
    yield options.port
    server.should_exit = True
    thread.join()


def said(port, *parts, pause=0.0):
    """What comes back, and until when the connection stood."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        for part in parts:
            try:
                line.sendall(part)
            except OSError:  # it hung up already
                break
            time.sleep(pause)
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
        except ConnectionError:
            return answer
    return answer


HEAD = b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
BODY = (
    b"POST /api/uploads HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
)


def test_an_ordinary_request_is_answered(port):
    assert said(port, HEAD, b"\r\n").startswith(b"HTTP/1.1 200")


def test_a_huge_header_is_refused(port):
    answer = said(port, HEAD, b"x-big: " + b"x" * 200_000 + b"\r\n\r\n")
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    many = b"".join(b"x-%d: %s\r\n" % (n, b"x" * 500) for n in range(100))
    assert said(port, HEAD, many, b"\r\n").startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))


def test_a_head_that_never_ends_is_hung_up_on(port):
    assert said(port, HEAD) == b""
    assert said(port, b"") == b""


def test_a_body_that_comes_too_slowly_is_refused(port):
    answer = said(port, BODY, b'{"title": ')
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too_slow" in answer


def test_the_server_answers_others_while_somebody_is_slow(port):
    lines = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(60)]
    for line in lines:
        line.sendall(BODY + b"{")
    assert said(port, HEAD, b"\r\n").startswith(b"HTTP/1.1 200")
    for line in lines:
        line.close()


def bomb(deflated_mib):
    """A DICOM file in the deflated transfer syntax that unfolds to so many MiB of nothing."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import CTImageStorage, DeflatedExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, "1.2.3"
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=True)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeeze.compress(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100")
    body += squeeze.compress(b"\x11\x00\x11\x00OB\x00\x00" + (deflated_mib * 2**20).to_bytes(4, "little"))
    for _ in range(deflated_mib):
        body += squeeze.compress(b"\0" * 2**20)
    return b"\0" * 128 + b"DICM" + head.getvalue() + body + squeeze.flush()


def test_a_decompression_bomb_in_dicom_ends_within_its_bounds(tmp_path):
    packed = bomb(1500)
    assert len(packed) < 4 * 2**20
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "000000").write_bytes(packed)
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from brainsand.web.preview import draw_preview\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30 + 2**29, 2**30 + 2**29))\n"
        "draw_preview(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        # Its own peak: getrusage counts that of the process it was forked from (getrusage(2), ru_maxrss; execve(2)).
        "status = Path('/proc/self/status').read_text().split()\n"
        "print(int(status[status.index('VmHWM:') + 1]) // 1024)\n"
    )
    line = [sys.executable, "-c", code, str(tmp_path / "input"), str(tmp_path / "preview.png")]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1600
    assert not (tmp_path / "preview.png").exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # and we are still here
