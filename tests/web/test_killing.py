"""Whatever is killed when: what was acknowledged is there afterwards, once."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request

from tests.web.served import served


class Program:
    """A program that asks, as any would."""

    def __init__(self, url):
        self.url = url

    def __call__(self, method, path, body=None, *, raw=None):
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if raw is not None else "application/json"
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers={"content-type": kind}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def until(self, id, *states):
        end = time.monotonic() + 240
        while (row := self("GET", f"/api/cases/{id}"))["state"] not in states:
            assert time.monotonic() < end, row
            time.sleep(0.1)
        return row


def half_a_file(site, upload, number):
    """A file of which half is sent; the connection, still open."""
    line = socket.create_connection(("127.0.0.1", site.port))
    head = f"PUT /api/uploads/{upload}/files/{number} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2000000\r\n\r\n"
    line.sendall(head.encode() + b"x" * 1_000_000)
    time.sleep(0.5)
    return line


def test_a_kill_in_an_upload_an_analysis_and_a_correction_loses_nothing_acknowledged(tmp_path, read):
    with served(tmp_path / "data") as site:
        ask = Program(site.url)

        # In the middle of an upload.
        slices = sorted(read.scan.iterdir())
        upload = ask("POST", "/api/uploads", {"title": "head"})["id"]
        for number, path in enumerate(slices):
            ask("PUT", f"/api/uploads/{upload}/files/{number}", raw=path.read_bytes())
        line = half_a_file(site, upload, len(slices))
        site.kill()
        line.close()
        site.start()
        there = ask("GET", f"/api/uploads/{upload}")["files"]
        assert there == {f"{n:06d}": path.stat().st_size for n, path in enumerate(slices)}
        id = ask("POST", f"/api/uploads/{upload}/finish", {})["id"]

        # In the middle of the analysis.
        ask.until(id, "running")
        site.kill()
        site.start()
        assert ask.until(id, "done", "failed")["state"] == "done"
        numbers = [d["id"] for d in ask("GET", f"/api/cases/{id}/reading")["record"]["deposits"]]

        # In the middle of corrections.
        acknowledged: list[tuple[int, str]] = []

        def correct():
            try:
                for turn in range(10_000):
                    seen = len(acknowledged)
                    body = {
                        "what": "note",
                        "deposit": numbers[turn % len(numbers)],
                        "note": f"{turn}",
                        "seen": seen,
                    }
                    told = ask("POST", f"/api/cases/{id}/edits", body)
                    acknowledged.append((told["version"], f"{turn}"))
            except (urllib.error.URLError, ConnectionError, OSError):
                return

        thread = threading.Thread(target=correct)
        thread.start()
        end = time.monotonic() + 60
        while len(acknowledged) < 5:
            assert time.monotonic() < end
            time.sleep(0.02)
        site.kill()
        thread.join()
        site.start()
        kept = {e["version"]: e["body"]["note"] for e in ask("GET", f"/api/cases/{id}/edits")}
        assert dict(acknowledged).items() <= kept.items()
        assert sorted(kept) == list(range(1, len(kept) + 1))
        assert ask("GET", f"/api/cases/{id}/reading")["version"] == len(kept)
