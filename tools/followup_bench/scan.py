"""One visit scanned and analyzed; two visits compared and laid beside the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from brainsand.arrays.affine import moved
from brainsand.comparing import compared
from brainsand.model.acquisition import Acquisition
from brainsand.model.comparison import Comparison
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.head import VirtualHead, head_from_atlas
from brainsand.phantom.presets import patient_facts, planted_for, preset
from brainsand.phantom.protocol import Pose, pose_of, slices_of
from brainsand.phantom.scanner import image
from brainsand.phantom.survey import survey
from brainsand.phantom.truth import truth_labels
from brainsand.pipeline import Analysis, whole_analysis
from followup_bench import plan

NEAR_MM = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """A person: the head, the bodies at first and later (None: gone), what each became times itself."""

    person: plan.Person
    head: VirtualHead
    facts: dict[str, Any]
    states: tuple[tuple[PlantedDeposit | None, ...], ...]
    factors: list[float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visited:
    """A visit: its analysis, how the head lay, and which planted bodies (places in the list) each deposit is."""

    visit: plan.Visit
    analysis: Analysis
    pose: Pose
    owners: dict[int, set[int]]


def ground_of(person: plan.Person, reference: Reference) -> Ground:
    """The person, made from the seed alone."""
    rng = np.random.default_rng(person.seed + 10_000)
    head = head_from_atlas(reference.atlas, rng=rng)
    chosen = preset(person.preset)
    facts = patient_facts(chosen, rng=rng)
    planted = tuple(
        sorted(
            planted_for(chosen, survey(head), float(facts["age_years"]), rng=rng), key=lambda d: -d.volume_mm3
        )
    )
    by = plan.factors(planted, person)
    return Ground(
        person=person, head=head, facts=facts, states=(planted, tuple(plan.later(planted, by))), factors=by
    )


def visited(ground: Ground, visit: plan.Visit, reference: Reference) -> Visited:
    """The visit scanned and analyzed as a patient's would be."""
    protocol = plan.protocol_of(visit)
    state = ground.states[visit.changed]
    there = [d for d in state if d is not None]
    volume = image(
        ground.head,
        there,
        protocol,
        rng=np.random.default_rng(visit.pose_seed + 1),
        tissue=np.random.default_rng(ground.person.seed + 20_000),
    )
    how = Acquisition(
        source=visit.name,
        format="DICOM",
        sha256=f"{visit.pose_seed:064x}",
        kvp=protocol.kvp,
        kernel=protocol.kernel,
        sharp_kernel=protocol.sharp,
        thickness_mm=protocol.slice_mm,
        manufacturer="virtual",
    )
    who = Patient(age_years=float(ground.facts["age_years"]), sex=str(ground.facts["sex"]))
    analysis = whole_analysis(volume, how, reference, patient=who)
    pose = pose_of(ground.head, protocol)
    labels = truth_labels(there, slices_of(ground.head, protocol, pose), pose)
    places = [k for k, d in enumerate(state) if d is not None]
    return Visited(
        visit=visit, analysis=analysis, pose=pose, owners=_owners(analysis, labels, there, places, pose)
    )


def _owners(
    analysis: Analysis,
    labels: NDArray[np.int32],
    there: list[PlantedDeposit],
    places: list[int],
    pose: Pose,
) -> dict[int, set[int]]:
    """The planted bodies that each deposit found lies on, else the nearest within 2 mm."""
    trees = [cKDTree(pose.to_scan(d.points_mm)) for d in there]
    out: dict[int, set[int]] = {}
    for number, found in enumerate(analysis.found, start=1):
        hit = {places[int(n) - 1] for n in np.unique(labels[tuple(found.index.T)]) if n > 0}
        if not hit:
            points = analysis.on.volume.grid.points(found.index)
            gaps = [float(t.query(points)[0].min()) for t in trees]
            best = int(np.argmin(gaps)) if gaps else -1
            hit = {places[best]} if gaps and gaps[best] <= NEAR_MM else set()
        out[number] = hit
    return out


def rows_of(ground: Ground, a: Visited, b: Visited) -> list[dict[str, Any]]:
    """One row a track: what was planted there in both scans, what comparing said. And one of the pair itself."""
    made = compared([a.analysis, b.analysis], years=(0.0, 2.0))
    pair = {
        "person": ground.person.name,
        "earlier": a.visit.protocol,
        "later": b.visit.protocol,
        "visits": [a.visit.name, b.visit.name],
        "unchanged": a.visit.changed == b.visit.changed,
    }
    rows = [{**pair, **_track_row(ground, a, b, made, k)} for k in range(len(made.tracks))]
    return [*rows, {**pair, **_pair_row(ground, a, b, made)}]


def _track_row(ground: Ground, a: Visited, b: Visited, made: Comparison, k: int) -> dict[str, Any]:
    track = made.tracks[k]
    bodies = {n for v, s in ((a, 0), (b, 1)) for i in track.amounts[s].ids for n in v.owners[i]}
    shared = {
        n
        for other in made.tracks
        if other is not track
        for v, s in ((a, 0), (b, 1))
        for i in other.amounts[s].ids
        for n in v.owners[i]
    }
    true = [_true(ground, v, bodies) for v in (a, b)]
    return {
        "kind": "track",
        "bodies": sorted(bodies),
        "alone": not bodies & shared,
        "true_mm3": [t[0] for t in true],
        "true_mg": [t[1] for t in true],
        "factors": sorted({ground.factors[n] for n in bodies}),
        "site": track.site,
        "side": track.side,
        "amounts": [asdict(x) for x in track.amounts],
    }


def _true(ground: Ground, v: Visited, bodies: set[int]) -> tuple[float, float]:
    """Volume and mass of the planted bodies in a visit's state."""
    there = [d for n in bodies if (d := ground.states[v.visit.changed][n]) is not None]
    return sum(d.volume_mm3 for d in there), sum(d.mass_mg or 0.0 for d in there)


def _pair_row(ground: Ground, a: Visited, b: Visited, made: Comparison) -> dict[str, Any]:
    points = a.analysis.anatomy.head_grid.points(np.argwhere(a.analysis.anatomy.inside)[::997])
    true = b.pose.to_scan(a.pose.to_head(points))
    error = np.linalg.norm(moved(made.laid[1].matrix, points) - true, axis=1)
    every = set(range(len(ground.factors)))
    return {
        "kind": "pair",
        "error_mm": float(error.mean()),
        "error_most_mm": float(error.max()),
        "gap_mm": made.laid[1].skull_gap_mm,
        "rule": {"share_pm": made.pairs[0].share_pm, "mismatches": list(made.pairs[0].mismatches)},
        "true_mg": [_true(ground, v, every)[1] for v in (a, b)],
    }
