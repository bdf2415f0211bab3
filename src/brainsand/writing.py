"""What is written of a case? Every file of its results, by the one road that both doors to them take.

An analysis (``brainsand.run``) and a reader's corrections (``brainsand.corrected``) write the same files here; nothing
else in the package writes results of a case. The clock is read here, once, and handed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from brainsand.exports import FORMATS, NOTHING, Export
from brainsand.progress import Progress
from brainsand.save import Draft, json_text

if TYPE_CHECKING:
    from brainsand.model.case import Case
    from brainsand.model.reference import Reference
    from brainsand.read.scan import ReadScan


def write_case(
    draft: Draft,
    case: Case,
    record: dict[str, Any],
    scan: ReadScan,
    reference: Reference,
    *,
    also: Iterable[str] = (),
    more: dict[str, Any] | None = None,
    progress: Progress,
) -> tuple[str, ...]:
    """Write every face of a case; what there is to say of formats that had nothing to write.

    Parameters
    ----------
    draft : Draft
        Where to (``save.whole_results``).
    case, record
        The case as recorded, and its record.
    scan, reference
        The scan that the case's maps lie on, and what formats look words up in.
    also : iterable of str
        Further formats, of ``exports.FORMATS``.
    more : dict, optional
        Further fields of ``case.json``, which no other file speaks of.
    """
    from brainsand.report.page import report_html
    from brainsand.report.record import record_text
    from brainsand.report.table import deposits_positions, deposits_table, sites_table

    created, picture = record["program"]["created"], case.picture
    with ThreadPoolExecutor(max_workers=2) as threads:  # the maps are packed while the report is drawn
        deposits = threads.submit(_map_bytes, picture.deposits, scan, "brainsand: the number of each deposit")
        sites = threads.submit(_map_bytes, picture.sites, scan, "brainsand: site and side, see sites.tsv")
        with progress.stage("report"):
            page = report_html(case, created=created)
        with progress.stage("save"):
            draft.write("report.html", page)
            draft.write("deposits.tsv", deposits_table(case))
            draft.write("deposits.json", json_text(deposits_positions(case)))
            draft.write("deposits.nii.gz", deposits.result())
            draft.write("sites.tsv", sites_table(case))
            draft.write("sites.nii.gz", sites.result())
            draft.write("case.json", record_text({**record, **(more or {})}))
    export = Export(case=case, record=record, scan=scan, reference=reference, page=page, created=created)
    return also_written(draft, export, also, progress)


def also_written(draft: Draft, export: Export, also: Iterable[str], progress: Progress) -> tuple[str, ...]:
    """The further formats, each file once (an SR brings the SEG it points to); what there is to say of them."""
    written: dict[str, bytes | str] = {}
    notes = []
    for name in sorted(also, key=list(FORMATS).index):
        with progress.stage(name):
            files = FORMATS[name](replace(export, made=dict(written)))
            for file in [file for file in files if file not in written]:
                draft.write(file, files[file])
            written |= files
        if not files:
            notes.append(NOTHING[name])
    return tuple(notes)


def moment(*, year_alone: bool) -> str:
    """Now (ISO 8601, UTC); the first of its year where a day could be that of the scan."""
    now = datetime.now(UTC)
    return (datetime(now.year, 1, 1, tzinfo=UTC) if year_alone else now).isoformat(timespec="seconds")


def _map_bytes(labels: Any, scan: ReadScan, words: str) -> bytes:
    from brainsand.nifti_file import labels_gz
    from brainsand.read.layout import to_nifti_layout

    array, affine = to_nifti_layout(labels, scan.volume.grid, scan.layout)
    return labels_gz(array, affine, words=words)
