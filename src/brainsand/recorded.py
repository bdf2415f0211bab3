"""What does a case say once it is written down? A case with the figures of its record, and no others.

``case.json`` rounds. Whatever else is written of a case (report, SR, PDF, tables) is drawn from the case as recorded,
so that all of it says the same to the last digit, and what is made later of the record (a reader's corrections,
``brainsand.corrected``) differs from what was made with it in nothing but what was corrected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from brainsand.model.acquisition import Acquisition
from brainsand.model.case import Case, Picture, ScanFacts
from brainsand.model.caution import Caution
from brainsand.model.correction import Review
from brainsand.model.finding import SiteSum
from brainsand.model.patient import Patient
from brainsand.read.facts import deposits_of, set_aside_of

Record = Mapping[str, Any]


def as_recorded(case: Case, record: Record) -> Case:
    """The case with the figures of its own record."""
    return case_of(
        record,
        acquisition=case.acquisition,
        patient=case.patient,
        picture=case.picture,
        in_vessel=[aside.in_vessel for aside in case.set_aside],
        review=case.review,
    )


def case_of(
    record: Record,
    *,
    acquisition: Acquisition,
    patient: Patient,
    picture: Picture,
    in_vessel: Sequence[bool],
    review: Review | None = None,
) -> Case:
    """The case that a record tells of.

    Parameters
    ----------
    record : mapping
        ``case.json``.
    acquisition, picture
        What the record leaves out: how the scan was read, and the maps on it.
    patient : Patient
        The facts; age and sex are taken from the record.
    in_vessel : sequence of bool
        Of each bright thing set aside, whether it is blood where blood belongs.
    review : Review, optional
        What a person made of the reading.
    """
    program, told = record["program"], record["patient"]
    return Case(
        acquisition=acquisition,
        scan=_scan_facts(record["scan"]),
        patient=replace(patient, age_years=told["age_years"], sex=told["sex"]),
        cautions=tuple(Caution(code=c["code"], words=c["words"]) for c in record["cautions"]),
        deposits=deposits_of(record),
        set_aside=set_aside_of(record, in_vessel),
        sites=tuple(SiteSum(**row) for row in record["sites"]),
        scores=record["scores"],
        pattern=record["pattern"],
        differential=record["differential"],
        significance=record["significance"],
        next_steps=tuple(record["next_steps"]),
        settings=program["settings"],
        settings_hash=program["settings_hash"],
        knowledge_version=program["knowledge_version"],
        picture=picture,
        review=review,
    )


def _scan_facts(scan: Record) -> ScanFacts:
    slices, rows, columns = scan["matrix"]
    gap, row, column = (float("nan") if x is None else x for x in scan["spacing_mm"])
    return ScanFacts(
        matrix=(slices, rows, columns),
        spacing_mm=(gap, row, column),
        slice_gaps_mm=tuple(float("nan") if x is None else x for x in scan["slice_gaps_mm"]),
        tilt_deg=scan["tilt_deg"],
        noise_hu=scan["noise_hu"],
        contrast=scan["contrast"],
        coverage=scan["coverage"],
    )
