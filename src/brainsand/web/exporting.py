"""As what may a case leave the house? The corrected record and what is made of it, and every file of the analysis.

What needs the record alone is made here at once; what needs the scan is made by a job (``web.revised``). All of it is
of the case as it stands; the files of the machine's own reading are fetched one by one (``/files``), or lie in a
folder of their own in the zip of everything.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row
from starlette.responses import Response

from brainsand.read.corrections import corrections_record
from brainsand.report.phenopacket import phenopacket_of_case
from brainsand.report.record import record_text
from brainsand.save import json_text
from brainsand.web.edits import as_record, edits_of
from brainsand.web.files import known_files
from brainsand.web.readings import facts_of
from brainsand.web.refused import Refused
from brainsand.web.revised import FORMS, corrections_now, found_files
from brainsand.web.revised import exported as made_by_job

if TYPE_CHECKING:
    from brainsand.web.desk import Desk

Made = tuple[bytes, str, str]
"""Content, media type, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A format: what it is, and how it is made."""

    words: str
    make: Callable[[Desk, Row[Any]], Made]


def exported(desk: Desk, row: Row[Any], name: str) -> Response:
    """The case in the format ``name``; 404 for one there is not."""
    if name not in EXPORTS and name not in FORMS:
        known = ", ".join((*EXPORTS, *FORMS))
        raise Refused(404, "no_such_format", "There is no such format.", f"One of: {known}.")
    content, kind, file = made_by_job(desk, row, name) if name in FORMS else EXPORTS[name].make(desk, row)
    disposition = f'attachment; filename="{file}"'
    return Response(content, media_type=kind, headers={"content-disposition": disposition})


def _case(desk: Desk, row: Row[Any]) -> Made:
    text = record_text(with_history(desk, row))
    return text.encode(), "application/json", f"case-{row.number}.json"


def with_history(desk: Desk, row: Row[Any]) -> dict[str, Any]:
    """The record as it stands, with every correction, who made it and when, and the machine's deposits beside."""
    record = desk.readings.now(row).record
    if row.version == 0:
        return desk.readings.machine(row.id).case
    with desk.store.reading() as db:
        edits = as_record(edits_of(db, row.id, up_to=row.version))
    return {
        **record,
        "corrections": edits,
        "machine_deposits": desk.readings.machine(row.id).case["deposits"],
    }


def _phenopacket(desk: Desk, row: Row[Any]) -> Made:
    table = desk.readings.ground.weigher.table
    packet = phenopacket_of_case(
        desk.readings.now(row).record,
        terms=table.terms,
        analytes=table.knowledge.analytes,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return json_text(packet).encode(), "application/json", f"phenopacket-{row.number}.json"


def _patient(desk: Desk, row: Row[Any]) -> Made:
    facts = facts_of(desk.readings.now(row).record)
    return json_text(facts).encode(), "application/json", f"patient-{row.number}.json"


def _corrections(desk: Desk, row: Row[Any]) -> Made:
    text = json_text(corrections_record(corrections_now(desk, row)))
    return text.encode(), "application/json", f"corrections-{row.number}.json"


def _table(desk: Desk, row: Row[Any]) -> Made:
    columns = ("id", "site", "side", "lobe", "kind", "volume_mm3", "volume_pm_mm3", "mass_mg", "mass_pm_mg", "peak_hu",
               "mean_hu", "morphology", "largest_diameter_mm", "confidence", "source", "note")  # fmt: skip
    rows = desk.readings.now(row).record["deposits"]
    lines = ["\t".join(columns)]
    lines += ["\t".join(_cell(d.get(name)) for name in columns) for d in rows]
    return (
        "\n".join([*lines, ""]).encode(),
        "text/tab-separated-values; charset=utf-8",
        f"deposits-{row.number}.tsv",
    )


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _all(desk: Desk, row: Row[Any]) -> Made:
    """Everything in one zip: the case as it stands with all that was made of it, and what the analysis wrote."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("corrected/case.json", record_text(with_history(desk, row)))
        archive.writestr("corrected/phenopacket.json", _phenopacket(desk, row)[0])
        archive.writestr("corrected/deposits.tsv", _table(desk, row)[0])
        for name, path in found_files(desk, row).items():
            if name != "deposits.tsv":
                archive.write(path, f"corrected/{name}")
        for name, path in known_files(desk.folder, row.id).items():
            archive.write(path, f"machine/{name}")
    return stream.getvalue(), "application/zip", f"case-{row.number}.zip"


EXPORTS: Final[Mapping[str, Entry]] = {
    "case": Entry(words="the record as it stands, with its corrections (case.json)", make=_case),
    "phenopacket": Entry(words="GA4GH Phenopacket v2 of the case as it stands", make=_phenopacket),
    "patient": Entry(words="the patient's facts as a patient file", make=_patient),
    "deposits": Entry(words="the table of deposits as it stands (TSV)", make=_table),
    "corrections": Entry(
        words="the corrections as they stand, for brainsand revise (JSON)", make=_corrections
    ),
    "all": Entry(
        words="everything in one zip: the case as it stands, and the machine's reading apart", make=_all
    ),
}
"""What is made of the record at once; beside these ``web.revised.FORMS``, and ``/files`` of the machine's reading."""


def names_and_words() -> dict[str, str]:
    """Every format a case can be exported in, with what it is."""
    at_once = {name: entry.words for name, entry in EXPORTS.items()}
    return at_once | {name: form.words for name, form in FORMS.items()}
