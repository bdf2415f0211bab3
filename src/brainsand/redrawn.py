"""From results to pictures again: the maps of a case, drawn anew from what its analysis left and from the scan.

The head put straight is resampled from the scan on the very grid that ``viewer/view.json`` holds, and the deposits
are laid on it from ``deposits.nii.gz``, by the functions of the analysis; so what is drawn of an uncorrected case is
what the analysis drew, to the last voxel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainsand.anatomy.lay import straightened
from brainsand.drawn import numbers_on_head
from brainsand.errors import CorrectionsError
from brainsand.model.case import Picture
from brainsand.read.layout import NativeLayout, from_nifti_layout
from brainsand.report.gallery import voxels_of
from brainsand.viewing import FOLDER, head_of_view

if TYPE_CHECKING:
    from brainsand.read.scan import ReadScan


def picture_of(
    results: Path, view: Mapping[str, Any], scan: ReadScan, *, numbers: Collection[int], kept: Collection[int]
) -> Picture:
    """The maps of a case, with the deposits that are left.

    Parameters
    ----------
    results : Path
        The folder of an analysis.
    view : mapping
        Its ``viewer/view.json``.
    scan : ReadScan
        The scan it was made of.
    numbers, kept : collections of int
        All deposits the record names, and those that are left.

    Raises
    ------
    CorrectionsError
        The maps are missing, or do not lie on the scan, or are of other deposits.
    """
    head = head_of_view(view)
    if head is None:
        raise _misfit("viewer/view.json of the results is of an earlier version", "that of this version")
    grid, start = head
    shape = scan.volume.grid.shape
    native = _native(results / "deposits.nii.gz", scan.layout, shape).astype(np.int32)
    if strange := set(np.unique(native).tolist()) - {0, *numbers}:
        raise _misfit(f"deposits.nii.gz holds a deposit {min(strange)}", "the deposits of case.json alone")
    native[~np.isin(native, list(kept))] = 0
    head_sites = np.zeros(grid.shape, np.uint8)
    _set_in(head_sites, start, _native(results / FOLDER / "head_sites.nii.gz", NativeLayout(), None))
    return Picture(
        head_grid=grid,
        head_hu=straightened(scan.volume, grid),
        head_inside=head_sites > 0,
        head_sites=head_sites,
        head_deposits=numbers_on_head(native, list(voxels_of(native).values()), scan.volume, grid),
        deposits=native,
        sites=_native(results / "sites.nii.gz", scan.layout, shape).astype(np.uint8),
        grid=scan.volume.grid,
    )


def _native(path: Path, layout: NativeLayout, shape: tuple[int, int, int] | None) -> NDArray[Any]:
    """A map of numbers in the axes (slice, row, column)."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        image: Any = nibabel.load(path)
        found = from_nifti_layout(np.asarray(image.dataobj), layout)
    except (OSError, EOFError, ValueError, ImageFileError) as fault:
        raise _misfit(
            f"{path.name} of the results cannot be read", "the whole results of an analysis"
        ) from fault
    if shape is not None and found.shape != shape:
        raise _misfit(f"{path.name} has {found.shape} voxels", f"{shape}, as the scan has")
    return np.ascontiguousarray(found)


def _set_in(whole: NDArray[Any], start: tuple[int, int, int], part: NDArray[Any]) -> None:
    box = tuple(slice(a, a + n) for a, n in zip(start, part.shape, strict=True))
    if whole[box].shape != part.shape:
        raise _misfit(f"head_sites.nii.gz has {part.shape} voxels", "a part of the straightened head")
    whole[box] = part


def _misfit(came: str, needed: str) -> CorrectionsError:
    todo = "Analyze the scan again with --also viewer, and correct those results."
    return CorrectionsError(f"{came}.", needed=f"{needed}.", todo=todo, code="other_results")
