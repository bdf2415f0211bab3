"""How does a case stand after a reader? Of a ``case.json``, what a comparison needs to follow the corrections in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from brainsand.errors import CorrectionsError
from brainsand.model.correction import READER, Standing

_SAID: Final = ("id", "centre_lps_mm", "site", "side", "lobe", "kind", "source")


def standing_of(record: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Every deposit of the machine as it stands; empty where no reader touched one.

    Parameters
    ----------
    record : mapping
        ``case.json`` of a corrected case, or what :func:`standing_record` made of it.

    Raises
    ------
    CorrectionsError
        The deposits in it cannot be understood.
    """
    if not _touched(record):
        return ()
    try:
        kept = [_standing(row, rejected=False) for row in record.get("deposits") or ()]
        gone = [_standing(row, rejected=True) for row in record.get("rejected") or ()]
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise CorrectionsError(
            f"A deposit of a corrected case cannot be read ({fault}).",
            needed="the case.json that brainsand revise wrote.",
            todo="Make it again.",
            code="bad_corrections",
        ) from fault
    return (*kept, *gone)


def read_corrected(folder: Path) -> dict[str, Any]:
    """The record of a corrected case from the folder of its results; refused (``CorrectionsError``) where none is."""
    try:
        record = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if isinstance(record, dict) and "machine_deposits" in record:
        return record
    raise CorrectionsError(
        f"{folder.name!r} holds no corrected case.",
        needed="the results of brainsand revise.",
        todo="Give their folder.",
        code="no_results",
    )


def standing_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a corrected case's record that :func:`standing_of` reads; empty where no reader touched a deposit.

    >>> row = {"id": 1, "centre_lps_mm": [0, 0, 0], "site": "pineal", "side": "midline", "lobe": None,
    ...        "kind": "physiologic", "source": "machine", "voxels": 9}
    >>> standing_record({"deposits": [row]})
    {}
    >>> sorted(standing_record({"deposits": [], "rejected": [row], "scan": {"sha256": "ab"}}))
    ['deposits', 'rejected', 'scan']
    """
    if not standing_of(record):
        return {}
    kept = [{name: row.get(name) for name in _SAID} for row in record.get("deposits") or ()]
    gone = [{name: row.get(name) for name in (*_SAID, "note")} for row in record.get("rejected") or ()]
    return {"deposits": kept, "rejected": gone, "scan": {"sha256": record["scan"]["sha256"]}}


def _touched(record: Mapping[str, Any]) -> bool:
    rows = [row for row in record.get("deposits") or () if isinstance(row, Mapping)]
    return bool(record.get("rejected")) or any(row.get("source") == READER for row in rows)


def _standing(row: Mapping[str, Any], *, rejected: bool) -> Standing:
    x, y, z = (float(v) for v in row["centre_lps_mm"])
    return Standing(
        id=int(row["id"]),
        centre_lps_mm=(x, y, z),
        site=str(row["site"]),
        side=row["side"],
        lobe=row.get("lobe"),
        kind=row["kind"],
        source=row.get("source") or "machine",
        rejected=rejected,
        note=row.get("note"),
    )
