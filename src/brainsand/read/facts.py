"""What kind of file tells of the patient, and what does it tell? A patient file, a ``case.json``, or a Phenopacket.

All three become one :class:`Facts`: the patient, the scan's deposits where there was a scan, and cautions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from brainsand.errors import PatientFileError
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit, KindReason, SetAside
from brainsand.model.knowledge import Knowledge
from brainsand.model.patient import Patient
from brainsand.model.terms import Terms
from brainsand.read.checks import refusal
from brainsand.read.known import with_known_words
from brainsand.read.patient import patient_of, read_patient
from brainsand.read.phenopacket import Loinc, is_phenopacket, patient_record

CASE: Final = "brainsand.case/"
_MOST_BYTES: Final = 50 * 2**20
_TUPLES: Final = ("centre_lps_mm", "slices", "extent_mm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``deposits`` is None where no scan is behind the file; ``case`` holds the blocks of a ``case.json``."""

    kind: str
    patient: Patient
    deposits: tuple[Deposit, ...] | None
    case: Mapping[str, Any]
    cautions: tuple[Caution, ...]


def read_facts(path: Path, knowledge: Knowledge, terms: Terms) -> Facts:
    """Read whichever of the three it is.

    Raises
    ------
    PatientFileError
        It is none of them, or cannot be parsed.
    """
    record = _json(path)
    if record is not None and str(record.get("schema", "")).startswith(CASE):
        facts = _case(record)
    elif record is not None and is_phenopacket(record):
        facts = _packet(record, knowledge)
    else:
        patient, cautions = read_patient(path)
        facts = Facts(kind="patient file", patient=patient, deposits=None, case={}, cautions=cautions)
    patient, said = with_known_words(facts.patient, terms, knowledge)
    return replace(facts, patient=patient, cautions=(*facts.cautions, *said))


def case_facts(record: Mapping[str, Any]) -> Facts:
    """The facts of a ``case.json`` that was already parsed; ``PatientFileError`` where it is none."""
    return _case(record)


def loinc_of(knowledge: Knowledge) -> Loinc:
    """LOINC code to analyte and the unit it is reported in."""
    return {code: (a.id, unit) for a in knowledge.analytes.values() for code, unit in a.loinc.items()}


def _json(path: Path) -> Mapping[str, Any] | None:
    """The object of a JSON file; None for anything that is not one (YAML is read by ``read.patient``)."""
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def _packet(record: Mapping[str, Any], knowledge: Knowledge) -> Facts:
    plain, cautions = patient_record(record, loinc_of(knowledge))
    usable, left_out = _usable(plain)
    patient, said = patient_of(usable)
    every = (*cautions, *left_out, *said)
    return Facts(kind="Phenopacket", patient=patient, deposits=None, case={}, cautions=every)


def _usable(plain: Mapping[str, Any]) -> tuple[dict[str, Any], list[Caution]]:
    """The record without the entries that a patient file would be refused for, and a caution for each of them.

    Nobody writes a Phenopacket by hand: who gets one cannot correct it, and the rest of it is worth using.
    """
    kept, said = dict(plain), []
    for name in ("phenotype", "labs", "variants"):
        kept[name] = []
        for entry in plain.get(name, []):
            try:
                patient_of({name: [entry]})
            except PatientFileError as fault:
                words = f"{fault.came} Needed: {fault.needed} It was left out."
                said.append(Caution(code="phenopacket_entry", words=words))
            else:
                kept[name].append(entry)
    return kept, said


def _case(record: Mapping[str, Any]) -> Facts:
    known = {f.name for f in fields(Patient)}
    told = {k: v for k, v in (record.get("patient") or {}).items() if k in known and v not in (None, [], {})}
    told["phenotype"] = [
        {k: v for k, v in term.items() if k != "onset_years"} for term in told.get("phenotype", [])
    ]
    patient, cautions = patient_of(told)
    return Facts(kind="case", patient=patient, deposits=deposits_of(record), case=record, cautions=cautions)


def deposits_of(record: Mapping[str, Any]) -> tuple[Deposit, ...]:
    """The deposits of a ``case.json`` that was already parsed; ``PatientFileError`` where they are none."""
    try:
        return tuple(_deposit(row) for row in record.get("deposits") or [])
    except (KeyError, TypeError, ValueError) as fault:
        raise refusal(
            f"A deposit of case.json cannot be read ({fault}).", "a whole case.json.", "Analyze again."
        ) from fault


def set_aside_of(record: Mapping[str, Any], in_vessel: Sequence[bool]) -> tuple[SetAside, ...]:
    """What a ``case.json`` set aside; ``in_vessel`` (``view.json``): whether each is blood where blood belongs."""
    return tuple(
        SetAside(**{**row, "centre_lps_mm": tuple(row["centre_lps_mm"])}, in_vessel=there)
        for row, there in zip(record["set_aside"], in_vessel, strict=True)
    )


def _deposit(row: Mapping[str, Any]) -> Deposit:
    known = {f.name for f in fields(Deposit)}
    told: dict[str, Any] = {
        name: tuple(v) if name in _TUPLES else v for name, v in row.items() if name in known
    }
    told["kind_reasons"] = tuple(KindReason(**reason) for reason in row["kind_reasons"])
    return Deposit(**told)
