"""Work that takes no time, and work that goes wrong: what the workers under test are given to do."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from brainsand.errors import InputRefused
from brainsand.save import json_text, whole_results

KINDS = {"fake": "fake_work"}


def run(payload, folder, progress):
    """Do what the payload says, then write two files."""
    with progress.stage("read"):
        pass
    with progress.stage("find"):
        DO[payload.get("do", "nothing")](payload)
    if payload.get("do") == "no_json":
        return {"answer": {1, 2}}
    if folder is None:
        return {"pid": os.getpid()}
    if payload.get("do") == "refuse":
        with whole_results(folder) as draft:
            draft.write("refusal.json", json_text({"code": "not_a_head"}))
        raise InputRefused("A foot came.", needed="a head.", todo="Scan the head.", code="not_a_head")
    return write(folder, payload)


def write(folder, payload):
    """Two files of results, whole or not at all."""
    with whole_results(folder) as draft:
        draft.write("case.json", json_text({"n": payload.get("n")}))
        draft.write("report.html", "x" * 2000)
    return {"n": payload.get("n"), "pid": os.getpid()}


def once(payload):
    """Whether this is the first time this job is begun, by a mark on the disk."""
    try:
        Path(payload["mark"]).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def fault(payload):
    raise ValueError("a fault of ours")


def eat(payload):
    held = bytearray(payload["mb"] * 1_000_000)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(60)


DO = {
    "nothing": lambda payload: None,
    "refuse": lambda payload: None,
    "no_json": lambda payload: None,
    "sleep": lambda payload: time.sleep(payload["s"]),
    "die": lambda payload: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda payload: os._exit(7),
    "die_once": lambda payload: once(payload) and os.kill(os.getpid(), signal.SIGKILL),
    "sleep_once": lambda payload: once(payload) and time.sleep(60),
    "fault": fault,
    "eat": eat,
}
