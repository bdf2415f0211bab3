"""What is summed over one deposit and its blur, on which scan, and how sure the sum is.

See ``measure.size`` for what each number means; the sums are made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.measure.around import Around
from brainsand.measure.background import Background, Seen, TissueMap, background
from brainsand.measure.calibration import Calibration
from brainsand.measure.sampling import missed
from brainsand.measure.spread import Spread, spread_of
from brainsand.measure.texture import Texture, unknown_texture
from brainsand.measure.volume import volume_of
from brainsand.model.volume import Volume

Floats = NDArray[np.float64]

BLUR_SHARE_PM: Final = 0.006
LOST_PM: Final = 0.5
BORROWED_PM: Final = 0.3
MOST_LOST: Final = 0.5
"""Where more of the blur is covered, what is lost is not put back any further."""
SEEN_PM: Final = 0.10
"""A volume whose rule is surer than this rests on a density that is seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """The scan that deposits are measured on, and what is known of it.

    Parameters
    ----------
    volume : Volume
    inside : bool array like ``volume.hu``
        The intracranial space; bone is outside it.
    owner : int array like ``volume.hu``
        0, or the number of the deposit or of the bright thing set aside that the voxel belongs to.
    noise_hu : float or None
        Noise of a voxel; None takes what the surroundings show.
    tissue : TissueMap or None
        Which tissue lies where; without one the background is foretold from attenuation alone.
    calibration : Calibration or None
    steps_hu : four floats or None
        Steps of the Agatston-like score at this voltage.
    volume_rule : mapping
        ``norms["volume_rule"]``.
    gain : float
        Brightness of calcium at this voltage over that at 120 kVp.
    thickness_mm : float or None
        Of a slice; None takes slices to touch.
    """

    volume: Volume
    inside: NDArray[np.bool_]
    owner: NDArray[Any]
    volume_rule: Mapping[str, Any]
    noise_hu: float | None = None
    texture: Texture = field(default_factory=unknown_texture)
    tissue: TissueMap | None = None
    calibration: Calibration | None = None
    steps_hu: Sequence[float] | None = None
    gain: float = 1.0
    kvp: float | None = None
    thickness_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """What the sums over one deposit and its blur give; None where there is no background or no excess.

    ``noise_pm`` is the part of ``excess_pm`` that another scan draws anew: noise under the deposit.
    """

    tissue: Background | None = None
    excess: float | None = None
    excess_pm: float | None = None
    noise_pm: float | None = None
    volume_mm3: float | None = None
    volume_pm_mm3: float | None = None
    filled_mm3: float | None = None
    filled_as_cut_mm3: float | None = None

    @property
    def density_hu(self) -> float | None:
        return self.excess / self.volume_mm3 if self.excess and self.volume_mm3 else None

    @property
    def basis(self) -> str | None:
        if self.volume_mm3 is None or self.volume_pm_mm3 is None:
            return None
        return "seen" if self.volume_pm_mm3 <= SEEN_PM * self.volume_mm3 else "modelled"


def excess_hu_mm3(hu: ArrayLike, voxel_mm3: ArrayLike, *, background_hu: ArrayLike) -> float:
    """Attenuation above the background, summed over space: HU x mm3.

    Examples
    --------
    >>> excess_hu_mm3([130.0, 80.0], [2.0, 2.0], background_hu=30.0)
    300.0
    """
    above = np.asarray(hu, float) - np.asarray(background_hu, float)
    return float((above * np.asarray(voxel_mm3, float)).sum())


def summed(scene: Scene, around: Around) -> Sums:
    """The sums over one deposit and its blur, with their doubt."""
    body = _body(scene, around)
    if body is None:
        return Sums()
    doubt = _doubt(scene, around, body)
    excess = float((body.above_hu * around.voxel_mm3[:, None, None]).sum()) / doubt.kept
    unsized = Sums(
        tissue=body.tissue, excess=excess, excess_pm=doubt.pm(excess), noise_pm=doubt.noise / doubt.kept
    )
    if excess <= 0:
        return unsized
    spread = spread_of(
        body.above_hu[around.near],
        body.share[around.near],
        grid=around.grid.part(*around.near),
        voxel_mm3=around.voxel_mm3[around.near[0]],
        noise_hu=body.tissue.noise_hu,
        texture=scene.texture,
    )
    return unsized if spread is None else _sized(scene, around, body, spread, excess, doubt)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Body:
    """A deposit with its blur on the voxels round it: all arrays over ``Around.box``.

    ``hu`` as scanned · ``blur`` where it reaches · ``share`` (0 to 1) of each voxel that is its own, ``weight_mm3``
    that in space · ``above_hu`` its own part of what stands above the ``tissue`` under it.
    """

    hu: Floats
    blur: NDArray[np.bool_]
    share: Floats
    weight_mm3: Floats
    above_hu: Floats
    tissue: Background


