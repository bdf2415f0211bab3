"""How much calcium is there? Threshold volume, excess attenuation, and a first volume free of partial volume.

- ``threshold_volume_mm3``: voxels times true voxel volume. It depends on the threshold and on blur: on
  phantoms it is about twice the truth (1.90 +- 1.10, Saur 2009), most for small and dense deposits.
- ``excess_hu_mm3``: the sum of (HU - background) x voxel volume over the deposit **and the blur around it**
  (2 mm within the slice, at least one slice either way). Blur moves attenuation about and loses none, so
  this sum does not depend on slice thickness or threshold as long as the blur is all collected (integrated
  mass, doi:10.1117/1.JMI.10.4.043502). Its doubt is the background's times the volume summed over, and noise.
- ``volume_mm3``: excess over contrast, ``V = E / (HU_calcium - background)``. Where the deposit has a core
  that blur does not reach, the core's median is the contrast (``volume_basis="plateau"``). Elsewhere the
  deposit is taken as a sphere: of the contrasts up to 800 HU (dense calcium in the brain) those are believed
  whose sphere, blurred and sliced, would peak as high as the deposit does (``volume_basis="sphere"``). Its +-
  holds the spread of the contrasts left, not the case of a deposit far from round.
- mass stays None: it needs a calibration of HU to hydroxyapatite at the scan's tube voltage.

Misleads: next to bone (part of the blur cannot be collected), in a ventricle close to its wall (two tissues
in the ring), and where two deposits touch. The first and last of these raise cautions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.measure import score
from brainsand.measure.around import Around, Background, background, surroundings
from brainsand.measure.form import Form, form_of, morphology
from brainsand.model.caution import Caution
from brainsand.model.finding import Morphology
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume

#: Contrast of dense calcium in the brain, HU: the upper bound where no core shows it (expert).
DENSEST_HU = 800.0
#: Blur within the slice, mm (one deviation of a soft head kernel, expert).
BLUR_MM = 0.5
#: Doubt of the peak a sphere predicts, as a share: real deposits are no spheres and lie anywhere in a slice.
MODEL_DOUBT = 0.25
#: Blur reaches this far into a deposit, mm.
CORE_DEPTH_MM = 1.0
#: A core of fewer voxels is no plateau.
CORE_VOXELS = 8
#: Voxels over which CT noise hangs together: the variance of a sum grows by this factor (expert).
NOISE_CLUSTER = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measures of one deposit; names as in ``case.json`` where it has them, +- is one deviation."""

    voxels: int
    slices: tuple[int, int]
    centre_lps_mm: tuple[float, float, float]
    threshold_volume_mm3: float
    volume_mm3: float | None
    volume_pm_mm3: float | None
    volume_basis: str | None
    excess_hu_mm3: float | None
    excess_pm_hu_mm3: float | None
    mass_mg: float | None
    mass_pm_mg: float | None
    mean_hu: float
    peak_hu: float
    background_hu: float | None
    background_pm_hu: float | None
    agatston_like: float | None
    morphology: Morphology
    form: Form
    cautions: tuple[Caution, ...]


