"""Scans of one person from end to end: read them, analyze each, compare, save. As ``run`` is for one scan.

Results appear whole or not at all (``brainsand.save``). The clock is read here, once, and handed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.errors import ChoiceError, CorrectionsError, InputRefused, UsageError
from brainsand.exports import check_scan
from brainsand.progress import SILENT, Progress
from brainsand.run import refusal_record
from brainsand.save import RECORDS as OF_A_SCAN
from brainsand.save import Draft, json_text, whole_results
from brainsand.settings import Settings

if TYPE_CHECKING:
    from brainsand.model.comparison import Comparison
    from brainsand.model.patient import Patient
    from brainsand.model.reference import Reference
    from brainsand.pipeline import Analysis
    from brainsand.read.scan import ReadScan
    from brainsand.read.visit import Visit

RECORDS: Final = ("compare.json", "refusal.json")
RESULTS: Final = (
    *RECORDS,
    "report.html",
    "changes.tsv",
    "followup_sr.dcm",
    "pair",
)
"""What may be written; ``pair`` by those who show both in a viewer (``pair_view``)."""
ALSO: Final[tuple[str, ...]] = ("sr",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How scans are to be compared: what the user says of them, and what is to be written beside."""

    interval_years: tuple[float, ...]
    patient_file: Path | None
    kvp: float | None
    same_person: bool
    same_scanner: bool
    corrected: tuple[Mapping[str, Any], ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """What comparing gave: the comparison, the folder it was saved in, and words for the person who waits."""

    comparison: Comparison
    out: Path
    headline: str

    @property
    def report(self) -> Path:
        """Where the report lies."""
        return self.out / "report.html"


def compare_scans(
    inputs: Sequence[Path],
    out: Path,
    *,
    interval_years: Sequence[float] = (),
    patient_file: Path | None = None,
    kvp: float | None = None,
    same_person: bool = False,
    same_scanner: bool = False,
    corrected: Iterable[Mapping[str, Any]] = (),
    also: Iterable[str] = (),
    settings: Settings | None = None,
    reference: Reference | None = None,
    progress: Progress = SILENT,
) -> Compared:
    """Compare two or more scans of one person, the earliest first, and save what changed in ``out``.

    Parameters
    ----------
    inputs : sequence of Path
        Each a scan as ``run_scan`` takes one, or the folder of its results with the scan in it.
    out : Path
        The folder of the results; made when missing. A comparison in it is replaced, other files are left alone.
    interval_years : sequence of float
        From each scan to the next, where the headers do not say the days or are not to be believed.
    patient_file : Path, optional
        The patient file of the contract; its age is that at the last scan.
    kvp : float, optional
        Tube voltage of the scans that do not say it.
    same_person, same_scanner : bool
        What the user vouches for against headers and heads that differ, and where files are silent.
    corrected : iterable of mapping
        ``case.json`` of scans that a reader corrected (``brainsand revise``), each told by the sum of its pixels: the
        comparison then follows the corrections. Those in a folder of results given as a scan are followed without.
    also : iterable of str
        Further formats, of ``ALSO``: ``sr`` for a DICOM structured report with time points (DICOM scans only).
    settings : Settings, optional
    reference : Reference, optional
        One loaded already (``run.whole_reference``); else it is loaded.
    progress : Progress

    Raises
    ------
    InputRefused
        A scan cannot be measured, they cannot be compared, or corrections are of none of them; ``out`` then holds
        ``refusal.json`` alone.
    OutputError
        The results could not be written; ``out`` is as it was.
    UsageError
        The request makes no sense; nothing was read or written.
    """
    asked = Asked(
        interval_years=tuple(interval_years),
        patient_file=patient_file,
        kvp=kvp,
        same_person=same_person,
        same_scanner=same_scanner,
        corrected=tuple(corrected),
        also=tuple(also),
    )
    _check_request(inputs, out, asked)
    with whole_results(out, names=RESULTS, records=RECORDS) as draft:
        try:
            scans, made = _compared(inputs, asked, settings or Settings(), reference, progress)
        except InputRefused as refusal:
            outcome: Compared | InputRefused = refusal
            draft.write("refusal.json", json_text(refusal_record(refusal)))
        else:
            outcome = _saved(draft, made, scans, asked.also, progress)
    if isinstance(outcome, InputRefused):
        raise outcome
    return outcome


def _check_request(inputs: Sequence[Path], out: Path, asked: Asked) -> None:
    """Refuse (UsageError) what can be known to be wrong before anything is read."""
    unknown = sorted(set(asked.also) - set(ALSO))
    if unknown:
        raise UsageError(
            f"--also {','.join(unknown)}: compare does not write that. It writes: {', '.join(ALSO)}."
        )
    if len(inputs) < 2:
        raise UsageError(f"{len(inputs)} scan is given; a comparison needs an earlier and a later one.")
    for path in inputs:
        if not path.exists():
            raise UsageError(
                f"There is no file or folder {path}. Give the scan, or the folder of its results."
            )
    if len({p.resolve() for p in inputs}) < len(inputs):
        raise UsageError("The same path is given twice; a comparison needs two scans.")
    times = len(asked.interval_years)
    if times and times != len(inputs) - 1:
        raise UsageError(
            f"--interval-years is given {times} times for {len(inputs)} scans; give one number from each scan to the "
            f"next, {len(inputs) - 1} in all."
        )
    if any((out / name).exists() for name in OF_A_SCAN if name not in RECORDS):
        raise UsageError(
            f"{out} holds the results of one scan, whose report would be overwritten. Choose another with -o."
        )


def _compared(
    inputs: Sequence[Path], asked: Asked, settings: Settings, known: Reference | None, progress: Progress
) -> tuple[list[ReadScan], Comparison]:
    from brainsand.comparing import compared

    with progress.stage("read"):
        visits = _visits(inputs, asked)
        years = _years([v.scan for v in visits], asked.interval_years)
        _refuse_twice([v.scan for v in visits])
    with progress.stage("reference"):
        reference = known or _reference()
    patient = _patient(asked.patient_file)
    scans = []
    for number, visit in enumerate(visits):
        age = None if patient.age_years is None or years[-1] is None else years[-1] - (years[number] or 0.0)
        scans.append(_analyzed(visit, reference, patient, age, settings, progress))
    made = compared(
        scans,
        years=years,
        same_person=asked.same_person,
        same_scanner=asked.same_scanner,
        progress=progress,
    )
    return [v.scan for v in visits], made


def _visits(inputs: Sequence[Path], asked: Asked) -> list[Visit]:
    """The scans read, each with what a reader said of it; refused where they cannot be what was asked for."""
    from brainsand.read.visit import read_visit, refuse_other_person

    visits = [_with_kvp(read_visit(path), asked.kvp) for path in inputs]
    for visit in visits:
        check_scan(asked.also, visit.scan)
    for visit in visits[1:]:
        if not asked.same_person:
            refuse_other_person(visits[0].scan, visit.scan)
    for record in asked.corrected:
        visits = _with_corrections(visits, record)
    return visits


def _with_corrections(visits: Sequence[Visit], record: Mapping[str, Any]) -> list[Visit]:
    """The visits, that of the record with what a reader said; refused (CorrectionsError) where it is of none."""
    from brainsand.read.standing import standing_of

    sha256 = (record.get("scan") or {}).get("sha256")
    if sha256 not in [v.scan.acquisition.sha256 for v in visits]:
        raise CorrectionsError(
            f"The corrected case is of a scan with the sum {str(sha256)[:12]}…, which is none of those given.",
            needed="corrected results of one of the scans.",
            todo="Give the results that brainsand revise made of one of them.",
            code="other_scan",
        )
    said = standing_of(record)
    return [replace(v, standing=said) if v.scan.acquisition.sha256 == sha256 else v for v in visits]


def _with_kvp(visit: Visit, kvp: float | None) -> Visit:
    how = visit.scan.acquisition
    if kvp is None or how.kvp is not None:
        return visit
    return replace(visit, scan=replace(visit.scan, acquisition=replace(how, kvp=kvp)))


def _years(scans: Sequence[ReadScan], given: Sequence[float]) -> list[float | None]:
    """Of each scan since the first; refused (ChoiceError) where the days run backwards."""
    from brainsand.read.visit import years_between

    steps: list[float | None] = [*given] or [years_between(a, b) for a, b in pairwise(scans)]
    out: list[float | None] = [0.0]
    for number, step in enumerate(steps, start=2):
        if step is not None and step < 0:
            raise ChoiceError(
                f"Scan {number} is {-step:.2f} years older than the one before it.",
                needed="the earliest scan first.",
                todo="Give them the other way round, or say the years between them with --interval-years.",
                code="order_reversed",
            )
        before = out[-1]
        out.append(None if before is None or step is None else round(before + step, 2))
    return out


def _refuse_twice(scans: Sequence[ReadScan]) -> None:
    seen: dict[str, int] = {}
    for number, scan in enumerate(scans, start=1):
        other = seen.setdefault(scan.acquisition.sha256, number)
        if other != number:
            raise ChoiceError(
                f"Scans {other} and {number} hold the same pixels.",
                needed="scans of two days.",
                todo="Check the paths: one scan was given twice.",
                code="same_scan",
            )


def _reference() -> Reference:
    from brainsand.read.knowledge import load_reference

    return load_reference()


def _patient(patient_file: Path | None) -> Patient:
    from brainsand.model.patient import Patient
    from brainsand.read.patient import read_patient

    return read_patient(patient_file)[0] if patient_file else Patient()


def _analyzed(
    visit: Visit,
    reference: Reference,
    patient: Patient,
    younger_years: float | None,
    settings: Settings,
    progress: Progress,
) -> Analysis:
    """The scan analyzed, as it was read; ``younger_years`` before the day that the patient file's age is of."""
    from brainsand.as_read import as_read
    from brainsand.pipeline import whole_analysis

    age = patient.age_years
    if age is not None and younger_years is not None:
        age = max(age - younger_years, 0.0)
    known = replace(
        patient,
        age_years=visit.said.get("age_years") if age is None else age,
        sex=patient.sex or visit.said.get("sex"),
    )
    found = whole_analysis(
        visit.scan.volume, visit.scan.acquisition, reference, settings, patient=known, progress=progress
    )
    return as_read(found, visit.standing)


def _saved(
    draft: Draft, made: Comparison, scans: Sequence[ReadScan], also: Sequence[str], progress: Progress
) -> Compared:
    from brainsand.report.followup_page import followup_html
    from brainsand.report.followup_record import comparison_record
    from brainsand.report.followup_table import changes_table
    from brainsand.report.followup_words import change_headline
    from brainsand.report.record import record_text

    created = datetime.now(UTC).isoformat(timespec="seconds")
    with progress.stage("report"):
        page = followup_html(made, created=created)
    with progress.stage("save"):
        draft.write("report.html", page)
        draft.write("changes.tsv", changes_table(made))
        draft.write("compare.json", record_text(comparison_record(made, created=created)))
    if "sr" in also:
        with progress.stage("sr"):
            draft.write("followup_sr.dcm", _structured_report(made, scans, created))
    return Compared(comparison=made, out=draft.out, headline=change_headline(made))


def _structured_report(made: Comparison, scans: Sequence[ReadScan], created: str) -> bytes:
    from brainsand.exports import source_of
    from brainsand.report.dicom_source import as_bytes
    from brainsand.report.followup_sr import followup_report
    from brainsand.report.record import case_record

    sources = [
        source_of(case, case_record(case, created=created), scan, created)
        for case, scan in zip(made.cases, scans, strict=True)
    ]
    return as_bytes(followup_report(made, sources))
