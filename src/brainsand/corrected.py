"""The results of a corrected case: everything that ``analyze`` writes, of what a reader made of the machine's reading.

From the results of an analysis (made with the format ``viewer``), the corrections and the scan, which is read again for
its voxels and headers, never analyzed again: what was measured stays as it was. What follows from the corrections is
counted anew by ``brainsand.revision``, the maps are drawn anew by ``brainsand.redrawn`` without what was rejected, and
``brainsand.writing`` writes them as it writes an analysis.

Where nothing was corrected, what is written is what the analysis wrote, to the last byte, identifiers and date
included. Anything corrected gives DICOM objects other identifiers (they are drawn from what is said), so an archive
holds both and mixes up neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand import __version__
from brainsand.errors import CorrectionsError, UsageError
from brainsand.exports import check_scan
from brainsand.model.correction import READER, Corrections, Review, Verifier
from brainsand.progress import SILENT, Progress
from brainsand.recorded import case_of
from brainsand.redrawn import picture_of
from brainsand.revision import Ground, revised
from brainsand.run import RunResult, check_request, whole_reference
from brainsand.save import whole_results
from brainsand.viewing import FOLDER
from brainsand.writing import moment, write_case

if TYPE_CHECKING:
    from brainsand.model.case import Case
    from brainsand.model.reference import Reference
    from brainsand.read.scan import ReadScan

Record = dict[str, Any]
_AGES: Final = ("age", "age_years")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """What an analysis left: its folder, ``case.json`` and ``viewer/view.json``."""

    folder: Path
    record: Record
    view: Record

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its deposits."""
        return tuple(int(d["id"]) for d in self.record["deposits"])


def revise(
    results: Path,
    input: Path,
    out: Path,
    corrections: Corrections,
    *,
    also: Iterable[str] = (),
    verifier: Verifier | None = None,
    series: str | None = None,
    key: bytes | None = None,
    reference: Reference | None = None,
    progress: Progress = SILENT,
) -> RunResult:
    """Write the results of a corrected case in ``out``, whole or not at all.

    Parameters
    ----------
    results : Path
        The folder of an analysis that was made with ``viewer`` among its formats; it is left as it is.
    input : Path
        The scan it was made of.
    out : Path
        Another folder; results of an earlier run in it are replaced, other files are left alone.
    corrections : Corrections
        What a reader said.
    also : iterable of str
        Further formats, of ``exports.FORMATS``.
    verifier : Verifier, optional
        Who answers for the reading: the SR is then VERIFIED and the FHIR report final, in this person's name.
    series : str, optional
        Series Instance UID, where the record cannot say it (a de-identified one) and several lie in the input.
    key : bytes, optional
        The secret that results without names were made with.
    reference : Reference, optional
        Of ``run.whole_reference``, where the caller has it already.
    progress : Progress
        Who is told of the stages.

    Raises
    ------
    CorrectionsError
        The corrections do not fit the results, or the scan is another one; ``out`` is as it was.
    InputRefused
        The scan or the patient's facts cannot be read.
    OutputError
        The results could not be written.
    UsageError
        The request makes no sense.
    """
    also = tuple(dict.fromkeys(also))
    check_request(input, out, also)
    if out.resolve() == results.resolve():
        raise UsageError("The corrected results would replace the machine's. Choose another folder with -o.")
    machine = read_machine(results)
    _check_numbers(corrections, machine)
    with progress.stage("read"):
        scan = _scan(input, machine.record, series, key)
    check_scan(also, scan)
    with progress.stage("reference"):
        known = reference or whole_reference()
    with progress.stage("interpret"):
        record, review = _corrected(machine, corrections, verifier, known)
    with progress.stage("anatomy"):
        case = _case(machine, record, review, scan)
    more = _told(machine, corrections) if review is not None and review.corrects else {}
    with whole_results(out) as draft:
        notes = write_case(draft, case, record, scan, known, also=also, more=more, progress=progress)
    from brainsand.report.words import headline

    words = headline(case)
    return RunResult(case=case, out=draft.out, headline=words, choice_words=scan.choice_words, notes=notes)


def read_machine(results: Path) -> Machine:
    """What an analysis left in a folder; refused where it is not what corrections can be made to."""
    record, view = _json(results / "case.json"), _json(results / FOLDER / "view.json")
    if record is None or not str(record.get("schema", "")).startswith("brainsand.case/"):
        raise _unfit(f"{results.name!r} holds no case.json", "the results of brainsand analyze")
    if "machine_deposits" in record:
        raise _unfit(f"{results.name!r} holds a corrected case", "the machine's own results")
    if view is None:
        raise _unfit(f"{results.name!r} holds no viewer/view.json", "results made with --also viewer")
    return Machine(folder=results, record=record, view=view)


def _json(path: Path) -> Record | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _check_numbers(corrections: Corrections, machine: Machine) -> None:
    if strange := sorted(set(corrections.deposits) - set(machine.numbers)):
        there = f"1 to {max(machine.numbers)}" if machine.numbers else "none, for the case has no deposit"
        raise CorrectionsError(
            f"Deposit {strange[0]} is corrected, and the case has no such deposit.",
            needed=f"the numbers of its deposits: {there}.",
            todo="Correct the file.",
            code="no_such_deposit",
        )


