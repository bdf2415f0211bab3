"""What does somebody need who looks at a case in a viewer and corrects it? Pictures, places, and grounds of scores.

The pictures are the scan, the head put straight with its maps, and a thumbnail. ``view.json`` says where each deposit
lies and what the scores are counted from, so that they can be counted anew after a correction (``brainsand.revision``)
without the scan being read again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.measure.calibration import gain_at
from brainsand.measure.visual import Piece
from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.model.grid import Grid
from brainsand.model.reference import Reference
from brainsand.nifti_file import image_gz, labels_gz
from brainsand.report.panel import KIND_COLOURS
from brainsand.report.record import plain
from brainsand.save import json_text
from brainsand.tally import Grounds, grounds_of, structures_mm3

if TYPE_CHECKING:
    from brainsand.read.scan import ReadScan

SCHEMA: Final = "brainsand.view/1"
FOLDER: Final = "viewer"
THUMBNAIL_SIDE: Final = 176
SKULL_MM: Final = 16
SCALP_MM: Final = 22
Box = tuple[slice, ...]
BRAIN_HU: Final = (0.0, 80.0)
OF_NOTE: Final = ("ectopic", "indeterminate", "vascular", "age_related", "physiologic")


def view_files(case: Case, scan: ReadScan, reference: Reference) -> dict[str, bytes | str]:
    """The files of ``viewer/``, by name."""
    from brainsand.read.layout import to_nifti_layout

    picture = case.picture
    array, affine = to_nifti_layout(scan.volume.hu, scan.volume.grid, scan.layout)
    box = head_box(picture.head_inside)
    made: dict[str, bytes | str] = {
        "scan.nii.gz": image_gz(whole_hu(array), affine, words="brainsand: the scan, HU"),
        "thumbnail.png": thumbnail_png(case),
        "view.json": json_text(view_record(case, reference)),
    }
    head = part_of(picture.head_grid, box)
    straight, to_ras = to_nifti_layout(picture.head_hu[box], head, None)
    made["head.nii.gz"] = image_gz(whole_hu(straight), to_ras, words="brainsand: the head put straight, HU")
    for name, labels in (("deposits", picture.head_deposits), ("sites", picture.head_sites)):
        array, _ = to_nifti_layout(labels[box], head, None)
        made[f"head_{name}.nii.gz"] = labels_gz(array, to_ras, words=f"brainsand: {name}, head put straight")
    return {f"{FOLDER}/{name}": content for name, content in made.items()}


def head_box(inside: NDArray[np.bool_]) -> Box:
    """The part of the straightened head that holds the skull, with room for the scalp; all of it where it is empty."""
    if not inside.any():
        return tuple(slice(0, n) for n in inside.shape)
    sides = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {k}))) for k in range(3)]
    return tuple(
        slice(max(int(held[0]) - SCALP_MM, 0), min(int(held[-1]) + SCALP_MM + 1, n))
        for held, n in zip(sides, inside.shape, strict=True)
    )


def part_of(grid: Grid, box: Box) -> Grid:
    """The grid of a part of an array on ``grid``."""
    start = [[float(part.start) for part in box]]
    shape = tuple(part.stop - part.start for part in box)
    affine = grid.affine.copy()
    affine[:3, 3] = grid.points(start)[0]
    return Grid.from_affine((shape[0], shape[1], shape[2]), affine)


def view_record(case: Case, reference: Reference) -> dict[str, Any]:
    """``view.json``: deposits' places in RAS mm, and the grounds of the scores."""
    grid = case.picture.grid
    if grid is None:
        raise ValueError("A case without the scan's grid has no view.")
    counts = slice_counts(case.picture.deposits)
    gain = gain_at(case.acquisition.kvp, table=reference.norms["calibration"])
    picture = case.picture
    grounds = grounds_of(case.deposits, counts, grid, picture.head_sites, picture.head_grid, gain=gain)
    found: dict[str, Any] = plain(
        {
            "schema": SCHEMA,
            "places_ras_mm": {d.id: _ras(d) for d in case.deposits},
            "in_vessel": [aside.in_vessel for aside in case.set_aside],
            "structures_mm3": {
                f"{s} {side}": v for (s, side), v in structures_mm3(picture.head_sites).items()
            },
            "grounds": asdict(grounds),
        }
    )
    return found | {"head": _head_record(picture.head_grid, head_box(picture.head_inside))}


def _head_record(grid: Grid, box: Box) -> dict[str, Any]:
    """The straightened head's grid to the last digit, and where the box of its maps begins: to draw on it again."""
    return {
        "box_start": [part.start for part in box],
        "matrix": list(grid.shape),
        "origins_mm": grid.origins_mm.tolist(),
        "row_step_mm": grid.row_step_mm.tolist(),
        "column_step_mm": grid.column_step_mm.tolist(),
    }


