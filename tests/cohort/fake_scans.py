"""A stand-in for ``cohort.unit``: a scan is a text file whose first word says what happens; read within milliseconds.

``head AGE SITE=MG ...`` gives a case; ``refuse``, ``fault``, ``die``, ``eat``, ``slow``, ``full`` what they say.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

from brainsand.cohort.model import Unit
from brainsand.cohort.rows import DEPOSIT_FIELDS, SITE_FIELDS
from brainsand.cohort.store import publish, workplace
from brainsand.errors import OutputError


def prepare() -> None:
    """Nothing to load."""


def work(job: dict[str, Any], prepared: None) -> dict[str, Any]:
    unit, out = Unit(**job["unit"]), Path(job["out"])
    room = workplace(out, unit)
    try:
        return _read(unit, out, room, job)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _read(unit: Unit, out: Path, room: Path, job: dict[str, Any]) -> dict[str, Any]:
    word, *facts = Path(unit.path).read_text().split()
    if word == "fault":
        raise RuntimeError("the rooms caught fire")
    if word == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "eat":
        hoard = bytearray(b"x" * 400_000_000)
        time.sleep(30)
        del hoard
    if word == "slow":
        time.sleep(float(facts[0]) if facts else 30.0)
    if word == "full":
        words = str(OutputError("the disk is full."))
        return {
            "unit": unit.id,
            "state": "failed",
            "code": "output",
            "came": words,
            "todo": "Free some space.",
        }
    made = room / "made"
    made.mkdir()
    record = {"schema": "brainsand.unit/1", "unit": unit.id, "key": job["key"]}
    if word == "refuse":
        why = {"code": "not_dicom", "came": "A text file came.", "needed": "a head CT.", "todo": "Give one."}
        (made / "refusal.json").write_text(json.dumps(why))
        publish(out, unit, made, {**record, "state": "refused", "refusal": why})
        return {
            "unit": unit.id,
            "state": "refused",
            "code": why["code"],
            "came": why["came"],
            "todo": why["todo"],
        }
    (made / "case.json").write_text(json.dumps({"created": time.time()}))
    publish(
        out,
        unit,
        made,
        {**record, "state": "done", **rows_of(unit, dict(f.split("=") for f in facts if "=" in f))},
    )
    return {"unit": unit.id, "state": "done"}


def rows_of(unit: Unit, said: dict[str, str]) -> dict[str, Any]:
    """The rows of a scan whose file says ``site:side=mass_mg``, ``sha=...``, ``missing=part``."""
    masses = {tuple(k.split(":")): float(v) for k, v in said.items() if ":" in k}
    total = sum(masses.values())
    return {
        "scan": {
            "sha256": said.get("sha", unit.id),
            "age_years": unit.age_years,
            "sex": unit.sex,
            "kvp": 120.0,
            "thickness_mm": float(said.get("thickness", 5.0)),
            "missing_parts": said.get("missing"),
            "mass_mg": total,
            "mass_pm_mg": 0.1 * total,
            "volume_mm3": 2 * total,
            "tcs": round(total),
            "deposits": len(masses),
        },
        "sites": [_site(site, side, mass) for (site, side), mass in masses.items()],
        "deposits": [
            _deposit(k, site, side, mass) for k, ((site, side), mass) in enumerate(masses.items(), 1)
        ],
        "atlas": {"voxels": [10, 11], "slices": [3, 90]},
    }


def _site(site: str, side: str, mass: float) -> dict[str, Any]:
    known = {
        "site": site,
        "side": side,
        "count": 1,
        "mass_mg": mass,
        "volume_mm3": 2 * mass,
        "peak_hu": 200.0,
    }
    return dict.fromkeys(SITE_FIELDS) | known


def _deposit(number: int, site: str, side: str, mass: float) -> dict[str, Any]:
    known = {
        "id": number,
        "site": site,
        "side": side,
        "kind": "ectopic",
        "mass_mg": mass,
        "volume_mm3": 2 * mass,
    }
    return dict.fromkeys(DEPOSIT_FIELDS) | known
