"""What was in the scan, to the number? The record for ``truth.json`` and the label volume beside it.

Everything is in the scan's own frame and at the scan's tube voltage, so a measurement can be laid beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from brainsand.phantom.deposits import PlantedDeposit, calcium_gain
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.protocol import Pose, Protocol, Slices
from brainsand.phantom.scanner import filled_share, slice_transform

SCHEMA: Final = "brainsand.truth/1"


def truth_record(
    deposits: Sequence[PlantedDeposit],
    protocol: Protocol,
    *,
    pose: Pose,
    slices: Slices,
    labels: NDArray[np.int32],
    preset: str,
    patient: dict[str, Any],
) -> dict[str, Any]:
    """The truth as plain values for JSON.

    Parameters
    ----------
    deposits : sequence of PlantedDeposit
        In the order of their numbers in ``labels`` (1 is the first).
    labels : int32 array on ``slices.grid``
        From :func:`truth_labels`.

    Returns
    -------
    dict
        ``schema``, ``preset``, ``patient``, ``protocol``, ``scan``, ``deposits`` (what is calcium),
        ``mimics`` (what is not), ``sites`` (sums of the calcium by site and side).
    """
    rows = [
        _deposit_row(n, d, protocol, pose=pose, slices=slices, labels=labels)
        for n, d in enumerate(deposits, start=1)
    ]
    calcium = [r for r in rows if r["substance"] == "calcium"]
    return {
        "schema": SCHEMA,
        "preset": preset,
        "patient": patient,
        "protocol": asdict(protocol),
        "scan": {
            "matrix": list(slices.grid.shape),
            "spacing_mm": [round(s, 6) for s in slices.grid.spacing_mm],
            "tilt_deg": round(slices.grid.tilt_deg, 4),
        },
        "deposits": calcium,
        "mimics": [r for r in rows if r["substance"] != "calcium"],
        "sites": _site_sums(calcium),
    }


def truth_labels(deposits: Sequence[PlantedDeposit], slices: Slices, pose: Pose) -> NDArray[np.int32]:
    """Each deposit's number (1 for the first) in the voxels it at least half fills, and its fullest one.

    A voxel is a pixel times the slice's thickness. Zero elsewhere; int32 on ``slices.grid``.
    """
    labels = np.zeros(slices.grid.shape, np.int32)
    for number, deposit in enumerate(deposits, start=1):
        shared = filled_share(deposit, slices, pose)
        if shared is None:
            continue
        box, share = shared
        fullest = share == share.max()
        labels[box] = np.where((share >= 0.5) | (fullest & (labels[box] == 0)), number, labels[box])
    return labels


def anatomy_on_scan(head: VirtualHead, slices: Slices, pose: Pose) -> NDArray[np.uint16]:
    """The head's label numbers on the scan's voxels (nearest to each voxel's centre), 0 outside the head."""
    source = sitk.GetImageFromArray(head.labels)
    found = np.empty(slices.grid.shape, np.uint16)
    _, rows, columns = slices.grid.shape
    for k in range(len(found)):
        transform = slice_transform(head.grid, slices, pose, k, 1.0, 1)
        plane = sitk.Resample(
            source,
            (columns, rows, 1),
            transform,
            sitk.sitkNearestNeighbor,
            (0.0, 0.0, 0.0),
            (1.0, 1.0, 1.0),
            (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            0.0,
            sitk.sitkUInt16,
        )
        found[k] = sitk.GetArrayViewFromImage(plane)[0]
    return found


def _deposit_row(
    number: int,
    deposit: PlantedDeposit,
    protocol: Protocol,
    *,
    pose: Pose,
    slices: Slices,
    labels: NDArray[np.int32],
) -> dict[str, Any]:
    gain = calcium_gain(protocol.kvp) if deposit.substance == "calcium" else 1.0
    seen = np.flatnonzero((labels == number).any(axis=(1, 2)))
    mass = deposit.mass_mg
    return {
        "id": number,
        "substance": deposit.substance,
        "site": deposit.site,
        "side": deposit.side,
        "lobe": deposit.lobe,
        "kind": deposit.kind,
        "morphology": deposit.morphology,
        "centre_lps_mm": [round(float(x), 3) for x in pose.to_scan(deposit.centre_mm)[0]],
        "volume_mm3": round(deposit.volume_mm3, 4),
        "excess_hu_mm3": round(gain * deposit.excess_hu_mm3, 3),
        "mass_mg": None if mass is None else round(mass, 5),
        "peak_excess_hu": round(gain * deposit.peak_excess_hu, 2),
        "semi_axes_mm": [round(a, 3) for a in deposit.semi_axes_mm],
        "voxels": int((labels == number).sum()),
        "slices": [int(seen[0]), int(seen[-1])] if len(seen) else None,
        "share_in_scan": round(_share_in_scan(deposit, slices, pose), 4),
    }


def _share_in_scan(deposit: PlantedDeposit, slices: Slices, pose: Pose) -> float:
    """How much of the body lies within the first and last slice's faces and the pixels' field."""
    index = slices.grid.index_of(pose.to_scan(deposit.points_mm))
    inside = (index >= -0.5).all(axis=1) & (index <= np.asarray(slices.grid.shape) - 0.5).all(axis=1)
    return float(deposit.share[inside].sum(dtype=np.float64) / deposit.share.sum(dtype=np.float64))


def _site_sums(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places = dict.fromkeys((r["site"], r["side"]) for r in rows)
    sums = []
    for site, side in sorted(places):
        own = [r for r in rows if (r["site"], r["side"]) == (site, side)]
        sums.append(
            {
                "site": site,
                "side": side,
                "count": len(own),
                "volume_mm3": round(sum(r["volume_mm3"] for r in own), 4),
                "mass_mg": round(sum(r["mass_mg"] for r in own), 5),
            }
        )
    return sums
