"""Tables for other programs: deposits, the key to ``sites.nii.gz``, and where each slice truly lies."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.model.grid import Grid
from brainsand.model.sites import SIDES, SITES, site_index

POSITIONS_SCHEMA: Final = "brainsand.positions/1"

# SNOMED CT (SCT) body structures as used in DICOM PS3.16, UBERON where SNOMED CT or DICOM has none.
# Sites without a code that was verified stay blank; white matter sites share the code of the whole.
SITE_CODES: Final = {
    "globus_pallidus": "SCT:14738005",
    "putamen": "SCT:89278009",
    "caudate": "SCT:11000004",
    "thalamus": "SCT:42695009",
    "internal_capsule": "SCT:85637007",
    "hippocampus": "SCT:5366008",
    "dentate_nucleus": "UBERON:0002132",
    "cerebellum": "SCT:113305005",
    "brainstem": "SCT:119238007",
    "cortex": "SCT:40146001",
    "subcortical_white_matter": "SCT:68523003",
    "deep_white_matter": "SCT:68523003",
    "periventricular_white_matter": "SCT:68523003",
    "choroid_plexus": "SCT:80621003",
    "pineal": "SCT:45793000",
    "dura": "SCT:18545000",
}
_LATERAL_VENTRICLE: Final = "SCT:66720007"

_FIELDS: Final = (
    *("id", "site", "side", "lobe", "kind", "volume_mm3", "volume_pm_mm3", "threshold_volume_mm3"),
    *("excess_hu_mm3", "mass_mg", "mass_pm_mg", "mean_hu", "peak_hu", "agatston_like"),
    *("largest_diameter_mm", "morphology", "confidence"),
)
_PLACES: Final = ("x_mm", "y_mm", "z_mm", "first_slice", "last_slice")


def deposits_table(case: Case) -> str:
    """One line a deposit, tab separated, with a header; ``n/a`` where a value is not known (BIDS).

    Lengths are mm, volumes mm3, masses mg, attenuation HU; points are LPS; ``source`` is ``reader`` for what one
    put elsewhere or called otherwise.
    """
    header = [*_FIELDS, *_PLACES, "source"]
    return _tsv([header, *([_cell(value) for value in _deposit_row(d)] for d in case.deposits)])


def sites_table(case: Case) -> str:
    """``sites.tsv``: what each number of ``sites.nii.gz`` means, and how much of this scan it covers.

    All numbers that may occur have a line: ``index``, ``site``, ``side``, ``code`` (:func:`site_code`) and
    ``volume_mm3``, that of the voxels with this number, ``n/a`` where the case has no grid of the scan.
    """
    volumes = _site_volumes_mm3(case)
    places = [(site_index(site, side), site, side) for site in SITES for side in SIDES]
    rows = [
        [str(i), site, side, site_code(site, side), _cell(None if volumes is None else float(volumes[i]))]
        for i, site, side in places
    ]
    return _tsv([["index", "site", "side", "code", "volume_mm3"], *rows])


def _site_volumes_mm3(case: Case) -> NDArray[np.float64] | None:
    """Volume of each number of the site map (256,), slice by slice as slices may be uneven."""
    grid, sites = case.picture.grid, case.picture.sites
    if grid is None:
        return None
    counts = np.stack([np.bincount(one.ravel(), minlength=256) for one in sites])
    return np.asarray(grid.voxel_volumes_mm3 @ counts, float)


def site_code(site: str, side: str) -> str:
    """The code of a site as ``SYSTEM:code``, or an empty string where none was verified.

    The lateral ventricle's code stands only for the left and right one.

    >>> site_code("putamen", "left"), site_code("falx", "midline"), site_code("ventricle", "midline")
    ('SCT:89278009', '', '')
    """
    if site == "ventricle":
        return "" if side == "midline" else _LATERAL_VENTRICLE
    return SITE_CODES.get(site, "")


def deposits_positions(case: Case) -> dict[str, Any]:
    """``deposits.json``: the true place of every slice of ``deposits.nii.gz`` and what each number means.

    NIfTI has one affine for all slices, so uneven slices cannot be said there; here every slice has its own
    origin (LPS mm of the centre of its first voxel), its place along the slices' normal and the thickness of
    space it stands for.

    Raises
    ------
    ValueError
        If the case's picture carries no grid of the scan.
    """
    grid = case.picture.grid
    if grid is None:
        raise ValueError("The case has no grid of the scan's voxels; needed: Picture.grid. Hand it over.")
    return {
        "schema": POSITIONS_SCHEMA,
        "axes": ["slice", "row", "column"],
        "coordinates": "LPS mm",
        "matrix": [int(n) for n in grid.shape],
        "even": grid.is_even(),
        "tilt_deg": round(grid.tilt_deg, 3),
        "nearest_affine_lps": [[round(float(v), 6) for v in row] for row in grid.affine],
        "row_step_mm": _point(grid.row_step_mm, 6),
        "column_step_mm": _point(grid.column_step_mm, 6),
        "slices": _slices(grid, case.acquisition.source_frames),
        "deposits": [{"id": d.id, "site": d.site, "side": d.side, "kind": d.kind} for d in case.deposits],
    }


def _slices(grid: Grid, frames: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    places, extents = grid.positions_mm, grid.slice_extents_mm
    rows: list[dict[str, Any]] = []
    for k in range(grid.shape[0]):
        extent = float(extents[k])
        row: dict[str, Any] = {
            "index": k,
            "origin_lps_mm": _point(grid.origins_mm[k], 4),
            "position_mm": round(float(places[k]), 4),
            "extent_mm": round(extent, 4) if math.isfinite(extent) else None,
        }
        if k < len(frames):
            row |= {"sop_instance_uid": frames[k][0], "frame": int(frames[k][1])}
        rows.append(row)
    return rows


def _point(values: Any, decimals: int) -> list[float]:
    return [round(float(v), decimals) + 0.0 for v in values]


def _deposit_row(d: Deposit) -> list[Any]:
    return [*(getattr(d, name) for name in _FIELDS), *d.centre_lps_mm, *d.slices, d.source]


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "n/a"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
    # A tab or line break inside a word would shift every column after it.
    return " ".join(str(value).split())


def _tsv(rows: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