def measure_deposit(
    volume: Volume,
    index: ArrayLike,
    *,
    inside: NDArray[np.bool_],
    taken: NDArray[np.bool_],
    noise_hu: float | None,
    kvp: float | None,
    kvp_thresholds: Mapping[float, Sequence[float]],
    cortex_share: float = 0.0,
    wall_share: float = 0.0,
) -> Measured:
    """Everything measured of one deposit.

    Parameters
    ----------
    volume : Volume
        The scan, HU.
    index : int array (n, 3)
        The deposit's voxels (slice, row, column).
    inside : bool array like ``volume.hu``
        The intracranial space; bone is outside it.
    taken : bool array like ``volume.hu``
        Voxels of every deposit and every bright thing set aside (this deposit may be among them).
    noise_hu : float or None
        Noise of the scan, HU; None takes the spread of the tissue around.
    kvp : float or None
        Tube voltage.
    kvp_thresholds : mapping
        ``norms["kvp_thresholds"]``.
    cortex_share, wall_share : float
        Share of the deposit at the cortex, along a ventricle's wall (0 to 1).

    Raises
    ------
    ValueError
        When ``index`` is empty, the deposit's HU are not finite, or the scan is one slice (no voxel volume).
    """
    i = np.asarray(index, int).reshape(-1, 3)
    if not len(i):
        raise ValueError(
            "A deposit of 0 voxels came; at least 1 is needed: drop empty labels before measuring."
        )
    if volume.grid.shape[0] < 2:
        raise ValueError("A scan of 1 slice came; at least 2 are needed to know how thick a slice is.")
    hu = np.asarray(volume.hu[tuple(i.T)], float)
    if not np.isfinite(hu).all():
        raise ValueError(
            f"{int((~np.isfinite(hu)).sum())} of {len(hu)} voxels of a deposit have no finite HU."
        )
    around = surroundings(i, grid=volume.grid, inside=inside, taken=taken)
    crop = _crop(volume, around)
    tissue = _tissue(crop, around)
    level = tissue.hu if tissue is not None else float(hu.min())
    noise = noise_hu if noise_hu is not None else (tissue.pm_hu * 3 if tissue is not None else 0.0)
    excess, excess_pm = _excess(crop, around, tissue=tissue, noise_hu=noise)
    sized = _volume(crop, around, tissue=tissue, excess=excess, excess_pm=excess_pm, noise_hu=noise)
    form = form_of(i, hu, grid=volume.grid, background_hu=level)
    voxel_mm3 = volume.grid.voxel_volumes_mm3[i[:, 0]]
    steps = score.steps_at(kvp, table=kvp_thresholds)
    centre = np.average(volume.grid.points(i), axis=0, weights=voxel_mm3)
    return Measured(
        voxels=len(i),
        slices=(int(i[:, 0].min()), int(i[:, 0].max())),
        centre_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        threshold_volume_mm3=float(voxel_mm3.sum()),
        volume_mm3=sized[0],
        volume_pm_mm3=sized[1],
        volume_basis=sized[2],
        excess_hu_mm3=excess,
        excess_pm_hu_mm3=excess_pm,
        mass_mg=None,
        mass_pm_mg=None,
        mean_hu=float(hu.mean()),
        peak_hu=float(hu.max()),
        background_hu=tissue.hu if tissue is not None else None,
        background_pm_hu=tissue.pm_hu if tissue is not None else None,
        agatston_like=_score(i, hu, volume=volume, steps=steps),
        morphology=morphology(form, cortex_share=cortex_share, wall_share=wall_share),
        form=form,
        cautions=_cautions(around, tissue=tissue, excess=excess, steps=steps, kvp=kvp),
    )


def excess_hu_mm3(hu: ArrayLike, voxel_mm3: ArrayLike, *, background_hu: float) -> float:
    """Attenuation above the background, summed over space: HU x mm3.

    Examples
    --------
    >>> excess_hu_mm3([130.0, 80.0], [2.0, 2.0], background_hu=30.0)
    300.0
    """
    return float(((np.asarray(hu, float) - background_hu) * np.asarray(voxel_mm3, float)).sum())


def volume_of_plateau(
    excess: float, *, excess_pm: float, contrast_hu: float, contrast_pm_hu: float
) -> tuple[float, float]:
    """Volume (mm3) and its +- where the deposit shows its own density.

    Examples
    --------
    >>> volume_of_plateau(1000.0, excess_pm=0.0, contrast_hu=100.0, contrast_pm_hu=10.0)
    (10.0, 1.0)
    """
    volume = excess / contrast_hu
    return volume, float(volume * np.hypot(excess_pm / excess, contrast_pm_hu / contrast_hu))


