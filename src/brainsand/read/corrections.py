"""What did a reader correct? A small JSON file, checked word by word, and the same written.

::

    {"schema": "brainsand.corrections/1",
     "deposits": [{"id": 1, "rejected": true, "note": "a clip"}, {"id": 3, "site": "putamen", "side": "left"}],
     "patient": {"age_years": 53}}

``patient`` (fields of a patient file) takes the place of all facts that the case has; ``history`` may say how the
corrections came about and goes into ``case.json`` as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from brainsand.errors import CorrectionsError
from brainsand.model.correction import Correction, Corrections
from brainsand.model.finding import Kind, Side
from brainsand.model.sites import SITES

SCHEMA: Final = "brainsand.corrections/1"
MOST_NOTE: Final = 2000
_MOST_BYTES: Final = 2**20
_FIELDS: Final = ("schema", "deposits", "patient", "history")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"site": SITES, "side": get_args(Side), "kind": get_args(Kind)}
_ROW: Final = ("id", "rejected", *_WORDS, "note")


def read_corrections(path: Path) -> Corrections:
    """The corrections in a file; refused (``CorrectionsError``) where they cannot be understood."""
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise _wrong(f"{path.name!r} is no file of at most 1 MiB", "a JSON file of corrections")
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise _wrong(f"The file of corrections is no JSON ({fault})", "JSON in UTF-8") from fault
    return corrections_of(record)


def corrections_of(record: Any) -> Corrections:
    """The corrections of a record that was already parsed.

    Examples
    --------
    >>> corrections_of({"deposits": [{"id": 2, "kind": "vascular"}]}).deposits[2].kind
    'vascular'
    """
    if not isinstance(record, Mapping):
        raise _wrong("The corrections are no set of fields", f"fields of {', '.join(_FIELDS)}")
    if strange := sorted(set(map(str, record)) - set(_FIELDS)):
        raise _wrong(f"The corrections have a field {strange[0]!r:.40}", f"one of {', '.join(_FIELDS)}")
    if record.get("schema", SCHEMA) != SCHEMA:
        raise _wrong(f"The corrections are of schema {record['schema']!r:.40}", SCHEMA)
    patient, history = record.get("patient"), record.get("history") or []
    if patient is not None and not isinstance(patient, Mapping):
        raise _wrong("The patient among the corrections is no set of fields", "fields of a patient file")
    if not isinstance(history, list) or not all(isinstance(row, Mapping) for row in history):
        raise _wrong("The history of the corrections is no list of records", "a list")
    return Corrections(
        deposits=_deposits(record.get("deposits") or []), patient=patient, history=tuple(history)
    )


def corrections_record(corrections: Corrections) -> dict[str, Any]:
    """The corrections as the file holds them.

    >>> corrections_record(Corrections(deposits={2: Correction(rejected=True)}))["deposits"]
    [{'id': 2, 'rejected': True}]
    """
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "deposits": [
            {"id": number, **{name: value for name in _ROW[1:] if (value := getattr(told, name))}}
            for number, told in sorted(corrections.said.items())
        ],
    }
    if corrections.patient is not None:
        record["patient"] = dict(corrections.patient)
    return record | ({"history": [dict(row) for row in corrections.history]} if corrections.history else {})


def _deposits(rows: Any) -> dict[int, Correction]:
    if not isinstance(rows, list):
        raise _wrong("The deposits of the corrections are no list", "a list of records with an id")
    found: dict[int, Correction] = {}
    for row in rows:
        number = row.get("id") if isinstance(row, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool):
            raise _wrong(f"A correction says {row!r:.60}", "a record with the id of a deposit")
        if number in found:
            raise _wrong(f"Deposit {number} is corrected twice", "each deposit once")
        found[number] = _correction(number, row)
    return found


def _correction(number: int, row: Mapping[str, Any]) -> Correction:
    if strange := sorted(set(map(str, row)) - set(_ROW)):
        raise _wrong(
            f"The correction of deposit {number} has a field {strange[0]!r:.40}", f"one of {', '.join(_ROW)}"
        )
    for name, known in _WORDS.items():
        if row.get(name) is not None and row[name] not in known:
            raise _wrong(f"The {name} of deposit {number} is {row[name]!r:.40}", f"one of {', '.join(known)}")
    if not isinstance(row.get("rejected", False), bool):
        raise _wrong(f"Whether deposit {number} is rejected is {row['rejected']!r:.40}", "true or false")
    note = row.get("note")
    if note is not None and (not isinstance(note, str) or len(note) > MOST_NOTE):
        raise _wrong(f"The note on deposit {number} is no text", f"at most {MOST_NOTE} characters")
    return Correction(**{name: value for name, value in row.items() if name != "id"})


def _wrong(came: str, needed: str) -> CorrectionsError:
    todo = "Correct the file; docs/how-to/correct.md shows one."
    return CorrectionsError(f"{came}.", needed=f"{needed}.", todo=todo, code="bad_corrections")
