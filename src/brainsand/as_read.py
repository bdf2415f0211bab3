"""An analysis as a reader left it: without what was rejected, and with the reader's words on the rest.

For whoever measures further on a scan that a reader has corrected (``comparing``). The scan is analyzed anew there, so
its deposits are told by where they lie; numbers stay those of the analysis. What was rejected is no tissue either: it
belongs to nobody, as a thing set aside does, so that no neighbour is measured against it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from brainsand.measuring import NOBODYS
from brainsand.model.caution import Caution
from brainsand.model.correction import READER, Review, Standing
from brainsand.model.finding import Deposit
from brainsand.pipeline import Analysis
from brainsand.report.words import and_list

SAME_MM: Final = 1.5
"""Two centres so near are one deposit, found twice in one scan."""


def as_read(scan: Analysis, standing: Sequence[Standing]) -> Analysis:
    """The analysis with its case corrected (``review`` says how); the same where no reader touched a deposit.

    ``found`` keeps every piece, so ``found[k]`` is still what the analysis numbered ``k + 1``. A correction of what the
    analysis does not find is a caution of the case.
    """
    if not any(s.touched for s in standing):
        return scan
    case = scan.case
    told = told_of(case.deposits, standing)
    rejected = tuple(d for d in case.deposits if d.id in told and told[d.id].rejected)
    kept = tuple(_put(d, told.get(d.id)) for d in case.deposits if d not in rejected)
    review = Review(
        at="",
        rejected=rejected,
        changed=tuple(d.id for d in kept if d.source == READER),
        notes={number: s.note for number, s in told.items() if s.note},
    )
    found = {s.id for s in told.values()}
    lost = [s for s in standing if s.touched and s.id not in found]
    case = replace(case, deposits=kept, review=review, cautions=(*case.cautions, *_of_lost(lost)))
    return replace(scan, case=case, on=replace(scan.on, owner=_owner(scan, rejected)))


def told_of(deposits: Sequence[Deposit], standing: Sequence[Standing]) -> dict[int, Standing]:
    """By number, what is said of each deposit: of the one found at its place, its own number's first."""
    theirs = {s.id: s for s in standing}
    places = {s.id: s.centre_lps_mm for s in standing}
    return {ours: theirs[number] for ours, number in same_deposits(deposits, places).items()}


def same_deposits(deposits: Sequence[Deposit], places: Mapping[int, Sequence[float]]) -> dict[int, int]:
    """Of the deposits of one analysis, by number, the numbers that another of the same scan gave to the same.

    ``places`` are the other's centres, LPS mm, by number; a deposit that it did not find is left out.
    """
    found = {}
    for d in deposits:
        away = {n: float(np.linalg.norm(np.subtract(p, d.centre_lps_mm))) for n, p in places.items()}
        near = {number: mm for number, mm in away.items() if mm <= SAME_MM}
        if near:
            found[d.id] = d.id if d.id in near else min(near, key=lambda number: near[number])
    return found


def _put(d: Deposit, told: Standing | None) -> Deposit:
    """The deposit in the reader's words; a place said by a person is sure."""
    if told is None or told.source != READER:
        return d
    sure = d.site_probabilities if told.site == d.site else {told.site: 1.0}
    return replace(
        d,
        site=told.site,
        side=told.side,
        lobe=told.lobe,
        kind=told.kind,
        source=READER,
        site_probabilities=sure,
    )


def _owner(scan: Analysis, rejected: Sequence[Deposit]) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    owner = scan.on.owner.copy()
    for d in rejected:
        owner[tuple(scan.found[d.id - 1].index.T)] = NOBODYS
    return owner


def _of_lost(lost: Sequence[Standing]) -> tuple[Caution, ...]:
    if not lost:
        return ()
    named = and_list([str(s.id) for s in lost])
    words = (
        f"What a reader said of deposit {named} of the case is not followed: analyzed anew, the scan shows no deposit "
        "there (the case was made by another version or with other settings)."
    )
    return (Caution(code="correction_lost", words=words),)
