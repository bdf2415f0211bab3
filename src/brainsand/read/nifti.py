"""What does a NIfTI hold? HU on a grid, whatever way its axes run.

A NIfTI says where its voxels lie (sform, else qform, in RAS) and little else: no modality, no kernel, no
patient. So its numbers are looked at harder (``units``), and what it cannot say is said. A converter that
changed slices to make them even, or wrote a wrong unit, is beyond what a reader can undo.
"""

from __future__ import annotations

import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nibabel
import numpy as np
from isal import igzip, isal_zlib
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.errors import GeometryError, ReadError
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid
from brainsand.read.dicom import LOWEST_HU, Hu
from brainsand.read.geometry import refuse_field, refuse_short, refuse_too_few
from brainsand.read.layout import NativeLayout, choose_layout, from_nifti_layout, stored_grid
from brainsand.read.units import eight_bit_caution, eight_bit_error, judge_units

Floats = NDArray[np.float64]
Header = Any  # nibabel and isal are not typed

_MOST_BYTES: Final = 4 * 2**30
_HEADER_BYTES: Final = {1: 348, 2: 540}
# NIfTI-1 `xyzt_units`: the length is in the three lowest bits.
_UNIT_MM: Final = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_FORMS_APART_MM: Final = 1.0
_BREAKS: Final[Any] = (EOFError, OSError, zlib.error, isal_zlib.error)
_KINDS: Final[Any] = ((1, Nifti1Header), (2, Nifti2Header))
_unpacked: Final[Any] = igzip.open


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NiftiScan:
    """HU on a grid, how the file's axes stood, and what is to be said."""

    hu: Hu
    grid: Grid
    layout: NativeLayout
    cautions: tuple[Caution, ...]


def is_nifti(name: str) -> bool:
    """Whether a file's name says NIfTI.

    >>> is_nifti("head.nii.gz"), is_nifti("HEAD.NII"), is_nifti("head.nii.txt")
    (True, True, False)
    """
    return name.lower().endswith((".nii", ".nii.gz"))


def read_nifti(path: Path) -> NiftiScan:
    """Read a ``.nii`` or ``.nii.gz`` (told by its bytes, not its name).

    Refuses what is no single-file NIfTI (``not_nifti``), truncated files (``truncated``), 2-D and true 4-D
    data, colours and complex numbers (``bad_dimensions``, ``not_ct``), affines that place nothing
    (``bad_affine``), values that are not HU (``eight_bit``, ``not_hounsfield``) and holes of NaN inside the
    image (``not_a_number``).
    """
    header, raw = _header_and_values(path)
    affine, cautions = _affine_of(header)
    shape = raw.shape
    layout = choose_layout(affine)
    values = from_nifti_layout(raw, layout)
    grid = stored_grid(affine, shape, layout)
    refuse_too_few(shape[layout.axes[0]])
    refuse_field(grid.spacing_mm[1:], grid.shape[1:])
    refuse_short(grid)
    hu, said = _attenuation(values, header)
    return NiftiScan(hu=hu, grid=grid, layout=layout, cautions=(*cautions, *said))


def _header_and_values(path: Path) -> tuple[Header, NDArray[Any]]:
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    try:
        stream: Any = _unpacked(path, "rb") if packed else path.open("rb")
        with closing(stream):
            header = _read_header(stream)
            return header, _read_values(stream, header)
    except _BREAKS as fault:
        raise _truncated(str(fault)) from fault


def _read_header(stream: Any) -> Header:
    start = stream.read(_HEADER_BYTES[2])
    for version, kind in _KINDS:
        block = start[: _HEADER_BYTES[version]]
        if len(block) < _HEADER_BYTES[version]:
            continue
        try:
            header = kind(binaryblock=block, check=False)
        except (nibabel.spatialimages.HeaderDataError, ValueError):
            continue
        if int(header["sizeof_hdr"]) == _HEADER_BYTES[version] and bytes(header["magic"].item())[:3] in (
            b"n+1",
            b"n+2",
        ):
            return header
    raise ReadError(
        "The file is no single-file NIfTI.",
        needed="NIfTI-1 or NIfTI-2 with header and data in one file.",
        todo="Convert the scan again (for example with dcm2niix), or give the DICOM folder.",
        code="not_nifti",
    )


