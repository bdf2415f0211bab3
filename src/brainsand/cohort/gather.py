"""From the records of single scans to the cohort's tables: one line a scan, a site, a deposit.

Always all of it anew, from the records alone, in the order of the scans' ids: however the work went, the same
records give the same bytes. A scan whose pixels were seen in an earlier line is marked (``same_pixels_as``), so
that it is not counted twice.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from brainsand import __version__
from brainsand.cohort.columns_out import TableOut, tables_out, write_table
from brainsand.cohort.dictionary import (
    DEPOSITS,
    PLACES,
    SCANS,
    SITES_TABLE,
    TABLES,
    Column,
    column,
    dictionary_of,
)
from brainsand.cohort.model import Plan, Unit
from brainsand.cohort.store import read_record, write_whole
from brainsand.interpret.observed import hidden_sites

Record = dict[str, Any]
_PART: Final = 1000
_READERS: Final = 4
BIDS: Final = "1.10.0"
IGNORED: Final = (
    *(
        "*_case.json",
        "*_refusal.json",
        "*_unit.json",
        "*_positions.json",
        "*_phenopacket.json",
        "*_fhir.json",
        "*.dcm",
        "*.pdf",
        "*.parquet",
        "*.html",
        "group/",
        "logs/",
    ),
    *("scans.*", "sites.*", "deposits.*", "units.*", "failures.*", "remarks.*", "audit.*"),
)
"""What BIDS has no name for."""
UNITS: Final = (
    column("unit", "text", "The scan: the name all its files begin with"),
    column("person", "text", "Whose scan it is"),
    column("session", "text", "The session's label"),
    column("order", "whole", "The scan's place among the person's scans"),
    column(
        "source",
        "text",
        "Where the scan lies below IN; may hold names, so keep it to yourself",
    ),
)


def gather(out: Path, plan: Plan) -> dict[str, int]:
    """Write the tables, their dictionaries and the dataset's description; how many lines each table has.

    Raises
    ------
    OSError
        They could not be written; the earlier tables are as they were.
    """
    first_of: dict[str, str] = {}
    with tables_out(out, TABLES) as tables, AtlasOut(out) as atlas:
        for part in _parts(_records(out, plan.units), _PART):
            _add(part, tables, first_of)
            atlas.add(part)
        counts = {name: table.rows for name, table in tables.items()}
    for name, columns in TABLES.items():
        _write_json(out / f"{name}.json", dictionary_of(columns))
    write_table(out, "units.tsv", UNITS, ({"unit": u.id, **u.as_record()} for u in plan.units))
    _write_json(out / "units.json", dictionary_of(UNITS))
    describe(out)
    return counts


def _records(out: Path, units: Iterable[Unit]) -> Iterator[tuple[Unit, Record]]:
    """Records of the scans that are done, in order; a few are read ahead."""
    with ThreadPoolExecutor(max_workers=_READERS) as threads:
        for part in _parts(units, _PART):
            for unit, record in zip(part, threads.map(lambda u: read_record(out, u), part), strict=True):
                if record is not None and record["state"] == "done":
                    yield unit, record


def _parts(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    waiting = iter(items)
    while part := list(itertools.islice(waiting, size)):
        yield part


def _add(part: list[tuple[Unit, Record]], tables: dict[str, TableOut], first_of: dict[str, str]) -> None:
    tables["scans"].add([_scan_row(unit, record, first_of) for unit, record in part])
    tables["sites"].add([row for unit, record in part for row in site_rows(unit, record)])
    tables["deposits"].add(
        [_owned(unit, row, DEPOSITS) for unit, record in part for row in record["deposits"]]
    )


def _owned(unit: Unit, row: Record, columns: tuple[Column, ...]) -> Record:
    whole = {"unit": unit.id, "person": unit.person, **row}
    return {c.name: _typed(whole.get(c.name), c) for c in columns}


def _typed(value: Any, column: Column) -> Any:
    return int(value) if column.type == "whole" and value is not None else value


def _scan_row(unit: Unit, record: Record, first_of: dict[str, str]) -> Record:
    first = first_of.setdefault(record["scan"]["sha256"], unit.id)
    same = {"same_pixels_as": None if first == unit.id else first}
    silent = {name: value for name, value in unit.beside.items() if record["scan"].get(name) is None}
    return _owned(
        unit, {**record["scan"], **silent, "session": unit.session, "order": unit.order, **same}, SCANS
    )


def site_rows(unit: Unit, record: Record) -> list[Record]:
    """A line for every site and side, with zeros where the site was imaged and holds none."""
    hidden = hidden_sites((record["scan"]["missing_parts"] or "").split(";"))
    found = {(row["site"], row["side"]): row for row in record["sites"]}
    voltage = record["scan"]["kvp"] is not None
    places = [*PLACES, *(p for p in found if p not in PLACES)]
    return [
        _owned(
            unit,
            {**_empty(site, side, site not in hidden, voltage), **found.get((site, side), {})},
            SITES_TABLE,
        )
        for site, side in places
    ]


def _empty(site: str, side: str, imaged: bool, voltage: bool) -> Record:
    """A site without a deposit: zeros where that is known."""
    none = 0.0 if imaged else None
    return {
        "site": site,
        "side": side,
        "imaged": imaged,
        "count": 0 if imaged else None,
        "volume_mm3": none,
        "volume_pm_mm3": none,
        "mass_mg": none if voltage else None,
        "mass_pm_mg": none if voltage else None,
        "filled": none,
        "agatston_like": none if voltage else None,
    }


class AtlasOut:
    """``atlas.parquet``: of each scan the atlas's voxels that hold a deposit, and the slices it shows."""

    def __init__(self, out: Path) -> None:
        import pyarrow as pa

        whole, text = pa.int32(), pa.string()
        columns = [("unit", text), ("first", whole), ("last", whole), ("voxels", pa.list_(whole))]
        self._table = TableOut(out, "atlas", pa.schema(columns), tsv=False)

    def add(self, part: list[tuple[Unit, Record]]) -> None:
        """Write the scans that know where the atlas lies."""
        known = [(unit.id, record["atlas"]) for unit, record in part if record.get("atlas")]
        rows = [(u, *(a["slices"] or (None, None)), a["voxels"]) for u, a in known]
        names = ("unit", "first", "last", "voxels")
        self._table.add([dict(zip(names, row, strict=True)) for row in rows])

    def __enter__(self) -> AtlasOut:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._table.close(keep=kind is None)