def _scan(input: Path, record: Record, series: str | None, key: bytes | None) -> ReadScan:
    """The scan of the record, read as it was read then; refused where it is another."""
    from brainsand.read.nameless import without_identity
    from brainsand.read.scan import read_scan

    told = record["scan"]
    nameless = bool(told.get("deidentified"))
    if nameless and key is None:
        raise UsageError("The results name nobody: give the secret they were made with (--key FILE).")
    scan = read_scan(input, series=series or (None if nameless else told["series_uid"]))
    scan = without_identity(scan, key) if nameless and key is not None else scan
    if scan.acquisition.sha256 != told["sha256"]:
        raise CorrectionsError(
            f"The scan has the sum {scan.acquisition.sha256[:12]}… and the results were made of one with "
            f"{str(told['sha256'])[:12]}….",
            needed="the very scan of the results" + (", and the key of that time." if nameless else "."),
            todo="Give the scan that was analyzed.",
            code="other_scan",
        )
    who = record["patient"]
    facts = replace(
        scan.acquisition, source=told["source"], kvp=told["kvp"], age_years=who["age_years"], sex=who["sex"]
    )
    return replace(scan, acquisition=facts)


def _corrected(
    machine: Machine, corrections: Corrections, verifier: Verifier | None, reference: Reference
) -> tuple[Record, Review | None]:
    """The record as it stands, and what a person made of it; None where that is nothing."""
    before = machine.record
    at = moment(year_alone=bool(before["scan"].get("deidentified")))
    record = before
    if corrections:
        ground = Ground(weigher=reference.weigher, norms=reference.norms)
        facts = _facts(corrections.patient, before["patient"])
        said = revised(before, machine.view, ground, corrections=corrections.said, patient=facts).record
        if corrections.said or said["patient"] != before["patient"]:
            record = _marked(said, before, reference)
    review = _review(record, before, corrections, verifier, at)
    if review is None:
        return before, None
    return {**record, "program": {**record["program"], "created": at}}, review


def _facts(given: Mapping[str, Any] | None, known: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The facts given; age and sex of the case stand in where they are silent, as those of a header do."""
    if given is None:
        return None
    silent = {"sex": known["sex"]} if given.get("sex") is None else {}
    if all(given.get(name) is None for name in _AGES):
        silent["age_years"] = known["age_years"]
    return {**given, **{name: value for name, value in silent.items() if value is not None}}


def _marked(record: Record, before: Record, reference: Reference) -> Record:
    """The corrected record with what cannot be made anew said, and by which version it was made."""
    cautions = list(record["cautions"])
    if "own_norms" in before["scores"]:
        words = "Centiles by your own norms are left out: they are not counted anew for a corrected case."
        cautions.append({"code": "own_centiles_left_out", "words": words})
    program = dict(record["program"])
    now = {"version": __version__, "knowledge_version": reference.version}
    if any(program.get(name) != value for name, value in now.items()):
        program["corrected_with"] = now
        words = (
            f"The scan was analyzed with version {program['version']} (knowledge {program['knowledge_version']}), and "
            f"the corrections were weighed with {__version__} (knowledge {reference.version})."
        )
        cautions.append({"code": "corrected_with_other_version", "words": words})
    return {**record, "program": program, "cautions": cautions}


def _review(
    record: Record, before: Record, corrections: Corrections, verifier: Verifier | None, at: str
) -> Review | None:
    from brainsand.read.facts import deposits_of

    if record is before and verifier is None:
        return None
    notes = {} if record is before else {n: c.note for n, c in corrections.said.items() if c.note}
    return Review(
        at=at,
        rejected=deposits_of({"deposits": record.get("rejected", [])}),
        changed=tuple(d["id"] for d in record["deposits"] if d["source"] == READER),
        emptied=tuple(place for place in _places(before) if place not in _places(record)),
        notes=notes,
        facts=record["patient"] != before["patient"],
        verifier=verifier,
    )


def _places(record: Record) -> list[tuple[str, str]]:
    """The sites and sides that a record has calcium in."""
    return [(row["site"], row["side"]) for row in record["sites"]]


def _case(machine: Machine, record: Record, review: Review | None, scan: ReadScan) -> Case:
    """The case of the record, with its maps on the scan."""
    from brainsand.read.facts import case_facts
    from brainsand.report.face import faceless

    kept = [d["id"] for d in record["deposits"]]
    picture = picture_of(machine.folder, machine.view, scan, numbers=machine.numbers, kept=kept)
    return case_of(
        record,
        acquisition=scan.acquisition,
        patient=case_facts(record).patient,
        picture=faceless(picture) if scan.acquisition.deidentified else picture,
        in_vessel=machine.view["in_vessel"],
        review=review,
    )


def _told(machine: Machine, corrections: Corrections) -> Record:
    """What ``case.json`` says beside: how it came about, and what the machine had found."""
    from brainsand.read.corrections import corrections_record

    history = [dict(row) for row in corrections.history] or corrections_record(corrections)["deposits"]
    return {"corrections": history, "machine_deposits": machine.record["deposits"]}


def _unfit(came: str, needed: str) -> CorrectionsError:
    todo = "Give the folder of an analysis (brainsand analyze SCAN -o FOLDER --also viewer)."
    return CorrectionsError(f"{came}.", needed=f"{needed}.", todo=todo, code="no_results")