def _read_values(stream: Any, header: Header) -> NDArray[Any]:
    shape = _three(tuple(int(n) for n in header["dim"][1 : 1 + max(0, int(header["dim"][0]))]))
    kind = _number_type(header)
    need = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if need > _MOST_BYTES:
        raise ReadError(
            f"The header announces {need / 2**30:.1f} GiB of voxels.",
            needed=f"at most {_MOST_BYTES / 2**30:.0f} GiB.",
            todo="Give one head CT.",
            code="bad_dimensions",
        )
    stream.seek(int(header["vox_offset"]) or _HEADER_BYTES[1] + 4)
    buffer = np.empty(need, np.uint8)
    got = 0
    while got < need:
        count = stream.readinto(buffer[got:])
        if not count:
            raise _truncated(f"{got} of {need} bytes of voxels are there")
        got += count
    return buffer.view(kind).reshape(shape, order="F")


def _number_type(header: Header) -> np.dtype[Any]:
    try:
        kind: np.dtype[Any] = np.dtype(header.get_data_dtype())
    except (nibabel.spatialimages.HeaderDataError, KeyError):
        kind = np.dtype(object)
    if kind.kind in "iuf" and kind.names is None and kind.itemsize <= 8:
        return kind
    raise ReadError(
        f"The voxels are of NIfTI type {int(header['datatype'])}, no plain numbers.",
        needed="one integer or real number a voxel.",
        todo="Give the original CT, not colours or complex numbers.",
        code="not_ct",
    )


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The shape without trailing single dimensions."""
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) == 3 and min(shape) > 0:
        return shape[0], shape[1], shape[2]
    raise ReadError(
        f"The image has dimensions {shape}.",
        needed="three: one volume at one time.",
        todo="Give one volume; of a perfusion or dynamic scan the plain one.",
        code="bad_dimensions",
    )


def _affine_of(header: Header) -> tuple[Floats, list[Caution]]:
    """The affine (4, 4) to RAS mm, and what is doubtful in it."""
    sform, sform_code = header.get_sform(coded=True)
    qform, qform_code = _qform(header)
    cautions = []
    if sform_code and qform is not None and qform_code and _far_apart(sform, qform, header):
        words = "The file gives two different placements (sform and qform); the sform was taken."
        cautions.append(Caution(code="two_placements", words=words))
    if not sform_code and not qform_code:
        words = "The file does not say how the patient lay (no sform, no qform): left and right are a guess."
        cautions.append(Caution(code="orientation_unknown", words=words))
    affine = sform if sform_code else qform if qform_code else header.get_base_affine()
    affine = np.asarray(affine, float).copy()
    unit = int(header["xyzt_units"]) & 7
    scale = _UNIT_MM.get(unit, 1.0)
    affine[:3] *= scale
    if scale != 1.0:
        words = f"The file measures in {'metres' if scale > 1 else 'micrometres'}; lengths were turned to mm."
        cautions.append(Caution(code="unit_of_length", words=words))
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise GeometryError(
            f"The affine {affine[:3].round(4).tolist()} does not place voxels in space.",
            needed="an affine with three independent steps.",
            todo="Convert the scan again, or give the DICOM folder.",
            code="bad_affine",
        )
    return affine, cautions


def _qform(header: Header) -> tuple[Floats | None, int]:
    try:
        affine, code = header.get_qform(coded=True)
    except (nibabel.spatialimages.HeaderDataError, ValueError):  # a quaternion that is none
        return None, 0
    return affine, int(code)


def _far_apart(one: Floats, two: Floats, header: Header) -> bool:
    """Whether two affines put any corner more than 1 mm apart, a shear aside: a qform cannot hold one."""
    unit_one, unit_two = (a[:3, :3] / np.linalg.norm(a[:3, :3], axis=0) for a in (one, two))
    if not np.allclose(unit_one.T @ unit_one, unit_two.T @ unit_two, atol=5e-3):
        return bool((np.sum(unit_one * unit_two, axis=0) < 0.8).any())
    last = np.array([max(0, int(n) - 1) for n in header["dim"][1:4]], float)
    corners = np.array([[0, 0, 0, 1], [*last, 1]], float).T
    return bool(np.abs((one - two) @ corners).max() > _FORMS_APART_MM)


def _attenuation(values: NDArray[Any], header: Header) -> tuple[Hu, list[Caution]]:
    """Values (slice, row, column) as HU of int16 where whole, else float32."""
    slope, intercept = _scale(header)
    cautions: list[Caution] = []
    if values.dtype.itemsize == 1:
        cautions.append(_eight_bit(values, slope, intercept))
    if values.dtype.kind == "f":
        values, said = _without_nan(values)
        cautions += said
    numbers = _scaled(values, slope, intercept)
    units = judge_units(numbers)
    if units.offset_hu:
        numbers = numbers - numbers.dtype.type(units.offset_hu)
    hu = np.maximum(numbers, numbers.dtype.type(LOWEST_HU))
    return np.ascontiguousarray(hu), [*cautions, *units.cautions]


def _scale(header: Header) -> tuple[float, float]:
    """Slope and intercept; a slope of 0 means none (NIfTI-1, scl_slope)."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not np.isfinite(slope) or slope == 0:
        return 1.0, 0.0
    return slope, intercept if np.isfinite(intercept) else 0.0