def describe(out: Path) -> None:
    """``dataset_description.json`` and the dictionaries that all scans' tables share."""
    about = {
        "Name": "Calcium in the brain on head CT, by brainsand",
        "BIDSVersion": BIDS,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "brainsand", "Version": __version__}],
        "HowToAcknowledge": f"brainsand developers. brainsand: calcium in the brain on head CT, version {__version__}.",
    }
    _write_json(out / "dataset_description.json", about)
    segments = {
        "index": {"Description": "Its number in the segmentation"},
        "name": {"Description": "Side and site"},
    }
    deposits = {k: v for k, v in dictionary_of(DEPOSITS).items() if k not in ("unit", "person", "id")}
    _write_json(out / "space-orig_desc-calc_dseg.json", segments | deposits)
    sites = {
        "site": {"Description": "Site"},
        "side": {"Description": "The patient's left, right, or midline"},
        "code": {"Description": "SNOMED CT (SCT) or UBERON code, empty where none was verified"},
        "volume_mm3": {"Description": "Volume of the voxels with this number", "Units": "mm3"},
    }
    _write_json(out / "space-orig_desc-sites_dseg.json", segments | sites)
    write_whole(out / ".bidsignore", "".join(f"{name}\n" for name in IGNORED))


def _write_json(path: Path, record: Record) -> None:
    write_whole(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