def volume_of_sphere(
    excess: float, *, excess_pm: float, peak_hu: float, noise_hu: float, slice_mm: float
) -> tuple[float, float]:
    """Volume (mm3) and its +- of a deposit too small to show its density: the sphere that would peak like it.

    Parameters
    ----------
    excess, excess_pm : float
        Excess attenuation and its +-, HU x mm3.
    peak_hu : float
        Highest contrast seen, HU above the background.
    noise_hu : float
        Noise, HU.
    slice_mm : float
        Thickness of space a slice stands for.

    Returns
    -------
    tuple of float
        Mean and deviation of the volume over contrasts c, log-uniform up to :data:`DENSEST_HU`, each weighed
        by how well a sphere of volume ``excess / c`` with that contrast would peak at ``peak_hu``.

    Examples
    --------
    A peak of 400 HU that blur has hardly lowered means a volume of little less than excess / 400.

    >>> volume, pm = volume_of_sphere(160000.0, excess_pm=0.0, peak_hu=400.0, noise_hu=1.0, slice_mm=1.0)
    >>> 330 < volume < 400
    True
    """
    contrast = np.geomspace(0.8 * peak_hu, max(DENSEST_HU, 2 * peak_hu), 200)
    predicted = contrast * recovery(excess / contrast, slice_mm=slice_mm)
    width = np.hypot(MODEL_DOUBT, noise_hu / peak_hu)
    belief = np.exp(-0.5 * (np.log(predicted / peak_hu) / width) ** 2)
    belief /= belief.sum()
    volumes = excess / contrast
    mean = float(belief @ volumes)
    spread = float(np.sqrt(belief @ (volumes - mean) ** 2))
    return mean, float(np.hypot(mean * excess_pm / excess, spread))


def recovery(volume_mm3: ArrayLike, *, slice_mm: float) -> NDArray[np.float64]:
    """Share (0 to 1) of its contrast that a sphere shows at its centre after blur and slicing.

    Within the slice a disc of radius r under a Gaussian of deviation s keeps 1 - exp(-r^2 / (2 s^2)); across,
    the mean chord 4 r / 3 over the slice's thickness t (with the blur), up to 1. For a small sphere the two
    give V / (2 pi s^2 t), as they must.

    Examples
    --------
    >>> recovery([1e-9, 1e6], slice_mm=1.0).round(3).tolist()
    [0.0, 1.0]
    """
    radius = np.cbrt(3 * np.asarray(volume_mm3, float) / (4 * np.pi))
    within = 1 - np.exp(-(radius**2) / (2 * BLUR_MM**2))
    across = np.minimum(1.0, 4 / 3 * radius / np.hypot(slice_mm, BLUR_MM))
    return np.asarray(within * across, float)


def _crop(volume: Volume, around: Around) -> NDArray[np.float64]:
    cut = tuple(slice(a, a + n) for a, n in zip(around.low, around.deposit.shape, strict=True))
    return np.asarray(volume.hu[cut], float)


def _tissue(crop: NDArray[np.float64], around: Around) -> Background | None:
    places = np.argwhere(around.ring)
    if not len(places):
        return None
    _, rows_mm, columns_mm = around.grid.spacing_mm
    middle = np.argwhere(around.deposit).mean(axis=0)
    away = (places - middle)[:, 1:] * (rows_mm, columns_mm)
    return background(crop[around.ring], np.arctan2(away[:, 0], away[:, 1]))


def _excess(
    crop: NDArray[np.float64], around: Around, *, tissue: Background | None, noise_hu: float
) -> tuple[float | None, float | None]:
    """The excess and its +-: the background's doubt over all the volume, and the noise of the sum."""
    if tissue is None:
        return None, None
    voxel_mm3 = around.voxel_mm3[np.nonzero(around.blur)[0]]
    excess = excess_hu_mm3(crop[around.blur], voxel_mm3, background_hu=tissue.hu)
    of_noise = noise_hu * np.sqrt(NOISE_CLUSTER * (voxel_mm3**2).sum())
    return excess, float(np.hypot(tissue.pm_hu * voxel_mm3.sum(), of_noise))


