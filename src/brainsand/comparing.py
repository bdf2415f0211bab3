"""Two or more scans of one person to one comparison: laid upon each other, matched, measured over the same places.

A joint above ``pipeline``, which gives the analysis of each scan. Pure, like everything below it: the same analyses
give the same comparison to the last bit, and the other way round they give its mirror image. For that, heads are laid
on the scan whose pixels have the smallest sum, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.affine import moved
from brainsand.arrays.resample import resampled
from brainsand.drawn import numbers_on_head
from brainsand.following import Series, amounts_of, deposit_of, series_of
from brainsand.followup.align import Alignment, Head, aligned
from brainsand.followup.change import Rule, change_of
from brainsand.followup.match import Node
from brainsand.followup.obstacles import contrast_differs
from brainsand.followup.person import person_cautions, skull_gap_mm
from brainsand.followup.protocol import Protocols, mismatch_cautions, protocols
from brainsand.judging import (
    limited,
    pairs_of,
    places_of,
    rule_of,
    several_of,
    sums_of,
    trend_over,
    years_of,
)
from brainsand.model.caution import Caution
from brainsand.model.comparison import Aligned, Amount, Comparison, Fate, Laid, Pair, Track
from brainsand.model.correction import READER
from brainsand.model.finding import Deposit
from brainsand.pipeline import Analysis
from brainsand.progress import SILENT, Progress
from brainsand.report.dicom_source import tracking_uid
from brainsand.report.review import followed_words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def compared(
    scans: Sequence[Analysis],
    *,
    years: Sequence[float | None],
    same_person: bool = False,
    same_scanner: bool = False,
    progress: Progress = SILENT,
) -> Comparison:
    """What changed between scans of one person.

    Parameters
    ----------
    scans : sequence of Analysis
        In the order of time, two or more (``pipeline.whole_analysis``); of a scan that a reader corrected, the analysis
        as it was read (``as_read``): what was rejected is then in no track, and what was put elsewhere counts there.
    years : sequence of float or None
        Of each scan since the first.
    same_person : bool
        The user vouches for it; heads that differ are then compared with a caution.
    same_scanner : bool
        The user vouches for one scanner and voltage where the files are silent.

    Raises
    ------
    DifferentPeople
        The heads do not fit each other.
    """
    if len(scans) < 2:
        raise ValueError(f"{len(scans)} scan came; a comparison needs two at least.")
    with progress.stage("align"):
        matrices, residuals = _laid_on_one(scans)
        laid, of_person = _looked_at(scans, matrices, residuals, same_person=same_person)
    with progress.stage("match"):
        series = series_of(scans, matrices)
    with progress.stage("compare"):
        amounts = amounts_of(series)
        hows = _hows(series, same_scanner=same_scanner)
        rules = [
            rule_of(how, years_of(years, at)) for how, at in zip(hows, places_of(len(scans)), strict=True)
        ]
        rules = limited(_tracks(series, amounts, rules, years), rules, years)
        tracks = _tracks(series, amounts, rules, years)
        sites, whole = sums_of(tracks, rules, years)
        pairs = pairs_of(hows, rules, (*tracks, *several_of(sites), whole))
        return Comparison(
            cases=tuple(s.case for s in scans),
            years=tuple(years),
            laid=laid,
            pairs=pairs,
            tracks=tracks,
            sites=sites,
            whole=whole,
            cautions=(*of_person, *_cautions(scans, pairs)),
            aligned=_aligned(series),
        )


def _head(scan: Analysis) -> Head:
    a = scan.anatomy
    return Head(hu=a.head_hu, inside=a.inside, grid=a.head_grid)


def _laid_on_one(scans: Sequence[Analysis]) -> tuple[list[Floats], list[float]]:
    """The map from the common head to each scan, and the misfit left."""
    sums = [(s.case.acquisition.sha256, k) for k, s in enumerate(scans)]
    common = min(sums)[1]
    here = Alignment(matrix=np.eye(4), residual_hu=0.0, shared=1.0)
    found = [
        here if s.case.acquisition.sha256 == sums[common][0] else aligned(_head(scans[common]), _head(s))
        for s in scans
    ]
    return [f.matrix for f in found], [f.residual_hu for f in found]


def _looked_at(
    scans: Sequence[Analysis], matrices: Sequence[Floats], residuals: Sequence[float], *, same_person: bool
) -> tuple[tuple[Laid, ...], tuple[Caution, ...]]:
    """Every scan on the first, and what there is to say of heads that differ."""
    laid, cautions = [], list[Caution]()
    for number, (scan, matrix) in enumerate(zip(scans, matrices, strict=True), start=1):
        own = matrix @ np.linalg.inv(matrices[0])
        gap = skull_gap_mm(_head(scans[0]), _head(scan), own) if number > 1 else 0.0
        cautions += person_cautions(gap, same_person=same_person, scan=f"scan {number}")
        middle = scans[0].anatomy.head_grid.points([(np.array(scans[0].anatomy.head_grid.shape) - 1) / 2])
        turn = float(np.degrees(np.arccos(np.clip((np.trace(own[:3, :3]) - 1) / 2, -1, 1))))
        laid.append(
            Laid(
                matrix=own,
                turned_deg=turn,
                shifted_mm=float(np.linalg.norm(moved(own, middle) - middle)),
                residual_hu=max(residuals[0], residuals[number - 1]) if number > 1 else 0.0,
                skull_gap_mm=gap,
            )
        )
    return tuple(laid), tuple(cautions)


def _hows(series: Series, *, same_scanner: bool) -> list[Protocols]:
    """How protocols differ, for every scan against the one before it and, of three or more, the last against the
    first."""
    scans = series.scans
    return [_protocols(scans[a], scans[b], same_scanner=same_scanner) for a, b in places_of(len(scans))]


def _protocols(earlier: Analysis, later: Analysis, *, same_scanner: bool) -> Protocols:
    gaps = earlier.case.scan.spacing_mm[0], later.case.scan.spacing_mm[0]
    return protocols(
        earlier.case.acquisition, later.case.acquisition, gaps_mm=gaps, same_scanner=same_scanner
    )


def _lead(series: Series, track: frozenset[Node]) -> Deposit:
    """The deposit whose place and kind are the track's: of those that a reader spoke of, else of all, the largest."""
    return max(
        (deposit_of(series.scans[s], n) for s, n in sorted(track)),
        key=lambda d: (d.source == READER, d.threshold_volume_mm3, d.excess_hu_mm3 or 0.0, d.site),
    )


