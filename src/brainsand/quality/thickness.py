"""What do slices, pixels, kernel, voltage and dose do to the numbers?

The smallest focus that can be seen: a deposit of contrast *C* spread over a slice of thickness *t* and a
point spread of area *A* stands out by ``C V / (A t)``, half of that where two slices share it. It must pass
the threshold, 65 HU above tissue (100 on 35 HU) or five times the noise, whichever is more. So ``V = 2 A t
threshold / C`` with C = 365 HU (a deposit of 400 HU, common for physiologic calcium) and A = 1.13 mm2 (a
spread of 1 mm full width at half height) or a pixel, whichever is more. It is an order of size: fainter
deposits must be larger in proportion.
"""

from __future__ import annotations

from typing import Final

from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

_THICK_FROM_MM: Final = 3.0
_COARSE_FROM_MM: Final = 0.8
_GAP_FROM: Final = 1.1
# Head CT at clinical dose has about 4 HU (50 patients, doi 10.4236/act.2019.82003) on slices of 5 mm.
_NOISY_FROM_HU: Final = 8.0
_CONTRAST_HU: Final = 365.0
_THRESHOLD_HU: Final = 65.0
_SPREAD_MM2: Final = 1.13
_USUAL_KVP: Final = (110.0, 130.0)


def smallest_focus_mm3(thickness_mm: float, *, pixel_mm: float, noise_hu: float | None) -> float:
    """Volume of the smallest focus of 400 HU that stands out wherever it lies, mm3.

    >>> round(smallest_focus_mm3(5.0, pixel_mm=0.45, noise_hu=4.0), 1)
    2.0
    >>> round(smallest_focus_mm3(1.0, pixel_mm=0.45, noise_hu=4.0), 1)
    0.4
    """
    threshold = max(_THRESHOLD_HU, 5 * (noise_hu or 0.0))
    return 2 * max(_SPREAD_MM2, pixel_mm**2) * thickness_mm * threshold / _CONTRAST_HU


def protocol_cautions(acquisition: Acquisition, grid: Grid, *, noise_hu: float | None) -> tuple[Caution, ...]:
    """What the way the scan was made does to the numbers.

    What ``read`` has said of the stack already (uneven or missing slices, sharp kernel) is not said again.
    """
    return (
        *_of_slices(acquisition.thickness_mm, grid, noise_hu),
        *_of_pixels(grid),
        *_of_noise(noise_hu),
        *_of_voltage(acquisition.kvp),
        *_of_kernel(acquisition),
    )


def _of_slices(said_mm: float | None, grid: Grid, noise_hu: float | None) -> list[Caution]:
    gap = float(grid.slice_gaps_mm.max()) if grid.shape[0] > 1 else 0.0
    thick = max(said_mm or 0.0, gap)
    pixel = max(grid.spacing_mm[1:])
    found = []
    if thick >= _THICK_FROM_MM:
        least = smallest_focus_mm3(thick, pixel_mm=pixel, noise_hu=noise_hu)
        words = (
            f"Slices are {'up to ' if not grid.is_even() else ''}{thick:.3g} mm thick: a focus of 400 HU "
            f"smaller than about {least:.1f} mm³ can be averaged away, and peaks, threshold volumes and the "
            "number of deposits depend on the thickness."
        )
        found.append(Caution(code="thick_slices", words=words))
    if said_mm is not None and gap > _GAP_FROM * said_mm:
        words = (
            f"Slices of {said_mm:.3g} mm lie up to {gap:.3g} mm apart: up to {1 - said_mm / gap:.0%} of the "
            "head lies between them unseen; volumes count each slice as reaching halfway to the next."
        )
        found.append(Caution(code="slice_gaps", words=words))
    return found


def _of_pixels(grid: Grid) -> list[Caution]:
    pixel = max(grid.spacing_mm[1:])
    if pixel < _COARSE_FROM_MM:
        return []
    words = (
        f"Pixels measure {pixel:.2f} mm (head CT: about 0.45): shapes and small deposits are blurred, "
        "and threshold volumes come in coarse steps."
    )
    return [Caution(code="coarse_pixels", words=words)]


def _of_noise(noise_hu: float | None) -> list[Caution]:
    if noise_hu is None:
        words = "The noise could not be measured, so faint deposits are judged by fixed thresholds."
        return [Caution(code="noise_unknown", words=words)]
    if noise_hu < _NOISY_FROM_HU:
        return []
    words = (
        f"Noise is {noise_hu:.0f} HU (head CT: about 4): deposits fainter than about {5 * noise_hu:.0f} HU "
        "above the tissue around cannot be told from it, and single-voxel peaks are too high (low dose or "
        "sharp kernel)."
    )
    return [Caution(code="noisy", words=words)]


def _of_voltage(kvp: float | None) -> list[Caution]:
    if kvp is None:
        words = (
            "The tube voltage is not known: no mass and no Agatston-like score can be given, as the same "
            "calcium reads up to half as much again at 80 as at 120 kV."
        )
        return [Caution(code="kvp_unknown", words=words)]
    if _USUAL_KVP[0] <= kvp <= _USUAL_KVP[1]:
        return []
    way = "brighter" if kvp < _USUAL_KVP[0] else "fainter"
    words = (
        f"The tube voltage is {kvp:.0f} kV: calcium reads {way} than at 120 kV, for which thresholds and "
        "norms were made."
    )
    return [Caution(code="unusual_kvp", words=words)]


def _of_kernel(acquisition: Acquisition) -> list[Caution]:
    if acquisition.sharp_kernel is not None:
        return []
    name = (
        f"kernel {acquisition.kernel!r} is not known to be soft or sharp"
        if acquisition.kernel
        else "kernel is not said"
    )
    words = f"The reconstruction {name}; a sharp one would raise peaks and threshold volumes."
    return [Caution(code="kernel_unknown", words=words)]
