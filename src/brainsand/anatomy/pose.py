"""Where in this scan is the head, which way does it look, how large is it? One affine map from atlas to scan.

The head may lie anywhere in a body scan, be bent back by 40 degrees or cut off at either end. So the atlas is
first slid over the whole scan at 8 mm in several pitches (a correlation by Fourier transform that counts only
what both hold), then the best places are refined by Gauss-Newton least squares on attenuation, coarse to
fine (``refine``). Every step is a plain sum in a fixed order: equal scans give equal bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from brainsand.anatomy.lattice import EvenStack, on_lattice, upright_lattice
from brainsand.anatomy.refine import (
    FINE_MM,
    FIRST,
    LEAST_SHARE,
    THEN,
    HeadTemplate,
    feature,
    ground_of,
    refined,
)
from brainsand.arrays.affine import moved, turn
from brainsand.arrays.resample import values_at

Floats = NDArray[np.float64]
Single = NDArray[np.float32]

COARSE_MM = 8.0
PITCHES_DEG = (0.0, -20.0, 20.0, -40.0, 40.0)
SMALL_HEADS = (0.85, 0.7)
"""Scales tried beside that of the adult: a newborn's head is some 0.65 of it."""
NO_SCAN_HU = -5000.0
"""Marks where a lattice lies outside the scan, so that outside is told from air."""
OUTSIDE_COST = 0.35
"""What a share of the head outside the scan costs, in squared units of 200 HU: a little more than a poor fit,
so that the atlas does not slide off the scan and a head cut off is still found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """``matrix`` (4, 4) takes atlas mm to scan LPS mm; ``residual_hu`` is the root mean square misfit of the
    clipped attenuation; ``share_in_scan`` how much of the atlas's head the scan holds (0 to 1); ``stretch``
    the three principal scales."""

    matrix: Floats
    residual_hu: float
    share_in_scan: float
    stretch: tuple[float, float, float]


def find_pose(stack: EvenStack, template: HeadTemplate) -> Pose:
    """The affine map from the atlas to the head in the scan."""
    affine, shape = upright_lattice(stack, FINE_MM)
    scan = on_lattice(stack, affine, shape, fill=NO_SCAN_HU).astype(np.float32)
    known = (scan > NO_SCAN_HU / 2).astype(np.float32)
    scan = feature(scan)
    starts = _starts(scan, known, affine, template)
    first = ground_of(scan, known, affine, template, FIRST)
    fit = min((refined(first, start) for start in starts), key=lambda f: f.misfit)
    for step in THEN:
        fit = refined(ground_of(scan, known, affine, template, step), fit.matrix)
    scales = np.linalg.svd(fit.matrix[:3, :3])[1]
    return Pose(
        matrix=fit.matrix,
        residual_hu=float(np.sqrt(fit.misfit)),
        share_in_scan=fit.share,
        stretch=(float(scales[0]), float(scales[1]), float(scales[2])),
    )


def _starts(scan: Single, known: Single, affine: Floats, template: HeadTemplate) -> list[Floats]:
    """The three best places and pitches, best first, as (4, 4) maps."""
    skip = int(COARSE_MM / FINE_MM)
    coarse = ndimage.gaussian_filter(scan, 0.8)[::skip, ::skip, ::skip]
    coarse_affine = affine.copy()
    coarse_affine[:3, :3] *= skip
    spectra = _scan_spectra(coarse, known[::skip, ::skip, ::skip])
    found = []
    for pitch in PITCHES_DEG:
        rotation = turn(pitch, 0, 0)
        cost, centre_mm = _best_place(spectra, coarse_affine, template, rotation)
        found.append((cost, rotation, centre_mm))
    found.sort(key=lambda f: f[0])
    _, rotation, centre = found[0]
    small = [_similar(rotation * scale, centre, template.centre_mm) for scale in SMALL_HEADS]
    return [_similar(turned, at, template.centre_mm) for _, turned, at in found[:3]] + small


def _similar(linear: Floats, to_mm: Floats, from_mm: Floats) -> Floats:
    """The map with this linear part that takes one point to another."""
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = to_mm - linear @ from_mm
    return matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spectra:
    shape: tuple[int, ...]
    padded: tuple[int, ...]
    side: int
    value: NDArray[np.complex64]
    square: NDArray[np.complex64]
    known: NDArray[np.complex64]


def _scan_spectra(scan: Single, known: Single) -> _Spectra:
    side = int(220 / COARSE_MM)
    padded = tuple(fft.next_fast_len(n + side, real=True) for n in scan.shape)
    unit = scan / np.float32(200.0)
    return _Spectra(
        shape=scan.shape,
        padded=padded,
        side=side,
        value=fft.rfftn(unit * known, padded),
        square=fft.rfftn(unit * unit * known, padded),
        known=fft.rfftn(known, padded),
    )


def _best_place(
    spectra: _Spectra, affine: Floats, template: HeadTemplate, rotation: Floats
) -> tuple[float, Floats]:
    """Least cost over all shifts of the turned template, and the scan point (mm) of the template's centre.

    Cost is the weighted mean squared difference where the scan knows, plus a charge where it does not
    (Padfield, IEEE Trans Image Process 2012;21:2706, for masks in the Fourier domain).
    """
    side = spectra.side
    offsets = (np.indices((side,) * 3).reshape(3, -1).T - (side - 1) / 2) * COARSE_MM
    points = offsets[:, ::-1] @ rotation + template.centre_mm
    index = moved(np.linalg.inv(template.affine), points).T
    value = feature(values_at(template.hu, index)).reshape((side,) * 3) / np.float32(200.0)
    weight = ndimage.map_coordinates(template.weight, index, order=1, cval=0.0).reshape((side,) * 3)
    w, wv = (np.conj(fft.rfftn(a, spectra.padded)) for a in (weight, weight * value))
    wvv = np.conj(fft.rfftn(weight * value * value, spectra.padded))
    shared = fft.irfftn(spectra.known * w, spectra.padded)
    squares = fft.irfftn(spectra.square * w - 2 * spectra.value * wv + spectra.known * wvv, spectra.padded)
    total = float(weight.sum())
    cost = (squares + (total - shared) * OUTSIDE_COST) / total
    cost[shared < LEAST_SHARE * total] = np.inf
    best = np.unravel_index(int(np.argmin(cost)), cost.shape)
    # Shifts beyond the scan's end are negative shifts of the periodic transform.
    shift = [k if k < n else k - m for k, n, m in zip(best, spectra.shape, spectra.padded, strict=True)]
    centre = moved(affine, [np.add(shift, (side - 1) / 2)])[0]
    return float(cost[best]), centre
