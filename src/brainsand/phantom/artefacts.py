"""What does the scanner add to the truth? Noise, beam hardening, streaks of metal, a headrest.

Beam hardening. Rays through much bone are hardened beyond what the water correction expects, so their
measured attenuation is too low by about the square of the bone passed (second-order term of Herman, Phys
Med Biol 1979;24:81, doi 10.1088/0031-9155/24/1/008). The error is projected, filtered and back-projected
(parallel beams, coarse pixels), which gives the dark band between the petrous bones and the cupping of the
vault. Metal does the same more strongly, alone and together with the bone on its rays.

Noise. Filtered back-projection gives noise whose power rises with frequency and falls with the kernel
(Riederer, Pelc, Chesler, Phys Med Biol 1978;23:446): white noise is filtered with that spectrum slice by
slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

from brainsand.phantom.protocol import Protocol, Slices

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_BLOCKS: Final = 96
_ANGLES: Final = 90
_SPARE_MM: Final = 3.0
_BONE_FROM_HU: Final = 150.0
_METAL_FROM_HU: Final = 3100.0
_HARDENING_PER_CM: Final = 0.016
_METAL_PER_CM: Final = 0.05
_PARTS: Final[tuple[Callable[[Floats32], Floats32], ...]] = (
    lambda hu: np.clip(hu - _BONE_FROM_HU, 0, _METAL_FROM_HU - _BONE_FROM_HU) / 1000,
    lambda hu: np.maximum(hu - _METAL_FROM_HU, 0) / 1000,
    lambda hu: (hu > -200).astype(np.float32),
)


def add_noise(hu: Floats32, protocol: Protocol, *, rng: np.random.Generator) -> None:
    """Add noise to the image in place: ``noise_hu``, more in bulky slices and in the middle."""
    if protocol.noise_hu <= 0:
        return
    transfer = _noise_transfer(protocol)
    bulk = _bulk_factor(hu, protocol)
    middle = _middle_factor(protocol)
    shared = max(1, round(protocol.slice_mm / (protocol.increment_mm or protocol.slice_mm)))
    for k, texture in enumerate(_textures(len(hu), transfer, shared, protocol.matrix, rng)):
        hu[k] += texture * (protocol.noise_hu * bulk[k] * middle)


def add_hardening(hu: Floats32, slices: Slices, protocol: Protocol) -> None:
    """Add the traces of beam hardening and of metal to the image in place."""
    if protocol.beam_hardening <= 0 and not protocol.metal_mm:
        return
    step = max(1, int(_SPARE_MM / float(np.median(slices.thickness_mm))))
    chosen = np.unique(np.append(np.arange(0, len(hu), step), len(hu) - 1))
    factor = max(1, protocol.matrix // _BLOCKS)
    bone, metal, filled = (np.stack([_blocks(part(hu[k]), factor) for k in chosen]) for part in _PARTS)
    inside = (filled > 0.9) & (bone < 0.05)
    error = _shadows(bone, metal, inside, protocol, pixel_cm=factor * protocol.in_plane_mm / 10)
    for k in range(len(hu)):
        j = int(np.clip(np.searchsorted(chosen, k), 1, max(1, len(chosen) - 1)))
        t = (k - chosen[j - 1]) / (chosen[j] - chosen[j - 1]) if len(chosen) > 1 else 0.0
        between = (1 - t) * error[j - 1] + t * error[j] if len(chosen) > 1 else error[0]
        hu[k] += _enlarged(between, factor, protocol.matrix)


def add_headrest(hu: Floats32, protocol: Protocol) -> None:
    """Lay a headrest (a shell of 4 mm and foam) behind the head, in place, where there was air.

    Rows lie the same in every slice (the table runs along z), so one plane serves for all.
    """
    row, column = _plane_mm(protocol)
    depth = row * np.cos(np.radians(protocol.tilt_deg))
    filled = (hu > -700).any(axis=(0, 2))
    if not protocol.table or not filled.any():
        return
    radius = 118.0
    centre = float(depth[filled].max()) + 8 - radius
    away = np.hypot(column[None, :], depth[:, None] - centre)
    behind = np.degrees(np.arctan2(np.abs(column)[None, :], depth[:, None] - centre)) < 62
    shell, foam = (away >= radius) & (away < radius + 4), (away > radius - 6) & (away < radius)
    for mask, value in ((shell, 90.0), (foam, -965.0)):
        rows, columns = np.nonzero(mask & behind)
        hu[:, rows, columns] = np.where(hu[:, rows, columns] < -850, value, hu[:, rows, columns])


def _plane_mm(protocol: Protocol) -> tuple[Floats, Floats]:
    line = np.asarray((np.arange(protocol.matrix) - (protocol.matrix - 1) / 2) * protocol.in_plane_mm, float)
    return line, line


def _noise_transfer(protocol: Protocol) -> Floats32:
    """Square root of the noise power spectrum, unit variance, for ``rfft2`` of one slice."""
    n, step = protocol.matrix, protocol.in_plane_mm
    f = np.hypot(fft.fftfreq(n, step)[:, None], fft.rfftfreq(n, step)[None, :])
    corner = 0.9 if protocol.sharp else 0.42
    power = (f + 0.01) * np.exp(-((f / corner) ** 2))
    weight = np.full(f.shape, 2.0)
    weight[:, 0] = 1.0
    if n % 2 == 0:
        weight[:, -1] = 1.0
    power /= float((power * weight).sum()) / n**2
    return np.asarray(np.sqrt(power), np.float32)


def _textures(
    count: int, transfer: Floats32, shared: int, matrix: int, rng: np.random.Generator
) -> Iterator[Floats32]:
    """Unit noise slice by slice; slices that overlap ``shared``-fold hold partly the same rays."""
    raw = [_texture(transfer, matrix, rng) for _ in range(shared - 1)]
    for _ in range(count):
        raw.append(_texture(transfer, matrix, rng))
        yield np.asarray(np.sum(raw, axis=0) / np.sqrt(shared), np.float32)
        raw = raw[1:]


def _texture(transfer: Floats32, matrix: int, rng: np.random.Generator) -> Floats32:
    white = rng.standard_normal((matrix, matrix), dtype=np.float32)
    return np.asarray(fft.irfft2(fft.rfft2(white) * transfer, s=(matrix, matrix)), np.float32)


def _bulk_factor(hu: Floats32, protocol: Protocol) -> Floats:
    """How much noisier a slice is than the median one: dose falls with the width of water that stops as much
    as the slice does (0.19 per cm); two thirds of the change is made up by the tube current's modulation."""
    area_cm2 = np.array([np.maximum(s[::4, ::4] + 1000, 0).sum(dtype=np.float64) for s in hu])
    area_cm2 *= 16 * (protocol.in_plane_mm / 10) ** 2 / 1000
    width_cm = 2 * np.sqrt(area_cm2 / np.pi)
    excess = (
        0.5 * 0.19 * (width_cm - np.median(width_cm[width_cm > 5] if (width_cm > 5).any() else width_cm)) / 3
    )
    return np.asarray(np.clip(np.exp(excess), 0.6, 1.8))


