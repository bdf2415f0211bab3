"""One scan from end to end: read it, analyze it, save the case. Every door comes here.

Results appear whole or not at all (``brainsand.save``); what they hold is written by ``brainsand.writing``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.errors import InputRefused, UsageError, unsaid
from brainsand.exports import FORMATS, check_scan
from brainsand.progress import SILENT, Progress
from brainsand.save import RESULTS, Draft, json_text, whole_results
from brainsand.settings import Settings
from brainsand.writing import moment, write_case

if TYPE_CHECKING:
    from brainsand.model.case import Case
    from brainsand.model.caution import Caution
    from brainsand.model.own_norms import OwnNorms
    from brainsand.model.patient import Patient
    from brainsand.model.reference import Reference
    from brainsand.read.scan import ReadScan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunResult:
    """What a run gave: the case, the folder it was saved in, and words for the person who waits."""

    case: Case
    out: Path
    headline: str
    choice_words: str
    notes: tuple[str, ...] = ()
    """What was asked for and could not be written, and why."""

    @property
    def report(self) -> Path:
        """Where the report lies."""
        return self.out / "report.html"


def run_scan(
    input: Path,
    out: Path,
    *,
    patient_file: Path | None = None,
    age_years: float | None = None,
    sex: str | None = None,
    also: Iterable[str] = (),
    settings: Settings | None = None,
    series: str | None = None,
    kvp: float | None = None,
    norms_file: Path | None = None,
    reference: Reference | None = None,
    deidentify: bool = False,
    key: bytes | None = None,
    progress: Progress = SILENT,
) -> RunResult:
    """Read one head CT, analyze it and save its case in ``out``, whole or not at all.

    Parameters
    ----------
    input : Path
        DICOM folder, one DICOM file, a zip of DICOM, or ``.nii[.gz]``.
    out : Path
        The folder of the results; made when missing. Results of an earlier run in it are replaced,
        other files are left alone.
    patient_file : Path, optional
        The patient file (JSON or YAML) of the contract.
    age_years, sex : optional
        Shortcuts for a patient file that says only this; refused beside a file that says it too.
    also : iterable of str
        Further formats, of ``exports.FORMATS``.
    settings : Settings, optional
        The numbers to work with; the standard ones when left out.
    series : str, optional
        Series Instance UID, where several series lie in the input.
    kvp : float, optional
        Tube voltage, where the scan does not say it; refused where it says another.
    norms_file : Path, optional
        The user's own norms (``brainsand.norms/1``), to give centiles by.
    reference : Reference, optional
        What the analysis leans on, where the caller has loaded it already (:func:`whole_reference`) and uses it again.
    deidentify : bool
        Whether all that is written is to name nobody: no name, number, date, UID, free text or file name of the
        input, no face in a picture. ``created`` then says the year alone.
    key : bytes, optional
        What new UIDs and the pseudonym are hashed with; give the same for scans that are to stay together. A random
        one, kept nowhere, when left out.
    progress : Progress
        Who is told of the stages.

    Raises
    ------
    InputRefused
        The input cannot be measured rightly; ``out`` then holds ``refusal.json`` alone of all results.
    OutputError
        The results could not be written; ``out`` is as it was.
    UsageError
        The request makes no sense, or no further format can hold this scan; nothing was written.
    """
    also = tuple(dict.fromkeys(also))
    check_request(input, out, also)
    own = _own_norms(norms_file)
    settings = _told_of(own, settings or Settings())
    key = (key or secrets.token_bytes(32)) if deidentify else None
    with whole_results(out) as draft, ThreadPoolExecutor(max_workers=2) as threads:
        try:
            patient, cautions = _patient(patient_file, age_years=age_years, sex=sex)
            # What the analysis leans on is loaded while the scan is read.
            loaded = threads.submit(_reference, reference)
            with progress.stage("read"):
                scan = _with_kvp(_read(input, series, cautions, key), kvp)
            check_scan(also, scan)
            with progress.stage("reference"):
                known = loaded.result()
                known = replace(known, own_norms=own) if own else known
            case = _analyze(scan, known, patient, settings, progress)
        except InputRefused as refusal:
            told = refusal.reworded(unsaid) if deidentify else refusal
            outcome: RunResult | InputRefused = told
            draft.write("refusal.json", json_text(refusal_record(told)))
        else:
            outcome = _saved(draft, case, scan, known, progress, also=also)
    if isinstance(outcome, InputRefused):
        raise outcome
    return outcome


def refusal_record(refusal: InputRefused) -> dict[str, Any]:
    """``refusal.json``: what came, what was needed, what to do, and a code for scripts."""
    from brainsand import __version__

    program = {"name": "brainsand", "version": __version__}
    return {"schema": "brainsand.refusal/1", "program": program, **refusal.as_record()}


def check_request(input: Path, out: Path, also: Iterable[str]) -> None:
    """Refuse (UsageError) what can be known to be wrong before anything is read."""
    unknown = sorted(set(also) - set(FORMATS))
    if unknown:
        known = ", ".join(FORMATS)
        raise UsageError(f"--also {','.join(unknown)}: this version does not write that. It writes: {known}.")
    if not input.exists():
        raise UsageError(
            f"There is no file or folder '{input}'. Give the DICOM folder, file, zip or .nii[.gz] to read."
        )
    if input.resolve().parent == out.resolve() and input.name in RESULTS:
        raise UsageError(f"The results would overwrite the input '{input}'. Choose another folder with -o.")


def _patient(
    patient_file: Path | None, *, age_years: float | None, sex: str | None
) -> tuple[Patient, tuple[Caution, ...]]:
    """The patient facts given, and what there is to say of them."""
    from brainsand.model.patient import Patient
    from brainsand.read.patient import read_patient

    patient, cautions = read_patient(patient_file) if patient_file else (Patient(), ())
    _said_once("--age", age_years, patient.age_years)
    _said_once("--sex", sex, patient.sex)
    age_years = patient.age_years if age_years is None else age_years
    return replace(patient, age_years=age_years, sex=sex or patient.sex), tuple(cautions)


def _said_once(option: str, given: object, in_file: object) -> None:
    """Refuse (UsageError) a fact that comes by an option and in the patient file, so that neither wins."""
    if given is not None and in_file is not None:
        raise UsageError(f"{option} {given} is given and the patient file says {in_file}. Keep one.")


def _read(input: Path, series: str | None, cautions: tuple[Caution, ...], key: bytes | None) -> ReadScan:
    """The scan, with the cautions of the patient file among its own; nameless where there is a key."""
    from brainsand.read.scan import read_scan

    scan = read_scan(input, series=series)
    acquisition = replace(scan.acquisition, cautions=scan.acquisition.cautions + cautions)
    scan = replace(scan, acquisition=acquisition)
    if key is None:
        return scan
    from brainsand.read.nameless import without_identity

    return without_identity(scan, key)


def whole_reference(*, threads: int | None = None) -> Reference:
    """Atlas, network (on ``threads`` cores), norms, conditions and what weighs them; the rooms that will use them are
    imported on the way.
    """
    from brainsand.read.knowledge import load_reference

    import_module("brainsand.pipeline")
    reference = load_reference() if threads is None else load_reference(threads=threads)
    if reference.knowledge is None:
        return reference
    from brainsand.meaning import with_weigher

    return with_weigher(reference)


def _reference(given: Reference | None) -> Reference:
    """What was given, else :func:`whole_reference`; the rooms are imported either way."""
    import_module("brainsand.pipeline")
    return given or whole_reference()


def _own_norms(path: Path | None) -> OwnNorms | None:
    if path is None:
        return None
    from brainsand.read.own_norms import read_own_norms

    return read_own_norms(path)


def _told_of(own: OwnNorms | None, settings: Settings) -> Settings:
    """The settings, which say by which norms a case was read."""
    if own is None:
        return settings
    return replace(settings, measure=replace(settings.measure, own_norms_sha256=own.sha256))


def _analyze(
    scan: ReadScan, reference: Reference, patient: Patient, settings: Settings, progress: Progress
) -> Case:
    from brainsand.pipeline import analyze

    acquisition = scan.acquisition
    if reference.knowledge is not None and reference.terms is not None:
        from brainsand.read.known import with_known_words

        patient, said = with_known_words(patient, reference.terms, reference.knowledge)
        acquisition = replace(acquisition, cautions=(*acquisition.cautions, *said))
    case = analyze(scan.volume, acquisition, reference, settings, patient=patient, progress=progress)
    if not acquisition.deidentified:
        return case
    from brainsand.report.face import without_face

    return without_face(case)


def _with_kvp(scan: ReadScan, kvp: float | None) -> ReadScan:
    """The scan with the tube voltage given; refused (UsageError) where its header says another."""
    said = scan.acquisition.kvp
    if kvp is None or said == kvp:
        return scan
    if said is not None:
        raise UsageError(f"--kvp {kvp:g} is given and the scan says {said:g} kV. Leave --kvp out.")
    return replace(scan, acquisition=replace(scan.acquisition, kvp=kvp))


def _saved(
    draft: Draft,
    case: Case,
    scan: ReadScan,
    reference: Reference,
    progress: Progress,
    *,
    also: tuple[str, ...],
) -> RunResult:
    """Every face of the case written into the draft."""
    from brainsand.recorded import as_recorded
    from brainsand.report.record import case_record
    from brainsand.report.words import headline

    record = case_record(case, created=moment(year_alone=case.acquisition.deidentified))
    shown = as_recorded(case, record)
    notes = write_case(draft, shown, record, scan, reference, also=also, progress=progress)
    words = headline(shown)
    return RunResult(case=case, out=draft.out, headline=words, choice_words=scan.choice_words, notes=notes)
