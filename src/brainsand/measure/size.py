"""How much calcium is there? Excess attenuation, mass and volume of a deposit, each with its deviation.

- ``excess_hu_mm3``: the sum of (HU - background) x voxel volume over the deposit and all its blur
  (``measure.around``), the background foretold from the tissue around (``measure.background``). Blur moves
  attenuation about and loses none, so this sum does not depend on slice thickness, kernel or threshold
  (integrated mass, doi:10.1117/1.JMI.10.4.043502).
- ``mass_mg``: the excess in milligrams of hydroxyapatite (``measure.calibration``); None without a voltage.
- ``volume_mm3``: from how the excess is spread (``measure.volume``).
- ``threshold_volume_mm3``: the voxels found times their volume; it depends on the threshold and on blur (on
  phantoms about twice the truth, 1.90 +- 1.10, Saur 2009). ``threshold_volumes_mm3``: the voxels of at least
  90, 100 and 130 HU, for comparison with papers.

The deviation of the excess adds, as squares: the background's over all that was summed, the noise of the sum
as it hangs together (``measure.texture``), half of what bone covered and a third of what was parted
from a neighbour, and 0.6 % for
blur beyond what is summed. That of the mass adds the calibration's. Slices with
gaps between them are corrected and doubted for what they do not show (``measure.sampling``).

Misleads next to bone and where something else is hidden under the deposit alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.measure import score
from brainsand.measure.around import Around, surroundings
from brainsand.measure.calibration import Calibration
from brainsand.measure.excess import Scene, Sums, summed
from brainsand.measure.form import Form, form_of, morphology
from brainsand.model.caution import Caution
from brainsand.model.finding import Morphology
from brainsand.model.volume import Volume

Floats = NDArray[np.float64]

THRESHOLDS_HU: Final = (90, 100, 130)
"""Fixed thresholds that papers measure volume with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measures of one deposit; names as in ``case.json`` where it has them, +- is one deviation."""

    voxels: int
    slices: tuple[int, int]
    centre_lps_mm: tuple[float, float, float]
    threshold_volume_mm3: float
    threshold_volumes_mm3: dict[str, float]
    volume_mm3: float | None
    volume_pm_mm3: float | None
    volume_basis: str | None
    density_hu: float | None
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
    excess_noise_pm_hu_mm3: float | None = None

    @property
    def best_volume_mm3(self) -> float:
        """The corrected volume, or the threshold volume where none could be measured."""
        return self.threshold_volume_mm3 if self.volume_mm3 is None else self.volume_mm3


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Of a body cut into pieces: true over filled volume, and the deviation of that ratio as a share."""

    ratio: float
    share_pm: float


def measure_whole(scene: Scene, pieces: Sequence[tuple[int, NDArray[np.int64]]]) -> Whole | None:
    """The body that pieces (number, voxels) make up together, None where it has no volume.

    A cut between pieces is no surface: a piece measured alone would have its blur corrected there too.
    """
    index = np.concatenate([i for _, i in pieces])
    around = surroundings(
        index,
        grid=scene.volume.grid,
        hu=scene.volume.hu,
        inside=scene.inside,
        owner=scene.owner,
        numbers=[n for n, _ in pieces],
    )
    sums = summed(scene, around)
    if sums.volume_mm3 is None or sums.volume_pm_mm3 is None or not sums.filled_mm3:
        return None
    return Whole(ratio=sums.volume_mm3 / sums.filled_mm3, share_pm=sums.volume_pm_mm3 / sums.volume_mm3)


def measure_deposit(
    scene: Scene,
    index: ArrayLike,
    *,
    number: int,
    whole: Whole | None = None,
    cortex_share: float = 0.0,
    wall_share: float = 0.0,
) -> Measured:
    """Everything measured of one deposit.

    Parameters
    ----------
    scene : Scene
    index : int array (n, 3)
        The deposit's voxels (slice, row, column).
    number : int
        Its number in ``scene.owner``.
    whole : Whole, optional
        The body it is a piece of, where finding cut one body at the border of two sites.
    cortex_share, wall_share : float
        Share of the deposit at the cortex, along a ventricle's wall (0 to 1).

    Raises
    ------
    ValueError
        When ``index`` is empty, the deposit's HU are not finite, or the scan is one slice (no voxel volume).
    """
    i = np.asarray(index, int).reshape(-1, 3)
    hu = _checked(scene.volume, i)
    grid = scene.volume.grid
    around = surroundings(
        i, grid=grid, hu=scene.volume.hu, inside=scene.inside, owner=scene.owner, numbers=[number]
    )
    sums = _as_piece(summed(scene, around), whole)
    level = sums.tissue.mean_hu if sums.tissue is not None else float(hu.min())
    form = form_of(i, hu, grid=grid, background_hu=level)
    voxel_mm3 = grid.voxel_volumes_mm3[i[:, 0]]
    centre = np.average(grid.points(i), axis=0, weights=voxel_mm3)
    mass, mass_pm = _mass(scene.calibration, sums)
    return Measured(
        voxels=len(i),
        slices=(int(i[:, 0].min()), int(i[:, 0].max())),
        centre_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        threshold_volume_mm3=float(voxel_mm3.sum()),
        threshold_volumes_mm3=_above(scene.volume, around),
        volume_mm3=sums.volume_mm3,
        volume_pm_mm3=sums.volume_pm_mm3,
        volume_basis=sums.basis,
        density_hu=sums.density_hu,
        excess_hu_mm3=sums.excess,
        excess_pm_hu_mm3=sums.excess_pm,
        mass_mg=mass,
        mass_pm_mg=mass_pm,
        mean_hu=float(hu.mean()),
        peak_hu=float(hu.max()),
        background_hu=sums.tissue.mean_hu if sums.tissue is not None else None,
        background_pm_hu=sums.tissue.pm_hu if sums.tissue is not None else None,
        agatston_like=_score(scene, i, hu),
        morphology=morphology(form, cortex_share=cortex_share, wall_share=wall_share),
        form=form,
        cautions=_cautions(around, sums),
        excess_noise_pm_hu_mm3=sums.noise_pm,
    )


