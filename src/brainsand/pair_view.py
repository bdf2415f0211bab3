"""What does somebody need who looks at two compared scans in a viewer? Both heads on one lattice, and what differs.

``pair/`` holds the earlier and the later head on the later one's straightened head (1 mm; the earlier one laid on it by
the registration found), so that the same voxel is the same place in both; what the later one has more or less; the
tracks; a picture of each that changed most surely; and ``pair.json`` with the place of every track.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.as_read import same_deposits
from brainsand.model.comparison import Comparison, Track
from brainsand.nifti_file import image_gz, labels_gz
from brainsand.report.followup_pictures import difference_hu, pictured
from brainsand.report.followup_words import ranked
from brainsand.report.panel import Panel
from brainsand.report.raster import PER_MM, panel_pixels
from brainsand.report.record import plain
from brainsand.save import json_text
from brainsand.viewing import head_box, part_of, whole_hu

SCHEMA: Final = "brainsand.pair/1"
FOLDER: Final = "pair"
GAP_PX: Final = 8

Record = Mapping[str, Any]


def pair_files(
    made: Comparison, records: Sequence[Record], *, order: Sequence[int] = (0, 1)
) -> dict[str, bytes | str]:
    """The files of ``pair/``, by name.

    Parameters
    ----------
    made : Comparison
        Of two scans.
    records : sequence of mapping
        What ``case.json`` of each scan's own analysis holds: its numbers of deposits are told beside ours.
    order : two numbers
        Which of the two scans that somebody named is the earlier, which the later.
    """
    from brainsand.read.layout import to_nifti_layout

    on = made.aligned
    box = head_box(on.inside)
    grid = part_of(on.grid, box)

    def image(hu: NDArray[Any], words: str) -> bytes:
        array, affine = to_nifti_layout(whole_hu(hu[box]), grid, None)
        return image_gz(array, affine, words=f"brainsand: {words}")

    def labels(array: NDArray[np.int32], words: str) -> bytes:
        stored, affine = to_nifti_layout(array, grid, None)
        return labels_gz(stored, affine, words=f"brainsand: {words}")

    shown = pictured(made, ranked(made))
    files: dict[str, bytes | str] = {
        "earlier.nii.gz": image(on.hu[0], "the earlier head on the later one, HU"),
        "later.nii.gz": image(on.hu[-1], "the later head put straight, HU"),
        "difference.nii.gz": image(_differences(made), "later less earlier, smoothed, HU"),
        "tracks.nii.gz": labels(on.tracks[box], "the number of each track"),
        "outlines.nii.gz": labels(
            outlined(on.tracks[box], len(made.tracks)), "tracks, and round each its rim"
        ),
        **{f"track-{p.track.number}.png": _plate(p.panels) for p in shown},
    }
    record = {**pair_record(made, records, pictures=[p.track.number for p in shown]), "order": list(order)}
    return {
        f"{FOLDER}/{name}": content for name, content in {**files, "pair.json": json_text(record)}.items()
    }


def outlined(tracks: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """The tracks, and round each a rim one voxel wide: its number and ``most`` more, where nothing else is.

    >>> outlined(np.array([[[0, 0, 2, 0]]], np.int32), 3).tolist()
    [[[0, 5, 2, 5]]]
    """
    round_them = ndimage.grey_dilation(tracks, footprint=ndimage.generate_binary_structure(3, 1))
    rim = np.where((tracks == 0) & (round_them > 0), round_them + most, 0)
    return np.asarray(tracks + rim, np.int32)


def pair_record(made: Comparison, records: Sequence[Record], *, pictures: Sequence[int]) -> dict[str, Any]:
    """``pair.json``: where each track lies (RAS mm of the later head), and the numbers that the cases have for ours."""
    found: dict[str, Any] = plain(
        {
            "schema": SCHEMA,
            "pictures": list(pictures),
            "places_ras_mm": {t.number: _place(t, made) for t in made.tracks},
            "numbers": [
                same_deposits(case.deposits, _places(record))
                for case, record in zip(made.cases, records, strict=True)
            ],
        }
    )
    return found


def _places(record: Record) -> dict[int, Sequence[float]]:
    """Where the deposits of a case lie, by their numbers."""
    return {int(d["id"]): d["centre_lps_mm"] for d in record.get("deposits") or ()}


def _place(track: Track, made: Comparison) -> Sequence[float]:
    """The voxel of the track that is nearest its middle, on the later head; by the deposits' centres where it is out of
    that picture."""
    places = np.argwhere(made.aligned.tracks == track.number)
    if len(places):
        nearest = places[np.linalg.norm(places - places.mean(axis=0), axis=1).argmin()]
        x, y, z = made.aligned.grid.points(nearest[None].astype(float))[0]
    else:
        x, y, z = _centre(track, made)
    return -float(x), -float(y), float(z)


def _centre(track: Track, made: Comparison) -> NDArray[np.float64]:
    """LPS mm of the later scan, from the scan that shows the track."""
    k = next(k for k in (len(made.cases) - 1, 0) if track.amounts[k].ids)
    numbers = track.amounts[k].ids
    centres = np.array([d.centre_lps_mm for d in made.cases[k].deposits if d.id in numbers], float)
    to_later = made.laid[-1].matrix @ np.linalg.inv(made.laid[k].matrix)
    middle: NDArray[np.float64] = (to_later @ [*centres.mean(axis=0), 1.0])[:3]
    return middle


def _differences(made: Comparison) -> NDArray[np.float32]:
    slices = range(made.aligned.inside.shape[0])
    return np.stack([difference_hu(made, at) for at in slices])


def _plate(panels: Sequence[Panel]) -> bytes:
    """Earlier, later and difference side by side, as PNG."""
    from PIL import Image

    drawn = []
    for panel in panels:
        side = round(panel.side_mm * PER_MM)
        drawn.append(panel_pixels(panel, (), kinds=())[:side, :side])
    gap = np.full((drawn[0].shape[0], GAP_PX, 3), 118, np.uint8)  # neither page, light or dark, nor picture
    whole = np.concatenate([drawn[0], gap, drawn[1], gap, drawn[2]], axis=1)
    stream = io.BytesIO()
    Image.fromarray(whole).save(stream, "PNG", optimize=True)
    return stream.getvalue()