def head_of_view(record: Mapping[str, Any]) -> tuple[Grid, tuple[int, int, int]] | None:
    """The straightened head's grid and where the box of its maps begins, of ``view.json``; None in one without."""
    told = record.get("head")
    if not told:
        return None
    first, second, third = told["box_start"]
    slices, rows, columns = told["matrix"]
    grid = Grid(
        shape=(slices, rows, columns),
        origins_mm=np.array(told["origins_mm"], float),
        row_step_mm=np.array(told["row_step_mm"], float),
        column_step_mm=np.array(told["column_step_mm"], float),
    )
    return grid, (first, second, third)


def grounds_of_view(record: Mapping[str, Any]) -> Grounds:
    """The grounds as ``view.json`` holds them."""
    told = record["grounds"]
    return Grounds(
        pieces=tuple(_piece(row) for row in told["pieces"]),
        places_mm3=dict(told["places_mm3"]),
        ganglia_mm3=dict(told["ganglia_mm3"]),
        depth_shares={int(number): share for number, share in told["depth_shares"].items()},
    )


def slice_counts(labels: NDArray[np.int32]) -> dict[int, NDArray[np.int64]]:
    """Voxels of each deposit in each slice, by its number.

    >>> slice_counts(np.array([[[0, 1]], [[1, 1]]], np.int32))[1].tolist()
    [1, 2]
    """
    slices, _, _ = np.nonzero(labels)
    numbers = labels[labels > 0]
    return {int(n): np.bincount(slices[numbers == n], minlength=labels.shape[0]) for n in np.unique(numbers)}


def whole_hu(hu: NDArray[Any]) -> NDArray[np.int16]:
    """HU as whole numbers of 16 bits, what a viewer draws fastest.

    >>> whole_hu(np.array([40.6, -2000.0, 9e9])).tolist()
    [41, -2000, 32767]
    """
    whole: NDArray[np.int16] = np.rint(np.clip(hu, -32768, 32767)).astype(np.int16)
    return whole


def thumbnail_png(case: Case) -> bytes:
    """The axial slice of the deposit of most note, or the middle of the head: brain window, calcium in its colour."""
    from PIL import Image

    picture = case.picture
    k = _slice_of_note(case)
    low, high = BRAIN_HU
    gray = np.clip((picture.head_hu[k].astype(np.float32) - low) / (high - low) * 255, 0, 255).astype(
        np.uint8
    )
    pixels = np.repeat(gray[..., None], 3, axis=2)
    marks = picture.head_deposits[k]
    for d in case.deposits:
        pixels[marks == d.id] = _rgb(KIND_COLOURS[d.kind])
    image = Image.fromarray(_square(_round_head(pixels, picture.head_inside))).resize(
        (THUMBNAIL_SIDE,) * 2, Image.Resampling.BILINEAR
    )
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _slice_of_note(case: Case) -> int:
    ranked = sorted(case.deposits, key=lambda d: (OF_NOTE.index(d.kind), -d.threshold_volume_mm3))
    shape = case.picture.head_hu.shape
    if not ranked:
        return _middle(case.picture.head_inside)
    at = case.picture.head_grid.index_of([ranked[0].centre_lps_mm])[0, 0]
    return int(np.clip(round(float(at)), 0, shape[0] - 1))


def _middle(inside: NDArray[np.bool_]) -> int:
    held = np.flatnonzero(inside.any(axis=(1, 2)))
    return int(held[len(held) * 3 // 5]) if len(held) else inside.shape[0] // 2


def _round_head(pixels: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The part of a slice that holds the head, with room for the skull."""
    if not inside.any():
        return pixels
    rows, columns = np.flatnonzero(inside.any(axis=(0, 2))), np.flatnonzero(inside.any(axis=(0, 1)))
    top, left = max(rows[0] - SKULL_MM, 0), max(columns[0] - SKULL_MM, 0)
    return pixels[top : rows[-1] + SKULL_MM, left : columns[-1] + SKULL_MM]


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = max(pixels.shape[:2])
    out = np.zeros((side, side, 3), np.uint8)
    top, left = (side - pixels.shape[0]) // 2, (side - pixels.shape[1]) // 2
    out[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return out


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _ras(d: Deposit) -> Sequence[float]:
    x, y, z = d.centre_lps_mm
    return -x, -y, z


def _piece(row: Mapping[str, Any]) -> Piece:
    areas = {int(k): float(area) for k, area in row["areas_mm2"].items()}
    return Piece(**{**row, "areas_mm2": areas})
