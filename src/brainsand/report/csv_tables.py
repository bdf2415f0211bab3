"""The case as tables for a spreadsheet or for R: one thing a row, a dictionary of the columns beside them.

Comma separated, decimal point, UTF-8 with the mark by which Excel knows it, an empty cell where a value is not known.
The dictionary is a Data Package (specs.frictionlessdata.io, tabular) with the unit and meaning of each column. Text
that a spreadsheet would run as a formula (it begins with = + - or @) gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brainsand.report import csv_columns as of
from brainsand.report.csv_columns import Column, Row, Table

MARK: Final = "\ufeff"
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_UNITS: Final = {
    "agatston_like": "mm2", "volume_mm3": "mm3", "mass_mg": "mg", "excess_hu_mm3": "HU mm3",
    "vessel_wall_volume_130hu_mm3": "mm3",
}  # fmt: skip
_SCAN: Final = Column(
    name="scan",
    type="string",
    unit="",
    words="The scan: s and the first 15 digits of the SHA-256 of its pixels and geometry",
    of=lambda row: row,
)


def tables(record: Mapping[str, Any]) -> dict[str, str]:
    """The text of each table of ``case.json``, by name; a table without rows still has its head."""
    # The letter in front keeps a spreadsheet from reading digits with an e among them as a number.
    scan = f"s{record['scan']['sha256'][:15]}"
    return {table.name: _text(table, rows, scan) for table, rows in _rows(record)}


def dictionary(record: Mapping[str, Any]) -> dict[str, Any]:
    """``datapackage.json``: every table, and of every column its type, unit and meaning."""
    return {
        "profile": "tabular-data-package",
        "name": "brainsand-case",
        "title": "Intracranial calcification on head CT: tables of one case",
        "version": record["program"]["version"],
        "resources": [_described(table) for table, _ in _rows(record)],
    }


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula, on one line.

    >>> defused("=1+1"), defused("two\\nlines"), defused(" @home"), defused("1 - 2")
    ("'=1+1", 'two lines', "'@home", '1 - 2')
    """
    line = " ".join(text.replace("\0", "").split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def _rows(record: Mapping[str, Any]) -> list[tuple[Table, list[Row]]]:
    differential = record["differential"] or {}
    groups = list(differential.get("groups") or [])
    return [
        (of.SCAN, [record]),
        (of.DEPOSITS, record["deposits"]),
        (of.SITES, record["sites"]),
        (of.SCORES, list(_scores(record["scores"]))),
        (of.DIFFERENTIAL, _ranked(groups)),
        (of.EVIDENCE, [{**row, "group": g["id"]} for g in groups for row in (*g["evidence"], *g["against"])]),
        (of.STEPS, _ranked(record["next_steps"])),
        (of.LABS, record["patient"]["labs"]),
        (of.SET_ASIDE, record["set_aside"]),
        (of.CAUTIONS, record["cautions"]),
    ]


def _ranked(rows: Iterable[Row]) -> list[Row]:
    return [{**row, "rank": number} for number, row in enumerate(rows, start=1)]


def _scores(scores: Mapping[str, Any]) -> Iterable[Row]:
    """A row a score of one number, and one a place that the Total Calcification Score grades."""
    for name, value in scores.items():
        unit = _UNITS.get(name, "")
        if isinstance(value, int | float):
            yield {"score": name, "place": "all", "value": value, "unit": unit}
        elif isinstance(value, Mapping) and "total" in value:
            yield {**value, "score": name, "place": "all", "value": value["total"], "unit": unit}
            for place, row in (value.get("by_site") or {}).items():
                yield {**row, "score": name, "place": place, "value": row["grade"], "basis": row.get("words")}
        elif name == "threshold_volumes_mm3" and isinstance(value, Mapping):
            for hu, volume in value.items():
                yield {"score": f"volume_from_{hu}_hu", "place": "all", "value": volume, "unit": "mm3"}


def _text(table: Table, rows: Iterable[Row], scan: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)  # RFC 4180: commas, CRLF, quotes where needed
    writer.writerow([_SCAN.name, *(column.name for column in table.columns)])
    for row in rows:
        writer.writerow([scan, *(_cell(column.of(row)) for column in table.columns)])
    return MARK + out.getvalue()


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return defused("; ".join(_plain(v) for v in value))
    return defused(_plain(value))


def _plain(value: Any) -> str:
    return str(value.get("words") or value.get("name") or value) if isinstance(value, Mapping) else str(value)


def _described(table: Table) -> dict[str, Any]:
    fields = [_field(column) for column in (_SCAN, *table.columns)]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "description": table.words,
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
        "schema": schema,
    }


def _field(column: Column) -> dict[str, str]:
    field = {"name": column.name, "type": column.type, "description": column.words}
    return {**field, "unit": column.unit} if column.unit else field
