"""A case, corrected by a person: the machine's answer and the corrections give a new record, by the same rules.

From ``case.json``, ``view.json`` and what was corrected, everything that follows from the deposits and the patient is
made anew as ``analyze`` makes it (``tally``, ``interpret``): kinds, sums, scores, pattern, ranking, significance, next
steps. Pure and quick; the scan is not read again, and what was measured on it stays as it was.

The kind of a deposit that nobody corrected changes only where the rules say so for the corrected head and did not for
the machine's: what the machine knew beyond the record (the doubt of a diameter) is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from brainsand.interpret.facts import Companion
from brainsand.interpret.information import Answer
from brainsand.interpret.kind import kind_of
from brainsand.interpret.reading import Weigher, make_weigher
from brainsand.meaning import meaning_of
from brainsand.measure.visual import location_of
from brainsand.model.correction import BY_READER, READER, Correction
from brainsand.model.finding import Deposit, Kind, KindReason
from brainsand.model.patient import Patient
from brainsand.read.facts import case_facts, set_aside_of
from brainsand.read.known import with_known_words
from brainsand.read.patient import patient_of
from brainsand.report.record import deposit_record, plain, site_sum_record
from brainsand.report.words import finding_words
from brainsand.tally import Grounds, counted, sums_by_site
from brainsand.viewing import grounds_of_view

MOST_ASKED: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What revising leans on beside the case, made once: the weigher and the norms."""

    weigher: Weigher
    norms: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Revision:
    """The new record, the finding in words, and the open questions, the most telling first."""

    record: dict[str, Any]
    headline: str
    questions: tuple[Answer, ...]


def load_ground() -> Ground:
    """The weigher and the norms of the package (some 0.3 s)."""
    from brainsand.read.knowledge import load_knowledge, load_norms
    from brainsand.read.terms import load_terms

    return Ground(weigher=make_weigher(load_knowledge(), load_terms()), norms=load_norms())


def revised(
    case: Mapping[str, Any],
    view: Mapping[str, Any],
    ground: Ground,
    *,
    corrections: Mapping[int, Correction] | None = None,
    patient: Mapping[str, Any] | None = None,
) -> Revision:
    """The record of a corrected case.

    Parameters
    ----------
    case, view : mapping
        ``case.json`` and ``viewer/view.json`` of the machine.
    ground : Ground
        Of :func:`load_ground`.
    corrections : mapping, optional
        By the deposit's number.
    patient : mapping, optional
        A patient file's fields in place of those the case has.

    Raises
    ------
    PatientFileError
        The patient's fields cannot be understood.
    """
    corrections = corrections or {}
    facts = case_facts(case)
    who, said = _patient(patient, facts.patient, ground.weigher)
    machine = facts.deposits or ()
    kept = tuple(_corrected(d, corrections.get(d.id)) for d in machine if not _rejected(d, corrections))
    rows = _with_kinds(
        kept, machine, corrections, ages=(facts.patient.age_years, who.age_years), norms=ground.norms
    )
    meaning = meaning_of(
        rows,
        set_aside=set_aside_of(case, view["in_vessel"]),
        patient=who,
        missing=(case["scan"].get("coverage") or {}).get("missing") or (),
        norms=ground.norms,
        weigher=ground.weigher,
    )
    cautions = [*_scan_cautions(case), *said, *meaning.cautions]
    record = {
        **case,
        "patient": _patient_record(who, case),
        "cautions": list({c["code"]: c for c in map(_caution, cautions)}.values()),
        "deposits": [_noted(d, corrections.get(d.id)) for d in rows],
        "rejected": [_noted(d, corrections[d.id]) for d in machine if _rejected(d, corrections)],
        **_sums(rows, case, view, age_years=who.age_years),
        "pattern": plain(meaning.pattern),
        "differential": plain(meaning.differential),
        "significance": plain(meaning.significance),
        "next_steps": plain(meaning.next_steps),
    }
    asked = meaning.reading.answers[:MOST_ASKED] if meaning.reading else ()
    return Revision(record=record, headline=finding_words(rows), questions=asked)


def _patient(
    given: Mapping[str, Any] | None, machine: Patient, weigher: Weigher
) -> tuple[Patient, Sequence[Any]]:
    table = weigher.table
    if given is None:
        return with_known_words(machine, table.terms, table.knowledge)
    who, said = patient_of(given)
    who, more = with_known_words(who, table.terms, table.knowledge)
    return who, (*said, *more)