def _scaled(values: NDArray[Any], slope: float, intercept: float) -> Hu:
    if values.dtype.kind == "f" or not (slope.is_integer() and intercept.is_integer()):
        real = np.asarray(values, np.float32) * np.float32(slope) + np.float32(intercept)
        return _as_int16(real) if np.array_equal(real, np.rint(real)) else real
    if values.dtype == np.int16 and (slope, intercept) == (1.0, 0.0):
        return np.asarray(values)
    return _as_int16(values.astype(np.int64) * int(slope) + int(intercept))


def _as_int16(values: NDArray[Any]) -> NDArray[np.int16]:
    return np.asarray(np.clip(values, -32768, 32767).astype(np.int16))


def _eight_bit(values: NDArray[Any], slope: float, intercept: float) -> Caution:
    ends = sorted(float(v) * slope + intercept for v in (values.min(), values.max()))
    if ends[0] > -500 or ends[1] <= 255:
        raise eight_bit_error(*ends)
    return eight_bit_caution(abs(slope), *ends)


def _without_nan(values: NDArray[Any]) -> tuple[NDArray[Any], list[Caution]]:
    """NaN and infinity that reach the faces of the volume are padding and become air; inside, refused."""
    bad = ~np.isfinite(values)
    count = int(bad.sum())
    if not count:
        return values, []
    labels, _ = ndimage.label(bad)
    faces = [np.take(labels, end, axis=axis) for axis in range(3) for end in (0, -1)]
    outside = np.unique(np.concatenate([face.ravel() for face in faces]))
    enclosed = int(np.count_nonzero(bad & ~np.isin(labels, outside[outside > 0])))
    if enclosed or count == bad.size:
        raise ReadError(
            f"{enclosed or count} voxels inside the image hold no number (NaN or infinite).",
            needed="a number in every voxel.",
            todo="Give the scan as the scanner wrote it, or convert it again.",
            code="not_a_number",
        )
    words = f"{count} voxels at the edge of the volume hold no number and were taken for air."
    return np.where(bad, values.dtype.type(LOWEST_HU), values), [Caution(code="nan_padding", words=words)]


def _truncated(why: str) -> ReadError:
    return ReadError(
        f"The file breaks off or is damaged: {why}.",
        needed="a whole file.",
        todo="Copy it again.",
        code="truncated",
    )