def _tracks(
    series: Series,
    amounts: Sequence[tuple[Amount, ...]],
    rules: Sequence[Rule],
    years: Sequence[float | None],
) -> tuple[Track, ...]:
    pairs = places_of(len(series.scans))
    out = []
    for number, (track, row) in enumerate(zip(series.members, amounts, strict=True), start=1):
        lead = _lead(series, track)
        out.append(
            Track(
                number=number,
                uid=_uid(series, track),
                site=lead.site,
                side=lead.side,
                lobe=lead.lobe,
                kind=lead.kind,
                amounts=row,
                changes=tuple(change_of(row[a], row[b], r) for (a, b), r in zip(pairs, rules, strict=True)),
                fate=_fate(row),
                trend=trend_over(row, rules, years),
                source=lead.source,
            )
        )
    return tuple(out)


def _fate(row: Sequence[Amount]) -> Fate | None:
    first, last = len(row[0].ids), len(row[-1].ids)
    if first == 1 and last > 1:
        return "split"
    if first > 1 and last == 1:
        return "merged"
    return "regrouped" if first > 1 and last > 1 else None


def _uid(series: Series, track: frozenset[Node]) -> str:
    """The identifier that the report of the first scan which shows the track has for its first deposit there."""
    scan, number = min(track)
    case = series.scans[scan].case
    d = deposit_of(series.scans[scan], number)
    return tracking_uid(case.acquisition.sha256, d.site, d.side, d.centre_lps_mm)


def _cautions(scans: Sequence[Analysis], pairs: Sequence[Pair]) -> tuple[Caution, ...]:
    """What lowers trust in the comparison itself; each scan's own cautions stand with its case."""
    followed = [followed_words(s.case, scan=number) for number, s in enumerate(scans, start=1)]
    said = [Caution(code="corrected_by_reader", words=words) for words in followed if words]
    said += mismatch_cautions({m for p in pairs for m in p.mismatches})
    if contrast_differs(s.case.scan.contrast for s in scans):
        words = (
            "Contrast medium was given for some scans only: what takes it up, and what only they show, is not "
            "compared."
        )
        said.append(Caution(code="contrast_mismatch", words=words))
    if any(p.years is None for p in pairs):
        words = "The time between the scans is not known: no rates by year. Give it with --interval-years."
        said.append(Caution(code="interval_unknown", words=words))
    elif any(p.years == 0 for p in pairs):
        words = "Two scans are of one day: no rates by year, and no change of the disease is to be expected."
        said.append(Caution(code="interval_zero", words=words))
    return tuple(said)


def _aligned(series: Series) -> Aligned:
    """Every scan on the last one's straightened head, and the tracks there."""
    last = len(series.scans) - 1
    scan = series.scans[last]
    head = scan.anatomy.head_grid
    to_last = np.linalg.inv(series.placed[last].matrix)
    images = []
    for s, placed in zip(series.scans, series.placed, strict=True):
        own = s.anatomy.head_grid
        matrix = np.linalg.inv(own.affine) @ placed.matrix @ to_last @ head.affine
        images.append(
            s.anatomy.head_hu if s is scan else resampled(s.anatomy.head_hu, matrix, head.shape, fill=-1024)
        )
    native = np.zeros(scan.on.volume.grid.shape, np.int32)
    pieces = {n: i for n, i in series.voxels[last].items() if len(i)}
    for number, index in pieces.items():
        native[tuple(index.T)] = number
    tracks = numbers_on_head(native, list(pieces.values()), scan.on.volume, scan.anatomy.head_grid)
    return Aligned(grid=head, inside=scan.anatomy.inside, hu=tuple(images), tracks=tracks)