def _rejected(d: Deposit, corrections: Mapping[int, Correction]) -> bool:
    return d.id in corrections and corrections[d.id].rejected


def _corrected(d: Deposit, told: Correction | None) -> Deposit:
    """The deposit at the place a reader gave; a place said by a person is sure."""
    if told is None or (told.site is None and told.side is None):
        return d
    site = told.site or d.site
    return replace(
        d,
        site=site,
        side=told.side or d.side,
        lobe=d.lobe if site == d.site else None,
        site_probabilities={site: 1.0},
        source=READER,
    )


def _with_kinds(
    rows: Sequence[Deposit],
    machine: Sequence[Deposit],
    corrections: Mapping[int, Correction],
    *,
    ages: tuple[float | None, float | None],
    norms: Mapping[str, Any],
) -> tuple[Deposit, ...]:
    before = {d.id: d for d in machine}
    made = []
    for d in rows:
        told = corrections.get(d.id)
        if told is not None and told.kind is not None:
            reason = KindReason(rule="reader", words=told.note or "Said by a reader.", source=BY_READER)
            made.append(replace(d, kind=told.kind, kind_reasons=(reason, *d.kind_reasons), source=READER))
            continue
        now = _kind(d, rows, ages[1], norms)
        same = now == _kind(before[d.id], machine, ages[0], norms)
        made.append(d if same else replace(d, kind=now[0], kind_reasons=now[1]))
    return tuple(made)


def _kind(
    d: Deposit, head: Sequence[Deposit], age_years: float | None, norms: Mapping[str, Any]
) -> tuple[Kind, tuple[KindReason, ...]]:
    others = [
        Companion(
            site=o.site,
            side=o.side,
            volume_mm3=o.best_volume_mm3,
            diameter_mm=o.largest_diameter_mm,
            site_probabilities=o.site_probabilities,
        )
        for o in head
        if o.id != d.id
    ]
    return kind_of(
        site=d.site,
        side=d.side,
        diameter_mm=d.largest_diameter_mm,
        thickness_mm=d.extent_mm[2],
        volume_mm3=d.best_volume_mm3,
        morphology=d.morphology,
        peak_hu=d.peak_hu,
        age_years=age_years,
        norms=norms,
        site_probabilities=d.site_probabilities,
        companions=others,
    )


def _sums(
    rows: Sequence[Deposit], case: Mapping[str, Any], view: Mapping[str, Any], *, age_years: float | None
) -> dict[str, Any]:
    """Sums by site and scores, counted as ``analyze`` counts them."""
    before = case["scores"]
    calibration = before.get("calibration")
    structures = {_place(name): size for name, size in view["structures_mm3"].items()}
    shared = calibration["share_pm"] if calibration else 0.0
    limits = (case["program"].get("settings") or {}).get("measure", {}).get("score_age_limits") or ()
    scores = counted(
        rows,
        _grounds(rows, grounds_of_view(view)),
        calibration=calibration,
        age_years=age_years,
        age_limits=[(row[0], row[1], row[2]) for row in limits],
        agatston=not case["deposits"] or before.get("agatston_like") is not None,
    )
    sums = sums_by_site(rows, structures, calibration_pm=shared)
    return {"sites": [site_sum_record(s) for s in sums], "scores": plain(scores)}


def _place(name: str) -> tuple[str, str]:
    site, _, side = name.rpartition(" ")
    return site, side


def _grounds(rows: Sequence[Deposit], machine: Grounds) -> Grounds:
    """The grounds of the deposits that are left, each at its place."""
    pieces = {p.id: p for p in machine.pieces}
    placed = []
    for d in rows:
        where = location_of(d.site, d.side, depth_share=machine.depth_shares.get(d.id, 0.5))
        sure = d.site_probabilities.get(d.site, 1.0)
        placed.append(replace(pieces[d.id], location=where, site=d.site, side=d.side, sure=sure))
    return replace(machine, pieces=tuple(placed))


def _scan_cautions(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cautions of the scan; those of the patient's facts are said anew."""
    return [c for c in case["cautions"] if not str(c["code"]).startswith(("lab_", "term_", "gene_"))]


def _caution(said: Any) -> dict[str, Any]:
    return dict(said) if isinstance(said, Mapping) else {"code": said.code, "words": said.words}


def _patient_record(who: Patient, case: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(getattr(who, name, None)) for name in case["patient"]}


def _noted(d: Deposit, told: Correction | None) -> dict[str, Any]:
    note = told.note if told else None
    return {**deposit_record(d), **({"note": note} if note else {})}
