"""Where in the head does this cohort calcify? The share of scans with a deposit, at every voxel of the atlas.

Each scan is laid on the atlas by its affine pose alone (``lay``), so small structures are blurred; the map is
smoothed no further. A scan counts for a slice of the atlas that it shows whole. One scan a person, the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.groupdata import Group

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtlasMap:
    """``count`` of scans with a deposit, ``share`` of those that show the slice (NaN: none does); atlas lattice.

    ``affine`` takes (slice, row, column, 1) to the atlas's mm (LPS); ``hu`` is the template to draw on.
    """

    count: NDArray[np.int32]
    share: NDArray[np.float32]
    scans: int
    affine: Floats
    hu: NDArray[np.int16]


def atlas_map(out: Path, group: Group) -> AtlasMap | None:
    """The map of the scans that count; None where no scan knows where the atlas lies."""
    import pyarrow.parquet as pq

    from brainsand.read.atlas import load_atlas

    path = out / "atlas.parquet"
    if not path.is_file():
        return None
    table = pq.read_table(path).combine_chunks()
    wanted = set(group.text["unit"][group.first])
    keep = np.array([u in wanted for u in table["unit"].to_pylist()], bool)
    if not keep.any():
        return None
    atlas = load_atlas()
    shape = atlas.hu.shape
    count = _counts(table["voxels"], keep, int(np.prod(shape))).reshape(shape)
    shown = _shown(table["first"], table["last"], keep, shape[0])
    share = np.where(shown[:, None, None] > 0, count / np.maximum(shown, 1)[:, None, None], np.nan)
    return AtlasMap(
        count=count.astype(np.int32),
        share=share.astype(np.float32),
        scans=int(keep.sum()),
        affine=atlas.affine,
        hu=np.asarray(atlas.hu, np.int16),
    )


def _counts(column: Any, keep: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    lists = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    lists = lists.chunk(0) if hasattr(lists, "num_chunks") else lists
    starts = lists.offsets.to_numpy()
    flat = lists.values.to_numpy(zero_copy_only=False)
    owner = np.repeat(keep, np.diff(starts))
    return np.bincount(flat[starts[0] : starts[-1]][owner], minlength=size)


def _shown(first: Any, last: Any, keep: NDArray[np.bool_], slices: int) -> NDArray[np.int64]:
    """How many scans show each slice of the atlas whole."""
    low, high = (np.asarray(c.to_numpy(zero_copy_only=False), float)[keep] for c in (first, last))
    known = np.isfinite(low)
    steps = np.bincount(low[known].astype(int), minlength=slices + 1)
    steps = steps - np.bincount(high[known].astype(int) + 1, minlength=slices + 1)[: slices + 1]
    return np.asarray(np.cumsum(steps)[:slices])


def map_bytes(found: AtlasMap, *, words: str, what: str) -> bytes:
    """The map as ``.nii.gz``: ``share`` (float) or ``count`` (whole numbers)."""
    import gzip

    import nibabel

    array = found.share if what == "share" else found.count
    to_lps = found.affine[:, [2, 1, 0, 3]]
    image: Any = nibabel.Nifti1Image(array.transpose(2, 1, 0), np.diag([-1.0, -1.0, 1.0, 1.0]) @ to_lps)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = words[:79].encode()
    image.set_sform(image.affine, code=4)
    image.set_qform(image.affine, code=4)
    return gzip.compress(image.to_bytes(), mtime=0)