def scan_cautions(scene: Scene) -> tuple[Caution, ...]:
    """What is missing on every deposit of a scan, said once."""
    kvp = scene.kvp
    seen = "is not known" if kvp is None else f"of {kvp:g} kV is outside the published tables (70 to 150)"
    said = []
    if scene.calibration is None:
        words = f"The tube voltage {seen}: no mass in milligrams; the excess attenuation (HU mm3) is given."
        said.append(Caution(code="mass_no_kvp", words=words))
    if scene.steps_hu is None:
        said.append(
            Caution(code="agatston_no_kvp", words=f"The tube voltage {seen}: no Agatston-like score.")
        )
    return tuple(said)


def _as_piece(sums: Sums, whole: Whole | None) -> Sums:
    """The piece's volume by the ratio of the whole it belongs to, its doubt the larger of both."""
    if whole is None or not sums.filled_as_cut_mm3 or not sums.volume_mm3:
        return sums
    volume = whole.ratio * sums.filled_as_cut_mm3
    own = np.hypot(whole.share_pm, (sums.excess_pm or 0.0) / (sums.excess or 1.0))
    return replace(sums, volume_mm3=volume, volume_pm_mm3=volume * float(own))


def _checked(volume: Volume, index: NDArray[np.int64]) -> Floats:
    """The deposit's attenuation; refuses (ValueError) what cannot be measured."""
    if not len(index):
        raise ValueError(
            "A deposit of 0 voxels came; at least 1 is needed: drop empty labels before measuring."
        )
    if volume.grid.shape[0] < 2:
        raise ValueError("A scan of 1 slice came; at least 2 are needed to know how thick a slice is.")
    hu = np.asarray(volume.hu[tuple(index.T)], float)
    if not np.isfinite(hu).all():
        raise ValueError(
            f"{int((~np.isfinite(hu)).sum())} of {len(hu)} voxels of a deposit have no finite HU."
        )
    return hu


def _mass(calibration: Calibration | None, sums: Sums) -> tuple[float | None, float | None]:
    if calibration is None or sums.excess is None or sums.excess_pm is None:
        return None, None
    mass = calibration.mass_mg(sums.excess)
    return mass, float(np.hypot(calibration.mass_mg(sums.excess_pm), calibration.share_pm * mass))


def _above(volume: Volume, around: Around) -> dict[str, float]:
    """Volume of the voxels, mostly this deposit's, of at least each of :data:`THRESHOLDS_HU`."""
    crop = volume.hu[around.box]
    own = around.share > 0.5
    per = around.voxel_mm3[:, None, None]
    return {str(t): float((per * (own & (crop >= t))).sum()) for t in THRESHOLDS_HU}


def _score(scene: Scene, index: NDArray[np.int64], hu: Floats) -> float | None:
    if scene.steps_hu is None:
        return None
    grid = scene.volume.grid
    area = float(np.linalg.norm(np.cross(grid.row_step_mm, grid.column_step_mm)))
    return score.agatston_like(
        index, hu, pixel_area_mm2=area, slice_extents_mm=grid.slice_extents_mm, steps_hu=scene.steps_hu
    )


def _cautions(around: Around, sums: Sums) -> tuple[Caution, ...]:
    said = []
    if sums.tissue is None:
        words = (
            "Too little tissue lies around this deposit to compare it with: no excess attenuation, no volume."
        )
        said.append(Caution(code="background_unknown", words=words))
    elif sums.excess is not None and sums.excess <= 0:
        words = (
            f"The excess attenuation of this deposit sums to {sums.excess:.0f} HU mm3: no volume is stated."
        )
        said.append(Caution(code="excess_not_positive", words=words))
    elif sums.volume_mm3 is None:
        words = "This deposit stands out too little from the noise for a volume; its excess is stated."
        said.append(Caution(code="volume_unknown", words=words))
    if around.lost_share > 0.2:
        words = f"{around.lost_share:.0%} of the blur around this deposit lies in bone."
        said.append(Caution(code="blur_cut_off", words=words))
    return tuple(said)