def _volume(
    crop: NDArray[np.float64],
    around: Around,
    *,
    tissue: Background | None,
    excess: float | None,
    excess_pm: float | None,
    noise_hu: float,
) -> tuple[float | None, float | None, str | None]:
    if tissue is None or excess is None or excess_pm is None or excess <= 0:
        return None, None, None
    core = crop[_core(around)]
    if len(core) >= CORE_VOXELS:
        contrast = float(np.median(core)) - tissue.hu
        spread = 1.4826 * float(np.median(np.abs(core - np.median(core))))
        # The rim may be less dense than the core: the core's own spread is carried whole, 5 % at least.
        doubt = max(0.05 * contrast, float(np.hypot(spread, tissue.pm_hu)))
        return *volume_of_plateau(
            excess, excess_pm=excess_pm, contrast_hu=contrast, contrast_pm_hu=doubt
        ), "plateau"
    # Half a noise deviation off: the brightest of several voxels is bright partly by chance.
    peak = float(crop[around.deposit].max()) - 0.5 * noise_hu - tissue.hu
    if peak <= 0:
        return None, None, None
    slice_mm = float(around.voxel_mm3.mean() / _pixel_mm2(around.grid))
    sized = volume_of_sphere(excess, excess_pm=excess_pm, peak_hu=peak, noise_hu=noise_hu, slice_mm=slice_mm)
    return *sized, "sphere"


def _core(around: Around) -> NDArray[np.bool_]:
    """The deposit's voxels that blur does not reach: one slice and :data:`CORE_DEPTH_MM` from its edge."""
    _, rows_mm, columns_mm = around.grid.spacing_mm
    reach = [int(np.ceil(CORE_DEPTH_MM / mm)) for mm in (rows_mm, columns_mm)]
    core = ndimage.binary_erosion(around.deposit, np.ones((3, 1, 1), bool))
    flat = np.ones((1, 2 * reach[0] + 1, 2 * reach[1] + 1), bool)
    return np.asarray(ndimage.binary_erosion(core, flat), np.bool_)


def _score(
    index: NDArray[np.int64], hu: NDArray[np.float64], *, volume: Volume, steps: Sequence[float] | None
) -> float | None:
    if steps is None:
        return None
    extents = volume.grid.slice_extents_mm
    area = _pixel_mm2(volume.grid)
    return score.agatston_like(index, hu, pixel_area_mm2=area, slice_extents_mm=extents, steps_hu=steps)


def _pixel_mm2(grid: Grid) -> float:
    return float(np.linalg.norm(np.cross(grid.row_step_mm, grid.column_step_mm)))


def _cautions(
    around: Around,
    *,
    tissue: Background | None,
    excess: float | None,
    steps: Sequence[float] | None,
    kvp: float | None,
) -> tuple[Caution, ...]:
    said = []
    if tissue is None:
        words = (
            "Too little tissue lies around this deposit to compare it with: no excess attenuation, no volume."
        )
        said.append(Caution(code="background_unknown", words=words))
    elif excess is not None and excess <= 0:
        words = f"The excess attenuation of this deposit sums to {excess:.0f} HU mm3: no volume is stated."
        said.append(Caution(code="excess_not_positive", words=words))
    if around.lost_share > 0.2:
        words = f"{around.lost_share:.0%} of the blur around this deposit lies in bone or in another deposit."
        said.append(Caution(code="blur_cut_off", words=words))
    if steps is None:
        seen = "is not known" if kvp is None else f"of {kvp:g} is outside the published table (70 to 135)"
        said.append(
            Caution(code="agatston_no_kvp", words=f"The tube voltage (kVp) {seen}: no Agatston-like score.")
        )
    return tuple(said)
