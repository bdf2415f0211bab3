"""Two or more scans of one person to one comparison: laid upon each other, matched, measured over the same places.

A joint above ``pipeline``, which gives the analysis of each scan. Pure, like everything below it: the same analyses
give the same comparison to the last bit, and the other way round they give its mirror image. For that, heads are laid
on the scan whose pixels have the smallest sum, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.affine import moved
from brainsand.arrays.resample import resampled
from brainsand.drawn import numbers_on_head
from brainsand.following import Series, amounts_of, deposit_of, series_of
from brainsand.followup.align import Alignment, Head, aligned
from brainsand.followup.change import SDC, Rule, chance_of, change_of, expected_of, total_of
from brainsand.followup.limit import limit_for
from brainsand.followup.match import Node
from brainsand.followup.obstacles import contrast_differs
from brainsand.followup.person import person_cautions, skull_gap_mm
from brainsand.followup.protocol import Protocols, mismatch_cautions, protocols
from brainsand.followup.trend import trend_of
from brainsand.model.caution import Caution
from brainsand.model.comparison import (
    Aligned,
    Amount,
    Change,
    Comparison,
    Fate,
    Laid,
    Pair,
    SumTrack,
    Track,
    Trend,
)
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
        rules = [rule_of(how, _between(years, at)) for how, at in zip(hows, _places(len(scans)), strict=True)]
        rules = limited(_tracks(series, amounts, rules, years), rules, years)
        tracks = _tracks(series, amounts, rules, years)
        sites, whole = sums_of(tracks, rules, years)
        pairs = _pairs(hows, rules, (*tracks, *several_of(sites), whole))
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
    return [_protocols(scans[a], scans[b], same_scanner=same_scanner) for a, b in _places(len(scans))]


def _protocols(earlier: Analysis, later: Analysis, *, same_scanner: bool) -> Protocols:
    gaps = earlier.case.scan.spacing_mm[0], later.case.scan.spacing_mm[0]
    return protocols(
        earlier.case.acquisition, later.case.acquisition, gaps_mm=gaps, same_scanner=same_scanner
    )


def rule_of(how: Protocols, years: float | None) -> Rule:
    """What a pair is judged by, before it is known how much is compared."""
    return Rule(
        share_pm=how.share_pm,
        volume_share_pm=how.volume_share_pm,
        unshared=how.unshared,
        volume_unshared=how.volume_unshared,
        parted_unshared=how.parted_unshared,
        parted_share_pm=how.parted_share_pm,
        years=years,
    )


def limited(tracks: Sequence[Track], rules: Sequence[Rule], years: Sequence[float | None]) -> list[Rule]:
    """The rules with the limits that what is compared (tracks, sites of several, the whole) asks for."""
    sites, whole = sums_of(tracks, rules, years)
    items: list[Track | SumTrack] = [*tracks, *several_of(sites), whole]
    places = _places(len(years))
    out = []
    for (a, b), rule in zip(places, rules, strict=True):
        expected = [expected_of(x.amounts[a], x.amounts[b], rule) for x in items]
        limit = limit_for([e for e in expected if e is not None], chance=chance_of(len(places)))
        out.append(replace(rule, limit=limit))
    return out


def _pairs(
    hows: Sequence[Protocols], rules: Sequence[Rule], items: Sequence[Track | SumTrack]
) -> tuple[Pair, ...]:
    places = _places(len(items[0].amounts))
    out = []
    for k, ((earlier, later), how, rule) in enumerate(zip(places, hows, rules, strict=True)):
        out.append(
            Pair(
                earlier=earlier,
                later=later,
                years=rule.years,
                mismatches=how.mismatches,
                share_pm=how.share_pm,
                deviations=rule.limit.widest if rule.limit else SDC,
                comparisons=sum(x.changes[k].state != "not_comparable" for x in items),
            )
        )
    return tuple(out)


def _between(years: Sequence[float | None], at: tuple[int, int]) -> float | None:
    earlier, later = (years[k] for k in at)
    return None if earlier is None or later is None else later - earlier


def several_of(sites: Sequence[SumTrack]) -> list[SumTrack]:
    """Sites and sides with more than one track: a sum of its own."""
    return [s for s in sites if len(s.tracks) + len(s.left_out) > 1]


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
    pairs = _places(len(series.scans))
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
                trend=_trend(row, rules, years),
                source=lead.source,
            )
        )
    return tuple(out)


def _places(scans: int) -> list[tuple[int, int]]:
    return [(k, k + 1) for k in range(scans - 1)] + ([(0, scans - 1)] if scans > 2 else [])


def _trend(row: Sequence[Amount], rules: Sequence[Rule], years: Sequence[float | None]) -> Trend | None:
    if any(a.obstacle for a in row):
        return None
    return trend_of(row, years, share_pm=max(r.share_pm for r in rules) / np.sqrt(2))


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


def sums_of(
    tracks: Sequence[Track], rules: Sequence[Rule], years: Sequence[float | None]
) -> tuple[tuple[SumTrack, ...], SumTrack]:
    places = sorted({(t.site, t.side) for t in tracks})
    sites = tuple(
        _sum(site, side, [t for t in tracks if (t.site, t.side) == (site, side)], rules, years)
        for site, side in places
    )
    return sites, _sum(None, None, tracks, rules, years)


def _sum(
    site: str | None,
    side: str | None,
    tracks: Sequence[Track],
    rules: Sequence[Rule],
    years: Sequence[float | None],
) -> SumTrack:
    """The comparable tracks together. What one scan alone shows is summed in both, as measured in both."""
    kept = [t for t in tracks if not any(a.obstacle for a in t.amounts)]
    scans = len(years)
    amounts = tuple(total_of([t.amounts[k] for t in kept]) for k in range(scans))
    left_out = tuple(t.number for t in tracks if t not in kept)
    if tracks and not kept:
        obstacle = next(a.obstacle for a in tracks[0].amounts if a.obstacle)
        amounts = tuple(replace(a, obstacle=obstacle) for a in amounts)
    return SumTrack(
        site=site,
        side=side,
        tracks=tuple(t.number for t in kept),
        left_out=left_out,
        amounts=amounts,
        changes=tuple(_sum_change(amounts, a, b, r) for (a, b), r in zip(_places(scans), rules, strict=True)),
        trend=_trend(amounts, rules, years),
    )


def _sum_change(amounts: Sequence[Amount], earlier: int, later: int, rule: Rule) -> Change:
    """The change of a sum: grown, stable or shrunk, whatever was found where."""
    both = [replace(amounts[k], ids=amounts[k].ids or (0,)) for k in (earlier, later)]
    return change_of(both[0], both[1], rule)


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