def _body(scene: Scene, around: Around) -> _Body | None:
    """The deposit against the tissue under it; None where that cannot be told."""
    hu = np.asarray(scene.volume.hu[around.box], float)
    blur = around.blur & np.isfinite(hu)
    weight = np.where(blur, around.share * around.voxel_mm3[:, None, None], 0.0)
    tissue = _tissue(scene, around, hu, blur, weight[blur])
    if tissue is None:
        return None
    above = np.zeros(hu.shape)
    above[blur] = (hu[blur] - tissue.hu) * around.share[blur]
    share = np.where(blur, around.share, 0.0)
    return _Body(hu=hu, blur=blur, share=share, weight_mm3=weight, above_hu=above, tissue=tissue)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """What a sum of excess may be off by: ``of_tissue`` and ``noise`` (HU mm3) under the deposit, all else as a share
    of the sum (``other``); ``kept`` (0 to 1) is how much of the blur was summed."""

    of_tissue: float
    noise: float
    other: float
    kept: float

    def pm(self, excess: float) -> float:
        """One standard deviation of an excess, HU mm3."""
        return float(np.sqrt(self.of_tissue**2 + self.noise**2 + (self.other * excess) ** 2)) / self.kept


def _doubt(scene: Scene, around: Around, body: _Body) -> _Doubt:
    kept = 1 - min(around.lost_share, MOST_LOST)
    other = BLUR_SHARE_PM**2 + (LOST_PM * (1 - kept)) ** 2 + (BORROWED_PM * around.borrowed_share) ** 2
    return _Doubt(
        of_tissue=body.tissue.pm_hu * float(body.weight_mm3.sum()),
        noise=body.tissue.noise_hu * float(np.sqrt(scene.texture.sum_factor(body.weight_mm3))),
        other=float(np.sqrt(other)),
        kept=kept,
    )


def _sized(scene: Scene, around: Around, body: _Body, spread: Spread, excess: float, doubt: _Doubt) -> Sums:
    """The sums with the volume, and with what the gaps between slices missed put back."""
    volume, volume_pm = volume_of(
        spread,
        rule=scene.volume_rule,
        background_pm_hu=body.tissue.pm_hu,
        collected_mm3=float(body.weight_mm3.sum()),
        excess_share_pm=doubt.other,
        gain=scene.gain,
    )
    shown = int(around.deposit.any(axis=(1, 2)).sum())
    times, times_pm = missed(
        spread.across_mm, slices=shown, gap_mm=spread.slice_mm, thickness_mm=scene.thickness_mm
    )
    volume, volume_pm = (v * excess / spread.excess_hu_mm3 / times for v in (volume, volume_pm))
    seen = excess / times
    return Sums(
        tissue=body.tissue,
        excess=seen,
        excess_pm=float(np.hypot(doubt.pm(excess), times_pm * excess)) / times,
        noise_pm=doubt.noise / doubt.kept * seen / excess,
        volume_mm3=volume,
        volume_pm_mm3=float(np.hypot(volume_pm, times_pm * volume)),
        filled_mm3=spread.filled_mm3,
        filled_as_cut_mm3=_filled_as_cut(body),
    )


def _filled_as_cut(body: _Body) -> float:
    """Filled volume (``measure.spread``) of a piece whose neighbours are the same body: at the cut a voxel's
    square is shared out whole, as a cut is no fading of the body. mm3."""
    above, own = body.hu[body.blur] - body.tissue.hu, body.weight_mm3[body.blur]
    squares = float((own * (above**2 - body.tissue.noise_hu**2)).sum())
    return float((own * above).sum()) ** 2 / squares if squares > 0 else 0.0


def _tissue(
    scene: Scene, around: Around, crop: Floats, blur: NDArray[np.bool_], weight: Floats
) -> Background | None:
    ring, under = np.argwhere(around.ring), np.argwhere(blur)
    points = around.grid.points(np.concatenate([ring, under]))
    shares = np.zeros((len(points), 0))
    if scene.tissue is not None:
        thick = float(np.nan_to_num(around.grid.spacing_mm[0], nan=1.0))
        shares = scene.tissue.shares(points, normal=around.grid.normal, thick_mm=thick)
    n = len(ring)
    return background(
        Seen(points_mm=points[:n], hu=crop[around.ring], tissue=shares[:n], slice=ring[:, 0]),
        points_mm=points[n:],
        tissue=shares[n:],
        weight=weight,
        tissue_hu=np.array(list(scene.tissue.hu.values()) if scene.tissue is not None else [], float),
        texture=scene.texture,
        noise_hu=scene.noise_hu or 0.0,
    )
