"""A case held against its truth: one row a planted body, one a thing found that nobody planted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cc3d
import numpy as np
from numpy.typing import NDArray

from accuracy.match import Body, Ints, Labels, gap_mm, owners, through, voxels_of
from accuracy.overlap import dice, joint_counts
from accuracy.scan import Read, Scanned
from brainsand.anatomy.native import on_native
from brainsand.model.finding import Deposit
from brainsand.phantom.labels import LEFT, numbers

LEAST_MM3: Final = 3.0
LEAST_DEVIATIONS: Final = 5.0
FIXED_HU: Final = 100
BELOW_TABLE_MM: Final = 3.0
_ONE_NUMBER: Final = {
    0: "air",
    14: "third ventricle",
    15: "fourth ventricle",
    16: "brainstem",
    24: "csf",
    502: "vessel",
    507: "soft tissue",
    514: "sinus",
    515: "bone",
    516: "marrow",
}
NAMES: Final = _ONE_NUMBER | {
    n: s for s in LEFT for n in numbers(s, "both") if s not in ("ventricle", "glomus")
}
"""What the label map's numbers are called in the table of faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """A planted body of calcium and what became of it.

    ``deviations``: imaged peak over the protocol's noise · ``counted``: large and bright enough for the aim ·
    ``found_site``, ``found_side`` of the deposit that shares most of it, None when missed · ``why``: what the
    finder said of the place when it was missed · ``under``: the label map's tissues in its voxels ·
    ``fixed``: whether the fixed threshold finds it, in the whole inside and away from the table.
    """

    site: str
    side: str
    volume_mm3: float
    peak_hu: float
    deviations: float
    centre_mm: tuple[float, float, float]
    counted: bool
    found_site: str | None
    found_side: str | None
    why: str
    under: str
    fixed: tuple[bool, bool]

    @property
    def found(self) -> bool:
        """Whether a deposit belongs to it."""
        return self.found_site is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A deposit that no planted calcium explains; ``blood`` when it lies on planted blood.

    ``under``: the label map's tissues in its voxels.
    """

    site: str
    side: str
    volume_mm3: float
    peak_hu: float
    confidence: float
    centre_mm: tuple[float, float, float]
    under: str
    blood: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scan's account; ``lost`` says why nothing could be read."""

    name: str
    preset: str
    view: str
    quiet: bool
    lost: str | None = None
    plantings: tuple[Planting, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    blood_planted: int = 0
    fixed_false: tuple[int, int] = (0, 0)
    dice: dict[tuple[str, str], float] = field(default_factory=dict)


def lost(scan: Scanned, words: str) -> Result:
    """The account of a scan that was refused or that failed; all that was planted in it is missed."""
    plantings = [_planting(b, scan, None, words, (False, False)) for b in scan.bodies if b.calcium]
    plan = scan.plan
    return Result(
        name=plan.name,
        preset=plan.preset,
        view=plan.view,
        quiet=plan.quiet,
        lost=words,
        plantings=tuple(plantings),
    )


def compared(scan: Scanned, read: Read) -> Result:
    """The account of one scan."""
    truth = scan.patient.truth_labels
    found = voxels_of(read.case.picture.deposits)
    own = owners(found, truth, scan.bodies, scan.slices)
    fixed = [_fixed(scan, read, depth_mm) for depth_mm in (0.0, BELOW_TABLE_MM)]
    calcium = {b.number for b in scan.bodies if b.calcium}
    by_id = {d.id: d for d in read.case.deposits}
    plantings = [
        _planting(
            body,
            scan,
            _best(body, own, by_id),
            "" if any(body.number in o for o in own.values()) else _why(body, scan, read),
            (body.number in fixed[0][0], body.number in fixed[1][0]),
        )
        for body in scan.bodies
        if body.calcium
    ]
    plan = scan.plan
    return Result(
        name=plan.name,
        preset=plan.preset,
        view=plan.view,
        quiet=plan.quiet,
        plantings=tuple(plantings),
        alarms=tuple(
            _alarm(by_id[n], tissues(scan.labels[tuple(found[n].T)]), blood=bool(o))
            for n, o in own.items()
            if not calcium & set(o)
        ),
        blood_planted=sum(not b.calcium for b in scan.bodies),
        fixed_false=(fixed[0][1], fixed[1][1]),
        dice=dice(joint_counts(scan.labels, read.case.picture.sites)),
    )


def _planting(
    body: Body, scan: Scanned, found: Deposit | None, why: str, fixed: tuple[bool, bool]
) -> Planting:
    deviations = body.peak_hu / scan.plan.protocol.noise_hu
    planted = body.planted
    return Planting(
        site=planted.site,
        side=planted.side,
        volume_mm3=planted.volume_mm3,
        peak_hu=body.peak_hu,
        deviations=deviations,
        centre_mm=_point(np.mean(body.cells.data, axis=0)),
        counted=planted.volume_mm3 >= LEAST_MM3 and deviations >= LEAST_DEVIATIONS,
        found_site=found.site if found else None,
        found_side=found.side if found else None,
        why=why,
        under=tissues(scan.labels[scan.patient.truth_labels == body.number]),
        fixed=fixed,
    )


def _best(body: Body, own: dict[int, dict[int, int]], by_id: dict[int, Deposit]) -> Deposit | None:
    """The deposit that shares most of the body."""
    shared = {n: o[body.number] for n, o in own.items() if body.number in o}
    return by_id[max(shared, key=lambda n: (shared[n], -n))] if shared else None


def _why(body: Body, scan: Scanned, read: Read) -> str:
    """What the finder saw where a body was missed: the islands within 1 mm of it, and its verdict on each."""
    said = []
    for j in read.judged:
        if gap_mm(through(j.island.index, scan.slices), body, 1.0) <= 1.0:
            i, k = j.island, j.look
            said.append(
                f"{j.verdict.reason or 'believed'}: {j.verdict.words or 'as part of another'} "
                f"[{k.volume_mm3:.1f} mm3, peak {i.peak_hu:.0f}, {i.height:.1f} dev, "
                f"deep {k.deepest_mm:.1f}, bone {k.bone_share:.2f}, "
                f"brain {k.brain_round:.2f}, hazard {k.hazard:.2f}, twin {k.twin}]"
            )
    if said:
        return " | ".join(said)
    index = np.argwhere(scan.patient.truth_labels == body.number)
    within = float(read.anatomy.native_inside[tuple(index.T)].mean()) if len(index) else float("nan")
    return f"undetected: no island; {100 * within:.0f} % of it inside the skull found"


def _alarm(deposit: Deposit, under: str, *, blood: bool) -> Alarm:
    return Alarm(
        site=deposit.site,
        side=deposit.side,
        volume_mm3=deposit.threshold_volume_mm3,
        peak_hu=deposit.peak_hu,
        confidence=deposit.confidence,
        centre_mm=_point(np.array(deposit.centre_lps_mm)),
        under=under,
        blood=blood,
    )


def tissues(labels: NDArray[np.uint16]) -> str:
    """Which tissues of the label map lie under some voxels, those over a tenth, with their shares in percent.

    >>> tissues(np.array([2, 2, 2, 3], np.uint16)), tissues(np.zeros(0, np.uint16))
    ('white_matter 75, cortex 25', 'nothing')
    """
    number, count = np.unique(labels, return_counts=True)
    percent = (100 * count / max(labels.size, 1)).round().astype(int)
    shares = sorted(zip(percent, number, strict=True), reverse=True)
    return ", ".join(f"{NAMES.get(int(n), str(n))} {share}" for share, n in shares if share > 10) or "nothing"


def _fixed(scan: Scanned, read: Read, below_mm: float) -> tuple[set[int], int]:
    """The fixed threshold's account: bodies found, islands of at least 3 mm3 that no calcium explains."""
    inside = read.anatomy.native_inside
    if below_mm > 0:
        deep = (read.anatomy.depth_mm > below_mm).astype(np.uint8)
        inside = on_native(deep, read.anatomy.head_grid, scan.slices.grid) > 0
    bright = (scan.patient.volume.hu > FIXED_HU) & inside
    pieces = cc3d.connected_components(bright, connectivity=26).astype(np.int32)
    own = owners(_large(pieces, scan), scan.patient.truth_labels, scan.bodies, scan.slices)
    calcium = {b.number for b in scan.bodies if b.calcium}
    return calcium & {n for o in own.values() for n in o}, sum(not calcium & set(o) for o in own.values())


def _large(labels: Labels, scan: Scanned) -> dict[int, Ints]:
    volumes = scan.slices.grid.voxel_volumes_mm3
    return {n: i for n, i in voxels_of(labels).items() if volumes[i[:, 0]].sum() >= LEAST_MM3}


def _point(p: NDArray[np.float64]) -> tuple[float, float, float]:
    return round(float(p[0]), 1), round(float(p[1]), 1), round(float(p[2]), 1)
