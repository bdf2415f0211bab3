"""From facts alone to ranked conditions: read a patient file, a case or a Phenopacket, weigh it, save the diagnosis.

The same weighing as inside ``analyze``. Results appear whole or not at all (``brainsand.save``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.interpret.reading import Reading, Weigher
    from brainsand.model.knowledge import Knowledge
    from brainsand.model.terms import Terms
    from brainsand.read.facts import Facts

RESULTS: Final = ("diagnosis.json", "diagnosis.html", "phenopacket.json")
RECORDS: Final = ("diagnosis.json",)
ALSO: Final[tuple[str, ...]] = ("phenopacket",)
SCHEMA: Final = "brainsand.diagnosis/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnosis:
    """What weighing gave: ``record`` as ``diagnosis.json`` holds it, the facts behind it, and where it was saved."""

    record: dict[str, Any]
    facts: Facts
    reading: Reading
    out: Path | None


def diagnose(file: Path, out: Path | None = None, *, also: Iterable[str] = ()) -> Diagnosis:
    """Rank the conditions that explain a patient's facts.

    Parameters
    ----------
    file : Path
        A patient file (JSON or YAML), a ``case.json``, or a GA4GH Phenopacket v2.
    out : Path, optional
        Folder for ``diagnosis.json`` and ``diagnosis.html``; nothing is written when left out.
    also : iterable of str
        Further formats, of ``ALSO``.

    Raises
    ------
    InputRefused
        The file could not be understood.
    OutputError
        The results could not be written.
    UsageError
        The request makes no sense.
    """
    also = tuple(also)
    _check_request(file, also)
    knowledge, terms, weigher = load_weigher()
    from brainsand.read.facts import read_facts

    facts = read_facts(file, knowledge, terms)
    reading = weigh_facts(facts, weigher)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    record = record_of(facts, reading, created=created, source=file.name, knowledge=knowledge, terms=terms)
    if out is not None:
        _save(out, record, facts, reading, also, created)
    return Diagnosis(record=record, facts=facts, reading=reading, out=out)


def load_weigher() -> tuple[Knowledge, Terms, Weigher]:
    """The knowledge, HPO, and what weighing makes of them once."""
    from brainsand.interpret.reading import make_weigher
    from brainsand.read.knowledge import load_knowledge
    from brainsand.read.terms import load_terms

    knowledge, terms = load_knowledge(), load_terms()
    return knowledge, terms, make_weigher(knowledge, terms)


def weigh_facts(facts: Facts, weigher: Weigher) -> Reading:
    """The facts weighed; a case is weighed as its scan was, with its own coverage and the image's significance."""
    from brainsand.interpret.observed import hidden_sites
    from brainsand.interpret.reading import read_patient_facts

    case = facts.case
    coverage = (case.get("scan") or {}).get("coverage") or {}
    pattern = (case.get("pattern") or {}).get("words")
    image, plain = (None, False) if facts.deposits is None else _by_image(facts)
    return read_patient_facts(
        facts.patient,
        weigher,
        deposits=facts.deposits,
        covered=hidden_sites(coverage.get("missing") or ()),
        pattern=pattern if isinstance(pattern, str) else None,
        image=image,
        plain=plain,
    )


def _by_image(facts: Facts) -> tuple[dict[str, Any], bool]:
    """What the scan behind a case means by itself, and whether all its calcium is plainly ordinary."""
    from brainsand.interpret.significance import plainly_ordinary, significance_of
    from brainsand.model.finding import IN_SINUS
    from brainsand.read.facts import set_aside_of
    from brainsand.read.knowledge import load_norms

    deposits, age_years = facts.deposits or (), facts.patient.age_years
    rows = facts.case.get("set_aside") or ()
    aside = set_aside_of({"set_aside": rows}, [IN_SINUS in row.get("words", "") for row in rows])
    names = (facts.case.get("pattern") or {}).get("names") or ()
    image = significance_of(deposits, set_aside=aside, age_years=age_years, norms=load_norms())
    return image, plainly_ordinary(deposits, age_years=age_years, names=names)


def record_of(
    facts: Facts, reading: Reading, *, created: str, source: str, knowledge: Knowledge, terms: Terms
) -> dict[str, Any]:
    """``diagnosis.json``."""
    from brainsand import __version__
    from brainsand.report.record import plain

    who = facts.patient
    patient = {
        "age_years": who.age_years,
        "sex": who.sex,
        "findings": who.findings,
        "phenotype": who.phenotype,
        "labs": who.labs,
        "history": who.history,
        "family": who.family,
        "variants": who.variants,
    }
    program = {
        "name": "brainsand",
        "version": __version__,
        "knowledge_version": knowledge.version,
        "hpo_version": terms.version,
        "created": created,
    }
    cautions = [*facts.cautions, *reading.cautions]
    found: dict[str, Any] = plain(
        {
            "schema": SCHEMA,
            "program": program,
            "source": {"file": source, "kind": facts.kind},
            "patient": patient,
            "cautions": [{"code": c.code, "words": c.words} for c in cautions],
            "labs_read": {"flags": reading.panel.flags, "notes": reading.panel.notes},
            "differential": reading.differential,
            "significance": reading.significance,
            "next_steps": reading.next_steps,
        }
    )
    return found


def findings_of(facts: Facts) -> list[dict[str, Any]]:
    """What was seen, from the patient file or the scan, as findings."""
    seen = [dict(f) for f in facts.patient.findings]
    deposits = facts.deposits or ()
    return seen + [
        {"site": d.site, "side": d.side} for d in deposits if d.kind not in ("physiologic", "age_related")
    ]


def _check_request(file: Path, also: tuple[str, ...]) -> None:
    unknown = sorted(set(also) - set(ALSO))
    if unknown:
        raise UsageError(f"--also {','.join(unknown)}: diagnose writes {', '.join(ALSO)}.")
    if not file.is_file():
        raise UsageError(f"There is no file {file}. Give a patient file, a case.json or a Phenopacket.")


def _save(
    out: Path, record: dict[str, Any], facts: Facts, reading: Reading, also: tuple[str, ...], created: str
) -> None:
    from brainsand.report.diagnosis import diagnosis_html
    from brainsand.report.phenopacket import phenopacket_of
    from brainsand.save import json_text, whole_results

    table = reading.ranking.table
    with whole_results(out, names=RESULTS, records=RECORDS) as draft:
        draft.write("diagnosis.html", diagnosis_html(record))
        if "phenopacket" in also:
            packet = phenopacket_of(
                record["patient"],
                findings=findings_of(facts),
                differential=record["differential"],
                terms=table.terms,
                analytes=table.knowledge.analytes,
                created=created,
            )
            draft.write("phenopacket.json", json_text(packet))
        draft.write("diagnosis.json", json_text(record))