def _middle_factor(protocol: Protocol) -> Floats32:
    row, column = _plane_mm(protocol)
    away2 = row[:, None] ** 2 + column[None, :] ** 2
    return np.asarray(0.75 + 0.25 * np.exp(-away2 / 70.0**2), np.float32)


def _blocks(image: Floats32, factor: int) -> Floats32:
    """Means over blocks of ``factor`` pixels, the border padded with nothing."""
    n = -(-image.shape[0] // factor)
    padded = np.zeros((n * factor, n * factor), np.float32)
    padded[: image.shape[0], : image.shape[1]] = image
    return np.asarray(padded.reshape(n, factor, n, factor).mean(axis=(1, 3)), np.float32)


def _enlarged(image: Floats32, factor: int, matrix: int) -> Floats32:
    """Blocks back to pixels, linear between block centres."""
    place = (np.arange(matrix) - (factor - 1) / 2) / factor
    low = np.clip(np.floor(place).astype(int), 0, len(image) - 2)
    share = np.clip(place - low, 0, 1).astype(np.float32)
    rows = image[low] * (1 - share)[:, None] + image[low + 1] * share[:, None]
    return np.asarray(rows[:, low] * (1 - share) + rows[:, low + 1] * share, np.float32)


def _shadows(
    bone: Floats32, metal: Floats32, inside: NDArray[np.bool_], protocol: Protocol, pixel_cm: float
) -> Floats32:
    """HU error (slice, block, block) of coarse bone and metal (attenuation above tissue, water = 1).

    A scanner is calibrated so that bone and the brain as a whole keep their values: what the error takes from
    the bone itself, and its median inside the head, are given back.
    """
    n = bone.shape[1]
    project = _projector(n)
    rays_bone, rays_metal = (project @ c.reshape(len(c), -1).T * pixel_cm for c in (bone, metal))
    error = -protocol.beam_hardening * _HARDENING_PER_CM * rays_bone**2
    error -= _METAL_PER_CM * rays_metal * (rays_metal + 2 * rays_bone)
    rays = error.reshape(_ANGLES, -1, len(bone))
    filtered = _ramp(rays, pixel_cm).reshape(-1, len(bone))
    found = (project.T @ filtered * (1000 * np.pi / _ANGLES)).T.reshape(bone.shape)
    for k, picture in enumerate(found):
        weight = float((bone[k] ** 2).sum())
        picture -= bone[k] * (float((picture * bone[k]).sum()) / weight if weight > 0 else 0.0)
        if inside[k].any():
            picture -= np.median(picture[inside[k]]) * inside[k]
    return np.asarray(found, np.float32)


def _projector(n: int) -> sparse.csr_matrix:
    """Parallel-beam sums (angles x detectors, n x n): each pixel is shared by its two nearest detectors."""
    detectors = int(np.ceil(1.5 * n))
    y, x = (g.ravel() - (n - 1) / 2 for g in np.mgrid[0:n, 0:n])
    parts = []
    for a in np.arange(_ANGLES) * np.pi / _ANGLES:
        t = x * np.cos(a) + y * np.sin(a) + (detectors - 1) / 2
        low = np.floor(t).astype(int)
        columns = np.tile(np.arange(n * n), 2)
        weight = np.concatenate([1 - (t - low), t - low]).astype(np.float32)
        parts.append(
            sparse.csr_matrix((weight, (np.concatenate([low, low + 1]), columns)), (detectors, n * n))
        )
    return sparse.vstack(parts, format="csr")


def _ramp(rays: Floats32, pixel_cm: float) -> Floats32:
    """Ramp filter with a Hann window along the detectors (axis 1), zero-padded."""
    size = fft.next_fast_len(2 * rays.shape[1])
    f = fft.rfftfreq(size, pixel_cm)
    window = f * (0.5 + 0.5 * np.cos(np.pi * f / f[-1]))
    spectrum = fft.rfft(rays, n=size, axis=1) * window[None, :, None].astype(np.float32)
    return np.asarray(fft.irfft(spectrum, n=size, axis=1)[:, : rays.shape[1]], np.float32)
